//! Compressed messages on their way in: parts in, the same chunks out as if nothing had been
//! compressed.

use alloc::{borrow::ToOwned, boxed::Box};

use bytes::Bytes;

use super::{
    Connection,
    locate::{LocatedContent, LocatedMessage},
};
use crate::{
    Chunk, Kind, Message, Payload, ProtocolError, Role, Text,
    assembler::{Passed, Piece},
    deflate::{Compression, End, Inflated, Inflater, Parameters},
    part::Unit,
    pool, utf8,
};

/// What there is besides the payload of a compressed part.
pub(super) struct Compressed {
    pub(super) kind: Kind,
    pub(super) fin: bool,
    pub(super) frame_rest: u64,
}

impl Connection {
    /// Says what was negotiated in a handshake that was done elsewhere, before anything is sent or
    /// received; `policy` is how this end compresses. [`Accepted`](crate::Accepted) does it itself.
    pub fn set_compression(&mut self, parameters: Parameters, policy: &Compression) {
        let role = self.receiver.role();
        self.compression = Some(parameters);
        self.receiver.allow_compression();
        self.sender.set_compression(parameters.deflater(role, policy));
    }

    /// The compression that was agreed on, if any (RFC 7692 §7.1).
    pub const fn compression(&self) -> Option<Parameters> {
        self.compression
    }

    /// Inflates a part: to its end, if the message is gathered, else up to one block. Returns how many
    /// bytes of `payload` it used; the rest is given back to the receiver.
    pub(super) fn inflate(
        &mut self,
        part: Compressed,
        payload: &[u8],
        unit: Unit,
    ) -> Result<(Option<LocatedMessage>, usize), ProtocolError> {
        let Compressed { kind, fin, frame_rest } = part;
        let is_last = fin && frame_rest == 0;
        let limit = self.receiver.max_message_len();
        let mut block = Block::take();
        let (scratch, block) = block.0.split_at_mut(SCRATCH_LEN);
        let peer = match self.receiver.role() {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        };
        let mut used = 0;
        // The receiver lets nothing compressed pass that was not agreed on.
        let (takeover, bits) = self.compression.unwrap_or_default().of(peer);
        loop {
            let inflater = self.inflater.get_or_insert_with(|| Inflater::take(takeover, bits));
            let room = match unit {
                Unit::Message => self.assembler.room(block.len(), limit),
                Unit::Chunk => block.len(),
            };
            if unit == Unit::Chunk {
                inflater.hold(self.assembler.pieces());
            }
            let first = !inflater.has_begun();
            let room = &mut block[..room];
            let Inflated { used: len, filled, end } =
                inflater.inflate(&payload[used..], is_last, room, scratch)?;
            used += len;
            self.receiver.received.payload += filled as u64;
            let is_done = end == End::Message;
            if is_done {
                self.inflater = self.inflater.take().and_then(Inflater::release);
            }
            let goes_on = !is_done && (used < payload.len() || filled == room.len());
            let mut message = None;
            if filled > 0 || is_done {
                let payload = &mut room[..filled];
                let is_compressed = false;
                let chunk =
                    Chunk { kind, payload, first, fin: is_done, frame_rest: 0, is_compressed };
                message = self.inflated(chunk, unit)?;
                self.receiver.received.messages += u64::from(is_done);
            }
            if end == End::LastBlock {
                self.pass_last_block()?;
            }
            if message.is_some() && goes_on {
                self.receiver.give_back(payload.len() - used, kind, fin);
            }
            if message.is_some() || !goes_on {
                return Ok((message, used));
            }
        }
    }

    /// Has the window of an unfinished message held, of which what was gathered will not be at hand.
    pub(super) fn hold_window(&mut self) {
        if let Some(inflater) = &mut self.inflater
            && inflater.is_inside_message()
        {
            inflater.hold(self.assembler.pieces());
        }
    }

    /// Goes on behind a block that said that it is the last one.
    fn pass_last_block(&mut self) -> Result<(), ProtocolError> {
        self.hold_window();
        self.inflater.as_mut().map_or(Ok(()), |inflater| inflater.go_on())
    }

    /// Takes a chunk as [`chunk`](Self::chunk) does, but one that does not lie in the input.
    fn inflated(
        &mut self,
        chunk: Chunk<'_>,
        unit: Unit,
    ) -> Result<Option<LocatedMessage>, ProtocolError> {
        let (kind, last) = (chunk.kind, chunk.is_last());
        if unit == Unit::Message {
            if !self.assembler.is_passing() {
                let held = if chunk.first { 0 } else { self.assembler.len() };
                self.receiver.check_len((held + chunk.payload.len()) as u64)?;
            }
            if chunk.first && last {
                return Ok(Some(LocatedMessage::owned(copy(kind, chunk.payload)?)));
            }
            return Ok(self.assembler.gather_inflated(chunk)?.map(LocatedMessage::owned));
        }
        let block: &mut [u8] = chunk.payload;
        let chunk = Chunk { payload: &mut *block, ..chunk };
        let Some(Passed { first, piece }) = self.assembler.pass(chunk)? else { return Ok(None) };
        let message = match piece {
            Piece::Owned(text) => Message::Text(Text::Owned(text.into())),
            Piece::Lent(len) => copy(kind, &block[..len])?,
        };
        Ok(Some(LocatedMessage { first, last, content: LocatedContent::Owned(message) }))
    }
}

/// A message, or a piece of one, of its own; text is checked here.
fn copy(kind: Kind, bytes: &[u8]) -> Result<Message<'static>, ProtocolError> {
    Ok(match kind {
        Kind::Text => Message::Text(Text::Owned(utf8::check(bytes)?.to_owned().into())),
        Kind::Binary => Message::Binary(Payload::Owned(Bytes::copy_from_slice(bytes))),
    })
}

/// Room for what is inflated in one step.
struct Block(Box<[u8]>);

impl Block {
    fn take() -> Self {
        Self(pool::take_inflated_block())
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        pool::give_inflated_block(core::mem::take(&mut self.0));
    }
}

/// Compressed bytes at the end of a message up to which they are copied, so that they are inflated in one
/// step.
const SCRATCH_LEN: usize = 1024;
