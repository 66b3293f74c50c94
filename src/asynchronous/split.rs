//! A WebSocket in two halves, for two tasks or threads: one receives while the other sends.
//!
//! Two locks, neither of them held across a read. The state's is held for as long as one frame takes
//! to encode or to find. The writer's is the right to write: who has it takes what the state has
//! queued, and writes it. The receiving half only tries for it: its Pong stays in the queue if the other half
//! is writing, which looks at the queue once more after it has given the right back.

use std::{
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use super::{
    adapter::{Adapter, ByLock, Locked, ReadFrom, Runtime, WriteTo, sealed},
    link::{
        Link, Source, Turn, WRITE_LIMIT, Waiting, Whole, fit_output, poll_read, poll_write_all,
    },
    outbox::{self, Outbox},
    receive::Inbox,
    state::State,
    websocket::WebSocket,
    writer::MessageWriter,
};
use crate::{
    CloseCode, Closing, Connection, Error, Kind, Message, MessageChunk, Prepared, SendError,
    WriteBuffer,
    hidden::Hidden,
    part::Unit,
    sync::{Mutex, into_inner, lock, try_lock},
};

/// The half of a WebSocket that receives; it also answers Pings and the peer's Close, and keeps the
/// time.
///
/// Dropped, it leaves the other half able to send, but nobody reads what the peer says any more: not
/// its Pings, and not its Close.
#[derive(Debug)]
pub struct ReceiveHalf<R, W, A: Runtime> {
    pub(super) inbox: Inbox,
    pub(super) link: Half<R, W, A>,
    subprotocol: Hidden<Option<Box<str>>>,
}

/// The half of a WebSocket that sends.
///
/// Dropped, it leaves the other half receiving, which writes what was fed before it waits; a message
/// that was begun and not finished stays so.
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

/// One half's way to the peer: `R` is what it reads from, or nothing.
#[derive(Debug)]
pub(super) struct Half<R, W, A: Runtime> {
    stream: R,
    shared: Arc<Shared<W>>,
    timer: Waiting<A>,
    side: Side,
    /// Makes reads and writes that wait fail.
    abort: fn(&mut R),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Receive,
    Send,
}

/// What both halves have.
#[derive(Debug)]
struct Shared<W> {
    state: Mutex<State>,
    writer: Mutex<Writer<W>>,
    wakers: Arc<Wakers>,
    /// Wakes both halves.
    waker: Waker,
}

/// The right to write.
#[derive(Debug)]
struct Writer<W> {
    stream: W,
    /// What it took out of the state and has not written yet.
    taken: WriteBuffer,
}

/// The tasks that wait for the stream or for the other half.
#[derive(Debug, Default)]
struct Wakers(Mutex<[Option<Waker>; 2]>);

pub(super) fn halves<S: Unpin, A: Adapter<S>, R, W, B: ReadFrom<R> + WriteTo<W>>(
    ws: WebSocket<S, A>,
    split: impl FnOnce(S) -> (R, W),
) -> (ReceiveHalf<R, W, B>, SendHalf<W, B>) {
    let WebSocket { inbox, link: Whole { stream, state, .. }, subprotocol } = ws;
    let (stream, writer) = split(stream);
    let mut taken = WriteBuffer::new();
    fit_output::<W, B>(&writer, &mut taken);
    let writer = Mutex::new(Writer { stream: writer, taken });
    let wakers = Arc::new(Wakers::default());
    let waker = Arc::clone(&wakers).into();
    let shared = Arc::new(Shared { state: Mutex::new(state), writer, wakers, waker });
    let send = Half {
        stream: (),
        shared: Arc::clone(&shared),
        timer: None,
        side: Side::Send,
        abort: |()| {},
    };
    let receive = Half { stream, shared, timer: None, side: Side::Receive, abort: B::abort };
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
    pub async fn receive_ref(&mut self) -> Result<Option<Message<'_>>, Error> {
        let chunk = self.inbox.receive(&mut self.link, Unit::Message).await?;
        Ok(chunk.map(|chunk| chunk.content))
    }

    /// Waits for the next piece of a message, and lends it: as [`WebSocket::receive_chunk`].
    pub async fn receive_chunk(&mut self) -> Result<Option<MessageChunk<'_>>, Error> {
        self.inbox.receive(&mut self.link, Unit::Chunk).await
    }

    /// The subprotocol that the handshake agreed on, if any (§1.9).
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// How the connection ended, or is ending: `None` while it is open.
    pub fn closing(&self) -> Option<Closing> {
        lock(&self.link.shared.state).connection.closing().cloned()
    }

    /// How long the peer took to answer the last Ping that kept the connection alive.
    pub fn latency(&self) -> Option<Duration> {
        lock(&self.link.shared.state).connection.latency()
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
        if !Arc::ptr_eq(&self.link.shared, &send.link.shared) {
            return Err(NotAPair(self, send));
        }
        let Self { inbox, link: Half { stream, shared, .. }, subprotocol } = self;
        drop(send);
        let shared = Arc::into_inner(shared).expect("only the two halves share it");
        let mut state = into_inner(shared.state);
        let Writer { stream: writer, taken } = into_inner(shared.writer);
        state.give_back(taken);
        let link = Whole::new(join(stream, writer), state);
        Ok(WebSocket { inbox, link, subprotocol })
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
    /// Queues a message. It is written by [`flush`](Self::flush), by the receiving half before it
    /// waits for the peer, or by a `feed` that finds
    /// [`Config::write_high_water`](crate::Config::write_high_water) bytes waiting: that one writes
    /// first.
    ///
    /// A future that is dropped has queued the whole message or nothing.
    ///
    /// # Errors
    ///
    /// As [`WebSocket::feed`].
    pub async fn feed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        outbox::feed(self, message.into()).await
    }

    /// As [`feed`](Self::feed), for a message that goes to many.
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        outbox::feed_prepared(self, message).await
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
        lock(&self.link.shared.state).connection.closing().cloned()
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
            self.link.shared.wakers.forget(Side::Send);
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

