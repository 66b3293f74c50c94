//! Which pages may connect (RFC 6455 §10.2): a browser names the page's origin, and sends its
//! cookies whatever page asks.

use core::str;

use super::{
    HandshakeError, Headers,
    url::{default_port, is_same_authority},
};

/// Accepts requests without an Origin (no browser sent them), and those that `allowed` accepts.
pub(super) fn check(
    headers: &Headers,
    allowed: impl FnOnce(&str) -> bool,
) -> Result<(), HandshakeError> {
    let mut origins = headers.values("Origin");
    let origin = match (origins.next(), origins.next()) {
        (None, _) => return Ok(()),
        (Some(origin), None) => str::from_utf8(origin).ok(),
        (Some(_), Some(_)) => None,
    };
    if origin.is_some_and(allowed) { Ok(()) } else { Err(HandshakeError::ForbiddenOrigin) }
}

/// Whether the page came from the host (and port) that the request is for.
///
/// Which scheme the client used cannot be seen behind a proxy that ends TLS, so a Host without a
/// port stands for the default of the page's own scheme.
pub(super) fn is_same_host(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let port = match scheme {
        "http" => default_port(false),
        "https" => default_port(true),
        _ => return false,
    };
    is_same_authority(authority, host, port)
}
