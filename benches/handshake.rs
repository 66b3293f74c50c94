//! Both handshakes (RFC 6455 §4), from the bytes to a connection.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fullduplex::Config;

mod common;

fn handshake(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("handshake");
    group.throughput(Throughput::Elements(1));
    let config = Config::default();
    group.bench_function("a server accepts", |bencher| {
        bencher.iter(|| common::handshake::accept(&config));
    });
    let request = common::handshake::request();
    group.bench_function("a client connects", |bencher| {
        bencher.iter(|| common::handshake::connect(&config, &request));
    });
}

criterion_group!(benches, handshake);
criterion_main!(benches);
