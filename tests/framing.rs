//! RFC 6455 §5.2 and §5.7: the header, every rule that it can break, and the golden frames.

mod common;

use common::{
    End, KEY, ROLES, Seen, all_to, assert_receives, binary, close_body, for_every_cut, masked,
    text, to, unmasked,
};
use fullduplex::{
    Config, FrameHeader, Mask, Message, Opcode, ProtocolError, Role, Rsv, Sender, WriteBuffer,
};
use proptest::prelude::*;

#[test]
fn the_golden_frames_of_section_5_7_are_received_and_sent() {
    let (b256, b64k) = (vec![0x5a; 256], vec![0xa5; 65536]);
    let cases: &[(&str, Role, &[u8], Seen)] = &[
        ("a text message", Role::Client, b"\x81\x05Hello", text("Hello")),
        (
            "a masked text message",
            Role::Server,
            &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58],
            text("Hello"),
        ),
        ("a fragmented text message", Role::Client, b"\x01\x03Hel\x80\x02lo", text("Hello")),
        ("256 bytes", Role::Client, &[b"\x82\x7e\x01\x00", &b256[..]].concat(), binary(&b256)),
        (
            "64 KiB",
            Role::Client,
            &[b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", &b64k[..]].concat(),
            binary(&b64k),
        ),
    ];
    for (name, receiver, wire, seen) in cases {
        assert_receives(name, *receiver, wire, std::slice::from_ref(seen), &[]);
        let Seen::Message(message) = seen.clone() else { unreachable!() };
        if *name != "a fragmented text message" {
            assert_eq!(sent_to(*receiver, message), *wire, "{name}");
        }
    }
}

#[test]
fn the_golden_ping_of_section_5_7_is_answered_with_the_golden_pong() {
    let ping = b"\x89\x05Hello";
    assert_receives(
        "ping",
        Role::Client,
        ping,
        &[Seen::Ping(b"Hello".into())],
        &[(0x8a, b"Hello")],
    );
    let pong = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_receives("pong", Role::Server, &pong, &[Seen::Pong(b"Hello".into())], &[]);
    let (mut sender, mut output) = (Sender::client(|| KEY, &Config::default()), WriteBuffer::new());
    sender.pong(b"Hello", &mut output).unwrap();
    assert_eq!(taken(&mut output), pong);
}

#[test]
fn a_header_is_read_and_written_as_the_figure_of_section_5_2_says() {
    let header = |fin, opcode, mask: Option<[u8; 4]>, payload_len| FrameHeader {
        fin,
        rsv: Rsv::NONE,
        opcode,
        mask: mask.map(Mask::new),
        payload_len,
    };
    let compressed = FrameHeader { rsv: Rsv::RSV1, ..header(true, Opcode::Text, None, 7) };
    let cases: &[(&str, &[u8], FrameHeader)] = &[
        ("empty", &[0x81, 0x00], header(true, Opcode::Text, None, 0)),
        ("longest in 7 bits", &[0x82, 0x7d], header(true, Opcode::Binary, None, 125)),
        ("shortest in 16", &[0x82, 0x7e, 0x00, 0x7e], header(true, Opcode::Binary, None, 126)),
        ("longest in 16", &[0x02, 0x7e, 0xff, 0xff], header(false, Opcode::Binary, None, 0xffff)),
        (
            "shortest in 64",
            &[0x00, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0],
            header(false, Opcode::Continuation, None, 0x1_0000),
        ),
        (
            "over 32 bits",
            &[0x80, 0x7f, 0, 0, 0, 1, 0, 0, 0, 5],
            header(true, Opcode::Continuation, None, (1 << 32) + 5),
        ),
        (
            "the longest, masked",
            &[0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4],
            header(true, Opcode::Binary, Some([1, 2, 3, 4]), (1 << 63) - 1),
        ),
        ("close", &[0x88, 0x02], header(true, Opcode::Close, None, 2)),
        ("ping", &[0x89, 0x80, 9, 8, 7, 6], header(true, Opcode::Ping, Some([9, 8, 7, 6]), 0)),
        ("pong", &[0x8a, 0x7d], header(true, Opcode::Pong, None, 125)),
        ("key of zeros", &[0x81, 0x81, 0, 0, 0, 0], header(true, Opcode::Text, Some([0; 4]), 1)),
        (
            "masked, 16 bits",
            &[0x81, 0xfe, 1, 0, 5, 6, 7, 8],
            header(true, Opcode::Text, Some([5, 6, 7, 8]), 256),
        ),
        ("RSV1", &[0xc1, 0x07], compressed),
    ];
    for (name, bytes, header) in cases {
        let mut encoded = Vec::new();
        header.encode(&mut encoded);
        assert_eq!(encoded, *bytes, "{name}");
        let with_tail = [*bytes, b"tail"].concat();
        assert_eq!(FrameHeader::parse(&with_tail), Ok(Some((*header, bytes.len()))), "{name}");
        for cut in 0..bytes.len() {
            assert_eq!(FrameHeader::parse(&bytes[..cut]), Ok(None), "{name}, {cut} bytes");
        }
    }
}

