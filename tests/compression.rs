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
    Message, Nonce, ProtocolError, Request, Role, ServerHandshake, WriteBuffer,
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
        server.connection.send("x".repeat(len), &mut server.output).unwrap();
        assert_eq!(server.written()[0], first, "{len} bytes, context takeover {takeover}");
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
