//! How to use the streams and the timers of one family: what an adapter says.

use std::{
    io::{self, IoSlice},
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use crate::sync::{Mutex, into_inner, lock};

pub(crate) mod sealed {
    /// The traits grow with what adapters need.
    pub trait Sealed {}
}

/// Time, as the tasks of one runtime see it.
///
/// Implemented by the adapters of this crate; nobody else can.
pub trait Runtime: sealed::Sealed {
    /// Ready when its time has come.
    type Timer: Future<Output = ()> + Unpin;

    /// Whether a poll waits, for as long as [`ReadFrom::wait_at_most`] and
    /// [`WriteTo::wait_at_most`] say.
    const WAITS: bool = false;

    /// What time it is, since any fixed origin.
    fn now() -> Duration;

    /// A timer that is ready after `duration`.
    fn timer(duration: Duration) -> Self::Timer;

    /// Whether a write that failed so may be tried again.
    fn is_temporary(_error: &io::Error) -> bool {
        false
    }
}

/// A runtime without timers panics here, and not when a peer has to be given up.
pub(super) fn check_timers<A: Runtime>() {
    drop(A::timer(Duration::ZERO));
}

/// How to read from a stream.
pub trait ReadFrom<R>: Runtime {
    /// Reads into `room`, which is not empty; 0 bytes mean the end.
    fn poll_read(
        stream: Pin<&mut R>,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>>;

    /// Says how long the reads after this may wait, where they do.
    fn wait_at_most(_stream: &mut R, _limit: Duration) {}

    /// Whether a read gives up in time to look at the clock.
    fn is_timed(_stream: &R) -> bool {
        true
    }

    /// Makes reads and writes that wait fail.
    fn abort(_stream: &mut R) {}
}

/// How to write to a stream.
pub trait WriteTo<W>: Runtime {
    /// Writes the front of `parts`, of which there is at least one that is not empty.
    fn poll_write(
        stream: Pin<&mut W>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Hands on what the stream itself still holds.
    fn poll_flush(stream: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Tells the peer that nothing more will be written.
    fn poll_shutdown(stream: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Whether one write takes more than the first of its parts.
    fn is_vectored(stream: &W) -> bool;

    /// Says how long the writes after this may wait, where they do.
    fn wait_at_most(_stream: &mut W, _limit: Duration) {}
}

/// How to use a stream for both.
pub trait Adapter<S>: ReadFrom<S> + WriteTo<S> {}

impl<S, A: ReadFrom<S> + WriteTo<S>> Adapter<S> for A {}

/// A stream that two halves share; each poll locks it for as long as it takes.
#[derive(Debug)]
pub struct Locked<S>(pub(super) Arc<Mutex<S>>);

/// Uses a stream that is [`Locked`] as `A` uses the stream itself.
#[derive(Debug)]
pub struct ByLock<A>(PhantomData<fn() -> A>);

impl<S> Locked<S> {
    pub(super) fn halves(stream: S) -> (Self, Self) {
        let stream = Arc::new(Mutex::new(stream));
        (Self(Arc::clone(&stream)), Self(stream))
    }

    /// The stream again, from both halves.
    pub(super) fn join(self, other: Self) -> S {
        drop(other);
        into_inner(Arc::into_inner(self.0).expect("only the two halves share it"))
    }
}

impl<A> sealed::Sealed for ByLock<A> {}

impl<A: Runtime> Runtime for ByLock<A> {
    type Timer = A::Timer;

    fn now() -> Duration {
        A::now()
    }

    fn timer(duration: Duration) -> A::Timer {
        A::timer(duration)
    }
}

impl<S: Unpin, A: ReadFrom<S>> ReadFrom<Locked<S>> for ByLock<A> {
    fn poll_read(
        stream: Pin<&mut Locked<S>>,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        A::poll_read(Pin::new(&mut *lock(&stream.0)), cx, room)
    }
}

impl<S: Unpin, A: WriteTo<S>> WriteTo<Locked<S>> for ByLock<A> {
    fn poll_write(
        stream: Pin<&mut Locked<S>>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        A::poll_write(Pin::new(&mut *lock(&stream.0)), cx, parts)
    }

    fn poll_flush(stream: Pin<&mut Locked<S>>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        A::poll_flush(Pin::new(&mut *lock(&stream.0)), cx)
    }

    fn poll_shutdown(stream: Pin<&mut Locked<S>>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        A::poll_shutdown(Pin::new(&mut *lock(&stream.0)), cx)
    }

    fn is_vectored(stream: &Locked<S>) -> bool {
        A::is_vectored(&lock(&stream.0))
    }
}
