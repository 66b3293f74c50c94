//! One half's way to the peer.
//!
//! Two locks, neither of them held across a read, and taken in this order: the writer's, the state's.
//! The state's is held for as long as one frame takes to encode or to find. The writer's is the right
//! to write: who has it takes what the state has queued, and writes it. The receiving half only tries
//! for it: its Pong stays in the queue if the other half is writing, which looks at the queue once more
//! after it has given the right back.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use super::{
    adapter::{ReadFrom, Runtime, WriteTo},
    link::{Link, Source, Turn, WRITE_LIMIT, Waiting},
    state::State,
    stream::{fit_output, poll_read, poll_write_all},
    wakers::{Side, Wakers},
};
use crate::{
    WriteBuffer,
    sync::{Mutex, MutexGuard, into_inner, lock, sleep, try_lock},
};

/// What one half has: `R` is what it reads from, or nothing.
#[derive(Debug)]
pub(super) struct Half<R, W, A: Runtime> {
    stream: R,
    shared: Arc<Shared<W>>,
    timer: Waiting<A>,
    side: Side,
    /// Makes reads and writes that wait fail.
    abort: fn(&mut R),
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

/// Makes the two halves, the receiving one first.
pub(super) fn halves<R, W, A: ReadFrom<R> + WriteTo<W>>(
    state: State,
    reader: R,
    writer: W,
) -> (Half<R, W, A>, Half<(), W, A>) {
    let mut taken = WriteBuffer::new();
    fit_output::<W, A>(&writer, &mut taken);
    let writer = Mutex::new(Writer { stream: writer, taken });
    let wakers = Arc::new(Wakers::default());
    let waker = Arc::clone(&wakers).into();
    let shared = Arc::new(Shared { state: Mutex::new(state), writer, wakers, waker });
    let other = Arc::clone(&shared);
    let send = Half { stream: (), shared: other, timer: None, side: Side::Send, abort: |()| {} };
    let receive =
        Half { stream: reader, shared, timer: None, side: Side::Receive, abort: A::abort };
    (receive, send)
}

impl<R, W, A: Runtime> Half<R, W, A> {
    /// Looks at the state without changing it.
    pub(super) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&lock(&self.shared.state))
    }

    pub(super) fn is_other_half_of<S>(&self, other: &Half<S, W, A>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Takes state and streams out again, when the other half is gone.
    pub(super) fn into_parts(self) -> (State, R, W) {
        let Self { stream, shared, .. } = self;
        let shared = Arc::into_inner(shared).expect("only the two halves share it");
        let mut state = into_inner(shared.state);
        let Writer { stream: writer, taken } = into_inner(shared.writer);
        state.give_back(taken);
        (state, stream, writer)
    }

    /// Has the other half look at the state, if it waits.
    pub(super) fn wake_receiver(&self) {
        self.shared.wakers.wake_half(Side::Receive);
    }

    /// Is not waiting any more.
    pub(super) fn forget_waker(&self) {
        self.shared.wakers.forget(self.side);
    }

    /// Takes the right to write, if it is to be had now or, where that is to be waited for, soon.
    fn writer(&self, turn: Turn) -> Poll<Option<MutexGuard<'_, Writer<W>>>> {
        let writer = &self.shared.writer;
        match turn {
            Turn::Leave => Poll::Ready(try_lock(writer)),
            // A poll that does not wait gives it back at once; and so does the receiving half.
            Turn::Wait if !A::WAITS || self.side == Side::Send => Poll::Ready(Some(lock(writer))),
            // The sending half may have it for as long as the peer takes to read.
            Turn::Wait => {
                let taken = try_lock(writer);
                if taken.is_none() {
                    sleep(WRITE_LIMIT);
                    return Poll::Pending;
                }
                Poll::Ready(taken)
            }
        }
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
            let Some(mut writer) = ready!(self.writer(turn)) else { return Poll::Ready(Ok(())) };
            let limit = if self.side == Side::Send { SEND_LIMIT } else { WRITE_LIMIT };
            A::wait_at_most(&mut writer.stream, limit);
            let (written, has_stalled) = writer.poll_write::<A>(&shared.state, &mut cx);
            drop(writer);
            if has_stalled {
                // That half keeps the time, for as long as it is there.
                shared.wakers.wake_half(self.side.other());
            }
            // Somebody may have left it to this one since it looked last.
            if !matches!(written, Poll::Ready(Ok(()))) || !lock(&shared.state).is_write_due() {
                return written;
            }
        }
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut cx = Context::from_waker(&self.shared.waker);
        match ready!(self.writer(Turn::Wait)) {
            Some(mut writer) => A::poll_shutdown(Pin::new(&mut writer.stream), &mut cx),
            None => Poll::Pending,
        }
    }

    fn abort(&mut self, cx: &mut Context<'_>) {
        (self.abort)(&mut self.stream);
        if let Some(mut writer) = try_lock(&self.shared.writer) {
            let _ = A::poll_shutdown(Pin::new(&mut writer.stream), cx);
        }
    }

    fn wake_other(&mut self) {
        self.shared.wakers.wake_half(self.side.other());
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
    /// Writes what was taken, then what is queued by then; says also whether the stream has begun to
    /// take nothing more.
    fn poll_write<A: WriteTo<W>>(
        &mut self,
        state: &Mutex<State>,
        cx: &mut Context<'_>,
    ) -> (Poll<io::Result<()>>, bool) {
        loop {
            if self.taken.is_empty() {
                lock(state).take_output(&mut self.taken);
            }
            let before = self.taken.len();
            let written = poll_write_all::<W, A>(&mut self.stream, &mut self.taken, cx);
            let mut state = lock(state);
            state.taken = self.taken.len();
            let has_stalled = state.wrote::<A>(before - self.taken.len(), &written);
            let is_written = matches!(written, Poll::Ready(Ok(())));
            // A Pong may have waited for room.
            if !is_written || state.output.is_empty() && !state.reply_owed() {
                self.taken.release();
                return (written, has_stalled);
            }
        }
    }
}

/// How long a write of the sending half may wait, where it does, before it looks at the clock.
const SEND_LIMIT: Duration = Duration::from_secs(1);
