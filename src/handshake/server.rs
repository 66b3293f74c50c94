//! The server's side: a request in, an [`Offer`] out, which the application accepts or rejects.
//!
//! The rules of RFC 6455 §4.2.1 are in `rules.rs`.

use alloc::{string::String, vec::Vec};
use core::{ops, str};

use super::{
    Accepted, HandshakeError, Headers, RequestHead, Response, accept_value,
    agreed::Agreed,
    head::{HeadReader, Start, is_head},
    headers::elements,
    is_handshake_header,
    known::{Known, Name},
    origin,
    response::write_headers,
    rules,
};
use crate::{Config, Role, WriteBuffer, hidden::Hidden};

/// Reads a request.
#[derive(Debug)]
pub struct ServerHandshake {
    reader: HeadReader,
    config: Config,
    is_head: bool,
    failed: Option<HandshakeError>,
}

/// A whole request.
#[derive(Debug)]
pub enum Request {
    /// It asks for a WebSocket, and follows the rules.
    Upgrade(Offer),
    /// It is good HTTP and asks for no WebSocket: answer it with [`RequestHead::respond`].
    Http(RequestHead),
}

/// A client's wish for a WebSocket: look at its [`RequestHead`], then accept or reject it.
///
/// The example `authenticated_upgrade` lets in who has a bearer token or a cookie, and answers others with
/// 401.
#[derive(Debug)]
pub struct Offer {
    head: RequestHead,
    config: Config,
}

/// How a server accepts an [`Offer`]: with a subprotocol, with headers of its own.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    subprotocol: Hidden<Option<String>>,
    headers: Headers,
}

impl ServerHandshake {
    /// Makes a handshake that waits for a request.
    pub fn new(config: &Config) -> Self {
        let reader = HeadReader::new(Start::Request, config);
        Self { reader, config: config.clone(), is_head: false, failed: None }
    }

    /// Takes the request's head off the front of `input`; what follows it stays there.
    ///
    /// Returns `None` when `input` is used up and the head is not whole.
    ///
    /// # Errors
    ///
    /// The request is not HTTP/1.1, breaks a rule of RFC 6455 §4.2.1, or passes a limit.
    /// [`refuse`](Self::refuse) it, and close the transport. Later calls return the same error.
    pub fn receive(&mut self, input: &mut &mut [u8]) -> Result<Option<Request>, HandshakeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let request = match self.reader.receive(input) {
            Ok(None) => return Ok(None),
            Ok(Some(head)) => self.request(head),
            Err(error) => Err(error),
        };
        request.map(Some).inspect_err(|error| self.failed = Some(error.clone()))
    }

    /// Takes the end of the transport before the request was whole: an error.
    pub fn receive_end(&mut self) -> HandshakeError {
        self.failed.get_or_insert(HandshakeError::UnexpectedEnd).clone()
    }

    /// Writes the answer that tells the client of `error`: [`HandshakeError::response`], but no body
    /// follows a HEAD request (RFC 9110 §9.3.2), and nothing where nothing came: a health check that
    /// only connects.
    ///
    /// # Errors
    ///
    /// As [`Response::write`], and so none for an error of the handshake's own.
    pub fn refuse(
        &self,
        error: &HandshakeError,
        output: &mut WriteBuffer,
    ) -> Result<(), HandshakeError> {
        if self.reader.is_untouched() {
            return Ok(());
        }
        let response = error.response();
        if self.is_head || self.reader.is_head() {
            response.write_head(output)
        } else {
            response.write(output)
        }
    }

    fn request(&mut self, head: Vec<u8>) -> Result<Request, HandshakeError> {
        self.is_head = is_head(&head);
        let head = RequestHead::parse(head, self.config.max_headers)?;
        let known = Known::new(head.headers());
        rules::check_host(&head, &known)?;
        if !known.has_token(Name::Upgrade, "websocket") {
            return Ok(Request::Http(head));
        }
        rules::check(&head, &known)?;
        Ok(Request::Upgrade(Offer { head, config: self.config.clone() }))
    }
}

impl Request {
    /// The offer, if the request is one.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::NotAnUpgrade`] (426) for any other request.
    pub fn into_offer(self) -> Result<Offer, HandshakeError> {
        match self {
            Self::Upgrade(offer) => Ok(offer),
            Self::Http(_) => Err(HandshakeError::NotAnUpgrade),
        }
    }
}

