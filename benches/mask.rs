//! Masking (RFC 6455 §5.3), in place, from any offset of the key.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fullduplex::Mask;

mod common;

fn mask(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mask");
    for len in [16, 125, 1024, 16 * 1024, 64 * 1024] {
        let plain = common::payload(len);
        let key = [0x37, 0xfa, 0x21, 0x3d];
        group.throughput(Throughput::Bytes(len as u64));
        for offset in [0, 3] {
            let mut bytes = plain.clone();
            Mask::new(key).apply(offset, &mut bytes);
            let mut expected = plain.iter().zip(key.iter().cycle().skip(offset));
            assert!(bytes.iter().all(|masked| {
                expected.next().is_some_and(|(byte, key)| *masked == byte ^ key)
            }));
            group.bench_function(BenchmarkId::new(format!("offset {offset}"), len), |bencher| {
                bencher.iter(|| Mask::new(black_box(key)).apply(offset, black_box(&mut bytes)));
            });
        }
    }
}

criterion_group!(benches, mask);
criterion_main!(benches);
