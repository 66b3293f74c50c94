//! A stream may be ready for ever: the tokio adapter gives way to other tasks, and gives up in the end.
#![cfg(feature = "tokio")]

mod common;

use std::{
    io::{self, Read, Write},
    mem,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use common::{masked, polled::websocket, ready::Ready};
use fullduplex::{Config, Connection, Error};

/// A peer that says `first`, and then `then` for ever.
struct Endless {
    first: Vec<u8>,
    then: &'static [u8],
    reads: usize,
    read: usize,
}

impl Read for Endless {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let says = match mem::take(&mut self.first) {
            first if first.is_empty() => self.then.repeat(room.len() / self.then.len()),
            first => first,
        };
        room[..says.len()].copy_from_slice(&says);
        self.reads += 1;
        self.read += says.len();
        assert!(self.read <= 100 << 20, "it reads for ever");
        Ok(says.len())
    }
}

impl Write for Endless {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
    let mut ws = websocket(Ready(peer), Connection::server(&Config::default()));
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    for n in 1..=most {
        let before = ws.stream().0.reads;
        // State is in the WebSocket: a new future goes on where the last one was.
        let polled = pin!(ws.receive()).poll(&mut Context::from_waker(&waker));
        assert!(ws.stream().0.reads - before <= 2 * 16, "other tasks have their turn");
        if let Poll::Ready(result) = polled {
            return (result.err(), ws.into_parts().0.0);
        }
        assert_eq!(wakes.0.load(Ordering::Relaxed), n, "it is polled again");
    }
    (None, ws.into_parts().0.0)
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
    let mut ws = websocket(Ready(peer), Connection::server(&Config::default()));
    let (mut polls, mut messages) = (0, 0);
    while polls < 10 {
        let cx = &mut Context::from_waker(Waker::noop());
        match pin!(ws.receive_ref()).poll(cx) {
            Poll::Ready(received) => messages += usize::from(received.unwrap().is_some()),
            Poll::Pending => polls += 1,
        }
    }
    assert!(ws.stream().0.reads <= 160, "{} reads", ws.stream().0.reads);
    assert!(messages > 1_000_000, "{messages}");
}

#[test]
fn a_peer_that_failed_and_never_stops_is_given_up() {
    let (error, peer) = receive_from(&masked(0x83, b""), &[0], usize::MAX);
    assert!(matches!(error, Some(Error::Protocol(_))), "{error:?}");
    assert!(peer.read <= (64 << 20) + 128 * 1024, "{} bytes", peer.read);
}
