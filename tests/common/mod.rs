//! What the tests share: frames built and read without the crate's help, every cut of a stream, and
//! endpoints that are driven as the manual says.

#![allow(dead_code, reason = "each test binary uses a part of it")]

#[cfg(feature = "tokio")]
pub(crate) mod clients;
pub(crate) mod halves;
pub(crate) mod handshake;
#[cfg(all(feature = "axum", feature = "http2"))]
pub(crate) mod http2;
#[cfg(feature = "tracing")]
pub(crate) mod log;
pub(crate) mod pair;
pub(crate) mod pieces;
#[cfg(feature = "tokio")]
pub(crate) mod polled;
#[cfg(feature = "tokio")]
pub(crate) mod ready;
pub(crate) mod scripted;
#[cfg(feature = "tokio")]
pub(crate) mod servers;
pub(crate) mod shared;
#[cfg(feature = "tokio")]
pub(crate) mod sockets;
pub(crate) mod stories;
pub(crate) mod tally;
#[cfg(feature = "axum")]
pub(crate) mod web;

use bytes::Buf;
use fullduplex::{
    CloseCode, CloseFrame, Closing, Config, Connection, Event, Message, ProtocolError, Role,
    WriteBuffer,
};

/// First byte (FIN, the reserved bits, the opcode) and payload of each frame.
pub(crate) type Frames<'a> = &'a [(u8, &'a [u8])];

pub(crate) const ROLES: [Role; 2] = [Role::Client, Role::Server];
/// The key of every masked frame that is built here: the one of RFC 6455 §5.7.
pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as it was on the wire, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// FIN, the reserved bits and the opcode.
    pub(crate) first: u8,
    pub(crate) key: Option<[u8; 4]>,
    pub(crate) payload: Vec<u8>,
}

/// What an endpoint saw: an event, or the error that ended it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Message(Message<'static>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<CloseFrame>),
    Failed(ProtocolError),
    Io(std::io::ErrorKind),
}

/// A frame without a mask, as a server sends it. `first` is FIN, the reserved bits and the opcode.
pub(crate) fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    build(first, None, payload)
}

/// A masked frame, as a client sends it.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    build(first, Some(KEY), payload)
}

/// A frame as the peer of an endpoint that has `role` sends it.
pub(crate) fn to(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    match role {
        Role::Server => masked(first, payload),
        Role::Client => unmasked(first, payload),
    }
}

/// Several frames as the peer of an endpoint that has `role` sends them.
pub(crate) fn all_to(role: Role, frames: Frames<'_>) -> Vec<u8> {
    frames.iter().flat_map(|(first, payload)| to(role, *first, payload)).collect()
}

/// Only the header of such a frame, which claims a payload of `len` bytes.
pub(crate) fn header_to(role: Role, first: u8, len: u64) -> Vec<u8> {
    header(first, (role == Role::Server).then_some(KEY), len)
}

/// RFC 6455 §5.2, from the figure.
pub(crate) fn header(first: u8, key: Option<[u8; 4]>, len: u64) -> Vec<u8> {
    let mask_bit = if key.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![first];
    if len < 126 {
        bytes.push(mask_bit + u8::try_from(len).unwrap());
    } else if len < 65536 {
        bytes.push(mask_bit + 126);
        bytes.extend(u16::try_from(len).unwrap().to_be_bytes());
    } else {
        bytes.push(mask_bit + 127);
        bytes.extend(len.to_be_bytes());
    }
    bytes.extend(key.unwrap_or_default().iter().filter(|_| key.is_some()));
    bytes
}

fn build(first: u8, key: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, key, payload.len() as u64);
    bytes.extend_from_slice(payload);
    let start = bytes.len() - payload.len();
    if let Some(key) = key {
        naive_mask(key, 0, &mut bytes[start..]);
    }
    bytes
}

/// RFC 6455 §5.3 word for word: octet *i* XOR octet *i* mod 4 of the key.
pub(crate) fn naive_mask(key: [u8; 4], offset: usize, payload: &mut [u8]) {
    for (index, byte) in payload.iter_mut().enumerate() {
        *byte ^= key[(offset + index) % 4];
    }
}

/// Takes frames apart again; `bytes` must end with a whole one.
pub(crate) fn read_frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while bytes.has_remaining() {
        let (first, second) = (bytes.get_u8(), bytes.get_u8());
        let len = match second & 0x7f {
            126 => usize::from(bytes.get_u16()),
            127 => usize::try_from(bytes.get_u64()).unwrap(),
            len => usize::from(len),
        };
        let key = (second & 0x80 != 0).then(|| bytes.get_u32().to_be_bytes());
        let mut payload = bytes[..len].to_vec();
        naive_mask(key.unwrap_or_default(), 0, &mut payload);
        bytes.advance(len);
        frames.push(Frame { first, key, payload });
    }
    frames
}

