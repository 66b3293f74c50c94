//! The sending side of a WebSocket: what is needed to answer while a message is lent.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Buf;

use super::{Adapter, Timer};
use crate::{
    Connection, Error, Message, Timeout, WriteBuffer, hidden::Hidden, io_error,
    read_buffer::ReadBuffer,
};

/// Connection, output and stream.
#[derive(Debug)]
pub(super) struct Link<S, A> {
    pub(super) stream: S,
    pub(super) connection: Connection,
    pub(super) output: WriteBuffer,
    /// Why nothing can be written any more. It is reported when the peer has said all it had to say;
    /// until then `feed` goes on, for an echo that stops at its first error would not hear the rest.
    broken: Option<io::Error>,
    end: End,
    /// When the connection is looked at again, and the timer that runs until then.
    timer: Option<(u64, Hidden<Timer>)>,
    adapter: PhantomData<fn() -> A>,
}

/// How far the stream has come to its end.
#[derive(Debug)]
struct End {
    /// The stream itself may still hold bytes that were written.
    unflushed: bool,
    shut_down: bool,
    /// The peer ended the stream while it could still be written to.
    is_by_peer: bool,
    /// What took too long.
    timed_out: Option<Timeout>,
    /// Bytes that are still read and discarded before the peer is given up.
    discard: u32,
}

impl<S: Unpin, A: Adapter<S>> Link<S, A> {
    pub(super) fn new(stream: S, mut connection: Connection, mut output: WriteBuffer) -> Self {
        if !A::is_vectored(&stream) {
            output.share_from(COPY_BELOW);
        }
        connection.set_now(A::now());
        Self {
            stream,
            connection,
            output,
            broken: None,
            end: End {
                unflushed: false,
                shut_down: false,
                is_by_peer: false,
                timed_out: None,
                discard: MAX_DISCARD,
            },
            timer: None,
            adapter: PhantomData,
        }
    }

    /// Queues a message. Waiting for room comes first; encoding is one step, so that a future that is
    /// dropped has queued all of the message or nothing.
    pub(super) async fn feed(&mut self, message: Message<'_>) -> Result<(), Error> {
        self.make_room().await?;
        Ok(self.connection.send(message, &mut self.output)?)
    }

