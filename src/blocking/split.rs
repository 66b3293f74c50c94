//! The halves of a WebSocket, for two threads.

use std::time::Duration;

use super::{
    adapter::{Blocking, Timed, wait},
    stream::Stream,
    websocket::{MessageWriter, WebSocket},
};
use crate::{
    CloseCode, Closing, Counters, Error, Kind, Message, MessageChunk, Prepared,
    asynchronous::{self, NotAPair},
};

/// The half of a WebSocket that receives; it also answers Pings and the peer's Close, and keeps the
/// time. What the other half did it sees after 5 s at the latest.
///
/// It answers a Close when it reads it (RFC 6455 §5.5.1): what the application has yet to send then
/// cannot be sent any more.
///
/// Dropped, it leaves the other half able to send, but nobody reads what the peer says any more: not
/// its Pings, and not its Close.
#[derive(Debug)]
pub struct ReceiveHalf<S>(pub(super) asynchronous::ReceiveHalf<Timed<S>, Timed<S>, Blocking>);

/// The half of a WebSocket that sends.
///
/// Dropped, it leaves the other half receiving, which writes what was fed before it waits; a message
/// that was begun and not finished stays so.
#[derive(Debug)]
pub struct SendHalf<S>(pub(super) asynchronous::SendHalf<Timed<S>, Blocking>);

impl<S: Stream> ReceiveHalf<S> {
    /// Waits for the next message: as [`WebSocket::receive`].
    pub fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        wait(self.0.receive())
    }

    /// As [`receive`](Self::receive), but lends a message that lies whole in the read block.
    pub fn receive_ref(&mut self) -> Result<Option<Message<'_>>, Error> {
        wait(self.0.receive_ref())
    }

    /// Waits for the next piece of a message, and lends it: as [`WebSocket::receive_chunk`].
    pub fn receive_chunk(&mut self) -> Result<Option<MessageChunk<'_>>, Error> {
        wait(self.0.receive_chunk())
    }

    /// The subprotocol that the handshake agreed on, if any (§1.9).
    pub fn subprotocol(&self) -> Option<&str> {
        self.0.subprotocol()
    }

    /// The compression that the handshake agreed on, if any (RFC 7692 §7.1).
    #[cfg(feature = "deflate")]
    pub fn compression(&self) -> Option<crate::Parameters> {
        self.0.compression()
    }

    /// How the connection ended, or is ending: `None` while it is open.
    pub fn closing(&self) -> Option<Closing> {
        self.0.closing()
    }

    /// What the connection has done since it began, both ways.
    pub fn counters(&self) -> Counters {
        self.0.counters()
    }

    /// How long the peer took to answer the last Ping that kept the connection alive.
    pub fn latency(&self) -> Option<Duration> {
        self.0.latency()
    }

    /// Makes one WebSocket of both halves again.
    ///
    /// # Errors
    ///
    /// Returns the halves if they are not of the same WebSocket.
    #[allow(clippy::result_large_err, reason = "it gives back what it was given")]
    pub fn reunite(self, send: SendHalf<S>) -> Result<WebSocket<S>, NotAPair<Self, SendHalf<S>>> {
        match self.0.reunite_with(send.0, |reader, writer| writer.join(&reader)) {
            Ok(ws) => Ok(WebSocket(ws)),
            Err(NotAPair(receive, send)) => Err(NotAPair(Self(receive), SendHalf(send))),
        }
    }
}

impl<S: Stream> SendHalf<S> {
    /// Queues a message. It is written by [`flush`](Self::flush), by the receiving half before it
    /// waits for the peer, or by a `feed` that finds
    /// [`Config::write_high_water`](crate::Config::write_high_water) bytes waiting: that one writes
    /// first.
    ///
    /// # Errors
    ///
    /// As [`WebSocket::feed`].
    pub fn feed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.feed(message))
    }

    /// As [`feed`](Self::feed), but the message is not compressed: one with a secret in it (see
    /// [`Compression`](crate::Compression)).
    #[cfg(feature = "deflate")]
    pub fn feed_plain<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.feed_plain(message))
    }

    /// As [`feed`](Self::feed), for a message that goes to many.
    pub fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        wait(self.0.feed_prepared(message))
    }

    /// Writes all that was queued.
    ///
    /// # Errors
    ///
    /// As [`WebSocket::flush`].
    pub fn flush(&mut self) -> Result<(), Error> {
        wait(self.0.flush())
    }

    /// Sends a message: [`feed`](Self::feed), then [`flush`](Self::flush).
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        wait(self.0.send(message))
    }

    /// Sends a message piece by piece: its length need not be known before.
    pub fn stream_message(
        &mut self,
        kind: Kind,
    ) -> MessageWriter<'_, asynchronous::SendHalf<Timed<S>, Blocking>> {
        MessageWriter(self.0.stream_message(kind))
    }

    /// Sends a Ping of at most 125 bytes. The peer's Pong is not reported.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        wait(self.0.ping(payload))
    }

    /// Sends a Close, after which nothing can be sent: as [`WebSocket::send_close`]. The other half
    /// receives what still comes, and ends when the peer has answered.
    pub fn send_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        wait(self.0.send_close(code, reason))
    }

    /// How the connection ended, or is ending: `None` while it is open.
    pub fn closing(&self) -> Option<Closing> {
        self.0.closing()
    }

    /// What the connection has done since it began, both ways.
    pub fn counters(&self) -> Counters {
        self.0.counters()
    }
}
