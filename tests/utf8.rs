//! RFC 6455 §5.6 and §8.1: text is UTF-8, checked as it comes; other text fails with 1007.

mod common;

use std::str;

use common::{
    End, ROLES, Seen, all_to, assert_receives, binary, close_body, contents, header_to, masked,
    text, to,
};
use fullduplex::{ProtocolError, Role};
use proptest::prelude::*;

/// Name, bytes, and how many of them it takes to see that no text begins so.
const INVALID: &[(&str, &[u8], usize)] = &[
    ("a lone continuation byte", b"\x80", 1),
    ("two of them after text", b"ok\xbf\x80", 3),
    ("a lead byte before ASCII", b"\xc3a", 2),
    ("an overlong slash in 2 bytes", b"\xc0\xaf", 1),
    ("an overlong c1 bf", b"\xc1\xbf", 1),
    ("an overlong slash in 3 bytes", b"\xe0\x80\xaf", 2),
    ("the last overlong in 3 bytes", b"\xe0\x9f\xbf", 2),
    ("an overlong slash in 4 bytes", b"\xf0\x80\x80\xaf", 2),
    ("the last overlong in 4 bytes", b"\xf0\x8f\xbf\xbf", 2),
    ("an overlong NUL", b"\xc0\x80", 1),
    ("the surrogate d800", b"\xed\xa0\x80", 2),
    ("the surrogate dfff", b"\xed\xbf\xbf", 2),
    ("a surrogate pair", b"\xed\xa0\xbd\xed\xb8\x80", 2),
    ("110000, past the last code point", b"\xf4\x90\x80\x80", 2),
    ("a lead byte f5", b"\xf5\x80\x80\x80", 1),
    ("a 5-byte form", b"\xf8\x88\x80\x80\x80", 1),
    ("a 6-byte form", b"\xfc\x84\x80\x80\x80\x80", 1),
    ("fe", b"\xfe", 1),
    ("ff", b"\xff", 1),
    ("a character cut after 2 of 3 bytes", b"\xe2\x82a", 3),
    ("a character cut after 3 of 4 bytes", b"\xf0\x9f\x98a", 4),
    ("a lead byte inside a character", b"\xf0\x9f\xe2\x82\xac", 3),
    ("Autobahn 6.4", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited", 13),
];

const VALID: &[(&str, &str)] = &[
    ("nothing", ""),
    ("NUL", "\0"),
    ("ASCII", "Hello, \x7f"),
    ("the first and last of 2 bytes", "\u{80}\u{7ff}"),
    ("the first and last of 3 bytes", "\u{800}\u{ffff}"),
    ("the first and last of 4 bytes", "\u{10000}\u{10ffff}"),
    ("both sides of the surrogates", "\u{d7ff}\u{e000}"),
    ("characters that are not assigned", "\u{fffe}\u{fdd0}\u{1fffe}\u{10fffe}"),
    ("a byte order mark", "\u{feff}text"),
    ("Autobahn 6.2", "Hello-µ@ßöäüàá-UTF-8!!"),
    ("all lengths in turn", "aé€😀😀€éa"),
];

#[test]
fn text_that_is_not_utf_8_fails_with_1007_in_one_frame_and_in_two() {
    let answer = close_body(1007, &ProtocolError::InvalidUtf8.to_string());
    let seen = [Seen::Failed(ProtocolError::InvalidUtf8)];
    for (role, (name, bytes, _)) in
        ROLES.into_iter().flat_map(|role| INVALID.iter().map(move |case| (role, case)))
    {
        let wire = to(role, 0x81, bytes);
        assert_receives(name, role, &wire, &seen, &[(0x88, &answer)]);
        for cut in 0..=bytes.len() {
            let wire = all_to(role, &[(0x01, &bytes[..cut]), (0x80, &bytes[cut..])]);
            assert_receives(name, role, &wire, &seen, &[(0x88, &answer)]);
        }
    }
}

#[test]
fn text_fails_at_the_first_byte_that_cannot_follow_in_fragments() {
    for (name, bytes, least) in INVALID {
        let mut server = End::new(Role::Server);
        server.receive(&masked(0x01, b""));
        for (index, byte) in bytes.iter().take(*least).enumerate() {
            let seen = server.receive(&masked(0x00, &[*byte]));
            let failed = seen == [Seen::Failed(ProtocolError::InvalidUtf8)];
            assert_eq!(failed, index + 1 == *least, "{name}, at byte {index}: {seen:?}");
        }
    }
}

#[test]
fn text_fails_at_the_first_byte_that_cannot_follow_in_an_unfinished_frame() {
    for (role, (name, bytes, least)) in
        ROLES.into_iter().flat_map(|role| INVALID.iter().map(move |case| (role, case)))
    {
        let mut end = End::new(role);
        // More is promised than ever comes.
        let wire = to(role, 0x81, &[bytes, &[b'x'; 100][..]].concat());
        let header = wire.len() - bytes.len() - 100;
        assert_eq!(end.receive(&wire[..header]), []);
        for (index, byte) in wire[header..header + least].iter().enumerate() {
            let seen = end.receive(&[*byte]);
            let failed = seen == [Seen::Failed(ProtocolError::InvalidUtf8)];
            assert_eq!(failed, index + 1 == *least, "{name}, at byte {index}: {seen:?}");
        }
        assert_eq!(&end.frames()[0].payload[..2], 1007_u16.to_be_bytes(), "{name}");
    }
}

#[test]
fn a_message_that_ends_inside_a_character_fails_with_1007() {
    let answer = close_body(1007, &ProtocolError::InvalidUtf8.to_string());
    let seen = [Seen::Failed(ProtocolError::InvalidUtf8)];
    for character in ["é", "€", "😀"] {
        for cut in 1..character.len() {
            let cut = &character.as_bytes()[..cut];
            let whole = masked(0x81, cut);
            assert_receives(character, Role::Server, &whole, &seen, &[(0x88, &answer)]);
            let empty_end = all_to(Role::Client, &[(0x01, cut), (0x80, b"")]);
            assert_receives(character, Role::Client, &empty_end, &seen, &[(0x88, &answer)]);
        }
    }
}

#[test]
fn a_character_may_be_cut_by_fragments_and_control_frames() {
    for (name, valid) in VALID {
        let bytes = valid.as_bytes();
        for (first, second) in (0..=bytes.len()).map(|cut| bytes.split_at(cut)) {
            let wire = all_to(Role::Server, &[(0x01, first), (0x8a, b""), (0x80, second)]);
            assert_receives(name, Role::Server, &wire, &[Seen::Pong(vec![]), text(valid)], &[]);
        }
        let mut wire = masked(0x01, b"");
        wire.extend(bytes.iter().flat_map(|byte| masked(0x00, &[*byte])));
        wire.extend(masked(0x80, b""));
        assert_receives(name, Role::Server, &wire, &[text(valid)], &[]);
    }
}

#[test]
fn binary_messages_need_not_be_utf_8() {
    for (name, bytes, _) in INVALID {
        assert_receives(name, Role::Server, &masked(0x82, bytes), &[binary(bytes)], &[]);
    }
}

#[test]
fn a_carried_character_does_not_leak_into_the_next_message() {
    let mut server = End::new(Role::Server);
    let wire =
        all_to(Role::Server, &[(0x01, b"\xc3"), (0x80, b"\xa9"), (0x02, b""), (0x80, b"\xa9")]);
    assert_eq!(server.receive(&wire), [text("é"), binary(b"\xa9")]);
    let wire = all_to(Role::Server, &[(0x01, b"a"), (0x80, b"\xa9")]);
    assert_eq!(server.receive(&wire), [Seen::Failed(ProtocolError::InvalidUtf8)]);
}

#[test]
fn every_pair_and_every_cut_triple_of_bytes_is_judged_as_the_standard_library_does() {
    let judge = |bytes: &[u8], fragments: &[&[u8]]| {
        let mut client = End::new(Role::Client);
        let mut wire = common::unmasked(0x01, fragments[0]);
        wire.extend(common::unmasked(0x80, fragments[1]));
        let expected = match str::from_utf8(bytes) {
            Ok(valid) => text(valid),
            Err(_) => Seen::Failed(ProtocolError::InvalidUtf8),
        };
        assert_eq!(client.receive(&wire), [expected], "{bytes:02x?} as {fragments:02x?}");
    };
    for first in 0..=255 {
        for second in 0..=255 {
            judge(&[first, second], &[&[first], &[second]]);
        }
    }
    for first in 0xe0..=0xf7 {
        for second in 0x7f..=0xc0 {
            let bytes = [first, second, 0xbf];
            judge(&bytes, &[&bytes[..1], &bytes[1..]]);
            let bytes = [first, second, 0x80, 0xbf];
            judge(&bytes, &[&bytes[..2], &bytes[2..]]);
        }
    }
}

/// How many bytes it takes to see that no text begins with `bytes`: the slow, obvious way.
fn bytes_to_fail(bytes: &[u8]) -> Option<usize> {
    (1..=bytes.len())
        .find(|len| str::from_utf8(&bytes[..*len]).is_err_and(|error| error.error_len().is_some()))
}

/// Bytes that are often text, or nearly.
fn nearly_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => any::<char>().prop_map(|character| character.to_string().into_bytes()),
        4 => "[ -~]{0,40}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..3),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn text_in_any_fragments_is_judged_as_whole_text_is(
        bytes in nearly_text(),
        sizes in prop::collection::vec(0..9_usize, 1..40),
    ) {
        let mut server = End::new(Role::Server);
        server.receive(&masked(0x01, b""));
        let (mut sent, mut failed_at) = (0, None);
        for size in sizes.into_iter().chain([bytes.len()]) {
            let piece = &bytes[sent..(sent + size).min(bytes.len())];
            sent += piece.len();
            match &server.receive(&masked(0x00, piece))[..] {
                [] => {}
                [Seen::Failed(ProtocolError::InvalidUtf8)] => {
                    failed_at = Some(sent - piece.len()..=sent);
                    break;
                }
                seen => prop_assert!(false, "{seen:?}"),
            }
        }
        match (failed_at, bytes_to_fail(&bytes)) {
            (Some(piece), Some(least)) => prop_assert!(piece.contains(&least)),
            (None, None) => {
                let expected = match str::from_utf8(&bytes) {
                    Ok(valid) => text(valid),
                    Err(_) => Seen::Failed(ProtocolError::InvalidUtf8),
                };
                prop_assert_eq!(server.receive(&masked(0x80, b"")), [expected]);
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
}

#[test]
fn nothing_is_answered_while_a_character_is_unfinished() {
    let mut client = End::new(Role::Client);
    let wire = [header_to(Role::Client, 0x81, 4), b"\xf0\x9f\x98".to_vec()].concat();
    assert_eq!(client.receive(&wire), []);
    assert_eq!(contents(&client.frames()), []);
    assert_eq!(client.receive(b"\x80"), [text("😀")]);
}
