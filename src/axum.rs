//! WebSockets in axum's handlers: over HTTP/1.1, and with feature `http2` over HTTP/2.
//!
//! ```
//! use axum::{Router, response::Response, routing::any};
//! use fullduplex::{Error, HandshakeError, axum::{WebSocket, WebSocketUpgrade}};
//!
//! async fn chat(upgrade: WebSocketUpgrade) -> Result<Response, HandshakeError> {
//!     upgrade.check_same_host()?; // 403 for a page from elsewhere
//!     Ok(upgrade.protocols(["chat.v2", "chat.v1"]).on_upgrade(|ws| async {
//!         if let Err(error) = echo(ws).await {
//!             eprintln!("{error}");
//!         }
//!     }))
//! }
//!
//! async fn echo(mut ws: WebSocket) -> Result<(), Error> {
//!     while let Some((message, mut reply)) = ws.receive_ref().await? {
//!         reply.feed(message).await?;
//!     }
//!     Ok(())
//! }
//!
//! let app: Router = Router::new().route("/chat", any(chat));
//! ```
//!
//! Route it with `any`: over HTTP/1.1 a WebSocket begins with a GET, over HTTP/2 with a CONNECT. `axum::serve`
//! speaks HTTP/1.1, and with axum's feature `http2` HTTP/2 to clients that know it beforehand; the example
//! `http2_server` has TLS, in which browsers agree on it. A WebSocket over HTTP/2 needs this crate's feature
//! `http2` too: without it, an extended CONNECT is answered 501. [`hyper`](crate::hyper) says more of HTTP/2.
//!
//! The example `axum_chat` has rooms, members with names, and sends away who is slow; `echo_server_axum` has a
//! page at the same place as its WebSocket.

use std::{
    fmt, ops,
    sync::{Mutex, PoisonError},
};

use axum_core::{
    body::Body,
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::request::Parts;

pub use crate::hyper::{ReceiveHalf, Reply, SendHalf, UpgradedStream, WebSocket};
use crate::{
    Answer, Config, Error, HandshakeError, Offer,
    hyper::{Upgrade, refusal},
};

/// Extracts a request for a WebSocket that follows the rules; it dereferences to the [`Offer`], which has
/// path, cookies, subprotocols, and the checks of the Origin.
///
/// Any other request is answered as [`HandshakeError::response`] says. `Option<WebSocketUpgrade>` is `None`
/// for one that asks for no WebSocket: the same route may have a page. `Result<WebSocketUpgrade,
/// HandshakeError>` leaves the answer to the handler.
pub struct WebSocketUpgrade {
    upgrade: Upgrade,
    answer: Answer,
    /// Never locked: it makes this `Sync`, which a future that borrows it must see to be `Send`.
    on_failure: Mutex<Box<dyn FnOnce(Error) + Send>>,
}

impl WebSocketUpgrade {
    /// Sets the limits of the connection, and compression; they are the default ones else.
    #[must_use]
    pub fn with_config(self, config: Config) -> Self {
        Self { upgrade: self.upgrade.with_config(config), ..self }
    }

    /// Chooses the first of `known` that the client offers, if there is one: the order is the server's. What
    /// the client offers, in its order, is in [`Offer::subprotocols`].
    #[must_use]
    pub fn protocols<P: AsRef<str>>(mut self, known: impl IntoIterator<Item = P>) -> Self {
        let is_offered = |known: &P| self.subprotocols().any(|offered| offered == known.as_ref());
        if let Some(chosen) = known.into_iter().find(is_offered) {
            self.answer = self.answer.subprotocol(chosen.as_ref());
        }
        self
    }

    /// The subprotocol that was chosen.
    pub fn selected_protocol(&self) -> Option<&str> {
        self.answer.chosen_subprotocol()
    }

    /// Adds a header to the answer, such as `Set-Cookie`. One that cannot be written, or that the handshake
    /// writes itself, makes the answer of [`on_upgrade`](Self::on_upgrade) a 500.
    #[must_use]
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        Self { answer: self.answer.header(name, value), ..self }
    }

    /// Has `tell` be called when the answer was given and there is no WebSocket: the client left, or hyper
    /// did not give the connection away. Nobody is told else.
    #[must_use]
    pub fn on_failed_upgrade(self, tell: impl FnOnce(Error) + Send + 'static) -> Self {
        Self { on_failure: Mutex::new(Box::new(tell)), ..self }
    }

    /// Accepts, and has a task run `serve` with the WebSocket. Return the response: without it there is none.
    ///
    /// # Panics
    ///
    /// Outside a runtime of tokio's.
    #[must_use = "there is no WebSocket unless the response is returned"]
    pub fn on_upgrade<F>(self, serve: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (response, upgrading) = match self.upgrade.accept(&self.answer) {
            Ok(accepted) => accepted,
            Err(error) => return error.into_response(),
        };
        let on_failure = self.on_failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        tokio::spawn(async {
            match upgrading.await {
                Ok(ws) => serve(ws).await,
                Err(error) => on_failure(error),
            }
        });
        response.map(Body::new)
    }
}

impl<S: Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = HandshakeError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HandshakeError> {
        let upgrade = Upgrade::from_parts(parts, &Config::default())?;
        Ok(Self { upgrade, answer: Answer::new(), on_failure: Mutex::new(Box::new(drop)) })
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for WebSocketUpgrade {
    type Rejection = HandshakeError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, HandshakeError> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(upgrade) => Ok(Some(upgrade)),
            Err(HandshakeError::NotAnUpgrade | HandshakeError::NotAnExtendedConnect) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl ops::Deref for WebSocketUpgrade {
    type Target = Offer;

    fn deref(&self) -> &Offer {
        &self.upgrade
    }
}

impl fmt::Debug for WebSocketUpgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { upgrade, answer, .. } = self;
        f.debug_struct("WebSocketUpgrade")
            .field("upgrade", upgrade)
            .field("answer", answer)
            .finish_non_exhaustive()
    }
}

/// The answer that tells the client: see [`HandshakeError::response`].
impl IntoResponse for HandshakeError {
    fn into_response(self) -> Response {
        refusal(&self).map(Body::new)
    }
}
