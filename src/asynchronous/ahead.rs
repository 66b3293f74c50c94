//! Reading ahead: what a `send` that waits takes in, up to one message, and keeps for who receives next.
//!
//! Two peers that only write would wait for each other. How reading ahead ended is one word of the
//! [`Inbox`]: a message is taken from there before the next one is looked for, a failure in place of the
//! next read.

use std::{
    io,
    task::{Context, Poll, ready},
};

use super::{
    link::{READS_PER_POLL, Source},
    receive::{Inbox, locate},
};
use crate::connection::LocatedMessage;

/// What ends reading ahead.
#[derive(Debug)]
pub(super) enum Ahead {
    /// A message, or a piece of one.
    Message(LocatedMessage),
    Failure(io::Error),
}

impl Inbox {
    /// Reads on while the application is sending, up to one message: the peer may be waiting for us to
    /// read. Ready when nothing more may be read.
    pub(super) fn poll_read_ahead(
        &mut self,
        link: &mut impl Source,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        for _ in 0..READS_PER_POLL {
            if self.ahead.is_some() {
                return Poll::Ready(());
            }
            match locate(link, &mut self.input, self.unit) {
                Ok(None) => {}
                Ok(Some(located)) => {
                    let (first, last) = (located.first, located.last);
                    let message = match self.lend(located) {
                        Ok(message) => message.into_owned(),
                        Err(error) => {
                            link.state(|state| state.fail_text(error));
                            self.input.discard();
                            return Poll::Ready(());
                        }
                    };
                    let located = LocatedMessage::kept(first, last, message);
                    self.ahead = Some(Box::new(Ahead::Message(located)));
                    continue;
                }
                // It is found again when the application receives.
                Err(_) => return Poll::Ready(()),
            }
            self.input.release();
            if link.state(|state| state.connection.is_closed()) {
                return Poll::Ready(());
            }
            match ready!(self.poll_read(link, cx, true)) {
                Ok(1..) => {}
                // A peer that sends no more may still read.
                Ok(0) => return Poll::Ready(()),
                Err(error) => {
                    self.ahead = Some(Box::new(Ahead::Failure(error)));
                    return Poll::Ready(());
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    pub(super) fn take_message(&mut self) -> Option<LocatedMessage> {
        match *self.ahead.take_if(|ahead| matches!(**ahead, Ahead::Message(_)))? {
            Ahead::Message(located) => Some(located),
            Ahead::Failure(_) => None,
        }
    }

    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        match *self.ahead.take_if(|ahead| matches!(**ahead, Ahead::Failure(_)))? {
            Ahead::Failure(error) => Some(error),
            Ahead::Message(_) => None,
        }
    }
}
