//! A message of any length is echoed piece by piece in the memory of a few pieces, counted for this thread.
#![cfg(feature = "tokio")]

mod common;

use std::io::{self, Read, Write};

use allocation_counter::measure;
use common::{
    polled::{finish, websocket},
    ready::Ready,
};
use fullduplex::{Config, Connection, Fin, blocking};

/// More than the longest message that is received whole.
const LEN: usize = 256 << 20;
/// Bytes in an adapter's read block.
const BLOCK: u64 = 128 * 1024;

/// A peer that sends one frame of `LEN` zeros, and a Close; it counts what it is sent.
struct Peer {
    says: Vec<u8>,
    rest: usize,
    heard: usize,
}

impl Peer {
    fn new() -> Self {
        let header = [&[0x82, 0xff][..], &(LEN as u64).to_be_bytes(), &[0; 4]].concat();
        Self { says: header, rest: LEN, heard: 0 }
    }

    fn say(&mut self, room: &mut [u8]) -> usize {
        if self.says.is_empty() && self.rest == 0 {
            self.says = vec![0x88, 0x80, 0, 0, 0, 0];
        }
        if self.says.is_empty() {
            let len = room.len().min(self.rest);
            room[..len].fill(0);
            self.rest -= len;
            return len;
        }
        let len = self.says.len();
        room[..len].copy_from_slice(&self.says);
        self.says.clear();
        len
    }
}

impl blocking::Stream for Peer {}

impl Read for Peer {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Ok(self.say(room))
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.heard += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const fn fin(is_last: bool) -> Fin {
    if is_last { Fin::Last } else { Fin::More }
}

#[test]
fn a_message_of_256_mib_is_echoed_in_the_memory_of_a_few_blocks() {
    let connection = || Connection::server(&Config::default());
    let mut ws = blocking::WebSocket::new(Peer::new(), connection(), &[]);
    let info = measure(|| {
        while let Some((chunk, mut reply)) = ws.receive_chunk().unwrap() {
            reply.feed_chunk(chunk.content, fin(chunk.last)).unwrap();
        }
    });
    assert!(ws.stream().heard >= LEN && info.bytes_max <= 3 * BLOCK, "{info:?}");

    let mut ws = websocket(Ready(Peer::new()), connection());
    let info = measure(|| {
        finish(async {
            while let Some((chunk, mut reply)) = ws.receive_chunk().await.unwrap() {
                reply.feed_chunk(chunk.content, fin(chunk.last)).await.unwrap();
            }
        });
    });
    assert!(ws.stream().0.heard >= LEN && info.bytes_max <= 3 * BLOCK, "{info:?}");
}
