//! Between the types of crate `http`, which HTTP libraries use, and those of the handshake.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{HandshakeError, Headers};

/// The headers of a request or an answer that was read.
pub(crate) fn from_map(map: &HeaderMap) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in map {
        headers.push(name.as_str(), value);
    }
    headers
}

/// Headers that are to be written.
pub(crate) fn to_map(headers: &Headers) -> Result<HeaderMap, HandshakeError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter() {
        let invalid = || HandshakeError::InvalidHeader(name.into());
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        let mut value = HeaderValue::from_bytes(value).map_err(|_| invalid())?;
        // RFC 7541 §7.1.3: kept out of tables that an attacker could probe, and out of logs.
        value.set_sensitive(Headers::is_secret(name));
        // A map has room for 32,768 names.
        map.try_append(key, value).map_err(|_| invalid())?;
    }
    Ok(map)
}
