//! An echo server over HTTP/2 and TLS: browsers agree on it by ALPN, and open all their WebSockets on one
//! connection, each with an extended CONNECT (RFC 8441). Who knows HTTP/1.1 alone is served too.
//!
//! `cargo run --release --features axum,http2,tokio-rustls --example http2_server [ADDR [CERTIFICATE KEY]]`,
//! then open the address in a browser. Without the two files (PEM) the server makes a certificate for itself at
//! start, and the browser has to be told that it may trust it.

use std::{env, error::Error, sync::Arc, time::Duration};

use axum::response::{Html, IntoResponse, Response};
use axum::{Router, routing::any};
use fullduplex::axum::{WebSocket, WebSocketUpgrade};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::{server::conn::auto::Builder, service::TowerToHyperService};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{net::TcpListener, time::timeout};
use tokio_rustls::TlsAcceptor;

#[path = "shared/config.rs"]
mod config;

/// What a WebSocket may be sent and not have taken: with as much for a whole connection (1 MiB each, by default)
/// one that is not read would hold up all others.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 64 * 1024 * 1024;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9443".into());
    let (tls, listener) = (tls()?, TcpListener::bind(&address).await?);
    println!("listening on wss://{}", listener.local_addr()?);
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new());
    http.http2()
        .timer(TokioTimer::new())
        .enable_connect_protocol()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW);
    let service = TowerToHyperService::new(Router::new().route("/", any(page_or_echo)));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await; // no file descriptor is free
            continue;
        };
        let (tls, http, service) = (tls.clone(), http.clone(), service.clone());
        tokio::spawn(async move {
            stream.set_nodelay(true)?;
            let stream = timeout(Duration::from_secs(10), tls.accept(stream)).await??;
            http.serve_connection_with_upgrades(TokioIo::new(stream), service).await
        });
    }
}

async fn page_or_echo(upgrade: Option<WebSocketUpgrade>) -> Response {
    let Some(upgrade) = upgrade else {
        return Html(include_str!("shared/echo.html")).into_response();
    };
    println!("{} {:?}", upgrade.method(), upgrade.protocol()); // CONNECT Some("websocket")
    upgrade.with_config(config::config()).on_upgrade(async |ws| drop(echo(ws).await))
}

async fn echo(mut ws: WebSocket) -> Result<(), fullduplex::Error> {
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}

fn tls() -> Result<TlsAcceptor, Box<dyn Error>> {
    let (certificates, key) = if let (Some(chain), Some(key)) =
        (env::args().nth(2), env::args().nth(3))
    {
        let certificates = CertificateDer::pem_file_iter(chain)?.collect::<Result<_, _>>()?;
        (certificates, PrivateKeyDer::from_pem_file(key)?)
    } else {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".into()])?;
        (vec![cert.into()], PrivateKeyDer::try_from(signing_key.serialize_der())?)
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config).into())
}
