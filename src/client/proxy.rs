//! A proxy: where it is, what it speaks, and who may use it.

use alloc::string::String;
use core::fmt;

use super::ProxyError;
use crate::{
    InvalidUrl,
    handshake::{Authority, Credentials, without_brackets},
};

/// A proxy that opens a [`Tunnel`](super::Tunnel) to a server: with HTTP's CONNECT, or with SOCKS5.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(super) protocol: Protocol,
    pub(super) credentials: Option<Credentials>,
    host: String,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Socks5,
}

impl Proxy {
    /// Makes a proxy of its URL: `http://[user:password@]host[:port]` (port 80 unless it names one),
    /// or `socks5://…` (port 1080). User name and password are percent-decoded.
    ///
    /// With SOCKS5 the proxy resolves the server's name, always: `socks5h` is the same.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Scheme`], [`ProxyError::TlsToProxy`], [`ProxyError::Path`], and
    /// [`ProxyError::InvalidUrl`] for the rest.
    pub fn new(url: &str) -> Result<Self, ProxyError> {
        let (scheme, rest) = url.split_once("://").ok_or(ProxyError::Scheme)?;
        let (protocol, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Protocol::Http, 80),
            // RFC 1928 §3.
            "socks5" | "socks5h" => (Protocol::Socks5, 1080),
            "https" => return Err(ProxyError::TlsToProxy),
            _ => return Err(ProxyError::Scheme),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return Err(ProxyError::Path);
        }
        let Authority { credentials, host, port } = Authority::parse(authority)?;
        // RFC 1929 §2; an empty password is sent as one.
        let fits = |it: &Credentials| matches!(it.user.len(), 1..=255) && it.password.len() <= 255;
        if protocol == Protocol::Socks5 && !credentials.as_ref().is_none_or(fits) {
            return Err(InvalidUrl::UserInfo.into());
        }
        let (host, port) = (without_brackets(host).into(), port.unwrap_or(default_port));
        Ok(Self { protocol, credentials, host, port })
    }

    /// The proxy's host: a name or an address; one of IPv6 comes without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The proxy's port: the URL's, or the scheme's default (80, 1080).
    pub const fn port(&self) -> u16 {
        self.port
    }
}

// Its user information stays out of logs.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Http => "http",
            Protocol::Socks5 => "socks5",
        };
        let user_info = if self.credentials.is_some() { "…@" } else { "" };
        write!(f, "{scheme}://{user_info}{}", HostPort(&self.host, self.port))
    }
}

/// Shown as in a URL: an IPv6 address in brackets.
pub(super) struct HostPort<'a>(pub(super) &'a str, pub(super) u16);

impl fmt::Display for HostPort<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(host, port) = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}
