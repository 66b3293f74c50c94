//! Sending, for all that can send.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};

use super::adapter::sealed;
use crate::{Connection, Error, Fin, Message, Prepared, SendError, WriteBuffer};

/// What can send: a [`WebSocket`](super::WebSocket), a [`Reply`](super::Reply), a
/// [`SendHalf`](super::SendHalf). Their methods have names of their own; nobody else can implement it.
pub trait Outbox: sealed::Sealed {
    /// Ready when there is room for a message.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>>;

    /// Ready when all that was queued is written.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>>;

    /// Has the connection queue something.
    fn queue(
        &mut self,
        call: impl FnOnce(&mut Connection, &mut WriteBuffer) -> Result<(), SendError>,
    ) -> Result<(), Error>;
}

// None of these is an `async fn`: its future would hold the message twice.

pub(super) fn feed(
    outbox: &mut impl Outbox,
    mut message: Message<'_>,
) -> impl Future<Output = Result<(), Error>> {
    queue(outbox, move |connection, output| connection.send(message.take(), output))
}

#[cfg(feature = "deflate")]
pub(super) fn feed_plain(
    outbox: &mut impl Outbox,
    mut message: Message<'_>,
) -> impl Future<Output = Result<(), Error>> {
    queue(outbox, move |connection, output| connection.send_plain(message.take(), output))
}

pub(super) fn feed_prepared(
    outbox: &mut impl Outbox,
    message: &Prepared,
) -> impl Future<Output = Result<(), Error>> {
    queue(outbox, |connection, output| connection.send_prepared(message, output))
}

pub(super) fn feed_chunk(
    outbox: &mut impl Outbox,
    mut chunk: Message<'_>,
    fin: Fin,
) -> impl Future<Output = Result<(), Error>> {
    queue(outbox, move |connection, output| connection.send_chunk(chunk.take(), fin, output))
}

pub(super) async fn ping(outbox: &mut impl Outbox, payload: &[u8]) -> Result<(), Error> {
    queue(outbox, |connection, output| connection.ping(payload, output)).await?;
    flush(outbox).await
}

pub(super) async fn flush(outbox: &mut impl Outbox) -> Result<(), Error> {
    poll_fn(|cx| outbox.poll_flush(cx)).await
}

/// Waits for room, then has `encode` encode, which is one step: a future that is dropped has queued
/// all or nothing.
fn queue(
    outbox: &mut impl Outbox,
    mut encode: impl FnMut(&mut Connection, &mut WriteBuffer) -> Result<(), SendError>,
) -> impl Future<Output = Result<(), Error>> {
    let mut is_ready = false;
    poll_fn(move |cx| {
        assert!(!is_ready, "polled after it was ready");
        let room = ready!(outbox.poll_room(cx));
        is_ready = true;
        Poll::Ready(room.and_then(|()| outbox.queue(&mut encode)))
    })
}
