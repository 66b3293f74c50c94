//! What compression costs in memory: messages that inflate to far more than they are, and connections
//! that have it and are idle. Each test is a thread, and counts its own allocations.
#![cfg(feature = "deflate")]

mod common;

use allocation_counter::measure;
use common::{End, Seen, masked};
use fullduplex::{ChunkEvent, Compression, Config, Fin, Parameters, ProtocolError, Role};

const MIB: u64 = 1 << 20;
/// What a decompressor takes, its window and the block that it inflates to.
const INFLATER: u64 = 192 * 1024;

/// An end that compresses and inflates, with `takeover` or without.
fn end(role: Role, config: &Config, takeover: bool) -> End {
    let mut end = End::with(role, config);
    let mut parameters = Parameters::default();
    parameters.server_no_context_takeover = !takeover;
    parameters.client_no_context_takeover = !takeover;
    end.connection.set_compression(&parameters, &Compression::default());
    end
}

/// What a gigabyte of zeros becomes, in a message of so many frames.
fn bomb(frames: usize) -> Vec<u8> {
    let mut client = end(Role::Client, &Config::default(), false);
    let zeros = vec![0; 8 << 20];
    let mut wire = Vec::new();
    for index in 1..=128 {
        let fin = if index == 128 { Fin::Last } else { Fin::More };
        client.connection.send_chunk(&zeros[..], fin, &mut client.output).unwrap();
        wire.extend(client.written());
    }
    if frames == 1 {
        let payload: Vec<u8> =
            common::read_frames(&wire).into_iter().flat_map(|frame| frame.payload).collect();
        wire = masked(0xc2, &payload);
    }
    assert!(wire.len() as u64 > MIB, "{} bytes on the wire", wire.len());
    wire
}

#[test]
fn a_message_of_1_mib_that_inflates_to_1_gib_costs_no_more_than_the_limit_and_64_kib() {
    for frames in [1, 128] {
        let mut wire = bomb(frames);
        let config = Config::default();
        let info = measure(|| {
            let mut server = end(Role::Server, &config, false);
            let mut seen = Vec::new();
            for mut input in wire.chunks_mut(64 * 1024) {
                match server.connection.receive(&mut input, &mut server.output) {
                    Ok(None) => {}
                    Ok(Some(event)) => panic!("{event:?}"),
                    Err(error) => {
                        seen.push(error);
                        break;
                    }
                }
            }
            let [ProtocolError::MessageTooBig { limit, .. }] = seen[..] else { panic!("{seen:?}") };
            assert_eq!(limit, 16 * MIB);
        });
        assert!(info.bytes_max <= 16 * MIB + 64 * 1024, "{frames} frames: {info:?}");
    }
}

#[test]
fn a_message_of_1_gib_is_taken_by_pieces_in_a_block_s_memory() {
    let wire = bomb(1);
    let info = measure(|| {
        let mut server = end(Role::Server, &Config::default(), true);
        let (mut len, mut ended) = (0, false);
        for read in wire.chunks(64 * 1024) {
            let mut read = read.to_vec();
            let mut input = &mut read[..];
            while let Some(event) =
                server.connection.receive_chunk(&mut input, &mut server.output).unwrap()
            {
                let ChunkEvent::Chunk(chunk) = event else { panic!("{event:?}") };
                len += chunk.content.as_bytes().len() as u64;
                ended |= chunk.last;
            }
        }
        assert!(ended && len == 1024 * MIB, "{len} bytes");
    });
    assert!(info.bytes_max <= INFLATER + 192 * 1024, "{info:?}");
}

#[test]
fn an_idle_connection_without_context_takeover_holds_no_more_than_one_without_compression() {
    let message = vec![7; 10_000];
    let used = |mut end: End, wire: &[u8]| {
        end.connection.send(&message, &mut end.output).unwrap();
        assert!(matches!(end.receive(wire)[..], [Seen::Message(_)]));
        end.written();
        end.output.release();
        end
    };
    let compressed = {
        let mut client = end(Role::Client, &Config::default(), false);
        client.connection.send(&message, &mut client.output).unwrap();
        client.written()
    };
    // The first ones fill the thread's pools.
    for _ in 0..2 {
        used(end(Role::Server, &Config::default(), false), &compressed);
    }
    let mut all = Vec::with_capacity(100);
    let info = measure(|| {
        all.extend(
            (0..100).map(|_| used(end(Role::Server, &Config::default(), false), &compressed)),
        );
    });
    // Two boxes with what was agreed on.
    assert!(info.bytes_current <= 100 * 256, "{info:?}");
}