impl Offer {
    /// What the request asks for: path, query, host, cookies, headers. An offer dereferences to it.
    pub fn head(&self) -> &RequestHead {
        &self.head
    }

    /// The page's origin, which a browser always sends (RFC 6455 §4.1, RFC 6454).
    pub fn origin(&self) -> Option<&str> {
        self.headers().text("Origin")
    }

    /// The subprotocols that the client speaks, the one that it likes best first (§1.9). The example
    /// `subprotocols` chooses one.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        // Tokens are ASCII, and `check` let nothing else pass.
        self.headers()
            .values("Sec-WebSocket-Protocol")
            .flat_map(elements)
            .map(|token| str::from_utf8(token).unwrap_or_default())
    }

    /// Refuses pages from other hosts than the one that this request is for (§10.2).
    ///
    /// A request without an Origin passes: it comes from no browser, and could claim any.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::ForbiddenOrigin`] (403): answer with its
    /// [`response`](HandshakeError::response).
    pub fn check_same_host(&self) -> Result<(), HandshakeError> {
        let host = self.host().unwrap_or_default();
        origin::check(self.headers(), |origin| origin::is_same_host(origin, host))
    }

    /// Refuses pages whose origin is not in `allowed`, such as `https://example.com` (§10.2).
    ///
    /// A request without an Origin passes: it comes from no browser, and could claim any. The example
    /// `origin_allow_list` shows who passes.
    ///
    /// # Errors
    ///
    /// As [`check_same_host`](Self::check_same_host).
    pub fn check_origin(&self, allowed: &[&str]) -> Result<(), HandshakeError> {
        origin::check(self.headers(), |origin| {
            allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
        })
    }

    /// Accepts: writes the 101 (§4.2.2 step 5).
    ///
    /// # Errors
    ///
    /// A subprotocol that was not offered, a header that cannot be set. Nothing was written; write
    /// the error's [`response`](HandshakeError::response) (500) and close the transport.
    pub fn accept(
        self,
        answer: &Answer,
        output: &mut WriteBuffer,
    ) -> Result<Accepted, HandshakeError> {
        if let Some(chosen) = &*answer.subprotocol
            && !self.subprotocols().any(|offered| offered == chosen)
        {
            return Err(HandshakeError::UnofferedSubprotocol(chosen.clone().into()));
        }
        answer.headers.check(is_handshake_header)?;
        let (agreed, extensions) = Agreed::choose(self.headers(), &self.config);
        let key = self.headers().values("Sec-WebSocket-Key").next().unwrap_or_default();
        output.append(ANSWER_LEN, |head| {
            head.extend_from_slice(SWITCHING_PROTOCOLS);
            head.extend_from_slice(&accept_value(key));
            head.extend_from_slice(b"\r\n");
            if let Some(chosen) = &*answer.subprotocol {
                for part in ["Sec-WebSocket-Protocol: ", chosen, "\r\n"] {
                    head.extend_from_slice(part.as_bytes());
                }
            }
            if let Some(extensions) = &extensions {
                for part in ["Sec-WebSocket-Extensions: ", extensions, "\r\n"] {
                    head.extend_from_slice(part.as_bytes());
                }
            }
            write_headers(&answer.headers, head);
            head.extend_from_slice(b"\r\n");
        });
        let subprotocol = answer.subprotocol.clone();
        Ok(Accepted { role: Role::Server, config: self.config, subprotocol, agreed })
    }

    /// Rejects: writes `response`, such as a 401, a 404 or a redirection (§4.2.2). Close the
    /// transport when it is written.
    ///
    /// # Errors
    ///
    /// As [`Response::write`].
    pub fn reject(
        self,
        response: &Response,
        output: &mut WriteBuffer,
    ) -> Result<(), HandshakeError> {
        response.write(output)
    }
}

impl ops::Deref for Offer {
    type Target = RequestHead;

    fn deref(&self) -> &RequestHead {
        &self.head
    }
}

impl Answer {
    /// Makes an answer that accepts without a subprotocol.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses one of the offered subprotocols.
    #[must_use]
    pub fn subprotocol(mut self, chosen: &str) -> Self {
        self.subprotocol = Hidden(Some(chosen.into()));
        self
    }

    /// Adds a header, such as `Set-Cookie`.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push(name, value);
        self
    }
}

const SWITCHING_PROTOCOLS: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: ";
/// What a common answer takes, in bytes.
const ANSWER_LEN: usize = 160;
