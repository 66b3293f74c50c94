//! Messages piece by piece, as they arrive (RFC 6455 §5.4, note: a receiver may hand on frames that
//! are not complete). `receive`, which gathers them, is the oracle.

mod common;

use common::{
    End, Frames, ROLES, Seen, all_to, binary, close, close_body, contents, for_every_cut,
    header_to,
    pieces::{Piece, chunk, join, receive_chunks},
    text, to,
};
use fullduplex::{Config, ProtocolError, Role};
use proptest::prelude::*;

/// Asserts that the pieces of what `wire` holds make what `receive` gives, for every cut.
fn assert_alike(role: Role, wire: &[u8]) {
    for_every_cut(wire, |reads| {
        let (mut pieces, mut whole) = (End::new(role), End::new(role));
        let (mut got, mut seen) = (Vec::new(), Vec::new());
        for read in reads {
            got.extend(receive_chunks(&mut pieces, read));
            seen.extend(whole.receive(read));
            let has_failed = matches!(got.last(), Some(Piece::Other(Seen::Failed(_))));
            assert_eq!(
                has_failed,
                matches!(seen.last(), Some(Seen::Failed(_))),
                "at the same byte"
            );
            if has_failed {
                break;
            }
        }
        assert_eq!(join(&got), seen, "{role:?}");
        assert_eq!(contents(&pieces.frames()), contents(&whole.frames()), "{role:?}");
    });
}

#[test]
fn what_comes_in_pieces_is_what_comes_whole() {
    let cases: &[Frames<'_>] = &[
        &[(0x81, b"whole"), (0x82, b"whole"), (0x81, "€".as_bytes())],
        &[(0x81, b""), (0x82, b"")],
        &[(0x01, b""), (0x00, b""), (0x80, b""), (0x02, b""), (0x80, b"")],
        &[(0x01, b""), (0x00, b"a"), (0x00, b""), (0x00, b"b"), (0x80, b"")],
        &[(0x02, b"be"), (0x89, b"ping"), (0x80, b"gun"), (0x8a, b"pong"), (0x81, b"next")],
        &[(0x01, b"\xe2\x82"), (0x89, b"ping"), (0x00, b""), (0x8a, b""), (0x80, b"\xac")],
        &[(0x01, b"cut off \xe2"), (0x88, b""), (0x80, b"late")],
        &[(0x02, b"cut off"), (0x88, &[0x03, 0xe8]), (0x80, b"late")],
        &[(0x01, b"a"), (0x81, b"b")],
        &[(0x01, b"a\xe2"), (0x03, b"b")],
        &[(0x01, b"a"), (0x88, b"x")],
        &[(0x80, b"x")],
    ];
    for (role, frames) in ROLES.into_iter().flat_map(|role| cases.iter().map(move |c| (role, c))) {
        assert_alike(role, &all_to(role, frames));
    }
}

#[test]
fn a_message_in_frames_that_are_cut_anywhere_is_what_its_pieces_make() {
    let message = "a\u{e9}\u{20ac}\u{1f600}\u{7ff}\u{10ffff}z".as_bytes();
    for first in [0x01, 0x02] {
        for at in 0..=message.len() {
            for to in at..=message.len() {
                let (begin, middle, end) = (&message[..at], &message[at..to], &message[to..]);
                let frames: Frames<'_> = &[
                    (first, begin),
                    (0x89, b"1"),
                    (0x00, middle),
                    (0x89, b""),
                    (0x80, end),
                    (0x8a, b""),
                ];
                assert_alike(Role::Server, &all_to(Role::Server, frames));
            }
        }
    }
}

#[test]
fn a_text_that_is_none_is_refused_at_the_byte_where_receive_refuses_it() {
    let cases: [&[u8]; 12] = [
        b"\xff",
        b"abc\x80",
        b"abc\xc0\xaf",
        b"\xe2\x82",
        b"\xe2\x82a",
        b"ab\xed\xa0\x80",
        b"\xed\xa0",
        b"\xf0\x90\x80",
        b"\xf4\x90\x80\x80",
        b"\xf0\x9f\x98\x80\xf8",
        b"\xe0\x80\x80",
        b"ok \xe2\x82\xac \xe2\x28\xa1",
    ];
    for (role, bad) in ROLES.into_iter().flat_map(|role| cases.map(|bad| (role, bad))) {
        assert_alike(role, &to(role, 0x81, bad));
        for at in 0..=bad.len() {
            let frames: Frames<'_> = &[(0x01, &bad[..at]), (0x89, b""), (0x80, &bad[at..])];
            assert_alike(role, &all_to(role, frames));
        }
        let mut end = End::new(role);
        let failed = Piece::Other(Seen::Failed(ProtocolError::InvalidUtf8));
        assert_eq!(receive_chunks(&mut end, &to(role, 0x81, bad)), [failed]);
        let reason = close_body(1007, &ProtocolError::InvalidUtf8.to_string());
        assert_eq!(contents(&end.frames()), [(0x88, &reason[..])]);
    }
}

