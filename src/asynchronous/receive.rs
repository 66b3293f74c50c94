//! Receiving: the loop between the stream and [`Connection::locate`](crate::Connection).

use std::{
    future::poll_fn,
    io, mem,
    task::{Context, Poll, ready},
};

use super::{
    adapter::Runtime,
    ahead::Ahead,
    lending::Lending,
    link::{READS_PER_POLL, Source, Turn},
    state::State,
};
use crate::{
    Error, Message, ProtocolError,
    connection::{LocatedEvent, LocatedMessage},
    part::Unit,
    read_buffer::ReadBuffer,
};

/// Bytes that were read, and what was taken out of them ahead of time.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) input: ReadBuffer,
    /// What was read while the application was sending.
    pub(super) ahead: Option<Box<Ahead>>,
    /// What the application received by last, and so what is read ahead.
    pub(super) unit: Unit,
    /// Reads of those who receive, since the last one that had to wait.
    reads: u8,
    /// The stream has ended: it is not read again.
    has_ended: bool,
    /// The last item of a stream was given.
    #[cfg(feature = "futures")]
    is_terminated: bool,
}

impl Inbox {
    pub(super) const fn new(input: ReadBuffer) -> Self {
        Self {
            input,
            ahead: None,
            unit: Unit::Message,
            reads: 0,
            has_ended: false,
            #[cfg(feature = "futures")]
            is_terminated: false,
        }
    }

    /// Finds the next message if it lies whole in what was read, as most do.
    ///
    /// It only overtakes [`poll_locate`](Self::poll_locate), which finds any: what takes no detour
    /// through a future is not moved about. It may, since it never waits, since no data frame begins
    /// to close, and since the clock is looked at before each read.
    #[inline(always)]
    pub(super) fn locate_whole(&mut self, link: &mut impl Source) -> Option<LocatedMessage> {
        if self.ahead.is_some() {
            return None;
        }
        self.unit = Unit::Message;
        let (read, used) = self.input.parts();
        link.state(|state| state.connection.locate_whole(read, used, &mut state.output))
    }

