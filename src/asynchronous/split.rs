//! A WebSocket in two halves, for two tasks or threads: one receives while the other sends.

use std::{
    fmt,
    future::poll_fn,
    task::{Context, Poll},
    time::Duration,
};

use super::{
    adapter::{Adapter, ByLock, Locked, ReadFrom, Runtime, WriteTo, sealed},
    half::{self, Half},
    lending::Lending,
    link::Link,
    outbox::{self, Outbox},
    receive::Inbox,
    websocket::WebSocket,
    whole::Whole,
    writer::MessageWriter,
};
use crate::{
    CloseCode, Closing, Connection, Counters, Error, Kind, Message, MessageChunk, Prepared,
    SendError, WriteBuffer, hidden::Hidden, part::Unit,
};

/// The half of a WebSocket that receives; it also answers Pings and the peer's Close, and keeps the
/// time.
///
/// It answers a Close when it reads it (RFC 6455 §5.5.1): what the application has yet to send then
/// cannot be sent any more.
///
/// Dropped, it leaves the other half able to send, but nobody reads what the peer says any more: not
/// its Pings, and not its Close.
#[derive(Debug)]
pub struct ReceiveHalf<R, W, A: Runtime> {
    pub(super) inbox: Inbox,
    pub(super) link: Half<R, W, A>,
    subprotocol: Hidden<Option<Box<Box<str>>>>,
}

/// The half of a WebSocket that sends. The other one waits while this one encodes a message, which
/// takes long only for a client's large ones: they are masked.
///
/// Dropped, it leaves the other half receiving, which writes what was fed; a message that was begun
/// and not finished stays so.
#[derive(Debug)]
pub struct SendHalf<W, A: Runtime> {
    pub(super) link: Half<(), W, A>,
}

/// The receiving half of a stream that the halves share by a lock.
pub type ReceiveHalfByLock<S, A> = ReceiveHalf<Locked<S>, Locked<S>, ByLock<A>>;
/// The sending half of a stream that the halves share by a lock.
pub type SendHalfByLock<S, A> = SendHalf<Locked<S>, ByLock<A>>;

/// Two halves that are not of the same WebSocket, as they were.
pub struct NotAPair<R, S>(pub R, pub S);

pub(super) fn halves<S: Unpin, A: Adapter<S>, R, W, B: ReadFrom<R> + WriteTo<W>>(
    ws: WebSocket<S, A>,
    split: impl FnOnce(S) -> (R, W),
) -> (ReceiveHalf<R, W, B>, SendHalf<W, B>) {
    let WebSocket { inbox, link: Whole { stream, state, .. }, subprotocol, .. } = ws;
    let (stream, writer) = split(stream);
    let (receive, send) = half::halves(state, stream, writer);
    (ReceiveHalf { inbox, link: receive, subprotocol }, SendHalf { link: send })
}

impl<R: Unpin, W: Unpin, A: ReadFrom<R> + WriteTo<W>> ReceiveHalf<R, W, A> {
    /// Waits for the next message: as [`WebSocket::receive`].
    pub async fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    pub(super) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message<'static>>, Error>> {
        self.inbox.poll_receive(&mut self.link, cx)
    }

    /// As [`receive`](Self::receive), but lends a message that lies whole in the read block.
    pub fn receive_ref(&mut self) -> impl Future<Output = Result<Option<Message<'_>>, Error>> {
        Lending::new(&mut self.inbox, &mut self.link, Unit::Message, |chunk, _| chunk.content)
    }

    /// Waits for the next piece of a message, and lends it: as [`WebSocket::receive_chunk`].
    pub fn receive_chunk(
        &mut self,
    ) -> impl Future<Output = Result<Option<MessageChunk<'_>>, Error>> {
        Lending::new(&mut self.inbox, &mut self.link, Unit::Chunk, |chunk, _| chunk)
    }

    /// The subprotocol that the handshake agreed on, if any (§1.9).
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref().map(|chosen| &**chosen)
    }

    /// The compression that the handshake agreed on, if any (RFC 7692 §7.1).
    #[cfg(feature = "deflate")]
    pub fn compression(&self) -> Option<crate::Parameters> {
        self.link.look(|state| state.connection.compression())
    }

    /// How the connection ended, or is ending: `None` while it is open.
    pub fn closing(&self) -> Option<Closing> {
        self.link.look(|state| state.connection.closing().cloned())
    }

    /// What the connection has done since it began, both ways.
    pub fn counters(&self) -> Counters {
        self.link.look(|state| state.connection.counters())
    }

    /// How long the peer took to answer the last Ping that kept the connection alive.
    pub fn latency(&self) -> Option<Duration> {
        self.link.look(|state| state.connection.latency())
    }

    /// Makes one WebSocket of both halves again, whose streams `join` makes one:
    /// `|reader, writer| reader.reunite(writer)`.
    ///
    /// # Errors
    ///
    /// Returns the halves if they are not of the same WebSocket.
    #[allow(clippy::result_large_err, reason = "it gives back what it was given")]
    #[allow(clippy::missing_panics_doc, reason = "nobody else shares what the halves share")]
    pub fn reunite_with<S, B: Adapter<S>>(
        self,
        send: SendHalf<W, A>,
        join: impl FnOnce(R, W) -> S,
    ) -> Result<WebSocket<S, B>, NotAPair<Self, SendHalf<W, A>>>
    where
        S: Unpin,
    {
        if !self.link.is_other_half_of(&send.link) {
            return Err(NotAPair(self, send));
        }
        drop(send);
        let Self { inbox, link, subprotocol } = self;
        let (state, reader, writer) = link.into_parts();
        let link = Whole::new(join(reader, writer), state);
        Ok(WebSocket::from_parts(inbox, link, subprotocol))
    }
}

