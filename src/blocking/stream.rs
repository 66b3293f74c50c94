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
/// `TcpStream` and `UnixStream` are some. For another type, `impl blocking::Stream for MyStream {}`
/// does, or [`Untimed`] where the type is not yours. Such a stream waits for ever: no ping keeps the
/// connection alive, no timeout ends it, and two peers that both send more than the sockets between
/// them hold wait for each other; with the two methods for timeouts none of that is so.
pub trait Stream: Read + Write {
    /// Sets how long a read waits, which is at least 1 ms. One that waited so long fails with
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) or [`TimedOut`](io::ErrorKind::TimedOut).
    fn set_read_timeout(&mut self, _timeout: Duration) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Sets how long a write waits, likewise.
    fn set_write_timeout(&mut self, _timeout: Duration) -> io::Result<()> {
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
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        (**self).set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        (**self).set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        (**self).shutdown(how)
    }
}

impl<S: Stream + ?Sized> Stream for Box<S> {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        (**self).set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        (**self).set_write_timeout(timeout)
    }

    fn shutdown(&mut self, how: Shutdown) -> io::Result<()> {
        (**self).shutdown(how)
    }
}

impl Stream for TcpStream {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        // Some systems hand it down from a listener; it would make every wait a busy one.
        self.set_nonblocking(false)?;
        Self::set_read_timeout(self, Some(timeout))
    }

    fn set_write_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        Self::set_write_timeout(self, Some(timeout))
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
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.set_nonblocking(false)?;
        Self::set_read_timeout(self, Some(timeout))
    }

    fn set_write_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        Self::set_write_timeout(self, Some(timeout))
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