#[test]
fn a_piece_is_all_that_came_up_to_an_unfinished_character_which_is_a_piece_of_its_own() {
    let mut client = End::new(Role::Client);
    let reads: [(&[u8], &[Piece]); 7] = [
        (b"\x01\x09", &[]),
        (b"one\xe2", &[chunk("one", true, false)]),
        (b"\x82", &[]),
        (
            b"\xactwo\x89\x00",
            &[
                chunk("€", false, false),
                chunk("two", false, false),
                Piece::Other(Seen::Ping(vec![])),
            ],
        ),
        (b"\x00\x00", &[]),
        (b"\x80\x04\xc3", &[]),
        (b"\xa9no", &[chunk("é", false, false), chunk("no", false, true)]),
    ];
    for (read, pieces) in reads {
        assert_eq!(receive_chunks(&mut client, read), pieces, "{read:02x?}");
    }
    // The last piece may be empty, and one that is cut may be the last.
    assert_eq!(receive_chunks(&mut client, b"\x01\x01a"), [chunk("a", true, false)]);
    assert_eq!(receive_chunks(&mut client, b"\x80\x00"), [chunk("", false, true)]);
    assert_eq!(receive_chunks(&mut client, b"\x81\x02\xc3"), []);
    assert_eq!(receive_chunks(&mut client, b"\xa9"), [chunk("é", true, true)]);
}

#[test]
fn no_limit_of_messages_holds_for_pieces_and_both_hold_for_the_next_message() {
    let mut config = Config::default();
    (config.max_message_len, config.max_message_frames) = (3, 2);
    for role in ROLES {
        let long = all_to(role, &[(0x01, b"long"), (0x00, b"er"), (0x00, b""), (0x80, b"!")]);
        let mut end = End::with(role, &config);
        assert_eq!(join(&receive_chunks(&mut end, &long)), [text("longer!")]);
        assert_eq!(join(&receive_chunks(&mut end, &to(role, 0x82, b"whole"))), [binary(b"whole")]);
        assert_eq!(end.receive(&to(role, 0x81, b"abc")), [text("abc")]);
        let too_big = Seen::Failed(ProtocolError::MessageTooBig { len: 4, limit: 3 });
        assert_eq!(end.receive(&to(role, 0x81, b"abcd")), [too_big]);
    }
}

#[test]
fn what_began_in_pieces_of_which_none_was_handed_over_is_held_against_the_limits() {
    let mut config = Config::default();
    (config.max_message_len, config.max_message_frames) = (5, 2);
    let too_big = |len| Seen::Failed(ProtocolError::MessageTooBig { len, limit: 5 });
    let too_many = Seen::Failed(ProtocolError::TooManyFrames { limit: 2 });
    let cases: [(&[u8], &[u8], Seen); 8] = [
        (b"\x81\x05", b"fives", text("fives")),
        (b"\x81\x06", b"sixsix", too_big(6)),
        (b"\x82\x06", b"s", too_big(6)),
        (b"\x01\x02\xe2\x82\x80\x03", b"\xac..", text("€..")),
        (b"\x01\x02\xe2\x82\x80\x04", b"\xac", too_big(6)),
        (b"\x01\x03\xe2\x82", b"\xac\x80\x03", too_big(6)),
        (b"\x02\x00\x00\x00\x00\x00", b"\x80\x00", too_many.clone()),
        (b"\x02\x00\x00\x00", b"\x80\x00", too_many),
    ];
    for (before, after, seen) in cases {
        let mut client = End::with(Role::Client, &config);
        assert_eq!(receive_chunks(&mut client, before), []);
        assert_eq!(client.receive(after), [seen], "{before:02x?} {after:02x?}");
    }
}

