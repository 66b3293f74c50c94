//! What is measured.

use super::{Codec, HOST, Input, Output, PATH, Role, Run, SENT, common, sum};
use crate::stream::{Answering, Replay, Wire};

/// A piece of work, the same for every library.
pub struct Case {
    pub name: String,
    pub kind: Kind,
    /// As many messages or connections does one [`Run`] do.
    pub per_run: usize,
}

pub enum Kind {
    Receive {
        input: Input,
        bytes: Vec<u8>,
        /// What each message adds to the sum.
        sum: usize,
        pings: usize,
    },
    Send(Output),
    Accept,
    /// A part of what it takes is the answering stream's: see [`floor`].
    Connect,
}

/// A library's work, ready to be measured.
pub struct Bench {
    run: Run,
    wire: Option<Wire<Replay>>,
    /// Not every ping was answered: RFC 6455 §5.5.3 allows it, but it is less work.
    pub skips_pongs: bool,
}

impl Bench {
    pub fn run(&mut self) {
        if let Some(wire) = self.wire {
            wire.rewind();
        }
        std::hint::black_box((self.run)());
    }
}

pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, opcode) in [("binary", 2), ("text", 1)] {
        for len in [16, 125, 1024, 16 * 1024, 64 * 1024] {
            cases.push(receive(
                &format!("receive {kind} {}", size(len)),
                opcode,
                &common::payload(len),
            ));
        }
    }
    cases.push(receive("receive mixed text 1 KiB", 1, mixed_text(1024).as_bytes()));
    cases.push(fragments("fragments 1 KiB in 8", false));
    cases.push(fragments("fragments, a ping before each", true));
    cases.push(send("server sends", Output { role: Role::Server, len: 16, is_kept: true }));
    for (name, is_kept) in [("client sends", true), ("client sends and forgets", false)] {
        for len in [16, 125, 1024, 16 * 1024, 64 * 1024] {
            cases.push(send(name, Output { role: Role::Client, len, is_kept }));
        }
    }
    cases.push(Case { name: "server accepts".into(), kind: Kind::Accept, per_run: 1 });
    cases.push(Case { name: "client connects".into(), kind: Kind::Connect, per_run: 1 });
    cases
}

fn size(len: usize) -> String {
    if len < 1024 { format!("{len} B") } else { format!("{} KiB", len / 1024) }
}

/// About 64 KiB of masked messages, each in one frame.
fn receive(name: &str, opcode: u8, payload: &[u8]) -> Case {
    let messages = (64 * 1024 / (payload.len() + 14)).max(1);
    let frames = |number| common::masked_frame(0x80 | opcode, number as u32, payload);
    let input = Input { messages, is_text: opcode == 1, is_fragmented: false };
    let bytes = (0..messages).flat_map(frames).collect();
    let kind = Kind::Receive { input, bytes, sum: sum(payload), pings: 0 };
    Case { name: name.into(), kind, per_run: messages }
}

/// As benches/fragments.rs.
fn fragments(name: &str, with_pings: bool) -> Case {
    let payload = common::payload(1024);
    let mut message = Vec::new();
    for (index, piece) in payload.chunks(128).enumerate() {
        if with_pings {
            message.extend(common::masked_frame(0x89, 7, PING));
        }
        let opcode = if index == 0 { 0x02 } else { 0x00 };
        let fin = if index == 7 { 0x80 } else { 0 };
        message.extend(common::masked_frame(fin | opcode, index as u32, piece));
    }
    let messages = 64 * 1024 / message.len();
    let input = Input { messages, is_text: false, is_fragmented: true };
    let pings = if with_pings { 8 * messages } else { 0 };
    let bytes = message.repeat(messages);
    let kind = Kind::Receive { input, bytes, sum: sum(&payload), pings };
    Case { name: name.into(), kind, per_run: messages }
}

fn send(name: &str, output: Output) -> Case {
    Case { name: format!("{name} {}", size(output.len)), kind: Kind::Send(output), per_run: SENT }
}

/// Half of it JSON, half of it Cyrillic and emoji.
fn mixed_text(len: usize) -> String {
    let mut text = common::json(len / 2);
    for char in "Съешь ещё этих мягких французских булок 🥐, да выпей чаю 🍵. ".chars().cycle()
    {
        if text.len() + char.len_utf8() > len {
            break;
        }
        text.push(char);
    }
    text.extend(std::iter::repeat_n('.', len - text.len()));
    text
}

impl Case {
    /// Prepares a library for the case, and checks once that it does the work.
    pub fn bench(&self, codec: &Codec) -> Option<Bench> {
        let wire = Wire::replay(match &self.kind {
            Kind::Receive { bytes, .. } => bytes.clone(),
            _ => common::handshake::REQUEST.into(),
        });
        let run = match &self.kind {
            Kind::Receive { input, .. } => (codec.receive)(input, wire)?,
            Kind::Send(output) => (codec.send)(*output, wire)?,
            Kind::Accept => (codec.accept)(wire)?,
            Kind::Connect => {
                let run = (codec.connect)(Wire::answering())?;
                return Some(Bench { run, wire: None, skips_pongs: false });
            }
        };
        let mut bench = Bench { run, wire: Some(wire), skips_pongs: false };
        self.check(&mut bench, codec.name, wire);
        Some(bench)
    }

    fn check(&self, bench: &mut Bench, name: &str, wire: Wire<Replay>) {
        let what = format!("{name}: {}", self.name);
        for round in 1..=2 {
            wire.rewind();
            let done = (bench.run)();
            let written = wire.written();
            match self.kind {
                Kind::Receive { sum, pings, .. } => {
                    assert_eq!(done, self.per_run * sum, "{what}");
                    // The last may be written by the next call.
                    let is_late = round == 1;
                    bench.skips_pongs = !is_late && written < pings * (2 + PING.len());
                    assert!(is_late || pings == 0 || written > 0, "{what}: no pong");
                }
                Kind::Send(Output { role, len, .. }) => {
                    let headers = header_len(role, len) * SENT;
                    assert_eq!(done, SENT * len, "{what}");
                    assert_eq!(written, round * (headers + done), "{what}");
                }
                Kind::Accept => assert!(done == 1 && written > round * 100, "{what}"),
                Kind::Connect => {}
            }
        }
    }
}

fn header_len(role: Role, len: usize) -> usize {
    let mask = if role == Role::Client { 4 } else { 0 };
    mask + match len {
        0..126 => 2,
        126..0x1_0000 => 4,
        _ => 10,
    }
}

/// What a client's stream takes for itself: a request is written to it, an answer is read.
pub fn floor() -> Bench {
    let mut wire: Wire<Answering> = Wire::answering();
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let mut block = vec![0; 4096];
    let run = move || {
        std::io::Write::write(&mut wire, request.as_bytes()).expect("room");
        std::io::Read::read(&mut wire, &mut block).expect("an answer")
    };
    Bench { run: Box::new(run), wire: None, skips_pongs: false }
}

const PING: &[u8] = b"are you there?";