impl<S: Unpin, A: Adapter<S>> ReceiveHalfByLock<S, A> {
    /// Makes one WebSocket of both halves again.
    ///
    /// # Errors
    ///
    /// Returns the halves if they are not of the same WebSocket.
    #[allow(clippy::result_large_err, reason = "it gives back what it was given")]
    pub fn reunite(
        self,
        send: SendHalfByLock<S, A>,
    ) -> Result<WebSocket<S, A>, NotAPair<Self, SendHalfByLock<S, A>>> {
        self.reunite_with(send, Locked::join)
    }
}

impl<W: Unpin, A: WriteTo<W>> SendHalf<W, A> {
    /// Queues a message; [`flush`](Self::flush) writes it. The receiving half does so too before it
    /// waits for the peer, but one that waits already does not hear of it. A `feed` that finds
    /// [`Config::write_high_water`](crate::Config::write_high_water) bytes waiting writes first.
    ///
    /// A future that is dropped has queued the whole message or nothing.
    ///
    /// # Errors
    ///
    /// As [`WebSocket::feed`].
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

    /// Writes all that was queued.
    ///
    /// # Errors
    ///
    /// As [`WebSocket::flush`].
    pub async fn flush(&mut self) -> Result<(), Error> {
        outbox::flush(self).await
    }

    /// Sends a message: [`feed`](Self::feed), then [`flush`](Self::flush).
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

    /// Sends a Close, after which nothing can be sent: as [`WebSocket::send_close`]. The other half
    /// receives what still comes, and ends when the peer has answered.
    pub async fn send_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.link.queue_close(code, reason)?;
        self.flush().await
    }

    /// How the connection ended, or is ending: `None` while it is open.
    pub fn closing(&self) -> Option<Closing> {
        self.link.look(|state| state.connection.closing().cloned())
    }

    /// What the connection has done since it began, both ways.
    pub fn counters(&self) -> Counters {
        self.link.look(|state| state.connection.counters())
    }
}

/// What was fed is left to the other half.
impl<W, A: Runtime> Drop for SendHalf<W, A> {
    fn drop(&mut self) {
        self.link.wake_receiver();
    }
}

impl<W, A: Runtime> sealed::Sealed for SendHalf<W, A> {}

impl<W: Unpin, A: WriteTo<W>> Outbox for SendHalf<W, A> {
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.link.state(|state| state.is_full()) {
            self.poll_flush(cx)
        } else {
            Poll::Ready(Ok(()))
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let flushed = self.link.poll_flush(cx);
        if flushed.is_ready() {
            self.link.forget_waker();
        }
        flushed
    }

    fn queue(
        &mut self,
        call: impl FnOnce(&mut Connection, &mut WriteBuffer) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.link.state(|state| state.send(call))
    }
}

impl<R, S> fmt::Debug for NotAPair<R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotAPair")
    }
}

impl<R, S> fmt::Display for NotAPair<R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are not of the same WebSocket")
    }
}

impl<R, S> std::error::Error for NotAPair<R, S> {}
