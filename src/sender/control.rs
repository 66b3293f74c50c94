//! Control frames (RFC 6455 §5.5), and what is answered with them.

use super::{Fin, Sender, State};
use crate::{
    CloseFrame, Opcode, Part, Payload, ProtocolError, Rsv, SendError, WriteBuffer,
    frame::MAX_CONTROL_LEN,
};

impl Sender {
    /// Sends a Ping of at most 125 bytes (§5.5.2), also inside an unfinished message.
    pub fn ping(&mut self, payload: &[u8], output: &mut WriteBuffer) -> Result<(), SendError> {
        self.control(Opcode::Ping, payload, output)
    }

    /// Sends a Pong of at most 125 bytes that nobody asked for: a heartbeat (§5.5.3).
    pub fn pong(&mut self, payload: &[u8], output: &mut WriteBuffer) -> Result<(), SendError> {
        self.control(Opcode::Pong, payload, output)
    }

    /// Sends a Close, with a code and a reason or without a body (§5.5.1); it is the last frame.
    ///
    /// # Errors
    ///
    /// After a Close, for a code that is not for the wire, and for a reason of over 123 bytes.
    pub fn close(
        &mut self,
        close: Option<&CloseFrame>,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        let mut payload = [0; MAX_CONTROL_LEN];
        let len = close.map_or(Ok(0), |close| close.encode(&mut payload))?;
        self.control(Opcode::Close, &payload[..len], output)?;
        self.state = State::Closed;
        self.owed_pong = None;
        Ok(())
    }

    /// Answers what needs an answer: a Ping with its Pong, a Close with a Close of the same code.
    ///
    /// While `output` is above [`Config::write_high_water`](crate::Config::write_high_water), a Ping is
    /// only remembered, and only the latest one (§5.5.3); [`reply_owed`](Self::reply_owed) answers it.
    pub fn reply(&mut self, part: &Part<'_>, output: &mut WriteBuffer) {
        match part {
            Part::Ping(payload) => self.reply_ping(payload, output),
            Part::Close(close) => self.reply_close(close.as_ref(), output),
            Part::Data(_) | Part::Pong(_) => {}
        }
    }

    /// Answers the Ping that was put off, if there is one and `output` has room now.
    #[inline]
    pub fn reply_owed(&mut self, output: &mut WriteBuffer) {
        if self.owed_pong.is_some() && self.has_room(output) {
            let payload = self.owed_pong.take().unwrap_or_default();
            self.reply_ping(&payload, output);
        }
    }

    /// Tells the peer why the connection fails (§7.1.7), unless a Close was sent before.
    pub fn fail(&mut self, error: &ProtocolError, output: &mut WriteBuffer) {
        if let Some(close) = error.close_frame() {
            // Fails only after a Close: the codes are for the wire, and every text is short.
            let _ = self.close(Some(&close), output);
        }
        self.state = State::Closed;
    }

    pub(crate) fn reply_ping(&mut self, payload: &[u8], output: &mut WriteBuffer) {
        if self.has_room(output) {
            if self.owed_pong.is_some() {
                self.owed_pong = None;
            }
            // Fails only after a Close, and then a Ping needs no answer.
            let _ = self.pong(payload, output);
        } else {
            let owed = self.owed_pong.get_or_insert_default();
            owed.clear();
            owed.extend_from_slice(payload);
        }
    }

    pub(crate) fn reply_close(&mut self, close: Option<&CloseFrame>, output: &mut WriteBuffer) {
        // RFC 6455 §5.5.1: the answer typically echoes the code. It fails only after our own Close,
        // which is the answer then (§7.1.5).
        let echo = close.map(|close| CloseFrame::new(close.code, ""));
        let _ = self.close(echo.as_ref(), output);
    }

    /// Whether an answer may be written: always when nothing waits, whatever the mark is.
    fn has_room(&self, output: &WriteBuffer) -> bool {
        output.is_empty() || output.len() < self.high_water as usize
    }

    fn control(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        if self.is_closed() {
            return Err(SendError::Closed);
        }
        if payload.len() > MAX_CONTROL_LEN {
            return Err(SendError::ControlTooLong(payload.len()));
        }
        self.frame(Fin::Last, Rsv::NONE, opcode, Payload::Lent(payload), output);
        match opcode {
            Opcode::Ping => self.sent.ping(),
            Opcode::Pong => self.sent.pong(),
            _ => {}
        }
        Ok(())
    }
}
