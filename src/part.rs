//! What a [`Receiver`](crate::Receiver) takes out of the bytes: lent, or by its place.

use alloc::boxed::Box;

use crate::{CloseFrame, Kind, Opcode, Payload};

/// The next piece of what the peer sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A piece of a message.
    Data(Chunk<'a>),
    /// A Ping, to be answered with the same payload (§5.5.2).
    Ping(Payload<'a>),
    /// A Pong (§5.5.3).
    Pong(Payload<'a>),
    /// The peer will send nothing more (§5.5.1).
    Close(Option<CloseFrame>),
}

/// A piece of a message, unmasked, lent from the input.
///
/// Each frame gives at least one chunk, which may be empty; where frames begin and end carries no
/// meaning (§5.4).
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunk<'a> {
    /// The message's kind.
    pub kind: Kind,
    /// The bytes. In a text message they may begin and end inside a character.
    pub payload: &'a mut [u8],
    /// The chunk begins its message.
    pub first: bool,
    /// The chunk belongs to the message's last frame.
    pub fin: bool,
    /// How many bytes of the chunk's frame are still to come.
    pub frame_rest: u64,
}

impl Chunk<'_> {
    /// Whether the chunk ends its message.
    pub const fn is_last(&self) -> bool {
        self.fin && self.frame_rest == 0
    }
}

/// A part by its place: what [`Receiver::receive`] lends, before it is lent.
///
/// A loop that returns a borrow of its own buffer does not pass the borrow checker; one that returns
/// places does.
#[derive(Debug)]
pub(crate) struct Located {
    /// Where in the input the payload begins; it ends where `used` does.
    pub(crate) start: usize,
    /// Bytes of the input that are used up.
    pub(crate) used: usize,
    pub(crate) part: LocatedPart,
}

#[derive(Debug)]
pub(crate) enum LocatedPart {
    Data {
        kind: Kind,
        first: bool,
        fin: bool,
        frame_rest: u64,
    },
    Control(Opcode),
    /// A control frame that straddled inputs, or a Close.
    Owned(Box<Part<'static>>),
}

impl LocatedPart {
    /// Lends the part that has `payload`.
    pub(crate) fn lend(self, payload: &mut [u8]) -> Part<'_> {
        match self {
            Self::Data { kind, first, fin, frame_rest } => {
                Part::Data(Chunk { kind, payload, first, fin, frame_rest })
            }
            Self::Control(opcode) => control(opcode, Payload::Lent(payload)),
            Self::Owned(part) => *part,
        }
    }
}

pub(crate) fn control(opcode: Opcode, payload: Payload<'_>) -> Part<'_> {
    if opcode == Opcode::Ping { Part::Ping(payload) } else { Part::Pong(payload) }
}
