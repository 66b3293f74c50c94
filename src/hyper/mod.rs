//! WebSockets of requests that hyper has read: upgrades over HTTP/1.1, and with feature `http2` extended
//! CONNECTs over HTTP/2 (RFC 8441).
//!
//! ```
//! use bytes::Bytes;
//! use fullduplex::{Error, hyper::{WebSocket, refusal, upgrade}};
//! use http_body_util::Full;
//! use hyper::{Request, Response, body::Incoming};
//!
//! async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
//!     let (response, upgrading) = match upgrade(&mut request) {
//!         Ok(upgrade) => upgrade,
//!         Err(error) => return Ok(refusal(&error)),
//!     };
//!     tokio::spawn(async { echo(upgrading.await?).await });
//!     Ok(response)
//! }
//!
//! async fn echo(mut ws: WebSocket) -> Result<(), Error> {
//!     while let Some((message, mut reply)) = ws.receive_ref().await? {
//!         reply.feed(message).await?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Serve HTTP/1.1 `with_upgrades`, as the example `hyper_echo` does: without it, hyper gives no connection
//! away, and the future is an error.
//!
//! # Over HTTP/2
//!
//! Without feature `http2` of this crate an extended CONNECT is refused with
//! [`UnknownProtocol`](HandshakeError::UnknownProtocol) (501), also where hyper has its own.
//!
//! `enable_connect_protocol` has the server say that it takes extended CONNECTs (RFC 8441 §3); no client
//! asks without that. What a WebSocket has not taken is held for it, and by hyper's own settings it holds up
//! all others of its connection when that is 1 MiB; when they are small messages, of which each costs 256
//! bytes, the connection even ends (`ENHANCE_YOUR_CALM`) when they cost half of the connection's window. Set
//! the windows as the example `http2_server` does, and take messages, or close who does not.
//!
//! The stream of HTTP/2 ends as a TCP connection does (§5): its end without a Close is
//! [`ProtocolError::EndWithoutClose`](crate::ProtocolError::EndWithoutClose), and so is the peer's
//! `RST_STREAM` with `CANCEL`, which hyper does not tell apart from an end; any other is
//! [`Error::Io`]. A WebSocket that is dropped ends its stream with `END_STREAM`, behind what was sent.

mod request;
mod stream;

use std::{fmt, io, ops, pin::Pin, task};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header, request::Parts};
use http_body_util::Full;
use hyper::upgrade::OnUpgrade;
use tokio::time::timeout;

pub use stream::UpgradedStream;

use crate::{Answer, Config, Error, HandshakeError, Offer, Timeout, http_types, tokio as ws};

/// A WebSocket over a connection that hyper gave away, or over a stream of HTTP/2: see
/// [`asynchronous::WebSocket`](crate::asynchronous::WebSocket) for what it can do.
pub type WebSocket = ws::WebSocket<UpgradedStream>;
/// What is needed to answer while a message is lent.
pub type Reply<'a> = ws::Reply<'a, UpgradedStream>;
/// The half of a WebSocket that receives: see [`WebSocket::split`](ws::WebSocket::split).
pub type ReceiveHalf = ws::ReceiveHalf<UpgradedStream>;
/// The half of a WebSocket that sends.
pub type SendHalf = ws::SendHalf<UpgradedStream>;

/// A request for a WebSocket that follows the rules; it dereferences to the [`Offer`].
#[derive(Debug)]
pub struct Upgrade {
    offer: Offer,
    upgrade: OnUpgrade,
}

/// Becomes the WebSocket when hyper has written the response. Spawn it: the response must be returned
/// first.
///
/// # Errors
///
/// [`Error::Io`] where hyper does not give the connection away, [`Error::Timeout`] after
/// [`Config::handshake_timeout`].
#[must_use = "there is no WebSocket without it"]
pub struct Upgrading(Pin<Box<dyn Future<Output = Result<WebSocket, Error>> + Send>>);

