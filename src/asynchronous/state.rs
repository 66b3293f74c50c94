//! What both directions of a connection share, without I/O: what a lock protects when it is split.

use std::{io, mem, task::Poll, time::Duration};

use super::{adapter::Runtime, observe::Observer};
use crate::{Connection, Error, ProtocolError, Role, SendError, Timeout, WriteBuffer, io_error};

/// The connection, what waits to be written, and how far the stream has come to its end.
#[derive(Debug)]
pub(super) struct State {
    pub(super) connection: Connection,
    pub(super) output: WriteBuffer,
    /// Bytes that a writer has taken out of `output` and not yet written.
    pub(super) taken: usize,
    /// The stream itself may still hold bytes that were written.
    pub(super) unflushed: bool,
    /// Why nothing can be written any more. It is reported when the peer has said all it had to say;
    /// until then `feed` goes on, for an echo that stops at its first error would not hear the rest.
    broken: Option<io::Error>,
    pub(super) shut_down: bool,
    pub(super) ending: Ending,
    /// The peer ended the stream while it could still be written to.
    is_ended_by_peer: bool,
    /// What took too long.
    timed_out: Option<Timeout>,
    /// Bytes that are still read and discarded before the peer is given up.
    discard: u32,
    pub(super) observer: Observer,
}

/// How long a client waits, when both Closes were sent, for the server to end the stream (RFC 6455 §7.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// As long as the time to close goes: the socket of who ends first stays in `TIME_WAIT`.
    InTurn,
    /// Hardly, and ends it in no other way than to drop it: a stream of HTTP/2 costs nothing. There are
    /// servers that do not end it, and one of them takes a frame behind the Closes for an error of the whole
    /// connection.
    #[cfg_attr(not(feature = "http2"), allow(dead_code, reason = "of HTTP/2"))]
    Hasty,
}

impl State {
    pub(super) fn new(connection: Connection, observer: Observer) -> Self {
        Self {
            connection,
            output: WriteBuffer::new(),
            taken: 0,
            unflushed: false,
            broken: None,
            shut_down: false,
            ending: Ending::InTurn,
            is_ended_by_peer: false,
            timed_out: None,
            discard: MAX_DISCARD,
            observer,
        }
    }

    /// Ends the connection since what was located last is no text: the peer is told.
    #[cold]
    pub(super) fn fail_text(&mut self, error: ProtocolError) -> ProtocolError {
        let error = self.connection.fail_text(error, &mut self.output);
        self.observer.protocol_error(&error);
        self.observer.closing(self.connection.closing());
        error
    }

    /// Does what the caller asks of the connection.
    pub(super) fn send(
        &mut self,
        call: impl FnOnce(&mut Connection, &mut WriteBuffer) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        call(&mut self.connection, &mut self.output).map_err(|error| {
            match (error, self.connection.closing()) {
                (SendError::Closed, Some(closing)) => Error::Closed(Box::new(closing.clone())),
                (error, _) => error.into(),
            }
        })
    }

    /// Whether so much waits that `feed` must.
    pub(super) fn is_full(&self) -> bool {
        self.output.len() + self.taken >= self.connection.high_water()
    }

    /// Whether there is something to be written, and it can be.
    pub(super) fn is_write_due(&self) -> bool {
        let waits = self.unflushed || self.taken > 0 || !self.output.is_empty();
        waits && self.broken.is_none()
    }

    /// Hands over all that is queued, into a buffer that is empty.
    pub(super) fn take_output(&mut self, taken: &mut WriteBuffer) {
        mem::swap(&mut self.output, taken);
        self.taken = taken.len();
        self.unflushed |= !taken.is_empty();
    }

    /// Takes back what a writer has not written.
    pub(super) fn give_back(&mut self, mut taken: WriteBuffer) {
        taken.append_all(&mut self.output);
        (self.output, self.taken) = (taken, 0);
    }

    /// Answers the Ping that was put off, if there is room now; says whether it did.
    pub(super) fn reply_owed(&mut self) -> bool {
        let before = self.output.len();
        self.connection.reply_owed(&mut self.output);
        self.output.len() > before
    }

    /// Takes note of a write of `count` bytes and how it ended. Says whether the stream has begun to
    /// take nothing more.
    pub(super) fn wrote<A: Runtime>(
        &mut self,
        count: usize,
        written: &Poll<io::Result<()>>,
    ) -> bool {
        let was_stalled = self.connection.is_write_stalled();
        if written.is_pending() || was_stalled {
            self.connection.set_now(A::now());
        }
        if count > 0 || written.is_ready() {
            self.connection.wrote();
        }
        match written {
            Poll::Pending => self.connection.write_stalled(),
            Poll::Ready(Ok(())) => self.unflushed = false,
            Poll::Ready(Err(error)) if A::is_temporary(error) => {}
            Poll::Ready(Err(error)) => {
                self.observer.io_error(error);
                self.broken = Some(io_error::copy(error));
            }
        }
        written.is_pending() && !was_stalled
    }

