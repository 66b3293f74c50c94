//! A whole connection: [`Receiver`], [`Assembler`] and [`Sender`] joined, and the closing handshake.
//!
//! ```text
//!              ┌────────────── Connection ──────────────┐
//!  bytes in ──►│ Receiver ─ parts ─► Assembler ─ events ─│──► you
//!  (your slice)│     │ what needs an answer              │
//!              │     ▼ pong, close                       │
//!  bytes out ◄─│ WriteBuffer ◄─ frames ─ Sender ◄─ messages ◄── you
//!              └─────────────────────────────────────────┘
//! ```
//!
//! The invariant: **`Ok(None)` means that `input` is empty and nothing in it is needed any more.**

use alloc::boxed::Box;
use core::{mem, ops::Range, time::Duration};

use crate::{
    Assembler, Chunk, CloseFrame, Config, Fin, Kind, MaskSource, Message, Payload, ProtocolError,
    Receiver, SendError, Sender, Text, WriteBuffer, assembler, control::Control, part::LocatedPart,
    utf8,
};

/// Which end of the connection this is: a client masks, a server does not (RFC 6455 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The end that sent the handshake's request.
    Client,
    /// The end that answered it.
    Server,
}

/// What the peer said.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole message.
    Message(Message<'a>),
    /// A Ping; its Pong is in the output already, or will be when there is room (§5.5.3).
    Ping(Payload<'a>),
    /// A Pong (§5.5.3).
    Pong(Payload<'a>),
    /// The peer will send nothing more; the answer is in the output already (§5.5.1).
    Close(Option<CloseFrame>),
}

/// A WebSocket connection after its handshake, without I/O.
///
/// Drive it like this: read into a buffer; call [`receive`](Self::receive) until it returns `None`;
/// write the output; repeat. When the output holds nothing more and [`is_closed`](Self::is_closed)
/// says so, close the transport: a server at once, a client when the server has (§7.1.1).
#[derive(Debug)]
pub struct Connection {
    receiver: Receiver,
    assembler: Assembler,
    sender: Sender,
    close_timeout: Duration,
}

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
    /// Makes the server's end.
    pub fn server(config: &Config) -> Self {
        Self::new(Role::Server, Sender::server(config), config)
    }

    /// Makes the client's end, with mask keys from the thread's generator.
    #[cfg(feature = "std")]
    pub fn client(config: &Config) -> Self {
        Self::client_with(crate::ThreadRng, config)
    }

    /// Makes the client's end, with mask keys from `masks`.
    pub fn client_with(masks: impl MaskSource + 'static, config: &Config) -> Self {
        Self::new(Role::Client, Sender::client(masks, config), config)
    }

    fn new(role: Role, sender: Sender, config: &Config) -> Self {
        Self {
            receiver: Receiver::new(role, config),
            assembler: Assembler::new(),
            sender,
            close_timeout: config.close_timeout,
        }
    }

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
        self.sender.reply_owed(output);
        let Some((kind, payload)) = self.receiver.locate_whole(input) else {
            return self.receive_parts(input, output);
        };
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
        self.sender.reply_owed(output);
        if let Some((kind, payload)) = self.receiver.locate_whole(&mut input[*used..]) {
            let payload = *used + payload.start..*used + payload.end;
            *used = payload.end;
            return Ok(Some(LocatedEvent::Message(LocatedMessage::Lent(kind, payload))));
        }
        self.locate_parts(input, used, output)
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
                    LocatedEvent::Message(LocatedMessage::Lent(kind, payload))
                }
                LocatedPart::Data { kind, first, fin, frame_rest } => {
                    let payload = &mut input[payload];
                    let chunk = Chunk { kind, payload, first, fin, frame_rest };
                    match self.assembler.gather(chunk) {
                        Ok(None) => continue,
                        Ok(Some(message)) => LocatedEvent::Message(LocatedMessage::Owned(message)),
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
                LocatedPart::Pong => LocatedEvent::Pong(payload),
                LocatedPart::Owned(control) => {
                    match &*control {
                        Control::Ping(payload) => self.sender.reply_ping(payload, output),
                        Control::Pong(_) => {}
                        Control::Close(close) => {
                            self.sender.reply_close(close.as_ref(), output);
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

    /// Takes the end of the transport, after all that was read went through
    /// [`receive`](Self::receive).
    ///
    /// # Errors
    ///
    /// [`ProtocolError::EndWithoutClose`] when the peer sent no Close before (§7.1.5: 1006).
    pub fn receive_end(&mut self) -> Result<(), ProtocolError> {
        let end = self.receiver.receive_end();
        if let Err(error) = &end {
            self.assembler = Assembler::new();
            self.sender.fail(error, &mut WriteBuffer::new());
        }
        end
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn send<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        self.sender.send(message.into(), output)
    }

    /// Sends a piece of a message: its length need not be known before.
    ///
    /// # Errors
    ///
    /// As [`Sender::send_chunk`].
    pub fn send_chunk<'m>(
        &mut self,
        chunk: impl Into<Message<'m>>,
        fin: Fin,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        self.sender.send_chunk(chunk.into(), fin, output)
    }

    /// Sends a Ping of at most 125 bytes.
    pub fn ping(&mut self, payload: &[u8], output: &mut WriteBuffer) -> Result<(), SendError> {
        self.sender.ping(payload, output)
    }

    /// Sends a Pong of at most 125 bytes that nobody asked for: a heartbeat (§5.5.3).
    pub fn pong(&mut self, payload: &[u8], output: &mut WriteBuffer) -> Result<(), SendError> {
        self.sender.pong(payload, output)
    }

    /// Starts the closing handshake (§7.1.2), or does nothing more than fail if it has started.
    ///
    /// Go on calling [`receive`](Self::receive): messages that are under way still arrive, then the
    /// peer's Close.
    ///
    /// # Errors
    ///
    /// As [`Sender::close`].
    pub fn close(
        &mut self,
        close: Option<&CloseFrame>,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        self.sender.close(close, output)
    }

    /// Whether a Close went both ways, or the connection failed: nothing more is sent or received.
    pub fn is_closed(&self) -> bool {
        self.receiver.is_ended() && self.sender.is_closed()
    }

    /// Whether a Close was sent or the connection failed, so that nothing more can be sent.
    pub fn is_send_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// [`Config::write_high_water`].
    #[cfg(feature = "std")]
    pub(crate) const fn high_water(&self) -> usize {
        self.sender.high_water()
    }

    /// How long its driver waits, after a failure, for the peer to end the transport:
    /// [`Config::close_timeout`].
    pub const fn close_timeout(&self) -> Duration {
        self.close_timeout
    }

    /// Whether the peer failed: nothing more of what it says counts.
    #[cfg(feature = "tokio")]
    pub(crate) const fn has_failed(&self) -> bool {
        self.receiver.has_failed()
    }

    /// Answers the Ping that was put off, if `output` has room now.
    #[cfg(feature = "std")]
    pub(crate) fn reply_owed(&mut self, output: &mut WriteBuffer) {
        self.sender.reply_owed(output);
    }

    #[cold]
    fn fail(&mut self, error: ProtocolError, output: &mut WriteBuffer) -> ProtocolError {
        self.receiver.fail(error.clone());
        self.assembler = Assembler::new();
        self.sender.fail(&error, output);
        error
    }
}
