//! The scripted stream as two halves share it, for every adapter.

use std::{
    io::{self, ErrorKind, Read, Write},
    sync::{Arc, Mutex, MutexGuard},
    task::Poll,
    time::Duration,
};

use fullduplex::blocking;

use super::scripted::Scripted;

/// A handle to a script. As a blocking stream it has timeouts: they have run out where another one is
/// pending.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<Scripted>>);

impl Shared {
    pub(crate) fn new(script: Scripted) -> Self {
        Self(Arc::new(Mutex::new(script)))
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Scripted> {
        self.0.lock().unwrap()
    }

    /// All bytes that were taken.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.script().written.clone()
    }
}

fn limit<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}

fn bytes<'a>(slices: &'a [io::IoSlice<'_>]) -> Vec<&'a [u8]> {
    slices.iter().map(|slice| &**slice).collect()
}

impl blocking::Stream for Shared {
    fn set_read_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }
    fn set_write_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }
}

impl blocking::CloneStream for Shared {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(self.clone())
    }
}

impl Read for Shared {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        limit(self.script().poll_read(room))
    }
}

impl Write for Shared {
    fn write(&mut self, slice: &[u8]) -> io::Result<usize> {
        limit(self.script().poll_write(&[slice]))
    }
    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        limit(self.script().poll_write(&bytes(slices)))
    }
    fn flush(&mut self) -> io::Result<()> {
        limit(self.script().poll_flush())
    }
}

#[cfg(feature = "tokio")]
mod of_tokio {
    use std::{
        io::{self, IoSlice},
        pin::Pin,
        task::{Context, Poll, ready},
    };

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::{Shared, bytes};

    impl AsyncRead for Shared {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            room: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let len = ready!(self.script().poll_read(room.initialize_unfilled()))?;
            room.advance(len);
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Shared {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slice: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.script().poll_write(&[slice])
        }
        fn poll_write_vectored(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.script().poll_write(&bytes(slices))
        }
        fn is_write_vectored(&self) -> bool {
            true
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.script().poll_flush()
        }
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
}

#[cfg(feature = "futures-io")]
mod of_futures_io {
    use std::{
        io::{self, IoSlice},
        pin::Pin,
        task::{Context, Poll},
    };

    use smol::io::{AsyncRead, AsyncWrite};

    use super::{Shared, bytes};

    impl AsyncRead for Shared {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            room: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            self.script().poll_read(room)
        }
    }

    impl AsyncWrite for Shared {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slice: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.script().poll_write(&[slice])
        }
        fn poll_write_vectored(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.script().poll_write(&bytes(slices))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.script().poll_flush()
        }
        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
}
