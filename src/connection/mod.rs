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

mod closing;
#[cfg(feature = "deflate")]
mod inflate;
mod locate;
mod receive;

use alloc::{boxed::Box, string::ToString};
use core::time::Duration;

#[cfg(feature = "deflate")]
use crate::deflate::{Inflater, Parameters};
use crate::{
    Assembler, CloseCode, CloseFrame, Closing, Config, Counters, Fin, MaskSource, Message, Payload,
    Prepared, ProtocolError, Receiver, SendError, Sender, Timeout, WriteBuffer,
    timers::{Due, Timers},
};

#[cfg(feature = "std")]
pub(crate) use locate::{LocatedEvent, LocatedMessage};

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
    timers: Timers,
    closing: Option<Box<Closing>>,
    #[cfg(feature = "deflate")]
    compression: Option<Parameters>,
    /// There is one while a message needs it, or the next one may.
    #[cfg(feature = "deflate")]
    inflater: Option<Box<Inflater>>,
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
            timers: Timers::new(config),
            closing: None,
            #[cfg(feature = "deflate")]
            compression: None,
            #[cfg(feature = "deflate")]
            inflater: None,
        }
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
        self.timers.message();
        self.sender.send(message.into(), output)
    }

    /// Sends a message that was encoded before, as to many connections: a server copies nothing,
    /// unless the message is small ([`WriteBuffer::share_from`]).
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn send_prepared(
        &mut self,
        message: &Prepared,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        self.timers.message();
        self.sender.send_prepared(message, output)
    }

    /// Sends a message as it is, although others are compressed.
    ///
    /// # Errors
    ///
    /// As [`Sender::send_plain`].
    pub fn send_plain<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        self.timers.message();
        self.sender.send_plain(message.into(), output)
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
        self.timers.message();
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

    /// Says what time it is: once for each read, before [`receive`](Self::receive), and before
    /// [`close`](Self::close). Times count from any fixed origin, and do not go back. The first call
    /// starts the timers: a driver that has no clock has none.
    pub fn set_now(&mut self, now: Duration) {
        self.timers.set_now(now);
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if nothing comes before. Ask again when
    /// that time has come: what came has moved it. `None`: nothing is waited for.
    pub fn next_timeout(&self) -> Option<Duration> {
        self.timers.next()
    }

    /// Does what is due: sends a Ping when nothing came for
    /// [`Config::ping_interval`](Config::ping_interval), or ends the connection. Too early a call does
    /// nothing.
    ///
    /// # Errors
    ///
    /// What took too long. Write `output`, which may have a Close, and close the transport. Later
    /// calls return the same error.
    pub fn handle_timeout(
        &mut self,
        now: Duration,
        output: &mut WriteBuffer,
    ) -> Result<(), Timeout> {
        self.timers.set_now(now);
        match self.timers.due() {
            Due::Nothing => Ok(()),
            Due::Ping(payload) => {
                // Fails only after a Close, and then no Ping is due.
                let _ = self.sender.ping(&payload, output);
                Ok(())
            }
            Due::End(timeout) => {
                if timeout == Timeout::Idle {
                    let close = CloseFrame::new(CloseCode::GOING_AWAY, timeout.to_string());
                    let _ = self.close(Some(&close), output);
                }
                if !self.receiver.is_ended() {
                    // If the peer fell silent, nobody began to close.
                    self.story(None);
                    self.fail(ProtocolError::EndWithoutClose, output);
                }
                Err(timeout)
            }
        }
    }

    /// Says that the stream took something of what is to be written, after
    /// [`set_now`](Self::set_now) if it had stalled.
    pub fn wrote(&mut self) {
        self.timers.wrote(self.receiver.has_failed());
    }

    /// Says that the stream takes nothing more at the moment, after [`set_now`](Self::set_now). From
    /// the first such call since [`wrote`](Self::wrote) counts
    /// [`Config::write_timeout`](Config::write_timeout).
    pub fn write_stalled(&mut self) {
        self.timers.write_stalled();
    }

    /// Whether [`handle_timeout`](Self::handle_timeout) had something to do by the last time that was
    /// told.
    #[cfg(feature = "std")]
    pub(crate) fn is_due(&self) -> bool {
        self.timers.is_due()
    }

    /// Whether [`write_stalled`](Self::write_stalled) was said last.
    #[cfg(feature = "std")]
    pub(crate) fn is_write_stalled(&self) -> bool {
        self.timers.is_write_stalled()
    }

    /// Lets the time to close begin now, if the connection is closing: the last that was told of the
    /// time may be long ago.
    #[cfg(feature = "std")]
    pub(crate) fn restart_closing(&mut self, now: Duration) {
        self.timers.set_now(now);
        self.timers.restart_closing();
    }

    /// Lets the time to close, if it runs, be over when `limit` has passed.
    #[cfg(feature = "std")]
    pub(crate) fn shorten_closing(&mut self, now: Duration, limit: Duration) {
        self.timers.set_now(now);
        self.timers.shorten_closing(limit);
    }

    /// When a write that has to wait has waited too long: for a caller that only writes.
    #[cfg(feature = "std")]
    pub(crate) fn next_write_timeout(&self) -> Option<Duration> {
        self.timers.next_write()
    }

    /// What the connection has done since it began.
    pub const fn counters(&self) -> Counters {
        Counters::new(&self.receiver.received, self.sender.sent())
    }

    /// How long the peer took to answer the last Ping of [`handle_timeout`](Self::handle_timeout).
    pub fn latency(&self) -> Option<Duration> {
        self.timers.latency()
    }

    /// Whether a message can be begun.
    ///
    /// # Errors
    ///
    /// Inside a message that [`send_chunk`](Self::send_chunk) began, and after a Close.
    #[cfg(feature = "std")]
    pub(crate) fn check_between_messages(&self) -> Result<(), SendError> {
        self.sender.check_between_messages()
    }

    /// Which end this is.
    #[cfg(feature = "std")]
    pub(crate) const fn role(&self) -> Role {
        self.receiver.role()
    }

    /// [`Config::write_high_water`].
    #[cfg(feature = "std")]
    pub(crate) const fn high_water(&self) -> usize {
        self.sender.high_water()
    }

    /// Whether the peer failed: nothing more of what it says counts.
    #[cfg(feature = "std")]
    pub(crate) const fn has_failed(&self) -> bool {
        self.receiver.has_failed()
    }

    /// Answers the Ping that was put off, if `output` has room now.
    #[cfg(feature = "std")]
    pub(crate) fn reply_owed(&mut self, output: &mut WriteBuffer) {
        self.sender.reply_owed(output);
    }
}
