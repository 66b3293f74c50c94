//! The stream that `connect` makes.

use std::{
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// The stream that [`connect`](super::connect) makes: TCP or a Unix socket, with TLS or without.
#[derive(Debug)]
pub struct ClientStream(Box<dyn Transport>);

/// What a [`ClientStream`] can be.
trait Transport: AsyncRead + AsyncWrite + fmt::Debug + Send + Sync + Unpin {
    fn tcp(&self) -> Option<&TcpStream> {
        None
    }

    #[cfg(feature = "tokio-rustls")]
    fn tls(&self) -> Option<&rustls::ClientConnection> {
        None
    }
}

impl Transport for TcpStream {
    fn tcp(&self) -> Option<&TcpStream> {
        Some(self)
    }
}

#[cfg(unix)]
impl Transport for UnixStream {}

#[cfg(feature = "tokio-rustls")]
impl Transport for tokio_rustls::client::TlsStream<ClientStream> {
    fn tcp(&self) -> Option<&TcpStream> {
        self.get_ref().0.tcp()
    }

    fn tls(&self) -> Option<&rustls::ClientConnection> {
        Some(self.get_ref().1)
    }
}

impl ClientStream {
    /// The TCP stream, to ask it for addresses or to set its options; `None` on a Unix socket.
    pub fn tcp(&self) -> Option<&TcpStream> {
        self.0.tcp()
    }

    /// The TLS connection, to ask it for the server's certificate; `None` without TLS.
    #[cfg(feature = "tokio-rustls")]
    pub fn tls(&self) -> Option<&rustls::ClientConnection> {
        self.0.tls()
    }

    fn transport(&mut self) -> Pin<&mut dyn Transport> {
        Pin::new(&mut *self.0)
    }
}

impl From<TcpStream> for ClientStream {
    fn from(stream: TcpStream) -> Self {
        Self(Box::new(stream))
    }
}

#[cfg(unix)]
impl From<UnixStream> for ClientStream {
    fn from(stream: UnixStream) -> Self {
        Self(Box::new(stream))
    }
}

#[cfg(feature = "tokio-rustls")]
impl From<tokio_rustls::client::TlsStream<ClientStream>> for ClientStream {
    fn from(stream: tokio_rustls::client::TlsStream<Self>) -> Self {
        Self(Box::new(stream))
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.transport().poll_read(cx, room)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.transport().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.transport().poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport().poll_shutdown(cx)
    }
}
