//! The handshakes over a stream, each within [`Config::handshake_timeout`].

use std::{
    future::poll_fn,
    marker::PhantomData,
    ops,
    pin::{Pin, pin},
    task::{Poll, ready},
    time::Duration,
};

use bytes::Buf;

use super::{
    WebSocket,
    adapter::{Adapter, WriteTo, check_timers},
    observe::Observer,
    receive::give_way,
    state::State,
    stream::{poll_read, poll_write_some},
};
use crate::{
    Accepted, Answer, ClientHandshake, ClientRequest, Config, Error, HandshakeError, Nonce, Offer,
    Request, RequestHead, Response, Role, ServerHandshake, Timeout, WriteBuffer,
    read_buffer::ReadBuffer,
};

/// A request that has come in: decide before you answer.
#[derive(Debug)]
pub enum Incoming<S, A> {
    /// A request for a WebSocket that follows the rules.
    Upgrade(Upgrade<S, A>),
    /// Any other good request: for a page, or a health check.
    Http(Http<S, A>),
}

/// An [`Offer`] on its stream; it dereferences to the offer.
#[derive(Debug)]
pub struct Upgrade<S, A> {
    wire: Wire<S, A>,
    offer: Offer,
}

/// A plain HTTP request on its stream; it dereferences to the [`RequestHead`].
#[derive(Debug)]
pub struct Http<S, A> {
    wire: Wire<S, A>,
    head: RequestHead,
}

pub(crate) async fn accept<S: Unpin, A: Adapter<S>>(stream: S) -> Result<WebSocket<S, A>, Error> {
    match Incoming::read(stream, &Config::default()).await? {
        Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new()).await,
        Incoming::Http(http) => {
            let Http { mut wire, head } = http;
            let mut output = WriteBuffer::new();
            // Whether or not the client can be told, this is what it did.
            let _ = head.respond(&HandshakeError::NotAnUpgrade.response(), &mut output);
            wire.refuse(&mut output).await;
            wire.observed(Err(HandshakeError::NotAnUpgrade.into()))
        }
    }
}

pub(crate) async fn connect_over<S: Unpin, A: Adapter<S>>(
    stream: S,
    request: &ClientRequest,
    config: &Config,
) -> Result<(WebSocket<S, A>, Response), Error> {
    let mut wire = Wire::<S, A>::new(stream, Role::Client, config);
    let step = wire.in_time(async |wire| {
        let mut output = WriteBuffer::new();
        let mut handshake = ClientHandshake::start(request, Nonce::random(), config, &mut output)?;
        wire.write(&mut output).await?;
        loop {
            match wire.read().await {
                Ok(0) => return Err(handshake.receive_end().into()),
                Ok(_) => {}
                // A refusal of which the head came says more than how the stream ended.
                Err(error) => return Err(handshake.receive_failure(error)),
            }
            if let Some(answer) = wire.input.consume(|unread| handshake.receive(unread))? {
                return Ok(answer);
            }
        }
    });
    let answer = step.await;
    let (accepted, response) = wire.observed(answer)?;
    Ok((wire.into_websocket(accepted), response))
}

impl<S: Unpin, A: Adapter<S>> Incoming<S, A> {
    /// Reads a request's head.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for a bad request, after the client was told with an HTTP answer, and has
    /// read it or had the time to; [`Error::Timeout`] and [`Error::Io`].
    pub async fn read(stream: S, config: &Config) -> Result<Self, Error> {
        Box::pin(Self::read_head(stream, config)).await
    }

    async fn read_head(stream: S, config: &Config) -> Result<Self, Error> {
        let mut wire = Wire::<S, A>::new(stream, Role::Server, config);
        let step = wire.in_time(async |wire| {
            let mut handshake = ServerHandshake::new(config);
            loop {
                let request = match wire.read().await? {
                    0 => Err(handshake.receive_end()),
                    _ => wire.input.consume(|unread| handshake.receive(unread)),
                };
                wire.input.release();
                match request {
                    Ok(None) => {}
                    Ok(Some(request)) => return Ok(request),
                    Err(error) => {
                        let mut output = WriteBuffer::new();
                        // Whether or not the client can be told, this is what it did.
                        let _ = handshake.refuse(&error, &mut output);
                        wire.write_last(&mut output).await;
                        return Err(error.into());
                    }
                }
            }
        });
        let request = step.await;
        Ok(match wire.observed(request)? {
            Request::Http(head) => Self::Http(Http { wire, head }),
            Request::Upgrade(offer) => Self::Upgrade(Upgrade { wire, offer }),
        })
    }
}

