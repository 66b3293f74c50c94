//! A stream may be ready for ever: the tokio adapter gives way to other tasks, and gives up in the end.
#![cfg(feature = "tokio")]

mod common;

use std::{
    io, mem,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use common::{masked, polled::websocket};
use fullduplex::{Config, Connection, Error};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A peer that says `first`, and then `then` for ever.
struct Endless {
    first: Vec<u8>,
    then: &'static [u8],
    reads: usize,
    read: usize,
}

impl AsyncRead for Endless {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let first = mem::take(&mut self.first);
        if first.is_empty() {
            let says = self.then.repeat(room.remaining() / self.then.len());
            room.put_slice(&says);
        }
        room.put_slice(&first);
        self.reads += 1;
        self.read += room.filled().len();
        assert!(self.read <= 100 << 20, "it reads for ever");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Endless {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls `receive` until it is ready, at most `most` times, each time after it asked for that: what
/// it returned, and the stream. Asserts that each poll made few reads: 16 for messages, and 16 more
/// when the peer failed.
fn receive_from(first: &[u8], then: &'static [u8], most: usize) -> (Option<Error>, Endless) {
    let peer = Endless { first: first.to_vec(), then, reads: 0, read: 0 };
    let mut ws = websocket(peer, Connection::server(&Config::default()));
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    for n in 1..=most {
        let before = ws.stream().reads;
        // State is in the WebSocket: a new future goes on where the last one was.
        let polled = pin!(ws.receive()).poll(&mut Context::from_waker(&waker));
        assert!(ws.stream().reads - before <= 2 * 16, "other tasks have their turn");
        if let Poll::Ready(result) = polled {
            return (result.err(), ws.into_parts().0);
        }
        assert_eq!(wakes.0.load(Ordering::Relaxed), n, "it is polled again");
    }
    (None, ws.into_parts().0)
}

#[test]
fn a_peer_that_never_stops_does_not_keep_other_tasks_waiting() {
    let (error, peer) = receive_from(b"", &[0x8a, 0x80, 0, 0, 0, 0], 10);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(peer.reads, 160);
}

#[test]
fn messages_that_never_stop_do_not_keep_other_tasks_waiting() {
    let peer = Endless { first: Vec::new(), then: &[0x82, 0x80, 0, 0, 0, 0], reads: 0, read: 0 };
    let mut ws = websocket(peer, Connection::server(&Config::default()));
    let (mut polls, mut messages) = (0, 0);
    while polls < 10 {
        let cx = &mut Context::from_waker(Waker::noop());
        match pin!(ws.receive_ref()).poll(cx) {
            Poll::Ready(received) => messages += usize::from(received.unwrap().is_some()),
            Poll::Pending => polls += 1,
        }
    }
    assert!(ws.stream().reads <= 160, "{} reads", ws.stream().reads);
    assert!(messages > 1_000_000, "{messages}");
}

#[test]
fn a_peer_that_failed_and_never_stops_is_given_up() {
    let (error, peer) = receive_from(&masked(0x83, b""), &[0], usize::MAX);
    assert!(matches!(error, Some(Error::Protocol(_))), "{error:?}");
    assert!(peer.read <= (64 << 20) + 128 * 1024, "{} bytes", peer.read);
}
