//! The bytes that wait to be written: their order, whatever is copied, shared, or partly written.
//!
//! Frames enter through a server's [`Sender`], which writes payloads as they are.

mod common;

use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf, Bytes};
use common::unmasked;
use fullduplex::{Config, Message, Sender, WriteBuffer};
use proptest::prelude::*;

/// A server's output, and what must come out of it.
struct Output {
    sender: Sender,
    buffer: WriteBuffer,
    expected: VecDeque<u8>,
}

impl Output {
    fn new() -> Self {
        let buffer = WriteBuffer::new();
        Self { sender: Sender::server(&Config::default()), buffer, expected: VecDeque::new() }
    }

    /// Sends `len` bytes that are copied, each message with other ones.
    fn lend(&mut self, len: usize) {
        let payload = self.payload(len);
        self.sender.send(Message::from(&payload[..]), &mut self.buffer).unwrap();
    }

    /// Sends `len` bytes that may be shared.
    fn share(&mut self, len: usize) {
        let payload = self.payload(len);
        self.sender.send(Message::from(payload), &mut self.buffer).unwrap();
    }

    fn payload(&mut self, len: usize) -> Vec<u8> {
        let start = self.expected.len();
        let payload: Vec<u8> = (0..=250).cycle().skip(start % 251).take(len).collect();
        self.expected.extend(unmasked(0x82, &payload));
        payload
    }

    fn advance(&mut self, len: usize) {
        self.buffer.advance(len);
        self.expected.drain(..len);
    }

    /// Checks all that can be seen of what waits.
    fn check(&self) {
        let expected: Vec<u8> = self.expected.iter().copied().collect();
        assert_eq!(self.buffer.len(), expected.len());
        assert_eq!(self.buffer.remaining(), expected.len());
        assert_eq!(self.buffer.is_empty(), expected.is_empty());
        assert_eq!(self.buffer.chunk().is_empty(), expected.is_empty());
        assert!(expected.starts_with(self.buffer.chunk()));
        for most in [0, 1, 2, 3, 5, 64] {
            let slices = slices(&self.buffer, most);
            assert!(slices.len() <= most && slices.iter().all(|slice| !slice.is_empty()));
            assert_eq!(slices.is_empty(), most == 0 || expected.is_empty());
            assert!(expected.starts_with(&slices.concat()));
            if slices.len() < most {
                assert_eq!(slices.concat(), expected, "all of it fits {most} slices");
            }
        }
    }
}

/// What a vectored write of at most `most` slices would be given.
fn slices(buffer: &WriteBuffer, most: usize) -> Vec<Vec<u8>> {
    let mut slices = vec![IoSlice::new(&[]); most];
    let count = buffer.chunks_vectored(&mut slices);
    slices[..count].iter().map(|slice| slice.to_vec()).collect()
}

#[test]
fn frames_come_out_in_the_order_in_which_they_went_in() {
    let cases: [(&str, &[(bool, usize)]); 7] = [
        ("nothing", &[]),
        ("small ones", &[(false, 5), (true, 5), (false, 0), (true, 0)]),
        ("one shared", &[(true, 5000)]),
        ("shared between small ones", &[(false, 5), (true, 5000), (false, 7), (true, 8)]),
        ("shared side by side", &[(true, 4096), (true, 4097), (true, 70_000)]),
        ("both sides of where sharing begins", &[(true, 4095), (true, 4096), (false, 4096)]),
        ("a long copy after a shared one", &[(true, 9000), (false, 100_000), (true, 9000)]),
    ];
    for (name, messages) in cases {
        let mut output = Output::new();
        for (shared, len) in messages {
            if *shared { output.share(*len) } else { output.lend(*len) }
        }
        output.check();
        let len = output.buffer.len();
        assert_eq!(output.buffer.copy_to_bytes(len), Vec::from(output.expected), "{name}");
        assert!(output.buffer.is_empty(), "{name}");
    }
}

#[test]
fn a_write_may_stop_at_any_byte() {
    let filled = || {
        let mut output = Output::new();
        output.buffer.share_from(20);
        output.lend(3);
        for len in [20, 30, 5, 25] {
            output.share(len);
        }
        output.lend(40);
        output
    };
    let len = filled().buffer.len();
    for first in 0..=len {
        for second in 0..=len - first {
            let mut output = filled();
            output.advance(first);
            output.advance(second);
            output.check();
        }
    }
}

