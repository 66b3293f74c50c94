//! Receiving masked messages: text and binary, lent and owned.
//!
//! Each iteration copies the bytes into the read block, as a read would, and takes every message out
//! of it. `benches/peers` measures the same against other libraries.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fullduplex::{Config, Connection, Event, Message, WriteBuffer};

mod common;

fn receive(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receive");
    for (kind, opcode) in [("text", 1), ("binary", 2)] {
        for len in common::SIZES {
            let (bytes, count) = common::masked_messages(opcode, len);
            group.throughput(Throughput::Bytes((len * count) as u64));
            let mut block = bytes.clone();
            let mut connection = Connection::server(&Config::default());
            let mut run = |keep: fn(Message<'_>) -> usize| {
                block.copy_from_slice(&bytes);
                receive_all(&mut connection, &mut block, keep)
            };
            assert_eq!(run(lent), len * count);
            assert_eq!(run(owned), len * count);
            group.bench_function(BenchmarkId::new(format!("{kind} lent"), len), |bencher| {
                bencher.iter(|| run(lent));
            });
            group.bench_function(BenchmarkId::new(format!("{kind} owned"), len), |bencher| {
                bencher.iter(|| run(owned));
            });
        }
    }
}

fn receive_all(
    connection: &mut Connection,
    mut input: &mut [u8],
    keep: fn(Message<'_>) -> usize,
) -> usize {
    let mut output = WriteBuffer::new();
    let mut total = 0;
    while let Some(event) = connection.receive(&mut input, &mut output).expect("valid frames") {
        if let Event::Message(message) = event {
            total += keep(message);
        }
    }
    total
}

fn lent(message: Message<'_>) -> usize {
    std::hint::black_box(message.as_bytes()).len()
}

fn owned(message: Message<'_>) -> usize {
    std::hint::black_box(message.into_owned()).as_bytes().len()
}

criterion_group!(benches, receive);
criterion_main!(benches);
