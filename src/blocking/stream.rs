//! Streams that wait, for so long at most.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

#[cfg(unix)]
use std::os::unix::net::UnixStream;

/// A stream that waits until it has read or written something.
///
/// `TcpStream` and `UnixStream` are some; their timeouts are the WebSocket's to set for as long as it
/// has them. Any other type can be one, by handing on what its socket can:
///
/// ```
/// # struct Tls(std::net::TcpStream);
/// # impl std::io::Read for Tls {
/// #     fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> { self.0.read(room) }
/// # }
/// # impl std::io::Write for Tls {
/// #     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> { self.0.write(bytes) }
/// #     fn flush(&mut self) -> std::io::Result<()> { self.0.flush() }
/// # }
/// # use std::{io, net::Shutdown, time::Duration};
/// use fullduplex::blocking::Stream;
///
/// impl Stream for Tls {
///     fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
///         self.0.set_read_timeout(timeout)
///     }
///     fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
///         self.0.set_write_timeout(timeout)
///     }
///     fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
///         self.0.shutdown(how)
///     }
/// }
/// ```
///
/// Without these, and in [`Untimed`], a stream waits for ever: no ping keeps the connection alive, no
/// timeout ends it, and two peers that both send more than the sockets between them hold wait for each
/// other.
pub trait Stream: Read + Write {
    /// Sets how long a read waits, which is at least 1 ms; `None`: for ever. One that waited so long
    /// fails with [`WouldBlock`](io::ErrorKind::WouldBlock) or [`TimedOut`](io::ErrorKind::TimedOut).
    fn set_read_timeout(&mut self, _timeout: Option<Duration>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Sets how long a write waits, likewise.
    fn set_write_timeout(&mut self, _timeout: Option<Duration>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Ends the stream in one direction, or makes reads and writes that wait on a clone of it fail.
    fn shutdown(&mut self, _how: Shutdown) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that two threads can use at once: see [`WebSocket::split`](super::WebSocket::split).
pub trait CloneStream: Stream + Sized {
    /// The same stream once more.
    fn try_clone(&self) -> io::Result<Self>;
}

/// Any stream, with whatever timeouts it has of its own. A read or write that runs into one is
/// reported as [`Error::Io`](crate::Error::Io) and loses nothing: the call can be made again.
#[derive(Clone, Debug)]
pub struct Untimed<S>(pub S);

impl<S: Read> Read for Untimed<S> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read(room)
    }
}

impl<S: Write> Write for Untimed<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<S: Read + Write> Stream for Untimed<S> {}

impl<S: Stream + ?Sized> Stream for &mut S {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        (**self).set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        (**self).set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        (**self).shutdown(how)
    }
}

impl<S: Stream + ?Sized> Stream for Box<S> {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        (**self).set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        (**self).set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        (**self).shutdown(how)
    }
}

impl Stream for TcpStream {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        // Some systems hand it down from a listener; it would make every wait a busy one.
        self.set_nonblocking(false)?;
        Self::set_read_timeout(self, timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        Self::set_write_timeout(self, timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }
}

impl CloneStream for TcpStream {
    fn try_clone(&self) -> io::Result<Self> {
        Self::try_clone(self)
    }
}

#[cfg(unix)]
impl Stream for UnixStream {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.set_nonblocking(false)?;
        Self::set_read_timeout(self, timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        Self::set_write_timeout(self, timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        Self::shutdown(self, how)
    }
}

#[cfg(unix)]
impl CloneStream for UnixStream {
    fn try_clone(&self) -> io::Result<Self> {
        Self::try_clone(self)
    }
}
