//! Two threads on the halves of a blocking WebSocket, over TCP.
#![cfg(feature = "tokio")]

mod common;

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use common::{contents, masked, read_frames, sockets::blocking_sockets};
use fullduplex::{
    CloseCode, Config, Connection, Error, Timeout,
    blocking::{ReceiveHalf, SendHalf, WebSocket},
};

/// More than the sockets hold.
const LARGE: usize = 4 << 20;
const SHORT: Duration = Duration::from_millis(50);

/// The peer, and both halves of a server.
fn server(config: &Config) -> (TcpStream, ReceiveHalf<TcpStream>, SendHalf<TcpStream>) {
    let [peer, stream] = blocking_sockets();
    let ws = WebSocket::new(stream, Connection::server(config), &[]);
    let (receive, send) = ws.split().unwrap();
    (peer, receive, send)
}

#[test]
fn a_pong_waits_behind_a_write_that_waits_and_then_follows() {
    let (mut peer, mut receive, mut send) = server(&Config::default());
    let sending = thread::spawn(move || {
        send.send(vec![7; LARGE]).unwrap();
        send
    });
    // It is in its write as soon as something of it came.
    let mut written = vec![0; 1];
    peer.read_exact(&mut written).unwrap();
    peer.write_all(&[masked(0x89, b"ping"), masked(0x81, b"text")].concat()).unwrap();
    assert_eq!(receive.receive().unwrap(), Some("text".into()));
    let receiving = thread::spawn(move || receive.receive());
    written.resize(10 + LARGE + 6, 0);
    peer.read_exact(&mut written[1..]).unwrap();
    let frames = read_frames(&written);
    assert!(contents(&frames) == [(0x82, &vec![7; LARGE][..]), (0x8a, b"ping")]);
    peer.write_all(&masked(0x88, b"")).unwrap();
    assert_eq!(receiving.join().unwrap().unwrap(), None);
    drop(sending.join().unwrap());
}

#[test]
fn a_close_of_the_sending_half_is_answered_to_the_one_that_waits_in_a_read() {
    let (mut peer, mut receive, mut send) = server(&Config::default());
    let receiving = thread::spawn(move || (receive.receive(), receive));
    send.send_close(CloseCode::NORMAL, "").unwrap();
    let mut close = [0; 4];
    peer.read_exact(&mut close).unwrap();
    peer.write_all(&masked(0x88, &close[2..])).unwrap();
    let (ended, receive) = receiving.join().unwrap();
    assert_eq!(ended.unwrap(), None);
    assert_eq!(receive.closing(), send.closing());
    assert!(matches!(send.send("late"), Err(Error::Closed(_))));
}

#[test]
fn a_close_that_is_not_answered_ends_by_the_close_timeout() {
    let mut config = Config::default();
    config.close_timeout = SHORT;
    let (_peer, mut receive, mut send) = server(&config);
    send.send_close(CloseCode::NORMAL, "").unwrap();
    let ended = receive.receive();
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Close))), "{ended:?}");
}

#[test]
fn a_peer_that_closed_and_still_reads_slowly_ends_by_the_close_timeout() {
    let mut config = Config::default();
    config.close_timeout = SHORT;
    let (mut peer, mut receive, mut send) = server(&config);
    let sending = thread::spawn(move || send.send(vec![7; LARGE]));
    let reading = thread::spawn(move || {
        let mut room = [0; 16 * 1024];
        peer.read_exact(&mut room[..1]).unwrap();
        peer.write_all(&masked(0x88, b"")).unwrap();
        // All of it would take more than a second.
        let mut read = 1;
        while let Ok(len @ 1..) = peer.read(&mut room) {
            read += len;
            thread::sleep(Duration::from_millis(5));
        }
        read
    });
    assert_eq!(receive.receive().unwrap(), None);
    assert!(sending.join().unwrap().is_err(), "it was given up");
    assert!(reading.join().unwrap() < LARGE);
}

#[test]
fn a_peer_that_reads_nothing_ends_both_halves_by_the_write_timeout() {
    let mut config = Config::default();
    config.write_timeout = SHORT;
    let (_peer, mut receive, mut send) = server(&config);
    let sent = send.send(vec![7; LARGE]);
    assert!(matches!(sent, Err(Error::Timeout(Timeout::Write))), "{sent:?}");
    let ended = receive.receive();
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Write))), "{ended:?}");
}

#[test]
fn what_the_receiving_half_gave_up_ends_a_write_that_waits_with_the_same_error() {
    let mut config = Config::default();
    (config.ping_interval, config.pong_timeout) = (Some(SHORT), SHORT);
    let (mut peer, mut receive, mut send) = server(&config);
    let sending = thread::spawn(move || send.send(vec![7; LARGE]));
    peer.read_exact(&mut [0]).unwrap();
    let ended = receive.receive();
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Pong))), "{ended:?}");
    let sent = sending.join().unwrap();
    assert!(matches!(sent, Err(Error::Timeout(Timeout::Pong))), "{sent:?}");
}
