//! The stream that `connect` makes.

use std::{
    fmt,
    io::{self, IoSlice, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

#[cfg(unix)]
use std::os::unix::net::UnixStream;

use super::{CloneStream, Stream};

/// The stream that [`connect`](super::connect) makes: TCP or a Unix socket, with TLS or without.
///
/// One with TLS cannot be cloned, so a WebSocket over it cannot be split
/// ([`Unsupported`](io::ErrorKind::Unsupported)): both directions of TLS share their keys' state.
#[derive(Debug)]
pub struct ClientStream(Box<dyn Transport>);

/// What a [`ClientStream`] can be.
pub(super) trait Transport: Stream + fmt::Debug + Send + Sync {
    fn clone_transport(&self) -> io::Result<Box<dyn Transport>>;

    fn tcp(&self) -> Option<&TcpStream> {
        None
    }

    #[cfg(feature = "rustls")]
    fn tls(&self) -> Option<&rustls::ClientConnection> {
        None
    }
}

impl Transport for TcpStream {
    fn clone_transport(&self) -> io::Result<Box<dyn Transport>> {
        Ok(Box::new(self.try_clone()?))
    }

    fn tcp(&self) -> Option<&TcpStream> {
        Some(self)
    }
}

#[cfg(unix)]
impl Transport for UnixStream {
    fn clone_transport(&self) -> io::Result<Box<dyn Transport>> {
        Ok(Box::new(self.try_clone()?))
    }
}

impl ClientStream {
    /// The TCP stream, to ask it for addresses or to set its options; `None` on a Unix socket.
    pub fn tcp(&self) -> Option<&TcpStream> {
        self.0.tcp()
    }

    /// The TLS connection, to ask it for the server's certificate; `None` without TLS.
    #[cfg(feature = "rustls")]
    pub fn tls(&self) -> Option<&rustls::ClientConnection> {
        self.0.tls()
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

#[cfg(feature = "rustls")]
impl From<super::TlsStream<ClientStream>> for ClientStream {
    fn from(stream: super::TlsStream<Self>) -> Self {
        Self(Box::new(stream))
    }
}

impl Read for ClientStream {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read(room)
    }
}

impl Write for ClientStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Stream for ClientStream {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }
}

impl CloneStream for ClientStream {
    fn try_clone(&self) -> io::Result<Self> {
        self.0.clone_transport().map(Self)
    }
}
