//! RFC 6455 §10.4: what a peer may not make an endpoint hold or do.

mod common;

use common::{
    End, ROLES, Seen, all_to, binary, close_body, contents, for_every_cut, header_to, masked, text,
    to,
};
use fullduplex::{Config, ProtocolError, Role};

fn with_max_len(max_message_len: u64) -> Config {
    let mut config = Config::default();
    config.max_message_len = max_message_len;
    config
}

fn with_max_frames(max_message_frames: u32) -> Config {
    let mut config = Config::default();
    config.max_message_frames = max_message_frames;
    config
}

fn too_big(len: u64, limit: u64) -> Seen {
    Seen::Failed(ProtocolError::MessageTooBig { len, limit })
}

#[test]
fn a_frame_over_the_limit_is_refused_on_its_header_with_1009() {
    let cases = [
        ("one byte over the default", Config::default(), (16 << 20) + 1),
        ("one byte over 1000", with_max_len(1000), 1001),
        ("one byte over nothing", with_max_len(0), 1),
        ("2^31", Config::default(), 1 << 31),
        // It must not become 5 where a usize has 32 bits.
        ("2^32 + 5", Config::default(), (1 << 32) + 5),
        ("2^60", Config::default(), 1 << 60),
        ("2^63 - 1", with_max_len((1 << 63) - 2), (1 << 63) - 1),
    ];
    for (role, (name, config, len)) in
        ROLES.into_iter().flat_map(|role| cases.clone().map(|case| (role, case)))
    {
        for first in [0x81, 0x82, 0x01] {
            for_every_cut(&header_to(role, first, len), |pieces| {
                let mut end = End::with(role, &config);
                let seen: Vec<Seen> = pieces.iter().flat_map(|piece| end.receive(piece)).collect();
                assert_eq!(seen, [too_big(len, config.max_message_len)], "{name}");
                let frames = end.frames();
                assert_eq!(frames[0].payload[..2], 1009_u16.to_be_bytes(), "{name}");
            });
        }
    }
}

#[test]
fn a_message_of_the_limit_passes_and_the_next_one_counts_from_zero() {
    let mut server = End::with(Role::Server, &with_max_len(10));
    let wire = all_to(
        Role::Server,
        &[(0x81, b"ten bytes!"), (0x02, b"four"), (0x00, b"five5"), (0x80, b"1")],
    );
    for _ in 0..3 {
        assert_eq!(server.receive(&wire), [text("ten bytes!"), binary(b"fourfive51")]);
    }
}

#[test]
fn a_limit_of_zero_lets_empty_messages_pass() {
    let mut server = End::with(Role::Server, &with_max_len(0));
    let wire = all_to(Role::Server, &[(0x81, b""), (0x02, b""), (0x80, b""), (0x81, b"x")]);
    assert_eq!(server.receive(&wire), [text(""), binary(b""), too_big(1, 0)]);
}

#[test]
fn the_limit_holds_for_the_sum_of_a_messages_frames() {
    let mut server = End::with(Role::Server, &with_max_len(1000));
    server.receive(&masked(0x02, b""));
    for _ in 0..1000 {
        assert_eq!(server.receive(&masked(0x00, b"x")), []);
    }
    assert_eq!(server.receive(&masked(0x00, b"x")), [too_big(1001, 1000)]);
}

// A sum near 2^64 needs a first frame of more than 2^62 bytes to arrive; the addition saturates.
#[test]
fn sums_of_lengths_do_not_wrap() {
    let cases: &[(&str, u64)] = &[
        ("2^31 - 1", (1 << 31) - 1),
        ("2^31", 1 << 31),
        ("2^32 - 1", (1 << 32) - 1),
        ("2^32", 1 << 32),
        ("2^32 + 4", (1 << 32) + 4),
        ("2^63 - 1", (1 << 63) - 1),
        ("2^63", 1 << 63),
        ("2^63 + 3", (1 << 63) + 3),
    ];
    for (role, (name, limit)) in
        ROLES.into_iter().flat_map(|role| cases.iter().map(move |case| (role, case)))
    {
        let begun = || {
            let mut end = End::with(role, &with_max_len(*limit));
            assert_eq!(end.receive(&to(role, 0x02, b"five5")), []);
            end
        };
        let rest = limit - 5;
        assert_eq!(begun().receive(&header_to(role, 0x80, rest)), [], "{name}");
        let over = header_to(role, 0x80, rest + 1);
        assert_eq!(begun().receive(&over), [too_big(limit + 1, *limit)], "{name}");
    }
    for wrapping in [(1 << 32) - 5, (1 << 32) - 1, (1 << 63) - 5, (1 << 63) - 1] {
        let mut server = End::new(Role::Server);
        server.receive(&masked(0x02, b"five5"));
        let seen = server.receive(&header_to(Role::Server, 0x80, wrapping));
        assert_eq!(seen, [too_big(wrapping + 5, 16 << 20)], "{wrapping}");
    }
}

