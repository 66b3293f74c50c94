//! [`WebSocket`]: the connection on its stream.

use std::io::{Read, Write};

use super::link::{Link, read};
use crate::{
    CloseCode, CloseFrame, Connection, Error, Message, ProtocolError, SendError, WriteBuffer,
    connection::{LocatedEvent, LocatedMessage, Unit},
    control::Control,
    hidden::Hidden,
    read_buffer::ReadBuffer,
};

/// A WebSocket over a blocking stream.
#[derive(Debug)]
pub struct WebSocket<S> {
    input: ReadBuffer,
    link: Link<S>,
    peer_close: Option<Box<CloseFrame>>,
    subprotocol: Hidden<Option<Box<str>>>,
}

/// What is needed to answer while a message is lent: see [`WebSocket::receive_ref`].
#[derive(Debug)]
pub struct Reply<'a, S>(&'a mut Link<S>);

impl<S: Read + Write> WebSocket<S> {
    /// Puts a connection on a stream, after a handshake that was done elsewhere. `unread` is what
    /// was read behind the handshake.
    pub fn new(stream: S, connection: Connection, unread: &[u8]) -> Self {
        Self::with_buffers(stream, connection, unread.into(), WriteBuffer::new(), None)
    }

    pub(super) fn with_buffers(
        stream: S,
        connection: Connection,
        mut input: ReadBuffer,
        mut output: WriteBuffer,
        subprotocol: Option<Box<str>>,
    ) -> Self {
        input.release();
        output.release();
        let link = Link::new(stream, connection, output);
        Self { input, link, peer_close: None, subprotocol: Hidden(subprotocol) }
    }

