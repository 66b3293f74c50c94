//! RFC 6455 §5.5: Ping and Pong, on their own, between fragments, and in a flood. Close has files
//! of its own.

mod common;

use common::{
    End, Frames, ROLES, Seen, all_to, assert_receives, binary, close_body, contents, masked, text,
    to, unmasked,
};
use fullduplex::{Config, Opcode, ProtocolError, Role};

#[test]
fn a_ping_is_answered_with_its_payload_at_any_length() {
    let payload: Vec<u8> = (1..=125).collect();
    for (role, len) in ROLES.into_iter().flat_map(|role| (0..=125).map(move |len| (role, len))) {
        let payload = &payload[..len];
        let wire = to(role, 0x89, payload);
        let seen = [Seen::Ping(payload.into())];
        assert_receives("ping", role, &wire, &seen, &[(0x8a, payload)]);
    }
}

#[test]
fn a_client_masks_its_pong_and_a_server_does_not() {
    for role in ROLES {
        let mut end = End::new(role);
        end.receive(&to(role, 0x89, b"ping"));
        assert_eq!(end.frames()[0].key.is_some(), role == Role::Client, "{role:?}");
    }
}

#[test]
fn a_control_frame_of_more_than_125_bytes_or_in_fragments_fails_with_1002() {
    let long = [b'x'; 126];
    let cases: &[(&str, Frames<'_>, ProtocolError)] = &[
        ("126-byte ping", &[(0x89, &long)], ProtocolError::ControlTooLong(Opcode::Ping)),
        ("126-byte pong", &[(0x8a, &long)], ProtocolError::ControlTooLong(Opcode::Pong)),
        ("126-byte close", &[(0x88, &long)], ProtocolError::ControlTooLong(Opcode::Close)),
        (
            "ping in two fragments",
            &[(0x09, b"pi"), (0x80, b"ng")],
            ProtocolError::FragmentedControl(Opcode::Ping),
        ),
        ("continued ping", &[(0x89, b"p"), (0x80, b"q")], ProtocolError::UnexpectedContinuation),
    ];
    for (role, (name, frames, error)) in
        ROLES.into_iter().flat_map(|role| cases.iter().map(move |case| (role, case)))
    {
        let reason = close_body(1002, &error.to_string());
        let (seen, answers): (&[Seen], Frames<'_>) = match *name {
            "continued ping" => (&[Seen::Ping(b"p".into())], &[(0x8a, b"p"), (0x88, &reason)]),
            _ => (&[], &[(0x88, &reason)]),
        };
        let seen = [seen, &[Seen::Failed(error.clone())]].concat();
        assert_receives(name, role, &all_to(role, frames), &seen, answers);
    }
}

#[test]
fn ten_pings_get_ten_pongs_in_order() {
    let payloads: Vec<Vec<u8>> = (0..10).map(|n| format!("payload {n}").into_bytes()).collect();
    for role in ROLES {
        let wire: Vec<u8> = payloads.iter().flat_map(|payload| to(role, 0x89, payload)).collect();
        let seen: Vec<Seen> = payloads.iter().cloned().map(Seen::Ping).collect();
        let answers: Vec<_> = payloads.iter().map(|payload| (0x8a, &payload[..])).collect();
        assert_receives("ten pings", role, &wire, &seen, &answers);
    }
}

#[test]
fn a_pong_that_nobody_asked_for_is_no_more_than_an_event() {
    for role in ROLES {
        let wire = all_to(role, &[(0x8a, b""), (0x8a, b"unasked"), (0x89, b"ping..")]);
        let seen =
            [Seen::Pong(vec![]), Seen::Pong(b"unasked".into()), Seen::Ping(b"ping..".into())];
        assert_receives("pong", role, &wire, &seen, &[(0x8a, b"ping..")]);
    }
}

#[test]
fn control_frames_between_fragments_are_taken_at_once_and_leave_the_message_whole() {
    let frames: Frames<'_> = &[
        (0x01, b"frag"),
        (0x89, b"ping 1"),
        (0x00, b"ment"),
        (0x8a, b"pong"),
        (0x89, b""),
        (0x80, b"ed"),
        (0x82, b"next"),
    ];
    let seen = [
        Seen::Ping(b"ping 1".into()),
        Seen::Pong(b"pong".into()),
        Seen::Ping(vec![]),
        text("fragmented"),
        binary(b"next"),
    ];
    for role in ROLES {
        let wire = all_to(role, frames);
        assert_receives("between", role, &wire, &seen, &[(0x8a, b"ping 1"), (0x8a, b"")]);
    }
}

