//! Echo over loopback: the processor time that a server takes for a message.
//!
//! `cargo run --release --bin echo [ROUNDS]` starts each server as a process of its own, pinned to
//! the first core, and loads it from the second one, in turn; it prints the median over the rounds.
//! `echo serve NAME` is such a server.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread,
};

use fullduplex_peers::{
    client::{connect, frame},
    servers,
};

/// Connections, bytes in a message, messages in flight on a connection, messages in all.
const LOADS: [(usize, usize, usize, usize); 4] = [
    (10, 20, 64, 2_000_000),
    (10, 1024, 32, 500_000),
    (100, 20, 1, 200_000),
    (1000, 20, 1, 200_000),
];

fn main() {
    let arguments = env::args().skip(1).collect::<Vec<_>>();
    if let [mode, name] = &arguments[..]
        && mode == "serve"
    {
        return servers::run(name, |address| println!("{address}"));
    }
    let rounds = arguments.first().map_or(3, |rounds| rounds.parse().expect("a number of rounds"));
    pin(std::process::id(), 1);
    println!("| connections × bytes × in flight | {} |", servers::NAMES.join(" | "));
    println!("|---|{}", "---|".repeat(servers::NAMES.len()));
    for (connections, len, in_flight, messages) in LOADS {
        let mut taken = vec![Vec::new(); servers::NAMES.len()];
        for _ in 0..rounds {
            for (name, taken) in servers::NAMES.iter().zip(&mut taken) {
                taken.push(measure(name, connections, len, in_flight, messages));
            }
        }
        let medians = taken.into_iter().map(median).collect::<Vec<_>>();
        let raw = medians[0];
        let cells = medians.iter().map(|ns| format!("{ns:.0} ns ({:.2})", ns / raw));
        let cells = cells.collect::<Vec<_>>().join(" | ");
        println!("| {connections} × {len} × {in_flight} | {cells} |");
    }
}

/// Nanoseconds of processor time that the server takes for a message.
fn measure(name: &str, connections: usize, len: usize, in_flight: usize, messages: usize) -> f64 {
    let mut server = Server::start(name);
    let raw = name == "raw";
    let rounds = messages / (connections * in_flight);
    let mut streams = (0..connections).map(|_| connect(server.address, raw)).collect::<Vec<_>>();
    let burst = frame(len, !raw).repeat(in_flight);
    let mut echo = vec![0; frame(len, false).len() * in_flight];
    if raw {
        echo.resize(burst.len(), 0);
    }
    let before = server.processor_time();
    for _ in 0..rounds {
        for stream in &mut streams {
            stream.write_all(&burst).expect("the server reads");
        }
        for stream in &mut streams {
            stream.read_exact(&mut echo).expect("the server echoes");
        }
    }
    let taken = server.processor_time() - before;
    server.process.kill().expect("the server runs");
    server.process.wait().expect("the server was started");
    taken / (rounds * connections * in_flight) as f64
}

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(name: &str) -> Self {
        let program = env::current_exe().expect("this program");
        let mut process = Command::new(program)
            .args(["serve", name])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        pin(process.id(), 0);
        Self { process, address: line.trim().parse().expect("an address") }
    }

    /// User and system time so far, in nanoseconds, of all threads.
    fn processor_time(&self) -> f64 {
        thread::sleep(std::time::Duration::from_millis(20));
        let path = format!("/proc/{}/schedstat", self.process.id());
        let text = std::fs::read_to_string(path).expect("Linux with schedstat");
        text.split(' ').next().and_then(|ns| ns.parse().ok()).expect("nanoseconds")
    }
}

fn pin(process: u32, core: usize) {
    let pinned = Command::new("taskset")
        .args(["-a", "-c", "-p", &core.to_string(), &process.to_string()])
        .stdout(Stdio::null())
        .status();
    assert!(pinned.is_ok_and(|status| status.success()), "taskset is needed to pin processes");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