impl<R, W: Unpin, A: WriteTo<W>> Link for Half<R, W, A> {
    type Runtime = A;

    fn state<T>(&mut self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut lock(&self.shared.state))
    }

    fn timer(&mut self) -> &mut Waiting<A> {
        &mut self.timer
    }

    fn poll_write(&mut self, _: &mut Context<'_>, turn: Turn) -> Poll<io::Result<()>> {
        let shared = &*self.shared;
        // Whichever half is polled next goes on with it.
        let mut cx = Context::from_waker(&shared.waker);
        loop {
            let mut writer = match turn {
                Turn::Wait => lock(&shared.writer),
                Turn::Leave => match try_lock(&shared.writer) {
                    Some(writer) => writer,
                    None => return Poll::Ready(Ok(())),
                },
            };
            let limit = if self.side == Side::Send { SEND_LIMIT } else { WRITE_LIMIT };
            A::wait_at_most(&mut writer.stream, limit);
            let written = writer.poll_write::<A>(&shared.state, &mut cx);
            drop(writer);
            // Somebody may have left it to this one since it looked last.
            if !matches!(written, Poll::Ready(Ok(()))) || !lock(&shared.state).is_write_due() {
                return written;
            }
        }
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut cx = Context::from_waker(&self.shared.waker);
        A::poll_shutdown(Pin::new(&mut lock(&self.shared.writer).stream), &mut cx)
    }

    fn abort(&mut self, cx: &mut Context<'_>) {
        (self.abort)(&mut self.stream);
        if let Some(mut writer) = try_lock(&self.shared.writer) {
            let _ = A::poll_shutdown(Pin::new(&mut writer.stream), cx);
        }
    }

    fn wake_other(&mut self) {
        self.shared.wakers.wake_half(match self.side {
            Side::Receive => Side::Send,
            Side::Send => Side::Receive,
        });
    }

    fn register(&mut self, cx: &mut Context<'_>) {
        self.shared.wakers.set(self.side, cx.waker());
    }
}

impl<R: Unpin, W: Unpin, A: ReadFrom<R> + WriteTo<W>> Source for Half<R, W, A> {
    fn poll_read(
        &mut self,
        _: &mut Context<'_>,
        room: &mut [u8],
        limit: Option<Duration>,
    ) -> Poll<io::Result<usize>> {
        // A stream such as TLS may have to write before it reads, in the other half's place.
        let mut cx = Context::from_waker(&self.shared.waker);
        poll_read::<R, A>(&mut self.stream, &mut cx, room, limit)
    }

    fn is_timed(&self) -> bool {
        A::is_timed(&self.stream)
    }
}

impl<W: Unpin> Writer<W> {
    /// Writes what was taken, then what is queued by then.
    fn poll_write<A: WriteTo<W>>(
        &mut self,
        state: &Mutex<State>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.taken.is_empty() {
                lock(state).take_output(&mut self.taken);
            }
            let before = self.taken.len();
            let written = poll_write_all::<W, A>(&mut self.stream, &mut self.taken, cx);
            let mut state = lock(state);
            state.taken = self.taken.len();
            state.wrote::<A>(before - self.taken.len(), &written);
            if !matches!(written, Poll::Ready(Ok(()))) || state.output.is_empty() {
                self.taken.release();
                return written;
            }
        }
    }
}

impl Wakers {
    fn set(&self, side: Side, waker: &Waker) {
        let slot = &mut lock(&self.0)[side as usize];
        if !slot.as_ref().is_some_and(|old| old.will_wake(waker)) {
            *slot = Some(waker.clone());
        }
    }

    fn forget(&self, side: Side) {
        lock(&self.0)[side as usize] = None;
    }

    fn wake_half(&self, side: Side) {
        let waker = lock(&self.0)[side as usize].take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_half(Side::Receive);
        self.wake_half(Side::Send);
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

/// How long a write of the sending half may wait, where it does, before it looks at the clock.
const SEND_LIMIT: Duration = Duration::from_secs(1);
