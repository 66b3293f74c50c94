//! A stream that follows a script, for every adapter.
//!
//! What a script says is done one step a call. Past its end a read finds the end of the stream, and
//! a write or flush succeeds. The log tells what the adapter asked for.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    task::Poll,
    time::Duration,
};

use fullduplex::blocking;

#[derive(Clone, Debug, Default)]
pub(crate) struct Scripted {
    reads: VecDeque<OnRead>,
    writes: VecDeque<OnWrite>,
    flushes: VecDeque<OnFlush>,
    /// What was called and did something, in order; a `Pending` leaves no trace.
    pub(crate) log: Vec<Call>,
    /// All bytes that were taken.
    pub(crate) written: Vec<u8>,
    /// How many of them no flush has followed yet.
    pub(crate) unflushed: usize,
}

#[derive(Clone, Debug)]
enum OnRead {
    Bytes(Vec<u8>),
    Fail(ErrorKind),
    Pending,
    /// Says that it filled one byte more than there was room for.
    Lie,
}

#[derive(Clone, Debug)]
enum OnWrite {
    Take(usize),
    Fail(ErrorKind),
    Pending,
    /// Says that it took one byte more than it was given.
    Lie,
}

#[derive(Clone, Debug)]
enum OnFlush {
    Fail(ErrorKind),
    Pending,
}

/// One call and its outcome, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Read(usize),
    Write(usize),
    ReadFailed(ErrorKind),
    WriteFailed(ErrorKind),
}

impl Scripted {
    /// An empty script: the stream has ended, and takes what is written.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Then `bytes` can be read: at once, or in as many calls as the reader's room makes of it.
    pub(crate) fn read(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.reads.push_back(OnRead::Bytes(bytes.into()));
        self
    }

    /// Then each of `pieces` can be read, in a call of its own.
    pub(crate) fn read_pieces(self, pieces: &[&[u8]]) -> Self {
        pieces.iter().fold(self, |script, piece| script.read(*piece))
    }

    pub(crate) fn read_fails(mut self, kind: ErrorKind) -> Self {
        self.reads.push_back(OnRead::Fail(kind));
        self
    }

    pub(crate) fn read_pending(mut self) -> Self {
        self.reads.push_back(OnRead::Pending);
        self
    }

    pub(crate) fn read_lies(mut self) -> Self {
        self.reads.push_back(OnRead::Lie);
        self
    }

    /// Then a write takes at most `len` bytes; 0 is a stream that takes nothing more.
    pub(crate) fn write_takes(mut self, len: usize) -> Self {
        self.writes.push_back(OnWrite::Take(len));
        self
    }

    pub(crate) fn write_fails(mut self, kind: ErrorKind) -> Self {
        self.writes.push_back(OnWrite::Fail(kind));
        self
    }

    pub(crate) fn write_pending(mut self) -> Self {
        self.writes.push_back(OnWrite::Pending);
        self
    }

    pub(crate) fn write_lies(mut self) -> Self {
        self.writes.push_back(OnWrite::Lie);
        self
    }

    pub(crate) fn flush_fails(mut self, kind: ErrorKind) -> Self {
        self.flushes.push_back(OnFlush::Fail(kind));
        self
    }

    pub(crate) fn flush_pending(mut self) -> Self {
        self.flushes.push_back(OnFlush::Pending);
        self
    }

    pub(crate) fn poll_read(&mut self, room: &mut [u8]) -> Poll<io::Result<usize>> {
        let step = self.reads.pop_front();
        let len = match step {
            Some(OnRead::Pending) => return Poll::Pending,
            Some(OnRead::Fail(kind)) => {
                self.log.push(Call::ReadFailed(kind));
                return Poll::Ready(Err(kind.into()));
            }
            Some(OnRead::Lie) => room.len() + 1,
            Some(OnRead::Bytes(mut bytes)) => {
                let len = bytes.len().min(room.len());
                room[..len].copy_from_slice(&bytes[..len]);
                if len < bytes.len() {
                    self.reads.push_front(OnRead::Bytes(bytes.split_off(len)));
                }
                len
            }
            None => 0,
        };
        self.log.push(Call::Read(len));
        Poll::Ready(Ok(len))
    }

    pub(crate) fn poll_write(&mut self, slices: &[&[u8]]) -> Poll<io::Result<usize>> {
        let given = slices.concat();
        let most = match self.writes.pop_front() {
            Some(OnWrite::Pending) => return Poll::Pending,
            Some(OnWrite::Fail(kind)) => {
                self.log.push(Call::WriteFailed(kind));
                return Poll::Ready(Err(kind.into()));
            }
            Some(OnWrite::Lie) => {
                self.log.push(Call::Write(given.len() + 1));
                return Poll::Ready(Ok(given.len() + 1));
            }
            Some(OnWrite::Take(len)) => len,
            None => usize::MAX,
        };
        let len = given.len().min(most);
        self.written.extend_from_slice(&given[..len]);
        self.unflushed += len;
        self.log.push(Call::Write(len));
        Poll::Ready(Ok(len))
    }

    pub(crate) fn poll_flush(&mut self) -> Poll<io::Result<()>> {
        match self.flushes.pop_front() {
            Some(OnFlush::Pending) => Poll::Pending,
            Some(OnFlush::Fail(kind)) => Poll::Ready(Err(kind.into())),
            None => {
                self.unflushed = 0;
                Poll::Ready(Ok(()))
            }
        }
    }
}

/// A blocking stream waits where another one is pending.
fn wait<T>(mut poll: impl FnMut() -> Poll<T>) -> T {
    loop {
        if let Poll::Ready(value) = poll() {
            return value;
        }
    }
}

impl blocking::Stream for Scripted {}

impl Read for Scripted {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        wait(|| self.poll_read(room))
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        wait(|| self.poll_write(&[bytes]))
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let slices: Vec<&[u8]> = slices.iter().map(|slice| &**slice).collect();
        wait(|| self.poll_write(&slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        wait(|| self.poll_flush())
    }
}

/// A blocking stream that has timeouts: they have run out where another one is pending.
#[derive(Debug)]
pub(crate) struct Limited(pub(crate) Scripted);

impl Limited {
    fn limit<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
        match poll {
            Poll::Ready(result) => result,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl blocking::Stream for Limited {
    fn set_read_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Limited {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Self::limit(self.0.poll_read(room))
    }
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::limit(self.0.poll_write(&[bytes]))
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let slices: Vec<&[u8]> = slices.iter().map(|slice| &**slice).collect();
        Self::limit(self.0.poll_write(&slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Self::limit(self.0.poll_flush())
    }
}
