//! The driver on streams that wait: a poll that is pending has waited for as long as it may.

use std::{
    io::{self, IoSlice},
    net::Shutdown,
    pin::{Pin, pin},
    sync::OnceLock,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use super::stream::Stream;
use crate::asynchronous::{ReadFrom, Runtime, WriteTo, sealed};

/// Reads from and writes to streams that wait.
#[derive(Debug)]
pub enum Blocking {}

/// A stream, and how long its reads and writes wait.
#[derive(Debug)]
pub struct Timed<S> {
    pub(super) stream: S,
    /// Whether it can be told.
    pub(super) has_timeouts: bool,
    read_limit: Duration,
    write_limit: Duration,
}

// It is used where it stands, never pinned.
impl<S> Unpin for Timed<S> {}

impl<S: Stream> Timed<S> {
    pub(super) fn new(mut stream: S) -> Self {
        let has_timeouts = stream.set_write_timeout(Some(LIMIT)).is_ok()
            && stream.set_read_timeout(Some(LIMIT)).is_ok();
        if !has_timeouts {
            let _ = stream.set_write_timeout(None);
        }
        Self { stream, has_timeouts, read_limit: LIMIT, write_limit: LIMIT }
    }

    /// The stream, for somebody else to use.
    pub(super) fn lend(&mut self) -> &mut S {
        if self.has_timeouts {
            let _ = self.stream.set_read_timeout(None);
            let _ = self.stream.set_write_timeout(None);
            (self.read_limit, self.write_limit) = (Duration::MAX, Duration::MAX);
        }
        &mut self.stream
    }

    /// The stream, as it was.
    pub(super) fn into_inner(mut self) -> S {
        self.lend();
        self.stream
    }

    /// Goes on for the other direction as well, of which `reader` was a clone.
    pub(super) fn join(self, reader: &Self) -> Self {
        Self { read_limit: reader.read_limit, ..self }
    }

    /// The same stream for the other direction.
    pub(super) fn with_stream<T>(&self, stream: T) -> Timed<T> {
        let Self { has_timeouts, read_limit, write_limit, .. } = *self;
        Timed { stream, has_timeouts, read_limit, write_limit }
    }

    /// The result of a call, where a signal interrupts nothing, and running out of time is no error.
    fn poll<T>(&mut self, mut call: impl FnMut(&mut S) -> io::Result<T>) -> Poll<io::Result<T>> {
        loop {
            match call(&mut self.stream) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if self.has_timeouts && Blocking::is_temporary(&error) => {
                    return Poll::Pending;
                }
                result => return Poll::Ready(result),
            }
        }
    }
}

/// Polls until it is ready: each poll waits by itself.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
}

/// Ready at a time; it wakes nobody.
#[derive(Debug)]
pub struct Deadline(Duration);

impl Future for Deadline {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if Blocking::now() >= self.0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl sealed::Sealed for Blocking {}

impl Runtime for Blocking {
    type Timer = Deadline;

    const WAITS: bool = true;

    fn now() -> Duration {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        ORIGIN.get_or_init(Instant::now).elapsed()
    }

    fn timer(duration: Duration) -> Deadline {
        Deadline(Self::now().saturating_add(duration))
    }

    fn is_temporary(error: &io::Error) -> bool {
        match error.kind() {
            io::ErrorKind::WouldBlock => true,
            // On Unix the system says so of a connection that it has given up.
            io::ErrorKind::TimedOut => !cfg!(unix) || error.raw_os_error().is_none(),
            _ => false,
        }
    }
}

impl<S: Stream> ReadFrom<Timed<S>> for Blocking {
    fn poll_read(
        mut stream: Pin<&mut Timed<S>>,
        _: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        stream.poll(|stream| stream.read(room))
    }

    fn wait_at_most(stream: &mut Timed<S>, limit: Duration) {
        if stream.has_timeouts && is_due(&mut stream.read_limit, limit) {
            let _ = stream.stream.set_read_timeout(Some(stream.read_limit));
        }
    }

    fn is_timed(stream: &Timed<S>) -> bool {
        stream.has_timeouts
    }

    fn abort(stream: &mut Timed<S>) {
        let _ = stream.stream.shutdown(Shutdown::Both);
    }
}

impl<S: Stream> WriteTo<Timed<S>> for Blocking {
    fn poll_write(
        mut stream: Pin<&mut Timed<S>>,
        _: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        stream.poll(|stream| match parts {
            [part] => stream.write(part),
            parts => stream.write_vectored(parts),
        })
    }

    fn poll_flush(mut stream: Pin<&mut Timed<S>>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream.poll(io::Write::flush)
    }

    fn poll_shutdown(mut stream: Pin<&mut Timed<S>>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(stream.stream.shutdown(Shutdown::Write))
    }

    fn is_vectored(_: &Timed<S>) -> bool {
        true
    }

    fn wait_at_most(stream: &mut Timed<S>, limit: Duration) {
        if stream.has_timeouts && is_due(&mut stream.write_limit, limit) {
            let _ = stream.stream.set_write_timeout(Some(stream.write_limit));
        }
    }
}

/// Whether a stream has to be told of a new limit. It is told of a shorter one, so that it need not be
/// told again at every call while a deadline comes nearer: to look too early costs less.
fn is_due(current: &mut Duration, limit: Duration) -> bool {
    let is_due = limit < *current || *current < limit / 2;
    if is_due {
        *current = (limit / 4 * 3).max(MIN_LIMIT);
    }
    is_due
}

/// How long a stream waits before it has been told anything else.
const LIMIT: Duration = Duration::from_secs(5);
/// What a stream can be told at least, on every system.
const MIN_LIMIT: Duration = Duration::from_millis(1);
