//! A request that asks for a WebSocket, and how the application answers it.

use alloc::string::String;
use core::{ops, str};

use super::{
    Accepted, HandshakeError, Headers, RequestHead, Response, accept_value, agreed::Agreed,
    headers::elements, is_handshake_header, origin, request::Version, response::write_field,
};
use crate::{Config, Role, WriteBuffer, hidden::Hidden};

/// A client's wish for a WebSocket: look at its [`RequestHead`], then accept or reject it.
///
/// The example `authenticated_upgrade` lets in who has a bearer token or a cookie, and answers others with
/// 401.
#[derive(Debug)]
pub struct Offer {
    pub(super) head: RequestHead,
    pub(super) config: Config,
}

/// How a server accepts an [`Offer`]: with a subprotocol, with headers of its own.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    subprotocol: Hidden<Option<String>>,
    headers: Headers,
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

    /// The limits of the connection.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Has the connection keep to other limits than the request was read with, and offer or refuse
    /// compression as they say.
    #[must_use]
    pub fn with_config(self, config: Config) -> Self {
        Self { config, ..self }
    }

    /// Accepts: writes the 101 (§4.2.2 step 5).
    ///
    /// # Errors
    ///
    /// A subprotocol that was not offered, a header that cannot be set;
    /// [`HandshakeError::UnsupportedHttpVersion`] over HTTP/2. Nothing was written; write the error's
    /// [`response`](HandshakeError::response) (500; 505 over HTTP/2) and close the transport.
    pub fn accept(
        self,
        answer: &Answer,
        output: &mut WriteBuffer,
    ) -> Result<Accepted, HandshakeError> {
        let Version::Http1(_) = self.head.version else {
            return Err(HandshakeError::UnsupportedHttpVersion);
        };
        answer.check(&self)?;
        let (agreed, extensions) = Agreed::choose(self.headers(), &self.config);
        output.append(ANSWER_LEN, |head| {
            head.extend_from_slice(SWITCHING_PROTOCOLS);
            head.extend_from_slice(&accept_value(self.key()));
            head.extend_from_slice(b"\r\n");
            answer.fields(extensions.as_deref(), |name, value| write_field(name, value, head));
            head.extend_from_slice(b"\r\n");
        });
        Ok(self.accepted(answer, agreed))
    }

    /// Accepts, for an HTTP library that writes the answer itself: its status is 101, or over HTTP/2
    /// and HTTP/3 200 (RFC 8441 §5), its headers' names are in lower case, and it has no body. What
    /// follows it on the transport, or on the stream of HTTP/2, is the connection's.
    ///
    /// # Errors
    ///
    /// A subprotocol that was not offered, a header that cannot be set: answer with the error's
    /// [`response`](HandshakeError::response) (500).
    pub fn accept_as_response(
        self,
        answer: &Answer,
    ) -> Result<(Accepted, Response), HandshakeError> {
        answer.check(&self)?;
        let (agreed, extensions) = Agreed::choose(self.headers(), &self.config);
        let mut response = match self.head.version {
            Version::Http1(_) => Response::new(101)
                .header("upgrade", "websocket")
                .header("connection", "Upgrade")
                .header("sec-websocket-accept", accept_value(self.key())),
            Version::Http2(_) => Response::new(200),
        };
        let headers = &mut response.headers;
        answer.fields(extensions.as_deref(), |name, value| headers.push_lower_case(name, value));
        Ok((self.accepted(answer, agreed), response))
    }

    fn key(&self) -> &[u8] {
        self.headers().values("Sec-WebSocket-Key").next().unwrap_or_default()
    }

    fn accepted(self, answer: &Answer, agreed: Agreed) -> Accepted {
        let subprotocol = answer.subprotocol.clone();
        Accepted { role: Role::Server, config: self.config, subprotocol, agreed }
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

    #[cfg(feature = "axum")]
    pub(crate) fn chosen_subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// Whether it fits the offer, and can be written.
    fn check(&self, offer: &Offer) -> Result<(), HandshakeError> {
        if let Some(chosen) = &*self.subprotocol
            && !offer.subprotocols().any(|offered| offered == chosen)
        {
            return Err(HandshakeError::UnofferedSubprotocol(chosen.clone().into()));
        }
        self.headers.check(is_handshake_header)
    }

    /// The fields that it has in every version of HTTP.
    fn fields(&self, extensions: Option<&str>, mut put: impl FnMut(&[u8], &[u8])) {
        if let Some(chosen) = &*self.subprotocol {
            put(b"Sec-WebSocket-Protocol", chosen.as_bytes());
        }
        if let Some(extensions) = extensions {
            put(b"Sec-WebSocket-Extensions", extensions.as_bytes());
        }
        for (name, value) in self.headers.fields() {
            put(name, value);
        }
    }
}

const SWITCHING_PROTOCOLS: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: ";
/// What a common answer takes, in bytes.
const ANSWER_LEN: usize = 160;
