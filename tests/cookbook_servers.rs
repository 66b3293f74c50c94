//! The servers on hyper, on axum and over HTTP/2, run as programs.
#![cfg(all(feature = "axum", feature = "http2", unix, not(shuttle)))]

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use fullduplex::{
    ClientRequest, CloseCode, Config, Error, asynchronous, blocking, client::Client, http2,
    tokio::Tokio,
};
use tokio::io::{AsyncRead, AsyncWrite};

#[path = "common/examples.rs"]
mod examples;

use examples::Server;

#[test]
fn a_websocket_is_echoed_and_a_page_shown_on_the_same_connections() {
    for (name, path, page) in
        [("hyper_echo", "/echo", "a page\n"), ("echo_server_axum", "/", "</html>\n")]
    {
        let server = Server::start(name);
        let mut ws = blocking::connect(&format!("{}{path}", server.url)).unwrap();
        ws.send("Hello").unwrap();
        assert_eq!(ws.receive().unwrap(), Some("Hello".into()), "{name}");
        ws.close(CloseCode::NORMAL, "").unwrap();

        let mut stream = TcpStream::connect(server.url.strip_prefix("ws://").unwrap()).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{name}: {answer}");
        assert!(answer.ends_with(page), "{name}: {answer}");
    }
}

async fn is_echoed<S: AsyncRead + AsyncWrite + Unpin>(
    ws: &mut asynchronous::WebSocket<S, Tokio>,
    text: &str,
) {
    ws.send(text).await.unwrap();
    assert_eq!(ws.receive().await.unwrap(), Some(text.into()));
}

/// Two WebSockets on one connection.
async fn two_are_echoed(client: &Client, request: &ClientRequest) -> Result<(), Error> {
    let (connection, driver) = http2::connect_with(client).await?;
    tokio::spawn(driver);
    let (mut one, response) = connection.open(request, &Config::default()).await?;
    assert_eq!(response.status, 200);
    let (mut two, _) = connection.open(request, &Config::default()).await?;
    is_echoed(&mut one, "one").await;
    is_echoed(&mut two, "two").await;
    one.close(CloseCode::NORMAL, "").await?;
    is_echoed(&mut two, "two is still here").await;
    two.close(CloseCode::NORMAL, "").await
}

#[tokio::test]
async fn the_server_on_axum_speaks_http_2_to_a_client_that_knows_it() {
    let server = Server::start("echo_server_axum");
    let request = ClientRequest::new(&server.url).unwrap();
    two_are_echoed(&Client::new(request.clone()), &request).await.unwrap();
}

#[cfg(all(feature = "tokio-rustls", not(target_arch = "s390x")))]
mod over_tls {
    use std::{io::BufRead, sync::Arc};

    use rustls::{
        ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{
            CryptoProvider, ring, verify_tls12_signature as verify_tls12,
            verify_tls13_signature as verify_tls13,
        },
        pki_types::{CertificateDer, ServerName, UnixTime},
    };

    use super::*;
    use fullduplex::tokio::connect_with;

    /// Trusts whoever has the key of the certificate that it shows: the example makes one at start.
    #[derive(Debug)]
    struct AnyCertificate(Arc<CryptoProvider>);

    impl ServerCertVerifier for AnyCertificate {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let Self(provider) = self;
            verify_tls12(message, certificate, signed, &provider.signature_verification_algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let Self(provider) = self;
            verify_tls13(message, certificate, signed, &provider.signature_verification_algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }

    #[tokio::test]
    async fn the_server_over_http_2_and_tls_agrees_on_it_and_serves_http_1_1_too() {
        let mut server = Server::start("http2_server");
        let provider = Arc::new(ring::default_provider());
        let tls = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth();
        let request = ClientRequest::new(&server.url).unwrap();
        let client = Client::new(request.clone()).tls(Arc::new(tls));
        two_are_echoed(&client, &request).await.unwrap();

        let (mut ws, response) = connect_with(&client).await.unwrap();
        assert_eq!(response.status, 101);
        is_echoed(&mut ws, "over HTTP/1.1").await;
        ws.close(CloseCode::NORMAL, "").await.unwrap();

        for prints in ["CONNECT Some(\"websocket\")\n"; 2].into_iter().chain(["GET None\n"]) {
            let mut line = String::new();
            server.prints.read_line(&mut line).unwrap();
            assert_eq!(line, prints);
        }
    }
}
