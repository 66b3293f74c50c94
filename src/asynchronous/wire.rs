//! [`Wire`]: a stream while there is no connection on it yet.

use std::{
    future::poll_fn,
    marker::PhantomData,
    pin::{Pin, pin},
    task::{Poll, ready},
    time::Duration,
};

use bytes::Buf;

use super::{
    WebSocket,
    adapter::{Adapter, WriteTo, check_timers},
    observe::Observer,
    receive::give_way,
    stream::{poll_read, poll_write_some},
};
use crate::{Accepted, Config, Error, Role, Timeout, WriteBuffer, read_buffer::ReadBuffer};

/// A stream before its connection, what was read from it, and when the handshake must be done.
#[derive(Debug)]
pub(super) struct Wire<S, A> {
    pub(super) stream: S,
    pub(super) input: ReadBuffer,
    has_read: bool,
    timeout: Duration,
    /// `None` until somebody asks: a client that is there already needs no clock.
    deadline: Option<Duration>,
    pub(super) observer: Observer,
    adapter: PhantomData<fn() -> A>,
}

impl<S: Unpin, A: Adapter<S>> Wire<S, A> {
    pub(super) fn new(stream: S, role: Role, config: &Config) -> Self {
        check_timers::<A>();
        Self {
            stream,
            input: ReadBuffer::default(),
            has_read: false,
            timeout: config.handshake_timeout,
            deadline: None,
            observer: Observer::new(role),
            adapter: PhantomData,
        }
    }

    /// Passes a step's result on, and tells of the failure.
    pub(super) fn observed<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        result.inspect_err(|error| self.observer.handshake_failed(error))
    }

    /// Lets the time begin again, after the application had its own.
    pub(super) fn restart(&mut self) {
        self.has_read = false;
        self.deadline = None;
    }

    /// How much of the time is left; it begins with the first question.
    fn time_left(&mut self) -> Duration {
        let now = A::now();
        let deadline = *self.deadline.get_or_insert(now.saturating_add(self.timeout));
        deadline.saturating_sub(now)
    }

    /// How long a poll may wait, where it does. It also ends a peer which says or reads a little now
    /// and then, or so much that its stream is ready for ever: no timer is looked at meanwhile.
    fn rest(&mut self) -> Result<Option<Duration>, Error> {
        // Most requests come in one read, and need no clock.
        if !A::WAITS && !self.has_read {
            return Ok(None);
        }
        match self.time_left() {
            Duration::ZERO => Err(Timeout::Handshake.into()),
            rest => Ok(A::WAITS.then_some(rest)),
        }
    }

    /// Runs a step, up to the deadline.
    pub(super) async fn in_time<T>(
        &mut self,
        step: impl AsyncFnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let timeout = self.timeout;
        let mut timer = None;
        let mut step = pin!(step(self));
        poll_fn(|cx| {
            if let Poll::Ready(done) = step.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            // Most clients have sent their request when they are accepted, and need none.
            let timer = timer.get_or_insert_with(|| A::timer(timeout));
            ready!(Pin::new(timer).poll(cx));
            Poll::Ready(Err(Timeout::Handshake.into()))
        })
        .await
    }

    /// Reads once; the block is held only while the read is polled or bytes are in it.
    pub(super) async fn read(&mut self) -> Result<usize, Error> {
        let read = poll_fn(|cx| {
            let rest = self.rest()?;
            let room = self.input.room();
            let read = poll_read::<S, A>(&mut self.stream, cx, room, rest);
            if read.is_pending() {
                self.input.release();
            }
            read.map_err(Error::from)
        });
        let len = read.await?;
        self.input.filled(len);
        self.has_read = true;
        Ok(len)
    }

    pub(super) async fn write(&mut self, output: &mut WriteBuffer) -> Result<(), Error> {
        poll_fn(|cx| {
            while output.has_remaining() {
                if let Some(rest) = self.rest()? {
                    <A as WriteTo<S>>::wait_at_most(&mut self.stream, rest);
                }
                ready!(poll_write_some::<S, A>(&mut self.stream, output, cx))?;
            }
            A::poll_flush(Pin::new(&mut self.stream), cx).map_err(Error::from)
        })
        .await
    }

    /// Refuses, in a time of its own.
    pub(super) async fn refuse(&mut self, output: &mut WriteBuffer) {
        self.restart();
        let told = self.in_time(async |wire| {
            wire.write_last(output).await;
            Ok(())
        });
        let _ = told.await;
    }

    /// Writes a refusal, and has the client end the stream: one that is dropped with unread bytes is
    /// reset, and the client would not see why.
    pub(super) async fn write_last(&mut self, output: &mut WriteBuffer) {
        if self.write(output).await.is_ok() {
            let stream = &mut self.stream;
            let _ = poll_fn(|cx| A::poll_shutdown(Pin::new(stream), cx)).await;
            if A::is_timed(&self.stream) {
                self.input.discard();
                for _ in 0..MAX_LINGER_READS {
                    if !self.read().await.is_ok_and(|len| len > 0) {
                        return;
                    }
                    self.input.discard();
                    // A client may go on sending, and so its stream may be ready for ever.
                    give_way().await;
                }
            }
        }
    }

    /// Writes an answer of the application's; returns the stream.
    pub(super) async fn write_response(mut self, mut output: WriteBuffer) -> Result<S, Error> {
        self.restart();
        let written = self.in_time(async |wire| wire.write(&mut output).await).await;
        self.observed(written)?;
        Ok(self.stream)
    }

    pub(super) fn into_websocket(self, accepted: Accepted) -> WebSocket<S, A> {
        let Self { stream, input, observer, .. } = self;
        WebSocket::begin(stream, accepted, input, observer)
    }
}

/// Reads of a client that was refused, up to 128 KiB each, which are discarded before it is given up.
const MAX_LINGER_READS: usize = 512;
