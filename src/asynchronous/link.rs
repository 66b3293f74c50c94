//! The way to the peer: [`State`] and stream, whole or split, and all that is not receiving.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use super::{adapter::Runtime, state::State};
use crate::{
    CloseCode, CloseFrame, Connection, Error, Timeout, hidden::Hidden, read_buffer::ReadBuffer,
};

/// When the connection is looked at again, and the timer that runs until then.
pub(super) type Waiting<A> = Option<(u64, Hidden<<A as Runtime>::Timer>)>;

/// What to do when somebody else is writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// To leave it to them.
    Leave,
    /// To wait for them.
    Wait,
}

/// The connection's state, and a stream to write to.
pub(super) trait Link {
    type Runtime: Runtime;

    fn state<T>(&mut self, look: impl FnOnce(&mut State) -> T) -> T;

    fn timer(&mut self) -> &mut Waiting<Self::Runtime>;

    /// Writes all that waits, has the stream hand it on, and notes how that went in the state.
    fn poll_write(&mut self, cx: &mut Context<'_>, turn: Turn) -> Poll<io::Result<()>>;

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Ends the stream at once, and whatever waits for it.
    fn abort(&mut self, cx: &mut Context<'_>);

    /// Has the other half look at the state again, if there is one and it waits.
    fn wake_other(&mut self) {}

    /// Has a change of the state wake this task too.
    fn register(&mut self, _cx: &mut Context<'_>) {}

    /// Waits for room for a message.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.state(|state| state.is_full()) { self.poll_flush(cx) } else { Poll::Ready(Ok(())) }
    }

    /// Writes all that waits, for as long as the stream takes something in time.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.register(cx);
        if let Poll::Ready(flushed) = self.poll_flush_once(cx, Turn::Wait) {
            return Poll::Ready(flushed);
        }
        self.poll_write_timeout(cx).map(Err)
    }

    /// Ready when the stream took nothing for too long, and was given up.
    fn poll_write_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        if let Err(timeout) = ready!(self.poll_due(cx, Connection::next_write_timeout)) {
            return Poll::Ready(self.end_by(cx, timeout));
        }
        // What was due was another thing, and is done.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_flush_once(&mut self, cx: &mut Context<'_>, turn: Turn) -> Poll<Result<(), Error>> {
        self.state(|state| state.check())?;
        // Not by `map_err`: an error that there is not would be moved about.
        match self.poll_write(cx, turn) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.write_failed(error))),
            Poll::Pending => Poll::Pending,
        }
    }

    #[cold]
    fn write_failed(&mut self, error: io::Error) -> Error {
        self.wake_other();
        self.state(|state| state.write_failed(error))
    }

    /// Writes all that waits, but puts off the report of a failure: what the peer said before it
    /// comes first. Ready when nothing more can be written; an error is one that may pass.
    fn poll_flush_before_read(
        &mut self,
        cx: &mut Context<'_>,
        turn: Turn,
    ) -> Poll<Result<(), Error>> {
        while self.state(|state| state.is_write_due()) {
            let written = ready!(self.poll_flush_once(cx, turn));
            if let Err(error) = written
                && self.state(|state| state.check().is_ok())
            {
                return Poll::Ready(Err(error));
            }
            // A Pong may have waited for room. Else what is left is for those who are writing.
            if !self.state(State::reply_owed) && turn == Turn::Leave {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when something was due: a Ping, which is in the output then, or the end.
    fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Timeout>> {
        self.poll_due(cx, Connection::next_timeout)
    }

    fn poll_due(
        &mut self,
        cx: &mut Context<'_>,
        next: fn(&Connection) -> Option<Duration>,
    ) -> Poll<Result<(), Timeout>> {
        while let Some(next) = self.state(|state| next(&state.connection)) {
            // A timer that runs out too early costs another look, and a message no new timer.
            if let Some((at, timer)) = self.timer()
                && *at <= millis(next)
            {
                ready!(Pin::new(&mut **timer).poll(cx));
            }
            *self.timer() = None;
            let now = Self::Runtime::now();
            if next <= now {
                return Poll::Ready(self.state(|state| state.handle_timeout(now)));
            }
            let timer = Self::Runtime::timer(next.saturating_sub(now));
            *self.timer() = Some((millis(next), Hidden(timer)));
        }
        Poll::Pending
    }

    /// Ends a connection that took too long: what can be written at once is, and nobody is waited for.
    fn end_by(&mut self, cx: &mut Context<'_>, timeout: Timeout) -> Error {
        let _ = self.poll_flush_before_read(cx, Turn::Leave);
        self.state(|state| state.time_out(timeout));
        self.give_up(cx);
        timeout.into()
    }

    fn give_up(&mut self, cx: &mut Context<'_>) {
        let is_hasty = self.state(|state| {
            state.give_up();
            state.is_hasty()
        });
        if !is_hasty {
            self.abort(cx);
        }
        self.wake_other();
    }

    /// Queues a Close.
    fn queue_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let close = CloseFrame::new(code, reason);
        let queued = self.state(|state| {
            state.connection.set_now(Self::Runtime::now());
            let queued = state.send(|connection, output| connection.close(Some(&close), output));
            state.observer.closing(state.connection.closing());
            queued
        });
        self.wake_other();
        queued
    }
}

/// A link that can be read from.
pub(super) trait Source: Link {
    /// Reads once; where a read waits, no longer than `limit`.
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        room: &mut [u8],
        limit: Option<Duration>,
    ) -> Poll<io::Result<usize>>;

    /// Whether a read gives up in time to look at the clock.
    fn is_timed(&self) -> bool;

    /// Ends the connection: writes the last Close, shuts the stream down for writing, and has the peer
    /// end it, if it is its turn: what that one still sends is discarded, for a socket that is dropped
    /// with unread bytes is reset, and the peer would never see why (RFC 6455 §7.1.1). It does not wait
    /// for the peer longer than [`Config::close_timeout`](crate::Config::close_timeout).
    fn poll_end(&mut self, cx: &mut Context<'_>, input: &mut ReadBuffer) -> Poll<()> {
        self.register(cx);
        self.state(State::begin_to_end::<Self::Runtime>);
        for _ in 0..READS_PER_POLL {
            // Whether the peer can still be told the end is its affair.
            let is_written = self.poll_flush_before_read(cx, Turn::Wait).is_ready();
            let is_timed = self.is_timed();
            let (is_shut_down, is_peer_first, is_its_turn) = self.state(|state| {
                let is_peer_first = state.is_peer_first() && is_timed;
                (state.shut_down, is_peer_first, is_peer_first && !state.connection.has_failed())
            });
            if is_written && !is_shut_down && !is_its_turn {
                let is_shut_down = self.poll_shutdown(cx).is_ready();
                self.state(|state| state.shut_down = is_shut_down);
            }
            if self.state(|state| state.shut_down) && !is_peer_first {
                self.state(|state| state.output.release());
                self.wake_other();
                return Poll::Ready(());
            }
            if is_timed && self.state(|state| state.is_peer_awaited()) {
                let limit = self.state(|state| state.read_limit::<Self::Runtime>(!is_written));
                let read = self.poll_read(cx, input.room(), limit);
                input.release();
                if let Poll::Ready(read) = read {
                    let now = Self::Runtime::now();
                    let is_due = self.state(|state| {
                        state.discarded(now, read.unwrap_or(0));
                        state.connection.is_due()
                    });
                    // Nor does a peer that goes on sending stop the clock.
                    if !is_due {
                        continue;
                    }
                }
            }
            // The peer has had its time to read the last that was written, and to end the stream.
            if ready!(self.poll_timeout(cx)).is_err() {
                self.give_up(cx);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// As precise as the timers of a runtime are.
fn millis(time: Duration) -> u64 {
    time.as_millis() as u64
}

/// Reads without a message after which a task gives way: a stream may be ready for ever.
pub(super) const READS_PER_POLL: usize = 16;
/// How long a write may wait, where it does, before there is a look at what there is to be read.
pub(super) const WRITE_LIMIT: Duration = Duration::from_millis(10);
