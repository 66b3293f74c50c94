//! What a connection counts: to the byte, the same for every cut, and only what kept the rules.

mod common;

use std::time::Duration;

use bytes::Buf;
use common::{
    End, Frames, ROLES, all_to, close_body, close_frame, for_every_cut,
    halves::{SERVERS, echo, for_each},
    handshake::REQUEST,
    header_to, masked,
    pair::{Pair, other},
    read_frames,
    scripted::{Limited, Scripted},
    text, to, unmasked,
};
use fullduplex::{
    Config, Counters, Fin, Kind, Message, Prepared, ProtocolError, Role, SendError, blocking,
};

/// What went one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    frames: u64,
    messages: u64,
    payload: u64,
    wire: u64,
    pings: u64,
    pongs: u64,
}

fn received(counters: &Counters) -> Tally {
    Tally {
        frames: counters.frames_in,
        messages: counters.messages_in,
        payload: counters.payload_in,
        wire: counters.wire_in,
        pings: counters.pings_in,
        pongs: counters.pongs_in,
    }
}

fn sent(counters: &Counters) -> Tally {
    Tally {
        frames: counters.frames_out,
        messages: counters.messages_out,
        payload: counters.payload_out,
        wire: counters.wire_out,
        pings: counters.pings_out,
        pongs: counters.pongs_out,
    }
}

/// Counts whole frames as they are on the wire, none of them compressed.
fn count(wire: &[u8]) -> Tally {
    let mut tally = Tally { wire: wire.len() as u64, ..Tally::default() };
    for frame in read_frames(wire) {
        tally.frames += 1;
        match frame.first & 0x0f {
            0..=2 => {
                tally.payload += frame.payload.len() as u64;
                tally.messages += u64::from(frame.first & 0x80 != 0);
            }
            0x9 => tally.pings += 1,
            0xa => tally.pongs += 1,
            _ => {}
        }
    }
    tally
}

/// Takes all of `bytes` piece by piece. An error ends it.
fn receive_chunks(end: &mut End, bytes: &[u8]) -> Option<ProtocolError> {
    let mut bytes = bytes.to_vec();
    let mut input = &mut bytes[..];
    loop {
        match end.connection.receive_chunk(&mut input, &mut end.output) {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(error) => return Some(error),
        }
    }
}

fn receive_messages(end: &mut End, bytes: &[u8]) -> Option<ProtocolError> {
    end.receive(bytes).into_iter().find_map(|seen| match seen {
        common::Seen::Failed(error) => Some(error),
        _ => None,
    })
}

type Receive = fn(&mut End, &[u8]) -> Option<ProtocolError>;

const UNITS: [(&str, Receive); 2] = [("whole", receive_messages), ("chunks", receive_chunks)];

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

type Act = fn(&mut End) -> Result<(), SendError>;

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

#[test]
fn the_handshake_does_not_count() {
    let wire = all_to(Role::Server, &[(0x81, b"Hello"), (0x88, b"")]);
    let script = Scripted::new().read([REQUEST.as_bytes(), &wire].concat());
    let mut ws = blocking::accept(Limited(script)).unwrap();
    assert_eq!(ws.counters(), Counters::default());
    assert_eq!(ws.receive().unwrap(), Some("Hello".into()));
    ws.receive().unwrap();
    let counters = ws.counters();
    assert_eq!(received(&counters), count(&wire));
    assert_eq!(sent(&counters), count(&unmasked(0x88, b"")));
}

type Ws = blocking::WebSocket<Limited>;

