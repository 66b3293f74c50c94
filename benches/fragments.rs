//! Receiving messages of 1 KiB in 8 fragments (RFC 6455 §5.4), and with a Ping before each of them.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fullduplex::{Config, Connection, WriteBuffer};

mod common;

fn fragments(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fragments");
    for with_pings in [false, true] {
        let one = common::fragments::message(with_pings);
        let bytes = one.repeat(MESSAGES);
        group.throughput(Throughput::Elements(MESSAGES as u64));
        let mut block = bytes.clone();
        let mut connection = Connection::server(&Config::default());
        let mut output = WriteBuffer::new();
        let mut run = || {
            block.copy_from_slice(&bytes);
            common::fragments::receive(&mut connection, &mut block, &mut output)
        };
        assert_eq!(run(), (MESSAGES, if with_pings { 8 * MESSAGES } else { 0 }));
        let name = if with_pings { "a ping before each" } else { "alone" };
        group
            .bench_function(BenchmarkId::new("1 KiB in 8", name), |bencher| bencher.iter(&mut run));
    }
}

/// Of them in one read.
const MESSAGES: usize = 32;

criterion_group!(benches, fragments);
criterion_main!(benches);
