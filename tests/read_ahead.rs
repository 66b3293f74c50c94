//! What a `send` reads ahead while the peer takes nothing: a message, or a piece of one for an application
//! that receives by pieces.
#![cfg(feature = "tokio")]

mod common;

use common::{
    masked,
    polled::{Polled, finish, server, websocket},
    scripted::{Call, Scripted},
};
use fullduplex::{Config, Connection, Message};

/// The peer says `first`; it takes nothing until it has said `ahead`; then it says `then`.
fn said(first: &[u8], ahead: &[u8], then: &[u8]) -> Scripted {
    Scripted::new().read(first).write_pending().read(ahead).read(then)
}

#[test]
fn a_message_of_any_length_is_read_ahead_by_pieces_when_the_last_one_was_received_so() {
    let (first, long) = (masked(0x82, b"a"), masked(0x82, &[7; 40]));
    let mut config = Config::default();
    config.max_message_len = 10;
    let script = Polled(said(&first, &long, b""));
    let mut ws = websocket(script, Connection::server(&config));
    finish(ws.receive_chunk()).unwrap().unwrap();
    finish(ws.send("sent")).unwrap();
    let log = [Call::Read(first.len()), Call::Read(long.len()), Call::Write(6)];
    assert_eq!(ws.stream().0.log, log, "it was read ahead");
    let (piece, _) = finish(ws.receive_chunk()).unwrap().unwrap();
    assert_eq!(piece.content.as_bytes(), [7; 40]);
}

#[test]
fn the_rest_of_a_message_that_was_read_ahead_is_no_message() {
    let script = said(&masked(0x02, b"one"), &masked(0x80, b"two"), &masked(0x82, b"next message"));
    let mut ws = server(script);
    let (piece, _) = finish(ws.receive_chunk()).unwrap().unwrap();
    assert!(piece.first && !piece.last);
    finish(ws.send("sent")).unwrap();
    assert_eq!(finish(ws.receive()).unwrap(), Some(b"next message".into()));
}

#[test]
fn the_first_piece_of_a_message_that_was_read_ahead_begins_the_message_that_is_received_whole() {
    let cases: [(u8, &[u8], &[u8], Message<'_>); 3] = [
        (0x02, b"fir", b"st", b"first".into()),
        (0x01, b"fir", b"st", "first".into()),
        (0x01, b"caf\xc3", b"\xa9", "café".into()),
    ];
    for (opcode, ahead, rest, whole) in cases {
        let mut ws = server(said(&masked(0x82, b"a"), &masked(opcode, ahead), &masked(0x80, rest)));
        finish(ws.receive_chunk()).unwrap().unwrap();
        finish(ws.send("sent")).unwrap();
        assert_eq!(finish(ws.receive()).unwrap(), Some(whole));
    }
}

#[test]
fn a_long_message_is_read_ahead_in_as_many_short_reads_as_it_takes() {
    let long = masked(0x82, &vec![7; 1_000_000]);
    // One of them each poll: 16 reads.
    let stalled = (0..700).fold(Scripted::new(), |script, _| script.write_pending());
    let mut ws = server(long.chunks(100).fold(stalled, Scripted::read));
    finish(ws.send("sent")).unwrap();
    let log = &ws.stream().0.log;
    assert_eq!(log.len(), long.len().div_ceil(100) + 1, "it was read ahead");
    assert_eq!(log.last(), Some(&Call::Write(6)));
    assert!(finish(ws.receive()).unwrap() == Some(vec![7; 1_000_000].into()));
}