#[test]
fn receive_skips_the_rest_of_a_message_of_which_pieces_were_handed_over() {
    let mut config = Config::default();
    (config.max_message_len, config.max_message_frames) = (5, 2);
    for (role, (first, end_of_text)) in ROLES
        .into_iter()
        .flat_map(|role| [(0x01, &b"\x82\xac"[..]), (0x02, b"\xff")].map(|c| (role, c)))
    {
        let mut end = End::with(role, &config);
        assert_eq!(receive_chunks(&mut end, &to(role, first, b"begun")).len(), 1);
        let rest: Frames<'_> =
            &[(0x00, b"longer"), (0x89, b""), (0x00, b""), (0x00, b"than 5\xe2")];
        assert_eq!(end.receive(&all_to(role, rest)), [Seen::Ping(vec![])]);
        // Nor is it taken up again.
        assert_eq!(receive_chunks(&mut end, &to(role, 0x00, end_of_text)), []);
        assert_eq!(end.receive(&all_to(role, &[(0x80, b""), (0x81, b"next")])), [text("next")]);
        let wire = all_to(role, &[(0x01, b"begun"), (0x88, b"")]);
        assert_eq!(end.receive(&wire), [Seen::Close(None)]);
    }
    // What is skipped is checked.
    for rest in [&[(0x80, &b"\xff"[..])][..], &[(0x80, b"\xe2")], &[(0x81, b"inside")]] {
        let mut end = End::new(Role::Server);
        receive_chunks(&mut end, &to(Role::Server, 0x01, b"begun"));
        assert!(matches!(end.receive(&all_to(Role::Server, rest))[..], [Seen::Failed(_)]));
    }
}

#[test]
fn what_receive_has_gathered_is_the_first_piece() {
    for role in ROLES {
        let mut end = End::new(role);
        assert_eq!(end.receive(&to(role, 0x01, b"gathered \xe2\x82")), []);
        assert_eq!(receive_chunks(&mut end, b""), [chunk("gathered ", true, false)]);
        let rest = all_to(role, &[(0x00, b"\xac and "), (0x80, b"the rest")]);
        let expected = [("€", false), (" and ", false), ("the rest", true)];
        let expected = expected.map(|(content, last)| chunk(content, false, last));
        assert_eq!(receive_chunks(&mut end, &rest), expected);
        assert_eq!(end.receive(&to(role, 0x02, b"gathered")), []);
        let got = receive_chunks(&mut end, &to(role, 0x80, b""));
        assert_eq!(join(&got), [binary(b"gathered")]);
        assert_eq!(end.receive(&to(role, 0x01, b"")), []);
        assert_eq!(receive_chunks(&mut end, &to(role, 0x80, b"x")), [chunk("x", true, true)]);
        assert_eq!(end.receive(&to(role, 0x88, &close_body(1000, ""))), [close(1000, "")]);
    }
}

#[test]
fn a_header_that_only_claims_a_length_without_bound_is_no_piece() {
    for role in ROLES {
        let mut end = End::new(role);
        let header = header_to(role, 0x82, (1 << 63) - 1);
        assert_eq!(receive_chunks(&mut end, &header), []);
        assert_eq!(receive_chunks(&mut end, b"x").len(), 1);
    }
}

proptest! {
    #[test]
    fn any_frames_in_any_reads_are_what_receive_makes_of_them(
        frames in prop::collection::vec(
            (
                prop::sample::select(vec![0x00, 0x00, 0x00, 0x01, 0x80, 0x81, 0x02, 0x82, 0x89, 0x8a]),
                prop_oneof![
                    Just(vec![]),
                    "[aé€😀]{0,4}".prop_map(String::into_bytes),
                    prop::collection::vec(any::<u8>(), 0..9),
                ],
            ),
            0..9,
        ),
    ) {
        let wire = frames.iter().flat_map(|(first, payload)| to(Role::Server, *first, payload));
        assert_alike(Role::Server, &wire.collect::<Vec<u8>>());
    }

    #[test]
    fn any_messages_in_any_fragments_are_what_their_pieces_make(
        messages in prop::collection::vec(
            (any::<bool>(), "[aé€😀]{0,20}", prop::collection::vec(0..9_usize, 0..6)),
            1..4,
        ),
    ) {
        let mut wire = Vec::new();
        for (is_text, message, sizes) in &messages {
            let (mut rest, mut opcode) = (message.as_bytes(), if *is_text { 0x01 } else { 0x02 });
            for size in sizes {
                let (fragment, after) = rest.split_at(rest.len().min(*size));
                wire.extend(to(Role::Server, opcode, fragment));
                (rest, opcode) = (after, 0x00);
            }
            wire.extend(to(Role::Server, 0x80 | opcode, rest));
        }
        assert_alike(Role::Server, &wire);
    }
}
