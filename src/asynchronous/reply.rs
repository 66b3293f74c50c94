//! [`Reply`]: an answer to a message that is lent.

use std::task::{Context, Poll};

use super::{
    adapter::{Adapter, sealed},
    link::Link,
    outbox::{self, Outbox},
    whole::Whole,
};
use crate::{Connection, Error, Fin, Message, SendError, WriteBuffer};

/// What is needed to answer while a message is lent: see
/// [`WebSocket::receive_ref`](super::WebSocket::receive_ref).
#[derive(Debug)]
pub struct Reply<'a, S, A: Adapter<S>>(pub(super) &'a mut Whole<S, A>);

impl<S: Unpin, A: Adapter<S>> Reply<'_, S, A> {
    /// Queues an answer: as [`WebSocket::feed`](super::WebSocket::feed).
    pub fn feed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> impl Future<Output = Result<(), Error>> {
        outbox::feed(self, message.into())
    }

    /// As [`feed`](Self::feed), but the answer is not compressed: as
    /// [`WebSocket::feed_plain`](super::WebSocket::feed_plain).
    #[cfg(feature = "deflate")]
    pub fn feed_plain<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> impl Future<Output = Result<(), Error>> {
        outbox::feed_plain(self, message.into())
    }

    /// Sends an answer: as [`WebSocket::send`](super::WebSocket::send), but it does not read
    /// ahead.
    pub async fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.feed(message).await?;
        outbox::flush(self).await
    }

    /// Answers with a piece of a message, so that one of any length can be answered as it arrives.
    pub fn feed_chunk<'m>(
        &mut self,
        chunk: impl Into<Message<'m>>,
        fin: Fin,
    ) -> impl Future<Output = Result<(), Error>> {
        outbox::feed_chunk(self, chunk.into(), fin)
    }
}

impl<S, A: Adapter<S>> sealed::Sealed for Reply<'_, S, A> {}

impl<S: Unpin, A: Adapter<S>> Outbox for Reply<'_, S, A> {
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_room(cx)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_flush(cx)
    }

    fn queue(
        &mut self,
        call: impl FnOnce(&mut Connection, &mut WriteBuffer) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.0.state.send(call)
    }
}
