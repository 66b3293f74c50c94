//! What a [`Receiver`](crate::Receiver) takes out of the bytes: lent, or by its place.

use alloc::boxed::Box;

use crate::{CloseFrame, Kind, Payload, control::Control};

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
    /// The payload is a piece of what DEFLATE made of the message (RFC 7692 §6). Only a
    /// [`Connection`](crate::Connection) allows that.
    pub is_compressed: bool,
}

impl Chunk<'_> {
    /// Whether the chunk ends its message.
    pub const fn is_last(&self) -> bool {
        self.fin && self.frame_rest == 0
    }
}

/// In what units messages are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Whole, so that what is gathered has limits.
    Message,
    /// Piece by piece, as they arrive: nothing is held, and nothing is limited.
    Chunk,
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
        marks: Marks,
        frame_rest: u64,
    },
    Ping,
    Pong,
    /// A control frame that straddled inputs, or a Close.
    Owned(Box<Control<'static>>),
}

/// What a piece of a data frame is in its message, in one byte: bytes that are stored one by one are
/// slow to load together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks(u8);

impl Marks {
    const TEXT: u8 = 1;
    const FIRST: u8 = 2;
    const FIN: u8 = 4;
    const COMPRESSED: u8 = 8;

    #[inline]
    pub(crate) fn new(kind: Kind, first: bool, fin: bool, is_compressed: bool) -> Self {
        let mark = |mark, is_set| if is_set { mark } else { 0 };
        Self(
            mark(Self::TEXT, kind == Kind::Text)
                | mark(Self::FIRST, first)
                | mark(Self::FIN, fin)
                | mark(Self::COMPRESSED, is_compressed),
        )
    }

    /// The marks of what follows in the same frame.
    pub(crate) const fn next(self) -> Self {
        Self(self.0 & !Self::FIRST)
    }

    /// The chunk that has `payload`.
    #[inline]
    pub(crate) const fn chunk(self, payload: &mut [u8], frame_rest: u64) -> Chunk<'_> {
        Chunk {
            kind: self.kind(),
            payload,
            first: self.0 & Self::FIRST != 0,
            fin: self.fin(),
            frame_rest,
            is_compressed: self.is_compressed(),
        }
    }

    #[inline]
    pub(crate) const fn kind(self) -> Kind {
        if self.0 & Self::TEXT != 0 { Kind::Text } else { Kind::Binary }
    }

    #[inline]
    pub(crate) const fn fin(self) -> bool {
        self.0 & Self::FIN != 0
    }

    #[inline]
    pub(crate) const fn is_compressed(self) -> bool {
        self.0 & Self::COMPRESSED != 0
    }
}

impl LocatedPart {
    /// Lends the part that has `payload`.
    pub(crate) fn lend(self, payload: &mut [u8]) -> Part<'_> {
        match self {
            Self::Data { marks, frame_rest } => Part::Data(marks.chunk(payload, frame_rest)),
            Self::Ping => Part::Ping(Payload::Lent(payload)),
            Self::Pong => Part::Pong(Payload::Lent(payload)),
            Self::Owned(control) => (*control).into(),
        }
    }
}

impl<'a> From<Control<'a>> for Part<'a> {
    fn from(control: Control<'a>) -> Self {
        match control {
            Control::Ping(payload) => Self::Ping(payload),
            Control::Pong(payload) => Self::Pong(payload),
            Control::Close(close) => Self::Close(close),
        }
    }
}
