//! Compressed messages: what this crate adds to the backend that it compresses and inflates with.
//!
//! "backend" is zlib-rs by itself, its streams made once and reset for each message, with the same
//! parameters: the least that can be done.

use std::hint::black_box;

use bytes::Buf;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fullduplex::{Compression, Config, Connection, Event, Message, Parameters, Role, WriteBuffer};
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush};

mod common;

fn compress(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compress");
    for len in SIZES {
        let json = common::json(len);
        group.throughput(Throughput::Bytes(len as u64));
        let mut backend = deflate();
        let mut room = vec![0; len + 1024];
        group.bench_function(BenchmarkId::new("backend", len), |bencher| {
            bencher.iter(|| compress_raw(&mut backend, json.as_bytes(), &mut room));
        });
        for (kind, message) in messages(&json) {
            let mut connection = end(Role::Server);
            let mut output = WriteBuffer::new();
            assert_arrives(&mut wire(&message), &message);
            group.bench_function(BenchmarkId::new(kind, len), |bencher| {
                bencher.iter(|| send(&mut connection, &message, &mut output));
            });
        }
    }
}

fn inflate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("inflate");
    for len in SIZES {
        let json = common::json(len);
        group.throughput(Throughput::Bytes(len as u64));
        let mut room = vec![0; len + 1024];
        let compressed = {
            let len = compress_raw(&mut deflate(), json.as_bytes(), &mut room);
            room[..len].to_vec()
        };
        let mut backend = Inflate::new(false, 15);
        group.bench_function(BenchmarkId::new("backend", len), |bencher| {
            bencher.iter(|| {
                backend.reset(false);
                backend.decompress(&compressed, &mut room, InflateFlush::SyncFlush).expect("valid");
                assert_eq!(backend.total_out(), len as u64);
                black_box(&room);
            });
        });
        for (kind, message) in messages(&json) {
            let mut output = WriteBuffer::new();
            let mut wire = wire(&message);
            assert_arrives(&mut wire, &message);
            let mut connection = end(Role::Client);
            group.bench_function(BenchmarkId::new(kind, len), |bencher| {
                bencher.iter(|| receive(&mut connection, &mut wire, &mut output, len));
            });
        }
    }
}

/// A message from a server, so that receiving it unmasks nothing and leaves the bytes as they are.
fn wire(message: &Message<'_>) -> Vec<u8> {
    let mut output = WriteBuffer::new();
    end(Role::Server).send(message, &mut output).expect("open");
    output.copy_to_bytes(output.remaining()).to_vec()
}

fn assert_arrives(mut wire: &mut [u8], message: &Message<'_>) {
    match end(Role::Client).receive(&mut wire, &mut WriteBuffer::new()) {
        Ok(Some(Event::Message(arrived))) => assert!(arrived == *message, "it is another"),
        other => panic!("{other:?}"),
    }
}

/// Sends a message, and has it written.
fn send(connection: &mut Connection, message: &Message<'_>, output: &mut WriteBuffer) {
    connection.send(message, output).expect("open");
    assert!(output.chunk()[0] & 0x40 != 0, "it goes compressed");
    common::written(output);
}

fn receive(
    connection: &mut Connection,
    mut input: &mut [u8],
    output: &mut WriteBuffer,
    len: usize,
) {
    match connection.receive(&mut input, output) {
        Ok(Some(Event::Message(message))) => assert_eq!(black_box(message).as_bytes().len(), len),
        other => panic!("{other:?}"),
    }
}

fn compress_raw(stream: &mut Deflate, bytes: &[u8], room: &mut [u8]) -> usize {
    stream.reset();
    stream.compress(bytes, room, DeflateFlush::SyncFlush).expect("made right");
    assert_eq!(stream.total_in(), bytes.len() as u64);
    black_box(room);
    stream.total_out() as usize
}

fn messages(json: &str) -> [(&'static str, Message<'_>); 2] {
    [("text", json.into()), ("binary", json.as_bytes().into())]
}

/// Without context takeover, as by default.
fn end(role: Role) -> Connection {
    let mut connection = match role {
        Role::Client => Connection::client(&Config::default()),
        Role::Server => Connection::server(&Config::default()),
    };
    let mut parameters = Parameters::default();
    parameters.server_no_context_takeover = true;
    parameters.client_no_context_takeover = true;
    connection.set_compression(parameters, &policy());
    connection
}

fn deflate() -> Deflate {
    let policy = policy();
    Deflate::new_with_config(DeflateConfig {
        level: policy.level.into(),
        window_bits: -i32::from(policy.window_bits),
        mem_level: policy.mem_level.into(),
        ..DeflateConfig::default()
    })
}

fn policy() -> Compression {
    Compression::default()
}

const SIZES: [usize; 2] = [1024, 64 * 1024];

criterion_group!(benches, compress, inflate);
criterion_main!(benches);
