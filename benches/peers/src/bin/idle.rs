//! Heap of an idle connection on tokio: a task that holds its stream and its echo loop.
//!
//! `cargo run --release --bin idle [CONNECTIONS]`. The servers are processes of their own, which
//! count, so that none frees what another one allocated.

use std::{thread, time::Duration};

use fullduplex_peers::{
    client::{Load, Shape, connect},
    heap::{self, Heap},
    process::{self, Server},
    servers::SERVERS,
};
use stats_alloc::StatsAlloc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = heap::ALLOCATOR;

/// What is open besides the connections that count.
const FILES: usize = 64;

fn main() {
    let arguments = process::start(Some(heap::answer));
    let count = arguments.first().map_or(10_000, |count| count.parse().expect("a number"));
    let needed = (count + FILES) as u64;
    let limit = rlimit::increase_nofile_limit(needed).expect("a limit of open files");
    assert!(limit >= needed, "{count} connections need `ulimit -n {needed}`, the limit is {limit}");

    println!("| bytes of heap of a connection | after the handshake | after a burst of 60 KiB |");
    println!("|---|---:|---:|");
    for (name, _) in SERVERS {
        let (opened, used) = measure(name, count);
        println!("| {name} | {opened:.0} | {used:.0} |");
    }
}

/// Bytes that a connection holds after the handshake, and after a burst.
fn measure(name: &'static str, count: usize) -> (f64, f64) {
    let mut server = Server::start(name);
    let (address, raw) = (server.address, server.is_raw());
    // The runtime and the pools have what they need once there were some connections.
    let _warm = (0..16).map(|_| connect(address, raw)).collect::<Vec<_>>();
    let mut held = || {
        thread::sleep(Duration::from_millis(300));
        Heap::of(&mut server).bytes
    };
    let before = held();
    let shape = Shape { connections: count, len: 1024, in_flight: 60 };
    let mut load = Load::connect(address, raw, shape);
    let opened = held() - before;
    load.round_in_turn();
    let used = held() - before;
    (opened / count as f64, used / count as f64)
}
