//! What a connection holds and allocates, counted: no length that the peer declares reaches an
//! allocation, no flood grows it, and an idle connection is back to its idle size.
//!
//! The counts are of this thread. Where a call makes a buffer grow, the counter sees the old and the
//! new one together; so what is live is also looked at between calls.

mod common;

use std::io::{self, Read, Write};

use allocation_counter::measure;
use bytes::{Buf, Bytes};
use common::{End, ROLES, header_to, masked, to};
use fullduplex::{
    Config, Connection, Event, Message, ProtocolError, Role, WriteBuffer, blocking::WebSocket,
};

/// Bytes in an adapter's read block: the step by which anything may grow.
const BLOCK: i64 = 64 * 1024;
const MIB: usize = 1 << 20;

/// Receives all of `wire`, as an application that drops what it gets. `wire` is unmasked in place.
fn receive(end: &mut End, mut wire: &mut [u8]) -> Result<usize, ProtocolError> {
    let mut events = 0;
    while end.connection.receive(&mut wire, &mut end.output)?.is_some() {
        events += 1;
    }
    Ok(events)
}

fn unlimited() -> Config {
    let mut config = Config::default();
    (config.max_message_len, config.max_message_frames) = (u64::MAX, u32::MAX);
    config
}

/// A length as the counter gives it.
fn bytes(len: usize) -> i64 {
    i64::try_from(len).unwrap()
}

fn drain(output: &mut WriteBuffer) {
    output.advance(output.remaining());
}

#[test]
fn the_steady_state_of_lent_messages_and_their_answers_allocates_nothing() {
    for role in ROLES {
        let mut end = End::new(role);
        let wire = [
            to(role, 0x81, "a text, ü".as_bytes()),
            to(role, 0x82, &[7; 1000]),
            to(role, 0x82, b""),
            to(role, 0x89, b"ping"),
            to(role, 0x8a, b"pong"),
        ]
        .concat();
        let mut reads = vec![wire; 101];
        let mut echo = |read: &mut Vec<u8>| {
            let mut input = &mut read[..];
            while let Some(event) = end.connection.receive(&mut input, &mut end.output).unwrap() {
                if let Event::Message(message) = event {
                    end.connection.send(message, &mut end.output).unwrap();
                }
            }
            drain(&mut end.output);
        };
        echo(&mut reads[0]);
        let count = measure(|| reads[1..].iter_mut().for_each(&mut echo)).count_total;
        assert_eq!(count, 0, "{role:?}");
    }
}

#[test]
fn to_keep_a_lent_message_takes_one_allocation_of_its_length_and_an_owned_one_none() {
    for (first, payload) in [(0x81, &b"ten bytes!"[..]), (0x82, &[0; 3000])] {
        let mut wire = [masked(first, payload), vec![0; 60_000]].concat();
        let mut input = &mut wire[..];
        let mut end = End::new(Role::Server);
        let event = end.connection.receive(&mut input, &mut end.output).unwrap();
        let Some(Event::Message(message)) = event else { panic!("{event:?}") };
        let mut kept = None;
        let info = measure(|| kept = Some(message.into_owned()));
        // A small message that is kept does not hold on to the block that it was read into.
        let counts = (info.count_total, info.bytes_current);
        assert_eq!(counts, (1, bytes(payload.len())));
        let again = measure(|| kept = kept.take().map(Message::into_owned));
        assert_eq!(again.count_total, 0);
    }
}

#[test]
fn a_header_alone_allocates_nothing_whatever_it_claims() {
    for (role, bits) in ROLES.into_iter().flat_map(|role| (7..63).map(move |bits| (role, bits))) {
        let header = header_to(role, 0x82, 1 << bits);
        for cut in [0, 1, 2, header.len() - 1] {
            let mut end = End::with(role, &unlimited());
            let mut header = header.clone();
            let (start, rest) = header.split_at_mut(cut);
            let info = measure(|| {
                assert_eq!(receive(&mut end, start), Ok(0));
                assert_eq!(receive(&mut end, rest), Ok(0));
            });
            assert_eq!(info.bytes_total, 0, "2^{bits} bytes");
            // Nor does the first byte of the payload take more than one block.
            let info = measure(|| assert_eq!(receive(&mut end, &mut [0]), Ok(0)));
            assert!(info.bytes_max <= BLOCK as u64, "2^{bits} bytes: {info:?}");
        }
    }
}

