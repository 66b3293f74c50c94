//! The handshakes over an asynchronous stream.

use std::{future::poll_fn, marker::PhantomData, ops};

use super::{
    Adapter, WebSocket,
    link::{poll_read, poll_write_all},
};
use crate::{
    Answer, ClientHandshake, ClientRequest, Config, Error, HandshakeError, Nonce, Offer, Request,
    RequestHead, Response, ServerHandshake, WriteBuffer, read_buffer::ReadBuffer,
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
    stream: S,
    offer: Offer,
    input: ReadBuffer,
    adapter: PhantomData<fn() -> A>,
}

/// A plain HTTP request on its stream; it dereferences to the [`RequestHead`].
#[derive(Debug)]
pub struct Http<S, A> {
    stream: S,
    head: RequestHead,
    input: ReadBuffer,
    adapter: PhantomData<fn() -> A>,
}

pub(crate) async fn accept<S: Unpin, A: Adapter<S>>(stream: S) -> Result<WebSocket<S, A>, Error> {
    match Incoming::read(stream, &Config::default()).await? {
        Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new()).await,
        Incoming::Http(http) => {
            // Whether or not the client can be told, this is what it did.
            let _ = http.respond(&HandshakeError::NotAnUpgrade.response()).await;
            Err(HandshakeError::NotAnUpgrade.into())
        }
    }
}

pub(crate) async fn connect_over<S: Unpin, A: Adapter<S>>(
    mut stream: S,
    request: &ClientRequest,
    config: &Config,
) -> Result<(WebSocket<S, A>, Response), Error> {
    let mut output = WriteBuffer::new();
    let mut handshake = ClientHandshake::start(request, Nonce::random(), config, &mut output)?;
    write_all::<S, A>(&mut stream, &mut output).await?;
    let mut input = ReadBuffer::default();
    loop {
        match read::<S, A>(&mut stream, &mut input).await {
            Ok(0) => return Err(handshake.receive_end().into()),
            Ok(_) => {}
            // A refusal of which the head came says more than how the stream ended.
            Err(error) => return Err(handshake.receive_failure(error)),
        }
        if let Some((accepted, response)) = input.consume(|unread| handshake.receive(unread))? {
            let subprotocol = accepted.subprotocol().map(Box::from);
            let connection = accepted.into_connection();
            let ws = WebSocket::with_buffers(stream, connection, input, output, subprotocol);
            return Ok((ws, response));
        }
    }
}

impl<S: Unpin, A: Adapter<S>> Incoming<S, A> {
    /// Reads a request's head.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for a bad request, after the client was told with an HTTP answer, which
    /// one that is still sending may miss: the stream is dropped. [`Error::Io`].
    pub async fn read(stream: S, config: &Config) -> Result<Self, Error> {
        Box::pin(Self::read_head(stream, config)).await
    }

    async fn read_head(mut stream: S, config: &Config) -> Result<Self, Error> {
        let mut handshake = ServerHandshake::new(config);
        let mut input = ReadBuffer::default();
        loop {
            let len = read::<S, A>(&mut stream, &mut input).await?;
            let request = match len {
                0 => Err(handshake.receive_end()),
                _ => input.consume(|unread| handshake.receive(unread)),
            };
            input.release();
            let adapter = PhantomData;
            match request {
                Ok(None) => {}
                Ok(Some(Request::Http(head))) => {
                    return Ok(Self::Http(Http { stream, head, input, adapter }));
                }
                Ok(Some(Request::Upgrade(offer))) => {
                    return Ok(Self::Upgrade(Upgrade { stream, offer, input, adapter }));
                }
                Err(error) => {
                    let mut output = WriteBuffer::new();
                    // Whether or not the client can be told, this is what it did.
                    let _ = handshake.refuse(&error, &mut output);
                    let _ = write_all::<S, A>(&mut stream, &mut output).await;
                    return Err(error.into());
                }
            }
        }
    }
}

impl<S: Unpin, A: Adapter<S>> Upgrade<S, A> {
    /// The stream, to ask it for the peer's address or certificate.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Accepts: writes the 101, and begins the connection.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for an answer that does not fit the offer, after the client was told with
    /// a 500; [`Error::Io`].
    pub async fn accept(self, answer: &Answer) -> Result<WebSocket<S, A>, Error> {
        Box::pin(self.write_answer(answer)).await
    }

    async fn write_answer(self, answer: &Answer) -> Result<WebSocket<S, A>, Error> {
        let Self { mut stream, offer, input, .. } = self;
        let mut output = WriteBuffer::new();
        match offer.accept(answer, &mut output) {
            Ok(accepted) => {
                write_all::<S, A>(&mut stream, &mut output).await?;
                let subprotocol = accepted.subprotocol().map(Box::from);
                let connection = accepted.into_connection();
                Ok(WebSocket::with_buffers(stream, connection, input, output, subprotocol))
            }
            Err(error) => {
                let _ = respond::<S, A>(&mut stream, &error.response()).await;
                Err(error.into())
            }
        }
    }

    /// Rejects: writes an HTTP answer. Returns the stream, to be closed.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for an answer that cannot be written, [`Error::Io`].
    pub async fn reject(mut self, response: &Response) -> Result<S, Error> {
        respond::<S, A>(&mut self.stream, response).await?;
        Ok(self.stream)
    }
}

impl<S: Unpin, A: Adapter<S>> Http<S, A> {
    /// What was read behind the head: the beginning of the body, if the request has one. The rest of
    /// it is still to be read from the stream.
    pub fn unread(&self) -> &[u8] {
        self.input.unread()
    }

    /// The stream, to read the body from.
    pub fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Answers the request. Returns the stream, to be closed.
    ///
    /// # Errors
    ///
    /// As [`Upgrade::reject`].
    pub async fn respond(mut self, response: &Response) -> Result<S, Error> {
        let mut output = WriteBuffer::new();
        self.head.respond(response, &mut output)?;
        write_all::<S, A>(&mut self.stream, &mut output).await?;
        Ok(self.stream)
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

async fn respond<S: Unpin, A: Adapter<S>>(
    stream: &mut S,
    response: &Response,
) -> Result<(), Error> {
    let mut output = WriteBuffer::new();
    response.write(&mut output)?;
    write_all::<S, A>(stream, &mut output).await
}

/// Reads once; the block is held only while the read is polled or bytes are in it.
async fn read<S: Unpin, A: Adapter<S>>(
    stream: &mut S,
    input: &mut ReadBuffer,
) -> Result<usize, Error> {
    let read = poll_fn(|cx| {
        let read = poll_read::<S, A>(stream, cx, input.room());
        if read.is_pending() {
            input.release();
        }
        read
    });
    let len = read.await?;
    input.filled(len);
    Ok(len)
}

async fn write_all<S: Unpin, A: Adapter<S>>(
    stream: &mut S,
    output: &mut WriteBuffer,
) -> Result<(), Error> {
    Ok(poll_fn(|cx| poll_write_all::<S, A>(stream, output, cx)).await?)
}
