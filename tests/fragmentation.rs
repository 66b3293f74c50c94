//! RFC 6455 §5.4: one message in any number of frames.

mod common;

use common::{
    End, Frames, ROLES, Seen, all_to, assert_receives, binary, close_body, for_every_cut, masked,
    text, to,
};
use fullduplex::{Chunk, Config, Kind, Opcode, Part, ProtocolError, Receiver, Role};
use proptest::prelude::*;

#[test]
fn a_message_is_what_its_frames_carry_in_order() {
    let cases: &[(&str, Frames<'_>, Seen)] = &[
        ("one frame", &[(0x81, b"one")], text("one")),
        ("an empty frame", &[(0x81, b"")], text("")),
        ("an empty binary frame", &[(0x82, b"")], binary(b"")),
        ("two", &[(0x01, b"t"), (0x80, b"wo")], text("two")),
        ("three", &[(0x02, b"th"), (0x00, b"re"), (0x80, b"e")], binary(b"three")),
        ("only empty frames", &[(0x01, b""), (0x00, b""), (0x80, b"")], text("")),
        ("an empty first frame", &[(0x01, b""), (0x80, b"rest")], text("rest")),
        ("an empty last frame", &[(0x02, b"all"), (0x80, b"")], binary(b"all")),
        (
            "empty frames between",
            &[(0x02, b"a"), (0x00, b""), (0x00, b""), (0x00, b"b"), (0x00, b""), (0x80, b"c")],
            binary(b"abc"),
        ),
        (
            "frames cut inside characters",
            &[(0x01, b"\xce"), (0x00, b"\xba\xe2\x82"), (0x80, b"\xac")],
            text("κ€"),
        ),
    ];
    for (role, (name, frames, seen)) in
        ROLES.into_iter().flat_map(|role| cases.iter().map(move |case| (role, case)))
    {
        assert_receives(name, role, &all_to(role, frames), std::slice::from_ref(seen), &[]);
    }
}

#[test]
fn messages_follow_each_other() {
    let frames: &[(u8, &[u8])] = &[
        (0x81, b"whole"),
        (0x01, b"in "),
        (0x80, b"two"),
        (0x82, b"whole again"),
        (0x02, b""),
        (0x80, b""),
        (0x81, b"end"),
    ];
    let seen = [text("whole"), text("in two"), binary(b"whole again"), binary(b""), text("end")];
    for role in ROLES {
        assert_receives("messages", role, &all_to(role, frames), &seen, &[]);
    }
}

#[test]
fn frames_out_of_order_fail_with_1002() {
    use ProtocolError::{InterruptedMessage, UnexpectedContinuation};
    let cases: &[(&str, Frames<'_>, &[Seen], ProtocolError)] = &[
        ("nothing to continue", &[(0x80, b"x")], &[], UnexpectedContinuation),
        ("nothing to continue, FIN 0", &[(0x00, b"x")], &[], UnexpectedContinuation),
        ("an empty one", &[(0x00, b"")], &[], UnexpectedContinuation),
        (
            "after a whole message",
            &[(0x81, b"whole"), (0x80, b"more")],
            &[text("whole")],
            UnexpectedContinuation,
        ),
        (
            "after the last fragment",
            &[(0x02, b"a"), (0x80, b"b"), (0x80, b"c")],
            &[binary(b"ab")],
            UnexpectedContinuation,
        ),
        (
            "text inside text",
            &[(0x01, b"first"), (0x81, b"second")],
            &[],
            InterruptedMessage(Opcode::Text),
        ),
        (
            "binary inside text",
            &[(0x01, b"first"), (0x82, b"second")],
            &[],
            InterruptedMessage(Opcode::Binary),
        ),
        (
            "an unfinished text inside binary",
            &[(0x02, b"first"), (0x00, b"more"), (0x01, b"second")],
            &[],
            InterruptedMessage(Opcode::Text),
        ),
    ];
    for (role, (name, frames, seen, error)) in
        ROLES.into_iter().flat_map(|role| cases.iter().map(move |case| (role, case)))
    {
        let seen = [*seen, &[Seen::Failed(error.clone())]].concat();
        let answer = close_body(1002, &error.to_string());
        assert_receives(name, role, &all_to(role, frames), &seen, &[(0x88, &answer)]);
    }
}

#[test]
fn fragments_of_any_size_make_the_same_message() {
    let message: Vec<u8> = (0..=255).cycle().take(3000).collect();
    for size in (1..=17).chain([125, 126, 1000, 2999]) {
        let mut server = End::new(Role::Server);
        let mut wire = masked(0x02, b"");
        wire.extend(message.chunks(size).flat_map(|fragment| masked(0x00, fragment)));
        wire.extend(masked(0x80, b""));
        assert_eq!(server.receive(&wire), [binary(&message)], "fragments of {size} bytes");
    }
}

#[test]
fn a_message_longer_than_one_read_arrives_whole() {
    let message: Vec<u8> = (0..=250).cycle().take(200_000).collect();
    for (role, size) in ROLES.into_iter().flat_map(|role| [(role, 1000), (role, 65536)]) {
        let mut end = End::new(role);
        let wire = to(role, 0x82, &message);
        let seen: Vec<Seen> = wire.chunks(size).flat_map(|read| end.receive(read)).collect();
        assert_eq!(seen, [binary(&message)], "reads of {size} bytes");
    }
}

// RFC 6455 §5.4, note: a receiver may hand on frames that are not complete.
#[test]
fn the_receiver_lends_each_piece_of_a_frame_as_it_arrives() {
    let mut receiver = Receiver::new(Role::Client, &Config::default());
    let mut next = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let mut input = &mut bytes[..];
        match receiver.receive(&mut input).unwrap() {
            Some(Part::Data(Chunk { kind, payload, first, fin, frame_rest, .. })) => {
                Some((kind, payload.to_vec(), first, fin, frame_rest))
            }
            Some(part) => panic!("{part:?}"),
            None => None,
        }
    };
    assert_eq!(next(b"\x01\x04te"), Some((Kind::Text, b"te".into(), true, false, 2)));
    assert_eq!(next(b"x"), Some((Kind::Text, b"x".into(), false, false, 1)));
    assert_eq!(next(b"t"), Some((Kind::Text, b"t".into(), false, false, 0)));
    assert_eq!(next(b"\x00\x00"), Some((Kind::Text, b"".into(), false, false, 0)));
    assert_eq!(next(b"\x80"), None);
    assert_eq!(next(b"\x03"), None);
    assert_eq!(next(b"en"), Some((Kind::Text, b"en".into(), false, true, 1)));
    assert_eq!(next(b"d"), Some((Kind::Text, b"d".into(), false, true, 0)));
}

proptest! {
    #[test]
    fn any_messages_in_any_fragments_come_out_as_they_went_in(
        messages in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..5),
            1..4,
        ),
    ) {
        let mut wire = Vec::new();
        for fragments in &messages {
            for (index, fragment) in fragments.iter().enumerate() {
                let fin = if index + 1 == fragments.len() { 0x80 } else { 0 };
                let opcode = if index == 0 { 0x02 } else { 0x00 };
                wire.extend(masked(fin | opcode, fragment));
            }
        }
        let expected: Vec<Seen> = messages.iter().map(|parts| binary(&parts.concat())).collect();
        for_every_cut(&wire, |pieces| {
            let mut server = End::new(Role::Server);
            let seen: Vec<Seen> = pieces.iter().flat_map(|piece| server.receive(piece)).collect();
            assert_eq!(seen, expected);
        });
    }
}
