//! The handshakes over a blocking stream.

use std::{
    io::{Read, Write},
    net::TcpStream,
    ops,
};

use super::{
    WebSocket,
    link::{read, write_all},
};
use crate::{
    Answer, ClientHandshake, ClientRequest, Config, Error, HandshakeError, Nonce, Offer, Request,
    RequestHead, Response, ServerHandshake, WriteBuffer, read_buffer::ReadBuffer,
};

/// Accepts any request for a WebSocket, with the default limits. [`Incoming`] lets you look first.
///
/// # Errors
///
/// [`Error::Handshake`] after the client was told with an HTTP answer, [`Error::Io`].
pub fn accept<S: Read + Write>(stream: S) -> Result<WebSocket<S>, Error> {
    match Incoming::read(stream, &Config::default())? {
        Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new()),
        Incoming::Http(http) => {
            // Whether or not the client can be told, this is what it did.
            let _ = http.respond(&HandshakeError::NotAnUpgrade.response());
            Err(HandshakeError::NotAnUpgrade.into())
        }
    }
}

/// Connects to a `ws://` URL over TCP, with the default limits. For anything else connect a stream
/// yourself, and use [`connect_over`].
///
/// # Errors
///
/// [`Error::Handshake`] says what is wrong with the URL (`wss` among it) or with the answer;
/// [`Error::Io`] when no address of the host can be reached.
pub fn connect(url: &str) -> Result<WebSocket<TcpStream>, Error> {
    let request = ClientRequest::new(url)?;
    let stream = TcpStream::connect(request.plain_address()?)?;
    stream.set_nodelay(true)?;
    let (ws, _) = connect_over(stream, &request, &Config::default())?;
    Ok(ws)
}

/// Asks the server at the other end of `stream` for a WebSocket. Returns it with the server's
/// answer, which has its headers.
///
/// # Errors
///
/// [`Error::Handshake`] says what is wrong with the request or with the answer; an answer other than
/// 101 is [`HandshakeError::Refused`], whole.
pub fn connect_over<S: Read + Write>(
    mut stream: S,
    request: &ClientRequest,
    config: &Config,
) -> Result<(WebSocket<S>, Response), Error> {
    let mut output = WriteBuffer::new();
    let mut handshake = ClientHandshake::start(request, Nonce::random(), config, &mut output)?;
    write_all(&mut stream, &mut output)?;
    let mut input = ReadBuffer::default();
    loop {
        match read(&mut stream, input.room()) {
            Ok(0) => return Err(handshake.receive_end().into()),
            Ok(len) => input.filled(len),
            // A refusal of which the head came says more than how the stream ended.
            Err(error) => return Err(handshake.receive_failure(error.into())),
        }
        if let Some((accepted, response)) = input.consume(|unread| handshake.receive(unread))? {
            let subprotocol = accepted.subprotocol().map(Box::from);
            let connection = accepted.into_connection();
            let ws = WebSocket::with_buffers(stream, connection, input, output, subprotocol);
            return Ok((ws, response));
        }
    }
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
pub struct Upgrade<S> {
    stream: S,
    offer: Offer,
    input: ReadBuffer,
}

/// A plain HTTP request on its stream; it dereferences to the [`RequestHead`].
#[derive(Debug)]
pub struct Http<S> {
    stream: S,
    head: RequestHead,
    input: ReadBuffer,
}

impl<S: Read + Write> Incoming<S> {
    /// Reads a request's head.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for a bad request, after the client was told with an HTTP answer, which
    /// one that is still sending may miss: the stream is dropped. [`Error::Io`].
    pub fn read(mut stream: S, config: &Config) -> Result<Self, Error> {
        let mut handshake = ServerHandshake::new(config);
        let mut input = ReadBuffer::default();
        loop {
            let len = read(&mut stream, input.room())?;
            input.filled(len);
            let request = match len {
                0 => Err(handshake.receive_end()),
                _ => input.consume(|unread| handshake.receive(unread)),
            };
            input.release();
            match request {
                Ok(None) => {}
                Ok(Some(Request::Http(head))) => {
                    return Ok(Self::Http(Http { stream, head, input }));
                }
                Ok(Some(Request::Upgrade(offer))) => {
                    return Ok(Self::Upgrade(Upgrade { stream, offer, input }));
                }
                Err(error) => {
                    let mut output = WriteBuffer::new();
                    // Whether or not the client can be told, this is what it did.
                    let _ = handshake.refuse(&error, &mut output);
                    let _ = write_all(&mut stream, &mut output);
                    return Err(error.into());
                }
            }
        }
    }
}

impl<S: Read + Write> Upgrade<S> {
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
    pub fn accept(self, answer: &Answer) -> Result<WebSocket<S>, Error> {
        let Self { mut stream, offer, input } = self;
        let mut output = WriteBuffer::new();
        match offer.accept(answer, &mut output) {
            Ok(accepted) => {
                write_all(&mut stream, &mut output)?;
                let subprotocol = accepted.subprotocol().map(Box::from);
                let connection = accepted.into_connection();
                Ok(WebSocket::with_buffers(stream, connection, input, output, subprotocol))
            }
            Err(error) => {
                let _ = write_response(&mut stream, &error.response());
                Err(error.into())
            }
        }
    }

    /// Rejects: writes an HTTP answer. Returns the stream, to be closed.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for an answer that cannot be written, [`Error::Io`].
    pub fn reject(mut self, response: &Response) -> Result<S, Error> {
        write_response(&mut self.stream, response)?;
        Ok(self.stream)
    }
}

impl<S: Read + Write> Http<S> {
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
    pub fn respond(mut self, response: &Response) -> Result<S, Error> {
        let mut output = WriteBuffer::new();
        self.head.respond(response, &mut output)?;
        write_all(&mut self.stream, &mut output)?;
        Ok(self.stream)
    }
}

impl<S> ops::Deref for Upgrade<S> {
    type Target = Offer;

    fn deref(&self) -> &Offer {
        &self.offer
    }
}

impl<S> ops::Deref for Http<S> {
    type Target = RequestHead;

    fn deref(&self) -> &RequestHead {
        &self.head
    }
}

fn write_response(stream: &mut impl Write, response: &Response) -> Result<(), Error> {
    let mut output = WriteBuffer::new();
    response.write(&mut output)?;
    Ok(write_all(stream, &mut output)?)
}
