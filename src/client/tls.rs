//! TLS of a client, by rustls: what is trusted, and whom the certificate must name.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{InvalidDnsNameError, ServerName},
};

use crate::{Error, HandshakeError, InvalidUrl};

/// What a client needs to begin TLS.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) name: ServerName<'static>,
}

/// The same, for HTTP/2 and nothing else (RFC 9113 §3.2).
#[cfg(feature = "http2")]
pub(crate) fn over_http2(mut tls: Tls) -> Tls {
    Arc::make_mut(&mut tls.config).alpn_protocols = vec![b"h2".to_vec()];
    tls
}

/// Whom a client trusts: whom its own configuration says, or whom the features do.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust(Option<Arc<ClientConfig>>);

impl Trust {
    /// `host` is what the certificate must name, and what SNI asks for (RFC 6455 §4.1).
    pub(super) fn tls(&self, host: &str) -> Result<Tls, Error> {
        let config = match &self.0 {
            Some(config) => Some(Arc::clone(config)),
            None => default_config()?,
        };
        let config = config.ok_or(HandshakeError::from(InvalidUrl::NeedsTls))?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_: InvalidDnsNameError| HandshakeError::from(InvalidUrl::Host))?;
        Ok(Tls { config, name })
    }
}

impl From<Arc<ClientConfig>> for Trust {
    fn from(config: Arc<ClientConfig>) -> Self {
        Self(Some(config))
    }
}

/// The configuration that trusts what the features say; `None` if that is nobody.
fn default_config() -> io::Result<Option<Arc<ClientConfig>>> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(Some(Arc::clone(config)));
    }
    let roots = roots()?;
    if roots.is_empty() {
        return Ok(None);
    }
    // A provider by name: to look for the process's own one can panic.
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(io::Error::other)?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Arc::clone(CONFIG.get_or_init(|| Arc::new(config)))))
}

#[allow(unused_mut, clippy::unnecessary_wraps, reason = "without roots by feature there are none")]
fn roots() -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    #[cfg(feature = "webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    #[cfg(feature = "native-roots")]
    {
        // A system may have some that cannot be read: the others are good, if there are any.
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if let Some(error) = found.errors.into_iter().next().filter(|_| roots.is_empty()) {
            return Err(io::Error::other(error));
        }
    }
    Ok(roots)
}