/// Accepts any request for a WebSocket, with the default limits. [`Upgrade`] lets you look first.
///
/// # Errors
///
/// The request asks for no WebSocket or breaks a rule: answer with [`refusal`].
pub fn upgrade<B>(
    request: &mut Request<B>,
) -> Result<(Response<Full<Bytes>>, Upgrading), HandshakeError> {
    Upgrade::new(request, &Config::default())?.accept(&Answer::new())
}

/// The answer that tells the client of `error`: see [`HandshakeError::response`].
pub fn refusal(error: &HandshakeError) -> Response<Full<Bytes>> {
    let refusal = error.response();
    let mut response = Response::new(refusal.body.into());
    *response.status_mut() = StatusCode::from_u16(refusal.status).unwrap_or_default();
    if let Ok(headers) = http_types::to_map(&refusal.headers) {
        *response.headers_mut() = headers;
    }
    // RFC 9110 §7.8; over HTTP/2, hyper leaves both out.
    if response.headers().contains_key(header::UPGRADE) {
        let upgrade = HeaderValue::from_static("upgrade");
        response.headers_mut().insert(header::CONNECTION, upgrade);
    }
    response
}

impl Upgrade {
    /// Takes the request's wish for a WebSocket, and from its extensions the connection.
    ///
    /// # Errors
    ///
    /// The request asks for no WebSocket or breaks a rule, or there is no connection to be had: another
    /// layer has taken it. Answer with [`refusal`].
    pub fn new<B>(request: &mut Request<B>, config: &Config) -> Result<Self, HandshakeError> {
        let (method, uri, version) = (request.method(), request.uri(), request.version());
        let head = request::head(method, uri, version, request.headers(), request.extensions())?;
        Self::from_head(head, request.extensions_mut(), config)
    }

    /// As [`new`](Self::new), for the parts of a request.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn from_parts(parts: &mut Parts, config: &Config) -> Result<Self, HandshakeError> {
        let Parts { method, uri, version, headers, extensions, .. } = parts;
        let head = request::head(method, uri, *version, headers, extensions)?;
        Self::from_head(head, extensions, config)
    }

    fn from_head(
        head: crate::RequestHead,
        extensions: &mut http::Extensions,
        config: &Config,
    ) -> Result<Self, HandshakeError> {
        let offer = crate::Request::new(head, config)?.into_offer()?;
        let upgrade = extensions.remove().ok_or(HandshakeError::NotUpgradable)?;
        Ok(Self { offer, upgrade })
    }

    /// Has the connection keep to these limits: see [`Offer::with_config`].
    #[must_use]
    pub fn with_config(self, config: Config) -> Self {
        Self { offer: self.offer.with_config(config), ..self }
    }

    /// Accepts: the response to return, 101 or over HTTP/2 200, and the future of the WebSocket.
    ///
    /// # Errors
    ///
    /// An answer that does not fit the offer: return its [`refusal`] (500).
    pub fn accept(
        self,
        answer: &Answer,
    ) -> Result<(Response<Full<Bytes>>, Upgrading), HandshakeError> {
        let limit = self.offer.config().handshake_timeout;
        let is_http2 = self.offer.protocol().is_some();
        let (accepted, answer) = self.offer.accept_as_response(answer)?;
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
        *response.headers_mut() = http_types::to_map(&answer.headers)?;
        let upgrade = self.upgrade;
        let upgrading = async move {
            let upgraded = timeout(limit, upgrade).await.map_err(|_| Timeout::Handshake)?;
            let stream = UpgradedStream::new(upgraded.map_err(io::Error::other)?, is_http2);
            Ok(WebSocket::accepted(stream, accepted, &[]))
        };
        Ok((response, Upgrading(Box::pin(upgrading))))
    }
}

impl ops::Deref for Upgrade {
    type Target = Offer;

    fn deref(&self) -> &Offer {
        &self.offer
    }
}

impl Future for Upgrading {
    type Output = Result<WebSocket, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Upgrading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrading").finish_non_exhaustive()
    }
}