#[test]
fn an_unlimited_receiver_takes_the_longest_header_and_waits() {
    for role in ROLES {
        let mut end = End::with(role, &with_max_len(u64::MAX));
        assert_eq!(end.receive(&header_to(role, 0x82, (1 << 63) - 1)), []);
        assert_eq!(end.receive(&[0; 1000]), []);
    }
    // Five bytes are not the end of 2^32 + 5, also where a usize has 32 bits.
    let mut end = End::with(Role::Client, &with_max_len(u64::MAX));
    assert_eq!(end.receive(&header_to(Role::Client, 0x82, (1 << 32) + 5)), []);
    assert_eq!(end.receive(b"five5"), []);
}

#[test]
fn the_limit_of_text_counts_bytes() {
    let mut server = End::with(Role::Server, &with_max_len(3));
    let wire = all_to(Role::Server, &[(0x81, "€".as_bytes()), (0x81, "éé".as_bytes())]);
    assert_eq!(server.receive(&wire), [text("€"), too_big(4, 3)]);
}

#[test]
fn control_frames_count_for_no_limit_of_a_message() {
    let mut config = with_max_len(4);
    config.max_message_frames = 2;
    let mut server = End::with(Role::Server, &config);
    server.receive(&masked(0x01, b"ab"));
    for _ in 0..100 {
        assert_eq!(server.receive(&masked(0x8a, b"longer")), [Seen::Pong(b"longer".into())]);
    }
    assert_eq!(server.receive(&masked(0x80, b"cd")), [text("abcd")]);
}

#[test]
fn a_message_of_more_frames_than_the_limit_fails_with_1008() {
    let error = ProtocolError::TooManyFrames { limit: 3 };
    for (role, payload) in ROLES.into_iter().flat_map(|role| [(role, &b""[..]), (role, b"x")]) {
        let mut end = End::with(role, &with_max_frames(3));
        for _ in 0..2 {
            let wire = all_to(role, &[(0x02, payload), (0x00, payload), (0x80, payload)]);
            assert_eq!(end.receive(&wire), [binary(&payload.repeat(3))]);
        }
        assert_eq!(end.receive(&all_to(role, &[(0x02, payload), (0x00, payload)])), []);
        assert_eq!(end.receive(&to(role, 0x00, payload)), []);
        assert_eq!(end.receive(&to(role, 0x80, payload)), [Seen::Failed(error.clone())]);
        let answer = close_body(1008, &error.to_string());
        assert_eq!(contents(&end.frames()), [(0x88, &answer[..])]);
    }
}

#[test]
fn endless_empty_fragments_end_at_the_default_limit() {
    let mut server = End::new(Role::Server);
    server.receive(&masked(0x01, b""));
    let fragments = masked(0x00, b"").repeat(1024);
    for _ in 0..127 {
        assert_eq!(server.receive(&fragments), []);
    }
    // 131,072 frames with the first one.
    assert_eq!(server.receive(&fragments[6..]), []);
    let error = ProtocolError::TooManyFrames { limit: 131_072 };
    assert_eq!(server.receive(&masked(0x80, b"")), [Seen::Failed(error)]);
}

#[test]
fn endless_fragments_end_at_the_default_limit_of_16_mib() {
    let mut server = End::new(Role::Server);
    server.receive(&masked(0x02, b""));
    let fragment = masked(0x00, &vec![0; 64 * 1024]);
    for _ in 0..256 {
        assert_eq!(server.receive(&fragment), []);
    }
    assert_eq!(server.receive(&masked(0x00, b"x")), [too_big((16 << 20) + 1, 16 << 20)]);
}
