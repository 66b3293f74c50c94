//! One message to ten thousand connections, without sockets: what it takes in memory and in time.
//!
//! `cargo run --release --example broadcast [BYTES]`
//!
//! All connections queue the message before the first one is written, as if all of their peers were
//! slow. Each has a sink of its own, which checks what is written to it.

use std::{
    error::Error,
    io::{self, Write},
    time::Instant,
};

use allocation_counter::measure;
use bytes::Buf;
use fullduplex::{Config, Connection, Prepared, WriteBuffer};

const CONNECTIONS: usize = 10_000;
/// The most that a sink takes at a time.
const MAX_WRITE: usize = 16 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let len = std::env::args().nth(1).map_or(Ok(64 * 1024), |len| len.parse())?;
    let message: Vec<u8> = (0..=255).cycle().take(len).collect();

    // What each sink must have seen in the end.
    let mut expected = Client::new();
    expected.connection.send(&message, &mut expected.output)?;
    expected.write()?;

    let mut clients: Vec<Client> = (0..CONNECTIONS).map(|_| Client::new()).collect();
    let mut result = Ok(());
    let began = Instant::now();
    let heap = measure(|| result = broadcast(&message, &mut clients));
    let took = began.elapsed();
    result?;

    if clients.iter().any(|client| client.sink != expected.sink) {
        return Err("a sink saw something else".into());
    }
    println!("{CONNECTIONS} connections, a message of {len} bytes");
    println!("heap: at most {} KiB more than before", heap.bytes_max / 1024);
    println!("time: {took:.2?}, {:.2?} for each", took / CONNECTIONS as u32);
    Ok(())
}

fn broadcast(message: &[u8], clients: &mut [Client]) -> Result<(), Box<dyn Error>> {
    let prepared = Prepared::new(message);
    for client in &mut *clients {
        client.connection.send_prepared(&prepared, &mut client.output)?;
    }
    for client in clients {
        client.write()?;
    }
    Ok(())
}

/// A server's end of a connection, and what stands for its socket.
struct Client {
    connection: Connection,
    output: WriteBuffer,
    sink: Sink,
}

impl Client {
    fn new() -> Self {
        Self {
            connection: Connection::server(&Config::default()),
            output: WriteBuffer::new(),
            sink: Sink::default(),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        while self.output.has_remaining() {
            let written = self.sink.write(self.output.chunk())?;
            self.output.advance(written);
        }
        // What the buffer held goes to the next connection of this thread.
        self.output.release();
        Ok(())
    }
}

/// Takes bytes and keeps two sums of them, which tell their order too (as Adler-32 does).
#[derive(Default, PartialEq)]
struct Sink {
    sum: u64,
    sum_of_sums: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = &bytes[..bytes.len().min(MAX_WRITE)];
        for byte in taken {
            self.sum += u64::from(*byte);
            self.sum_of_sums = self.sum_of_sums.wrapping_add(self.sum);
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
