//! A peer that always has something more to say stops no clock: of every adapter, whole and in halves.
#![cfg(feature = "tokio")]

mod common;

use std::{
    io::{self, ErrorKind, Read, Write},
    iter,
    pin::Pin,
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use common::masked;
use fullduplex::{
    CloseCode, Config, Connection, Error, ProtocolError, Timeout, blocking, tokio::WebSocket,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Says the same for ever; reads nothing of the answers, or all.
#[derive(Clone)]
struct Busy {
    says: Vec<u8>,
    reads: bool,
    /// How long it takes to say something.
    pause: Duration,
    /// Where in what it says the next read begins.
    at: usize,
    since: Instant,
}

impl Busy {
    fn new(says: &[u8], reads: bool) -> Self {
        let pause = Duration::ZERO;
        Self { says: says.repeat(100), reads, pause, at: 0, since: Instant::now() }
    }

    /// Says a frame a millisecond: little, but so that there is always something to read.
    fn trickling(frame: &[u8]) -> Self {
        let pause = Duration::from_millis(1);
        Self { says: frame.to_vec(), reads: true, pause, at: 0, since: Instant::now() }
    }

    fn say(&mut self, room: &mut [u8]) -> usize {
        assert!(self.since.elapsed() < LONG, "it goes on for ever");
        thread::sleep(self.pause);
        let rest = &self.says[self.at..];
        let len = rest.len().min(room.len());
        room[..len].copy_from_slice(&rest[..len]);
        self.at = (self.at + len) % self.says.len();
        len
    }
}

impl AsyncRead for Busy {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = self.say(room.initialize_unfilled());
        room.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Busy {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.reads { Poll::Ready(Ok(bytes.len())) } else { Poll::Pending }
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Read for Busy {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Ok(self.say(room))
    }
}

impl Write for Busy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.reads { Ok(bytes.len()) } else { Err(ErrorKind::WouldBlock.into()) }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl blocking::Stream for Busy {
    fn set_read_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }
    fn set_write_timeout(&mut self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }
}

impl blocking::CloneStream for Busy {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(self.clone())
    }
}

fn limits() -> Config {
    let mut config = Config::default();
    (config.write_timeout, config.close_timeout) = (SHORT, SHORT);
    config
}

/// A server of each adapter; `begun` is what it has read before.
fn servers(
    peer: &Busy,
    config: &Config,
    begun: &[u8],
) -> (blocking::WebSocket<Busy>, WebSocket<Busy>) {
    let connection = || Connection::server(config);
    (
        blocking::WebSocket::new(peer.clone(), connection(), begun),
        WebSocket::new(peer.clone(), connection(), begun),
    )
}

fn assert_ends<T>(name: &str, result: Result<T, Error>, limit: Timeout) {
    match result {
        Err(Error::Timeout(timeout)) => assert_eq!(timeout, limit, "{name}"),
        Err(error) => panic!("{name}: {error}"),
        Ok(_) => panic!("{name}: it did not end"),
    }
}

#[tokio::test]
async fn a_flood_of_pings_whose_answers_are_not_read_ends_by_the_write_timeout() {
    let peer = Busy::new(&masked(0x89, b"ping"), false);
    let (mut blocking, mut ws) = servers(&peer, &limits(), b"");
    assert_ends("blocking", blocking.receive(), Timeout::Write);
    assert_ends("tokio", ws.receive().await, Timeout::Write);

    let (blocking, ws) = servers(&peer, &limits(), b"");
    let (mut receive, _send) = blocking.split().unwrap();
    assert_ends("blocking half", receive.receive(), Timeout::Write);
    let (mut receive, _send) = ws.split();
    assert_ends("tokio half", receive.receive().await, Timeout::Write);
}

#[tokio::test]
async fn a_close_that_is_not_answered_among_all_that_is_said_ends_by_the_close_timeout() {
    let cases = [
        ("pongs", masked(0x8a, b"pong"), vec![]),
        ("messages", masked(0x81, b"message"), vec![]),
        ("pieces of a message", masked(0x00, b"piece"), masked(0x01, b"first")),
    ];
    for (name, says, begun) in cases {
        let (mut blocking, mut ws) = servers(&Busy::new(&says, true), &limits(), &begun);
        assert_ends(name, blocking.close(CloseCode::NORMAL, ""), Timeout::Close);
        assert_ends(name, ws.close(CloseCode::NORMAL, "").await, Timeout::Close);
    }
}

#[tokio::test]
async fn messages_that_never_end_after_the_own_close_end_by_the_close_timeout() {
    let peer = Busy::new(&masked(0x81, b"message"), true);
    let (mut blocking, mut ws) = servers(&peer, &limits(), b"");
    blocking.send_close(CloseCode::NORMAL, "").unwrap();
    let ended = iter::repeat_with(|| blocking.receive()).find(Result::is_err).unwrap();
    assert_ends("blocking", ended, Timeout::Close);
    ws.send_close(CloseCode::NORMAL, "").await.unwrap();
    let ended = loop {
        if let Err(error) = ws.receive().await {
            break error;
        }
    };
    assert_ends::<()>("tokio", Err(ended), Timeout::Close);
}

#[tokio::test]
async fn answers_that_are_not_read_end_by_the_write_timeout() {
    let peer = Busy::new(&masked(0x81, b"message"), false);
    let mut config = limits();
    config.write_high_water = 1000;
    let (mut blocking, mut ws) = servers(&peer, &config, b"");
    let echo = || blocking.receive().and_then(|message| blocking.feed(message.unwrap()));
    let ended = iter::repeat_with(echo).find(Result::is_err).unwrap();
    assert_ends("blocking", ended, Timeout::Write);
    let ended = loop {
        let message = ws.receive().await.unwrap().unwrap();
        if let Err(error) = ws.feed(message).await {
            break error;
        }
    };
    assert_ends::<()>("tokio", Err(ended), Timeout::Write);
}

#[tokio::test]
async fn pongs_that_never_end_are_no_messages_for_the_idle_timeout() {
    let mut config = limits();
    config.idle_timeout = Some(SHORT);
    let peer = Busy::new(&masked(0x8a, b"pong"), true);
    let (mut blocking, mut ws) = servers(&peer, &config, b"");
    assert_ends("blocking", blocking.receive(), Timeout::Idle);
    assert_ends("tokio", ws.receive().await, Timeout::Idle);
}

#[tokio::test]
async fn a_trickle_that_never_ends_puts_off_neither_the_close_timeout_nor_the_idle_timeout() {
    let (mut blocking, mut ws) = servers(&Busy::trickling(&masked(0x89, b"")), &limits(), b"");
    assert_ends("blocking", blocking.close(CloseCode::NORMAL, ""), Timeout::Close);
    assert_ends("tokio", ws.close(CloseCode::NORMAL, "").await, Timeout::Close);

    let mut config = limits();
    config.idle_timeout = Some(SHORT);
    let (mut blocking, mut ws) = servers(&Busy::trickling(&masked(0x89, b"")), &config, b"");
    assert_ends("blocking", blocking.receive(), Timeout::Idle);
    assert_ends("tokio", ws.receive().await, Timeout::Idle);
}

#[tokio::test]
async fn a_peer_that_failed_and_says_a_little_for_ever_is_given_up_after_the_close_timeout() {
    let peer = Busy::trickling(&masked(0x8b, b""));
    let assert_fails = |name: &str, ended: Result<_, Error>| {
        let error = ProtocolError::ReservedOpcode(0xb);
        assert!(matches!(&ended, Err(Error::Protocol(it)) if *it == error), "{name}: {ended:?}");
    };
    let (mut blocking, mut ws) = servers(&peer, &limits(), b"");
    assert_fails("blocking", blocking.receive());
    assert_fails("tokio", ws.receive().await);
}

const SHORT: Duration = Duration::from_millis(30);
/// Nothing takes so long.
const LONG: Duration = Duration::from_secs(5);
