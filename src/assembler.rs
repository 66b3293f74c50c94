//! Chunks in, whole [`Message`]s out.
//!
//! A message that came as one chunk is lent on. Others are gathered, text with its UTF-8 checked as
//! it comes. Memory: at most twice what was received of the message, and one step of [`STEP`] bytes
//! (in its first frame [`FIRST`]); a length that the peer only declares reserves nothing beyond that.
//! What a compressed one inflates to counts as received. Of a message that is passed on in pieces, an
//! unfinished character is held: three bytes.

#[cfg(feature = "deflate")]
mod segments;

use alloc::{string::String, vec::Vec};

use bytes::Bytes;
use bytestring::ByteString;

use crate::{
    Chunk, Kind, Message, Payload, ProtocolError, Text,
    hidden::Hidden,
    utf8::{self, InvalidUtf8, Utf8Carry},
};

/// Gathers the chunks of a message.
#[derive(Debug, Default)]
pub struct Assembler {
    gathered: Hidden<Gathered>,
    /// What comes before that of a message that inflates.
    #[cfg(feature = "deflate")]
    full: Hidden<segments::Full>,
}

#[derive(Default)]
enum Gathered {
    #[default]
    Nothing,
    Text(String, Utf8Carry),
    Binary(Vec<u8>),
    /// Pieces of the message were passed on, all but this unfinished character of a text.
    Passed(Utf8Carry),
    /// Nobody wants the rest of a message of which pieces were passed on; its text is checked.
    Skipped(Utf8Carry),
    /// What came was no text: nothing after it counts (§8.1).
    Failed,
}

/// A piece of a message that is passed on as it arrives.
pub(crate) struct Passed {
    /// It begins its message.
    pub(crate) first: bool,
    pub(crate) piece: Piece,
}

pub(crate) enum Piece {
    /// So many bytes at the front of the chunk; those of a text are not checked yet.
    Lent(usize),
    /// Text that begins with a character that was cut.
    Owned(String),
}

impl Assembler {
    /// Makes an assembler that has gathered nothing, and holds no memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next chunk, and returns the message when it is the last one.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::InvalidUtf8`] as soon as no valid text begins with what came (§8.1), and at
    /// every later call.
    pub fn push<'a>(&mut self, chunk: Chunk<'a>) -> Result<Option<Message<'a>>, ProtocolError> {
        let failed = matches!(*self.gathered, Gathered::Failed);
        let message = if chunk.first && chunk.is_last() && !failed {
            lend(chunk.kind, chunk.payload).map(Some)
        } else {
            self.gather(chunk)
        };
        message.inspect_err(|_| *self.gathered = Gathered::Failed)
    }

    /// Takes the next chunk of a message that did not come as one.
    pub(crate) fn gather(
        &mut self,
        chunk: Chunk<'_>,
    ) -> Result<Option<Message<'static>>, ProtocolError> {
        self.gather_with(chunk, growth)
    }

    /// As [`gather`](Self::gather). `growth` says by how many bytes to grow what is held so that so many
    /// more fit: of the length, the capacity, and the bytes to add.
    fn gather_with(
        &mut self,
        chunk: Chunk<'_>,
        growth: fn(usize, usize, usize, &Chunk<'_>) -> usize,
    ) -> Result<Option<Message<'static>>, ProtocolError> {
        if chunk.first && !matches!(*self.gathered, Gathered::Failed) {
            *self.gathered = Gathered::new(chunk.kind, Utf8Carry::default());
        }
        match &mut *self.gathered {
            Gathered::Text(text, carry) => {
                let add = carry.len() + chunk.payload.len();
                text.reserve_exact(growth(text.len(), text.capacity(), add, &chunk));
                let (completed, whole) = carry.push(chunk.payload)?;
                text.extend(completed);
                text.push_str(whole);
                if chunk.is_last() {
                    carry.finish()?;
                }
            }
            Gathered::Binary(bytes) => {
                let add = chunk.payload.len();
                bytes.reserve_exact(growth(bytes.len(), bytes.capacity(), add, &chunk));
                bytes.extend_from_slice(chunk.payload);
            }
            Gathered::Passed(carry) | Gathered::Skipped(carry) => {
                let mut carry = *carry;
                if chunk.kind == Kind::Text {
                    carry.push(chunk.payload)?;
                }
                if chunk.is_last() {
                    carry.finish()?;
                }
                *self.gathered = Gathered::Skipped(carry);
            }
            Gathered::Nothing => {}
            Gathered::Failed => return Err(ProtocolError::InvalidUtf8),
        }
        if chunk.is_last() { Ok(self.take()) } else { Ok(None) }
    }

    /// Takes the next chunk of a message that did not come as one, and says which piece of the
    /// message to pass on: none if there is nothing in it yet, or if its rest is skipped.
    pub(crate) fn pass(&mut self, chunk: Chunk<'_>) -> Result<Option<Passed>, ProtocolError> {
        if chunk.first {
            *self.gathered = Gathered::new(chunk.kind, Utf8Carry::default());
        }
        let (first, mut carry) = match &*self.gathered {
            Gathered::Text(_, carry) => (true, *carry),
            Gathered::Binary(_) => (true, Utf8Carry::default()),
            Gathered::Passed(carry) => (false, *carry),
            _ => return self.gather(chunk).map(|_| None),
        };
        let piece = match chunk.kind {
            Kind::Text if carry.len() > 0 => {
                let (completed, whole) = carry.push(chunk.payload)?;
                let mut text = String::from_iter(completed);
                text.push_str(whole);
                Piece::Owned(text)
            }
            Kind::Text => Piece::Lent(carry.cut(chunk.payload)?.len()),
            Kind::Binary => Piece::Lent(chunk.payload.len()),
        };
        if chunk.is_last() {
            carry.finish()?;
            *self.gathered = Gathered::Nothing;
        } else if piece.is_empty() {
            let nothing =
                if first { Gathered::new(chunk.kind, carry) } else { Gathered::Passed(carry) };
            *self.gathered = nothing;
            return Ok(None);
        } else {
            *self.gathered = Gathered::Passed(carry);
        }
        Ok(Some(Passed { first, piece }))
    }

    /// Takes out what was gathered of an unfinished message, to pass on the rest in pieces.
    pub(crate) fn pass_gathered(&mut self) -> Option<Message<'static>> {
        let carry = match &*self.gathered {
            Gathered::Text(_, carry) if self.len() > carry.len() => *carry,
            Gathered::Binary(_) if self.len() > 0 => Utf8Carry::default(),
            _ => return None,
        };
        let message = self.take();
        *self.gathered = Gathered::Passed(carry);
        message
    }

    /// Takes the first piece of a message back, which was passed on, and gathers the message.
    #[cfg(feature = "std")]
    pub(crate) fn take_back(&mut self, piece: Message<'_>) {
        if let Gathered::Passed(carry) = &mut *self.gathered {
            let carry = core::mem::take(carry);
            *self.gathered = match piece {
                Message::Text(text) => Gathered::Text(String::from(&*text), carry),
                Message::Binary(payload) => Gathered::Binary(payload.to_vec()),
            };
        }
    }

    /// Whether pieces of the unfinished message were passed on.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(*self.gathered, Gathered::Passed(_) | Gathered::Skipped(_))
    }

    /// Whether a character is unfinished.
    pub(crate) fn is_inside_character(&self) -> bool {
        match &*self.gathered {
            Gathered::Text(_, carry) | Gathered::Passed(carry) => carry.len() > 0,
            _ => false,
        }
    }

    /// Bytes that are held.
    pub(crate) fn len(&self) -> usize {
        let len = match &*self.gathered {
            Gathered::Text(text, carry) => text.len() + carry.len(),
            Gathered::Binary(bytes) => bytes.len(),
            _ => 0,
        };
        #[cfg(feature = "deflate")]
        let len = len + self.full.len();
        len
    }

    fn take(&mut self) -> Option<Message<'static>> {
        let message = match core::mem::take(&mut *self.gathered) {
            Gathered::Text(text, _) => Message::Text(Text::Owned(fit_text(text))),
            Gathered::Binary(bytes) => Message::Binary(Payload::Owned(fit(bytes))),
            _ => return None,
        };
        #[cfg(feature = "deflate")]
        let message = self.full.join(message);
        Some(message)
    }
}

