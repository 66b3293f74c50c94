//! Compressed payloads in, blocks of plain ones out (RFC 7692 §7.2.2).
//!
//! Bytes are taken as they come, cut anywhere, and what they inflate to is handed out a block at a
//! time: memory does not depend on the ratio.
//!
//! A DEFLATE block that says that it is the last one (BFINAL) ends the decompressor, and not the
//! message (§7.2.3.4): what follows may refer to what came before, so the decompressor is given it
//! again. It is kept here, as a window of what was handed out; but while a message is gathered, and
//! does not refer to those before it, whoever gathers it has it.

use alloc::{boxed::Box, collections::VecDeque};

use zlib_rs::{Inflate, InflateFlush, Status};

use super::{MAX_WINDOW_BITS, TAIL};
use crate::{ProtocolError, hidden::Hidden, pool};

/// Inflates a message, or with context takeover one after another.
#[derive(Debug)]
pub(crate) struct Inflater {
    context_takeover: bool,
    stream: Hidden<Inflate>,
    window: Hidden<VecDeque<u8>>,
    window_len: usize,
    /// The window of the message is held here.
    is_held: bool,
    /// Compressed bytes of the message so far.
    used: u64,
    /// Something of the message was handed out.
    has_begun: bool,
    /// Last blocks of the message that were not its end.
    last_blocks: u64,
    /// Bytes of [`TAIL`] that were put behind the message.
    tail: usize,
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inflated {
    /// Bytes of the input that were used.
    pub(crate) used: usize,
    /// Bytes of the block that were filled. If all were, there may be more to come.
    pub(crate) filled: usize,
    pub(crate) end: End,
}

/// What ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The input, or the block to inflate into.
    Room,
    /// A DEFLATE block that says that it is the last one: [`Inflater::go_on`].
    LastBlock,
    Message,
}

impl Inflater {
    /// One for a peer with a window of 2 to the power of `window_bits` bytes.
    pub(crate) fn take(context_takeover: bool, window_bits: u8) -> Box<Self> {
        let mut inflater = pool::take_inflater().unwrap_or_else(|| Box::new(Self::new()));
        inflater.context_takeover = context_takeover;
        inflater.is_held = context_takeover;
        inflater.window_len = 1 << window_bits;
        inflater
    }

    fn new() -> Self {
        Self {
            context_takeover: false,
            stream: Hidden(Inflate::new(false, MAX_WINDOW_BITS)),
            window: Hidden::default(),
            window_len: 0,
            is_held: false,
            used: 0,
            has_begun: false,
            last_blocks: 0,
            tail: 0,
        }
    }

    /// Gives it up after a message, unless the next one may refer to that.
    pub(crate) fn release(mut self: Box<Self>) -> Option<Box<Self>> {
        if self.context_takeover {
            return Some(self);
        }
        self.stream.reset(false);
        self.window = Hidden::default();
        pool::give_inflater(self);
        None
    }