    pub(super) async fn make_room(&mut self) -> Result<(), Error> {
        if self.output.len() >= self.connection.high_water() { self.flush().await } else { Ok(()) }
    }

    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Writes all that waits.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.check()?;
        self.end.unflushed = true;
        let flushed = ready!(poll_write_all::<S, A>(&mut self.stream, &mut self.output, cx));
        self.end.unflushed = false;
        if let Err(error) = &flushed {
            self.broken = Some(io_error::copy(error));
        }
        Poll::Ready(flushed.map_err(Error::from))
    }

    /// As [`poll_flush`](Self::poll_flush), but puts off the report of a failure: what the peer said
    /// before it comes first. Ready when nothing more can be written.
    pub(super) fn poll_flush_before_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.broken.is_none() && (self.end.unflushed || !self.output.is_empty()) {
            let _ = ready!(self.poll_flush(cx));
            // A Pong may have waited for room.
            self.connection.reply_owed(&mut self.output);
        }
        Poll::Ready(())
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        poll_read::<S, A>(&mut self.stream, cx, room)
    }

    /// Takes the end of the stream. If that is an error, it is found again where the next event is
    /// looked for, and reported when all is written.
    pub(super) fn receive_end(&mut self) {
        self.end.discard = 0;
        self.end.is_by_peer = self.broken.is_none();
        let _ = self.connection.receive_end();
    }

    /// Ends the connection: writes the last Close and shuts the stream down for writing. When the peer
    /// failed it also reads what that one still sends, and discards it: a socket that is dropped with
    /// unread bytes is reset, and the peer would never see why (RFC 6455 §7.1.1). It does not wait for
    /// the peer longer than [`Config::close_timeout`](crate::Config::close_timeout).
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>, input: &mut ReadBuffer) -> Poll<()> {
        for _ in 0..READS_PER_POLL {
            if !self.end.shut_down && self.poll_flush_before_read(cx).is_ready() {
                // Whether the peer can still be told the end is its affair.
                self.end.shut_down = A::poll_shutdown(Pin::new(&mut self.stream), cx).is_ready();
            }
            let is_peer_done = self.end.discard == 0 || !self.connection.has_failed();
            if self.end.shut_down && is_peer_done {
                self.output.release();
                return Poll::Ready(());
            }
            if self.end.discard > 0 {
                let read = self.poll_read(cx, input.room());
                input.release();
                if let Poll::Ready(read) = read {
                    let len = read.unwrap_or(0);
                    let rest = self.end.discard.saturating_sub(len as u32);
                    self.end.discard = if len == 0 { 0 } else { rest };
                    continue;
                }
            }
            // The peer has had its time to read the last that was written, and to end the stream.
            if ready!(self.poll_timeout(cx)).is_err() {
                self.give_up();
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Ready when something was due: a Ping, which is in the output then, or the end.
    pub(super) fn poll_timeout(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Timeout>> {
        while let Some(next) = self.connection.next_timeout() {
            // A timer that runs out too early costs another look, and a message no new timer.
            if let Some((at, timer)) = &mut self.timer
                && *at <= millis(next)
            {
                ready!(timer.as_mut().poll(cx));
            }
            self.timer = None;
            let now = A::now();
            if next <= now {
                return Poll::Ready(self.connection.handle_timeout(now, &mut self.output));
            }
            self.timer = Some((millis(next), Hidden(A::sleep(next.saturating_sub(now)))));
        }
        Poll::Pending
    }

    /// Ends a connection that took too long: what can be written at once is, and nobody is waited for.
    pub(super) fn time_out(&mut self, cx: &mut Context<'_>, timeout: Timeout) {
        self.end.timed_out = Some(timeout);
        let _ = self.poll_flush_before_read(cx);
        let _ = A::poll_shutdown(Pin::new(&mut self.stream), cx);
        self.give_up();
    }

    /// Says what time it is.
    pub(super) fn set_now(&mut self) {
        self.connection.set_now(A::now());
    }

    /// Waits for the peer no longer; what it did not take is dropped.
    fn give_up(&mut self) {
        (self.end.shut_down, self.end.discard) = (true, 0);
        if self.end.unflushed || !self.output.is_empty() {
            self.output = WriteBuffer::new();
            self.broken.get_or_insert(io::ErrorKind::TimedOut.into());
        }
    }

    /// Tells why nothing can be written any more, if that is so.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.broken.as_ref().map_or(Ok(()), |broken| Err(io_error::copy(broken).into()))
    }

    /// What ended the connection: a write that failed before the peer was gone is the cause.
    pub(super) fn cause(&self, error: impl Into<Error>) -> Error {
        match (self.end.timed_out, &self.broken) {
            (Some(timeout), _) => timeout.into(),
            (None, Some(broken)) if !self.end.is_by_peer => io_error::copy(broken).into(),
            _ => error.into(),
        }
    }
}

/// Writes all of `output`, and has the stream hand it on; what was not written stays there.
pub(super) fn poll_write_all<S: Unpin, A: Adapter<S>>(
    stream: &mut S,
    output: &mut WriteBuffer,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while output.has_remaining() {
        let mut parts = [IoSlice::new(&[]); MAX_PARTS];
        let count = output.chunks_vectored(&mut parts);
        let parts = &parts[..count];
        let written = ready!(A::poll_write(Pin::new(stream), cx, parts))?;
        io_error::check_written(written, parts)?;
        output.advance(written);
    }
    A::poll_flush(Pin::new(stream), cx)
}

/// Reads once into `room`.
pub(super) fn poll_read<S: Unpin, A: Adapter<S>>(
    stream: &mut S,
    cx: &mut Context<'_>,
    room: &mut [u8],
) -> Poll<io::Result<usize>> {
    let read = ready!(A::poll_read(Pin::new(stream), cx, room))?;
    Poll::Ready(io_error::check_read(read, room.len()))
}

/// As precise as the timers of a runtime are.
fn millis(time: Duration) -> u64 {
    time.as_millis() as u64
}

/// Reads without a message after which a task gives way: a stream may be ready for ever.
pub(super) const READS_PER_POLL: usize = 16;
/// Bytes of a peer that failed which are read until it has read why, or closes.
const MAX_DISCARD: u32 = 64 * 1024 * 1024;
/// Parts that one vectored write takes.
const MAX_PARTS: usize = 16;
/// Bytes below which a payload is copied for a stream that writes one part at a time: a TLS record.
const COPY_BELOW: usize = 16 * 1024;