#[test]
fn a_refused_header_allocates_no_more_than_its_close() {
    for (role, bits) in ROLES.into_iter().flat_map(|role| (25..=63).map(move |bits| (role, bits))) {
        let mut end = End::new(role);
        let mut header = header_to(role, 0x81, 1 << bits);
        let info = measure(|| assert!(receive(&mut end, &mut header).is_err()));
        assert!(info.bytes_max < 1024, "2^{bits} bytes: {info:?}");
    }
}

/// Receives a million reads, each of which adds a byte to a message, and asserts what is live in
/// between.
fn assert_bounded<const N: usize>(end: &mut End, read: impl Fn(usize) -> [u8; N]) {
    let (mut live, mut received) = (0, 0);
    for n in 0..MIB {
        let mut read = read(n);
        live += measure(|| assert_eq!(receive(end, &mut read), Ok(0))).bytes_current;
        received += 1;
        assert!(live <= 2 * received + BLOCK, "{live} bytes for {received} received");
    }
    assert!(live >= received, "the message is held, and was counted");
}

#[test]
fn a_million_fragments_of_one_byte_hold_twice_their_bytes_at_most() {
    for first in [0x01, 0x02] {
        let mut server = End::with(Role::Server, &unlimited());
        receive(&mut server, &mut masked(first, b"")).unwrap();
        let fragment: [u8; 7] = masked(0x00, b"x").try_into().unwrap();
        assert_bounded(&mut server, |_| fragment);
        let mut wire = masked(0x80, b"");
        let mut input = &mut wire[..];
        let mut len = 0;
        let info = measure(|| {
            let event = server.connection.receive(&mut input, &mut server.output);
            let Ok(Some(Event::Message(message))) = event else { panic!("{event:?}") };
            len = message.as_bytes().len();
        });
        assert_eq!(len, MIB);
        assert!(info.bytes_current <= -bytes(MIB), "all of it was given back: {info:?}");
    }
}

#[test]
fn a_million_reads_of_one_byte_hold_twice_their_bytes_at_most() {
    for first in [0x81, 0x82] {
        let mut server = End::with(Role::Server, &unlimited());
        receive(&mut server, &mut header_to(Role::Server, first, 1 << 40)).unwrap();
        assert_bounded(&mut server, |n| [b'x' ^ common::KEY[n % 4]]);
    }
}

#[test]
fn a_message_in_reads_of_a_block_never_holds_more_than_its_declared_end() {
    for (role, first) in ROLES.into_iter().flat_map(|role| [(role, 0x81), (role, 0x82)]) {
        let len = 5 * MIB + 7;
        let wire = to(role, first, &vec![b'x'; len]);
        let mut end = End::new(role);
        let (mut live, mut most, mut kept) = (0, 0, None);
        for read in wire.chunks(BLOCK as usize) {
            let mut read = read.to_vec();
            let mut input = &mut read[..];
            let info =
                measure(|| match end.connection.receive(&mut input, &mut end.output).unwrap() {
                    Some(Event::Message(message)) => kept = Some(message.into_owned()),
                    event => assert_eq!(event, None),
                });
            live += info.bytes_current;
            most = most.max(live);
        }
        assert!(most <= bytes(len), "{most} bytes, {len} declared");
        assert_eq!(live, bytes(len), "capacity and length are equal in the end");
        assert_eq!(kept.unwrap().as_bytes().len(), len);
    }
}

#[test]
fn a_flood_of_pings_into_a_full_output_holds_one_payload() {
    for role in ROLES {
        let mut end = End::new(role);
        let message = vec![0; Config::default().write_high_water];
        end.connection.send(message, &mut end.output).unwrap();
        let wire = to(role, 0x89, &[7; 125]);
        let mut reads = [wire.clone(), wire.repeat(100_000)];
        let info = measure(|| {
            for read in &mut reads {
                receive(&mut end, read).unwrap();
            }
        });
        // The one that is owed, and its successor before it takes its place.
        assert!(info.bytes_max <= 2 * 125, "{info:?}");
        assert!(info.bytes_current <= 125, "{info:?}");
    }
}

