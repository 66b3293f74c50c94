//! permessage-deflate (RFC 7692 §6, §7.2): the bytes of compressed messages, both ways.
#![cfg(feature = "deflate")]

mod common;

use common::{
    End, Frames, Seen, all_to, masked,
    pieces::{join, receive_chunks},
    text, unmasked,
};
use fullduplex::{
    Accepted, Answer, ClientHandshake, ClientRequest, Compression, Config, Connection, Fin,
    Message, Nonce, Parameters, ProtocolError, Request, Role, ServerHandshake, WriteBuffer,
};
use proptest::prelude::*;

/// Two ends that have negotiated with these policies; a client and a server.
fn pair(client: &Compression, server: &Compression) -> (End, End) {
    pair_with(&config(client), &config(server))
}

fn config(policy: &Compression) -> Config {
    let mut config = Config::default();
    config.compression = Some(policy.clone());
    config
}

fn pair_with(client_config: &Config, server_config: &Config) -> (End, End) {
    let request = ClientRequest::new("ws://a/").unwrap();
    let (mut to_server, mut to_client) = (WriteBuffer::new(), WriteBuffer::new());
    let nonce = Nonce::random();
    let mut asking =
        ClientHandshake::start(&request, nonce, client_config, &mut to_server).unwrap();
    let mut bytes = common::handshake::written(&mut to_server);
    let offer = ServerHandshake::new(server_config).receive(&mut &mut bytes[..]).unwrap().unwrap();
    let Request::Upgrade(offer) = offer else { panic!("an upgrade") };
    let served: Accepted = offer.accept(&Answer::new(), &mut to_client).unwrap();
    let mut bytes = common::handshake::written(&mut to_client);
    let (asked, _) = asking.receive(&mut &mut bytes[..]).unwrap().unwrap();
    assert_eq!(asked.compression(), served.compression());
    let end = |accepted: Accepted| End {
        connection: accepted.into_connection(),
        output: WriteBuffer::new(),
    };
    (end(asked), end(served))
}

/// A server whose peer keeps its window, or not.
fn server(takeover: bool) -> End {
    let mut policy = Compression::default();
    policy.peer_context_takeover = takeover;
    policy.context_takeover = takeover;
    policy.threshold = 0;
    pair(&policy, &policy).1
}

