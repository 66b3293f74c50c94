//! [`Http2Stream`]: a stream of HTTP/2 as a stream of bytes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use h2::{Reason, RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    io_error,
    outgoing::{Outgoing, Queue},
};
use crate::hidden::Hidden;

/// A stream of HTTP/2, both ways. What is read makes room for more (RFC 9113 §5.2); what is written waits
/// for room with the peer.
#[derive(Debug)]
pub struct Http2Stream {
    send: SendStream<Outgoing>,
    outgoing: Queue,
    receive: RecvStream,
    /// What came and is not yet read.
    data: Hidden<Bytes>,
    is_shut_down: bool,
}

impl Http2Stream {
    pub(super) fn new(send: SendStream<Outgoing>, receive: RecvStream) -> Self {
        let outgoing = Queue::default();
        Self { send, outgoing, receive, data: Hidden::default(), is_shut_down: false }
    }
}

impl Http2Stream {
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_sent = ready!(self.outgoing.poll_empty(cx));
        Poll::Ready(if is_sent { Ok(()) } else { Err(self.broken(cx)) })
    }

    /// Why nothing can be written.
    fn broken(&mut self, cx: &mut Context<'_>) -> io::Error {
        match self.send.poll_reset(cx) {
            Poll::Ready(Ok(reason)) => {
                io::Error::new(io::ErrorKind::ConnectionReset, h2::Error::from(reason))
            }
            Poll::Ready(Err(error)) => io_error(error),
            Poll::Pending => io::ErrorKind::BrokenPipe.into(),
        }
    }
}

impl AsyncRead for Http2Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.data.is_empty() {
            match ready!(self.receive.poll_data(cx)) {
                Some(Ok(data)) => self.data = Hidden(data),
                None => return Poll::Ready(Ok(())),
                // RFC 9113 §8.1: the peer has said all, and needs no more.
                Some(Err(error)) if error.reason() == Some(Reason::NO_ERROR) => {
                    return Poll::Ready(Ok(()));
                }
                Some(Err(error)) => return Poll::Ready(Err(io_error(error))),
            }
        }
        let len = self.data.len().min(room.remaining());
        room.put_slice(&self.data[..len]);
        self.data.advance(len);
        self.receive.flow_control().release_capacity(len).map_err(io_error)?;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Http2Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        self.send.reserve_capacity(bytes.len().min(MAX_WRITE));
        let room = loop {
            match self.send.capacity() {
                0 => match ready!(self.send.poll_capacity(cx)) {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Poll::Ready(Err(io_error(error))),
                    None => return Poll::Ready(Err(self.broken(cx))),
                },
                room => break room,
            }
        };
        let len = bytes.len().min(room);
        let piece = self.outgoing.piece(&bytes[..len]);
        self.send.send_data(piece, false).map_err(io_error)?;
        Poll::Ready(Ok(len))
    }

    /// Waits for the connection's driver to hand on what was written: a stream that is dropped is reset, and
    /// what waits on it is lost.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_sent(cx)
    }

    /// Ends this direction with `END_STREAM`, and waits as [`poll_flush`](Self::poll_flush) does.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_shut_down {
            self.is_shut_down = true;
            let end = self.outgoing.piece(&[]);
            self.send.send_data(end, true).map_err(io_error)?;
        }
        self.poll_sent(cx)
    }
}

/// Bytes of the connection's room that one stream asks for at a time.
const MAX_WRITE: usize = 64 * 1024;