/// First byte and payload of each frame: what tests mostly compare.
pub(crate) fn contents(frames: &[Frame]) -> Vec<(u8, &[u8])> {
    frames.iter().map(|frame| (frame.first, &frame.payload[..])).collect()
}

/// Runs `check` with `bytes` whole, byte by byte, and in two parts: every two, or in a long input
/// those that are cut near its ends and its middle.
pub(crate) fn for_every_cut(bytes: &[u8], mut check: impl FnMut(&[&[u8]])) {
    check(&[bytes]);
    check(&bytes.chunks(1).collect::<Vec<_>>());
    let len = bytes.len();
    for at in
        (1..len).filter(|at| len < 512 || *at < 32 || len - at < 32 || at.abs_diff(len / 2) < 8)
    {
        check(&[&bytes[..at], &bytes[at..]]);
    }
}

/// An endpoint without a wire.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) connection: Connection,
    pub(crate) output: WriteBuffer,
}

impl End {
    pub(crate) fn new(role: Role) -> Self {
        Self::with(role, &Config::default())
    }

    pub(crate) fn with(role: Role, config: &Config) -> Self {
        let connection = match role {
            Role::Client => Connection::client(config),
            Role::Server => Connection::server(config),
        };
        Self { connection, output: WriteBuffer::new() }
    }

    /// Receives all of `bytes`, in one read.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Vec<Seen> {
        let mut bytes = bytes.to_vec();
        let mut input = &mut bytes[..];
        let mut seen = Vec::new();
        loop {
            match self.connection.receive(&mut input, &mut self.output) {
                Ok(Some(event)) => seen.push(event.into()),
                Ok(None) => break,
                Err(error) => {
                    seen.push(Seen::Failed(error));
                    break;
                }
            }
        }
        assert!(input.is_empty(), "the input is used up after None and after an error");
        seen
    }

    /// Takes what waits to be written.
    pub(crate) fn written(&mut self) -> Vec<u8> {
        let waiting = self.output.remaining();
        self.output.copy_to_bytes(waiting).into()
    }

    /// Takes what waits to be written, frame by frame.
    pub(crate) fn frames(&mut self) -> Vec<Frame> {
        read_frames(&self.written())
    }
}

/// Asserts what an endpoint that has `role` sees of `wire`, which holds whole frames, and which
/// frames it answers: for every cut, and with a tail. An error must be repeated.
pub(crate) fn assert_receives(
    name: &str,
    role: Role,
    wire: &[u8],
    seen: &[Seen],
    answers: Frames<'_>,
) {
    let check = |wire: &[u8], expected: &[Seen]| {
        for_every_cut(wire, |pieces| {
            let mut end = End::new(role);
            let mut actual = Vec::new();
            for piece in pieces {
                match (actual.last(), &end.receive(piece)[..]) {
                    (Some(Seen::Failed(error)), again) => {
                        assert_eq!(again, [Seen::Failed(error.clone())], "{name}, repeated");
                    }
                    (_, seen) => actual.extend_from_slice(seen),
                }
            }
            assert_eq!(actual, expected, "{name}, {role:?}, cut as {:?}", lens(pieces));
            assert_eq!(contents(&end.frames()), answers, "{name}, {role:?}, {:?}", lens(pieces));
        });
    };
    check(wire, seen);
    let mut with_tail = seen.to_vec();
    if !matches!(seen.last(), Some(Seen::Close(_) | Seen::Failed(_))) {
        with_tail.push(Seen::Pong(b"tail".to_vec()));
    }
    check(&[wire, &to(role, 0x8a, b"tail")].concat(), &with_tail);
}

fn lens(pieces: &[&[u8]]) -> Vec<usize> {
    pieces.iter().map(|piece| piece.len()).take(8).collect()
}

pub(crate) fn text(text: &str) -> Seen {
    Seen::Message(Message::from(text).into_owned())
}

pub(crate) fn binary(bytes: &[u8]) -> Seen {
    Seen::Message(Message::from(bytes).into_owned())
}

/// The peer's Close as a connection tells of it; one without a body has no code there.
pub(crate) fn closed(closing: Option<&Closing>) -> Seen {
    let close = closing.and_then(|closing| closing.received.clone());
    Seen::Close(close.filter(|close| close.code != CloseCode::NO_STATUS))
}

pub(crate) fn close(code: u16, reason: &str) -> Seen {
    Seen::Close(Some(close_frame(code, reason)))
}

pub(crate) fn close_frame(code: u16, reason: &str) -> CloseFrame {
    CloseFrame::new(CloseCode::new(code), reason)
}

/// The body of a Close frame: the code in network order, then the reason (§5.5.1).
pub(crate) fn close_body(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

impl From<Event<'_>> for Seen {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Message(message) => Self::Message(message.into_owned()),
            Event::Ping(payload) => Self::Ping(payload.to_vec()),
            Event::Pong(payload) => Self::Pong(payload.to_vec()),
            Event::Close(close) => Self::Close(close),
        }
    }
}
