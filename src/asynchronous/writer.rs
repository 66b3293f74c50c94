//! A message that is sent piece by piece.

use std::future::poll_fn;

use super::outbox::{self, Outbox};
use crate::{Error, Fin, Kind, Message, SendError};

/// Sends one message in pieces, each in a frame of its own (RFC 6455 §5.4): memory holds a piece, and
/// the message's length need not be known before. [`finish`](Self::finish) ends it.
///
/// Dropped before that, it leaves the message unfinished, for a part must not pass for the whole:
/// control frames still go, any other message is refused with
/// [`SendError::UnfinishedMessage`], and what is left to do is to close.
///
/// The example `stream_file` sends a file of any length so.
#[derive(Debug)]
pub struct MessageWriter<'a, O> {
    outbox: &'a mut O,
    kind: Kind,
    /// A piece was sent.
    has_begun: bool,
}

impl<'a, O: Outbox> MessageWriter<'a, O> {
    pub(super) const fn new(outbox: &'a mut O, kind: Kind) -> Self {
        Self { outbox, kind, has_begun: false }
    }

    /// Queues a piece, which must be of the message's kind; waits as `feed` does.
    ///
    /// # Errors
    ///
    /// [`SendError::UnfinishedMessage`] for a piece of the other kind, and when another message is
    /// unfinished; else as `feed`.
    pub async fn feed<'m>(&mut self, chunk: impl Into<Message<'m>>) -> Result<(), Error> {
        let chunk = chunk.into();
        if chunk.kind() != self.kind {
            return Err(SendError::UnfinishedMessage.into());
        }
        self.queue(chunk, Fin::More).await
    }

    /// Sends a piece: [`feed`](Self::feed), and all that waits is written.
    pub async fn send<'m>(&mut self, chunk: impl Into<Message<'m>>) -> Result<(), Error> {
        self.feed(chunk).await?;
        outbox::flush(self.outbox).await
    }

    /// Ends the message, with an empty frame, and writes all that waits.
    pub async fn finish(mut self) -> Result<(), Error> {
        let end: Message<'_> = match self.kind {
            Kind::Text => "".into(),
            Kind::Binary => (&[]).into(),
        };
        self.queue(end, Fin::Last).await?;
        outbox::flush(self.outbox).await
    }

    async fn queue(&mut self, chunk: Message<'_>, fin: Fin) -> Result<(), Error> {
        let Self { outbox, has_begun, .. } = self;
        poll_fn(|cx| outbox.poll_room(cx)).await?;
        outbox.queue(|connection, output| {
            if !*has_begun {
                // Another one may be unfinished.
                connection.check_between_messages()?;
            }
            connection.send_chunk(chunk, fin, output)
        })?;
        *has_begun = true;
        Ok(())
    }
}
