//! Sending, for all that can send.

use std::{
    future::poll_fn,
    task::{Context, Poll},
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

// In each, waiting for room comes first and encoding is one step, so that a future that is dropped has
// queued all or nothing.

pub(super) async fn feed(outbox: &mut impl Outbox, message: Message<'_>) -> Result<(), Error> {
    poll_fn(|cx| outbox.poll_room(cx)).await?;
    outbox.queue(|connection, output| connection.send(message, output))
}

#[cfg(feature = "deflate")]
pub(super) async fn feed_plain(
    outbox: &mut impl Outbox,
    message: Message<'_>,
) -> Result<(), Error> {
    poll_fn(|cx| outbox.poll_room(cx)).await?;
    outbox.queue(|connection, output| connection.send_plain(message, output))
}

pub(super) async fn feed_prepared(
    outbox: &mut impl Outbox,
    message: &Prepared,
) -> Result<(), Error> {
    poll_fn(|cx| outbox.poll_room(cx)).await?;
    outbox.queue(|connection, output| connection.send_prepared(message, output))
}

pub(super) async fn feed_chunk(
    outbox: &mut impl Outbox,
    chunk: Message<'_>,
    fin: Fin,
) -> Result<(), Error> {
    poll_fn(|cx| outbox.poll_room(cx)).await?;
    outbox.queue(|connection, output| connection.send_chunk(chunk, fin, output))
}

pub(super) async fn ping(outbox: &mut impl Outbox, payload: &[u8]) -> Result<(), Error> {
    poll_fn(|cx| outbox.poll_room(cx)).await?;
    outbox.queue(|connection, output| connection.ping(payload, output))?;
    flush(outbox).await
}

pub(super) async fn flush(outbox: &mut impl Outbox) -> Result<(), Error> {
    poll_fn(|cx| outbox.poll_flush(cx)).await
}
