//! RFC 6455 §6.1 and §5.3: what an endpoint may send, what it refuses, and how a client masks it.

mod common;

use std::collections::HashSet;

use bytes::{Buf, Bytes};
use bytestring::ByteString;
use common::{End, Frame, ROLES, contents, masked, unmasked};
use fullduplex::{
    CloseCode, CloseFrame, Config, Connection, Fin, Message, Role, SendError, Sender, WriteBuffer,
};

#[test]
fn a_message_of_any_source_is_one_frame_of_its_kind() {
    let owned = Message::from("owned").into_owned();
    let cases: [(&str, Message<'_>, u8, &[u8]); 10] = [
        ("&str", "text".into(), 0x81, b"text"),
        ("String", String::from("text").into(), 0x81, b"text"),
        ("ByteString", ByteString::from_static("text").into(), 0x81, b"text"),
        ("empty text", "".into(), 0x81, b""),
        ("&[u8]", b"bytes"[..].into(), 0x82, b"bytes"),
        ("&[u8; N]", b"bytes".into(), 0x82, b"bytes"),
        ("Vec<u8>", b"bytes".to_vec().into(), 0x82, b"bytes"),
        ("Bytes", Bytes::from_static(b"bytes").into(), 0x82, b"bytes"),
        ("empty bytes", Bytes::new().into(), 0x82, b""),
        ("&Message", (&owned).into(), 0x81, b"owned"),
    ];
    for (role, (name, message, first, payload)) in
        ROLES.into_iter().flat_map(|role| cases.clone().map(|case| (role, case)))
    {
        let mut end = End::new(role);
        end.connection.send(message, &mut end.output).unwrap();
        assert_eq!(contents(&end.frames()), [(first, payload)], "{name}");
    }
}

#[test]
fn what_may_not_be_sent_is_refused_and_nothing_is_written() {
    type Act = fn(&mut Connection, &mut WriteBuffer) -> Result<(), SendError>;
    let nothing: Act = |_, _| Ok(());
    let closed: Act = |connection, output| connection.close(None, output);
    let in_text: Act = |connection, output| connection.send_chunk("begun", Fin::More, output);
    let cases: &[(&str, Act, Act, SendError)] = &[
        ("text after a Close", closed, |c, o| c.send("x", o), SendError::Closed),
        (
            "a chunk after a Close",
            closed,
            |c, o| c.send_chunk("x", Fin::Last, o),
            SendError::Closed,
        ),
        ("a Ping after a Close", closed, |c, o| c.ping(b"", o), SendError::Closed),
        ("a Pong after a Close", closed, |c, o| c.pong(b"", o), SendError::Closed),
        ("a Close after a Close", closed, |c, o| c.close(None, o), SendError::Closed),
        ("text inside text", in_text, |c, o| c.send("x", o), SendError::UnfinishedMessage),
        ("binary inside text", in_text, |c, o| c.send(b"x", o), SendError::UnfinishedMessage),
        (
            "a binary chunk inside text",
            in_text,
            |c, o| c.send_chunk(b"x", Fin::Last, o),
            SendError::UnfinishedMessage,
        ),
        ("a 126-byte Ping", nothing, |c, o| c.ping(&[0; 126], o), SendError::ControlTooLong(126)),
        ("a 200-byte Pong", nothing, |c, o| c.pong(&[0; 200], o), SendError::ControlTooLong(200)),
        (
            "a Close with 1005",
            nothing,
            |c, o| c.close(Some(&CloseFrame::new(CloseCode::NO_STATUS, "")), o),
            SendError::InvalidCloseCode(CloseCode::NO_STATUS),
        ),
        (
            "a Close with 1006",
            in_text,
            |c, o| c.close(Some(&CloseFrame::new(CloseCode::ABNORMAL, "")), o),
            SendError::InvalidCloseCode(CloseCode::ABNORMAL),
        ),
        (
            "a 200-byte reason",
            nothing,
            |c, o| c.close(Some(&CloseFrame::new(CloseCode::NORMAL, "x".repeat(200))), o),
            SendError::ReasonTooLong(200),
        ),
    ];
    for (role, (name, before, act, error)) in
        ROLES.into_iter().flat_map(|role| cases.iter().map(move |case| (role, case)))
    {
        let mut end = End::new(role);
        before(&mut end.connection, &mut end.output).unwrap();
        end.written();
        assert_eq!(act(&mut end.connection, &mut end.output), Err(error.clone()), "{name}");
        assert!(end.output.is_empty(), "{name}");
        // What stood before the refusal still stands: the message can be finished.
        if *error == SendError::UnfinishedMessage {
            end.connection.send_chunk("!", Fin::Last, &mut end.output).unwrap();
            assert_eq!(contents(&end.frames()), [(0x80, &b"!"[..])], "{name}");
        }
    }
}

// RFC 6455 §5.4: the first frame has the opcode, the last one FIN; control frames may come between.
#[test]
fn chunks_are_frames_of_one_message_with_control_frames_between_them() {
    for role in ROLES {
        let mut end = End::new(role);
        let End { connection, output } = &mut end;
        connection.send_chunk("one", Fin::More, output).unwrap();
        connection.ping(b"ping", output).unwrap();
        connection.send_chunk("", Fin::More, output).unwrap();
        connection.pong(b"pong", output).unwrap();
        connection.send_chunk("two", Fin::Last, output).unwrap();
        connection.send_chunk(b"whole", Fin::Last, output).unwrap();
        connection.send_chunk(b"", Fin::More, output).unwrap();
        connection.send_chunk(b"", Fin::Last, output).unwrap();
        connection.send("next", output).unwrap();
        let expected: [(u8, &[u8]); 9] = [
            (0x01, b"one"),
            (0x89, b"ping"),
            (0x00, b""),
            (0x8a, b"pong"),
            (0x80, b"two"),
            (0x82, b"whole"),
            (0x02, b""),
            (0x80, b""),
            (0x81, b"next"),
        ];
        assert_eq!(contents(&end.frames()), expected);
    }
}

#[test]
fn a_ping_is_answered_between_the_chunks_of_a_message() {
    let mut server = End::new(Role::Server);
    server.connection.send_chunk("be", Fin::More, &mut server.output).unwrap();
    server.receive(&masked(0x89, b"now"));
    server.connection.send_chunk("gun", Fin::Last, &mut server.output).unwrap();
    let frames = server.frames();
    assert_eq!(contents(&frames), [(0x01, &b"be"[..]), (0x8a, b"now"), (0x80, b"gun")]);
}

/// One frame of every kind that an endpoint can write, with an answer and a failure.
fn every_kind_of_frame(role: Role) -> Vec<Frame> {
    let mut end = End::new(role);
    let End { connection, output } = &mut end;
    connection.send("text", output).unwrap();
    connection.send(Bytes::from(vec![7; 10_000]), output).unwrap();
    connection.send("", output).unwrap();
    connection.send_chunk("chunk", Fin::More, output).unwrap();
    connection.send_chunk("", Fin::Last, output).unwrap();
    connection.ping(b"", output).unwrap();
    connection.pong(b"pong", output).unwrap();
    end.receive(&common::to(role, 0x89, b"ping"));
    end.receive(&common::to(role, 0x80, b"bad"));
    end.frames()
}

#[test]
fn a_client_masks_every_frame_and_a_server_none() {
    for role in ROLES {
        let frames = every_kind_of_frame(role);
        assert_eq!(frames.len(), 9);
        for frame in frames {
            assert_eq!(frame.key.is_some(), role == Role::Client, "{frame:?}");
        }
    }
}

#[test]
fn each_frame_takes_one_key_from_the_source() {
    let mut keys = 0_u32..;
    let source = move || keys.next().unwrap().to_be_bytes();
    let config = Config::default();
    let (mut sender, mut output) = (Sender::client(source, &config), WriteBuffer::new());
    for payload in [&b"a"[..], b"", b"ccc"] {
        sender.send(payload.into(), &mut output).unwrap();
        sender.ping(payload, &mut output).unwrap();
    }
    // A refusal takes none.
    sender.ping(&[0; 126], &mut output).unwrap_err();
    sender.close(None, &mut output).unwrap();
    let written = output.copy_to_bytes(output.len());
    let keys = common::read_frames(&written).into_iter().map(|frame| frame.key.unwrap());
    assert!(keys.eq((0..7_u32).map(u32::to_be_bytes)));
}

// RFC 6455 §5.3, §10.3: keys are fresh for each frame and not predictable. By type, the source is
// the thread's CSPRNG; here it is seen that nothing flattens what it gives.
#[test]
fn ten_thousand_frames_have_distinct_keys_with_balanced_bits() {
    let mut client = End::new(Role::Client);
    for _ in 0..10_000 {
        client.connection.send("", &mut client.output).unwrap();
    }
    let keys: Vec<u32> =
        client.frames().iter().map(|frame| u32::from_be_bytes(frame.key.unwrap())).collect();
    // Of 10,000 random keys two are alike once in 90 runs; six in pairs once in 4,000,000.
    assert!(keys.iter().collect::<HashSet<_>>().len() >= 9_998);
    for bit in 0..32 {
        let ones = keys.iter().filter(|key| *key >> bit & 1 == 1).count();
        // Seven standard deviations.
        assert!((4_650..=5_350).contains(&ones), "bit {bit} is set in {ones} keys");
    }
    let changes: u32 = keys.windows(2).map(|keys| (keys[0] ^ keys[1]).count_ones()).sum();
    assert!((156_000..=164_000).contains(&changes), "{changes} bits change from key to key");
}

#[test]
fn a_masked_payload_of_any_length_is_the_one_that_was_sent() {
    // Across the pieces in which a sender masks, too.
    for len in (0..300).chain([16_383, 16_384, 16_385, 40_001, 65_536, 100_003]) {
        let payload: Vec<u8> = (0..=250).cycle().take(len).collect();
        let mut client = End::new(Role::Client);
        client.connection.send(&payload[..], &mut client.output).unwrap();
        client.connection.send(payload.clone(), &mut client.output).unwrap();
        let expected = [(0x82, &payload[..]), (0x82, &payload)];
        assert_eq!(contents(&client.frames()), expected, "{len} bytes");
    }
}

#[test]
fn a_senders_config_does_not_limit_what_it_sends() {
    let mut config = Config::default();
    (config.max_message_len, config.max_message_frames, config.write_high_water) = (0, 0, 0);
    let mut server = End::with(Role::Server, &config);
    server.connection.send("text", &mut server.output).unwrap();
    server.connection.close(None, &mut server.output).unwrap();
    let expected = [unmasked(0x81, b"text"), unmasked(0x88, b"")].concat();
    assert_eq!(server.written(), expected);
}
