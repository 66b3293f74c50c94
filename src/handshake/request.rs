//! The head of an HTTP request, as the application sees it.

use alloc::vec::Vec;
use core::{fmt, ops::Range, str};

use super::{
    HandshakeError, Headers, Response,
    head::{FEW_HEADERS, fields, header_room, place},
    headers::trim,
    url::{default_port, is_authority},
};
use crate::WriteBuffer;

/// The head of a request: method, target, headers.
#[derive(Clone, Debug)]
pub struct RequestHead {
    method: Range<usize>,
    /// Of a target in absolute form (RFC 9112 §3.2.2), or the pseudo-header.
    authority: Option<Range<usize>>,
    /// Path and query of the target; empty for the root in absolute form, and where there is none.
    resource: Range<usize>,
    pub(super) version: Version,
    headers: Headers,
}

/// What the version of HTTP makes of a request.
#[derive(Clone, Debug)]
pub(super) enum Version {
    /// HTTP/1.*x*: a WebSocket begins with an upgrade (RFC 6455 §4).
    Http1(u8),
    /// HTTP/2 or HTTP/3: a WebSocket begins with an extended CONNECT (RFC 8441 §4, RFC 9220 §3).
    Http2(Extended),
}

/// What an extended CONNECT has in its pseudo-headers, besides what every request has.
#[derive(Clone, Debug)]
pub(super) struct Extended {
    protocol: Option<Range<usize>>,
    /// The port of a host that names none, by `:scheme`.
    pub(super) default_port: u16,
    /// Whether all are there that RFC 8441 §4 asks for.
    pub(super) is_whole: bool,
}

/// The pseudo-headers of a request over HTTP/2 or HTTP/3 (RFC 9113 §8.3.1, RFC 8441 §4).
///
/// ```
/// use fullduplex::{Config, Headers, PseudoHeaders, Request, RequestHead};
///
/// let pseudo = PseudoHeaders {
///     method: "CONNECT",
///     protocol: Some("websocket"),
///     scheme: Some("https"),
///     authority: Some("chat.example"),
///     path: Some("/rooms/1"),
/// };
/// let mut headers = Headers::new();
/// headers.push("sec-websocket-version", "13");
/// let request = Request::new(RequestHead::http2(pseudo, headers)?, &Config::default())?;
/// assert_eq!(request.into_offer()?.path(), "/rooms/1");
/// # Ok::<(), fullduplex::HandshakeError>(())
/// ```
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "there are no others, and it is made by callers")]
pub struct PseudoHeaders<'a> {
    /// `:method`
    pub method: &'a str,
    /// `:protocol`, only of an extended CONNECT: `websocket`.
    pub protocol: Option<&'a str>,
    /// `:scheme`: `http` or `https`.
    pub scheme: Option<&'a str>,
    /// `:authority`: host, and port if it is not the default.
    pub authority: Option<&'a str>,
    /// `:path`: path and query.
    pub path: Option<&'a str>,
}

impl RequestHead {
    pub(super) fn parse(head: Vec<u8>, max_headers: usize) -> Result<Self, HandshakeError> {
        let (mut few, mut many) = (FEW_HEADERS, Vec::new());
        let room = header_room(&head, max_headers, &mut few, &mut many);
        let mut request = httparse::Request::new(&mut []);
        match request.parse_with_uninit_headers(&head, room) {
            Ok(httparse::Status::Complete(_)) => {}
            Err(httparse::Error::Version) => return Err(HandshakeError::UnsupportedHttpVersion),
            _ => return Err(HandshakeError::MalformedHead),
        }
        let method = request.method.unwrap_or_default();
        let (authority, resource) = split(method, request.path.unwrap_or_default())?;
        let place = |part: &str| place(&head, part.as_bytes());
        let (method, authority, resource) = (place(method), authority.map(place), place(resource));
        let version = Version::Http1(request.version.unwrap_or_default());
        let fields = fields(&head, request.headers);
        let headers = Headers::parsed(head, fields);
        Ok(Self { method, authority, resource, version, headers })
    }

    /// Makes the head of a request that an HTTP library has read, of HTTP/1.*`minor_version`*. `target`
    /// stands as in the request line: `/chat?room=1`. [`Request::new`](crate::Request::new) checks it.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::InvalidTarget`]
    pub fn http1(
        minor_version: u8,
        method: &str,
        target: &str,
        mut headers: Headers,
    ) -> Result<Self, HandshakeError> {
        let (authority, resource) = split(method, target)?;
        Ok(Self {
            method: headers.place(method.as_bytes()),
            authority: authority.map(|authority| headers.place(authority.as_bytes())),
            resource: headers.place(resource.as_bytes()),
            version: Version::Http1(minor_version),
            headers,
        })
    }

