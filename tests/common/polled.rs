//! The scripted stream as tokio and futures-io see it, and futures that are polled by hand.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::LazyLock,
    task::{Context, Poll, Waker, ready},
};

use fullduplex::{Config, Connection, tokio::WebSocket};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    runtime::{Builder, EnterGuard, Runtime},
};

use super::scripted::Scripted;

/// The script as tokio and futures-io see a stream.
pub(crate) struct Polled(pub(crate) Scripted);

impl AsyncRead for Polled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = ready!(self.0.poll_read(room.initialize_unfilled()))?;
        room.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Polled {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(&[bytes])
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let slices: Vec<&[u8]> = slices.iter().map(|slice| &**slice).collect();
        self.0.poll_write(&slices)
    }
    fn is_write_vectored(&self) -> bool {
        true
    }
    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush()
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(feature = "futures-io")]
impl smol::io::AsyncRead for Polled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_read(room)
    }
}

#[cfg(feature = "futures-io")]
impl smol::io::AsyncWrite for Polled {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(&[bytes])
    }
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write_vectored(self, cx, slices)
    }
    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush()
    }
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Polls `future` up to `most` times; `None` if it was dropped then.
pub(crate) fn poll<T>(future: impl Future<Output = T>, most: usize) -> Option<T> {
    let _guard = enter();
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..most {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return Some(value);
        }
    }
    None
}

/// Polls `future` until it is ready.
pub(crate) fn finish<T>(future: impl Future<Output = T>) -> T {
    poll(future, usize::MAX).expect("polled until it is ready")
}

/// A server after its handshake, with the default limits.
pub(crate) fn server(script: Scripted) -> WebSocket<Polled> {
    websocket(Polled(script), Connection::server(&Config::default()))
}

/// A WebSocket after its handshake.
pub(crate) fn websocket<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    connection: Connection,
) -> WebSocket<S> {
    let _guard = enter();
    WebSocket::new(stream, connection, &[])
}

/// A runtime for the timers, which are made when something has to be waited for; here none runs out.
pub(crate) fn enter() -> EnterGuard<'static> {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());
    RUNTIME.enter()
}
