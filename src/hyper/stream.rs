//! The stream under a WebSocket that hyper gave away.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What hyper gave away: a connection, or a stream of HTTP/2.
#[derive(Debug)]
pub struct UpgradedStream {
    /// Never locked: hyper's type is not `Sync`, and a WebSocket is.
    io: Mutex<TokioIo<Upgraded>>,
    is_write_vectored: bool,
    /// Bytes that one write takes.
    most: usize,
}

impl UpgradedStream {
    pub(super) fn new(upgraded: Upgraded, is_http2: bool) -> Self {
        let most = if is_http2 { MAX_HTTP2_WRITE } else { usize::MAX };
        let io = TokioIo::new(upgraded);
        Self { is_write_vectored: io.is_write_vectored(), io: Mutex::new(io), most }
    }

    /// What hyper gave, which knows what it is: see [`Upgraded::downcast`].
    pub fn into_inner(self) -> Upgraded {
        self.io.into_inner().unwrap_or_else(PoisonError::into_inner).into_inner()
    }

    fn io(&mut self) -> Pin<&mut TokioIo<Upgraded>> {
        Pin::new(self.io.get_mut().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AsyncRead for UpgradedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.io().poll_read(cx, room)
    }
}

impl AsyncWrite for UpgradedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let len = bytes.len().min(self.most);
        self.io().poll_write(cx, &bytes[..len])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_write_vectored {
            return self.io().poll_write_vectored(cx, parts);
        }
        // Of several, hyper would take the first one whole.
        let first = parts.iter().find(|part| !part.is_empty());
        self.poll_write(cx, first.map_or(&[], |part| part))
    }

    fn is_write_vectored(&self) -> bool {
        self.is_write_vectored
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_shutdown(cx)
    }
}

/// A stream of HTTP/2 takes a copy of what is written, however small its window is, and two of them
/// before it has a writer wait.
const MAX_HTTP2_WRITE: usize = 64 * 1024;
