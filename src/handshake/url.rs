//! The URL of a WebSocket (RFC 6455 §3): `ws://[user:password@]host[:port][/path][?query]`, or `wss:`.

use alloc::{format, string::String};
use core::{fmt, str};

use super::{InvalidUrl, credentials::Credentials, headers::alphanumeric_and};

/// A URL in its parts.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    /// `wss`: TLS comes first.
    pub(crate) secure: bool,
    /// A name or an address, in lower case; one of IPv6 stands here without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// For Basic authentication; nowhere else.
    pub(crate) credentials: Option<Credentials>,
    /// Host and port as the Host header has them: the port only where it is not the default (§4.1).
    pub(crate) authority: String,
    /// Path and query (§3): begins with a slash.
    pub(crate) resource: String,
}

/// `[user:password@]host[:port]` (RFC 3986 §3.2).
pub(crate) struct Authority<'a> {
    pub(crate) credentials: Option<Credentials>,
    /// A name or an address; one of IPv6 in its brackets.
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
}

impl Url {
    pub(crate) fn parse(url: &str) -> Result<Self, InvalidUrl> {
        let (scheme, rest) = url.split_once("://").ok_or(InvalidUrl::Scheme)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => false,
            "wss" | "https" => true,
            _ => return Err(InvalidUrl::Scheme),
        };
        // RFC 6455 §3: fragments have no meaning, and `#` is written %23.
        if rest.contains('#') {
            return Err(InvalidUrl::Fragment);
        }
        let (authority, resource) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let Authority { credentials, host, port } = Authority::parse(authority)?;
        if !resource.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidUrl::Resource);
        }
        // RFC 9110 §4.2.3: letter case means nothing in a host.
        let host = host.to_ascii_lowercase();
        let slash = if resource.starts_with('/') { "" } else { "/" };
        let port = port.unwrap_or(default_port(secure));
        let authority =
            if port == default_port(secure) { host.clone() } else { format!("{host}:{port}") };
        let (host, resource) = (without_brackets(&host).into(), format!("{slash}{resource}"));
        Ok(Self { secure, host, port, credentials, authority, resource })
    }

    /// Whether both have scheme, host and port in common (RFC 6454 §5).
    pub(super) fn has_origin_of(&self, other: &Self) -> bool {
        (self.secure, self.port, &self.host) == (other.secure, other.port, &other.host)
    }
}

impl<'a> Authority<'a> {
    pub(crate) fn parse(authority: &'a str) -> Result<Self, InvalidUrl> {
        // The last one: none may stand in what comes before it, so no host passes for a user name.
        let (user_info, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let credentials = Credentials::parse(user_info)?;
        let (host, port) = split_port(place)?;
        if !is_host(host) {
            return Err(InvalidUrl::Host);
        }
        Ok(Self { credentials, host, port })
    }
}

// A query may carry a token, since browsers can set no header: it stays out of logs.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.resource.split_once('?').map_or(&*self.resource, |(path, _)| path);
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{path}", self.authority)
    }
}

/// Splits `host:port`; the host may be an IPv6 address in brackets.
pub(crate) fn split_port(authority: &str) -> Result<(&str, Option<u16>), InvalidUrl> {
    let after_host = authority.find(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = authority[after_host..].find(':') else { return Ok((authority, None)) };
    let (host, port) = authority.split_at(after_host + colon);
    match &port[1..] {
        "" => Ok((host, None)),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => match digits.parse() {
            Ok(0) | Err(_) => Err(InvalidUrl::Port),
            Ok(port) => Ok((host, Some(port))),
        },
        _ => Err(InvalidUrl::Port),
    }
}

/// Whether both name one host and port: in any letter case, and `default_port` is the port of the one that
/// names none (RFC 3986 §6.2).
pub(super) fn is_same_authority(one: &str, other: &str, default_port: u16) -> bool {
    match (split_port(one), split_port(other)) {
        (Ok((host, port)), Ok((other_host, other_port))) => {
            host.eq_ignore_ascii_case(other_host)
                && port.unwrap_or(default_port) == other_port.unwrap_or(default_port)
        }
        _ => false,
    }
}

/// An IPv6 address as it is without its brackets; other hosts as they are.
pub(crate) fn without_brackets(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Whether `authority` is a host, with or without a port.
pub(crate) fn is_authority(authority: &[u8]) -> bool {
    // Mostly it is a name alone.
    is_name(authority)
        || str::from_utf8(authority)
            .is_ok_and(|authority| split_port(authority).is_ok_and(|(host, _)| is_host(host)))
}

/// A registered name or an IPv4 address (RFC 3986 §3.2.2), or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<core::net::Ipv6Addr>().is_ok();
    }
    is_name(host.as_bytes())
}

/// RFC 3986 §3.2.2: letters, digits, and what needs no percent-encoding.
pub(crate) fn is_name(host: &[u8]) -> bool {
    !host.is_empty() && host.iter().all(|byte| IS_IN_NAME[usize::from(*byte)])
}

/// The port of `ws` and `wss` where the URL names none (§3).
pub(crate) const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

const IS_IN_NAME: [bool; 256] = alphanumeric_and(b"-._~!$&'()*+,;=%");
