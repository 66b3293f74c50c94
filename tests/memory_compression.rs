//! What compression costs in memory: messages that inflate to far more than they are, and connections
//! that have it and are idle. Each test is a thread, and counts its own allocations.
#![cfg(feature = "deflate")]

mod common;

use allocation_counter::measure;
use common::{End, Seen, masked};
use fullduplex::{ChunkEvent, Compression, Config, Event, Fin, Parameters, ProtocolError, Role};

const MIB: u64 = 1 << 20;

/// An end that compresses and inflates, with `takeover` or without.
fn end(role: Role, config: &Config, takeover: bool) -> End {
    let mut end = End::with(role, config);
    let mut parameters = Parameters::default();
    parameters.server_no_context_takeover = !takeover;
    parameters.client_no_context_takeover = !takeover;
    end.connection.set_compression(parameters, &Compression::default());
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

/// It is put together once: for a moment it is there twice.
#[test]
fn a_message_that_is_not_too_long_costs_at_most_twice_its_length() {
    let mut client = end(Role::Client, &Config::default(), false);
    client.connection.send(vec![0; 16 << 20], &mut client.output).unwrap();
    let mut wire = client.written();
    let info = measure(|| {
        let mut server = end(Role::Server, &Config::default(), false);
        let mut input = &mut wire[..];
        let seen = server.connection.receive(&mut input, &mut server.output).unwrap();
        assert!(matches!(seen, Some(Event::Message(it)) if it.as_bytes().len() == 16 << 20));
    });
    assert!(info.bytes_max <= 32 * MIB + 64 * 1024, "{info:?}");
}

#[test]
fn a_message_of_1_gib_is_taken_by_pieces_in_a_block_s_memory() {
    let mut wire = bomb(1);
    let info = measure(|| {
        let mut server = end(Role::Server, &Config::default(), true);
        let (mut len, mut ended) = (0, false);
        for mut input in wire.chunks_mut(64 * 1024) {
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
    // A decompressor, its window kept once more, a block, and a piece.
    assert!(info.bytes_max <= 128 * 1024, "{info:?}");
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
    assert_eq!(info.bytes_current, 0);
}

/// It may be there for as long as its peer takes to end the transport.
#[test]
fn a_connection_that_ended_holds_no_decompressor() {
    let mut client = end(Role::Client, &Config::default(), true);
    client.connection.send(vec![7; 10_000], &mut client.output).unwrap();
    let message = client.written();
    // A Close, and what is no DEFLATE.
    for last in [masked(0x88, b""), masked(0xc1, b"\x07")] {
        let mut server = end(Role::Server, &Config::default(), true);
        let info = measure(|| {
            server.receive(&message);
            server.receive(&last);
        });
        // The thread keeps a block of 16 KiB.
        assert!(info.bytes_current < 20 * 1024, "{last:02x?}: {info:?}");
    }
}

#[cfg(target_pointer_width = "64")]
/// Bytes that an end keeps of a message after it has sent it, or received it.
fn kept(role: Role, parameters: Parameters, policy: &Compression) -> u64 {
    let message = vec![7; 100_000];
    let mut sender = End::with(Role::Client, &Config::default());
    sender.connection.set_compression(Parameters::default(), &Compression::default());
    sender.connection.send(&message, &mut sender.output).unwrap();
    let wire = sender.written();
    sender.output.release();
    let mut end = End::with(Role::Server, &Config::default());
    end.connection.set_compression(parameters, policy);
    let info = measure(|| {
        if role == Role::Server {
            end.connection.send(&message, &mut end.output).unwrap();
            end.written();
            end.output.release();
        } else {
            end.receive(&wire);
        }
    });
    info.bytes_current.try_into().unwrap()
}

/// The table of `Compression`'s documentation, measured.
#[test]
#[cfg(target_pointer_width = "64")]
fn context_takeover_costs_what_the_documentation_says() {
    let documentation = include_str!("../src/deflate/mod.rs");
    let rows = documentation.lines().filter_map(|line| line.strip_prefix("/// | "));
    let numbers = |row: &str| row.split('|').filter_map(|it| it.trim().parse().ok()).collect();
    let rows: Vec<Vec<u64>> = rows.map(numbers).filter(|row: &Vec<_>| row.len() > 2).collect();
    let [mem_levels, rows @ ..] = &rows[..] else { panic!("a table") };
    let measure = |role, bits, mem_level| {
        let mut parameters = Parameters::default();
        (parameters.server_max_window_bits, parameters.client_max_window_bits) = (bits, bits);
        let mut policy = Compression::default();
        (policy.window_bits, policy.mem_level) = (bits, mem_level);
        kept(role, parameters, &policy)
    };
    // What the pools of the thread keep is there from then on.
    for role in [Role::Server, Role::Client, Role::Server, Role::Client] {
        measure(role, 9, 1);
    }
    assert_eq!(rows.len(), 7);
    for row in rows {
        let [bits, inflating, deflating @ ..] = &row[..] else { panic!("{row:?}") };
        let bits = u8::try_from(*bits).unwrap();
        let measured = measure(Role::Client, bits, 8);
        assert_eq!(measured.div_ceil(1024), *inflating, "to inflate with {bits} bits");
        assert_eq!(deflating.len(), mem_levels.len());
        for (mem_level, said) in mem_levels.iter().zip(deflating) {
            let measured = measure(Role::Server, bits, u8::try_from(*mem_level).unwrap());
            assert_eq!(measured.div_ceil(1024), *said, "{bits} bits, mem level {mem_level}");
        }
    }
}
