//! The handshakes over a blocking stream.

use std::ops;

use super::{
    WebSocket,
    adapter::{Blocking, Timed, wait},
    stream::Stream,
};
use crate::{Answer, ClientRequest, Config, Error, Offer, RequestHead, Response, asynchronous};

/// Accepts any request for a WebSocket, with the default limits. [`Incoming`] lets you look first.
///
/// # Errors
///
/// [`Error::Handshake`] after the client was told with an HTTP answer, [`Error::Timeout`] and
/// [`Error::Io`].
pub fn accept<S: Stream>(stream: S) -> Result<WebSocket<S>, Error> {
    wait(asynchronous::accept(Timed::new(stream))).map(WebSocket)
}

/// Asks the server at the other end of `stream` for a WebSocket. Returns it with the server's
/// answer, which has its headers.
///
/// # Errors
///
/// [`Error::Handshake`] says what is wrong with the request or with the answer; an answer other than
/// 101 is [`HandshakeError::Refused`](crate::HandshakeError::Refused), whole.
pub fn connect_over<S: Stream>(
    stream: S,
    request: &ClientRequest,
    config: &Config,
) -> Result<(WebSocket<S>, Response), Error> {
    let connected = wait(asynchronous::connect_over(Timed::new(stream), request, config));
    connected.map(|(ws, response)| (WebSocket(ws), response))
}

/// A request that has come in: decide before you answer.
#[derive(Debug)]
pub enum Incoming<S> {
    /// A request for a WebSocket that follows the rules.
    Upgrade(Upgrade<S>),
    /// Any other good request: for a page, or a health check.
    Http(Http<S>),
}

/// An [`Offer`] on its stream; it dereferences to the offer.
#[derive(Debug)]
pub struct Upgrade<S>(asynchronous::Upgrade<Timed<S>, Blocking>);

/// A plain HTTP request on its stream; it dereferences to the [`RequestHead`].
#[derive(Debug)]
pub struct Http<S>(asynchronous::Http<Timed<S>, Blocking>);

impl<S: Stream> Incoming<S> {
    /// Reads a request's head.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for a bad request, after the client was told with an HTTP answer, and has
    /// read it or had the time to; [`Error::Timeout`] and [`Error::Io`].
    pub fn read(stream: S, config: &Config) -> Result<Self, Error> {
        Ok(match wait(asynchronous::Incoming::read(Timed::new(stream), config))? {
            asynchronous::Incoming::Upgrade(upgrade) => Self::Upgrade(Upgrade(upgrade)),
            asynchronous::Incoming::Http(http) => Self::Http(Http(http)),
        })
    }
}

impl<S: Stream> Upgrade<S> {
    /// The stream, to ask it for the peer's address or certificate. Behind a reverse proxy the address
    /// is the proxy's: see the example `behind_a_proxy`.
    pub const fn stream(&self) -> &S {
        &self.0.stream().stream
    }

    /// Accepts: writes the 101, and begins the connection.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for an answer that does not fit the offer, after the client was told with
    /// a 500; [`Error::Timeout`] and [`Error::Io`].
    pub fn accept(self, answer: &Answer) -> Result<WebSocket<S>, Error> {
        wait(self.0.accept(answer)).map(WebSocket)
    }

    /// Rejects: writes an HTTP answer. Returns the stream, to be closed: a client that is still
    /// sending may miss the answer unless the stream is read to its end first.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for an answer that cannot be written, [`Error::Timeout`] and [`Error::Io`].
    pub fn reject(self, response: &Response) -> Result<S, Error> {
        wait(self.0.reject(response)).map(Timed::into_inner)
    }
}

impl<S: Stream> Http<S> {
    /// What was read behind the head: the beginning of the body, if the request has one. The rest of
    /// it is still to be read from the stream.
    pub fn unread(&self) -> &[u8] {
        self.0.unread()
    }

    /// The stream, to read the body from.
    pub fn stream_mut(&mut self) -> &mut S {
        self.0.stream_mut().lend()
    }

    /// Answers the request. Returns the stream, to be closed.
    ///
    /// # Errors
    ///
    /// As [`Upgrade::reject`].
    pub fn respond(self, response: &Response) -> Result<S, Error> {
        wait(self.0.respond(response)).map(Timed::into_inner)
    }
}

impl<S> ops::Deref for Upgrade<S> {
    type Target = Offer;

    fn deref(&self) -> &Offer {
        &self.0
    }
}

impl<S> ops::Deref for Http<S> {
    type Target = RequestHead;

    fn deref(&self) -> &RequestHead {
        &self.0
    }
}
