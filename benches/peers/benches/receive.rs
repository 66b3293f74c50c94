//! Receiving masked messages: the same bytes for each library, in one run.
//!
//! Before it measures, it prints the allocations per message, counted.

use std::{
    alloc::System,
    io::{self, Read, Write},
};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fullduplex::{Config, Connection, Event, Message, WriteBuffer};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[path = "../../common/mod.rs"]
mod common;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn receive(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receive");
    for (kind, opcode) in [("text", 1), ("binary", 2)] {
        for len in common::SIZES {
            let (bytes, count) = common::masked_messages(opcode, len);
            group.throughput(Throughput::Elements(count as u64));
            let mut runs: [(&str, Box<dyn FnMut() -> usize>); 3] = [
                ("fullduplex lent", fullduplex(&bytes, |message| message.as_bytes().len())),
                (
                    "fullduplex owned",
                    fullduplex(&bytes, |message| {
                        std::hint::black_box(message.into_owned()).as_bytes().len()
                    }),
                ),
                ("tungstenite", tungstenite(&bytes)),
            ];
            for (name, run) in &mut runs {
                assert_eq!(run(), len * count, "{name}");
                let region = Region::new(ALLOCATOR);
                run();
                let change = region.change();
                let allocations = change.allocations + change.reallocations;
                println!(
                    "{kind}, {len} bytes, {name}: {:.3} allocations per message",
                    allocations as f64 / count as f64
                );
                group.bench_function(BenchmarkId::new(format!("{kind}/{len}"), &name), |bencher| {
                    bencher.iter(&mut *run)
                });
            }
        }
    }
}

fn fullduplex<'a>(
    bytes: &'a [u8],
    keep: impl Fn(Message<'_>) -> usize + 'a,
) -> Box<dyn FnMut() -> usize + 'a> {
    let mut block = bytes.to_vec();
    let mut connection = Connection::server(&Config::default());
    let mut output = WriteBuffer::new();
    Box::new(move || {
        block.copy_from_slice(bytes);
        let mut input = &mut block[..];
        let mut total = 0;
        while let Some(event) = connection.receive(&mut input, &mut output).expect("valid") {
            if let Event::Message(message) = event {
                total += keep(message);
            }
        }
        total
    })
}

fn tungstenite<'a>(bytes: &'a [u8]) -> Box<dyn FnMut() -> usize + 'a> {
    let role = tungstenite::protocol::Role::Server;
    let mut socket = tungstenite::WebSocket::from_raw_socket(Replay { bytes, at: 0 }, role, None);
    Box::new(move || {
        socket.get_mut().at = 0;
        let mut total = 0;
        while let Ok(message) = socket.read() {
            total += message.len();
        }
        total
    })
}

/// Hands out the bytes, then would block.
struct Replay<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Read for Replay<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let len = room.len().min(self.bytes.len() - self.at);
        if len == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        room[..len].copy_from_slice(&self.bytes[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

impl Write for Replay<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

criterion_group!(benches, receive);
criterion_main!(benches);
