//! Sending binary messages, each written by itself: a server's, and a client's, which are masked.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fullduplex::{Config, Connection, Message, WriteBuffer};

mod common;

fn send(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("send");
    for len in [16, 125, 1024, 16 * 1024, 64 * 1024] {
        let payload = common::payload(len);
        group.throughput(Throughput::Bytes(len as u64));
        for (role, mut connection) in [
            ("server", Connection::server(&Config::default())),
            ("client", Connection::client(&Config::default())),
        ] {
            let mut output = WriteBuffer::new();
            let mut run = || {
                connection.send(Message::from(&payload[..]), &mut output).expect("open");
                common::written(&mut output)
            };
            assert!((len + 2..len + 15).contains(&run()));
            group.bench_function(BenchmarkId::new(role, len), |bencher| bencher.iter(&mut run));
        }
    }
}

criterion_group!(benches, send);
criterion_main!(benches);