impl<S: Unpin, A: Adapter<S>> Upgrade<S, A> {
    /// The stream, to ask it for the peer's address or certificate.
    pub const fn stream(&self) -> &S {
        &self.wire.stream
    }

    /// Accepts: writes the 101, and begins the connection.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for an answer that does not fit the offer, after the client was told with
    /// a 500; [`Error::Timeout`] and [`Error::Io`].
    pub async fn accept(self, answer: &Answer) -> Result<WebSocket<S, A>, Error> {
        Box::pin(self.write_answer(answer)).await
    }

    async fn write_answer(self, answer: &Answer) -> Result<WebSocket<S, A>, Error> {
        let Self { mut wire, offer } = self;
        let mut output = WriteBuffer::new();
        match offer.accept(answer, &mut output) {
            Ok(accepted) => {
                wire.restart();
                let written = wire.in_time(async |wire| wire.write(&mut output).await).await;
                wire.observed(written)?;
                Ok(wire.into_websocket(accepted))
            }
            Err(error) => {
                let _ = error.response().write(&mut output);
                wire.refuse(&mut output).await;
                wire.observed(Err(error.into()))
            }
        }
    }

    /// Rejects: writes an HTTP answer. Returns the stream, to be closed: a client that is still
    /// sending may miss the answer unless the stream is read to its end first.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for an answer that cannot be written, [`Error::Timeout`] and [`Error::Io`].
    pub async fn reject(self, response: &Response) -> Result<S, Error> {
        let mut output = WriteBuffer::new();
        self.wire.observed(response.write(&mut output).map_err(Error::from))?;
        self.wire.observer.handshake_rejected(response.status);
        self.wire.write_response(output).await
    }
}

impl<S: Unpin, A: Adapter<S>> Http<S, A> {
    /// What was read behind the head: the beginning of the body, if the request has one. The rest of
    /// it is still to be read from the stream.
    pub fn unread(&self) -> &[u8] {
        self.wire.input.unread()
    }

    /// The stream, to read the body from.
    pub const fn stream_mut(&mut self) -> &mut S {
        &mut self.wire.stream
    }

    /// Answers the request. Returns the stream, to be closed.
    ///
    /// # Errors
    ///
    /// As [`Upgrade::reject`].
    pub async fn respond(self, response: &Response) -> Result<S, Error> {
        let mut output = WriteBuffer::new();
        self.head.respond(response, &mut output)?;
        self.wire.write_response(output).await
    }
}

impl<S, A> ops::Deref for Upgrade<S, A> {
    type Target = Offer;

    fn deref(&self) -> &Offer {
        &self.offer
    }
}

impl<S, A> ops::Deref for Http<S, A> {
    type Target = RequestHead;

    fn deref(&self) -> &RequestHead {
        &self.head
    }
}

/// A stream before its connection, what was read from it, and when the handshake must be done.
#[derive(Debug)]
struct Wire<S, A> {
    stream: S,
    input: ReadBuffer,
    has_read: bool,
    timeout: Duration,
    /// `None` until somebody asks: a client that is there already needs no clock.
    deadline: Option<Duration>,
    observer: Observer,
    adapter: PhantomData<fn() -> A>,
}

impl<S: Unpin, A: Adapter<S>> Wire<S, A> {
    fn new(stream: S, role: Role, config: &Config) -> Self {
        check_timers::<A>();
        Self {
            stream,
            input: ReadBuffer::default(),
            has_read: false,
            timeout: config.handshake_timeout,
            deadline: None,
            observer: Observer::new(role),
            adapter: PhantomData,
        }
    }

