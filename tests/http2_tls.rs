//! Over TLS, client and server agree on HTTP/2 by ALPN (RFC 9113 §3.2), or there is no connection.
#![cfg(all(
    feature = "axum",
    feature = "http2",
    feature = "tokio-rustls",
    not(target_arch = "s390x"),
    not(shuttle)
))]

mod common;

use std::sync::Arc;

use axum::{Router, routing::any};
use common::{handshake::handshake_error, http2 as wire, web::echo};
use fullduplex::{
    ClientRequest, CloseCode, Config, HandshakeError, axum::WebSocketUpgrade, client::Client, http2,
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An echo server that speaks one of these protocols, and a client that trusts it.
async fn served(alpn: &[&str]) -> Client {
    let provider = Arc::new(ring::default_provider());
    let names = ["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let trusted = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        let app = Router::new().fallback(any(async |upgrade: WebSocketUpgrade| {
            upgrade.on_upgrade(async |ws| drop(echo(ws).await))
        }));
        let stream = acceptor.accept(listener.accept().await.unwrap().0).await?;
        let service = TowerToHyperService::new(app);
        wire::http().serve_connection_with_upgrades(TokioIo::new(stream), service).await
    });
    let request = ClientRequest::new(&format!("wss://localhost:{}/", address.port())).unwrap();
    Client::new(request).addresses([address]).tls(Arc::new(trusted))
}

#[tokio::test]
async fn several_websockets_are_on_one_tls_connection_that_both_agreed_on() {
    let client = served(&["http/1.1", "h2"]).await;
    let (connection, driver) = http2::connect_with(&client).await.unwrap();
    let driver = tokio::spawn(driver);
    for path in ["one", "two"] {
        let request = ClientRequest::new(&format!("wss://localhost/{path}")).unwrap();
        let (mut ws, _) = connection.open(&request, &Config::default()).await.unwrap();
        ws.send(path).await.unwrap();
        assert_eq!(ws.receive().await.unwrap(), Some(path.into()));
        ws.close(CloseCode::NORMAL, "").await.unwrap();
        assert!(ws.closing().unwrap().is_clean());
    }
    drop(connection);
    driver.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_knows_no_alpn_takes_no_websocket_over_http2() {
    let client = served(&[]).await;
    let error = handshake_error(http2::connect_with(&client).await);
    assert_eq!(error, HandshakeError::NoExtendedConnect);
}

#[tokio::test]
async fn a_server_of_http_1_alone_takes_no_websocket_over_http2() {
    let client = served(&["http/1.1"]).await;
    let error = handshake_error(http2::connect_with(&client).await);
    assert_eq!(error, HandshakeError::NoExtendedConnect);
}
