//! The receiving half of a [`Connection`]: bytes in, events out; what needs an answer is answered.

use alloc::boxed::Box;
use core::{mem, ops::Range};

use super::{Connection, Event};
use crate::{
    Assembler, Chunk, Kind, Message, Payload, ProtocolError, Text, WriteBuffer, assembler,
    control::Control, part::LocatedPart, utf8,
};

/// An event by its place: what [`Connection::receive`] lends, before it is lent.
#[derive(Debug)]
pub(crate) enum LocatedEvent {
    Message(LocatedMessage),
    Ping(Range<usize>),
    Pong(Range<usize>),
    /// A control frame that straddled inputs, or a Close.
    Owned(Box<Control<'static>>),
}

/// A message by its place; the text of a lent one is not checked yet.
#[derive(Debug)]
pub(crate) enum LocatedMessage {
    Lent(Kind, Range<usize>),
    Owned(Message<'static>),
}

impl Connection {
    /// Takes bytes off the front of `input` until they give an event, or until there are none left.
    ///
    /// `Ok(None)` means that `input` is empty and that nothing in it is needed any more. A message
    /// that lies whole in `input` is unmasked there and lent; one that straddles inputs is owned.
    /// Answers (Pong, Close) are appended to `output`. When `output` was drained, call again, with
    /// empty input if need be: a Pong may have waited for room.
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
                    Err(self.fail(error.into(), output))
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
        let located = self.locate_parts(input, &mut used, output);
        let (bytes, rest) = mem::take(input).split_at_mut(used);
        let Some(located) = located? else { return Ok(None) };
        let event = match located {
            LocatedEvent::Message(message) => Event::Message(self.lend(message, bytes, output)?),
            LocatedEvent::Ping(at) => Event::Ping(Payload::Lent(&bytes[at])),
            LocatedEvent::Pong(at) => Event::Pong(Payload::Lent(&bytes[at])),
            LocatedEvent::Owned(control) => match *control {
                Control::Ping(payload) => Event::Ping(payload),
                Control::Pong(payload) => Event::Pong(payload),
                Control::Close(close) => Event::Close(close),
            },
        };
        *input = rest;
        Ok(Some(event))
    }

    /// For the adapters, whose loops cannot return a borrow of their own buffer: as
    /// [`receive`](Self::receive), but says where the event is.
    ///
    /// Finds the next event from `input[*used..]` on, and moves `used` past it: to the end, if there
    /// is none.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn locate(
        &mut self,
        input: &mut [u8],
        used: &mut usize,
        output: &mut WriteBuffer,
    ) -> Result<Option<LocatedEvent>, ProtocolError> {
        self.begin(&input[*used..], output);
        if let Some((kind, payload)) = self.receiver.locate_whole(&mut input[*used..]) {
            self.timers.message();
            let payload = *used + payload.start..*used + payload.end;
            *used = payload.end;
            return Ok(Some(LocatedEvent::Message(LocatedMessage::Lent(kind, payload))));
        }
        self.locate_parts(input, used, output)
    }

    /// What comes before any event is looked for.
    #[inline]
    fn begin(&mut self, input: &[u8], output: &mut WriteBuffer) {
        if !input.is_empty() {
            self.timers.received();
        }
        self.sender.reply_owed(output);
    }

    /// Goes from part to part up to the next event.
    fn locate_parts(
        &mut self,
        input: &mut [u8],
        used: &mut usize,
        output: &mut WriteBuffer,
    ) -> Result<Option<LocatedEvent>, ProtocolError> {
        loop {
            let start = *used;
            let rest = &mut input[start..];
            let located = match self.receiver.locate(rest) {
                Ok(Some(located)) => located,
                Ok(None) => {
                    *used = input.len();
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
                LocatedPart::Data { kind, first: true, fin: true, frame_rest: 0 } => {
                    self.timers.message();
                    LocatedEvent::Message(LocatedMessage::Lent(kind, payload))
                }
                LocatedPart::Data { kind, first, fin, frame_rest } => {
                    let payload = &mut input[payload];
                    let chunk = Chunk { kind, payload, first, fin, frame_rest };
                    match self.assembler.gather(chunk) {
                        Ok(None) => continue,
                        Ok(Some(message)) => {
                            self.timers.message();
                            LocatedEvent::Message(LocatedMessage::Owned(message))
                        }
                        Err(error) => {
                            *used = input.len();
                            return Err(self.fail(error, output));
                        }
                    }
                }
                LocatedPart::Ping => {
                    self.sender.reply_ping(&input[payload.clone()], output);
                    LocatedEvent::Ping(payload)
                }
                LocatedPart::Pong => {
                    self.timers.pong(&input[payload.clone()]);
                    LocatedEvent::Pong(payload)
                }
                LocatedPart::Owned(control) => {
                    match &*control {
                        Control::Ping(payload) => self.sender.reply_ping(payload, output),
                        Control::Pong(payload) => self.timers.pong(payload),
                        Control::Close(close) => {
                            self.sender.reply_close(close.as_ref(), output);
                            self.timers.close_sent();
                            // RFC 6455 §5.5.1: the rest of an unfinished message will not come.
                            self.assembler = Assembler::new();
                        }
                    }
                    LocatedEvent::Owned(control)
                }
            }));
        }
    }

    /// Lends a message from the input in which it was located; checks its text.
    #[inline]
    pub(crate) fn lend<'a>(
        &mut self,
        located: LocatedMessage,
        input: &'a [u8],
        output: &mut WriteBuffer,
    ) -> Result<Message<'a>, ProtocolError> {
        match located {
            LocatedMessage::Lent(kind, payload) => {
                assembler::lend(kind, &input[payload]).map_err(|error| self.fail(error, output))
            }
            LocatedMessage::Owned(message) => Ok(message),
        }
    }
}