    /// Finds the next message, or piece of one: in what was read, or by reading on.
    pub(super) fn poll_locate(
        &mut self,
        link: &mut impl Source,
        unit: Unit,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<LocatedMessage>, Error>> {
        self.unit = unit;
        if let Some(located) = self.take_message() {
            if unit == Unit::Chunk || located.is_whole() {
                return Poll::Ready(Ok(Some(located)));
            }
            link.state(|state| state.connection.take_back(located));
        }
        link.register(cx);
        loop {
            match locate(link, &mut self.input, unit) {
                Ok(None) => {}
                Ok(located) => return Poll::Ready(Ok(located)),
                // The peer is told before the application hears of it: one that leaves at the first
                // error must not hide it.
                Err(error) => {
                    self.input.release();
                    ready!(link.poll_end(cx, &mut self.input));
                    return Poll::Ready(Err(match error {
                        ProtocolError::EndWithoutClose => cause(link, error),
                        _ => error.into(),
                    }));
                }
            }
            self.input.release();
            if link.state(|state| state.connection.is_closed()) {
                ready!(link.poll_end(cx, &mut self.input));
                return Poll::Ready(Ok(None));
            }
            // Reading goes on while a write waits: the peer may be waiting for us to read. It adds
            // nothing to the output but Pongs below the mark.
            let written = link.poll_flush_before_read(cx, Turn::Leave)?;
            // A peer that always has something to say stops no clock.
            if link.state(|state| state.connection.is_due()) {
                // But a part of a message counts: see `Config::idle_timeout`.
                if !self.input.is_empty() {
                    self.gather(link);
                    continue;
                }
                if let Poll::Ready(Err(timeout)) = link.poll_timeout(cx) {
                    return Poll::Ready(Err(link.end_by(cx, timeout)));
                }
            }
            // Nor does one that lets nobody else run.
            if usize::from(self.reads) >= READS_PER_POLL {
                self.reads = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let read = self.poll_read(link, cx, written.is_pending());
            self.reads = if read.is_pending() { 0 } else { self.reads + 1 };
            match read {
                Poll::Ready(Ok(0)) => link.state(State::receive_end),
                Poll::Ready(Ok(_)) => {}
                // What there was of a message was no text.
                _ if link.state(|state| state.connection.has_failed()) => {}
                Poll::Ready(Err(error)) => {
                    return Poll::Ready(Err(cause(link, error)));
                }
                Poll::Pending => {
                    // All that the peer said was delivered; there is nothing to wait for.
                    link.state(|state| state.check())?;
                    if let Err(timeout) = ready!(link.poll_timeout(cx)) {
                        return Poll::Ready(Err(link.end_by(cx, timeout)));
                    }
                }
            }
        }
    }

    /// Finds the next message and takes it out, to keep.
    pub(super) fn poll_receive(
        &mut self,
        link: &mut impl Source,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Message<'static>>, Error>> {
        loop {
            let located = ready!(self.poll_locate(link, Unit::Message, cx));
            let message = match located {
                Ok(Some(located)) => self.lend(located),
                Ok(None) => return Poll::Ready(Ok(None)),
                Err(error) => return Poll::Ready(Err(error)),
            };
            match message.map(Message::into_owned) {
                Ok(message) => {
                    self.input.release();
                    return Poll::Ready(Ok(Some(message)));
                }
                // Nothing behind a message that is none counts; the error is found again.
                Err(error) => {
                    link.state(|state| state.fail_text(error));
                    self.input.discard();
                }
            }
        }
    }

    /// The next message as an item of a stream, which ends after an error.
    #[cfg(feature = "futures")]
    pub(super) fn poll_next(
        &mut self,
        link: &mut impl Source,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message<'static>, Error>>> {
        if self.is_terminated {
            return Poll::Ready(None);
        }
        let received = ready!(self.poll_receive(link, cx));
        self.is_terminated = !matches!(received, Ok(Some(_)));
        Poll::Ready(received.transpose())
    }

    #[cfg(feature = "futures")]
    pub(super) const fn is_terminated(&self) -> bool {
        self.is_terminated
    }

    /// Drops what still comes, up to the end.
    pub(super) async fn drain(&mut self, link: &mut impl Source) -> Result<(), Error> {
        loop {
            let received = Lending::new(self, link, Unit::Chunk, |_, _| ()).await;
            if received.is_err() {
                // Nothing behind a message that is none counts.
                self.input.discard();
            }
            if received?.is_none() {
                return Ok(());
            }
            // A peer may have messages for ever, and so a stream may be ready for ever.
            give_way().await;
        }
    }

    /// Lends what was located; checks its text. If that is none, [`State::fail_text`].
    #[inline(always)]
    pub(super) fn lend(&self, located: LocatedMessage) -> Result<Message<'_>, ProtocolError> {
        located.lend(self.input.read())
    }

    /// Takes what was read of a message whose rest has not come, all that is left of the input: a
    /// connection that waits holds no block.
    fn gather(&mut self, link: &mut impl Source) {
        let (read, used) = self.input.parts();
        if *used < read.len() {
            let located = link.state(|state| {
                state.connection.locate_parts(read, used, Unit::Message, &mut state.output)
            });
            // An error is found again.
            debug_assert!(!matches!(located, Ok(Some(_))), "what was whole was found");
        }
    }

    /// Reads once; the block is held only while the read is polled or bytes are in it.
    pub(super) fn poll_read<L: Source>(
        &mut self,
        link: &mut L,
        cx: &mut Context<'_>,
        is_write_waiting: bool,
    ) -> Poll<io::Result<usize>> {
        if let Some(error) = self.take_failure() {
            return Poll::Ready(Err(error));
        }
        if self.has_ended {
            return Poll::Ready(Ok(0));
        }
        let limit = link.state(|state| {
            state.output.release();
            state.read_limit::<L::Runtime>(is_write_waiting)
        });
        let read = link.poll_read(cx, self.input.room(), limit);
        if let Poll::Ready(Ok(len @ 1..)) = read {
            self.input.filled(len);
        } else {
            self.gather(link);
            self.input.release();
        }
        let len = ready!(read)?;
        self.has_ended = len == 0;
        link.state(|state| {
            state.connection.set_now(L::Runtime::now());
            if len == 0 {
                state.peer_ended();
            }
        });
        Poll::Ready(Ok(len))
    }
}

/// Finds the next message, or piece of one, in what was read. Of a message that began there and can
/// end there, nothing is used up: what was read of it need not be copied if more is there to be read.
pub(super) fn locate<L: Source>(
    link: &mut L,
    input: &mut ReadBuffer,
    unit: Unit,
) -> Result<Option<LocatedMessage>, ProtocolError> {
    link.state(|state| {
        let was_closing = state.connection.closing().is_some();
        let located = loop {
            let State { connection, output, .. } = state;
            let (read, used) = input.parts();
            if let Some(message) = connection.locate_whole(read, used, output) {
                break Ok(Some(message));
            }
            if unit == Unit::Message
                && let Some(missing) = connection.missing(&read[*used..])
                && input.make_room(missing)
            {
                break Ok(None);
            }
            let (read, used) = input.parts();
            match connection.locate_parts(read, used, unit, output) {
                Ok(Some(LocatedEvent::Message(located))) => break Ok(Some(located)),
                Ok(Some(_)) => {}
                Ok(None) => break Ok(None),
                Err(error) => break Err(error),
            }
        };
        if let Err(error) = &located {
            state.observer.protocol_error(error);
        }
        state.observer.closing(state.connection.closing());
        if !was_closing && state.connection.closing().is_some() {
            // The application may have been busy since the time was told.
            state.connection.restart_closing(L::Runtime::now());
        }
        located
    })
}

/// What ended the connection: [`State::cause`].
#[cold]
fn cause<L: Source>(link: &mut L, error: impl Into<Error>) -> Error {
    link.state(|state| state.cause::<L::Runtime>(error))
}

/// Lets other tasks run.
pub(super) async fn give_way() {
    let mut given = false;
    poll_fn(|cx| {
        if mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