impl Gathered {
    fn new(kind: Kind, carry: Utf8Carry) -> Self {
        match kind {
            Kind::Text => Self::Text(String::new(), carry),
            Kind::Binary => Self::Binary(Vec::new()),
        }
    }
}

impl Piece {
    fn is_empty(&self) -> bool {
        match self {
            Self::Lent(len) => *len == 0,
            Self::Owned(text) => text.is_empty(),
        }
    }
}

/// Lends a message that lay whole in `bytes`; text is checked here.
#[inline]
pub(crate) fn lend(kind: Kind, bytes: &[u8]) -> Result<Message<'_>, ProtocolError> {
    Ok(match kind {
        Kind::Text => Message::Text(Text::Lent(utf8::check(bytes)?)),
        Kind::Binary => Message::Binary(Payload::Lent(bytes)),
    })
}

/// By how many bytes to grow what is held so that `add` more fit.
///
/// To twice what is held then, or one step, or, if frames are short, to [`FIRST`] bytes; but in the
/// message's last frame not beyond its end, so that the last byte finds length and capacity equal.
fn growth(len: usize, capacity: usize, add: usize, chunk: &Chunk<'_>) -> usize {
    if capacity - len >= add {
        return 0;
    }
    let held = len + add;
    let rest = usize::try_from(chunk.frame_rest).unwrap_or(usize::MAX);
    let ahead = if chunk.fin {
        held.max(STEP).min(rest)
    } else {
        held.max(STEP.min(rest)).max(FIRST.saturating_sub(held))
    };
    // What is held fits `isize`; what is reserved must too, on 32 bits as well.
    add + ahead.min((isize::MAX as usize).saturating_sub(held))
}

/// Ends the growth: a message holds no more memory than its length.
fn fit(mut bytes: Vec<u8>) -> Bytes {
    bytes.shrink_to_fit();
    bytes.into()
}

fn fit_text(mut text: String) -> ByteString {
    text.shrink_to_fit();
    text.into()
}

impl From<InvalidUtf8> for ProtocolError {
    fn from(_: InvalidUtf8) -> Self {
        Self::InvalidUtf8
    }
}

/// The least step by which a gathered message grows, in bytes.
const STEP: usize = 16 * 1024;
/// What is reserved at least for a message of several frames: an allocator has it at hand.
const FIRST: usize = 1024;