#[test]
fn a_header_that_breaks_a_rule_by_itself_is_refused() {
    use ProtocolError::{
        ControlTooLong, FragmentedControl, LengthOutOfRange, NonMinimalLength, ReservedOpcode,
    };
    let top_bit = [0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0];
    let cases: &[(&str, &[u8], ProtocolError)] = &[
        ("reserved opcode 3", &[0x83, 0x00], ReservedOpcode(3)),
        ("reserved opcode 7", &[0x07, 0x00], ReservedOpcode(7)),
        ("reserved opcode b", &[0x8b, 0x00], ReservedOpcode(0xb)),
        ("reserved opcode f", &[0x8f, 0xff], ReservedOpcode(0xf)),
        ("fragmented close", &[0x08, 0x00], FragmentedControl(Opcode::Close)),
        ("fragmented ping", &[0x09, 0x00], FragmentedControl(Opcode::Ping)),
        ("fragmented pong", &[0x0a, 0x80], FragmentedControl(Opcode::Pong)),
        ("126-byte ping", &[0x89, 0x7e, 0x00, 0x7e], ControlTooLong(Opcode::Ping)),
        ("5-byte ping in the 16-bit form", &[0x89, 0x7e, 0, 5], ControlTooLong(Opcode::Ping)),
        ("pong in the 64-bit form", &[0x8a, 0xff], ControlTooLong(Opcode::Pong)),
        ("126-byte close", &[0x88, 0xfe], ControlTooLong(Opcode::Close)),
        ("0 in the 16-bit form", &[0x82, 0x7e, 0x00, 0x00], NonMinimalLength(0)),
        ("125 in the 16-bit form", &[0x82, 0xfe, 0x00, 0x7d], NonMinimalLength(125)),
        ("0 in the 64-bit form", &[0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0], NonMinimalLength(0)),
        ("126, 64 bits", &[0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0, 126], NonMinimalLength(126)),
        ("65535, 64 bits", &[0x82, 0xff, 0, 0, 0, 0, 0, 0, 255, 255], NonMinimalLength(65535)),
        ("2^63", &top_bit, LengthOutOfRange(1 << 63)),
        ("2^64 - 1", &[&[0x82, 0x7f][..], &[0xff; 8]].concat(), LengthOutOfRange(u64::MAX)),
    ];
    for (name, bytes, error) in cases {
        assert_eq!(FrameHeader::parse(bytes), Err(error.clone()), "{name}");
    }
}

/// The rules of §5.1, §5.2, §5.4 and §5.5 for the first two bytes, as one slow list.
fn is_allowed(first: u8, second: u8, receiver: Role, inside_message: bool) -> bool {
    let (fin, rsv, opcode) = (first >> 7 == 1, first >> 4 & 7, first & 15);
    let (mask, len) = (second >> 7 == 1, second & 127);
    let masking = mask == (receiver == Role::Server);
    let order = match opcode {
        0 => inside_message,
        1 | 2 => !inside_message,
        8..=10 => fin && len <= 125,
        _ => false,
    };
    masking && rsv == 0 && order
}

#[test]
fn every_pair_of_first_bytes_is_judged_by_the_rules_for_both_roles() {
    for (role, inside_message) in ROLES.into_iter().flat_map(|role| [(role, false), (role, true)]) {
        for (first, second) in
            (0..=255).flat_map(|first| (0..=255).map(move |second| (first, second)))
        {
            // The rest of the frame, in zeros, but for the payload of a long one.
            let key = if second & 0x80 == 0 { 0 } else { 4 };
            let rest = match second & 127 {
                126 => [&[1, 0][..], &[0; 4][..key]].concat(),
                127 => [&[0, 0, 0, 0, 0, 1, 0, 0][..], &[0; 4][..key]].concat(),
                len => vec![0; key + usize::from(len)],
            };
            let mut end = End::new(role);
            if inside_message {
                end.receive(&to(role, 0x02, b"begun"));
            }
            let seen = end.receive(&[&[first, second], &rest[..]].concat());
            let failed = matches!(seen.first(), Some(Seen::Failed(_)));
            // A Close of zeros has a bad code, or half of one: also 1002, see close_codes.rs.
            let bad_close = first & 15 == 8 && second & 127 > 0;
            let allowed = is_allowed(first, second, role, inside_message) && !bad_close;
            assert_eq!(!failed, allowed, "{first:#04x} {second:#04x} to {role:?}: {seen:?}");
            if failed {
                // RFC 6455 §7.1.7: the peer is told; every one of these is 1002.
                let frames = end.frames();
                assert_eq!((frames[0].first, &frames[0].payload[..2]), (0x88, &[0x03, 0xea][..]));
            }
        }
    }
}

