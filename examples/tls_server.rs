//! TLS: a server with a certificate that it makes for itself at start, and a client that trusts that one.
//!
//! `cargo run --features tokio-rustls --example tls_server`
//!
//! With a certificate of an authority's, the server reads it and its key from files, and clients need
//! feature `webpki-roots` or `native-roots` and nothing else.

use std::{error::Error, io, sync::Arc};

use fullduplex::{
    ClientRequest, CloseCode, Config,
    client::Client,
    tokio::{accept, connect_with},
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (acceptor, certificate) = acceptor()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(echo(stream, acceptor.clone()));
        }
    });

    // The certificate names the host; the address is told beside it, so that nothing is looked up.
    let request = ClientRequest::new(&format!("wss://localhost:{}/", address.port()))?;
    let client = Client::new(request).addresses([address]).tls(trusting(certificate)?.into());
    let (mut ws, _) = connect_with(&client).await?;
    println!("{:?}", ws.stream().tls().and_then(|tls| tls.protocol_version()));
    ws.send("Hello").await?;
    println!("{:?}", ws.receive().await?);
    Ok(ws.close(CloseCode::NORMAL, "").await?)
}

async fn echo(stream: TcpStream, acceptor: TlsAcceptor) -> Result<(), fullduplex::Error> {
    stream.set_nodelay(true)?;
    // `accept` has a limit for the WebSocket's handshake; this one is for that of TLS.
    let limit = Config::default().handshake_timeout;
    let stream = timeout(limit, acceptor.accept(stream)).await.map_err(io::Error::from)??;
    let mut ws = accept(stream).await?;
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}

fn acceptor() -> Result<(TlsAcceptor, CertificateDer<'static>), Box<dyn Error>> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()])?;
    let key = PrivateKeyDer::try_from(signing_key.serialize_der())?;
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    Ok((Arc::new(config).into(), cert.into()))
}

fn trusting(certificate: CertificateDer<'static>) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate)?;
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
