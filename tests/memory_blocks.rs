//! An adapter holds a read block only while bytes are in it or a read is going on, whatever state
//! its WebSocket is in; and a thread keeps few blocks for the next one. Counted for this thread.

mod common;

use std::io::{self, ErrorKind, Read, Write};

use allocation_counter::measure;
use common::{
    handshake::{REQUEST, written},
    masked,
};
use fullduplex::{
    Answer, ClientRequest, CloseCode, Config, Connection, Request, ServerHandshake, WriteBuffer,
    blocking,
};

/// Bytes in an adapter's read block.
const BLOCK: i64 = 128 * 1024;

/// A peer that says `says`, and an answer to the handshake; then it waits, or does `then`.
struct Peer {
    says: Vec<u8>,
    then: Option<io::Result<()>>,
}

impl Peer {
    fn new(says: impl Into<Vec<u8>>) -> Self {
        Self { says: says.into(), then: None }
    }
}

impl blocking::Stream for Peer {}

impl Read for Peer {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.says.is_empty() {
            return match self.then.take() {
                Some(end) => end.map(|()| 0),
                None => Err(ErrorKind::WouldBlock.into()),
            };
        }
        let len = self.says.len().min(room.len());
        room[..len].copy_from_slice(&self.says[..len]);
        self.says = self.says[len..].into();
        Ok(len)
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.starts_with(b"GET ") {
            let (mut request, mut output) = (bytes.to_vec(), WriteBuffer::new());
            let received = ServerHandshake::new(&Config::default()).receive(&mut &mut request[..]);
            let Ok(Some(Request::Upgrade(offer))) = received else { panic!("{received:?}") };
            offer.accept(&Answer::new(), &mut output).unwrap();
            self.says = written(&mut output);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A message that lies whole in a read.
fn message() -> Vec<u8> {
    masked(0x82, &[7; 3000])
}

fn request() -> ClientRequest {
    ClientRequest::new("ws://server.example.com/").unwrap()
}

/// Asserts that each of 100 holds less than 2 KiB.
fn assert_small<T>(state: &str, make: impl Fn() -> T) {
    // The first ones fill the thread's pool of blocks.
    drop([make(), make()]);
    let mut all = Vec::with_capacity(100);
    let info = measure(|| all.resize_with(100, make));
    assert!(info.bytes_current < 100 * 2048, "{state}: {info:?}");
}

#[test]
fn a_websocket_holds_no_read_block_in_any_state_that_lasts() {
    let server = |peer| {
        let connection = Connection::server(&Config::default());
        blocking::WebSocket::new(peer, connection, &[])
    };
    assert_small("accepted", || blocking::accept(Peer::new(REQUEST)).unwrap());
    assert_small("connected", || {
        blocking::connect_over(Peer::new(""), &request(), &Config::default()).unwrap().0
    });
    assert_small("after a message", || {
        let mut ws = server(Peer::new(message()));
        ws.receive().unwrap();
        ws
    });
    assert_small("after a lent message, then a feed", || {
        let mut ws = server(Peer::new(message()));
        ws.receive_ref().unwrap();
        ws.feed("x").unwrap();
        ws
    });
    assert_small("after a lent message, then a flush", || {
        let mut ws = server(Peer::new(message()));
        ws.receive_ref().unwrap();
        ws.flush().unwrap();
        ws
    });
    let ends = [
        ("waiting", message(), None),
        ("after the end", message(), Some(Ok(()))),
        ("after a reset", message(), Some(Err(ErrorKind::ConnectionReset))),
        ("after a Close", masked(0x88, b""), None),
        ("after a failure", masked(0x83, b""), None),
        ("after text that is not UTF-8", [masked(0x81, b"\xff"), message()].concat(), None),
    ];
    for (state, says, then) in ends {
        assert_small(state, || {
            let then = then.map(|end| end.map_err(io::Error::from));
            let mut ws = server(Peer { then, ..Peer::new(&says[..]) });
            while let Ok(Some(_)) = ws.receive() {}
            ws
        });
    }
    assert_small("after a lent message, then a ping", || {
        let mut ws = server(Peer::new(message()));
        ws.receive_ref().unwrap();
        ws.ping(b"x").unwrap();
        ws
    });
    assert_small("after a close that met text that is not UTF-8", || {
        let says = [masked(0x81, b"\xff"), message()].concat();
        let mut ws = server(Peer::new(says));
        ws.close(CloseCode::NORMAL, "").unwrap_err();
        ws
    });
    assert_small("after lent messages and a Close", || {
        let mut ws = server(Peer::new([message(), masked(0x88, b"")].concat()));
        while ws.receive_ref().unwrap().is_some() {}
        ws
    });
}

#[test]
fn a_thread_keeps_four_read_blocks_however_many_were_in_use() {
    let busy = || {
        let says = [message(), message()].concat();
        let connection = Connection::server(&Config::default());
        let mut ws = blocking::WebSocket::new(Peer::new(says), connection, &[]);
        ws.receive().unwrap();
        assert!(!ws.unread().is_empty());
        ws
    };
    let info = measure(|| drop((0..50).map(|_| busy()).collect::<Vec<_>>()));
    assert!(info.bytes_max >= 50 * BLOCK as u64);
    assert!(info.bytes_current <= 4 * BLOCK + 1024, "{info:?}");
}

#[test]
fn a_write_buffer_that_is_dropped_leaves_its_block_to_the_next_one() {
    let mut connection = Connection::server(&Config::default());
    let mut round = || {
        let mut output = WriteBuffer::new();
        connection.send(&[7; 1000], &mut output).unwrap();
    };
    round();
    assert_eq!(measure(round).count_total, 0);
}

#[cfg(feature = "tokio")]
mod asynchronous {
    use std::task::{Context, Waker};

    use fullduplex::tokio::{Incoming, accept, connect_over};

    use super::{
        CloseCode, Config, Connection, ErrorKind, Peer, REQUEST, assert_small,
        common::{
            polled::{enter, finish, poll, websocket},
            ready::Ready,
        },
        io, masked, message, request,
    };

    #[test]
    fn a_task_holds_no_read_block_in_any_state_that_lasts() {
        let server = |peer| websocket(Ready(peer), Connection::server(&Config::default()));
        assert_small("half a request", || {
            let _guard = enter();
            let peer = Ready(Peer::new(&REQUEST[..40]));
            let mut incoming = Box::pin(async { Incoming::read(peer, &Config::default()).await });
            let mut cx = Context::from_waker(Waker::noop());
            assert!(incoming.as_mut().poll(&mut cx).is_pending());
            incoming
        });
        assert_small("accepted", || finish(accept(Ready(Peer::new(REQUEST)))).unwrap());
        assert_small("connected", || {
            finish(connect_over(Ready(Peer::new("")), &request(), &Config::default())).unwrap().0
        });
        assert_small("after a message", || {
            let mut ws = server(Peer::new(message()));
            finish(ws.receive()).unwrap();
            ws
        });
        assert_small("after a lent message, then a feed", || {
            let mut ws = server(Peer::new(message()));
            finish(async { ws.receive_ref().await.map(drop) }).unwrap();
            finish(ws.feed("x")).unwrap();
            ws
        });
        assert_small("after a lent message, then a flush", || {
            let mut ws = server(Peer::new(message()));
            finish(async { ws.receive_ref().await.map(drop) }).unwrap();
            finish(ws.flush()).unwrap();
            ws
        });
        let ends = [
            ("waiting", message(), None),
            ("after the end", message(), Some(Ok(()))),
            ("after a reset", message(), Some(Err(ErrorKind::ConnectionReset))),
            ("after a Close", masked(0x88, b""), None),
            ("after a failure", masked(0x83, b""), Some(Ok(()))),
            (
                "after text that is not UTF-8",
                [masked(0x81, b"\xff"), message()].concat(),
                Some(Ok(())),
            ),
        ];
        for (state, says, then) in ends {
            assert_small(state, || {
                let then = then.map(|end| end.map_err(io::Error::from));
                let mut ws = server(Peer { then, ..Peer::new(&says[..]) });
                while let Some(Ok(Some(message))) = poll(ws.receive(), 1) {
                    finish(ws.feed(message)).unwrap();
                }
                ws
            });
        }
        assert_small("after a lent message, then a ping", || {
            let mut ws = server(Peer::new(message()));
            finish(async { ws.receive_ref().await.map(drop) }).unwrap();
            finish(ws.ping(b"x")).unwrap();
            ws
        });
        assert_small("after a close that met text that is not UTF-8", || {
            let says = [masked(0x81, b"\xff"), message()].concat();
            let mut ws = server(Peer { then: Some(Ok(())), ..Peer::new(says) });
            finish(ws.close(CloseCode::NORMAL, "")).unwrap_err();
            ws
        });
        assert_small("after lent messages and a Close", || {
            let mut ws = server(Peer::new([message(), masked(0x88, b"")].concat()));
            while finish(async { ws.receive_ref().await.unwrap().is_some() }) {}
            ws
        });
    }
}
