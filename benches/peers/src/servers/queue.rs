//! The loops for whatever is a `Stream` and a `Sink` of messages, and what a buffered loop needs
//! where the halves are apart.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use futures_util::{Sink, SinkExt, Stream, StreamExt};

/// Receives a message, sends it, and waits until it is written.
pub async fn echo<M, E>(
    mut ws: impl Stream<Item = Result<M, E>> + Sink<M> + Unpin,
    is_data: fn(&M) -> bool,
) -> Option<()> {
    while let Some(message) = ws.next().await {
        let message = message.ok()?;
        if is_data(&message) {
            ws.send(message).await.ok()?;
        }
    }
    Some(())
}

/// Queues the echo of every message that is there, then flushes and waits for more.
pub async fn echo_buffered<M, E>(
    mut ws: impl Stream<Item = Result<M, E>> + Sink<M> + Unpin,
    is_data: fn(&M) -> bool,
) -> Option<()> {
    loop {
        let next = poll_fn(|context| match ws.poll_next_unpin(context) {
            Poll::Pending if matches!(ws.poll_flush_unpin(context), Poll::Ready(Err(_))) => {
                Poll::Ready(None)
            }
            next => next,
        });
        let message = next.await?.ok()?;
        if is_data(&message) {
            ws.feed(message).await.ok()?;
        }
    }
}

/// Takes the messages that are there, then queues the echo of all and flushes: for a library whose
/// receiving flushes.
pub async fn echo_in_batches<M, E>(
    mut ws: impl Stream<Item = Result<M, E>> + Sink<M> + Unpin,
    is_data: fn(&M) -> bool,
) -> Option<()> {
    let mut batch = Vec::new();
    loop {
        let mut next = ws.next().await;
        while let Some(message) = next {
            batch.push(message.ok()?);
            if batch.len() == BATCH {
                break;
            }
            match now(|context| ws.poll_next_unpin(context)).await {
                Some(more) => next = more,
                None => break,
            }
        }
        if batch.is_empty() {
            return Some(());
        }
        for message in batch.drain(..).filter(is_data) {
            ws.feed(message).await.ok()?;
        }
        ws.flush().await.ok()?;
    }
}

/// Waits for `message`; flushes first if it is not there yet.
pub async fn or_flush<M, E>(
    message: impl Future<Output = M>,
    flush: impl Future<Output = Result<(), E>>,
) -> Result<M, E> {
    let mut message = pin!(message);
    if let Some(message) = now(|context| message.as_mut().poll(context)).await {
        return Ok(message);
    }
    flush.await?;
    Ok(message.await)
}

/// What is there without waiting.
async fn now<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<T> {
    poll_fn(|context| match poll(context) {
        Poll::Ready(item) => Poll::Ready(Some(item)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Messages; bounds what a batch holds.
const BATCH: usize = 64;
