//! A peer that is stalled or silent ends a connection by the limit that is about it, and one that has to
//! end the stream is waited for: for tokio on a clock that is paused, for blocking streams over TCP.
#![cfg(feature = "tokio")]

mod common;

use std::{
    fmt,
    io::{Read, Write},
    net::Shutdown,
    thread,
    time::Duration,
};

use common::sockets::blocking_sockets;
use fullduplex::{CloseCode, Config, Connection, Error, Timeout, blocking, tokio::WebSocket};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::{Instant, sleep, timeout},
};

/// A limit that is not the one that a test is about.
const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(50);

/// Long limits but for one.
fn only(limit: Timeout, duration: Duration) -> Config {
    let mut config = Config::default();
    config.ping_interval = None;
    for each in [&mut config.pong_timeout, &mut config.close_timeout, &mut config.write_timeout] {
        *each = LONG;
    }
    match limit {
        Timeout::Pong => (config.ping_interval, config.pong_timeout) = (Some(SHORT), duration),
        Timeout::Idle => config.idle_timeout = Some(duration),
        Timeout::Close => config.close_timeout = duration,
        Timeout::Write => config.write_timeout = duration,
        other => panic!("{other:?}"),
    }
    config
}

fn assert_ends<T: fmt::Debug>(name: &str, result: Result<T, Error>, limit: Timeout) {
    match result {
        Err(Error::Timeout(timeout)) => assert_eq!(timeout, limit, "{name}"),
        other => panic!("{name}: {other:?}"),
    }
}

/// What the application does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Receive,
    Send,
    Close,
}

/// What the peer does, what the application does, and which limit ends it.
const CASES: [(&str, Option<&[u8]>, Act, Timeout); 7] = [
    ("a flood of pings, and it never reads", Some(PING), Act::Receive, Timeout::Write),
    ("it never reads what is sent", None, Act::Send, Timeout::Write),
    ("it sends and never reads what is sent", Some(PONG), Act::Send, Timeout::Write),
    ("it does not answer a close", None, Act::Close, Timeout::Close),
    ("it sends pongs in the place of its close", Some(PONG), Act::Close, Timeout::Close),
    ("it is silent", None, Act::Receive, Timeout::Pong),
    ("it sends no message", Some(PONG), Act::Receive, Timeout::Idle),
];
/// Masked with zeros.
const PING: &[u8] = &[0x89, 0x84, 0, 0, 0, 0, b'p', b'i', b'n', b'g'];
const PONG: &[u8] = &[0x8a, 0x80, 0, 0, 0, 0];

#[tokio::test(start_paused = true)]
async fn a_peer_that_stalls_ends_the_connection_by_its_own_limit() {
    for (name, says, act, limit) in CASES {
        let (peer, stream) = duplex(256);
        let (mut reading, mut writing) = tokio::io::split(peer);
        let speaking = tokio::spawn(async move {
            while let Some(says) = says
                && writing.write_all(says).await.is_ok()
            {
                sleep(Duration::from_millis(100)).await;
            }
            writing
        });
        // A limit of a minute; the others are ten times as long.
        let config = only(limit, Duration::from_secs(60));
        let mut ws = WebSocket::new(stream, Connection::server(&config), &[]);
        let start = Instant::now();
        let ended = timeout(20 * LONG, async {
            match act {
                Act::Receive => ws.receive().await.map(drop),
                Act::Send => ws.send(vec![7; 100_000]).await,
                Act::Close => ws.close(CloseCode::NORMAL, "").await,
            }
        });
        assert_ends(name, ended.await.expect(name), limit);
        assert!((60..=120).contains(&start.elapsed().as_secs()), "{name}: {:?}", start.elapsed());
        speaking.abort();
        let _ = reading.read(&mut [0; 16]).await;
    }
}

#[test]
fn a_peer_that_stalls_ends_a_blocking_connection_by_its_own_limit() {
    for (name, says, act, limit) in CASES {
        let [mut peer, stream] = blocking_sockets();
        let clone = peer.try_clone().unwrap();
        let speaking = thread::spawn(move || {
            // A flood, until this side is shut down.
            while let Some(says) = says
                && peer.write_all(&says.repeat(100)).is_ok()
            {
                thread::yield_now();
            }
        });
        let config = only(limit, SHORT);
        let mut ws = blocking::WebSocket::new(stream, Connection::server(&config), &[]);
        let ended = match act {
            Act::Receive => ws.receive().map(drop),
            Act::Send => ws.send(vec![7; 10_000_000]),
            Act::Close => ws.close(CloseCode::NORMAL, ""),
        };
        assert_ends(name, ended, limit);
        let _ = clone.shutdown(Shutdown::Both);
        speaking.join().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_clean_close_a_client_waits_for_the_servers_end_but_not_for_ever() {
    // RFC 6455 §7.1.1.
    for (ends_after, waited) in [(Some(0), 0), (Some(3), 3), (None, 10)] {
        let (mut peer, stream) = duplex(1024);
        let mut ws = WebSocket::new(stream, Connection::client(&Config::default()), &[]);
        let server = tokio::spawn(async move {
            peer.write_all(&[0x88, 0x00]).await.unwrap();
            let mut answer = [0; 6];
            peer.read_exact(&mut answer).await.unwrap();
            assert_eq!(answer[..2], [0x88, 0x80]);
            sleep(ends_after.map_or(LONG, Duration::from_secs)).await;
        });
        let start = Instant::now();
        assert_eq!(ws.receive().await.unwrap(), None);
        assert_eq!(start.elapsed().as_secs(), waited);
        assert!(ws.closing().unwrap().is_clean());
        server.abort();
    }
}

#[test]
fn after_a_clean_close_a_blocking_client_waits_for_the_servers_end_but_not_for_ever() {
    for ends in [true, false] {
        let [mut peer, stream] = blocking_sockets();
        let config = only(Timeout::Close, if ends { LONG } else { SHORT });
        let mut ws = blocking::WebSocket::new(stream, Connection::client(&config), &[]);
        peer.write_all(&[0x88, 0x00]).unwrap();
        let server = thread::spawn(move || {
            peer.read_exact(&mut [0; 6]).unwrap();
            (!ends).then_some(peer)
        });
        assert_eq!(ws.receive().unwrap(), None);
        assert!(ws.closing().unwrap().is_clean());
        drop(server.join().unwrap());
    }
}

#[test]
fn a_peer_of_a_blocking_end_that_is_still_sending_hears_why_it_failed() {
    let [mut peer, stream] = blocking_sockets();
    let mut ws = blocking::WebSocket::new(stream, Connection::server(&Config::default()), &[]);
    let peer = thread::spawn(move || {
        // A reserved opcode, and more behind it than all buffers hold.
        peer.write_all(&[0x83, 0x80, 0, 0, 0, 0]).unwrap();
        peer.write_all(&vec![0; 4_000_000]).unwrap();
        let mut close = Vec::new();
        peer.read_to_end(&mut close).unwrap();
        close
    });
    assert!(matches!(ws.receive(), Err(Error::Protocol(_))));
    drop(ws);
    assert_eq!(peer.join().unwrap()[2..4], 1002_u16.to_be_bytes());
}
