//! [`Stream`] of messages and [`Sink`] for them.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::{FusedStream, Stream};
use futures_sink::Sink;

use super::{
    adapter::{Adapter, ReadFrom, WriteTo},
    link::Link,
    outbox::Outbox,
    split::{ReceiveHalf, SendHalf},
    wakers::Side,
    websocket::WebSocket,
};
use crate::{CloseCode, Error, Message};

/// The messages, up to the peer's Close; an error is the last item. One task may poll this while
/// another one polls the sink, as behind a lock: each is woken for what the other one waits for.
impl<S: Unpin, A: Adapter<S>> Stream for WebSocket<S, A> {
    type Item = Result<Message<'static>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let ws = Pin::into_inner(self);
        ws.poll_for(Side::Receive, cx, |ws, cx| ws.inbox.poll_next(&mut ws.link, cx))
    }
}

impl<S: Unpin, A: Adapter<S>> WebSocket<S, A> {
    /// Polls for one of two tasks, in a way that wakes both.
    fn poll_for<T>(
        &mut self,
        side: Side,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Self, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let wakers = Arc::clone(self.wakers.get_or_insert_default());
        wakers.set(side, cx.waker());
        let polled = poll(self, &mut Context::from_waker(&Arc::clone(&wakers).into()));
        if polled.is_ready() {
            wakers.forget(side);
        }
        polled
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

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::into_inner(self).poll_for(Side::Send, cx, Outbox::poll_room)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message<'_>) -> Result<(), Error> {
        self.queue(|connection, output| connection.send(message, output))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::into_inner(self).poll_for(Side::Send, cx, Outbox::poll_flush)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        close(&mut self.link)?;
        self.poll_flush(cx)
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
    if link.state(|state| state.connection.is_send_closed()) {
        return Ok(());
    }
    match link.queue_close(CloseCode::NORMAL, "") {
        Err(Error::Closed(_)) => Ok(()),
        queued => queued,
    }
}
