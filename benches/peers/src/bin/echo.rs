//! Echo over loopback: the processor time that a server takes for a message.
//!
//! `cargo run --release --bin echo [ROUNDS] [FILTER]` starts each server as a process of its own on
//! the first core, loads one after the other from the second core, and prints the median over the
//! rounds. FILTER: only names that contain it, and the yardstick.

use std::time::{Duration, Instant};

use fullduplex_peers::{
    client::{Load, Shape},
    process::{self, Server},
    servers::SERVERS,
};

const LOADS: [Shape; 7] = [
    Shape { connections: 10, len: 20, in_flight: 64 },
    Shape { connections: 10, len: 20, in_flight: 16 },
    Shape { connections: 10, len: 1024, in_flight: 32 },
    Shape { connections: 10, len: 16 * 1024, in_flight: 8 },
    Shape { connections: 10, len: 20, in_flight: 1 },
    Shape { connections: 100, len: 20, in_flight: 1 },
    Shape { connections: 1000, len: 20, in_flight: 1 },
];
/// How long a server is loaded in a round.
const DURATION: Duration = Duration::from_millis(200);

fn main() {
    let arguments = process::start(None);
    let rounds = arguments.first().map_or(9, |rounds| rounds.parse().expect("a number of rounds"));
    let filter = arguments.get(1).map_or("", String::as_str);
    let names = SERVERS.iter().map(|server| server.0);
    let names = names.filter(|name| *name == "raw" || name.contains(filter)).collect::<Vec<_>>();
    let columns = LOADS.map(|load| medians(&names, load, rounds));

    println!(
        "| ns of processor time (÷ raw) | {} |",
        LOADS.map(|load| load.to_string()).join(" | ")
    );
    println!("|---|{}", "---:|".repeat(LOADS.len()));
    for (row, name) in names.iter().enumerate() {
        let cells = columns.each_ref().map(|column| cell(column[row], column[0]));
        println!("| {name} | {} |", cells.join(" | "));
    }
}

/// Nanoseconds of a message for each server.
fn medians(names: &[&'static str], load: Shape, rounds: usize) -> Vec<f64> {
    let servers = names.iter().map(|name| Server::start(name)).collect::<Vec<_>>();
    let mut taken = vec![Vec::new(); names.len()];
    for _ in 0..rounds {
        for (server, taken) in servers.iter().zip(&mut taken) {
            taken.push(measure(server, load));
        }
    }
    taken.into_iter().map(median).collect()
}

/// Nanoseconds of processor time that the server takes for a message.
fn measure(server: &Server, shape: Shape) -> f64 {
    let mut load = Load::connect(server.address, server.is_raw(), shape);
    load.check();
    let mut rounds = 0;
    let before = server.processor_time();
    let begin = Instant::now();
    while begin.elapsed() < DURATION {
        load.round();
        rounds += 1;
    }
    (server.processor_time() - before) / (rounds * shape.messages()) as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn cell(ns: f64, raw: f64) -> String {
    format!("{ns:.0} ({:.2})", ns / raw)
}
