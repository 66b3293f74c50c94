//! Allocations and reallocations for an echoed message, once a server has what it needs.
//!
//! `cargo run --release --bin allocations`. The servers are processes of their own, which count.

use fullduplex_peers::{
    client::{Load, Shape},
    heap::{self, Heap},
    process::{self, Server},
    servers::SERVERS,
};
use stats_alloc::StatsAlloc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = heap::ALLOCATOR;

const LOADS: [Shape; 2] = [
    Shape { connections: 10, len: 20, in_flight: 64 },
    Shape { connections: 10, len: 1024, in_flight: 32 },
];
const ROUNDS: usize = 50;

fn main() {
    process::start(Some(heap::answer));
    println!("| allocations of a message | {} |", LOADS.map(|load| load.to_string()).join(" | "));
    println!("|---|{}", "---:|".repeat(LOADS.len()));
    for (name, _) in SERVERS {
        let cells = LOADS.map(|load| format!("{:.2}", measure(name, load)));
        println!("| {name} | {} |", cells.join(" | "));
    }
}

fn measure(name: &'static str, shape: Shape) -> f64 {
    let mut server = Server::start(name);
    let mut load = Load::connect(server.address, server.is_raw(), shape);
    load.check();
    let mut allocations = || {
        (0..ROUNDS).for_each(|_| load.round());
        Heap::of(&mut server).allocations
    };
    let before = allocations();
    (allocations() - before) / (ROUNDS * shape.messages()) as f64
}
