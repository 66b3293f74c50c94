//! Every interleaving of the two halves that shuttle finds: what the receiving half answers and what the
//! sending half sends all reach the wire, in whole frames, and nobody waits for ever; nor does anybody
//! at a stream in memory.
//!
//! `tests/interleavings` runs it. The peer waits for each answer before it goes on, so that a Pong that
//! stays in the queue is a deadlock, which shuttle reports.
#![cfg(shuttle)]

mod common;

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    sync::Arc,
};

use common::{close_body, contents, masked, read_frames};
use fullduplex::{CloseCode, Config, Connection, Error, MemoryStream, blocking};
use shuttle::{
    sync::{Condvar, Mutex},
    thread,
};

/// Both directions of a stream between a server and the peer.
#[derive(Debug, Default)]
struct Wire {
    to_server: VecDeque<Vec<u8>>,
    to_peer: Vec<u8>,
}

/// A stream that takes a few bytes at a time.
#[derive(Clone, Debug, Default)]
struct Pipe(Arc<(Mutex<Wire>, Condvar)>);

impl Pipe {
    fn say(&self, frame: Vec<u8>) {
        let (wire, changed) = &*self.0;
        wire.lock().unwrap().to_server.push_back(frame);
        changed.notify_all();
    }

    /// Waits until a frame that begins so has come whole.
    fn hear(&self, frame: &[u8]) {
        let (wire, changed) = &*self.0;
        let mut wire = wire.lock().unwrap();
        while !wire.to_peer.windows(frame.len()).any(|it| it == frame) {
            wire = changed.wait(wire).unwrap();
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let (wire, changed) = &*self.0;
        let mut wire = wire.lock().unwrap();
        loop {
            if let Some(frame) = wire.to_server.pop_front() {
                room[..frame.len()].copy_from_slice(&frame);
                return Ok(frame.len());
            }
            wire = changed.wait(wire).unwrap();
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (wire, changed) = &*self.0;
        let len = bytes.len().min(5);
        wire.lock().unwrap().to_peer.extend_from_slice(&bytes[..len]);
        changed.notify_all();
        Ok(len)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl blocking::Stream for Pipe {}

impl blocking::CloneStream for Pipe {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(self.clone())
    }
}

fn server(pipe: &Pipe) -> (blocking::ReceiveHalf<Pipe>, blocking::SendHalf<Pipe>) {
    let connection = Connection::server(&Config::default());
    blocking::WebSocket::new(pipe.clone(), connection, &[]).split().unwrap()
}

/// Runs `check` under schedules that are random, and under those that find bugs of few switches.
fn explore(check: fn()) {
    shuttle::check_random(check, 1000);
    shuttle::check_pct(check, 1000, 3);
}

#[test]
fn a_pong_and_the_frames_of_the_sending_half_all_reach_the_wire() {
    explore(|| {
        let pipe = Pipe::default();
        let (mut receive, mut send) = server(&pipe);
        let sending = thread::spawn(move || {
            send.send("one").unwrap();
            send.feed("two").unwrap();
            send.send("three").unwrap();
            send
        });
        let receiving = thread::spawn(move || receive.receive().map(|message| (message, receive)));
        let pong = [0x8a, 4, b'p', b'i', b'n', b'g'];
        pipe.say(masked(0x89, b"ping"));
        pipe.hear(&pong);
        let send = sending.join().unwrap();
        pipe.say(masked(0x81, b"last"));
        let (message, receive) = receiving.join().unwrap().unwrap();
        assert_eq!(message, Some("last".into()));
        // All is written: nothing is left to a WebSocket of both.
        receive.reunite(send).unwrap().flush().unwrap();
        let frames = read_frames(&pipe.0.0.lock().unwrap().to_peer);
        let mut frames = contents(&frames);
        let at = frames.iter().position(|frame| *frame == (0x8a, b"ping")).unwrap();
        frames.remove(at);
        assert_eq!(frames, [(0x81, &b"one"[..]), (0x81, b"two"), (0x81, b"three")]);
    });
}

#[test]
fn a_close_of_each_side_at_once_ends_both_halves_with_one_story() {
    explore(|| {
        let pipe = Pipe::default();
        let (mut receive, mut send) = server(&pipe);
        let sending = thread::spawn(move || {
            let closed = send.send_close(CloseCode::GOING_AWAY, "");
            assert!(matches!(closed, Ok(()) | Err(Error::Closed(_))), "{closed:?}");
            assert!(matches!(send.send("late"), Err(Error::Closed(_))));
            send
        });
        let receiving = thread::spawn(move || {
            assert_eq!(receive.receive().unwrap(), None);
            receive
        });
        pipe.say(masked(0x88, &close_body(1000, "")));
        let (send, receive) = (sending.join().unwrap(), receiving.join().unwrap());
        assert_eq!(send.closing(), receive.closing());
        assert!(send.closing().unwrap().is_clean());
        let frames = read_frames(&pipe.0.0.lock().unwrap().to_peer);
        assert_eq!(frames.len(), 1, "one Close: {frames:?}");
        assert_eq!(frames[0].first, 0x88);
    });
}

#[test]
fn who_waits_at_a_stream_in_memory_is_woken_by_bytes_by_room_and_by_its_end() {
    explore(|| {
        let (mut one, mut other) = MemoryStream::pair();
        let writing = thread::spawn(move || {
            // The second write waits for room; then the end is dropped.
            one.write_all(&[1; MemoryStream::CAPACITY]).unwrap();
            one.write_all(&[2; 2]).unwrap();
        });
        let mut read = vec![0; MemoryStream::CAPACITY];
        other.read_exact(&mut read).unwrap();
        let mut rest = Vec::new();
        other.read_to_end(&mut rest).unwrap();
        writing.join().unwrap();
        assert_eq!(rest, [2, 2]);
        assert_eq!(other.write(b"late").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    });
}

#[test]
fn an_end_that_is_dropped_wakes_a_write_that_waits() {
    explore(|| {
        let (mut one, other) = MemoryStream::pair();
        let writing = thread::spawn(move || one.write_all(&[1; MemoryStream::CAPACITY + 1]));
        drop(other);
        assert_eq!(writing.join().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    });
}
