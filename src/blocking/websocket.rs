//! [`WebSocket`]: the connection on its stream. The driver is [`asynchronous`]'s; here each call waits.

use std::time::Duration;

use super::{
    adapter::{Blocking, Timed, wait},
    split::{ReceiveHalf, SendHalf},
    stream::{CloneStream, Stream},
};
use crate::{
    Accepted, CloseCode, Closing, Connection, Counters, Error, Fin, Kind, Message, MessageChunk,
    Prepared,
    asynchronous::{self, Outbox},
};

/// A WebSocket over a blocking stream.
#[derive(Debug)]
pub struct WebSocket<S: Stream>(pub(super) asynchronous::WebSocket<Timed<S>, Blocking>);

/// What is needed to answer while a message is lent: see [`WebSocket::receive_ref`].
#[derive(Debug)]
pub struct Reply<'a, S: Stream>(asynchronous::Reply<'a, Timed<S>, Blocking>);

/// Sends one message in pieces: as [`asynchronous::MessageWriter`], which says what happens when it is
/// dropped half-way.
#[derive(Debug)]
pub struct MessageWriter<'a, O>(pub(super) asynchronous::MessageWriter<'a, O>);

impl<S: Stream> WebSocket<S> {
    /// Puts a connection on a stream, after a handshake that was done elsewhere. `unread` is what
    /// was read behind the handshake.
    pub fn new(stream: S, connection: Connection, unread: &[u8]) -> Self {
        Self(asynchronous::WebSocket::new(Timed::new(stream), connection, unread))
    }

    /// As [`new`](Self::new), with what a handshake agreed to, its subprotocol too.
    pub fn accepted(stream: S, accepted: Accepted, unread: &[u8]) -> Self {
        Self(asynchronous::WebSocket::accepted(Timed::new(stream), accepted, unread))
    }

