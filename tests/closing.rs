//! RFC 6455 §5.5.1 and §7.1: the closing handshake, and how a connection fails.

mod common;

use common::{
    End, Frames, ROLES, Seen, all_to, assert_receives, binary, close, close_body, close_frame,
    contents,
    pair::{Pair, other},
    text, to,
};
use fullduplex::{CloseCode, Fin, Message, ProtocolError, Role, SendError};
use proptest::prelude::*;

#[test]
fn whoever_closes_first_gets_its_code_back_and_then_both_are_closed() {
    for first in ROLES {
        let mut pair = Pair::new();
        let End { connection, output } = pair.end(first);
        connection.close(Some(&close_frame(1001, "bye")), output).unwrap();
        assert!(connection.is_send_closed() && !connection.is_closed());

        let (_, seen) = pair.carry_to(other(first));
        assert_eq!(seen, [close(1001, "bye")]);
        assert!(pair.end(other(first)).connection.is_closed());

        let (frames, seen) = pair.carry_to(first);
        assert_eq!(contents(&frames), [(0x88, &close_body(1001, "")[..])], "the code comes back");
        assert_eq!(seen, [close(1001, "")]);
        assert!(pair.end(first).connection.is_closed());
        assert_eq!(pair.settle(), (vec![], vec![]), "nothing follows");
    }
}

#[test]
fn a_close_without_a_code_is_answered_without_a_code() {
    for first in ROLES {
        let mut pair = Pair::new();
        let End { connection, output } = pair.end(first);
        connection.close(None, output).unwrap();
        assert_eq!(pair.carry_to(other(first)).1, [Seen::Close(None)]);
        let (frames, seen) = pair.carry_to(first);
        assert_eq!((contents(&frames), seen), (vec![(0x88, &b""[..])], vec![Seen::Close(None)]));
    }
}

#[test]
fn two_closes_that_cross_are_each_the_answer_to_the_other() {
    let mut pair = Pair::new();
    for role in ROLES {
        let code = if role == Role::Client { 3001 } else { 3002 };
        let End { connection, output } = pair.end(role);
        connection.close(Some(&close_frame(code, "")), output).unwrap();
    }
    assert_eq!(pair.settle(), (vec![close(3002, "")], vec![close(3001, "")]));
    assert!(pair.client.connection.is_closed() && pair.server.connection.is_closed());
}

#[test]
fn messages_under_way_still_arrive_after_the_own_close() {
    for role in ROLES {
        let mut end = End::new(role);
        end.receive(&to(role, 0x01, b"under "));
        end.connection.close(None, &mut end.output).unwrap();
        end.written();
        let wire = all_to(role, &[(0x80, b"way"), (0x82, b"two"), (0x88, b"")]);
        assert_eq!(end.receive(&wire), [text("under way"), binary(b"two"), Seen::Close(None)]);
        assert!(end.output.is_empty(), "the first Close was the answer");
    }
}

#[test]
fn nothing_is_sent_after_the_own_close_not_even_a_pong() {
    for role in ROLES {
        let mut end = End::new(role);
        end.connection.close(None, &mut end.output).unwrap();
        end.written();
        assert_eq!(end.receive(&to(role, 0x89, b"ping")), [Seen::Ping(b"ping".into())]);
        let End { connection, output } = &mut end;
        assert_eq!(connection.send("text", output), Err(SendError::Closed));
        assert_eq!(connection.send_chunk("text", Fin::More, output), Err(SendError::Closed));
        assert_eq!(connection.ping(b"", output), Err(SendError::Closed));
        assert_eq!(connection.pong(b"", output), Err(SendError::Closed));
        assert_eq!(connection.close(None, output), Err(SendError::Closed));
        assert!(output.is_empty());
    }
}

