//! An HTTP answer that is not a WebSocket: written by a server, read by a client.

use alloc::{format, vec::Vec};
use core::fmt;

use super::{HandshakeError, Headers};
use crate::WriteBuffer;

/// An HTTP answer with its body, whole.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The status, 200 to 599 in an answer that is written.
    pub status: u16,
    /// The headers but `Content-Length` and `Connection`, which are written from what is here.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Makes an answer without a body.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Headers::new(), body: Vec::new() }
    }

    /// Makes an answer of plain text.
    pub fn text(status: u16, text: &str) -> Self {
        Self::new(status).header("Content-Type", "text/plain; charset=utf-8").body(text)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push(name, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Writes the answer, with `Connection: close`: close the transport when it is written.
    ///
    /// # Errors
    ///
    /// A status that is not final, a header that breaks the head. Nothing is written then.
    pub fn write(&self, output: &mut WriteBuffer) -> Result<(), HandshakeError> {
        self.write_head(output)?;
        if self.has_body() {
            output.put_slice(&self.body);
        }
        Ok(())
    }

    /// Writes the answer without its body, as a HEAD request asks (RFC 9110 §9.3.2).
    pub(super) fn write_head(&self, output: &mut WriteBuffer) -> Result<(), HandshakeError> {
        if !(200..=599).contains(&self.status) {
            return Err(HandshakeError::InvalidStatus(self.status));
        }
        self.headers.check(|name| {
            ["content-length", "transfer-encoding", "connection"]
                .iter()
                .any(|own| name.eq_ignore_ascii_case(own))
        })?;
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status)).into_bytes();
        write_headers(&self.headers, &mut head);
        // RFC 9110 §15.5.22: what a 426 upgrades to is named in `Connection` too.
        let upgrade = if self.headers.text("Upgrade").is_some() { ", Upgrade" } else { "" };
        head.extend_from_slice(format!("Connection: close{upgrade}\r\n").as_bytes());
        if self.has_body() {
            head.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        head.extend_from_slice(b"\r\n");
        output.put_slice(&head);
        Ok(())
    }

    /// RFC 9110 §6.4.1: answers with these statuses have none.
    pub(super) fn has_body(&self) -> bool {
        !matches!(self.status, 204 | 304)
    }
}

// The body is for who asked, not for a log.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// Appends the fields, each with its line end.
pub(super) fn write_headers(headers: &Headers, head: &mut Vec<u8>) {
    for (name, value) in headers.fields() {
        write_field(name, value, head);
    }
}

/// Appends one field, with its line end.
pub(super) fn write_field(name: &[u8], value: &[u8], head: &mut Vec<u8>) {
    for part in [name, b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
}

/// The reason phrase, for people; empty where none is common.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
