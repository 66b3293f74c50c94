//! The sending side of a WebSocket: what is needed to answer while a message is lent.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Buf;

use super::Adapter;
use crate::{Config, Connection, Error, Message, WriteBuffer, io_error};

/// Connection, output and stream.
#[derive(Debug)]
pub(super) struct Link<S, A> {
    pub(super) stream: S,
    pub(super) connection: Connection,
    pub(super) output: WriteBuffer,
    /// Bytes in the output from which `feed` first writes.
    pub(super) high_water: usize,
    /// The stream itself may still hold bytes that were written.
    unflushed: bool,
    /// Why nothing can be written any more. It is reported when the peer has said all it had to say.
    broken: Option<io::Error>,
    adapter: PhantomData<A>,
}

impl<S: Unpin, A: Adapter<S>> Link<S, A> {
    pub(super) fn new(
        stream: S,
        connection: Connection,
        mut output: WriteBuffer,
        config: &Config,
    ) -> Self {
        if !A::is_vectored(&stream) {
            output.share_from(COPY_BELOW);
        }
        Self {
            stream,
            connection,
            output,
            high_water: config.write_high_water,
            unflushed: false,
            broken: None,
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
        if self.output.len() >= self.high_water { self.flush().await } else { Ok(()) }
    }

    pub(super) async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Writes all that waits.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if let Some(error) = &self.broken {
            return Poll::Ready(Err(io_error::copy(error).into()));
        }
        self.unflushed = true;
        let flushed = ready!(poll_write_all::<S, A>(&mut self.stream, &mut self.output, cx));
        self.unflushed = false;
        if let Err(error) = &flushed {
            self.broken = Some(io_error::copy(error));
        }
        Poll::Ready(flushed.map_err(Error::from))
    }

    /// As [`poll_flush`](Self::poll_flush), but puts off the report of a failure: what the peer said
    /// before it comes first. Ready when nothing more can be written.
    pub(super) fn poll_flush_before_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.broken.is_none() && (self.unflushed || !self.output.is_empty()) {
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

    /// What ended the connection: a write that failed before the peer was gone is the cause.
    pub(super) fn cause(&self, error: impl Into<Error>) -> Error {
        self.broken.as_ref().map_or_else(|| error.into(), |broken| io_error::copy(broken).into())
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
        let written = ready!(A::poll_write(Pin::new(stream), cx, &parts[..count]))?;
        io_error::check_written(written, output.remaining())?;
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

/// Parts that one vectored write takes.
const MAX_PARTS: usize = 16;
/// Bytes below which a payload is copied for a stream that writes one part at a time: a TLS record.
const COPY_BELOW: usize = 16 * 1024;