    /// Takes note of the end of the stream.
    pub(super) fn peer_ended(&mut self) {
        self.discard = 0;
        self.is_ended_by_peer = self.broken.is_none();
    }

    /// Takes the end of the stream for that of the connection. If that is an error, it is found again
    /// where the next event is looked for, and reported when all is written.
    pub(super) fn receive_end(&mut self) {
        let _ = self.connection.receive_end();
    }

    /// Takes bytes that came after the end: nothing in them counts.
    pub(super) fn discarded(&mut self, now: Duration, len: usize) {
        self.connection.set_now(now);
        self.discard = if len == 0 { 0 } else { self.discard.saturating_sub(len as u32) };
    }

    /// Whether the peer may still send, so that reading goes on until it ends the stream.
    pub(super) const fn is_peer_awaited(&self) -> bool {
        self.discard > 0
    }

    /// Whether the peer is to end the stream before this side drops it: one that failed, so that it
    /// reads why, and a server, for it is the server's turn (RFC 6455 §7.1.1).
    pub(super) fn is_peer_first(&self) -> bool {
        self.discard > 0 && (self.connection.has_failed() || self.connection.role() == Role::Client)
    }

    /// Whether both Closes were sent, and no more than the end of the stream is waited for, not long.
    pub(super) fn is_hasty(&self) -> bool {
        let has_closed = self.connection.is_closed() && !self.connection.has_failed();
        self.ending == Ending::Hasty && has_closed
    }

    /// Begins to wait for the end of the stream.
    pub(super) fn begin_to_end<A: Runtime>(&mut self) {
        if self.is_hasty() {
            self.connection.shorten_closing(A::now(), HASTY_END);
        }
    }

    /// How long a read may wait, where it does: until something is due, and hardly while a write waits.
    pub(super) fn read_limit<A: Runtime>(&self, is_write_waiting: bool) -> Option<Duration> {
        let limit = |limit: Duration| limit.clamp(MIN_LIMIT, MAX_READ_LIMIT);
        A::WAITS.then(|| match self.connection.next_timeout() {
            _ if is_write_waiting => MIN_LIMIT,
            Some(next) => limit(next.saturating_sub(A::now())),
            None => MAX_READ_LIMIT,
        })
    }

    /// Does what is due: sends a Ping, or ends the connection.
    pub(super) fn handle_timeout(&mut self, now: Duration) -> Result<(), Timeout> {
        let handled = self.connection.handle_timeout(now, &mut self.output);
        self.observer.closing(self.connection.closing());
        handled
    }

    pub(super) fn time_out(&mut self, timeout: Timeout) {
        self.observer.timed_out(timeout);
        self.timed_out = Some(timeout);
    }

    /// Waits for the peer no longer; what it did not take is dropped.
    pub(super) fn give_up(&mut self) {
        (self.shut_down, self.discard) = (true, 0);
        if self.is_write_due() {
            self.output = WriteBuffer::new();
            self.broken = Some(io::ErrorKind::TimedOut.into());
        }
    }

    /// Tells why nothing can be written any more, if that is so.
    #[inline]
    pub(super) fn check(&self) -> Result<(), Error> {
        match (self.timed_out, &self.broken) {
            (None, None) => Ok(()),
            (Some(timeout), _) => Err(timeout.into()),
            (None, Some(broken)) => Err(io_error::copy(broken).into()),
        }
    }

    /// Why a write failed: after a timeout, since this side ended the stream meanwhile.
    pub(super) fn write_failed(&self, error: io::Error) -> Error {
        self.timed_out.map_or_else(|| error.into(), Error::from)
    }

    /// What ended the connection: a write that failed before the peer was gone is the cause.
    pub(super) fn cause<A: Runtime>(&mut self, error: impl Into<Error>) -> Error {
        match (self.timed_out, &self.broken) {
            (Some(timeout), _) => timeout.into(),
            (None, Some(broken)) if !self.is_ended_by_peer => io_error::copy(broken).into(),
            _ => {
                let error = error.into();
                self.observer.failed::<A>(&error);
                error
            }
        }
    }
}

/// What a stream can be told at least, on every system.
pub(crate) const MIN_LIMIT: Duration = Duration::from_millis(1);
/// After this long at the latest a half that waits in a read sees what the other one did.
const MAX_READ_LIMIT: Duration = Duration::from_secs(5);
/// How long the end of a stream of HTTP/2 is waited for: browsers wait 2 s.
const HASTY_END: Duration = Duration::from_secs(1);
/// Bytes of a peer that failed which are read until it has read why, or closes.
const MAX_DISCARD: u32 = 64 * 1024 * 1024;
