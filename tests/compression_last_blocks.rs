//! RFC 7692 §7.2.3.4, §7.2.3.5: a DEFLATE block that says that it is the last one (BFINAL) ends neither
//! the message nor the window.
#![cfg(feature = "deflate")]

mod common;

use common::{
    End, Seen, masked,
    pieces::{Piece, join, receive_chunks},
    text,
};
use fullduplex::{Compression, Config, Kind, Message, Parameters, ProtocolError, Role};
use proptest::prelude::*;
use zlib_rs::{Deflate, DeflateFlush};

fn server(takeover: bool) -> End {
    let mut end = End::with(Role::Server, &Config::default());
    let mut parameters = Parameters::default();
    parameters.client_no_context_takeover = !takeover;
    end.connection.set_compression(parameters, &Compression::default());
    end
}

/// Compresses parts of one message as a peer could: each ends with a last block, or a flush, and may
/// refer to all that came before it, `history` too.
fn compress(history: &mut Vec<u8>, parts: &[(Vec<u8>, bool)]) -> Vec<u8> {
    let mut compressed = Vec::new();
    for (part, is_last_block) in parts {
        let mut deflate = Deflate::new(6, false, 15);
        if !history.is_empty() {
            deflate.set_dictionary(&history[history.len().saturating_sub(32768)..]).unwrap();
        }
        let flush = if *is_last_block { DeflateFlush::Finish } else { DeflateFlush::SyncFlush };
        let mut room = vec![0; part.len() + 1000];
        deflate.compress(part, &mut room, flush).unwrap();
        compressed.extend_from_slice(&room[..deflate.total_out() as usize]);
        history.extend_from_slice(part);
    }
    // An empty block, without the bytes that are left out at the end of a message.
    compressed.push(0);
    compressed
}

/// Parts that no compressor makes small but by referring to others: cut out of the same noise, of
/// characters of three bytes.
fn any_parts() -> impl Strategy<Value = Vec<(Vec<u8>, bool)>> {
    let noise: String = (0_u32..5_000)
        .map(|number| char::from_u32(0x4e00 + (number.wrapping_mul(2_654_435_761) >> 18)).unwrap())
        .collect();
    let part =
        (0..5_000_usize, 0..5_000_usize, any::<bool>()).prop_map(move |(from, len, last)| {
            (noise.as_bytes()[3 * from..3 * (from + len).min(5_000)].to_vec(), last)
        });
    proptest::collection::vec(part, 1..6)
}

proptest! {
    /// Gathered up to a read, then taken chunk by chunk, then skipped, or gathered after all.
    #[test]
    fn what_comes_after_a_last_block_may_refer_to_what_came_before_it(
        takeover in any::<bool>(),
        messages in proptest::collection::vec((any_parts(), 0..12_usize, 0..30_usize, any::<bool>()), 1..4),
        cut in 1..4_000_usize,
    ) {
        let mut end = server(takeover);
        let mut history = Vec::new();
        for (parts, gathered, chunked, is_text) in messages {
            if !takeover {
                history.clear();
            }
            let plain = parts.iter().flat_map(|(part, _)| part.clone()).collect::<Vec<_>>();
            let wire = masked(if is_text { 0xc1 } else { 0xc2 }, &compress(&mut history, &parts));
            let mut seen = Vec::new();
            let mut pieces = Vec::new();
            for (index, read) in wire.chunks(cut).enumerate() {
                if (gathered..gathered + chunked).contains(&index) {
                    pieces.extend(receive_chunks(&mut end, read));
                } else {
                    seen.extend(end.receive(read));
                }
            }
            seen.extend(join(&pieces));
            if seen.is_empty() {
                let begun = pieces.iter().flat_map(|piece| match piece {
                    Piece::Chunk(chunk, ..) => chunk.as_bytes().to_vec(),
                    Piece::Other(other) => panic!("{other:?}"),
                });
                prop_assert!(plain.starts_with(&begun.collect::<Vec<_>>()));
                continue;
            }
            let kind = if is_text { Kind::Text } else { Kind::Binary };
            prop_assert_eq!(seen.len(), 1);
            let Seen::Message(message) = &seen[0] else { panic!("{seen:?}") };
            prop_assert_eq!(message.kind(), kind);
            prop_assert!(message.as_bytes() == plain);
        }
    }
}

/// Wherever that leaves the block that is inflated into.
#[test]
fn a_message_may_end_with_its_last_block_or_with_an_empty_one_behind_it() {
    let plain = vec![b'x'; 100_000];
    for takeover in [true, false] {
        for len in (15_300..15_400).chain(30_700..30_740).chain([0, 1, 65_536, 100_000]) {
            for behind in [&b""[..], b"\0", b"\x02\0"] {
                let mut end = server(takeover);
                let mut deflate = Deflate::new(6, false, 15);
                let mut room = [0; 2000];
                deflate.compress(&plain[..len], &mut room, DeflateFlush::Finish).unwrap();
                let mut payload = room[..deflate.total_out() as usize].to_vec();
                payload.extend_from_slice(behind);
                let seen = end.receive(&masked(0xc2, &payload));
                assert_eq!(seen, [Seen::Message(plain[..len].to_vec().into())], "{len} {behind:?}");
                // The window is as it was, and the decompressor between two blocks.
                let seen = end.receive(&masked(0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"));
                assert_eq!(seen, [text("Hello")], "after {len} {behind:?}");
            }
        }
    }
}

/// Each has the window copied: 2 bytes would ask for 32 KiB of work.
#[test]
fn last_blocks_without_end_are_refused_with_1007() {
    for takeover in [true, false] {
        for (blocks, is_taken) in [(16, true), (100_000, false)] {
            // A stored block that fills the window, and empty last blocks.
            let mut payload = vec![0x00, 0xff, 0x7f, 0x00, 0x80];
            payload.extend(vec![b'x'; 0x7fff]);
            payload.extend([0x03, 0x00].repeat(blocks));
            payload.push(0);
            let mut end = server(takeover);
            let seen = end.receive(&masked(0xc2, &payload));
            if is_taken {
                assert_eq!(seen, [Seen::Message(Message::from(vec![b'x'; 0x7fff]))]);
            } else {
                assert_eq!(seen, [Seen::Failed(ProtocolError::InvalidDeflate)]);
            }
        }
    }
}