    /// Makes the head of a request that an HTTP library has read, of HTTP/2 or HTTP/3.
    /// [`Request::new`](crate::Request::new) checks it.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::InvalidTarget`]
    pub fn http2(pseudo: PseudoHeaders<'_>, mut headers: Headers) -> Result<Self, HandshakeError> {
        let PseudoHeaders { method, protocol, scheme, authority, path } = pseudo;
        let resource = match path {
            // RFC 9113 §8.5: a CONNECT that is not extended has none.
            None => "",
            Some(path) => match split(method, path)? {
                (None, resource) => resource,
                (Some(_), _) => return Err(HandshakeError::InvalidTarget),
            },
        };
        let is_whole = path.is_some() && authority.is_some() && scheme.is_some_and(is_http);
        let is_secure = scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        let protocol = protocol.map(|protocol| headers.place(protocol.as_bytes()));
        let extended = Extended { protocol, default_port: default_port(is_secure), is_whole };
        Ok(Self {
            method: headers.place(method.as_bytes()),
            authority: authority.map(|authority| headers.place(authority.as_bytes())),
            resource: headers.place(resource.as_bytes()),
            version: Version::Http2(extended),
            headers,
        })
    }

    /// The method, in upper case where it is a common one: `GET`.
    pub fn method(&self) -> &str {
        self.text(&self.method)
    }

    /// The path, from its first slash to the query; not decoded. `*` when OPTIONS asks for no path.
    pub fn path(&self) -> &str {
        let resource = self.text(&self.resource);
        match resource.split_once('?').map_or(resource, |(path, _)| path) {
            // RFC 6455 §3: an empty path is the root.
            "" => "/",
            path => path,
        }
    }

    /// What stands behind the question mark, if there is one; not decoded.
    pub fn query(&self) -> Option<&str> {
        self.text(&self.resource).split_once('?').map(|(_, query)| query)
    }

    /// The protocol that an extended CONNECT asks for (RFC 8441 §4): `websocket`.
    pub fn protocol(&self) -> Option<&str> {
        match &self.version {
            Version::Http2(extended) => extended.protocol.as_ref().map(|range| self.text(range)),
            Version::Http1(_) => None,
        }
    }

    /// The host that is asked: a name or address, and a port if it is not the default.
    pub fn host(&self) -> Option<&str> {
        match &self.authority {
            // RFC 9112 §3.2.2, RFC 9113 §8.3.1: it counts, not the Host header.
            Some(authority) => Some(self.text(authority)),
            None => self.headers.text("Host"),
        }
    }

    /// The headers.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The cookies, name and value, not decoded (RFC 6265 §5.4).
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .values("Cookie")
            .flat_map(|value| value.split(|byte| *byte == b';'))
            .filter_map(|pair| str::from_utf8(trim(pair)).ok()?.split_once('='))
    }

    /// Answers a request that asks for no WebSocket; no body follows a HEAD request.
    ///
    /// # Errors
    ///
    /// As [`Response::write`].
    pub fn respond(
        &self,
        response: &Response,
        output: &mut WriteBuffer,
    ) -> Result<(), HandshakeError> {
        if self.method() == "HEAD" { response.write_head(output) } else { response.write(output) }
    }

    pub(super) fn has_method(&self, method: &str) -> bool {
        self.headers.part(&self.method) == method.as_bytes()
    }

    pub(super) fn authority(&self) -> Option<&str> {
        self.authority.as_ref().map(|authority| self.text(authority))
    }

    fn text(&self, range: &Range<usize>) -> &str {
        str::from_utf8(self.headers.part(range)).unwrap_or_default()
    }
}

// A token may stand in the query; user information is refused, but it is there until then.
impl fmt::Debug for PseudoHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PseudoHeaders")
            .field("method", &self.method)
            .field("protocol", &self.protocol)
            .field("scheme", &self.scheme)
            .field("authority", &self.authority.and_then(|it| it.rsplit('@').next()))
            .field("path", &self.path.and_then(|it| it.split('?').next()))
            .finish()
    }
}

/// Splits a target in origin form or absolute form (RFC 9112 §3.2) before its path.
fn split<'a>(method: &str, target: &'a str) -> Result<(Option<&'a str>, &'a str), HandshakeError> {
    // RFC 9112 §3.2.4: the asterisk asks the server itself, and only OPTIONS may.
    if target == "*" && method == "OPTIONS" {
        return Ok((None, target));
    }
    // RFC 6455 §3: a fragment has no meaning; what is not ASCII must be percent-encoded.
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Err(HandshakeError::InvalidTarget);
    }
    if target.starts_with('/') {
        return Ok((None, target));
    }
    let (scheme, rest) = target.split_once("://").ok_or(HandshakeError::InvalidTarget)?;
    let (authority, resource) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let is_known =
        is_http(scheme) || ["ws", "wss"].iter().any(|it| scheme.eq_ignore_ascii_case(it));
    if !is_known || !is_authority(authority.as_bytes()) {
        return Err(HandshakeError::InvalidTarget);
    }
    Ok((Some(authority), resource))
}

fn is_http(scheme: &str) -> bool {
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}
