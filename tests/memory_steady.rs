//! Once a WebSocket is under way, messages that can be read without waiting, in one read or in several,
//! are lent, answered and sent without an allocation, in every adapter. The core's own test is in `tests/memory.rs`. Counted for
//! this thread.
#![cfg(feature = "tokio")]

mod common;

use std::io::{self, ErrorKind, Read, Write};
#[cfg(feature = "futures-io")]
use std::{
    pin::Pin,
    task::{Context, Poll},
};

use allocation_counter::measure;
use common::{
    ROLES,
    polled::{finish, websocket},
    ready::Ready,
    to,
};
use fullduplex::{Config, Connection, Role, blocking};

/// A peer that says the same again and again, in reads of [`PIECE`], and takes all that is written.
struct Peer {
    says: Vec<u8>,
    said: usize,
    /// It has to be waited for before it says it again.
    is_asynchronous: bool,
    has_waited: bool,
    heard: usize,
}

impl Peer {
    fn of(role: Role, is_asynchronous: bool) -> Self {
        let says = [
            to(role, 0x81, "a text, ü".as_bytes()),
            to(role, 0x82, &[7; 1000]),
            to(role, 0x89, b"ping"),
            to(role, 0x82, b""),
            to(role, 0x82, &vec![7; 20_000]),
        ]
        .concat();
        Self { says, said: 0, is_asynchronous, has_waited: false, heard: 0 }
    }
}

/// Bytes in a read: the longest message takes three.
const PIECE: usize = 7000;
/// In what a peer says before it has to be waited for; the Ping is answered beside them.
const MESSAGES: usize = 4;

impl blocking::Stream for Peer {}

impl Read for Peer {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.said == 0 {
            self.has_waited = !self.has_waited;
            if self.is_asynchronous && self.has_waited {
                return Err(ErrorKind::WouldBlock.into());
            }
        }
        let len = self.says[self.said..].chunks(PIECE).next().unwrap_or_default().read(room)?;
        self.said = (self.said + len) % self.says.len();
        Ok(len)
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.heard += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "futures-io")]
impl smol::io::AsyncRead for Peer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.read(room) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
            read => Poll::Ready(read),
        }
    }
}

#[cfg(feature = "futures-io")]
impl smol::io::AsyncWrite for Peer {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn connection(role: Role) -> Connection {
    match role {
        Role::Client => Connection::client(&Config::default()),
        Role::Server => Connection::server(&Config::default()),
    }
}

/// Asserts that rounds after the first ones allocate nothing. Those make what stays: blocks of the
/// thread's pool, the generator of masks, timers.
fn assert_steady(name: &str, role: Role, mut round: impl FnMut()) {
    (0..10).for_each(|_| round());
    let info = measure(|| (0..100).for_each(|_| round()));
    assert_eq!(info.count_total, 0, "{name}, {role:?}: {info:?}");
}

#[test]
fn the_blocking_adapter_lends_echoes_and_feeds_without_an_allocation() {
    for role in ROLES {
        let mut ws = blocking::WebSocket::new(Peer::of(role, false), connection(role), &[]);
        assert_steady("echo", role, || {
            for _ in 0..MESSAGES {
                let (message, mut reply) = ws.receive_ref().unwrap().unwrap();
                reply.feed(message).unwrap();
            }
        });
        assert_steady("feed", role, || ws.feed("a text, ü").unwrap());
        assert_steady("send", role, || ws.send(&[7; 1000][..]).unwrap());
        // Every message and a Pong came back, but for those of the last round.
        assert!(ws.stream().heard > 109 * 21_000);
    }
}

#[test]
fn the_tokio_adapter_lends_echoes_and_feeds_without_an_allocation() {
    for role in ROLES {
        let mut ws = websocket(Ready(Peer::of(role, true)), connection(role));
        assert_steady("echo", role, || {
            for _ in 0..MESSAGES {
                finish(async {
                    let (message, mut reply) = ws.receive_ref().await.unwrap().unwrap();
                    reply.feed(message).await.unwrap();
                });
            }
        });
        assert_steady("feed", role, || finish(ws.feed("a text, ü")).unwrap());
        assert_steady("send", role, || finish(ws.send(&[7; 1000][..])).unwrap());
        assert!(ws.stream().0.heard > 109 * 21_000);
    }
}

#[cfg(feature = "futures-io")]
#[test]
fn the_futures_io_adapter_lends_echoes_and_feeds_without_an_allocation() {
    for role in ROLES {
        let mut ws =
            fullduplex::futures_io::WebSocket::new(Peer::of(role, true), connection(role), &[]);
        assert_steady("echo", role, || {
            for _ in 0..MESSAGES {
                finish(async {
                    let (message, mut reply) = ws.receive_ref().await.unwrap().unwrap();
                    reply.feed(message).await.unwrap();
                });
            }
        });
        assert_steady("feed", role, || finish(ws.feed("a text, ü")).unwrap());
        assert_steady("send", role, || finish(ws.send(&[7; 1000][..])).unwrap());
        assert!(ws.stream().heard > 109 * 21_000);
    }
}
