//! [`Lending`]: the future that lends a message from what was read.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use super::{link::Source, receive::Inbox};
use crate::{
    Error, MessageChunk, ProtocolError, connection::LocatedMessage, part::Unit,
    read_buffer::ReadBuffer,
};

/// Waits for the next message, or piece of one, and lends it; `finish` says what is made of it and of
/// the link to answer it.
///
/// An `async fn` could do the same. This holds nothing but references: a task that waits is smaller by
/// it, and a message that is there already is handed over without being moved about.
#[must_use]
pub(super) struct Lending<'a, L, F> {
    /// Gone when the message was lent.
    inbox: Option<&'a mut Inbox>,
    link: Option<&'a mut L>,
    unit: Unit,
    finish: F,
    /// What was wrong with the text that came: the peer is told before the application hears of it.
    failed: Option<ProtocolError>,
}

impl<'a, L: Source, F, T> Lending<'a, L, F>
where
    F: Fn(MessageChunk<'a>, &'a mut L) -> T,
{
    pub(super) const fn new(inbox: &'a mut Inbox, link: &'a mut L, unit: Unit, finish: F) -> Self {
        Self { inbox: Some(inbox), link: Some(link), unit, finish, failed: None }
    }

    #[inline(always)]
    fn lend(
        &mut self,
        inbox: &'a Inbox,
        link: &'a mut L,
        located: LocatedMessage,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<T>, Error>> {
        let (first, last) = (located.first, located.last);
        match inbox.lend(located) {
            Ok(content) => {
                let chunk = MessageChunk { content, first, last };
                Poll::Ready(Ok(Some((self.finish)(chunk, link))))
            }
            Err(error) => {
                let error = link.state(|state| state.fail_text(error));
                self.poll_fail(link, error, cx).map(Err)
            }
        }
    }

    #[cold]
    fn poll_fail(
        &mut self,
        link: &'a mut L,
        error: ProtocolError,
        cx: &mut Context<'_>,
    ) -> Poll<Error> {
        if link.poll_end(cx, &mut ReadBuffer::default()).is_ready() {
            return Poll::Ready(error.into());
        }
        (self.link, self.failed) = (Some(link), Some(error));
        Poll::Pending
    }
}

impl<'a, L: Source, F, T> Future for Lending<'a, L, F>
where
    F: Fn(MessageChunk<'a>, &'a mut L) -> T + Unpin,
{
    type Output = Result<Option<T>, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let link = this.link.take().expect("polled after it was ready");
        if let Some(error) = this.failed.take() {
            return this.poll_fail(link, error, cx).map(Err);
        }
        let inbox = this.inbox.take().expect("it goes with the link");
        if this.unit == Unit::Message
            && let Some(located) = inbox.locate_whole(link)
        {
            return this.lend(inbox, link, located, cx);
        }
        match inbox.poll_locate(link, this.unit, cx) {
            Poll::Ready(Ok(Some(located))) => this.lend(inbox, link, located, cx),
            Poll::Ready(Ok(None)) => Poll::Ready(Ok(None)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                (this.inbox, this.link) = (Some(inbox), Some(link));
                Poll::Pending
            }
        }
    }
}
