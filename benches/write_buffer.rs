//! What waits to be written: small messages side by side in one block, large ones by reference,
//! each taken by the sink whole or in part. Encoding them, which comes before, is included.

use std::{hint::black_box, io::IoSlice};

use bytes::{Buf, Bytes};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fullduplex::{Config, Connection, WriteBuffer};

mod common;

fn small(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write buffer/1000 of 16 bytes");
    group.throughput(Throughput::Elements(1000));
    let payload = common::payload(16);
    let mut connection = Connection::server(&Config::default());
    let mut output = WriteBuffer::new();
    for (name, most, writes) in [("at once", usize::MAX, 1), ("in segments", SEGMENT, 13)] {
        let mut run = || {
            for _ in 0..1000 {
                connection.send(&payload[..], &mut output).expect("open");
            }
            write(&mut output, most)
        };
        assert_eq!(run(), (1000 * (2 + 16), writes));
        group.bench_function(name, |bencher| bencher.iter(&mut run));
    }
}

fn large(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write buffer/10 of 64 KiB");
    group.throughput(Throughput::Bytes(10 * 64 * 1024));
    let payload = Bytes::from(common::payload(64 * 1024));
    let mut connection = Connection::server(&Config::default());
    let mut output = WriteBuffer::new();
    let sinks: [(&str, Write, usize, usize); 4] = [
        ("slice by slice", write, usize::MAX, 20),
        ("in segments", write, SEGMENT, 460),
        ("vectored, at once", write_vectored, usize::MAX, 2),
        ("vectored, in blocks of 64 KiB", write_vectored, 64 * 1024, 11),
    ];
    for (name, write, most, writes) in sinks {
        let mut run = || {
            for _ in 0..10 {
                connection.send(payload.clone(), &mut output).expect("open");
            }
            write(&mut output, most)
        };
        assert_eq!(run(), (10 * (10 + 64 * 1024), writes));
        group.bench_function(name, |bencher| bencher.iter(&mut run));
    }
}

/// Writes all that waits, at most so many bytes at a time; returns the bytes and the writes.
type Write = fn(&mut WriteBuffer, usize) -> (usize, usize);

fn write(output: &mut WriteBuffer, most: usize) -> (usize, usize) {
    let (mut len, mut writes) = (0, 0);
    while output.has_remaining() {
        let written = black_box(output.chunk()).len().min(most);
        output.advance(written);
        (len, writes) = (len + written, writes + 1);
    }
    (len, writes)
}

fn write_vectored(output: &mut WriteBuffer, most: usize) -> (usize, usize) {
    let (mut len, mut writes) = (0, 0);
    while output.has_remaining() {
        let mut slices = [IoSlice::new(&[]); 16];
        let count = output.chunks_vectored(&mut slices);
        let waiting: usize = black_box(&slices[..count]).iter().map(|slice| slice.len()).sum();
        let written = waiting.min(most);
        output.advance(written);
        (len, writes) = (len + written, writes + 1);
    }
    (len, writes)
}

/// What a sink takes that is nearly full: a segment of TCP.
const SEGMENT: usize = 1460;

criterion_group!(benches, small, large);
criterion_main!(benches);
