//! Receiving messages of 1 KiB in 8 fragments (RFC 6455 §5.4), and with a Ping before each of them.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fullduplex::{Config, Connection, Event, WriteBuffer};

mod common;

fn fragments(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fragments");
    for with_pings in [false, true] {
        let one = message(with_pings);
        let bytes = one.repeat(MESSAGES);
        group.throughput(Throughput::Elements(MESSAGES as u64));
        let mut block = bytes.clone();
        let mut connection = Connection::server(&Config::default());
        let mut output = WriteBuffer::new();
        let mut run = || {
            block.copy_from_slice(&bytes);
            receive(&mut connection, &mut block, &mut output)
        };
        assert_eq!(run(), (MESSAGES, if with_pings { 8 * MESSAGES } else { 0 }));
        let name = if with_pings { "a ping before each" } else { "alone" };
        group
            .bench_function(BenchmarkId::new("1 KiB in 8", name), |bencher| bencher.iter(&mut run));
    }
}

/// Messages, and pings, of which the last was answered.
fn receive(
    connection: &mut Connection,
    mut input: &mut [u8],
    output: &mut WriteBuffer,
) -> (usize, usize) {
    let (mut messages, mut pings) = (0, 0);
    while let Some(event) = connection.receive(&mut input, output).expect("valid frames") {
        match event {
            Event::Message(message) => {
                assert_eq!(std::hint::black_box(message).as_bytes().len(), 1024);
                messages += 1;
            }
            _ => pings += 1,
        }
        common::written(output);
    }
    (messages, pings)
}

fn message(with_pings: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, piece) in common::payload(1024).chunks(128).enumerate() {
        if with_pings {
            bytes.extend(common::masked_frame(0x89, 7, b"are you there?"));
        }
        let opcode = if index == 0 { 0x02 } else { 0x00 };
        let fin = if index == 7 { 0x80 } else { 0 };
        bytes.extend(common::masked_frame(fin | opcode, index as u32, piece));
    }
    bytes
}

/// Of them in one read.
const MESSAGES: usize = 32;

criterion_group!(benches, fragments);
criterion_main!(benches);