#[test]
fn a_flood_of_pings_that_nobody_drains_holds_no_more_than_the_high_water_mark() {
    let mut server = End::new(Role::Server);
    let mut wire = masked(0x89, &[7; 125]).repeat(100_000);
    let info = measure(|| {
        receive(&mut server, &mut wire).unwrap();
    });
    // The mark, the frame that passes it, and the doubling of the block that holds them.
    assert!(info.bytes_current <= 2 * BLOCK + 2 * 127 + 125, "{info:?}");
}

#[test]
fn after_a_large_message_a_connection_is_back_to_its_idle_size() {
    for (role, first) in ROLES.into_iter().flat_map(|role| [(role, 0x81), (role, 0x82)]) {
        let mut end = End::new(role);
        // The first mask makes the thread's generator; the first message, the output's block.
        end.connection.send(vec![0; 5000], &mut end.output).unwrap();
        drain(&mut end.output);
        let wire = [to(role, first & 0x7f, &vec![b'x'; MIB]), to(role, 0x80, b"end")].concat();
        for read in [wire.len(), BLOCK as usize, 1000] {
            let info = measure(|| {
                for read in wire.chunks(read) {
                    let mut read = read.to_vec();
                    let mut input = &mut read[..];
                    let event = end.connection.receive(&mut input, &mut end.output).unwrap();
                    if let Some(Event::Message(message)) = event {
                        end.connection.send(message, &mut end.output).unwrap();
                        drain(&mut end.output);
                    }
                }
            });
            assert!(info.bytes_max > MIB as u64);
            assert!(info.bytes_current <= 0, "reads of {read}: {info:?}");
        }
    }
}

#[test]
fn after_many_large_messages_at_once_an_output_is_back_to_its_idle_size() {
    let mut server = End::new(Role::Server);
    let payload = Bytes::from(vec![0; 5000]);
    // The reference count of the payload, which a first clone makes, stays with it.
    drop(payload.clone());
    let info = measure(|| {
        for _ in 0..10_000 {
            server.connection.send(payload.clone(), &mut server.output).unwrap();
        }
        drain(&mut server.output);
    });
    assert!(info.bytes_current <= BLOCK + 4096, "{info:?}");
}

#[test]
fn a_connection_that_is_idle_holds_no_memory_beside_itself() {
    for role in ROLES {
        let mut end = None;
        let info = measure(|| end = Some(End::new(role)));
        assert_eq!(info.count_total, 0, "{role:?}");
    }
    assert!(size_of::<Connection>() + size_of::<WriteBuffer>() <= 512);
}

/// A peer that says what is left of `says`, and then nothing.
struct Peer<'a> {
    says: &'a [u8],
}

impl Read for Peer<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self.says.read(room)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            len => Ok(len),
        }
    }
}

impl Write for Peer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_hundred_idle_websockets_hold_less_than_a_kib_each() {
    let config = Config::default();
    let says = [masked(0x81, &vec![b'x'; 3000]), masked(0x82, &vec![0; 100_000])].concat();
    let idle = || {
        let connection = Connection::server(&config);
        let mut ws = WebSocket::new(Peer { says: &says }, connection, &[], &config);
        while let Ok(Some(message)) = ws.receive() {
            ws.feed(&message).unwrap();
        }
        ws
    };
    // The first ones fill the thread's pool of blocks.
    drop([idle(), idle()]);
    let mut all = Vec::with_capacity(100);
    let info = measure(|| all.resize_with(100, idle));
    assert!(info.bytes_current < 100 * 1024, "{info:?}");
    assert!(size_of::<WebSocket<Peer<'_>>>() < 1024);
}

#[test]
fn an_event_is_passed_in_40_bytes() {
    assert!(size_of::<Event<'_>>() <= 40, "{}", size_of::<Event<'_>>());
}
