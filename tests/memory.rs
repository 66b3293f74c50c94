//! What a connection holds and allocates, counted: no length that the peer declares reaches an
//! allocation, and no flood grows it.
//!
//! The counts are of this thread. Where a call makes a buffer grow, the counter sees the old one
//! and the new one together; so what is live is also looked at between calls.

mod common;

use allocation_counter::measure;
use bytes::Buf;
use common::{End, ROLES, header_to, masked, to};
use fullduplex::{ChunkEvent, Config, Event, Message, ProtocolError, Role, WriteBuffer};

/// Bytes in a read: the step by which anything may grow.
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
/// between, and that what was gathered before is not copied for each of them.
fn assert_bounded<const N: usize>(
    end: &mut End,
    most_growths: u64,
    read: impl Fn(usize) -> [u8; N],
) {
    let (mut live, mut received, mut growths) = (0, 0, 0);
    for n in 0..MIB {
        let mut read = read(n);
        let info = measure(|| assert_eq!(receive(end, &mut read), Ok(0)));
        live += info.bytes_current;
        received += 1;
        growths += info.count_total;
        assert!(
            growths <= most_growths,
            "what is held was copied {growths} times for {received} received"
        );
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
        // Twice as much each time: no frame promises more than itself.
        assert_bounded(&mut server, 21, |_| fragment);
        assert_eq!(receive(&mut server, &mut masked(0x80, b"")), Ok(1));
    }
}

#[test]
fn fragments_of_a_block_hold_twice_their_bytes_at_most() {
    for first in [0x01, 0x02] {
        let mut server = End::with(Role::Server, &unlimited());
        let (mut live, mut received) = (0, 0);
        for n in 0..20 {
            let mut fragment = masked(if n == 0 { first } else { 0x00 }, &vec![b'x'; 64 * 1024]);
            live +=
                measure(|| assert_eq!(receive(&mut server, &mut fragment), Ok(0))).bytes_current;
            received += BLOCK;
            assert!(live <= 2 * received + BLOCK, "{live} bytes for {received} received");
        }
    }
}

#[test]
fn a_message_that_came_in_pieces_is_kept_in_memory_of_its_length() {
    for (first, len) in [(0x01, 10), (0x02, 10), (0x01, MIB), (0x02, MIB)] {
        let mut server = End::new(Role::Server);
        let mut wires = [masked(first, &vec![b'x'; len - 3]), masked(0x80, b"end")];
        let mut kept = None;
        let info = measure(|| {
            for wire in &mut wires {
                let mut input = &mut wire[..];
                let event = server.connection.receive(&mut input, &mut server.output).unwrap();
                if let Some(Event::Message(message)) = event {
                    kept = Some(message.into_owned());
                }
            }
        });
        assert_eq!(kept.unwrap().as_bytes().len(), len);
        assert_eq!(info.bytes_current, bytes(len), "{info:?}");
    }
}

#[test]
fn a_million_reads_of_one_byte_hold_twice_their_bytes_at_most() {
    for first in [0x81, 0x82] {
        let mut server = End::with(Role::Server, &unlimited());
        receive(&mut server, &mut header_to(Role::Server, first, 1 << 40)).unwrap();
        // A step of 16 KiB, then twice as much each time.
        assert_bounded(&mut server, 8, |n| [b'x' ^ common::KEY[n % 4]]);
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
fn a_message_that_is_taken_in_pieces_holds_no_memory_however_long_it_is() {
    for (role, first) in [(Role::Server, 0x81), (Role::Client, 0x82)] {
        let len = 64 * MIB;
        let mut end = End::new(role);
        let mut header = header_to(role, first, 2 * len as u64);
        let begun = end.connection.receive_chunk(&mut &mut header[..], &mut end.output);
        assert_eq!(begun, Ok(None));
        // Three bytes a character, so that most reads end inside one.
        let mut wire = "€".repeat(BLOCK as usize).into_bytes();
        common::naive_mask(if role == Role::Server { common::KEY } else { [0; 4] }, 0, &mut wire);
        let (mut reads, mut received) = (wire.chunks(BLOCK as usize).cycle(), 0);
        let mut read = vec![0; BLOCK as usize];
        let info = measure(|| {
            while received < len {
                read.copy_from_slice(reads.next().unwrap());
                let mut input = &mut read[..];
                let End { connection, output } = &mut end;
                while let Some(ChunkEvent::Chunk(chunk)) =
                    connection.receive_chunk(&mut input, output).unwrap()
                {
                    received += chunk.content.as_bytes().len();
                }
            }
        });
        // Characters that were cut.
        assert!(info.bytes_max < 100 && info.bytes_current == 0, "{info:?}");
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
        // The one that is owed, in a vector of its own.
        assert!(info.bytes_max <= 125 + 24, "{info:?}");
        assert_eq!(info.count_total, 2, "{info:?}");
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
fn a_sink_that_never_catches_up_holds_at_most_four_times_what_waits() {
    let mut server = End::new(Role::Server);
    server.connection.send(&[0; 10_000], &mut server.output).unwrap();
    let mut live = 0;
    for _ in 0..100_000 {
        live += measure(|| {
            server.connection.send(&[0; 98], &mut server.output).unwrap();
            server.output.advance(100);
        })
        .bytes_current;
        assert!(live <= 3 * 10_100, "{live} bytes beside the first 10,014");
    }
}