#[test]
fn a_ping_between_fragments_is_answered_before_the_message_ends() {
    for role in ROLES {
        let mut end = End::new(role);
        end.receive(&all_to(role, &[(0x01, b"frag"), (0x89, b"ping")]));
        assert_eq!(contents(&end.frames()), [(0x8a, &b"ping"[..])]);
    }
}

// RFC 6455 §5.5.3: an endpoint may answer only the latest Ping.
#[test]
fn while_too_much_waits_to_be_written_only_the_latest_ping_is_owed() {
    for role in ROLES {
        let mut end = full(role);
        let waiting = end.output.len();
        for n in 0..1000 {
            let payload = format!("ping {n}").into_bytes();
            assert_eq!(end.receive(&to(role, 0x89, &payload)), [Seen::Ping(payload)]);
        }
        assert_eq!(end.output.len(), waiting, "nothing is added to a full output");
        end.written();
        assert_eq!(end.receive(b""), [], "an empty input is enough to answer it");
        assert_eq!(contents(&end.frames()), [(0x8a, &b"ping 999"[..])]);
        assert_eq!(end.receive(b""), []);
        assert!(end.output.is_empty(), "it is answered once");
    }
}

#[test]
fn a_ping_is_answered_until_the_high_water_mark_is_reached() {
    let mut config = Config::default();
    config.write_high_water = unmasked(0x82, &[0; 100]).len();
    for (len, answered) in [(99, true), (100, false)] {
        let mut server = End::with(Role::Server, &config);
        server.connection.send(vec![0; len], &mut server.output).unwrap();
        server.receive(&masked(0x89, b""));
        assert_eq!(server.frames().len(), if answered { 2 } else { 1 }, "{len} bytes wait");
    }
}

#[test]
fn an_owed_pong_goes_before_the_answer_to_a_later_ping() {
    let mut server = full(Role::Server);
    server.receive(&masked(0x89, b"owed"));
    server.written();
    server.receive(&masked(0x89, b"later"));
    assert_eq!(contents(&server.frames()), [(0x8a, &b"owed"[..]), (0x8a, b"later")]);
}

#[test]
fn a_ping_flood_alone_stops_adding_pongs_at_the_high_water_mark() {
    let mut config = Config::default();
    config.write_high_water = 1000;
    let mut server = End::with(Role::Server, &config);
    for _ in 0..1000 {
        server.receive(&masked(0x89, &[7; 125]));
    }
    assert!((1000..1000 + 127).contains(&server.output.len()), "{}", server.output.len());
}

#[test]
fn a_full_output_still_takes_a_close_and_then_owes_no_pong() {
    for role in ROLES {
        let mut end = full(role);
        end.receive(&all_to(role, &[(0x89, b"owed"), (0x88, b"")]));
        let frames = end.frames();
        assert_eq!(contents(&frames[1..]), [(0x88, &b""[..])]);
        assert_eq!(end.receive(b""), []);
        assert!(end.output.is_empty(), "nothing follows a Close");
    }
}

#[test]
fn pings_and_pongs_can_be_sent_at_any_time() {
    for role in ROLES {
        let mut end = End::new(role);
        let End { connection, output } = &mut end;
        connection.ping(b"", output).unwrap();
        connection.ping(&[1; 125], output).unwrap();
        connection.pong(b"heartbeat", output).unwrap();
        let frames = end.frames();
        assert_eq!(contents(&frames), [(0x89, &b""[..]), (0x89, &[1; 125]), (0x8a, b"heartbeat")]);
        assert!(frames.iter().all(|frame| frame.key.is_some() == (role == Role::Client)));
    }
}

/// An endpoint with a message of the high-water mark's length in its output.
fn full(role: Role) -> End {
    let config = Config::default();
    let mut end = End::with(role, &config);
    let message = vec![0; config.write_high_water];
    end.connection.send(message, &mut end.output).unwrap();
    end
}
