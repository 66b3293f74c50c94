//! One read from a stream and one write to it, as its adapter says, and held to what a stream may
//! report.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Buf;

use super::adapter::{ReadFrom, WriteTo};
use crate::{WriteBuffer, io_error};

/// Has `output` copy what the stream would write one by one.
pub(super) fn fit_output<W, A: WriteTo<W>>(stream: &W, output: &mut WriteBuffer) {
    if !A::is_vectored(stream) {
        output.share_from(COPY_BELOW);
    }
}

/// Writes all of `output`, and has the stream hand it on; what was not written stays there.
pub(super) fn poll_write_all<W: Unpin, A: WriteTo<W>>(
    stream: &mut W,
    output: &mut WriteBuffer,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while output.has_remaining() {
        ready!(poll_write_some::<W, A>(stream, output, cx))?;
    }
    A::poll_flush(Pin::new(stream), cx)
}

/// Writes once.
pub(super) fn poll_write_some<W: Unpin, A: WriteTo<W>>(
    stream: &mut W,
    output: &mut WriteBuffer,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    let stream = Pin::new(stream);
    let chunk = output.chunk();
    let (given, written) = if chunk.len() == output.len() {
        (chunk.len(), A::poll_write(stream, cx, &[IoSlice::new(chunk)]))
    } else {
        let mut parts = [IoSlice::new(&[]); MAX_PARTS];
        let count = output.chunks_vectored(&mut parts);
        let given = parts[..count].iter().map(|part| part.len()).sum();
        (given, A::poll_write(stream, cx, &parts[..count]))
    };
    let written = ready!(written)?;
    io_error::check_written(written, given)?;
    output.advance(written);
    Poll::Ready(Ok(()))
}

/// Reads once into `room`; where that waits, no longer than `limit`.
pub(super) fn poll_read<R: Unpin, A: ReadFrom<R>>(
    stream: &mut R,
    cx: &mut Context<'_>,
    room: &mut [u8],
    limit: Option<Duration>,
) -> Poll<io::Result<usize>> {
    if let Some(limit) = limit {
        <A as ReadFrom<R>>::wait_at_most(stream, limit);
    }
    let read = ready!(A::poll_read(Pin::new(stream), cx, room))?;
    Poll::Ready(io_error::check_read(read, room.len()))
}

/// Parts that one vectored write takes.
const MAX_PARTS: usize = 16;
/// Bytes below which a payload is copied for a stream that writes one part at a time: a TLS record.
const COPY_BELOW: usize = 16 * 1024;
