//! Compressed payloads in, blocks of plain ones out (RFC 7692 §7.2.2).
//!
//! Bytes are taken as they come, cut anywhere, and what they inflate to is handed out a block at a
//! time: memory does not depend on the ratio. The window of earlier output is kept here as well as in
//! the decompressor, for a block that says that it is the last one (BFINAL) ends that one, and not the
//! message (§7.2.3.4); with context takeover it is kept from message to message.

use alloc::{boxed::Box, collections::VecDeque};

use zlib_rs::{Inflate, InflateFlush, Status};

use super::{MAX_WINDOW_BITS, TAIL};
use crate::{ProtocolError, hidden::Hidden};

/// Inflates one message after another.
#[derive(Debug)]
pub(crate) struct Inflater {
    context_takeover: bool,
    /// Made when a message needs it; without takeover it is gone when that ends.
    stream: Option<Hidden<Box<Inflate>>>,
    window: Hidden<VecDeque<u8>>,
    window_len: usize,
    /// Bytes of the message so far, up to one.
    has_begun: bool,
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
    /// The message has ended.
    pub(crate) is_done: bool,
}

impl Inflater {
    /// Makes the one for a peer with a window of 2 to the power of `window_bits` bytes.
    pub(crate) const fn new(context_takeover: bool, window_bits: u8) -> Self {
        Self {
            context_takeover,
            stream: None,
            window: Hidden(VecDeque::new()),
            window_len: 1 << window_bits,
            has_begun: false,
            tail: 0,
        }
    }

    /// Inflates from the front of `input` into `block`, until either is used up or the message ends,
    /// which it does behind the `input` that is the last. Call it again with the rest of the input
    /// until the block was not filled.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        is_last: bool,
        block: &mut [u8],
    ) -> Result<Inflated, ProtocolError> {
        let mut done = Inflated { used: 0, filled: 0, is_done: false };
        self.has_begun |= !input.is_empty();
        // A message of no bytes at all holds no block that the tail could end.
        if is_last && !self.has_begun {
            return Ok(Inflated { is_done: true, ..done });
        }
        while done.filled < block.len() {
            let rest = &input[done.used..];
            let bytes = match rest {
                [] if is_last => &TAIL[self.tail..],
                rest => rest,
            };
            let step = self.step(bytes, &mut block[done.filled..])?;
            done.filled += step.filled;
            if rest.is_empty() {
                self.tail += if is_last { step.used } else { 0 };
            } else {
                done.used += step.used;
            }
            let is_used_up = done.used == input.len();
            // A message that ends with its last block needs no tail.
            if is_used_up && is_last && (self.tail == TAIL.len() || step.is_done) {
                if done.filled < block.len() {
                    self.end();
                    done.is_done = true;
                }
                return Ok(done);
            }
            if is_used_up && !is_last {
                return Ok(done);
            }
            if step.used == 0 && step.filled == 0 && !step.is_done {
                return Err(ProtocolError::InvalidDeflate);
            }
        }
        Ok(done)
    }

    /// Has the decompressor go on once. Done means that it met its last block.
    fn step(&mut self, bytes: &[u8], room: &mut [u8]) -> Result<Inflated, ProtocolError> {
        let stream = self.stream.get_or_insert_with(|| Hidden(take()));
        let before = (stream.total_in(), stream.total_out());
        let status = stream.decompress(bytes, room, InflateFlush::NoFlush);
        let status = status.map_err(|_| ProtocolError::InvalidDeflate)?;
        let used = (stream.total_in() - before.0) as usize;
        let filled = (stream.total_out() - before.1) as usize;
        let is_done = status == Status::StreamEnd;
        keep(&mut self.window, self.window_len, &room[..filled]);
        if is_done {
            stream.reset(false);
            if !self.window.is_empty() {
                let window = self.window.make_contiguous();
                stream.set_dictionary(window).map_err(|_| ProtocolError::InvalidDeflate)?;
            }
        }
        Ok(Inflated { used, filled, is_done })
    }

    fn end(&mut self) {
        (self.has_begun, self.tail) = (false, 0);
        if !self.context_takeover {
            self.window = Hidden::default();
            if let Some(Hidden(stream)) = self.stream.take() {
                give(stream);
            }
        }
    }
}

/// Keeps the last `most` bytes of what came before and of `new`.
fn keep(window: &mut VecDeque<u8>, most: usize, new: &[u8]) {
    let new = &new[new.len().saturating_sub(most)..];
    let excess = (window.len() + new.len()).saturating_sub(most);
    window.drain(..excess);
    window.extend(new);
}

fn make() -> Box<Inflate> {
    Box::new(Inflate::new(false, MAX_WINDOW_BITS))
}

#[cfg(feature = "std")]
fn take() -> Box<Inflate> {
    crate::pool::take_inflate().unwrap_or_else(make)
}

#[cfg(feature = "std")]
fn give(mut stream: Box<Inflate>) {
    stream.reset(false);
    crate::pool::give_inflate(stream);
}

#[cfg(not(feature = "std"))]
fn take() -> Box<Inflate> {
    make()
}

#[cfg(not(feature = "std"))]
fn give(stream: Box<Inflate>) {
    drop(stream);
}