#[test]
fn each_broken_rule_closes_with_1002_however_the_frame_is_cut() {
    let rsv = |bytes: &[u8]| FrameHeader::parse(bytes).unwrap().unwrap().0.rsv;
    let cases: &[(&str, u8, ProtocolError)] = &[
        ("RSV1", 0xc1, ProtocolError::ReservedBits { rsv: Rsv::RSV1, opcode: Opcode::Text }),
        (
            "RSV2 on a ping",
            0xa9,
            ProtocolError::ReservedBits { rsv: rsv(&[0xa9, 0]), opcode: Opcode::Ping },
        ),
        (
            "RSV3",
            0x92,
            ProtocolError::ReservedBits { rsv: rsv(&[0x92, 0]), opcode: Opcode::Binary },
        ),
        (
            "RSV1 on a close",
            0xc8,
            ProtocolError::ReservedBits { rsv: Rsv::RSV1, opcode: Opcode::Close },
        ),
        ("opcode 5", 0x85, ProtocolError::ReservedOpcode(5)),
        ("opcode b", 0x8b, ProtocolError::ReservedOpcode(11)),
        ("fragmented pong", 0x0a, ProtocolError::FragmentedControl(Opcode::Pong)),
    ];
    for (role, (name, first, error)) in
        ROLES.into_iter().flat_map(|role| cases.iter().map(move |case| (role, case)))
    {
        let wire = all_to(role, &[(0x81, b"before"), (*first, b"bad..."), (0x81, b"after.")]);
        let answer = close_body(1002, &error.to_string());
        let seen = [text("before"), Seen::Failed(error.clone())];
        assert_receives(name, role, &wire, &seen, &[(0x88, &answer)]);
    }
}

#[test]
fn every_length_is_sent_in_its_shortest_form() {
    for len in (0..=300).chain(65_500..=65_600) {
        let payload = vec![0x61; len];
        assert_eq!(sent_to(Role::Client, Message::from(&payload[..])), unmasked(0x82, &payload));
        assert_eq!(sent_to(Role::Server, Message::from(&payload[..])), masked(0x82, &payload));
    }
}

proptest! {
    #[test]
    fn any_header_comes_back_as_it_was_written(
        fin: bool,
        opcode in prop::sample::select(vec![Opcode::Continuation, Opcode::Text, Opcode::Binary]),
        mask: Option<[u8; 4]>,
        bits in 0..63u32,
        low: u64,
    ) {
        let payload_len = low >> (63 - bits) >> 1;
        let mask = mask.map(Mask::new);
        let header = FrameHeader { fin, rsv: Rsv::NONE, opcode, mask, payload_len };
        let mut bytes = Vec::new();
        header.encode(&mut bytes);
        prop_assert_eq!(FrameHeader::parse(&bytes), Ok(Some((header, bytes.len()))));
    }

    #[test]
    fn any_bytes_are_received_without_a_panic_and_alike_in_any_cut(
        wire in prop::collection::vec(wire_byte(), 0..64),
    ) {
        let whole = End::new(Role::Client).receive(&wire);
        for_every_cut(&wire, |pieces| {
            let mut end = End::new(Role::Client);
            let mut seen: Vec<Seen> = pieces.iter().flat_map(|piece| end.receive(piece)).collect();
            seen.dedup_by(|a, b| a == b && matches!(a, Seen::Failed(_)));
            assert_eq!(seen, whole);
        });
    }
}

/// Bytes that often make a valid frame.
fn wire_byte() -> impl Strategy<Value = u8> {
    let openers = vec![0x00, 0x80, 0x01, 0x81, 0x02, 0x82, 0x88, 0x89, 0x8a];
    prop_oneof![prop::sample::select(openers), 0..4u8, any::<u8>()]
}

/// The bytes of `message` as the peer of `receiver` sends it.
fn sent_to(receiver: Role, message: Message<'_>) -> Vec<u8> {
    let config = Config::default();
    let mut sender = match receiver {
        Role::Client => Sender::server(&config),
        Role::Server => Sender::client(|| KEY, &config),
    };
    let mut output = WriteBuffer::new();
    sender.send(message, &mut output).unwrap();
    taken(&mut output)
}

fn taken(output: &mut WriteBuffer) -> Vec<u8> {
    let len = output.len();
    bytes::Buf::copy_to_bytes(output, len).into()
}
