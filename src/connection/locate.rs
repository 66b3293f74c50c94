//! Events by their place in the input: what [`Connection::receive`] lends, before it is lent.
//!
//! A loop that returns a borrow of its own buffer does not pass the borrow checker; one that returns
//! places does.

use alloc::boxed::Box;
use core::ops::Range;

use super::Connection;
#[cfg(feature = "deflate")]
use super::inflate::Compressed;
use crate::{
    Chunk, Kind, Message, ProtocolError, Text, WriteBuffer,
    assembler::{self, Passed, Piece},
    control::Control,
    part::{LocatedPart, Unit},
};

/// An event by its place.
#[derive(Debug)]
pub(crate) enum LocatedEvent {
    Message(LocatedMessage),
    Ping(Range<usize>),
    Pong(Range<usize>),
    /// A control frame that straddled inputs, or a Close.
    Owned(Box<Control<'static>>),
}

/// A message, or a piece of one, by its place.
#[derive(Debug)]
pub(crate) struct LocatedMessage {
    /// It begins its message, as a whole one does.
    pub(crate) first: bool,
    /// It ends its message, as a whole one does.
    pub(crate) last: bool,
    pub(super) content: LocatedContent,
}

#[derive(Debug)]
pub(super) enum LocatedContent {
    /// The text of a lent one is not checked yet.
    Lent(Kind, Range<usize>),
    Owned(Message<'static>),
}

impl Connection {
    /// Finds the message that begins at `input[*used..]` if it is what most are, one frame that lies
    /// whole there, and moves `used` past it.
    ///
    /// For the adapters, whose loops cannot return a borrow of their own buffer: as
    /// [`receive`](Self::receive), but says where the message is.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(crate) fn locate_whole(
        &mut self,
        input: &mut [u8],
        used: &mut usize,
        output: &mut WriteBuffer,
    ) -> Option<LocatedMessage> {
        self.begin(&input[*used..], output);
        let (kind, payload) = self.receiver.locate_whole(&mut input[*used..])?;
        self.timers.message();
        let payload = *used + payload.start..*used + payload.end;
        *used = payload.end;
        Some(LocatedMessage::lent(kind, payload))
    }

    /// Takes back a piece of a message which the application does not want by pieces after all: the
    /// first one begins the message, any other is skipped with the rest of it.
    #[cfg(feature = "std")]
    pub(crate) fn take_back(&mut self, located: LocatedMessage) {
        if let LocatedContent::Owned(message) = located.content
            && located.first
        {
            self.assembler.take_back(message);
        }
    }

    /// What comes before any event is looked for.
    #[inline]
    pub(super) fn begin(&mut self, input: &[u8], output: &mut WriteBuffer) {
        if !input.is_empty() {
            self.timers.received();
        }
        self.sender.reply_owed(output);
    }

    /// How many bytes are missing of the message that begins `input`, if it is one that
    /// [`locate_whole`](Self::locate_whole) would find.
    #[cfg(feature = "std")]
    pub(crate) fn missing(&self, input: &[u8]) -> Option<usize> {
        self.receiver.missing(input)
    }