    /// Whether something of the message was handed out.
    pub(crate) const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Inflates from the front of `input` into `block`, until either is used up, a last block is met,
    /// or the message ends, which it does behind the `input` that is the last. Call it again with the
    /// rest of the input until the block was not filled. In `scratch` a short input is put together
    /// with what comes behind it.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        is_last: bool,
        block: &mut [u8],
        scratch: &mut [u8],
    ) -> Result<Inflated, ProtocolError> {
        let mut done = Inflated { used: 0, filled: 0, end: End::Room };
        // A message of no bytes at all holds no block that the tail could end.
        if is_last && !self.is_inside_message() && input.is_empty() {
            return Ok(Inflated { end: End::Message, ..done });
        }
        while done.filled < block.len() && done.end == End::Room {
            let rest = &input[done.used..];
            let bytes = if is_last { behind(rest, self.tail(), scratch) } else { rest };
            let step = self.step(bytes, &mut block[done.filled..])?;
            let used = step.used.min(rest.len());
            done.used += used;
            done.filled += step.filled;
            done.end = step.end;
            self.tail += step.used - used;
            if done.used == input.len() {
                if !is_last {
                    break;
                }
                if self.ends_message(step.end, done.filled == block.len())? {
                    done.end = End::Message;
                }
            }
            if step.used == 0 && step.filled == 0 && done.end == End::Room {
                return Err(ProtocolError::InvalidDeflate);
            }
        }
        self.used += done.used as u64;
        self.has_begun |= done.filled > 0;
        if self.is_held {
            self.keep(&block[..done.filled]);
        }
        if done.end == End::Message {
            (self.used, self.last_blocks, self.tail) = (0, 0, 0);
            self.has_begun = false;
        }
        Ok(done)
    }

    /// What is still to be put behind the message.
    fn tail(&self) -> &'static [u8] {
        let tail = if self.context_takeover { &TAIL[..] } else { &TAIL_AND_END };
        &tail[self.tail..]
    }

    /// Whether the message ends where all of its bytes are used: behind a last block, which needs no
    /// tail, or behind the tail.
    fn ends_message(&self, end: End, is_full: bool) -> Result<bool, ProtocolError> {
        match (end, self.tail()) {
            (End::LastBlock, _) => Ok(true),
            // There may be more to come out.
            (_, [_, ..]) => Ok(false),
            _ if is_full => Ok(false),
            _ if self.context_takeover => Ok(true),
            // The last block of the tail was taken for something else: the message is not whole.
            _ => Err(ProtocolError::InvalidDeflate),
        }
    }

    /// Has the decompressor go on once.
    fn step(&mut self, bytes: &[u8], room: &mut [u8]) -> Result<Inflated, ProtocolError> {
        let stream = &mut self.stream;
        let before = (stream.total_in(), stream.total_out());
        let status = stream.decompress(bytes, room, InflateFlush::NoFlush);
        let status = status.map_err(|_| ProtocolError::InvalidDeflate)?;
        let used = (stream.total_in() - before.0) as usize;
        let filled = (stream.total_out() - before.1) as usize;
        let end = if status == Status::StreamEnd { End::LastBlock } else { End::Room };
        Ok(Inflated { used, filled, end })
    }

    /// Whether a message has begun and not ended.
    pub(crate) const fn is_inside_message(&self) -> bool {
        self.used > 0
    }

    /// Holds the window of this message from here on. `gathered` is what there is of it, in order.
    pub(crate) fn hold<'g>(&mut self, gathered: impl IntoIterator<Item = &'g [u8]>) {
        if !self.is_held {
            self.is_held = true;
            gathered.into_iter().for_each(|piece| self.keep(piece));
        }
    }

    /// Goes on behind a last block, with the window that is held.
    pub(crate) fn go_on(&mut self) -> Result<(), ProtocolError> {
        // The window is copied for it: so many for so few bytes is work that nobody asks for in
        // good faith.
        self.last_blocks += 1;
        if self.last_blocks > MAX_LAST_BLOCKS + self.used / 1024 {
            return Err(ProtocolError::InvalidDeflate);
        }
        self.stream.reset(false);
        if self.window.is_empty() {
            return Ok(());
        }
        let window = self.window.make_contiguous();
        self.stream.set_dictionary(window).map(drop).map_err(|_| ProtocolError::InvalidDeflate)
    }

    /// Keeps the last bytes of what came before and of `new`, as many as the window has.
    fn keep(&mut self, new: &[u8]) {
        let most = self.window_len;
        let new = &new[new.len().saturating_sub(most)..];
        let excess = (self.window.len() + new.len()).saturating_sub(most);
        self.window.drain(..excess);
        let len = self.window.len();
        self.window.reserve_exact((len + new.len()).next_power_of_two().min(most) - len);
        self.window.extend(new);
    }
}

/// `input` with `tail` behind it, if that fits into `scratch`; the tail alone behind all of it.
fn behind<'a>(input: &'a [u8], tail: &'static [u8], scratch: &'a mut [u8]) -> &'a [u8] {
    if input.is_empty() {
        return tail;
    }
    let Some(scratch) = scratch.get_mut(..input.len() + tail.len()) else { return input };
    let (front, back) = scratch.split_at_mut(input.len());
    front.copy_from_slice(input);
    back.copy_from_slice(tail);
    scratch
}

/// Last blocks that any message may have, besides one for each KiB of it.
const MAX_LAST_BLOCKS: u64 = 16;
/// [`TAIL`], and a last block without bytes: only a message that is whole ends with it. What refers to
/// other messages cannot be held to that, for the decompressor ends with it too.
const TAIL_AND_END: [u8; 6] = [0x00, 0x00, 0xff, 0xff, 0x03, 0x00];
