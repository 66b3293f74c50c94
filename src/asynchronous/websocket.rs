//! [`WebSocket`]: the connection on its stream.

use std::{
    future::poll_fn,
    mem,
    task::{Context, Poll, ready},
    time::Duration,
};

use super::{
    Adapter,
    link::{Link, READS_PER_POLL},
};
use crate::{
    CloseCode, CloseFrame, Connection, Error, Message, ProtocolError, SendError, WriteBuffer,
    connection::{LocatedEvent, LocatedMessage, Unit},
    control::Control,
    hidden::Hidden,
    read_buffer::ReadBuffer,
};

/// A WebSocket over an asynchronous stream `S`, which the adapter `A` knows how to use.
#[derive(Debug)]
pub struct WebSocket<S, A> {
    input: ReadBuffer,
    link: Link<S, A>,
    peer_close: Option<Box<CloseFrame>>,
    subprotocol: Hidden<Option<Box<str>>>,
}

/// What is needed to answer while a message is lent: see [`WebSocket::receive_ref`].
#[derive(Debug)]
pub struct Reply<'a, S, A>(&'a mut Link<S, A>);

impl<S: Unpin, A: Adapter<S>> WebSocket<S, A> {
    /// Puts a connection on a stream, after a handshake that was done elsewhere. `unread` is what
    /// was read behind the handshake.
    ///
    /// # Panics
    ///
    /// Where the runtime panics when a timer is made: see the adapter's module.
    pub fn new(stream: S, connection: Connection, unread: &[u8]) -> Self {
        Self::with_buffers(stream, connection, unread.into(), WriteBuffer::new(), None)
    }

    pub(super) fn with_buffers(
        stream: S,
        connection: Connection,
        mut input: ReadBuffer,
        mut output: WriteBuffer,
        subprotocol: Option<Box<str>>,
    ) -> Self {
        input.release();
        output.release();
        // A runtime without timers panics here, and not when a peer has to be given up.
        drop(A::sleep(Duration::ZERO));
        let link = Link::new(stream, connection, output);
        Self { input, link, peer_close: None, subprotocol: Hidden(subprotocol) }
    }