    /// Waits for the next message. `None` means that the peer closed the connection, and that its
    /// Close was answered if it could be; [`closing`](Self::closing) tells the story, and
    /// [`flush`](Self::flush) whether all that was sent was written. Drop the stream then.
    ///
    /// Pings are answered on the way. What was fed is written before it waits.
    ///
    /// # Errors
    ///
    /// A read or write error, an end without a Close, or what the peer did wrong, after the peer was
    /// told with a Close. What the peer sent before that was returned first.
    pub fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        wait(self.0.receive())
    }

    /// As [`receive`](Self::receive), but lends a message that lies whole in the read block, without
    /// copying it, together with the means to answer it.
    pub fn receive_ref(&mut self) -> Result<Option<(Message<'_>, Reply<'_, S>)>, Error> {
        let received = wait(self.0.receive_ref())?;
        Ok(received.map(|(message, reply)| (message, Reply(reply))))
    }

    /// Waits for the next piece of a message, and lends it, together with the means to answer it: a
    /// message of any length, as it arrives. [`Connection::receive_chunk`] has the details.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    pub fn receive_chunk(&mut self) -> Result<Option<(MessageChunk<'_>, Reply<'_, S>)>, Error> {
        let received = wait(self.0.receive_chunk())?;
        Ok(received.map(|(chunk, reply)| (chunk, Reply(reply))))
    }

    /// Queues a message. It is written by [`flush`](Self::flush), by a `receive` that has to wait, or
    /// by a `feed` that finds [`Config::write_high_water`](crate::Config::write_high_water) bytes
    /// waiting: that one writes first.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after a Close; [`Error::Send`]; [`Error::Io`] and [`Error::Timeout`] when
    /// room had to be made. The message was not queued then.
    pub fn feed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.feed(message))
    }

    /// As [`feed`](Self::feed), but the message is not compressed: one with a secret in it (see
    /// [`Compression`](crate::Compression)).
    #[cfg(feature = "deflate")]
    pub fn feed_plain<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.feed_plain(message))
    }

    /// As [`feed`](Self::feed), for a message that goes to many.
    pub fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        wait(self.0.feed_prepared(message))
    }

    /// Writes all that was queued. While it waits for the peer to read, it reads ahead, up to one
    /// message: the peer may be waiting too.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Timeout::Write`](crate::Timeout::Write) when the peer reads nothing for
    /// [`Config::write_timeout`](crate::Config::write_timeout).
    pub fn flush(&mut self) -> Result<(), Error> {
        wait(self.0.flush())
    }

    /// Sends a message: [`feed`](Self::feed), then [`flush`](Self::flush).
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.send(message))
    }

    /// Sends a message piece by piece: its length need not be known before.
    pub fn stream_message(
        &mut self,
        kind: Kind,
    ) -> MessageWriter<'_, asynchronous::WebSocket<Timed<S>, Blocking>> {
        MessageWriter(self.0.stream_message(kind))
    }

    /// Sends a Ping of at most 125 bytes. The peer's Pong is not reported.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        wait(self.0.ping(payload))
    }

    /// Sends a Close, after which nothing can be sent. Go on receiving until `None`: what the peer
    /// sent before it knew still arrives.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after a Close; [`Error::Send`] for a code that is not for the wire, for a
    /// reason of more than 123 bytes.
    pub fn send_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        wait(self.0.send_close(code, reason))
    }

    /// Closes the connection: sends a Close unless one was sent, and waits for the peer's. Messages
    /// that come before it are dropped; [`send_close`](Self::send_close) leaves them to you. The peer
    /// has [`Config::close_timeout`](crate::Config::close_timeout) to answer.
    ///
    /// # Errors
    ///
    /// As [`send_close`](Self::send_close) and [`receive`](Self::receive).
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        wait(self.0.close(code, reason))
    }

    /// The subprotocol that the handshake agreed on, if any (§1.9).
    pub fn subprotocol(&self) -> Option<&str> {
        self.0.subprotocol()
    }

    /// The compression that the handshake agreed on, if any (RFC 7692 §7.1).
    #[cfg(feature = "deflate")]
    pub fn compression(&self) -> Option<crate::Parameters> {
        self.0.compression()
    }

    /// How the connection ended, or is ending: `None` while it is open.
    pub fn closing(&self) -> Option<&Closing> {
        self.0.closing()
    }

    /// What the connection has done since it began.
    pub fn counters(&self) -> Counters {
        self.0.counters()
    }

    /// How long the peer took to answer the last Ping that kept the connection alive.
    pub fn latency(&self) -> Option<Duration> {
        self.0.latency()
    }

    /// The stream. Reading from it or writing to it breaks the protocol.
    pub const fn stream(&self) -> &S {
        &self.0.stream().stream
    }

    /// The stream, to change its settings, but for its timeouts: those are the WebSocket's. Reading
    /// from it or writing to it breaks the protocol.
    pub const fn stream_mut(&mut self) -> &mut S {
        &mut self.0.stream_mut().stream
    }

    /// What was read and not yet used up.
    pub fn unread(&self) -> &[u8] {
        self.0.unread()
    }

    /// The stream, and what was read from it and not yet used up. What was fed and not yet written
    /// is dropped, and a message that a `send` read ahead.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        let (timed, unread) = self.0.into_parts();
        (timed.into_inner(), unread)
    }

    /// Splits the WebSocket in two, for two threads: one receives while the other sends, on two clones
    /// of the stream.
    ///
    /// # Errors
    ///
    /// The stream cannot be cloned; it is dropped.
    pub fn split(self) -> Result<(ReceiveHalf<S>, SendHalf<S>), Error>
    where
        S: CloneStream,
    {
        let clone = self.stream().try_clone()?;
        let (receive, send) = self.0.split_with(|timed| {
            let clone = timed.with_stream(clone);
            (clone, timed)
        });
        Ok((ReceiveHalf(receive), SendHalf(send)))
    }
}

impl<S: Stream> Reply<'_, S> {
    /// Queues an answer: as [`WebSocket::feed`].
    pub fn feed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.feed(message))
    }

    /// As [`feed`](Self::feed), but the answer is not compressed: as [`WebSocket::feed_plain`].
    #[cfg(feature = "deflate")]
    pub fn feed_plain<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.feed_plain(message))
    }

    /// Sends an answer: as [`WebSocket::send`], but it does not read ahead.
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.send(message))
    }

    /// Answers with a piece of a message, so that one of any length can be answered as it arrives.
    pub fn feed_chunk<'m>(&mut self, chunk: impl Into<Message<'m>>, fin: Fin) -> Result<(), Error> {
        wait(self.0.feed_chunk(chunk, fin))
    }
}

impl<O: Outbox> MessageWriter<'_, O> {
    /// Queues a piece: as [`asynchronous::MessageWriter::feed`].
    pub fn feed<'m>(&mut self, chunk: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.feed(chunk))
    }

    /// Sends a piece: [`feed`](Self::feed), and all that waits is written.
    pub fn send<'m>(&mut self, chunk: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.send(chunk))
    }

    /// Ends the message, with an empty frame, and writes all that waits.
    pub fn finish(self) -> Result<(), Error> {
        wait(self.0.finish())
    }
}
