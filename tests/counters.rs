//! What a connection counts: to the byte, the same for every cut, and only what kept the rules.

mod common;

use std::time::Duration;

use bytes::Buf;
use common::{
    End, Frames, ROLES, all_to, close_body, close_frame, for_every_cut, header_to, masked,
    pair::{Pair, other},
    tally::{Act, Tally, UNITS, count, receive_chunks, received, sent},
    to, unmasked,
};
use fullduplex::{Config, Counters, Fin, Prepared, ProtocolError, Role};

#[test]
fn a_connection_that_has_done_nothing_has_counted_nothing() {
    for role in ROLES {
        let counters = End::new(role).connection.counters();
        assert_eq!(counters, Counters::default());
        assert_eq!((received(&counters), sent(&counters)), Default::default());
    }
}

#[test]
fn what_comes_counts_to_the_byte_however_it_is_cut() {
    let (medium, long) = (vec![b'm'; 126], vec![b'l'; 65536]);
    let rows: &[(&str, Frames<'_>)] = &[
        ("a text", &[(0x81, b"Hello")]),
        ("an empty message", &[(0x82, b"")]),
        ("a length of 16 bits", &[(0x82, &medium)]),
        ("a length of 64 bits", &[(0x81, &long)]),
        ("a Ping between fragments", &[(0x01, b"a"), (0x89, b"ping"), (0x00, b""), (0x80, b"b")]),
        ("a character over two frames", &[(0x01, &[0xe2]), (0x80, &[0x82, 0xac])]),
        ("Pongs", &[(0x8a, b""), (0x8a, b"pong")]),
        ("an unfinished message", &[(0x82, b"whole"), (0x02, b"begun")]),
        ("a Close", &[(0x81, b"last"), (0x88, &close_body(1000, "bye"))]),
    ];
    for (name, frames) in rows {
        for (role, (unit, receive)) in ROLES.into_iter().flat_map(|role| UNITS.map(|it| (role, it)))
        {
            let wire = all_to(role, frames);
            for_every_cut(&wire, |pieces| {
                let mut end = End::new(role);
                let mut wire_in = 0;
                for piece in pieces {
                    assert_eq!(receive(&mut end, piece), None, "{name}");
                    wire_in += piece.len() as u64;
                    assert_eq!(end.connection.counters().wire_in, wire_in, "{name}, as it comes");
                }
                let counted = received(&end.connection.counters());
                assert_eq!(counted, count(&wire), "{name}, {role:?}, {unit}");
            });
        }
    }
}

#[test]
fn of_a_frame_whose_payload_is_on_its_way_counts_what_has_come() {
    for role in ROLES {
        let mut end = End::new(role);
        let header = header_to(role, 0x82, 70_000);
        end.receive(&[&header[..], &[0; 10]].concat());
        let wire = header.len() as u64 + 10;
        let begun = Tally { frames: 1, payload: 10, wire, ..Tally::default() };
        assert_eq!(received(&end.connection.counters()), begun);
        end.receive(&to(role, 0x89, b"cut")[..1]);
        assert_eq!(received(&end.connection.counters()).payload, 11);
    }
}

#[test]
fn nothing_that_follows_a_close_counts() {
    for role in ROLES {
        let wire = all_to(role, &[(0x81, b"last"), (0x88, &close_body(1000, ""))]);
        let tail = all_to(role, &[(0x81, b"late"), (0x89, b"late"), (0x83, b"bad")]);
        for_every_cut(&[&wire[..], &tail].concat(), |pieces| {
            let mut end = End::new(role);
            for piece in pieces {
                end.receive(piece);
            }
            assert_eq!(received(&end.connection.counters()), count(&wire));
            assert_eq!(sent(&end.connection.counters()), count(&end.written()));
        });
    }
}

#[test]
fn a_frame_that_breaks_a_rule_does_not_count_but_what_came_before_it_does() {
    let mut config = Config::default();
    config.max_message_len = 1000;
    for role in ROLES {
        let wrong_mask = match role {
            Role::Server => unmasked(0x81, b"a"),
            Role::Client => masked(0x81, b"a"),
        };
        let rows = [
            ("a reserved opcode", to(role, 0x83, b"")),
            ("reserved bits", to(role, 0xc1, b"a")),
            ("the wrong mask bit", wrong_mask),
            ("a long Ping", header_to(role, 0x89, 126)),
            ("nothing to continue", to(role, 0x80, b"a")),
            ("over the limit", header_to(role, 0x82, 1001)),
        ];
        let good = all_to(role, &[(0x81, b"good"), (0x89, b""), (0x02, b"a"), (0x80, b"b")]);
        for (name, bad) in rows {
            let wire = [&good[..], &bad, &to(role, 0x81, b"late")].concat();
            for_every_cut(&wire, |pieces| {
                let mut end = End::with(role, &config);
                for piece in pieces {
                    end.receive(piece);
                }
                let counters = end.connection.counters();
                let counted = received(&counters);
                let carried = counted.wire - good.len() as u64;
                assert!(carried < bad.len() as u64, "{name}: {carried}");
                assert!(pieces.len() > 1 || carried == 0, "{name}: {carried}");
                assert_eq!(Tally { wire: good.len() as u64, ..counted }, count(&good), "{name}");
                assert_eq!(sent(&counters), count(&end.written()), "{name}: a Pong and the Close");
            });
        }
    }
}

#[test]
fn a_close_that_breaks_a_rule_is_a_frame_and_its_bytes_do_not_count() {
    for role in ROLES {
        for body in [&b"\x03"[..], &close_body(1005, "")] {
            let mut end = End::new(role);
            end.receive(&to(role, 0x88, body));
            let expected = Tally { frames: 1, ..Tally::default() };
            assert_eq!(received(&end.connection.counters()), expected, "{body:?}");
        }
    }
}

#[test]
fn a_message_that_turns_out_to_be_no_text_does_not_count() {
    let rows: &[(&str, Frames<'_>)] = &[
        ("one frame", &[(0x81, b"good"), (0x81, b"bad \xff text")]),
        ("the end is missing", &[(0x81, b"good"), (0x81, b"bad \xe2\x82")]),
        ("the last fragment", &[(0x81, b"good"), (0x01, b"a"), (0x80, b"\xff")]),
        ("the first fragment", &[(0x81, b"good"), (0x01, b"\xff"), (0x80, b"")]),
    ];
    for (name, frames) in rows {
        for (role, (unit, receive)) in ROLES.into_iter().flat_map(|role| UNITS.map(|it| (role, it)))
        {
            for_every_cut(&all_to(role, frames), |pieces| {
                let mut end = End::new(role);
                let errors = pieces.iter().filter_map(|piece| receive(&mut end, piece));
                assert_eq!(errors.last(), Some(ProtocolError::InvalidUtf8), "{name}");
                let messages = end.connection.counters().messages_in;
                assert_eq!(messages, 1, "{name}, {role:?}, {unit}");
            });
        }
    }
}

#[test]
fn a_message_counts_once_whether_it_is_taken_whole_in_pieces_or_skipped() {
    for role in ROLES {
        let wire = all_to(role, &[(0x01, b"one, "), (0x00, b"two, "), (0x80, b"three")]);
        for (at, byte_by_byte) in (0..wire.len()).flat_map(|at| [(at, true), (at, false)]) {
            let mut end = End::new(role);
            let (begun, rest) = wire.split_at(at);
            assert_eq!(receive_chunks(&mut end, begun), None);
            let rest = rest.chunks(if byte_by_byte { 1 } else { usize::MAX });
            rest.for_each(|piece| drop(end.receive(piece)));
            assert_eq!(received(&end.connection.counters()), count(&wire), "at {at}");
        }
    }
}

/// What is written counts as it is on the wire.
#[test]
fn what_is_sent_counts_to_the_byte() {
    let rows: &[(&str, Act)] = &[
        ("a text", |it| it.connection.send("Hello", &mut it.output)),
        ("an empty one", |it| it.connection.send("", &mut it.output)),
        ("16 bits of length", |it| it.connection.send(&[1; 126], &mut it.output)),
        ("a shared payload", |it| it.connection.send(vec![1; 70_000], &mut it.output)),
        ("plain", |it| it.connection.send_plain("Hello", &mut it.output)),
        ("prepared", |it| it.connection.send_prepared(&Prepared::new("Hello"), &mut it.output)),
        ("prepared, shared", |it| {
            it.connection.send_prepared(&Prepared::new(vec![1; 70_000]), &mut it.output)
        }),
        ("one chunk", |it| it.connection.send_chunk("all", Fin::Last, &mut it.output)),
        ("an unfinished message", |it| it.connection.send_chunk("a", Fin::More, &mut it.output)),
        ("its rest", |it| it.connection.send_chunk("b", Fin::Last, &mut it.output)),
        ("a Ping", |it| it.connection.ping(b"ping", &mut it.output)),
        ("a Pong", |it| it.connection.pong(b"", &mut it.output)),
        ("a Close", |it| it.connection.close(Some(&close_frame(1000, "bye")), &mut it.output)),
    ];
    for role in ROLES {
        let mut end = End::new(role);
        let mut wire = Vec::new();
        for (name, act) in rows {
            act(&mut end).unwrap();
            wire.extend(end.written());
            assert_eq!(sent(&end.connection.counters()), count(&wire), "{name}, {role:?}");
        }
        assert_eq!(received(&end.connection.counters()), Tally::default());
    }
}

#[test]
fn what_waits_to_be_written_counts_and_what_is_refused_does_not() {
    let rows: &[(&str, Act)] = &[
        ("a long Ping", |it| it.connection.ping(&[0; 126], &mut it.output)),
        ("a message in another", |it| it.connection.send("a", &mut it.output)),
        ("the other kind", |it| it.connection.send_chunk(&[1], Fin::More, &mut it.output)),
        ("a reserved code", |it| it.connection.close(Some(&close_frame(1005, "")), &mut it.output)),
    ];
    for role in ROLES {
        let mut end = End::new(role);
        end.connection.send_chunk("begun", Fin::More, &mut end.output).unwrap();
        let counted = end.connection.counters();
        assert_eq!(counted.wire_out, end.output.len() as u64);
        for (name, act) in rows {
            act(&mut end).unwrap_err();
            assert_eq!(end.connection.counters(), counted, "{name}");
        }
        end.connection.close(None, &mut end.output).unwrap();
        let counted = end.connection.counters();
        end.connection.pong(b"", &mut end.output).unwrap_err();
        end.connection.send("late", &mut end.output).unwrap_err();
        assert_eq!(end.connection.counters(), counted);
    }
}

#[test]
fn a_pong_counts_when_it_is_sent() {
    let mut config = Config::default();
    config.write_high_water = 1;
    for role in ROLES {
        let mut end = End::with(role, &config);
        end.connection.send("waits", &mut end.output).unwrap();
        end.receive(&all_to(role, &[(0x89, b"1"), (0x89, b"2"), (0x89, b"3")]));
        let counters = end.connection.counters();
        assert_eq!((counters.pings_in, counters.pongs_out), (3, 0));
        end.output.advance(end.output.remaining());
        end.receive(b"");
        assert_eq!(end.connection.counters().pongs_out, 1);
    }
}

#[test]
fn a_ping_that_keeps_the_connection_alive_counts() {
    let mut pair = Pair::new();
    pair.server.connection.set_now(Duration::ZERO);
    let now = Duration::from_secs(20);
    pair.server.connection.handle_timeout(now, &mut pair.server.output).unwrap();
    pair.settle();
    let counters = pair.server.connection.counters();
    assert_eq!((counters.pings_out, counters.pongs_in), (1, 1));
    assert_eq!((counters.wire_out, counters.wire_in), (2 + 4, 2 + 4 + 4));
}

#[test]
fn what_one_end_sends_is_what_the_other_one_receives() {
    for role in ROLES {
        let mut pair = Pair::new();
        let end = pair.end(role);
        end.connection.send("a text", &mut end.output).unwrap();
        end.connection.send_chunk("begun", Fin::More, &mut end.output).unwrap();
        end.connection.ping(b"", &mut end.output).unwrap();
        end.connection.close(None, &mut end.output).unwrap();
        pair.settle();
        let there = pair.end(other(role)).connection.counters();
        let here = pair.end(role).connection.counters();
        assert_eq!(sent(&here), received(&there));
        assert_eq!(sent(&there), received(&here));
        assert_eq!((here.pongs_in, here.messages_out, here.frames_in), (1, 1, 2));
    }
}
