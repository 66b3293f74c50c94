//! What is counted. Each case is made once and then run again and again; it asserts its answer.

use std::hint::black_box;

use fullduplex::{Config, Connection, Event, Mask, Message, WriteBuffer};

use super::common::{self, fragments, handshake, written};

/// One round of a case.
type Work = Box<dyn FnMut()>;

/// A case, and what makes it.
type Case = (&'static str, fn() -> Work);

pub const CASES: &[Case] = &[
    ("mask 16 bytes", || mask(16)),
    ("mask 125 bytes", || mask(125)),
    ("mask 1 KiB", || mask(1024)),
    ("mask 64 KiB", || mask(64 * 1024)),
    ("receive binary, lent, 16 bytes", || receive(2, &common::payload(16), lent)),
    ("receive binary, lent, 125 bytes", || receive(2, &common::payload(125), lent)),
    ("receive binary, lent, 1 KiB", || receive(2, &common::payload(1024), lent)),
    ("receive binary, lent, 64 KiB", || receive(2, &common::payload(64 * 1024), lent)),
    ("receive binary, owned, 1 KiB", || receive(2, &common::payload(1024), owned)),
    ("receive text, lent, 16 bytes", || receive(1, &common::payload(16), lent)),
    ("receive text, lent, 125 bytes", || receive(1, &common::payload(125), lent)),
    ("receive text, lent, 1 KiB", || receive(1, &common::payload(1024), lent)),
    ("receive text, lent, 64 KiB", || receive(1, &common::payload(64 * 1024), lent)),
    ("receive text, owned, 1 KiB", || receive(1, &common::payload(1024), owned)),
    ("receive mixed text, lent, 1 KiB", || receive(1, common::mixed(1024).as_bytes(), lent)),
    ("receive 1 KiB in 8 frames, a ping before each", fragments_and_pings),
    ("server sends 16 bytes", || send(Connection::server(&Config::default()), 16)),
    ("client sends 1 KiB", || send(client(), 1024)),
    ("client sends 16 KiB", || send(client(), 16 * 1024)),
    ("server accepts", accept),
    ("client connects", connect),
];

fn mask(len: usize) -> Work {
    let mut bytes = common::payload(len);
    let plain = bytes.clone();
    let mut rounds = 0;
    Box::new(move || {
        Mask::new(black_box([0x37, 0xfa, 0x21, 0x3d])).apply(0, black_box(&mut bytes));
        rounds += 1;
        assert_eq!(bytes[0] == plain[0], rounds % 2 == 0);
    })
}

/// Receives one message that lies whole in a read. Its key is zero: unmasked in place, the bytes
/// stay what they are, and serve again without a copy that would be counted.
fn receive(opcode: u8, payload: &[u8], keep: fn(Message<'_>) -> usize) -> Work {
    let len = payload.len();
    let mut block = common::frame_with_key(0x80 | opcode, [0; 4], payload);
    let mut connection = Connection::server(&Config::default());
    let mut output = WriteBuffer::new();
    Box::new(move || match connection.receive(&mut &mut block[..], &mut output) {
        Ok(Some(Event::Message(message))) => assert_eq!(keep(message), len),
        other => panic!("{other:?}"),
    })
}

fn lent(message: Message<'_>) -> usize {
    black_box(message).as_bytes().len()
}

fn owned(message: Message<'_>) -> usize {
    black_box(message.into_owned()).as_bytes().len()
}

fn fragments_and_pings() -> Work {
    let bytes = fragments::message(true);
    let mut block = bytes.clone();
    let mut connection = Connection::server(&Config::default());
    let mut output = WriteBuffer::new();
    Box::new(move || {
        block.copy_from_slice(&bytes);
        assert_eq!(fragments::receive(&mut connection, &mut block, &mut output), (1, 8));
    })
}

fn client() -> Connection {
    // Not the thread's generator, which makes new random bytes in blocks: a step in the counts.
    let mut number = 0_u32;
    let mask = move || {
        number = number.wrapping_add(0x9e37_79b9);
        number.to_be_bytes()
    };
    Connection::client_with(mask, &Config::default())
}

fn send(mut connection: Connection, len: usize) -> Work {
    let payload = common::payload(len);
    let mut output = WriteBuffer::new();
    Box::new(move || {
        connection.send(&payload[..], &mut output).expect("open");
        let written = written(&mut output);
        assert!((len + 2..len + 15).contains(&written));
    })
}

fn accept() -> Work {
    let config = Config::default();
    Box::new(move || drop(handshake::accept(&config)))
}

fn connect() -> Work {
    let config = Config::default();
    let request = handshake::request();
    Box::new(move || drop(handshake::connect(&config, &request)))
}