#[test]
fn an_adapter_counts_as_its_connection_does_whichever_way_it_receives() {
    let frames: Frames<'_> = &[
        (0x81, b"lent"),
        (0x01, b"gath"),
        (0x89, b"ping"),
        (0x80, b"ered"),
        (0x88, &close_body(1000, "")),
    ];
    let wire = all_to(Role::Server, frames);
    let ways: [fn(&mut Ws) -> bool; 3] = [
        |ws| ws.receive().unwrap().is_some(),
        |ws| ws.receive_ref().unwrap().is_some(),
        |ws| ws.receive_chunk().unwrap().is_some(),
    ];
    for_every_cut(&wire, |pieces| {
        for receive in ways {
            let script = Scripted::new().read_pieces(pieces);
            let mut ws: Ws = server_of(script);
            while receive(&mut ws) {}
            let counters = ws.counters();
            assert_eq!(received(&counters), count(&wire));
            assert_eq!(sent(&counters), count(&ws.stream().0.written));
        }
    });
}

#[test]
fn an_adapter_does_not_count_a_message_that_is_no_text() {
    let ways: [fn(&mut Ws) -> bool; 3] = [
        |ws| ws.receive().is_err(),
        |ws| ws.receive_ref().is_err(),
        |ws| ws.receive_chunk().is_err(),
    ];
    for receive in ways {
        let mut ws: Ws = server_of(Scripted::new().read(masked(0x81, b"\xff")));
        assert!(receive(&mut ws));
        assert_eq!(ws.counters().messages_in, 0);
        assert_eq!(ws.counters().frames_in, 1);
    }
}

fn server_of(script: Scripted) -> Ws {
    let connection = fullduplex::Connection::server(&Config::default());
    blocking::WebSocket::new(Limited(script), connection, &[])
}

#[test]
fn a_message_that_is_sent_piece_by_piece_counts_when_it_is_finished() {
    let mut ws = server_of(Scripted::new());
    let mut writer = ws.stream_message(Kind::Text);
    writer.send("one").unwrap();
    assert_eq!(ws.counters().messages_out, 0);
    let mut ws = server_of(Scripted::new());
    let mut writer = ws.stream_message(Kind::Text);
    writer.send("one").unwrap();
    writer.feed("two").unwrap();
    writer.finish().unwrap();
    let counters = sent(&ws.counters());
    assert_eq!(counters, count(&ws.stream().0.written));
    assert_eq!((counters.frames, counters.messages, counters.payload), (3, 1, 6));
}

#[test]
fn both_halves_of_a_websocket_count_both_ways_and_so_does_what_is_made_of_them_again() {
    let wire = all_to(Role::Server, &[(0x81, b"echo"), (0x89, b""), (0x88, b"")]);
    for_each(SERVERS, &Scripted::new().read(&*wire), |name, mut halves, stream| {
        halves.send(&Message::from("first"), usize::MAX).unwrap().unwrap();
        let mut halves = halves.reunited();
        assert_eq!(halves.counters()[0].messages_out, 1, "{name}");
        assert_eq!(echo(&mut *halves, usize::MAX)[0], text("echo"), "{name}");
        let [receiving, sending] = halves.counters();
        assert_eq!(receiving, sending, "{name}");
        assert_eq!(received(&receiving), count(&wire), "{name}");
        // The echo was fed, and written before the Close.
        assert_eq!(sent(&sending), count(&stream.written()), "{name}");
    });
}

#[cfg(feature = "tokio")]
#[test]
fn a_message_that_is_read_ahead_counts_when_it_is_read() {
    use common::polled::{finish, poll, server};
    let script = Scripted::new().write_pending().read(masked(0x81, b"ahead"));
    let mut ws = server(script);
    assert!(poll(ws.send("waits"), 1).is_none());
    assert_eq!(ws.counters().messages_in, 1);
    assert_eq!(finish(ws.receive()).unwrap(), Some("ahead".into()));
    assert_eq!(ws.counters().messages_in, 1);
    assert_eq!(ws.counters().wire_out, 7);
}

#[cfg(feature = "deflate")]
mod compressed {
    use fullduplex::{Compression, Connection, Parameters};

    use super::*;

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
            for (role, is_shared) in
                ROLES.into_iter().flat_map(|role| [(role, true), (role, false)])
            {
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
}