    /// Finds the next event from `input[*used..]` on, of whatever parts, and moves `used` past it: to
    /// the end, if there is none.
    pub(crate) fn locate_parts(
        &mut self,
        input: &mut [u8],
        used: &mut usize,
        unit: Unit,
        output: &mut WriteBuffer,
    ) -> Result<Option<LocatedEvent>, ProtocolError> {
        if unit == Unit::Chunk {
            #[cfg(feature = "deflate")]
            self.hold_window();
            if let Some(message) = self.assembler.pass_gathered() {
                let content = LocatedContent::Owned(message);
                let begun = LocatedMessage { first: true, last: false, content };
                return Ok(Some(LocatedEvent::Message(begun)));
            }
        }
        loop {
            let start = *used;
            let mut end = input.len();
            if unit == Unit::Chunk && self.assembler.is_inside_character() {
                // Byte by byte to the character's end, so that what follows it can be lent.
                end = end.min(start + 1);
            }
            // The rest of a message of which pieces were passed on is not held: it has no limits.
            let limits = if self.assembler.is_passing() { Unit::Chunk } else { unit };
            let located = match self.receiver.locate(&mut input[start..end], limits) {
                Ok(Some(located)) => located,
                Ok(None) => {
                    *used = end;
                    if end < input.len() {
                        continue;
                    }
                    return Ok(None);
                }
                Err(error) => {
                    *used = input.len();
                    return Err(self.fail(error, output));
                }
            };
            *used = start + located.used;
            let payload = start + located.start..*used;
            return Ok(Some(match located.part {
                #[cfg(feature = "deflate")]
                LocatedPart::Data { marks, frame_rest } if marks.is_compressed() => {
                    let part = Compressed { kind: marks.kind(), fin: marks.fin(), frame_rest };
                    match self.inflate(part, &input[payload.clone()], unit) {
                        Ok((message, len)) => {
                            *used = payload.start + len;
                            self.timers.message();
                            let Some(message) = message else { continue };
                            LocatedEvent::Message(message)
                        }
                        Err(error) => {
                            *used = input.len();
                            return Err(self.fail(error, output));
                        }
                    }
                }
                LocatedPart::Data { marks, frame_rest } => {
                    self.timers.message();
                    let start = payload.start;
                    let chunk = marks.chunk(&mut input[payload], frame_rest);
                    let is_last = chunk.is_last();
                    self.receiver.received.payload += chunk.payload.len() as u64;
                    match self.chunk(chunk, start, unit) {
                        Ok(message) => {
                            self.receiver.received.messages += u64::from(is_last);
                            let Some(message) = message else { continue };
                            LocatedEvent::Message(message)
                        }
                        Err(error) => {
                            *used = input.len();
                            return Err(self.fail(error, output));
                        }
                    }
                }
                LocatedPart::Ping => {
                    self.peer_pinged(&input[payload.clone()], output);
                    LocatedEvent::Ping(payload)
                }
                LocatedPart::Pong => {
                    self.peer_ponged(&input[payload.clone()]);
                    LocatedEvent::Pong(payload)
                }
                LocatedPart::Owned(control) => {
                    match &*control {
                        Control::Ping(payload) => self.peer_pinged(payload, output),
                        Control::Pong(payload) => self.peer_ponged(payload),
                        Control::Close(close) => {
                            self.peer_closed(close.as_ref(), output);
                        }
                    }
                    LocatedEvent::Owned(control)
                }
            }));
        }
    }

    fn peer_pinged(&mut self, payload: &[u8], output: &mut WriteBuffer) {
        self.receiver.received.ping();
        self.sender.reply_ping(payload, output);
    }

    fn peer_ponged(&mut self, payload: &[u8]) {
        self.receiver.received.pong();
        self.timers.pong(payload);
    }

    /// Takes a chunk that stands at `start` of the input: a whole message, or one to gather or to pass
    /// on.
    fn chunk(
        &mut self,
        chunk: Chunk<'_>,
        start: usize,
        unit: Unit,
    ) -> Result<Option<LocatedMessage>, ProtocolError> {
        let (kind, last) = (chunk.kind, chunk.is_last());
        if unit == Unit::Message && !self.assembler.is_passing() {
            // Its header passed the limit, unless it came when messages were taken chunk by chunk.
            let here = self.assembler.len() as u64 + chunk.payload.len() as u64;
            self.receiver.check_len(here.saturating_add(chunk.frame_rest))?;
        }
        if chunk.first && last {
            return Ok(Some(LocatedMessage::lent(kind, start..start + chunk.payload.len())));
        }
        if unit == Unit::Message {
            return Ok(self.assembler.gather(chunk)?.map(LocatedMessage::owned));
        }
        let Some(Passed { first, piece }) = self.assembler.pass(chunk)? else { return Ok(None) };
        let content = match piece {
            Piece::Lent(len) => LocatedContent::Lent(kind, start..start + len),
            Piece::Owned(text) => LocatedContent::Owned(Message::Text(Text::Owned(text.into()))),
        };
        Ok(Some(LocatedMessage { first, last, content }))
    }
}

impl LocatedMessage {
    /// A whole message that lies in the input.
    const fn lent(kind: Kind, payload: Range<usize>) -> Self {
        Self { first: true, last: true, content: LocatedContent::Lent(kind, payload) }
    }

    /// Lends it from the input in which it was located; checks its text.
    ///
    /// # Errors
    ///
    /// A text that is none: [`Connection::fail_text`] with it.
    #[inline(always)]
    pub(crate) fn lend(self, input: &[u8]) -> Result<Message<'_>, ProtocolError> {
        match self.content {
            LocatedContent::Lent(kind, payload) => assembler::lend(kind, &input[payload]),
            LocatedContent::Owned(message) => Ok(message),
        }
    }

    /// Whether it is no piece.
    #[cfg(feature = "std")]
    pub(crate) const fn is_whole(&self) -> bool {
        self.first && self.last
    }

    /// What was taken out of the input ahead of time, to be lent later.
    #[cfg(feature = "std")]
    pub(crate) const fn kept(first: bool, last: bool, message: Message<'static>) -> Self {
        Self { first, last, content: LocatedContent::Owned(message) }
    }

    /// A whole message that was gathered.
    pub(super) const fn owned(message: Message<'static>) -> Self {
        Self { first: true, last: true, content: LocatedContent::Owned(message) }
    }
}