#[test]
fn the_examples_of_the_rfc_are_inflated() {
    let hello = text("Hello");
    let cases: [(&str, Frames<'_>, Vec<Seen>); 8] = [
        ("one block", &[(0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00")], vec![hello.clone()]),
        ("fragments", &[(0x41, b"\xf2\x48\xcd"), (0x80, b"\xc9\xc9\x07\x00")], vec![hello.clone()]),
        (
            "the window is kept",
            &[(0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"), (0xc1, b"\xf2\x00\x11\x00\x00")],
            vec![hello.clone(), hello.clone()],
        ),
        ("stored", &[(0xc1, b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00")], vec![hello.clone()]),
        ("the last block", &[(0xc1, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00")], vec![hello.clone()]),
        (
            "the window is kept over a last block",
            &[(0xc1, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), (0xc1, b"\xf2\x00\x11\x00\x00")],
            vec![hello.clone(), hello.clone()],
        ),
        (
            "two blocks",
            &[(0xc1, b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")],
            vec![hello],
        ),
        ("empty", &[(0xc1, b"\x00"), (0xc1, b"\x02\x00"), (0xc1, b"")], vec![text(""); 3]),
    ];
    for (name, frames, expected) in cases {
        let bytes = all_to(Role::Server, frames);
        common::for_every_cut(&bytes, |pieces| {
            let mut end = server(true);
            let seen: Vec<_> = pieces.iter().flat_map(|bytes| end.receive(bytes)).collect();
            assert_eq!(seen, expected, "{name}, {pieces:02x?}");
            let mut end = server(true);
            let chunks: Vec<_> =
                pieces.iter().flat_map(|bytes| receive_chunks(&mut end, bytes)).collect();
            assert_eq!(join(&chunks), expected, "{name}, chunk by chunk, {pieces:02x?}");
        });
    }
}

#[test]
fn a_message_is_compressed_as_in_the_rfc() {
    let mut end = server(true);
    end.connection.send("Hello", &mut end.output).unwrap();
    assert_eq!(end.written(), unmasked(0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"));
    end.connection.send("Hello", &mut end.output).unwrap();
    assert!(end.written().len() < 2 + 7, "the second refers to the first");
}

#[test]
fn short_messages_are_compressed_only_if_they_may_refer_to_others() {
    for (takeover, len, first) in [(false, 127, 0x81), (false, 128, 0xc1), (true, 20, 0xc1)] {
        let mut policy = Compression::default();
        policy.context_takeover = takeover;
        policy.peer_context_takeover = takeover;
        let mut server = pair(&policy, &policy).1;
        let End { connection, output } = &mut server;
        connection.send("x".repeat(len), output).unwrap();
        assert_eq!(server.written()[0], first, "{len} bytes, context takeover {takeover}");
        let End { connection, output } = &mut server;
        connection.send_chunk("x".repeat(len), Fin::Last, output).unwrap();
        assert_eq!(server.written()[0], first, "{len} bytes that end the message they begin");
    }
}

fn any_policy() -> impl Strategy<Value = Compression> {
    (1..=9_u8, 1..=9_u8, 8..=16_u8, any::<bool>(), 8..=16_u8, any::<bool>(), 0..300_usize).prop_map(
        |(level, mem_level, bits, takeover, peer_bits, peer_takeover, threshold)| {
            let mut policy = Compression::default();
            policy.level = level;
            policy.mem_level = mem_level;
            policy.window_bits = bits;
            policy.context_takeover = takeover;
            policy.peer_window_bits = peer_bits;
            policy.peer_context_takeover = peer_takeover;
            policy.threshold = threshold;
            policy
        },
    )
}

/// Some compress well, some not at all, some refer to those before.
fn any_message() -> impl Strategy<Value = Message<'static>> {
    prop_oneof![
        "[a-c]{0,300}".prop_map(Message::from),
        (0..60_000_usize).prop_map(|len| Message::from("the same again, ".repeat(len / 16))),
        proptest::collection::vec(any::<u8>(), 0..2000).prop_map(Message::from),
        "\\PC{0,200}".prop_map(Message::from),
    ]
}

proptest! {
    #[test]
    fn what_one_end_compresses_the_other_inflates(
        client in any_policy(),
        server in any_policy(),
        messages in proptest::collection::vec((any_message(), any::<bool>(), 0..4_usize), 0..12),
        cut in 1..5000_usize,
    ) {
        let (mut client, mut server) = pair(&client, &server);
        for (message, is_by_client, pieces) in messages {
            let (from, to) = if is_by_client { (&mut client, &mut server) } else { (&mut server, &mut client) };
            let End { connection, output } = from;
            match (pieces, &message) {
                (0, message) => connection.send_plain(message, output).unwrap(),
                (1, message) => connection.send(message, output).unwrap(),
                (_, Message::Binary(bytes)) => {
                    for chunk in bytes.chunks(bytes.len() / pieces + 1) {
                        connection.send_chunk(chunk, Fin::More, output).unwrap();
                    }
                    connection.send_chunk(b"", Fin::Last, output).unwrap();
                }
                (_, Message::Text(_)) => {
                    connection.send_chunk(&message, Fin::More, output).unwrap();
                    connection.send_chunk("", Fin::Last, output).unwrap();
                }
            }
            let written = from.written();
            let seen = if pieces % 2 == 0 {
                written.chunks(cut).flat_map(|bytes| to.receive(bytes)).collect()
            } else {
                let chunks: Vec<_> = written.chunks(cut).flat_map(|bytes| receive_chunks(to, bytes)).collect();
                join(&chunks)
            };
            prop_assert_eq!(seen, [Seen::Message(message)]);
        }
    }
}

#[test]
fn a_message_is_stopped_where_it_passes_the_limit() {
    let mut policy = Compression::default();
    policy.threshold = 0;
    for fragments in [1, 3] {
        let mut limited = config(&policy);
        limited.max_message_len = 100_000;
        let (mut client, mut server) = pair_with(&config(&policy), &limited);
        let bomb = vec![0; 10_000_000 / fragments];
        for index in 1..=fragments {
            let fin = if index == fragments { Fin::Last } else { Fin::More };
            client.connection.send_chunk(&bomb[..], fin, &mut client.output).unwrap();
        }
        let seen = server.receive(&client.written());
        let [Seen::Failed(ProtocolError::MessageTooBig { len, limit: 100_000 })] = seen[..] else {
            panic!("{seen:?}")
        };
        assert!(len <= 100_000 + 65_536);
    }
}

#[test]
fn a_text_may_be_taken_by_pieces_and_then_whole_wherever_a_character_is_cut() {
    let message = "€aé😀".repeat(3);
    let bytes = message.as_bytes();
    let (mut client, _) = pair(&Compression::default(), &Compression::default());
    for (index, _) in bytes.iter().enumerate() {
        let fin = if index + 1 == bytes.len() { Fin::Last } else { Fin::More };
        client.connection.send_chunk(&bytes[index..=index], fin, &mut client.output).unwrap();
    }
    let mut frames = client.frames();
    // What is text is not cut like this by a sender of this crate.
    frames[0].first = 0x41;
    for taken in 0..frames.len() {
        let mut server = pair(&Compression::default(), &Compression::default()).1;
        let mut pieces = Vec::new();
        let mut seen = Vec::new();
        for (index, frame) in frames.iter().enumerate() {
            let wire = masked(frame.first, &frame.payload);
            if index < taken {
                pieces.extend(receive_chunks(&mut server, &wire));
            } else {
                seen.extend(server.receive(&wire));
            }
        }
        // Of what was begun by pieces, the rest is skipped.
        let expected = if pieces.is_empty() { vec![text(&message)] } else { vec![] };
        assert_eq!(seen, expected, "{taken} frames by pieces");
        assert_eq!(server.receive(&masked(0x81, b"next")), [text("next")]);
    }
}

#[test]
fn parameters_that_nobody_could_agree_on_are_taken_for_the_nearest() {
    for bits in [0, 64, 255] {
        let mut parameters = Parameters::default();
        parameters.server_max_window_bits = bits;
        parameters.client_max_window_bits = bits;
        let mut server = End::new(Role::Server);
        server.connection.set_compression(parameters, &Compression::default());
        let seen = server.receive(&masked(0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"));
        assert_eq!(seen, [text("Hello")]);
        server.connection.send("x".repeat(1000), &mut server.output).unwrap();
        // For a window of 256 bytes there is no compressor.
        assert_eq!(server.written()[0], if bits == 0 { 0x81 } else { 0xc1 });
    }
}

/// What no compressor makes shorter.
fn noise(len: usize) -> Vec<u8> {
    let next = |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(Some(1), next).map(|state| (state >> 56) as u8).take(len).collect()
}

#[test]
fn the_limit_is_on_the_message_however_long_it_is_on_the_wire() {
    let message = noise(10_000);
    for (level, takeover) in (1..=9).flat_map(|level| [(level, true), (level, false)]) {
        for (limit, is_taken) in [(10_000, true), (9_999, false)] {
            for chunk_len in [1, 64, 1000, 10_000] {
                let mut policy = Compression::default();
                (policy.level, policy.threshold) = (level, 0);
                (policy.context_takeover, policy.peer_context_takeover) = (takeover, takeover);
                let mut limited = config(&policy);
                limited.max_message_len = limit;
                let (mut client, mut server) = pair_with(&config(&policy), &limited);
                let chunks = message.chunks(chunk_len).count();
                for (index, chunk) in message.chunks(chunk_len).enumerate() {
                    let fin = if index + 1 == chunks { Fin::Last } else { Fin::More };
                    client.connection.send_chunk(chunk, fin, &mut client.output).unwrap();
                }
                let seen = server.receive(&client.written());
                let case = format!("level {level}, {takeover}, limit {limit}, by {chunk_len}");
                match &seen[..] {
                    [Seen::Message(it)] => assert!(is_taken && it.as_bytes() == message, "{case}"),
                    [Seen::Failed(ProtocolError::MessageTooBig { limit: 9_999, .. })] => {
                        assert!(!is_taken, "{case}");
                    }
                    other => panic!("{case}: {other:?}"),
                }
            }
        }
    }
}

#[test]
fn no_reference_goes_further_back_than_what_was_agreed_on() {
    let message = noise(5_000).repeat(20);
    for (bits, level) in (9..=15).flat_map(|bits| (1..=9).map(move |level| (bits, level))) {
        let mut policy = Compression::default();
        (policy.level, policy.window_bits, policy.context_takeover) = (level, 15, true);
        let mut parameters = Parameters::default();
        parameters.server_max_window_bits = bits;
        let mut server = End::new(Role::Server);
        server.connection.set_compression(parameters, &policy);
        let mut inflate = zlib_rs::Inflate::new(false, bits);
        for _ in 0..2 {
            server.connection.send(&message, &mut server.output).unwrap();
            let frames = server.frames();
            let payload = [&frames[0].payload[..], b"\0\0\xff\xff"].concat();
            let (mut input, mut plain) = (&payload[..], Vec::new());
            // A little at a time: else it could find what it looks for in the output.
            let mut room = [0; 37];
            loop {
                let (used, filled) = (inflate.total_in(), inflate.total_out());
                inflate.decompress(input, &mut room, zlib_rs::InflateFlush::NoFlush).unwrap();
                input = &input[(inflate.total_in() - used) as usize..];
                let filled = (inflate.total_out() - filled) as usize;
                plain.extend_from_slice(&room[..filled]);
                if input.is_empty() && filled < room.len() {
                    break;
                }
            }
            assert!(plain == message, "{bits} bits, level {level}");
        }
    }
}

/// With context takeover nobody can tell: the decompressor goes on with the next message.
#[test]
fn a_message_that_is_cut_is_refused_with_1007() {
    let (mut client, mut server) = pair(&Compression::default(), &Compression::default());
    let message = r#"{"name":"Grace","tags":["a","b"]},"#.repeat(8);
    client.connection.send(&message, &mut client.output).unwrap();
    let payload = client.frames().remove(0).payload;
    for len in 1..payload.len() {
        let seen = server.receive(&masked(0xc1, &payload[..len]));
        assert_eq!(seen, [Seen::Failed(ProtocolError::InvalidDeflate)], "{len} bytes");
        server = pair(&Compression::default(), &Compression::default()).1;
    }
    assert_eq!(server.receive(&masked(0xc1, &payload)), [text(&message)]);
}

#[test]
fn what_is_no_deflate_is_refused_with_1007() {
    let cases: [&[u8]; 3] = [b"\x07", b"\xff\xff\xff", b"\xf2\x48\xcd\xc9\xc9\x07\x00\x06"];
    for payload in cases {
        let mut end = server(false);
        let seen = end.receive(&masked(0xc1, payload));
        assert_eq!(seen, [Seen::Failed(ProtocolError::InvalidDeflate)], "{payload:02x?}");
    }
    let mut end = Connection::server(&Config::default());
    let mut bytes = masked(0xc2, b"\x00");
    assert!(end.receive(&mut &mut bytes[..], &mut WriteBuffer::new()).is_err());
}
