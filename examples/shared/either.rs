//! One client over each adapter, so that the same examination runs with all.

use std::env;

use fullduplex::{
    ClientRequest, CloseCode, Closing, Error, HandshakeError, Message, blocking,
    client::{self, Proxy},
    http2, tokio as asynchronous,
};

/// The adapter that the environment variable `ADAPTER` names.
pub enum Adapter {
    Blocking,
    Tokio,
    /// All WebSockets are on this connection.
    Http2(http2::Connection),
}

/// A client; the blocking one blocks its thread, which is all that these programs do.
pub enum Client {
    Blocking(blocking::WebSocket<blocking::ClientStream>),
    Tokio(asynchronous::WebSocket<asynchronous::ClientStream>),
    Http2(http2::WebSocket),
}

impl Adapter {
    /// Connects nothing yet, but for `ADAPTER=http2` to the server of `url`.
    pub async fn from_env(url: &str) -> Result<Self, Error> {
        match env::var("ADAPTER").as_deref() {
            Ok("blocking") => Ok(Self::Blocking),
            Ok("tokio") => Ok(Self::Tokio),
            Ok("http2") => {
                let (connection, driver) = http2::connect_with(&client(url)?).await?;
                tokio::spawn(driver);
                Ok(Self::Http2(connection))
            }
            _ => panic!("ADAPTER is none of blocking, tokio and http2"),
        }
    }

    pub async fn connect(&self, url: &str) -> Result<Client, Error> {
        match self {
            Self::Blocking => Ok(Client::Blocking(blocking::connect_with(&client(url)?)?.0)),
            Self::Tokio => Ok(Client::Tokio(asynchronous::connect_with(&client(url)?).await?.0)),
            Self::Http2(connection) => {
                let request = ClientRequest::new(url)?;
                Ok(Client::Http2(connection.open(&request, &crate::config::config()).await?.0))
            }
        }
    }
}

/// The way to the server: through the proxy of `PROXY`, if it is set, trusting the certificates in the file `ROOTS`.
fn client(url: &str) -> Result<client::Client, Error> {
    let mut client = client::Client::new(ClientRequest::new(url)?).config(crate::config::config());
    if let Ok(proxy) = env::var("PROXY") {
        client = client.proxy(Proxy::new(&proxy).map_err(HandshakeError::from)?);
    }
    #[cfg(feature = "rustls")]
    if let Some(file) = env::var_os("ROOTS") {
        client = client.tls(trust(file.as_ref()));
    }
    Ok(client)
}

impl Client {
    pub async fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        match self {
            Self::Blocking(ws) => ws.receive(),
            Self::Tokio(ws) => ws.receive().await,
            Self::Http2(ws) => ws.receive().await,
        }
    }

    pub async fn feed(&mut self, message: impl Into<Message<'_>>) -> Result<(), Error> {
        match self {
            Self::Blocking(ws) => ws.feed(message),
            Self::Tokio(ws) => ws.feed(message).await,
            Self::Http2(ws) => ws.feed(message).await,
        }
    }

    /// The compression that was agreed on: window bits and context takeover of server and client.
    #[allow(dead_code, reason = "each of the two programs uses its part")]
    pub fn compression(&self) -> Option<String> {
        #[cfg(not(feature = "deflate"))]
        return None;
        #[cfg(feature = "deflate")]
        {
            let agreed = match self {
                Self::Blocking(ws) => ws.compression(),
                Self::Tokio(ws) => ws.compression(),
                Self::Http2(ws) => ws.compression(),
            }?;
            Some(format!(
                "{} {} {} {}",
                agreed.server_max_window_bits,
                !agreed.server_no_context_takeover,
                agreed.client_max_window_bits,
                !agreed.client_no_context_takeover,
            ))
        }
    }

    #[allow(dead_code, reason = "each of the two programs uses its part")]
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        match self {
            Self::Blocking(ws) => ws.ping(payload),
            Self::Tokio(ws) => ws.ping(payload).await,
            Self::Http2(ws) => ws.ping(payload).await,
        }
    }

    #[allow(dead_code, reason = "each of the two programs uses its part")]
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        match self {
            Self::Blocking(ws) => ws.close(code, reason),
            Self::Tokio(ws) => ws.close(code, reason).await,
            Self::Http2(ws) => ws.close(code, reason).await,
        }
    }

    #[allow(dead_code, reason = "each of the two programs uses its part")]
    pub fn closing(&self) -> Option<&Closing> {
        match self {
            Self::Blocking(ws) => ws.closing(),
            Self::Tokio(ws) => ws.closing(),
            Self::Http2(ws) => ws.closing(),
        }
    }
}

/// The configuration that trusts the certificates of a PEM file.
#[cfg(feature = "rustls")]
fn trust(file: &std::path::Path) -> std::sync::Arc<rustls::ClientConfig> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).expect("a PEM file") {
        roots.add(certificate.expect("a certificate")).expect("a root");
    }
    let provider = rustls::crypto::ring::default_provider();
    let builder = rustls::ClientConfig::builder_with_provider(provider.into());
    let builder = builder.with_safe_default_protocol_versions().expect("ring has them");
    builder.with_root_certificates(roots).with_no_client_auth().into()
}
