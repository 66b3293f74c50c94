//! What a connection counts of compressed messages (RFC 7692): what they are, and what they take.
#![cfg(feature = "deflate")]

mod common;

use common::{
    End, ROLES, for_every_cut,
    pair::other,
    tally::{Act, Tally, UNITS, count, received, sent},
    to,
};
use fullduplex::{Compression, Connection, Fin, Parameters, Prepared, Role};

fn end(role: Role, is_shared: bool) -> End {
    let mut end = End::new(role);
    let mut policy = Compression::default();
    policy.threshold = 16;
    let mut parameters = Parameters::default();
    parameters.server_no_context_takeover = is_shared;
    Connection::set_compression(&mut end.connection, parameters, &policy);
    end
}

/// What one end does, and the messages and bytes of them that count.
type Row = (&'static str, Act, u64, u64);

const ROWS: [Row; 5] = [
    ("whole", |it| it.connection.send(&*"long ".repeat(100), &mut it.output), 1, 500),
    ("short", |it| it.connection.send("short", &mut it.output), 1, 5),
    (
        "prepared",
        |it| {
            let message = Prepared::new(&*"long ".repeat(100));
            it.connection.send_prepared(&message, &mut it.output)
        },
        1,
        500,
    ),
    (
        "in chunks",
        |it| {
            it.connection.send_chunk(&*"long ".repeat(100), Fin::More, &mut it.output)?;
            it.connection.ping(b"between", &mut it.output)?;
            it.connection.send_chunk("", Fin::Last, &mut it.output)
        },
        1,
        500,
    ),
    ("blocks", |it| it.connection.send(vec![7; 300_000], &mut it.output), 1, 300_000),
];

#[test]
fn a_compressed_message_counts_by_what_it_is_and_on_the_wire_by_what_it_takes() {
    for (name, act, messages, payload) in ROWS {
        for (role, is_shared) in ROLES.into_iter().flat_map(|role| [(role, true), (role, false)]) {
            let mut from = end(other(role), is_shared);
            act(&mut from).unwrap();
            let wire = from.written();
            let on_wire = Tally { messages, payload, ..count(&wire) };
            assert_eq!(sent(&from.connection.counters()), on_wire, "{name}");
            assert!(payload < 100 || (wire.len() as u64) < payload, "{name} is compressed");
            for (unit, receive) in UNITS {
                for_every_cut(&wire, |pieces| {
                    let mut to = end(role, is_shared);
                    for piece in pieces {
                        assert_eq!(receive(&mut to, piece), None, "{name}");
                    }
                    let counted = received(&to.connection.counters());
                    assert_eq!(counted, on_wire, "{name}, {role:?}, {unit}");
                });
            }
        }
    }
}

#[test]
fn a_compressed_message_that_cannot_be_inflated_or_is_no_text_does_not_count() {
    for role in ROLES {
        // A block of the reserved type; a stored block with the byte 0xff (RFC 1951 §3.2.3).
        for payload in [&[0x07][..], &[0x00, 0x01, 0x00, 0xfe, 0xff, 0xff, 0x00]] {
            for (unit, receive) in UNITS {
                for_every_cut(&to(role, 0xc1, payload), |pieces| {
                    let mut end = end(role, true);
                    let errors = pieces.iter().filter_map(|piece| receive(&mut end, piece));
                    assert!(errors.last().is_some(), "{unit}");
                    let counters = end.connection.counters();
                    assert_eq!((counters.messages_in, counters.frames_in), (0, 1), "{unit}");
                });
            }
        }
    }
}
