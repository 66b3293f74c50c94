//! [`WebSocket`]: the connection on its stream.

use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

#[cfg(feature = "futures")]
use std::sync::Arc;

#[cfg(feature = "futures")]
use super::wakers::Wakers;
use super::{
    adapter::{Adapter, Locked, ReadFrom, WriteTo, sealed},
    lending::Lending,
    link::{Link, Turn},
    outbox::{self, Outbox},
    receive::Inbox,
    reply::Reply,
    split::{self, ReceiveHalf, ReceiveHalfByLock, SendHalf, SendHalfByLock},
    whole::Whole,
    writer::MessageWriter,
};
use crate::{
    CloseCode, Closing, Connection, Counters, Error, Kind, Message, MessageChunk, Prepared,
    SendError, WriteBuffer, hidden::Hidden, part::Unit,
};

/// A WebSocket over an asynchronous stream `S`, which the adapter `A` knows how to use.
#[derive(Debug)]
pub struct WebSocket<S, A: Adapter<S>> {
    pub(super) inbox: Inbox,
    pub(super) link: Whole<S, A>,
    /// In a box, for most connections have none.
    pub(super) subprotocol: Hidden<Option<Box<Box<str>>>>,
    /// The two tasks that poll it as a stream and as a sink.
    #[cfg(feature = "futures")]
    pub(super) wakers: Option<Arc<Wakers>>,
}

