//! The closing handshake of a [`Connection`] (RFC 6455 §7.1), its failures, and the story of them.
//!
//! Whatever ends either direction passes here, so that the story is whole.

use alloc::boxed::Box;

use super::Connection;
use crate::{
    Assembler, CloseFrame, ProtocolError, SendError, WriteBuffer,
    closing::{Closing, Side},
};

impl Connection {
    /// Starts the closing handshake (§7.1.2), or does nothing more than fail if it has started.
    ///
    /// Go on calling [`receive`](Self::receive): messages that are under way still arrive, then the
    /// peer's Close.
    ///
    /// # Errors
    ///
    /// As [`Sender::close`](crate::Sender::close).
    pub fn close(
        &mut self,
        close: Option<&CloseFrame>,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        self.sender.close(close, output)?;
        self.timers.close_sent();
        self.story(Some(Side::Us)).sent = Some(CloseFrame::counted(close));
        Ok(())
    }

    /// Takes the end of the transport, after all that was read went through
    /// [`receive`](Self::receive).
    ///
    /// # Errors
    ///
    /// [`ProtocolError::EndWithoutClose`] when the peer sent no Close before (§7.1.5: 1006).
    pub fn receive_end(&mut self) -> Result<(), ProtocolError> {
        self.receiver.receive_end().map_err(|error| {
            self.story(Some(Side::Peer));
            self.fail(error, &mut WriteBuffer::new())
        })
    }

    /// How the connection ended, or is about to: `None` while it is open.
    ///
    /// The story begins with the first Close either way (§7.1.3), with a failure of the peer's, or with
    /// an end without a Close; it goes on with the answer.
    pub fn closing(&self) -> Option<&Closing> {
        self.closing.as_deref()
    }

    /// Whether a Close went both ways, or the connection failed: nothing more is sent or received.
    pub fn is_closed(&self) -> bool {
        self.receiver.is_ended() && self.sender.is_closed()
    }

    /// Whether a Close was sent or the connection failed, so that nothing more can be sent.
    pub fn is_send_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Answers the peer's Close, unless our own was before it.
    pub(super) fn peer_closed(&mut self, close: Option<&CloseFrame>, output: &mut WriteBuffer) {
        let is_answer = self.sender.is_closed();
        self.sender.reply_close(close, output);
        self.timers.close_sent();
        self.drop_message();
        let received = CloseFrame::counted(close);
        let story = self.story(Some(Side::Peer));
        if !is_answer {
            story.sent = Some(CloseFrame::new(received.code, ""));
        }
        story.received = Some(received);
    }

    /// Ends the connection since the peer failed, or since there is none any more.
    #[cold]
    pub(crate) fn fail(&mut self, error: ProtocolError, output: &mut WriteBuffer) -> ProtocolError {
        let sent = if self.sender.is_closed() { None } else { error.close_frame() };
        self.receiver.fail(error.clone());
        self.drop_message();
        self.sender.fail(&error, output);
        self.timers.close_sent();
        let story = self.story(Some(Side::Us));
        story.sent = story.sent.take().or(sent);
        error
    }

    /// Ends the connection since what was located last is no text: if it ended its message, that one
    /// does not count after all.
    #[cold]
    pub(crate) fn fail_text(
        &mut self,
        error: ProtocolError,
        output: &mut WriteBuffer,
    ) -> ProtocolError {
        if self.receiver.is_between_messages() {
            self.receiver.received.messages -= 1;
        }
        self.fail(error, output)
    }

    /// Gives up what was for receiving: the rest of an unfinished message will not come, nor another
    /// one (RFC 6455 §5.5.1, §7.1.7).
    fn drop_message(&mut self) {
        self.assembler = Assembler::new();
        #[cfg(feature = "deflate")]
        {
            self.inflater = None;
        }
    }

    /// The story, which begins with `first` if it has not begun.
    pub(super) fn story(&mut self, first: Option<Side>) -> &mut Closing {
        self.closing.get_or_insert_with(|| Box::new(Closing::new(first)))
    }
}