    /// Passes a step's result on, and tells of the failure.
    fn observed<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        result.inspect_err(|error| self.observer.handshake_failed(error))
    }

    /// Lets the time begin again, after the application had its own.
    fn restart(&mut self) {
        self.has_read = false;
        self.deadline = None;
    }

    /// How much of the time is left; it begins with the first question.
    fn time_left(&mut self) -> Duration {
        let now = A::now();
        let deadline = *self.deadline.get_or_insert(now.saturating_add(self.timeout));
        deadline.saturating_sub(now)
    }

    /// How long a poll may wait, where it does. It also ends a peer which says or reads a little now
    /// and then, or so much that its stream is ready for ever: no timer is looked at meanwhile.
    fn rest(&mut self) -> Result<Option<Duration>, Error> {
        // Most requests come in one read, and need no clock.
        if !A::WAITS && !self.has_read {
            return Ok(None);
        }
        match self.time_left() {
            Duration::ZERO => Err(Timeout::Handshake.into()),
            rest => Ok(A::WAITS.then_some(rest)),
        }
    }

    /// Runs a step, up to the deadline.
    async fn in_time<T>(
        &mut self,
        step: impl AsyncFnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let timeout = self.timeout;
        let mut timer = None;
        let mut step = pin!(step(self));
        poll_fn(|cx| {
            if let Poll::Ready(done) = step.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            // Most clients have sent their request when they are accepted, and need none.
            let timer = timer.get_or_insert_with(|| A::timer(timeout));
            ready!(Pin::new(timer).poll(cx));
            Poll::Ready(Err(Timeout::Handshake.into()))
        })
        .await
    }

    /// Reads once; the block is held only while the read is polled or bytes are in it.
    async fn read(&mut self) -> Result<usize, Error> {
        let read = poll_fn(|cx| {
            let rest = self.rest()?;
            let room = self.input.room();
            let read = poll_read::<S, A>(&mut self.stream, cx, room, rest);
            if read.is_pending() {
                self.input.release();
            }
            read.map_err(Error::from)
        });
        let len = read.await?;
        self.input.filled(len);
        self.has_read = true;
        Ok(len)
    }

    async fn write(&mut self, output: &mut WriteBuffer) -> Result<(), Error> {
        poll_fn(|cx| {
            while output.has_remaining() {
                if let Some(rest) = self.rest()? {
                    <A as WriteTo<S>>::wait_at_most(&mut self.stream, rest);
                }
                ready!(poll_write_some::<S, A>(&mut self.stream, output, cx))?;
            }
            A::poll_flush(Pin::new(&mut self.stream), cx).map_err(Error::from)
        })
        .await
    }

    /// Refuses, in a time of its own.
    async fn refuse(&mut self, output: &mut WriteBuffer) {
        self.restart();
        let told = self.in_time(async |wire| {
            wire.write_last(output).await;
            Ok(())
        });
        let _ = told.await;
    }

    /// Writes a refusal, and has the client end the stream: one that is dropped with unread bytes is
    /// reset, and the client would not see why.
    async fn write_last(&mut self, output: &mut WriteBuffer) {
        if self.write(output).await.is_ok() {
            let stream = &mut self.stream;
            let _ = poll_fn(|cx| A::poll_shutdown(Pin::new(stream), cx)).await;
            if A::is_timed(&self.stream) {
                self.input.discard();
                for _ in 0..MAX_LINGER_READS {
                    if !self.read().await.is_ok_and(|len| len > 0) {
                        return;
                    }
                    self.input.discard();
                    // A client may go on sending, and so its stream may be ready for ever.
                    give_way().await;
                }
            }
        }
    }

    /// Writes an answer of the application's; returns the stream.
    async fn write_response(mut self, mut output: WriteBuffer) -> Result<S, Error> {
        self.restart();
        let written = self.in_time(async |wire| wire.write(&mut output).await).await;
        self.observed(written)?;
        Ok(self.stream)
    }

    fn into_websocket(self, accepted: Accepted) -> WebSocket<S, A> {
        let Self { stream, input, observer, .. } = self;
        observer.handshake_done(&accepted);
        let subprotocol = accepted.subprotocol().map(|chosen| Box::new(chosen.into()));
        let state = State::new(accepted.into_connection(), observer);
        WebSocket::with_input(stream, state, input, subprotocol)
    }
}

/// Reads of a client that was refused, up to 128 KiB each, which are discarded before it is given up.
const MAX_LINGER_READS: usize = 512;