#[test]
fn what_follows_the_peers_close_is_discarded_and_no_ping_is_answered() {
    let frames: [(&str, Frames<'_>); 6] = [
        ("a message", &[(0x88, b""), (0x81, b"late")]),
        ("a fragment", &[(0x88, b""), (0x01, b"late")]),
        ("a ping", &[(0x88, b""), (0x89, b"late")]),
        ("a second Close", &[(0x88, b""), (0x88, &[0x03, 0xe8])]),
        ("a bad frame", &[(0x88, b""), (0xff, b"late")]),
        ("text that is not UTF-8", &[(0x88, b""), (0x81, b"\xff")]),
    ];
    for (role, (name, frames)) in
        ROLES.into_iter().flat_map(|role| frames.map(|frames| (role, frames)))
    {
        let wire = all_to(role, frames);
        assert_receives(name, role, &wire, &[Seen::Close(None)], &[(0x88, b"")]);
    }
}

#[test]
fn the_transport_may_end_after_the_peers_close() {
    for role in ROLES {
        let mut end = End::new(role);
        end.receive(&to(role, 0x88, &close_body(1000, "")));
        assert_eq!(end.connection.receive_end(), Ok(()));
        assert_eq!(end.connection.receive_end(), Ok(()));
    }
}

#[test]
fn a_close_may_come_inside_a_fragmented_message() {
    for role in ROLES {
        let wire = all_to(role, &[(0x01, b"unfinished"), (0x88, &[0x03, 0xe8])]);
        let answer = close_body(1000, "");
        assert_receives("inside", role, &wire, &[close(1000, "")], &[(0x88, &answer)]);
    }
}

#[test]
fn a_close_may_be_sent_inside_a_fragmented_message() {
    let mut pair = Pair::new();
    let End { connection, output } = &mut pair.client;
    connection.send_chunk("unfinished", Fin::More, output).unwrap();
    connection.close(Some(&close_frame(1011, "")), output).unwrap();
    assert_eq!(connection.send_chunk("rest", Fin::Last, output), Err(SendError::Closed));
    assert_eq!(pair.settle(), (vec![close(1011, "")], vec![close(1011, "")]));
}

// RFC 6455 §5.5.1: the answer may wait for the end of the message, and does not.
#[test]
fn a_close_is_answered_at_once_inside_an_own_unfinished_message() {
    for role in ROLES {
        let mut end = End::new(role);
        end.connection.send_chunk("unfinished", Fin::More, &mut end.output).unwrap();
        assert_eq!(end.receive(&to(role, 0x88, &close_body(1000, ""))), [close(1000, "")]);
        let End { connection, output } = &mut end;
        assert_eq!(connection.send_chunk("rest", Fin::Last, output), Err(SendError::Closed));
        assert!(connection.is_closed());
        let answer = close_body(1000, "");
        assert_eq!(contents(&end.frames()), [(0x01, &b"unfinished"[..]), (0x88, &answer)]);
    }
}

// RFC 6455 §7.1.5: an end without a Close counts as 1006.
#[test]
fn a_transport_that_ends_without_a_close_is_an_error_1006() {
    for role in ROLES {
        let frame = to(role, 0x81, b"Hello");
        let cases: [(&str, &[u8]); 6] = [
            ("at once", b""),
            ("between frames", &frame),
            ("inside a header", &frame[..1]),
            ("inside a payload", &frame[..frame.len() - 1]),
            ("inside a message", &to(role, 0x01, b"Hel")),
            ("inside a close", &to(role, 0x88, &[0x03, 0xe8])[..3]),
        ];
        for (name, wire) in cases {
            let mut end = End::new(role);
            end.receive(wire);
            let error = end.connection.receive_end().unwrap_err();
            assert_eq!(error, ProtocolError::EndWithoutClose, "{name}");
            assert_eq!(error.close_code(), CloseCode::ABNORMAL);
            assert_eq!(end.connection.receive_end(), Err(error.clone()), "{name}, repeated");
            assert_eq!(end.receive(&frame), [Seen::Failed(error)], "{name}, received after");
            let End { connection, output } = &mut end;
            assert_eq!(connection.send("late", output), Err(SendError::Closed), "{name}");
            assert!(output.is_empty() && connection.is_closed(), "1006 is never on the wire");
        }
    }
}

#[test]
fn an_own_close_does_not_stand_for_the_peers() {
    let mut end = End::new(Role::Client);
    end.connection.close(None, &mut end.output).unwrap();
    assert_eq!(end.connection.receive_end(), Err(ProtocolError::EndWithoutClose));
}

// RFC 6455 §7.1.7: a failing endpoint sends a Close with the code, and reads nothing more.
#[test]
fn each_kind_of_failure_tells_the_peer_its_code_once_after_the_messages_before_it() {
    use ProtocolError::{CutCloseCode, InvalidUtf8, MessageTooBig, UnexpectedContinuation};
    let too_big = MessageTooBig { len: 1 << 40, limit: 16 << 20 };
    for role in ROLES {
        let cases = [
            ("a rule", to(role, 0x80, b""), 1002, UnexpectedContinuation),
            ("UTF-8", to(role, 0x81, b"\xff"), 1007, InvalidUtf8),
            ("a close", to(role, 0x88, b"x"), 1002, CutCloseCode),
            ("a limit", common::header_to(role, 0x82, 1 << 40), 1009, too_big.clone()),
        ];
        for (name, bad, code, error) in cases {
            let wire = [to(role, 0x81, b"1"), to(role, 0x82, b"2"), bad, to(role, 0x88, b"")];
            let seen = [text("1"), binary(b"2"), Seen::Failed(error.clone())];
            let answer = close_body(code, &error.to_string());
            assert_receives(name, role, &wire.concat(), &seen, &[(0x88, &answer)]);

            let mut end = End::new(role);
            end.receive(&wire.concat());
            end.written();
            assert!(end.connection.is_closed(), "{name}");
            assert_eq!(end.connection.receive_end(), Err(error), "{name}");
            let End { connection, output } = &mut end;
            assert_eq!(connection.close(None, output), Err(SendError::Closed), "{name}");
            assert!(output.is_empty(), "{name}: no second Close");
        }
    }
}

#[test]
fn a_failure_after_the_own_close_sends_no_second_close() {
    for role in ROLES {
        let mut end = End::new(role);
        end.connection.close(None, &mut end.output).unwrap();
        end.written();
        let seen = end.receive(&to(role, 0x83, b""));
        assert_eq!(seen, [Seen::Failed(ProtocolError::ReservedOpcode(3))]);
        assert!(end.output.is_empty());
    }
}

#[test]
fn the_peer_of_a_failing_endpoint_learns_why_and_its_answer_is_not_read() {
    let mut pair = Pair::new();
    pair.server.receive(&to(Role::Server, 0x81, b"\xc0"));
    let reason = ProtocolError::InvalidUtf8.to_string();
    assert_eq!(pair.carry_to(Role::Client).1, [close(1007, &reason)]);
    assert_eq!(pair.carry_to(Role::Server).1, [Seen::Failed(ProtocolError::InvalidUtf8)]);
}

#[derive(Clone, Debug)]
enum Act {
    Send(Vec<u8>),
    Ping(Vec<u8>),
    Close(u16),
    /// Carries at most so many bytes to the other end.
    Carry(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Act::Send),
        2 => prop::collection::vec(any::<u8>(), 0..9).prop_map(Act::Ping),
        1 => (3000..5000_u16).prop_map(Act::Close),
        6 => (0..400_usize).prop_map(Act::Carry),
    ]
}

