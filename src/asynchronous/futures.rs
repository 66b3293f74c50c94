//! [`Stream`] of messages and [`Sink`] for them.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::{
    adapter::{Adapter, ReadFrom, WriteTo},
    link::Link,
    outbox::Outbox,
    split::{ReceiveHalf, SendHalf},
    websocket::WebSocket,
};
use crate::{CloseCode, Error, Message};

/// The messages, up to the peer's Close; an error is the last item.
impl<S: Unpin, A: Adapter<S>> Stream for WebSocket<S, A> {
    type Item = Result<Message<'static>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { inbox, link, .. } = Pin::into_inner(self);
        inbox.poll_next(link, cx)
    }
}

impl<S: Unpin, A: Adapter<S>> FusedStream for WebSocket<S, A> {
    fn is_terminated(&self) -> bool {
        self.inbox.is_terminated()
    }
}

/// The messages, up to the peer's Close; an error is the last item.
impl<R: Unpin, W: Unpin, A: ReadFrom<R> + WriteTo<W>> Stream for ReceiveHalf<R, W, A> {
    type Item = Result<Message<'static>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { inbox, link, .. } = Pin::into_inner(self);
        inbox.poll_next(link, cx)
    }
}

impl<R: Unpin, W: Unpin, A: ReadFrom<R> + WriteTo<W>> FusedStream for ReceiveHalf<R, W, A> {
    fn is_terminated(&self) -> bool {
        self.inbox.is_terminated()
    }
}

/// `poll_ready` waits for room, as `feed` does; `poll_close` sends a Close with 1000, and does not wait
/// for the peer's.
impl<S: Unpin, A: Adapter<S>> Sink<Message<'_>> for WebSocket<S, A> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_room(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message<'_>) -> Result<(), Error> {
        self.queue(|connection, output| connection.send(message, output))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Outbox::poll_flush(&mut *self, cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        close(&mut self.link)?;
        Outbox::poll_flush(&mut *self, cx)
    }
}

/// As that of a whole [`WebSocket`].
impl<W: Unpin, A: WriteTo<W>> Sink<Message<'_>> for SendHalf<W, A> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_room(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message<'_>) -> Result<(), Error> {
        self.queue(|connection, output| connection.send(message, output))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Outbox::poll_flush(&mut *self, cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        close(&mut self.link)?;
        Outbox::poll_flush(&mut *self, cx)
    }
}

/// Queues a Close, unless there was one.
fn close(link: &mut impl Link) -> Result<(), Error> {
    match link.queue_close(CloseCode::NORMAL, "") {
        Err(Error::Closed(_)) => Ok(()),
        queued => queued,
    }
}
