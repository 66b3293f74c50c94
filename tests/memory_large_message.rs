//! What a message of 64 MiB costs while it comes: its own length, and next to nothing.
//!
//! As the system counts it: memory that was reserved and not touched costs nothing, and a long block that
//! grows is not held twice. So this is the peak of the process, which has no other test.
#![cfg(target_os = "linux")]

use std::{
    fs,
    io::{self, Read, Write},
};

use fullduplex::{Config, Connection, Kind, blocking};

const MIB: usize = 1 << 20;
const LEN: usize = 64 * MIB;

/// A peer that sends one frame of `0`s, which is masked with zeros, and never exists as a whole.
struct Peer {
    header: Vec<u8>,
    payload: usize,
}

impl Peer {
    fn new(first: u8) -> Self {
        let len = (LEN as u64).to_be_bytes();
        Self { header: [&[first, 0xff][..], &len, &[0; 4]].concat(), payload: LEN }
    }
}

impl Read for Peer {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if !self.header.is_empty() {
            let len = room.len().min(self.header.len());
            room[..len].copy_from_slice(&self.header[..len]);
            self.header.drain(..len);
            return Ok(len);
        }
        let len = room.len().min(self.payload);
        room[..len].fill(b'0');
        self.payload -= len;
        Ok(len)
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl blocking::Stream for Peer {}

/// The most that the process had in memory since [`forget_peak`], in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

#[test]
fn a_message_of_64_mib_costs_its_length_and_at_most_one_mebibyte() {
    let mut config = Config::default();
    config.max_message_len = LEN as u64;
    for (first, kind) in [(0x82, Kind::Binary), (0x81, Kind::Text)] {
        let mut ws = blocking::WebSocket::new(Peer::new(first), Connection::server(&config), &[]);
        forget_peak();
        let before = peak();
        let message = ws.receive().unwrap().unwrap();
        let cost = peak() - before;
        assert_eq!((message.kind(), message.as_bytes().len()), (kind, LEN));
        assert!(cost >= LEN - MIB, "{cost}: what was measured?");
        assert!(cost <= LEN + MIB, "{kind:?}: {} bytes beyond its length", cost - LEN);
    }
}
