//! Heap of an idle connection on tokio: a task that holds its stream and its echo loop.
//!
//! `cargo run --release --bin idle [CONNECTIONS]`. Both ends are in this process; the clients' are
//! plain sockets, which hold no heap.

use std::{
    alloc::System,
    env,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    sync::mpsc,
    thread,
    time::Duration,
};

use fullduplex_peers::{client, servers};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let arguments = env::args().collect::<Vec<_>>();
    if let [_, count, name] = &arguments[..] {
        return measure(name, count.parse().expect("a number"));
    }
    let count = arguments.get(1).map_or("1000", String::as_str);
    println!("| heap of a connection, bytes | after the handshake | after a burst of 60 KiB |");
    println!("|---|---|---|");
    for name in servers::NAMES {
        // A process for each, so that none frees what another one allocated.
        let status = Command::new(&arguments[0]).args([count, name]).status();
        assert!(status.is_ok_and(|status| status.success()), "{name}");
    }
}

fn measure(name: &str, count: usize) {
    let (sender, receiver) = mpsc::channel();
    let server = name.to_owned();
    thread::spawn(move || servers::run(&server, |address| sender.send(address).expect("a reader")));
    let address: SocketAddr = receiver.recv().expect("an address");
    // The runtime and the pools have what they need once there were some connections.
    let _warm = open(address, 16, name);
    let region = Region::new(ALLOCATOR);
    let mut streams = open(address, count, name);
    let before = held(&region, count);
    burst(&mut streams, name);
    println!("| {name} | {before:.0} | {:.0} |", held(&region, count));
}

fn open(address: SocketAddr, count: usize, name: &str) -> Vec<TcpStream> {
    (0..count).map(|_| client::connect(address, name == "raw")).collect()
}

fn burst(streams: &mut [TcpStream], name: &str) {
    let raw = name == "raw";
    let sent = client::frame(1024, !raw).repeat(60);
    let mut echo = vec![0; client::frame(1024, false).len() * 60];
    for stream in streams {
        stream.write_all(&sent).expect("the server reads");
        stream.read_exact(&mut echo).expect("the server echoes");
    }
}

/// Bytes of heap held since the region began, for each of `count` connections.
fn held(region: &Region<'_, System>, count: usize) -> f64 {
    thread::sleep(Duration::from_millis(300));
    let change = region.change();
    (change.bytes_allocated as f64 - change.bytes_deallocated as f64) / count as f64
}