proptest! {
    #[test]
    fn whatever_two_endpoints_do_each_sees_what_the_other_sent_before_its_one_close(
        acts in prop::collection::vec((any::<bool>(), act()), 0..60),
    ) {
        let mut pair = Pair::new();
        let mut wires = [Vec::new(), Vec::new()];
        let (mut sent, mut seen) = ([vec![], vec![]], [vec![], vec![]]);
        // At the end both close, and all that is on the wires arrives.
        let close = [false, true].map(|at| (at, Act::Close(1000)));
        let carry = [false, true, false, true].map(|at| (at, Act::Carry(usize::MAX)));
        for (at, act) in acts.into_iter().chain(close).chain(carry) {
            let at = usize::from(at);
            let End { connection, output } = pair.end(ROLES[at]);
            match act {
                Act::Send(bytes) => {
                    if connection.send(&bytes[..], output).is_ok() {
                        sent[at].push(Message::from(bytes));
                    }
                }
                Act::Ping(bytes) => drop(connection.ping(&bytes, output)),
                Act::Close(code) => drop(connection.close(Some(&close_frame(code, "")), output)),
                Act::Carry(len) => {
                    wires[at].extend(pair.end(ROLES[at]).written());
                    let len = len.min(wires[at].len());
                    let bytes: Vec<u8> = wires[at].drain(..len).collect();
                    seen[1 - at].extend(pair.end(ROLES[1 - at]).receive(&bytes));
                }
            }
        }
        for at in [0, 1] {
            let messages = seen[1 - at].iter().filter_map(|seen| match seen {
                Seen::Message(message) => Some(message.clone()),
                _ => None,
            });
            prop_assert_eq!(messages.collect::<Vec<_>>(), &sent[at][..]);
            let closes = seen[at].iter().filter(|seen| matches!(seen, Seen::Close(_)));
            prop_assert_eq!(closes.count(), 1);
            prop_assert!(matches!(seen[at].last(), Some(Seen::Close(Some(_)))));
            prop_assert!(pair.end(ROLES[at]).connection.is_closed());
        }
    }
}