    /// Waits for the next message. `None` means that the peer closed the connection, and that its
    /// Close was answered if it could be; [`peer_close`](Self::peer_close) has its code and reason,
    /// and [`flush`](Self::flush) tells whether all that was sent was written. Drop the stream then.
    ///
    /// Pings are answered on the way. What was fed is written before it waits.
    ///
    /// # Errors
    ///
    /// A read or write error, an end without a Close, or what the peer did wrong, after the peer was
    /// told with a Close. What the peer sent before that was returned first.
    pub fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        let received = self.receive_ref();
        let owned = received.map(|message| message.map(|(message, _)| message.into_owned()));
        if owned.is_err() {
            // Nothing behind a message that is none counts.
            self.input.discard();
        }
        self.input.release();
        owned
    }

    /// As [`receive`](Self::receive), but lends a message that lies whole in the read block, without
    /// copying it, together with the means to answer it.
    pub fn receive_ref(&mut self) -> Result<Option<(Message<'_>, Reply<'_, S>)>, Error> {
        let Some(located) = self.locate()? else { return Ok(None) };
        let Self { input, link, .. } = self;
        match link.connection.lend(located, input.read(), &mut link.output) {
            Ok(message) => Ok(Some((message, Reply(link)))),
            Err(error) => Err(tell(link, error)),
        }
    }

    /// Queues a message. It is written by [`flush`](Self::flush), by a `receive` that has to wait, or
    /// by a `feed` that finds [`Config::write_high_water`](crate::Config::write_high_water) bytes
    /// waiting: that one writes first.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] after a Close, [`Error::Io`] when room had to be made. The message was not
    /// queued then.
    pub fn feed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.input.release();
        self.link.feed(message.into())
    }

    /// Writes all that was queued.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.input.release();
        self.link.flush()
    }

    /// Sends a message: [`feed`](Self::feed), then [`flush`](Self::flush).
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.feed(message)?;
        self.flush()
    }

    /// Sends a Ping of at most 125 bytes. The peer's Pong is not reported.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.input.release();
        self.link.ping(payload)?;
        self.flush()
    }

    /// Sends a Close, after which nothing can be sent. Go on receiving until `None`: what the peer
    /// sent before it knew still arrives.
    ///
    /// # Errors
    ///
    /// [`SendError`] after a Close, for a code that is not for the wire, for a reason of more than
    /// 123 bytes.
    pub fn send_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.link.close(&CloseFrame::new(code, reason))?;
        self.flush()
    }

    /// Closes the connection: sends a Close unless one was sent, and waits for the peer's. Messages
    /// that come before it are dropped; [`send_close`](Self::send_close) leaves them to you. A peer
    /// that never answers is waited for without end, unless the stream has a timeout of its own.
    ///
    /// # Errors
    ///
    /// As [`send_close`](Self::send_close) and [`receive`](Self::receive).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        match self.link.close(&CloseFrame::new(code, reason)) {
            Ok(()) | Err(SendError::Closed) => {}
            Err(error) => return Err(error.into()),
        }
        loop {
            let received = self.receive_ref().map(|message| message.is_some());
            if received.is_err() {
                self.input.discard();
            }
            if !received? {
                return Ok(());
            }
        }
    }

    /// The subprotocol that the handshake agreed on, if any (§1.9).
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// What the peer's Close said, when one with a code has come (RFC 6455 §7.1.5).
    pub fn peer_close(&self) -> Option<&CloseFrame> {
        self.peer_close.as_deref()
    }

    /// The stream. Reading from it or writing to it breaks the protocol.
    pub fn stream(&self) -> &S {
        &self.link.stream
    }

    /// The stream, to change its settings. Reading from it or writing to it breaks the protocol.
    pub fn stream_mut(&mut self) -> &mut S {
        &mut self.link.stream
    }

    /// What was read and not yet used up.
    pub fn unread(&self) -> &[u8] {
        self.input.unread()
    }

    /// The stream, and what was read from it and not yet used up. What was fed and not yet written
    /// is dropped.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        let unread = self.input.unread().into();
        (self.link.stream, unread)
    }

    /// Finds the next message: in what was read, or by reading on.
    fn locate(&mut self) -> Result<Option<LocatedMessage>, Error> {
        loop {
            if let Some(located) = self.locate_in_input()? {
                return Ok(Some(located));
            }
            self.input.release();
            let link = &mut self.link;
            link.flush_before_read()?;
            link.output.release();
            if link.connection.is_closed() {
                return Ok(None);
            }
            match read(&mut link.stream, self.input.room()) {
                Ok(0) => {
                    self.input.release();
                    link.receive_end()?;
                }
                Ok(len) => self.input.filled(len),
                Err(error) => {
                    self.input.release();
                    return Err(link.cause(error));
                }
            }
        }
    }

    /// Finds the next message in what was read.
    fn locate_in_input(&mut self) -> Result<Option<LocatedMessage>, Error> {
        let Self { input, link, peer_close, .. } = self;
        loop {
            let (read, used) = input.parts();
            match link.connection.locate(read, used, Unit::Message, &mut link.output) {
                Ok(Some(LocatedEvent::Message(located))) => return Ok(Some(located)),
                Ok(Some(LocatedEvent::Ping(_) | LocatedEvent::Pong(_))) => {}
                Ok(Some(LocatedEvent::Owned(control))) => {
                    if let Control::Close(close) = *control {
                        *peer_close = close.map(Box::new);
                    }
                }
                Ok(None) => return Ok(None),
                Err(error) => return Err(tell(link, error)),
            }
        }
    }
}

impl<S: Read + Write> Reply<'_, S> {
    /// Queues an answer: as [`WebSocket::feed`].
    pub fn feed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.0.feed(message.into())
    }

    /// Sends an answer: as [`WebSocket::send`].
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.feed(message)?;
        self.0.flush()
    }
}

/// Writes the Close that tells the peer what it did, before the application hears of it: an
/// application that leaves at the first error must not hide it from the peer.
fn tell<S: Read + Write>(link: &mut Link<S>, error: ProtocolError) -> Error {
    if error == ProtocolError::EndWithoutClose {
        return link.cause(error);
    }
    // The peer's fault is the cause, whether or not the peer can be told.
    let _ = link.flush();
    error.into()
}
