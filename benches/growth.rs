//! Ten times the work takes ten times as long: connections, fragments, bytes of a message, headers.
//!
//! `cargo bench --bench growth` prints how long each takes, and the time per unit once what none of
//! them takes is subtracted. Medians; the sizes take turns, so that a busy moment meets all of them.
//! Where memory leaves the caches, or is fresh from the system as for the longest message, a byte
//! takes longer; `tests/linear_work.rs` counts what does not depend on that.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use bytes::Buf;
use fullduplex::{Config, Connection, Event, Request, ServerHandshake, WriteBuffer};

mod common;

/// Work of one size.
type Work = Box<dyn FnMut()>;

fn main() {
    println!("| units | of | in all | per unit |\n|---|---|---|---|");
    grow("connections, an echo each", &[1, 10, 100, 1000, 10_000], echo);
    grow("fragments of 16 bytes", &[1, 10, 100, 1000, 10_000, 100_000], fragments);
    grow("bytes of a message", &[16, 256, 4096, 1 << 16, 1 << 20, 1 << 24, 1 << 26], message);
    grow("headers of a request", &[1, 10, 100], headers);
}

/// Prints a row for each size.
fn grow(unit: &str, sizes: &[u32], make: fn(usize) -> Work) {
    let timed = |size: &u32| Timed::new(make(*size as usize));
    let mut works: Vec<_> = [&[0], sizes].concat().iter().map(timed).collect();
    for _ in 0..TURNS {
        works.iter_mut().for_each(Timed::turn);
    }
    let mut medians = works.iter_mut().map(Timed::median);
    let none = medians.next().expect("the size 0");
    for (size, time) in sizes.iter().zip(medians) {
        let per_unit = (time - none) / f64::from(*size);
        println!("| {size} | {unit} | {:.3} µs | {:.3} ns |", time / 1e3, per_unit);
    }
}

/// Work, and how long it took in each turn, in nanoseconds.
struct Timed {
    work: Work,
    /// How often it is done in a turn: too short a time says nothing.
    rounds: u32,
    times: Vec<f64>,
}

impl Timed {
    fn new(mut work: Work) -> Self {
        // The first round makes what stays.
        work();
        let begin = Instant::now();
        work();
        let rounds = TURN.as_nanos() / begin.elapsed().as_nanos().max(1);
        Self { work, rounds: rounds.clamp(1, 1_000_000) as u32, times: Vec::new() }
    }

    fn turn(&mut self) {
        let begin = Instant::now();
        (0..self.rounds).for_each(|_| (self.work)());
        self.times.push(1e9 * begin.elapsed().as_secs_f64() / f64::from(self.rounds));
    }

    fn median(&mut self) -> f64 {
        self.times.sort_by(f64::total_cmp);
        self.times[self.times.len() / 2]
    }
}

/// So many connections, both ends of each, take turns: an echo of 16 bytes.
fn echo(count: usize) -> Work {
    let config = Config::default();
    let pair = |_| (Connection::client(&config), Connection::server(&config));
    let mut pairs: Vec<_> = (0..count).map(pair).collect();
    // As of a thread: an idle connection needs neither.
    let (mut output, mut read) = (WriteBuffer::new(), Vec::new());
    Box::new(move || {
        for (client, server) in &mut pairs {
            client.send(&[7; 16], &mut output).expect("open");
            carry(&mut output, &mut read);
            let event = server.receive(&mut &mut read[..], &mut output);
            let Ok(Some(Event::Message(message))) = event else { panic!("{event:?}") };
            server.send(message, &mut output).expect("open");
            carry(&mut output, &mut read);
            let event = client.receive(&mut &mut read[..], &mut output);
            assert!(matches!(event, Ok(Some(Event::Message(_)))));
        }
    })
}

/// What one end wrote is what the other reads.
fn carry(output: &mut WriteBuffer, read: &mut Vec<u8>) {
    read.clear();
    read.extend_from_slice(output.chunk());
    output.advance(read.len());
}

fn fragments(count: usize) -> Work {
    let payload = common::payload(16);
    let mut wire = common::frame_with_key(0x02, NO_KEY, b"");
    for _ in 0..count {
        wire.extend(common::frame_with_key(0x00, NO_KEY, &payload));
    }
    wire.extend(common::frame_with_key(0x80, NO_KEY, b""));
    receive(wire, 16 * count)
}

fn message(len: usize) -> Work {
    receive(common::frame_with_key(0x82, NO_KEY, &common::payload(len)), len)
}

/// Receives a message of `len` bytes in reads of 64 KiB.
fn receive(mut wire: Vec<u8>, len: usize) -> Work {
    let mut config = Config::default();
    (config.max_message_len, config.max_message_frames) = (u64::MAX, u32::MAX);
    let mut server = Connection::server(&config);
    let mut output = WriteBuffer::new();
    Box::new(move || {
        let mut received = None;
        for mut read in wire.chunks_mut(64 * 1024) {
            while let Some(event) = server.receive(&mut read, &mut output).expect("valid frames") {
                let Event::Message(message) = event else { panic!("{event:?}") };
                received = Some(black_box(message).as_bytes().len());
            }
        }
        assert_eq!(received, Some(len));
    })
}

/// A server that is sent so many headers beside those that a request must have.
fn headers(count: usize) -> Work {
    let more = "X-Header: some value\r\n".repeat(count);
    let request = common::handshake::REQUEST.replacen("Host:", &(more + "Host:"), 1);
    let (mut bytes, mut config) = (request.into_bytes(), Config::default());
    config.max_headers = 200;
    Box::new(move || {
        let request = ServerHandshake::new(&config).receive(&mut &mut bytes[..]);
        assert!(matches!(black_box(request), Ok(Some(Request::Upgrade(_)))));
    })
}

/// With it the bytes stay what they are when they are unmasked in place, and serve again.
const NO_KEY: [u8; 4] = [0; 4];
const TURNS: usize = 21;
const TURN: Duration = Duration::from_millis(10);
