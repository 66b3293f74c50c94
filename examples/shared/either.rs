//! One client over either adapter, so that the same examination runs with both.

use std::env;

use fullduplex::{
    ClientRequest, CloseCode, Closing, Error, HandshakeError, Message, blocking,
    client::{self, Proxy},
    tokio as asynchronous,
};

use crate::config;

/// A client; the blocking one blocks its thread, which is all that these programs do.
pub enum Client {
    Blocking(blocking::WebSocket<blocking::ClientStream>),
    Tokio(asynchronous::WebSocket<asynchronous::ClientStream>),
}

impl Client {
    /// Connects with the adapter that the environment variable `ADAPTER` names: `blocking` or `tokio`;
    /// through the proxy of `PROXY`, if it is set, and trusting the certificates in the file `ROOTS`.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let mut client = client::Client::new(ClientRequest::new(url)?).config(config::config());
        if let Ok(proxy) = env::var("PROXY") {
            client = client.proxy(Proxy::new(&proxy).map_err(HandshakeError::from)?);
        }
        #[cfg(feature = "rustls")]
        if let Some(file) = env::var_os("ROOTS") {
            client = client.tls(trust(file.as_ref()));
        }
        match env::var("ADAPTER").as_deref() {
            Ok("blocking") => Ok(Self::Blocking(blocking::connect_with(&client)?.0)),
            Ok("tokio") => Ok(Self::Tokio(asynchronous::connect_with(&client).await?.0)),
            _ => panic!("ADAPTER is neither blocking nor tokio"),
        }
    }

    pub async fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        match self {
            Self::Blocking(ws) => ws.receive(),
            Self::Tokio(ws) => ws.receive().await,
        }
    }

    pub async fn feed(&mut self, message: impl Into<Message<'_>>) -> Result<(), Error> {
        match self {
            Self::Blocking(ws) => ws.feed(message),
            Self::Tokio(ws) => ws.feed(message).await,
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
        }
    }

    #[allow(dead_code, reason = "each of the two programs uses its part")]
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        match self {
            Self::Blocking(ws) => ws.close(code, reason),
            Self::Tokio(ws) => ws.close(code, reason).await,
        }
    }

    #[allow(dead_code, reason = "each of the two programs uses its part")]
    pub fn closing(&self) -> Option<&Closing> {
        match self {
            Self::Blocking(ws) => ws.closing(),
            Self::Tokio(ws) => ws.closing(),
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
