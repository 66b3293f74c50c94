//! Receiving masked messages: text and binary, lent and owned, in reads of several sizes.
//!
//! Each read copies its bytes into the read block, and takes every message out of it. A message
//! that straddles reads is gathered: then "lent" is lent from what was gathered. `benches/peers`
//! measures the same against other libraries.

use std::time::Duration;

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};
use fullduplex::{Config, Connection, Event, Message, WriteBuffer};

mod common;

fn receive(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receive");
    // 72 benchmarks in three minutes.
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_millis(1500));
    for len in [16, 125, 1024, 16 * 1024, 64 * 1024] {
        let ascii = common::payload(len);
        measure(&mut group, "text", 1, &ascii);
        measure(&mut group, "mixed text", 1, common::mixed(len).as_bytes());
        measure(&mut group, "binary", 2, &ascii);
    }
}

/// Measures messages of one kind and size, for each size of read.
fn measure(group: &mut BenchmarkGroup<'_, WallTime>, kind: &str, opcode: u8, payload: &[u8]) {
    let len = payload.len();
    let (bytes, count) = common::masked_messages(opcode, payload);
    group.throughput(Throughput::Bytes((len * count) as u64));
    for &read in reads(len) {
        let mut connection = Connection::server(&Config::default());
        let mut block = vec![0; read.min(bytes.len())];
        for (name, keep) in [("lent", lent as Keep), ("owned", owned)] {
            let mut run = || receive_all(&mut connection, &bytes, &mut block, keep);
            assert_eq!(run(), len * count);
            let name = format!("{kind} {name}/{len}");
            let id = BenchmarkId::new(name, format_args!("reads of {}", read_name(read)));
            group.bench_function(id, |bencher| bencher.iter(&mut run));
        }
    }
}

/// The sizes of read that make a difference: a segment of TCP, and a smaller block than the
/// adapters'. The largest message does not fit the block, but lies whole in a larger one.
const fn reads(len: usize) -> &'static [usize] {
    match len {
        125 | 1024 => &[1460, 16 * 1024, BLOCK],
        BLOCK => &[1460, 16 * 1024, BLOCK, usize::MAX],
        _ => &[BLOCK],
    }
}

fn read_name(len: usize) -> String {
    if len == usize::MAX { "a message".into() } else { len.to_string() }
}

/// Receives `bytes` in reads of `block`, and returns how much payload was in them.
fn receive_all(connection: &mut Connection, bytes: &[u8], block: &mut [u8], keep: Keep) -> usize {
    let mut output = WriteBuffer::new();
    let mut total = 0;
    for read in bytes.chunks(block.len()) {
        let mut input = &mut block[..read.len()];
        input.copy_from_slice(read);
        while let Some(event) = connection.receive(&mut input, &mut output).expect("valid frames") {
            if let Event::Message(message) = event {
                total += keep(message);
            }
        }
    }
    total
}

/// What becomes of a message; returns its length.
type Keep = fn(Message<'_>) -> usize;

fn lent(message: Message<'_>) -> usize {
    std::hint::black_box(message.as_bytes()).len()
}

fn owned(message: Message<'_>) -> usize {
    std::hint::black_box(message.into_owned()).as_bytes().len()
}

/// Bytes in an adapter's read block.
const BLOCK: usize = 64 * 1024;

criterion_group!(benches, receive);
criterion_main!(benches);
