//! Streams in memory: what is read was given before, what is written is counted. No system call, and
//! no waiting until the bytes end.
//!
//! [`Wire`] is this side of a connection, in the shape that each library asks for; an [`End`] is the
//! other side.

use std::{
    hint::black_box,
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use tokio::io::ReadBuf;

/// The other side of a [`Wire`].
pub trait End: Sync + 'static {
    /// Gives `take` at most `most` bytes of what comes next, and returns how many: 0 when there is
    /// nothing to read.
    fn read(&self, most: usize, take: impl FnOnce(&[u8])) -> usize;

    fn write(&self, bytes: &[u8]);
}

/// A stream of bytes to `E`, which lives as long as the program: a copy of the handle costs nothing.
#[derive(Debug)]
pub struct Wire<E: 'static>(&'static E);

impl<E> Clone for Wire<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Wire<E> {}

/// Plays the same bytes again and again.
#[derive(Debug)]
pub struct Replay {
    bytes: Vec<u8>,
    read: AtomicUsize,
    written: AtomicUsize,
}

impl Wire<Replay> {
    pub fn replay(bytes: Vec<u8>) -> Self {
        let replay = Replay { bytes, read: AtomicUsize::new(0), written: AtomicUsize::new(0) };
        Self(Box::leak(Box::new(replay)))
    }

    /// Starts again at the first byte.
    pub fn rewind(self) {
        self.0.read.store(0, Relaxed);
    }

    /// How many bytes there are to read.
    pub fn len(self) -> usize {
        self.0.bytes.len()
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// How many bytes were written so far.
    pub fn written(self) -> usize {
        self.0.written.load(Relaxed)
    }
}

impl End for Replay {
    fn read(&self, most: usize, take: impl FnOnce(&[u8])) -> usize {
        let read = self.read.load(Relaxed);
        let len = most.min(self.bytes.len() - read);
        take(&self.bytes[read..read + len]);
        self.read.store(read + len, Relaxed);
        len
    }

    fn write(&self, bytes: &[u8]) {
        // One thread: a store is cheaper than an addition that others could see half done.
        self.written.store(self.written.load(Relaxed) + black_box(bytes).len(), Relaxed);
    }
}

/// A server that accepts: the answer depends on the key, and some clients take no key from outside.
#[derive(Debug, Default)]
pub struct Answering(Mutex<Exchange>);

#[derive(Debug, Default)]
struct Exchange {
    request: Vec<u8>,
    answer: Vec<u8>,
    read: usize,
}

impl Wire<Answering> {
    pub fn answering() -> Self {
        Self(Box::leak(Box::default()))
    }
}

impl End for Answering {
    fn read(&self, most: usize, take: impl FnOnce(&[u8])) -> usize {
        let mut exchange = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Exchange { request, answer, read } = &mut *exchange;
        if answer.is_empty() && request.ends_with(b"\r\n\r\n") {
            answer_to(request, answer);
        }
        let len = most.min(answer.len() - *read);
        take(&answer[*read..*read + len]);
        *read += len;
        len
    }

    fn write(&self, bytes: &[u8]) {
        let mut exchange = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !exchange.answer.is_empty() {
            exchange.request.clear();
            exchange.answer.clear();
            exchange.read = 0;
        }
        exchange.request.extend_from_slice(bytes);
    }
}

fn answer_to(request: &[u8], answer: &mut Vec<u8>) {
    const NAME: &[u8] = b"\r\nsec-websocket-key: ";
    let name = request.windows(NAME.len()).position(|name| name.eq_ignore_ascii_case(NAME));
    let key = name.expect("every client sends a key") + NAME.len();
    answer.extend_from_slice(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: ",
    );
    let accept = tungstenite::handshake::derive_accept_key(&request[key..key + 24]);
    answer.extend_from_slice(accept.as_bytes());
    answer.extend_from_slice(b"\r\n\r\n");
}

impl<E: End> Wire<E> {
    fn poll(self, most: usize, take: impl FnOnce(&[u8])) -> Poll<io::Result<usize>> {
        match self.0.read(most, take) {
            0 if most > 0 => Poll::Pending,
            len => Poll::Ready(Ok(len)),
        }
    }

    fn write_parts(self, parts: &[IoSlice<'_>]) -> usize {
        parts.iter().for_each(|part| self.0.write(part));
        parts.iter().map(|part| part.len()).sum()
    }
}

impl<E: End> io::Read for Wire<E> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self.poll(room.len(), |bytes| room[..bytes.len()].copy_from_slice(bytes)) {
            Poll::Ready(read) => read,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<E: End> io::Write for Wire<E> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(self.write_parts(parts))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<E: End> tokio::io::AsyncRead for Wire<E> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.poll(room.remaining(), |bytes| room.put_slice(bytes));
        if read.is_pending() {
            // A runtime is to come back: the answer is there when the request was written.
            cx.waker().wake_by_ref();
        }
        read.map_ok(drop)
    }
}

impl<E: End> tokio::io::AsyncWrite for Wire<E> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.write_parts(parts)))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl<E: End> futures_util::io::AsyncRead for Wire<E> {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(room.len(), |bytes| room[..bytes.len()].copy_from_slice(bytes))
    }
}

impl<E: End> futures_util::io::AsyncWrite for Wire<E> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl<E: End> wtx::stream::StreamReader for Wire<E> {
    async fn read(&mut self, room: &mut [u8]) -> wtx::Result<usize> {
        match io::Read::read(self, room) {
            Ok(len) => Ok(len),
            Err(_) => std::future::pending().await,
        }
    }
}

impl<E: End> wtx::stream::StreamWriter for Wire<E> {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        self.0.write(bytes);
        Ok(())
    }

    async fn write_all_vectored(&mut self, parts: &[&[u8]]) -> wtx::Result<()> {
        parts.iter().for_each(|part| self.0.write(part));
        Ok(())
    }
}