impl<S: Unpin, A: Adapter<S>> WebSocket<S, A> {
    /// Waits for the next message. `None` means that the peer closed the connection, and that its
    /// Close was answered if it could be; [`closing`](Self::closing) tells the story, and
    /// [`flush`](Self::flush) whether all that was sent was written.
    ///
    /// Pings are answered on the way. What was fed is written before it waits. A future that is
    /// dropped loses nothing.
    ///
    /// # Errors
    ///
    /// A read or write error, an end without a Close, or what the peer did wrong, after the peer was
    /// told with a Close. What the peer sent before that was returned first.
    pub async fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    pub(super) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message<'static>>, Error>> {
        self.inbox.poll_receive(&mut self.link, cx)
    }

    /// As [`receive`](Self::receive), but lends a message that lies whole in the read block, without
    /// copying it, together with the means to answer it.
    #[allow(clippy::type_complexity, reason = "a message and its reply, as from an `async fn`")]
    pub fn receive_ref(
        &mut self,
    ) -> impl Future<Output = Result<Option<(Message<'_>, Reply<'_, S, A>)>, Error>> {
        let Self { inbox, link, .. } = self;
        Lending::new(inbox, link, Unit::Message, |chunk, link| (chunk.content, Reply(link)))
    }

    /// Waits for the next piece of a message, and lends it, together with the means to answer it: a
    /// message of any length, as it arrives. [`Connection::receive_chunk`] has the details.
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    #[allow(clippy::type_complexity, reason = "a message and its reply, as from an `async fn`")]
    pub fn receive_chunk(
        &mut self,
    ) -> impl Future<Output = Result<Option<(MessageChunk<'_>, Reply<'_, S, A>)>, Error>> {
        let Self { inbox, link, .. } = self;
        Lending::new(inbox, link, Unit::Chunk, |chunk, link| (chunk, Reply(link)))
    }

    /// Queues a message. It is written by [`flush`](Self::flush), by a `receive` that has to wait, or
    /// by a `feed` that finds [`Config::write_high_water`](crate::Config::write_high_water) bytes
    /// waiting: that one writes first.
    ///
    /// A future that is dropped has queued the whole message or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after a Close; [`Error::Send`]; [`Error::Io`] and [`Error::Timeout`] when
    /// room had to be made. The message was not queued then.
    pub fn feed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> impl Future<Output = Result<(), Error>> {
        outbox::feed(self, message.into())
    }

    /// As [`feed`](Self::feed), but the message is not compressed: one with a secret in it (see
    /// [`Compression`](crate::Compression)).
    #[cfg(feature = "deflate")]
    pub fn feed_plain<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> impl Future<Output = Result<(), Error>> {
        outbox::feed_plain(self, message.into())
    }

    /// As [`feed`](Self::feed), for a message that goes to many.
    pub fn feed_prepared(&mut self, message: &Prepared) -> impl Future<Output = Result<(), Error>> {
        outbox::feed_prepared(self, message)
    }

    /// Writes all that was queued. While it waits for the peer to read, it reads ahead, up to one
    /// message: the peer may be waiting too.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Timeout::Write`](crate::Timeout::Write) when the peer reads nothing for
    /// [`Config::write_timeout`](crate::Config::write_timeout).
    pub async fn flush(&mut self) -> Result<(), Error> {
        outbox::flush(self).await
    }

    /// Sends a message: [`feed`](Self::feed), then [`flush`](Self::flush).
    ///
    /// When its future is dropped, the message was queued whole or not at all; what was queued is
    /// written by the next call that writes.
    pub async fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Sends a message piece by piece: its length need not be known before.
    pub const fn stream_message(&mut self, kind: Kind) -> MessageWriter<'_, Self> {
        MessageWriter::new(self, kind)
    }

    /// Sends a Ping of at most 125 bytes. The peer's Pong is not reported.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        outbox::ping(self, payload).await
    }

    /// Sends a Close, after which nothing can be sent. Go on receiving until `None`: what the peer
    /// sent before it knew still arrives.
    ///
    /// # Errors
    ///
    /// [`Error::Closed`] after a Close; [`Error::Send`] for a code that is not for the wire, for a
    /// reason of more than 123 bytes.
    pub async fn send_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.link.queue_close(code, reason)?;
        self.flush().await
    }

    /// Closes the connection: sends a Close unless one was sent, and waits for the peer's. Messages
    /// that come before it are dropped; [`send_close`](Self::send_close) leaves them to you. The peer
    /// has [`Config::close_timeout`](crate::Config::close_timeout) to answer. The example
    /// `graceful_shutdown` closes all connections of a server.
    ///
    /// # Errors
    ///
    /// As [`send_close`](Self::send_close) and [`receive`](Self::receive).
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        match self.link.queue_close(code, reason) {
            Ok(()) | Err(Error::Closed(_)) => {}
            Err(error) => return Err(error),
        }
        self.inbox.drain(&mut self.link).await
    }

    /// The subprotocol that the handshake agreed on, if any (§1.9).
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref().map(|chosen| &**chosen)
    }

    /// The compression that the handshake agreed on, if any (RFC 7692 §7.1).
    #[cfg(feature = "deflate")]
    pub fn compression(&self) -> Option<crate::Parameters> {
        self.link.state.connection.compression()
    }

    /// How the connection ended, or is ending: `None` while it is open.
    pub fn closing(&self) -> Option<&Closing> {
        self.link.state.connection.closing()
    }

    /// What the connection has done since it began.
    pub fn counters(&self) -> Counters {
        self.link.state.connection.counters()
    }

    /// How long the peer took to answer the last Ping that kept the connection alive.
    pub fn latency(&self) -> Option<Duration> {
        self.link.state.connection.latency()
    }

    /// The stream. Reading from it or writing to it breaks the protocol.
    pub const fn stream(&self) -> &S {
        &self.link.stream
    }

    /// The stream, to change its settings. Reading from it or writing to it breaks the protocol.
    pub const fn stream_mut(&mut self) -> &mut S {
        &mut self.link.stream
    }

    /// What was read and not yet used up. Nothing that follows what a peer did wrong counts.
    pub fn unread(&self) -> &[u8] {
        if self.link.state.connection.has_failed() { &[] } else { self.inbox.input.unread() }
    }

    /// The stream, and what was read from it and not yet used up. What was fed and not yet written
    /// is dropped, and a message that a `send` read ahead.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        let unread = self.unread().into();
        (self.link.stream, unread)
    }

    /// Splits the WebSocket in two, for two tasks: one receives while the other sends. The halves
    /// share the stream by a lock, which each poll holds for as long as it takes;
    /// [`split_with`](Self::split_with) is for streams that have halves of their own.
    pub fn split(self) -> (ReceiveHalfByLock<S, A>, SendHalfByLock<S, A>) {
        split::halves(self, Locked::halves)
    }

    /// As [`split`](Self::split), for a stream that has halves of its own:
    /// `ws.split_with(TcpStream::into_split)`.
    pub fn split_with<R, W>(
        self,
        halves: impl FnOnce(S) -> (R, W),
    ) -> (ReceiveHalf<R, W, A>, SendHalf<W, A>)
    where
        R: Unpin,
        W: Unpin,
        A: ReadFrom<R> + WriteTo<W>,
    {
        split::halves(self, halves)
    }
}

impl<S, A: Adapter<S>> sealed::Sealed for WebSocket<S, A> {}

impl<S: Unpin, A: Adapter<S>> Outbox for WebSocket<S, A> {
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inbox.input.release();
        if self.link.state.is_full() { self.poll_flush(cx) } else { Poll::Ready(Ok(())) }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inbox.input.release();
        if let Poll::Ready(flushed) = self.link.poll_flush_once(cx, Turn::Wait) {
            return Poll::Ready(flushed);
        }
        let _ = self.inbox.poll_read_ahead(&mut self.link, cx);
        self.link.poll_write_timeout(cx).map(Err)
    }

    fn queue(
        &mut self,
        call: impl FnOnce(&mut Connection, &mut WriteBuffer) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.link.state.send(call)
    }
}
