//! Whatever compressed messages hold, and however they are cut: nothing panics or goes on for ever; no
//! message passes the limit; what is seen does not depend on the cuts, and is the same chunk by chunk;
//! and miniz_oxide inflates the same. It takes some that zlib refuses, codes that are not complete, so
//! only what we take is compared; for the rest: what it compresses, we inflate, and it what we compress.
#![no_main]
#[path = "../../tests/common/mod.rs"]
mod common;

use common::{
    End, Seen, masked,
    pieces::{Piece, join, receive_chunks},
};
use fullduplex::{Compression, Config, Message, Parameters, ProtocolError, Role};
use fullduplex_fuzz::{
    compression::{Reference, deflate},
    pieces,
};

libfuzzer_sys::fuzz_target!(|input: (u8, u8, [u8; 4], &[u8])| {
    let (options, limit, lens, bytes) = input;
    let takeover = options & 1 != 0;
    let limit = if limit == 0 { DEFAULT_LIMIT } else { usize::from(limit) * 64 };
    let payloads = payloads(bytes);
    let wire: Vec<u8> = payloads.iter().flat_map(|payload| frames(payload, options)).collect();

    let whole = end(takeover, limit).receive(&wire);
    let mut cut = end(takeover, limit);
    let seen =
        pieces(&wire, lens).into_iter().flat_map(|bytes| cut.receive(bytes)).collect::<Vec<_>>();
    assert_eq!(messages(&seen), messages(&whole), "cut");
    assert_eq!(seen.len() > messages(&seen).len(), whole.len() > messages(&whole).len(), "cut");

    let mut reference = Reference::new(takeover);
    for (payload, seen) in payloads.iter().zip(&whole) {
        let plain = reference.inflate(payload, limit);
        match seen {
            Seen::Message(message) => {
                let ours = message.as_bytes();
                assert!(ours.len() <= limit, "a message passes the limit");
                match plain {
                    Ok(plain) => assert_eq!(ours, plain, "ours, then theirs"),
                    // A block that is not whole: zlib looks at its codes when it has them all.
                    Err(plain) => assert_eq!(ours, plain, "ours, then theirs before they failed"),
                }
            }
            Seen::Failed(ProtocolError::MessageTooBig { .. }) => {
                let plain = plain.unwrap_or_else(|plain| plain);
                assert!(plain.len() > limit, "theirs has {}", plain.len());
            }
            Seen::Failed(ProtocolError::InvalidDeflate) => {}
            other => panic!("{other:?}"),
        }
    }

    let mut chunked = end(takeover, limit);
    let mut chunks: Vec<_> = pieces(&wire, lens)
        .into_iter()
        .flat_map(|bytes| receive_chunks(&mut chunked, bytes))
        .collect();
    let is_error = |piece: &Piece| matches!(piece, Piece::Other(_));
    chunks.truncate(chunks.iter().position(is_error).unwrap_or(chunks.len()));
    // Without a limit: what a limit stopped goes on.
    assert!(join(&chunks).starts_with(messages(&whole)), "chunk by chunk");

    for (index, plain) in payloads.iter().enumerate() {
        let seen = end(false, usize::MAX).receive(&masked(0xc2, &deflate(plain, options)));
        assert_eq!(seen, [Seen::Message(Message::from(plain.clone()))], "what they compress");
        let mut sender = end(takeover, usize::MAX);
        sender.connection.send(plain, &mut sender.output).expect("open");
        let frames = sender.frames();
        let [frame] = &frames[..] else { panic!("message {index} is one frame") };
        let sent = if frame.first & 0x40 == 0 {
            frame.payload.clone()
        } else {
            Reference::new(false).inflate(&frame.payload, plain.len()).expect("good")
        };
        assert!(sent == *plain, "what we compress");
    }
});

/// What came before an error. Which one that is depends on the cuts, and a later call sees it again.
fn messages(seen: &[Seen]) -> &[Seen] {
    let is_error = |seen: &Seen| !matches!(seen, Seen::Message(_));
    &seen[..seen.iter().position(is_error).unwrap_or(seen.len())]
}

fn end(takeover: bool, limit: usize) -> End {
    let mut config = Config::default();
    config.max_message_len = limit as u64;
    let mut end = End::with(Role::Server, &config);
    let mut parameters = Parameters::default();
    parameters.client_no_context_takeover = !takeover;
    parameters.server_no_context_takeover = !takeover;
    let mut policy = Compression::default();
    (policy.window_bits, policy.threshold) = (15, 0);
    end.connection.set_compression(parameters, &policy);
    end
}

/// Payloads of a length that the byte before each says; what is left is the last one.
fn payloads(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    while let [len, rest @ ..] = bytes {
        let len = if *len == u8::MAX { rest.len() } else { usize::from(*len) };
        let (payload, rest) = rest.split_at(len.min(rest.len()));
        payloads.push(payload.to_vec());
        bytes = rest;
    }
    payloads
}

/// A binary message in one frame, or in two.
fn frames(payload: &[u8], options: u8) -> Vec<u8> {
    if options & 2 == 0 {
        return masked(0xc2, payload);
    }
    let (first, second) = payload.split_at(payload.len() / 2);
    [masked(0x42, first), masked(0x80, second)].concat()
}

/// Enough for any ratio of a short input, and not so much that a run takes long.
const DEFAULT_LIMIT: usize = 300_000;
