//! The handshakes over a stream, each within [`Config::handshake_timeout`].

use std::ops;

use super::{WebSocket, adapter::Adapter, wire::Wire};
use crate::{
    Answer, ClientHandshake, ClientRequest, Config, Error, HandshakeError, Nonce, Offer, Request,
    RequestHead, Response, Role, ServerHandshake, WriteBuffer,
};

/// A request that has come in: decide before you answer.
#[derive(Debug)]
pub enum Incoming<S, A> {
    /// A request for a WebSocket that follows the rules.
    Upgrade(Upgrade<S, A>),
    /// Any other good request: for a page, or a health check.
    Http(Http<S, A>),
}

/// An [`Offer`] on its stream; it dereferences to the offer.
#[derive(Debug)]
pub struct Upgrade<S, A> {
    wire: Wire<S, A>,
    offer: Offer,
}

/// A plain HTTP request on its stream; it dereferences to the [`RequestHead`].
#[derive(Debug)]
pub struct Http<S, A> {
    wire: Wire<S, A>,
    head: RequestHead,
}

pub(crate) async fn accept<S: Unpin, A: Adapter<S>>(stream: S) -> Result<WebSocket<S, A>, Error> {
    match Incoming::read(stream, &Config::default()).await? {
        Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new()).await,
        Incoming::Http(http) => {
            let Http { mut wire, head } = http;
            let mut output = WriteBuffer::new();
            // Whether or not the client can be told, this is what it did.
            let _ = head.respond(&HandshakeError::NotAnUpgrade.response(), &mut output);
            wire.refuse(&mut output).await;
            wire.observed(Err(HandshakeError::NotAnUpgrade.into()))
        }
    }
}

pub(crate) async fn connect_over<S: Unpin, A: Adapter<S>>(
    stream: S,
    request: &ClientRequest,
    config: &Config,
) -> Result<(WebSocket<S, A>, Response), Error> {
    let mut wire = Wire::<S, A>::new(stream, Role::Client, config);
    let step = wire.in_time(async |wire| {
        let mut output = WriteBuffer::new();
        let mut handshake = ClientHandshake::start(request, Nonce::random(), config, &mut output)?;
        wire.write(&mut output).await?;
        loop {
            match wire.read().await {
                Ok(0) => return Err(handshake.receive_end().into()),
                Ok(_) => {}
                // A refusal of which the head came says more than how the stream ended.
                Err(error) => return Err(handshake.receive_failure(error)),
            }
            if let Some(answer) = wire.input.consume(|unread| handshake.receive(unread))? {
                return Ok(answer);
            }
        }
    });
    let answer = step.await;
    let (accepted, response) = wire.observed(answer)?;
    Ok((wire.into_websocket(accepted), response))
}

impl<S: Unpin, A: Adapter<S>> Incoming<S, A> {
    /// Reads a request's head.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for a bad request, after the client was told with an HTTP answer, and has
    /// read it or had the time to; [`Error::Timeout`] and [`Error::Io`].
    pub async fn read(stream: S, config: &Config) -> Result<Self, Error> {
        Box::pin(Self::read_head(stream, config)).await
    }

    async fn read_head(stream: S, config: &Config) -> Result<Self, Error> {
        let mut wire = Wire::<S, A>::new(stream, Role::Server, config);
        let step = wire.in_time(async |wire| {
            let mut handshake = ServerHandshake::new(config);
            loop {
                let request = match wire.read().await? {
                    0 => Err(handshake.receive_end()),
                    _ => wire.input.consume(|unread| handshake.receive(unread)),
                };
                wire.input.release();
                match request {
                    Ok(None) => {}
                    Ok(Some(request)) => return Ok(request),
                    Err(error) => {
                        let mut output = WriteBuffer::new();
                        // Whether or not the client can be told, this is what it did.
                        let _ = handshake.refuse(&error, &mut output);
                        wire.write_last(&mut output).await;
                        return Err(error.into());
                    }
                }
            }
        });
        let request = step.await;
        Ok(match wire.observed(request)? {
            Request::Http(head) => Self::Http(Http { wire, head }),
            Request::Upgrade(offer) => Self::Upgrade(Upgrade { wire, offer }),
        })
    }
}

impl<S: Unpin, A: Adapter<S>> Upgrade<S, A> {
    /// The stream, to ask it for the peer's address or certificate. Behind a reverse proxy the address
    /// is the proxy's: see the example `behind_a_proxy`.
    pub const fn stream(&self) -> &S {
        &self.wire.stream
    }

    /// Accepts: writes the 101, and begins the connection.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for an answer that does not fit the offer, after the client was told with
    /// a 500; [`Error::Timeout`] and [`Error::Io`].
    pub async fn accept(self, answer: &Answer) -> Result<WebSocket<S, A>, Error> {
        Box::pin(self.write_answer(answer)).await
    }

    async fn write_answer(self, answer: &Answer) -> Result<WebSocket<S, A>, Error> {
        let Self { mut wire, offer } = self;
        let mut output = WriteBuffer::new();
        match offer.accept(answer, &mut output) {
            Ok(accepted) => {
                wire.restart();
                let written = wire.in_time(async |wire| wire.write(&mut output).await).await;
                wire.observed(written)?;
                Ok(wire.into_websocket(accepted))
            }
            Err(error) => {
                let _ = error.response().write(&mut output);
                wire.refuse(&mut output).await;
                wire.observed(Err(error.into()))
            }
        }
    }

    /// Rejects: writes an HTTP answer. Returns the stream, to be closed: a client that is still
    /// sending may miss the answer unless the stream is read to its end first.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for an answer that cannot be written, [`Error::Timeout`] and [`Error::Io`].
    pub async fn reject(self, response: &Response) -> Result<S, Error> {
        let mut output = WriteBuffer::new();
        self.wire.observed(response.write(&mut output).map_err(Error::from))?;
        self.wire.observer.handshake_rejected(response.status);
        self.wire.write_response(output).await
    }
}

impl<S: Unpin, A: Adapter<S>> Http<S, A> {
    /// What was read behind the head: the beginning of the body, if the request has one. The rest of
    /// it is still to be read from the stream.
    pub fn unread(&self) -> &[u8] {
        self.wire.input.unread()
    }

    /// The stream, to read the body from.
    pub const fn stream_mut(&mut self) -> &mut S {
        &mut self.wire.stream
    }

    /// Answers the request. Returns the stream, to be closed.
    ///
    /// # Errors
    ///
    /// As [`Upgrade::reject`].
    pub async fn respond(self, response: &Response) -> Result<S, Error> {
        let mut output = WriteBuffer::new();
        let written = self.head.respond(response, &mut output).map_err(Error::from);
        self.wire.observed(written)?;
        self.wire.write_response(output).await
    }
}

impl<S, A> ops::Deref for Upgrade<S, A> {
    type Target = Offer;

    fn deref(&self) -> &Offer {
        &self.offer
    }
}

impl<S, A> ops::Deref for Http<S, A> {
    type Target = RequestHead;

    fn deref(&self) -> &RequestHead {
        &self.head
    }
}
