//! RFC 6455 §5.3 and §5.1: the mask, who must use it and who must not.

mod common;

use common::{
    End, KEY, ROLES, Seen, assert_receives, binary, close_body, for_every_cut, header, masked,
    naive_mask, text, unmasked,
};
use fullduplex::{Mask, ProtocolError, Role};
use proptest::prelude::*;

#[test]
fn the_mask_is_the_loop_of_section_5_3_at_any_offset_and_length() {
    for (offset, len) in (0..=9).flat_map(|offset| (0..=300).map(move |len| (offset, len))) {
        let payload: Vec<u8> = (0..=255).cycle().skip(offset).take(len).collect();
        let (mut actual, mut expected) = (payload.clone(), payload);
        Mask::new(KEY).apply(offset, &mut actual);
        naive_mask(KEY, offset, &mut expected);
        assert_eq!(actual, expected, "{len} bytes at offset {offset}");
    }
}

#[test]
fn the_mask_does_not_depend_on_where_in_memory_the_payload_lies() {
    let lens = || (0..80).chain(250..330).chain([600]);
    for (start, len) in (0..65).flat_map(|start| lens().map(move |len| (start, len))) {
        let mut actual = [0x5a; 700];
        let mut expected = actual;
        Mask::new(KEY).apply(3, &mut actual[start..start + len]);
        naive_mask(KEY, 3, &mut expected[start..start + len]);
        assert_eq!(actual, expected, "{len} bytes at address {start}");
    }
}

#[test]
fn masking_twice_changes_nothing() {
    let mut payload = *b"the same operation masks and unmasks";
    Mask::new(KEY).apply(1, &mut payload);
    assert_ne!(&payload, b"the same operation masks and unmasks");
    Mask::new(KEY).apply(1, &mut payload);
    assert_eq!(&payload, b"the same operation masks and unmasks");
}

#[test]
fn the_offset_counts_modulo_four_up_to_its_end() {
    for offset in [4, 1 << 31, (1_u64 << 32) as usize, usize::MAX - 3] {
        let (mut actual, mut expected) = ([7; 13], [7; 13]);
        Mask::new(KEY).apply(offset, &mut actual);
        Mask::new(KEY).apply(offset % 4, &mut expected);
        assert_eq!(actual, expected, "{offset}");
    }
}

#[test]
fn a_key_of_zeros_is_legal() {
    let mut payload = *b"plain";
    Mask::new([0; 4]).apply(2, &mut payload);
    assert_eq!(&payload, b"plain");
    let wire = [&header(0x81, Some([0; 4]), 5), &b"plain"[..]].concat();
    assert_receives("key of zeros", Role::Server, &wire, &[text("plain")], &[]);
}

#[test]
fn each_frame_is_unmasked_with_its_own_key() {
    let with_key = |first, key, payload: &[u8]| {
        let mut payload = payload.to_vec();
        naive_mask(key, 0, &mut payload);
        [header(first, Some(key), payload.len() as u64), payload].concat()
    };
    let wire = [
        with_key(0x01, [1, 2, 3, 4], b"one key, "),
        with_key(0x89, [0xff; 4], b"another"),
        with_key(0x80, [0, 0, 0, 0x80], b"a third"),
    ];
    let seen = [Seen::Ping(b"another".into()), text("one key, a third")];
    assert_receives("keys", Role::Server, &wire.concat(), &seen, &[(0x8a, b"another")]);
}

#[test]
fn a_frame_of_any_length_is_unmasked_in_any_cut() {
    for len in (0..=40).chain([125, 126, 300]) {
        let payload: Vec<u8> = (0..=255).cycle().take(len).collect();
        for_every_cut(&masked(0x82, &payload), |pieces| {
            let mut server = End::new(Role::Server);
            let seen: Vec<Seen> = pieces.iter().flat_map(|piece| server.receive(piece)).collect();
            assert_eq!(seen, [binary(&payload)], "{len} bytes");
        });
    }
}

#[test]
fn a_server_refuses_every_frame_without_a_mask_and_a_client_every_frame_with_one() {
    for (role, (first, payload)) in ROLES.into_iter().flat_map(|role| {
        let frames: [(u8, &[u8]); 6] = [
            (0x81, b"text"),
            (0x82, b""),
            (0x02, b"fragment"),
            (0x88, &[0x03, 0xe8]),
            (0x89, b""),
            (0x8a, b"pong"),
        ];
        frames.map(|frame| (role, frame))
    }) {
        let (wire, error) = match role {
            Role::Server => (unmasked(first, payload), ProtocolError::Unmasked),
            Role::Client => (masked(first, payload), ProtocolError::Masked),
        };
        // RFC 6455 §5.1: 1002 may be sent; it is.
        let answer = close_body(1002, &error.to_string());
        let name = format!("{first:#04x}");
        assert_receives(&name, role, &wire, &[Seen::Failed(error)], &[(0x88, &answer)]);
    }
}

proptest! {
    #[test]
    fn masking_in_pieces_is_masking_at_once(
        key: [u8; 4],
        payload in prop::collection::vec(any::<u8>(), 0..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let (mut whole, mut pieces) = (payload.clone(), payload);
        naive_mask(key, 0, &mut whole);
        let cut = cut.index(pieces.len() + 1);
        Mask::new(key).apply(0, &mut pieces[..cut]);
        Mask::new(key).apply(cut, &mut pieces[cut..]);
        prop_assert_eq!(whole, pieces);
    }
}
