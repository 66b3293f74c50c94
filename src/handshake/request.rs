//! The head of an HTTP request, as the application sees it.

use alloc::vec::Vec;
use core::{ops::Range, str};

use super::{
    HandshakeError, Headers, Response,
    head::{FEW_HEADERS, fields, header_room, place},
    headers::trim,
    url::is_authority,
};
use crate::WriteBuffer;

/// The head of a request: method, target, headers.
#[derive(Clone, Debug)]
pub struct RequestHead {
    method: Range<usize>,
    /// Of a target in absolute form (RFC 9112 §3.2.2).
    authority: Option<Range<usize>>,
    /// Path and query of the target; empty for the root in absolute form.
    resource: Range<usize>,
    /// HTTP/1.*x*
    pub(super) minor_version: u8,
    headers: Headers,
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
        let target = request.path.unwrap_or_default();
        let method = request.method.unwrap_or_default();
        // RFC 9112 §3.2.4: the asterisk asks the server itself, and only OPTIONS may.
        let (authority, resource) = match target {
            "*" if method == "OPTIONS" => (None, target),
            _ => split(target).ok_or(HandshakeError::InvalidTarget)?,
        };
        let place = |part: &str| place(&head, part.as_bytes());
        let (method, authority, resource) = (place(method), authority.map(place), place(resource));
        let minor_version = request.version.unwrap_or_default();
        let fields = fields(&head, request.headers);
        let headers = Headers::parsed(head, fields);
        Ok(Self { method, authority, resource, minor_version, headers })
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

    /// The host that is asked: a name or address, and a port if it is not the default.
    pub fn host(&self) -> Option<&str> {
        match &self.authority {
            // RFC 9112 §3.2.2: it counts, not the Host header.
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

    pub(super) fn is_get(&self) -> bool {
        self.headers.part(&self.method) == b"GET"
    }

    fn text(&self, range: &Range<usize>) -> &str {
        str::from_utf8(self.headers.part(range)).unwrap_or_default()
    }
}

/// Splits a target in origin form or absolute form (RFC 9112 §3.2) before its path.
fn split(target: &str) -> Option<(Option<&str>, &str)> {
    // RFC 6455 §3: a fragment has no meaning; what is not ASCII must be percent-encoded.
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return None;
    }
    if target.starts_with('/') {
        return Some((None, target));
    }
    let (scheme, rest) = target.split_once("://")?;
    let known =
        ["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let (authority, resource) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    (known && is_authority(authority.as_bytes())).then_some((Some(authority), resource))
}
