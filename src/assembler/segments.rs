//! What a message inflates to, gathered in segments.
//!
//! How long it becomes is not known before its end. A segment that is full is not moved to a larger
//! one, so a message that turns out too long has cost what it was allowed, and no more; one that
//! ends well is put together once, into exactly as many bytes as it has.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::mem;

use super::{Assembler, Gathered, STEP};
use crate::{Chunk, Kind, Message, Payload, ProtocolError, Text};

/// The segments of a message that are full, in order.
#[derive(Default)]
#[allow(clippy::box_collection, reason = "one word in every connection that is idle")]
pub(super) struct Full(Option<Box<Vec<Message<'static>>>>);

impl Full {
    fn iter(&self) -> impl Iterator<Item = &Message<'static>> {
        self.0.iter().flat_map(|full| &**full)
    }

    pub(super) fn len(&self) -> usize {
        self.iter().map(|segment| segment.as_bytes().len()).sum()
    }

    fn push(&mut self, segment: Message<'static>) {
        self.0.get_or_insert_default().push(segment);
    }

    /// Puts the message together, of which `last` is the last segment.
    pub(super) fn join(&mut self, last: Message<'static>) -> Message<'static> {
        let Some(full) = self.0.take() else { return last };
        let len = full.iter().chain([&last]).map(|segment| segment.as_bytes().len()).sum();
        let kind = last.kind();
        let segments = full.into_iter().chain([last]);
        match kind {
            Kind::Text => {
                let mut text = String::with_capacity(len);
                segments.for_each(|segment| text.push_str(segment.as_text().unwrap_or_default()));
                Message::Text(Text::Owned(text.into()))
            }
            Kind::Binary => {
                let mut bytes = Vec::with_capacity(len);
                segments.for_each(|segment| bytes.extend_from_slice(segment.as_bytes()));
                Message::Binary(Payload::Owned(bytes.into()))
            }
        }
    }
}

impl Assembler {
    /// Takes the next chunk of what a message inflates to: as long as [`room`](Self::room) says.
    pub(crate) fn gather_inflated(
        &mut self,
        chunk: Chunk<'_>,
    ) -> Result<Option<Message<'static>>, ProtocolError> {
        self.gather_with(chunk, |_, _, add, _| add)
    }

    /// How long the next chunk of what a message inflates to may be: at most `most` bytes. `limit` is
    /// how long the message may become.
    pub(crate) fn room(&mut self, most: usize, limit: usize) -> usize {
        let held = self.len();
        let room = match &*self.gathered {
            _ if held == 0 => most,
            Gathered::Text(text, carry) => text.capacity().saturating_sub(text.len() + carry.len()),
            Gathered::Binary(bytes) => bytes.capacity() - bytes.len(),
            _ => most,
        };
        if room > 0 {
            return room.min(most);
        }
        // One byte more than may come tells that the message is too long.
        let room = held.max(STEP).min(limit.saturating_sub(held).max(1));
        let segment = match &mut *self.gathered {
            Gathered::Text(text, carry) => {
                let next = String::with_capacity(room + carry.len());
                Message::Text(Text::Owned(mem::replace(text, next).into()))
            }
            Gathered::Binary(bytes) => {
                let next = Vec::with_capacity(room);
                Message::Binary(Payload::Owned(mem::replace(bytes, next).into()))
            }
            _ => return most,
        };
        self.full.push(segment);
        room.min(most)
    }

    /// What is gathered of a message, in order.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let (gathered, carry): (&[u8], &[u8]) = match &*self.gathered {
            Gathered::Text(text, carry) => (text.as_bytes(), carry.as_bytes()),
            Gathered::Binary(bytes) => (bytes, &[]),
            _ => (&[], &[]),
        };
        self.full.iter().map(Message::as_bytes).chain([gathered, carry])
    }
}
