//! One direction of a [`MemoryStream`](super::MemoryStream): what was written and is not read yet.
//!
//! No wake-up is lost: who has to wait says so under the same lock under which the other end looks
//! whom to wake.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    task::{Poll, Waker},
    time::{Duration, Instant},
};

#[cfg(any(feature = "futures-io", feature = "tokio"))]
use std::task::Context;

use bytes::Buf;

use crate::{
    hidden::Hidden,
    sync::{self, Condvar, Mutex, MutexGuard, lock},
};

/// Bytes on their way.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    state: Mutex<State>,
    /// Threads that wait at each end.
    waiting: [Condvar; 2],
}

#[derive(Debug, Default)]
struct State {
    bytes: Hidden<VecDeque<u8>>,
    ends: [EndState; 2],
}

#[derive(Debug, Default)]
struct EndState {
    is_closed: bool,
    /// How long a thread waits here.
    timeout: Option<Duration>,
    /// The task that waits here.
    waker: Option<Waker>,
}

/// An end of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Read,
    Write,
}

impl End {
    const fn other(self) -> Self {
        match self {
            Self::Read => Self::Write,
            Self::Write => Self::Read,
        }
    }
}

impl Pipe {
    pub(super) fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        self.wait(End::Read, |state| state.read(room))
    }

    pub(super) fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.wait(End::Write, |state| state.write(parts))
    }

    #[cfg(any(feature = "futures-io", feature = "tokio"))]
    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(End::Read, cx, |state| state.read(room))
    }

    #[cfg(any(feature = "futures-io", feature = "tokio"))]
    pub(super) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll(End::Write, cx, |state| state.write(parts))
    }

    /// Sets how long a thread waits at `end`; as for sockets, not for no time at all.
    pub(super) fn set_timeout(&self, end: End, timeout: Option<Duration>) -> io::Result<()> {
        if timeout == Some(Duration::ZERO) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        lock(&self.state).ends[end as usize].timeout = timeout;
        Ok(())
    }

    /// Ends the pipe at `end`, whoever waits.
    pub(super) fn close(&self, end: End) {
        let mut state = lock(&self.state);
        state.ends[end as usize].is_closed = true;
        if end == End::Read {
            // Nobody will read it.
            *state.bytes = VecDeque::new();
        }
        let waker = state.ends[end as usize].waker.take();
        self.wake(end.other(), state);
        self.waiting[end as usize].notify_all();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Takes a step; a thread that has to wait for the other end does.
    fn wait(
        &self,
        end: End,
        mut step: impl FnMut(&mut State) -> Poll<io::Result<usize>>,
    ) -> io::Result<usize> {
        let began = Instant::now();
        let mut state = lock(&self.state);
        loop {
            if let Poll::Ready(result) = step(&mut state) {
                self.wake(end.other(), state);
                return result;
            }
            let timeout = state.ends[end as usize].timeout;
            let rest = timeout.map(|timeout| timeout.saturating_sub(began.elapsed()));
            if rest == Some(Duration::ZERO) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            state = sync::wait(&self.waiting[end as usize], state, rest);
        }
    }

    /// Takes a step; a task that has to wait for the other end is woken by it.
    #[cfg(any(feature = "futures-io", feature = "tokio"))]
    fn poll(
        &self,
        end: End,
        cx: &mut Context<'_>,
        step: impl FnOnce(&mut State) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let mut state = lock(&self.state);
        let result = step(&mut state);
        if result.is_ready() {
            self.wake(end.other(), state);
        } else {
            let old = state.ends[end as usize].waker.replace(cx.waker().clone());
            // A waker may do anything when it is dropped.
            drop(state);
            drop(old);
        }
        result
    }

    /// Wakes who waits at `end`, outside the lock: a waker may do anything.
    fn wake(&self, end: End, mut state: MutexGuard<'_, State>) {
        let waker = state.ends[end as usize].waker.take();
        drop(state);
        self.waiting[end as usize].notify_all();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl State {
    /// Reads what there is; of a pipe that is closed at either end, nothing at last.
    fn read(&mut self, room: &mut [u8]) -> Poll<io::Result<usize>> {
        let len = room.len().min(self.bytes.len());
        if len == 0 && !room.is_empty() && !self.is_closed() {
            return Poll::Pending;
        }
        self.bytes.copy_to_slice(&mut room[..len]);
        Poll::Ready(Ok(len))
    }

    /// Writes what there is room for.
    fn write(&mut self, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if self.is_closed() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let before = self.bytes.len();
        for part in parts {
            let len = part.len().min(CAPACITY - self.bytes.len());
            self.bytes.extend(&part[..len]);
        }
        let written = self.bytes.len() - before;
        if written == 0 && parts.iter().any(|part| !part.is_empty()) {
            return Poll::Pending;
        }
        Poll::Ready(Ok(written))
    }

    fn is_closed(&self) -> bool {
        self.ends.iter().any(|end| end.is_closed)
    }
}

/// Bytes that a pipe holds: what a socket does, or about.
pub(super) const CAPACITY: usize = 64 * 1024;