#[test]
fn what_is_added_after_a_partial_write_comes_last() {
    let mut output = Output::new();
    for round in 1..200 {
        output.lend(round * 7 % 300);
        output.share(round * 1900 % 9000);
        output.advance(output.buffer.len() * (round % 10) / 10);
        output.check();
    }
}

#[test]
fn a_shared_payload_is_not_copied_and_a_small_one_is() {
    for (share_from, len, is_shared) in
        [(4096, 4095, false), (4096, 4096, true), (16_384, 5000, false), (0, 1, true)]
    {
        let payload = Bytes::from(vec![1; len]);
        let (mut sender, mut buffer) = (Sender::server(&Config::default()), WriteBuffer::new());
        buffer.share_from(share_from);
        sender.send(payload.clone().into(), &mut buffer).unwrap();
        let header = unmasked(0x82, &payload).len() - len;
        buffer.advance(header);
        let found = buffer.chunk().as_ptr() == payload.as_ptr();
        assert_eq!(found, is_shared, "{len} bytes, shared from {share_from}");
    }
}

#[test]
fn an_empty_payload_that_is_shared_leaves_no_empty_chunk() {
    let mut output = Output::new();
    output.buffer.share_from(0);
    for len in [0, 0, 3, 0] {
        output.share(len);
    }
    while !output.buffer.is_empty() {
        output.check();
        output.advance(1);
    }
    output.check();
}

#[test]
#[should_panic(expected = "cannot advance past what waits")]
fn advancing_past_the_end_panics() {
    let mut output = Output::new();
    output.share(5000);
    output.buffer.advance(5005);
}

// A sink that takes as much as is added: were what waits moved each time, this would move 10^12
// bytes; were it never moved, the block would grow without end (see memory.rs).
#[test]
fn a_slow_sink_moves_what_waits_no_more_often_than_it_was_written() {
    for step in [1, 18, 40, 1000] {
        let (mut sender, mut buffer) = (Sender::server(&Config::default()), WriteBuffer::new());
        sender.send(Message::from(&vec![7; 1 << 20][..]), &mut buffer).unwrap();
        let (mut moved, mut written) = (0, 0);
        while written < 8 << 20 {
            let before = buffer.chunk().as_ptr();
            buffer.advance(step);
            if buffer.chunk().as_ptr() != before.wrapping_add(step) {
                moved += buffer.len();
            }
            written += step;
            // A little less than the block has room for.
            while buffer.len() < (1 << 20) - 200 {
                let before = buffer.chunk().as_ptr();
                sender.send(b"sixteen bytes ok".into(), &mut buffer).unwrap();
                if buffer.chunk().as_ptr() != before {
                    moved += buffer.len();
                }
            }
            assert!(moved <= written + (1 << 20), "{moved} bytes moved for {written}, by {step}");
        }
    }
}

#[derive(Clone, Debug)]
enum Act {
    Lend(usize),
    Share(usize),
    /// Writes this part of what waits, in percent.
    Advance(usize),
    /// Writes what lies together, as a stream without vectored writes does.
    AdvanceChunk,
    ShareFrom(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let len = || prop_oneof![0..20_usize, 0..400_usize, 4000..6000_usize];
    prop_oneof![
        3 => len().prop_map(Act::Lend),
        3 => len().prop_map(Act::Share),
        3 => (0..=100_usize).prop_map(Act::Advance),
        1 => Just(Act::AdvanceChunk),
        1 => prop_oneof![Just(0), Just(10), Just(4096)].prop_map(Act::ShareFrom),
    ]
}

proptest! {
    #[test]
    fn any_sends_and_writes_are_a_queue_of_bytes(acts in prop::collection::vec(act(), 0..40)) {
        let mut output = Output::new();
        for act in acts {
            match act {
                Act::Lend(len) => output.lend(len),
                Act::Share(len) => output.share(len),
                Act::Advance(percent) => output.advance(output.buffer.len() * percent / 100),
                Act::AdvanceChunk => output.advance(output.buffer.chunk().len()),
                Act::ShareFrom(len) => output.buffer.share_from(len),
            }
            output.check();
        }
    }
}

#[test]
fn a_payload_of_4_kib_is_shared_and_a_smaller_one_is_copied() {
    for (len, slices) in [(4095, 1), (4096, 2)] {
        let mut output = Output::new();
        output.share(len);
        assert_eq!(self::slices(&output.buffer, 8).len(), slices, "{len} bytes");
    }
}
