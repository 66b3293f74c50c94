//! The receiving half of a [`Connection`]: bytes in, events out; what needs an answer is answered.

use core::mem;

use super::{Connection, Event, locate::LocatedEvent};
use crate::{
    ChunkEvent, Kind, Message, MessageChunk, Payload, ProtocolError, Text, WriteBuffer,
    control::Control, part::Unit, utf8,
};

impl Connection {
    /// Takes bytes off the front of `input` until they give an event, or until there are none left.
    ///
    /// `Ok(None)` means that `input` is empty and that nothing in it is needed any more. A message
    /// that lies whole in `input` is unmasked there and lent; one that straddles inputs is owned.
    /// Answers (Pong, Close) are appended to `output`. When `output` was drained, call again, with
    /// empty input if need be: a Pong may have waited for room.
    ///
    /// Of a message that [`receive_chunk`](Self::receive_chunk) began to hand over, the rest is
    /// skipped: it is checked as any other, but not held, so no limit applies to it.
    ///
    /// # Errors
    ///
    /// The peer broke RFC 6455 or passed a limit. A Close that tells it why is in `output`: write
    /// it, then close the transport (§7.1.7). `input` is emptied; later calls return the same error.
    pub fn receive<'a>(
        &mut self,
        input: &mut &'a mut [u8],
        output: &mut WriteBuffer,
    ) -> Result<Option<Event<'a>>, ProtocolError> {
        self.begin(input, output);
        let Some((kind, payload)) = self.receiver.locate_whole(input) else {
            return self.receive_parts(input, output);
        };
        self.timers.message();
        let (bytes, rest) = mem::take(input).split_at_mut(payload.end);
        *input = rest;
        let bytes = &bytes[payload];
        // Built here, each in its place: passing the message on from `lend` would copy it twice.
        match kind {
            Kind::Binary => Ok(Some(Event::Message(Message::Binary(Payload::Lent(bytes))))),
            Kind::Text => match utf8::check(bytes) {
                Ok(text) => Ok(Some(Event::Message(Message::Text(Text::Lent(text))))),
                Err(error) => {
                    mem::take(input);
                    Err(self.fail_text(error.into(), output))
                }
            },
        }
    }

    /// As [`receive`](Self::receive), for what is not a whole message in one frame.
    #[inline(never)]
    fn receive_parts<'a>(
        &mut self,
        input: &mut &'a mut [u8],
        output: &mut WriteBuffer,
    ) -> Result<Option<Event<'a>>, ProtocolError> {
        let mut used = 0;
        let located = self.locate_parts(input, &mut used, Unit::Message, output);
        let (bytes, rest) = mem::take(input).split_at_mut(used);
        // Not by way of a `ChunkEvent`: an event that is moved on has just been stored in words, and
        // is slow to load by larger pieces.
        let event = match located? {
            Some(LocatedEvent::Message(located)) => {
                Event::Message(located.lend(bytes).map_err(|error| self.fail_text(error, output))?)
            }
            Some(LocatedEvent::Ping(at)) => Event::Ping(Payload::Lent(&bytes[at])),
            Some(LocatedEvent::Pong(at)) => Event::Pong(Payload::Lent(&bytes[at])),
            Some(LocatedEvent::Owned(control)) => match *control {
                Control::Ping(payload) => Event::Ping(payload),
                Control::Pong(payload) => Event::Pong(payload),
                Control::Close(close) => Event::Close(close),
            },
            None => return Ok(None),
        };
        *input = rest;
        Ok(Some(event))
    }

    /// As [`receive`](Self::receive), but hands over each piece of a message as it arrives, and holds
    /// no more of it than an unfinished character (3 bytes).
    ///
    /// `Ok(None)` means that `input` is empty and that nothing in it is needed any more. A message
    /// that lies whole in `input` is one chunk. A text is cut between characters: one that straddles
    /// frames or inputs is a chunk of its own, which is owned; all others are lent, but those of a
    /// compressed message, which are inflated a block at a time and owned.
    /// [`Config::max_message_len`](crate::Config::max_message_len) and
    /// [`Config::max_message_frames`](crate::Config::max_message_frames) do not apply: add up the
    /// chunks, and close with 1009 where it is too much.
    ///
    /// What [`receive`](Self::receive) has gathered of an unfinished message is its first chunk.
    ///
    /// # Errors
    ///
    /// As for `receive`: [`ProtocolError::InvalidUtf8`] as soon as no valid text begins with what
    /// came (§8.1), so that chunks of a message may have been handed over before its error.
    pub fn receive_chunk<'a>(
        &mut self,
        input: &mut &'a mut [u8],
        output: &mut WriteBuffer,
    ) -> Result<Option<ChunkEvent<'a>>, ProtocolError> {
        self.begin(input, output);
        let mut used = 0;
        // Not by `locate_whole`: the more callers it has, the less likely is it inlined in `receive`.
        let located = self.locate_parts(input, &mut used, Unit::Chunk, output);
        let (bytes, rest) = mem::take(input).split_at_mut(used);
        let event = match located? {
            Some(LocatedEvent::Message(located)) => {
                let (first, last) = (located.first, located.last);
                let content = located.lend(bytes).map_err(|error| self.fail_text(error, output))?;
                ChunkEvent::Chunk(MessageChunk { content, first, last })
            }
            Some(LocatedEvent::Ping(at)) => ChunkEvent::Ping(Payload::Lent(&bytes[at])),
            Some(LocatedEvent::Pong(at)) => ChunkEvent::Pong(Payload::Lent(&bytes[at])),
            Some(LocatedEvent::Owned(control)) => match *control {
                Control::Ping(payload) => ChunkEvent::Ping(payload),
                Control::Pong(payload) => ChunkEvent::Pong(payload),
                Control::Close(close) => ChunkEvent::Close(close),
            },
            None => return Ok(None),
        };
        *input = rest;
        Ok(Some(event))
    }
}