    /// Waits for the next message. `None` means that the peer closed the connection, and that its
    /// Close was answered if it could be; [`peer_close`](Self::peer_close) has its code and reason,
    /// and [`flush`](Self::flush) tells whether all that was sent was written.
    ///
    /// Pings are answered on the way. What was fed is written before it waits. A future that is
    /// dropped loses nothing.
    ///
    /// # Errors
    ///
    /// A read or write error, an end without a Close, or what the peer did wrong, after the peer was
    /// told with a Close. What the peer sent before that was returned first.
    pub async fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        let received = self.receive_ref().await;
        let owned = received.map(|message| message.map(|(message, _)| message.into_owned()));
        if owned.is_err() {
            // Nothing behind a message that is none counts.
            self.input.discard();
        }
        self.input.release();
        owned
    }

    /// As [`receive`](Self::receive), but lends a message that lies whole in the read block, without
    /// copying it, together with the means to answer it.
    pub async fn receive_ref(&mut self) -> Result<Option<(Message<'_>, Reply<'_, S, A>)>, Error> {
        let Some(located) = poll_fn(|cx| self.poll_locate(cx)).await? else { return Ok(None) };
        let Self { input, link, .. } = self;
        match link.connection.lend(located, input.read(), &mut link.output) {
            Ok(message) => Ok(Some((message, Reply(link)))),
            Err(error) => {
                let mut discarded = ReadBuffer::default();
                poll_fn(|cx| link.poll_end(cx, &mut discarded)).await;
                Err(error.into())
            }
        }
    }

    /// Queues a message. It is written by [`flush`](Self::flush), by a `receive` that has to wait, or
    /// by a `feed` that finds [`Config::write_high_water`](crate::Config::write_high_water) bytes
    /// waiting: that one writes first.
    ///
    /// A future that is dropped has queued the whole message or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] after a Close, [`Error::Io`] when room had to be made. The message was not
    /// queued then.
    pub async fn feed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.input.release();
        self.link.feed(message.into()).await
    }

    /// Writes all that was queued.
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.input.release();
        self.link.flush().await
    }

    /// Sends a message: [`feed`](Self::feed), then [`flush`](Self::flush).
    ///
    /// When its future is dropped, the message was queued whole or not at all; what was queued is
    /// written by the next call that writes.
    pub async fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Sends a Ping of at most 125 bytes. The peer's Pong is not reported.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.input.release();
        self.link.make_room().await?;
        self.link.connection.ping(payload, &mut self.link.output)?;
        self.flush().await
    }

    /// Sends a Close, after which nothing can be sent. Go on receiving until `None`: what the peer
    /// sent before it knew still arrives.
    ///
    /// # Errors
    ///
    /// [`SendError`] after a Close, for a code that is not for the wire, for a reason of more than
    /// 123 bytes.
    pub async fn send_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.queue_close(code, reason)?;
        self.flush().await
    }

    /// Closes the connection: sends a Close unless one was sent, and waits for the peer's. Messages
    /// that come before it are dropped; [`send_close`](Self::send_close) leaves them to you. The peer
    /// has [`Config::close_timeout`](crate::Config::close_timeout) to answer.
    ///
    /// # Errors
    ///
    /// As [`send_close`](Self::send_close) and [`receive`](Self::receive).
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        match self.queue_close(code, reason) {
            Ok(()) | Err(SendError::Closed) => {}
            Err(error) => return Err(error.into()),
        }
        loop {
            let received = self.receive_ref().await.map(|message| message.is_some());
            if received.is_err() {
                self.input.discard();
            }
            if !received? {
                return Ok(());
            }
            // A peer may have messages for ever, and so a stream may be ready for ever.
            give_way().await;
        }
    }

    /// The subprotocol that the handshake agreed on, if any (§1.9).
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// What the peer's Close said, when one with a code has come (RFC 6455 §7.1.5).
    pub fn peer_close(&self) -> Option<&CloseFrame> {
        self.peer_close.as_deref()
    }

    /// The stream. Reading from it or writing to it breaks the protocol.
    pub fn stream(&self) -> &S {
        &self.link.stream
    }

    /// The stream, to change its settings. Reading from it or writing to it breaks the protocol.
    pub fn stream_mut(&mut self) -> &mut S {
        &mut self.link.stream
    }

    /// What was read and not yet used up.
    pub fn unread(&self) -> &[u8] {
        self.input.unread()
    }

    /// The stream, and what was read from it and not yet used up. What was fed and not yet written
    /// is dropped.
    pub fn into_parts(self) -> (S, Vec<u8>) {
        let unread = self.input.unread().into();
        (self.link.stream, unread)
    }

    fn queue_close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        let close = CloseFrame::new(code, reason);
        self.link.set_now();
        self.link.connection.close(Some(&close), &mut self.link.output)
    }

    /// Finds the next message: in what was read, or by reading on.
    fn poll_locate(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<LocatedMessage>, Error>> {
        for _ in 0..READS_PER_POLL {
            match self.locate_in_input() {
                Ok(None) => {}
                Ok(located) => return Poll::Ready(Ok(located)),
                // The peer is told before the application hears of it: one that leaves at the first
                // error must not hide it.
                Err(error) => {
                    ready!(self.link.poll_end(cx, &mut self.input));
                    return Poll::Ready(Err(match error {
                        ProtocolError::EndWithoutClose => self.link.cause(error),
                        _ => error.into(),
                    }));
                }
            }
            self.input.release();
            let link = &mut self.link;
            if link.connection.is_closed() {
                ready!(link.poll_end(cx, &mut self.input));
                return Poll::Ready(Ok(None));
            }
            // Reading goes on while a write waits: the peer may be waiting for us to read. It adds
            // nothing to the output but Pongs below the mark.
            if link.poll_flush_before_read(cx).is_ready() {
                link.output.release();
            }
            match link.poll_read(cx, self.input.room()) {
                Poll::Ready(Ok(0)) => {
                    self.input.release();
                    link.set_now();
                    link.receive_end();
                }
                Poll::Ready(Ok(len)) => {
                    self.input.filled(len);
                    link.set_now();
                }
                Poll::Ready(Err(error)) => {
                    self.input.release();
                    return Poll::Ready(Err(link.cause(error)));
                }
                Poll::Pending => {
                    self.input.release();
                    // All that the peer said was delivered; there is nothing to wait for.
                    link.check()?;
                    if let Err(timeout) = ready!(link.poll_timeout(cx)) {
                        link.time_out(cx, timeout);
                        return Poll::Ready(Err(timeout.into()));
                    }
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Finds the next message in what was read.
    fn locate_in_input(&mut self) -> Result<Option<LocatedMessage>, ProtocolError> {
        let Self { input, link, peer_close, .. } = self;
        loop {
            let (read, used) = input.parts();
            match link.connection.locate(read, used, Unit::Message, &mut link.output)? {
                Some(LocatedEvent::Message(located)) => return Ok(Some(located)),
                Some(LocatedEvent::Ping(_) | LocatedEvent::Pong(_)) => {}
                Some(LocatedEvent::Owned(control)) => {
                    if let Control::Close(close) = *control {
                        *peer_close = close.map(Box::new);
                    }
                }
                None => return Ok(None),
            }
        }
    }
}

/// Lets other tasks run.
async fn give_way() {
    let mut given = false;
    poll_fn(|cx| {
        if mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl<S: Unpin, A: Adapter<S>> Reply<'_, S, A> {
    /// Queues an answer: as [`WebSocket::feed`].
    pub async fn feed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.0.feed(message.into()).await
    }

    /// Sends an answer: as [`WebSocket::send`].
    pub async fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.feed(message).await?;
        self.0.flush().await
    }
}
