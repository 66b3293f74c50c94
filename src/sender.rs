//! Messages and replies, turned into frames in a [`WriteBuffer`].
//!
//! A call writes whole frames or, when it fails, nothing. After a Close nothing is written.

#[cfg(feature = "deflate")]
mod compressed;

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

#[cfg(feature = "deflate")]
use crate::deflate::Deflater;
use crate::{
    CloseFrame, Config, FrameHeader, Kind, MaskSource, Message, Opcode, Part, Payload, Prepared,
    ProtocolError, Rsv, SendError, WriteBuffer,
    counters::Tally,
    frame::{HEADER_ROOM, MAX_CONTROL_LEN, NO_MASK, SHORT},
};

/// Writes frames.
pub struct Sender {
    /// A client's source of mask keys; a server has none, for it masks nothing (RFC 6455 §5.1).
    masks: Option<Box<dyn MaskSource>>,
    /// `Config::write_high_water`, as far as 32 bits go.
    high_water: u32,
    state: State,
    /// The latest Ping that was not answered since too much waited to be written (§5.5.3).
    #[allow(clippy::box_collection, reason = "one word in every connection")]
    owed_pong: Option<Box<Vec<u8>>>,
    #[cfg(feature = "deflate")]
    deflater: Option<Deflater>,
    sent: Tally,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// Chunks of a message were sent, and not the last one.
    Message(Kind),
    /// A Close was sent.
    Closed,
}

/// Whether a chunk ends its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fin {
    /// More chunks follow.
    More,
    /// The message ends with this chunk.
    Last,
}

impl Sender {
    /// Makes the sender of a server.
    pub const fn server(config: &Config) -> Self {
        Self::new(None, config)
    }

    /// Makes the sender of a client, which masks each frame with a key of its own.
    pub fn client(masks: impl MaskSource + 'static, config: &Config) -> Self {
        Self::new(Some(Box::new(masks)), config)
    }

    const fn new(masks: Option<Box<dyn MaskSource>>, config: &Config) -> Self {
        Self {
            masks,
            high_water: if config.write_high_water > u32::MAX as usize {
                u32::MAX
            } else {
                config.write_high_water as u32
            },
            state: State::Open,
            owed_pong: None,
            #[cfg(feature = "deflate")]
            deflater: None,
            sent: Tally::NONE,
        }
    }

    /// Sends a message in one frame.
    ///
    /// # Errors
    ///
    /// After a Close, and inside a message that [`send_chunk`](Self::send_chunk) began.
    #[inline]
    pub fn send(
        &mut self,
        message: Message<'_>,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        self.check_between_messages()?;
        #[cfg(feature = "deflate")]
        if self.send_compressed(&message, output) {
            return Ok(());
        }
        self.data(Fin::Last, opcode(message.kind()), message.into_payload(), output);
        Ok(())
    }

    /// Sends a message as it is, although others are compressed: one with a secret in it (see
    /// `Compression`).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_plain(
        &mut self,
        message: Message<'_>,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        self.check_between_messages()?;
        self.data(Fin::Last, opcode(message.kind()), message.into_payload(), output);
        Ok(())
    }

    /// Sends a message that was encoded before: a server copies nothing, unless the message is small
    /// ([`WriteBuffer::share_from`]); a client masks it as any other.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_prepared(
        &mut self,
        message: &Prepared,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        if self.masks.is_some() {
            return self.send(message.message(), output);
        }
        self.check_between_messages()?;
        #[cfg(feature = "deflate")]
        if self.send_prepared_compressed(message, output) {
            return Ok(());
        }
        let frame = message.frame();
        output.put_shared_ref(frame);
        self.sent.message(message.message().as_bytes().len(), frame.len());
        Ok(())
    }

    /// Sends a piece of a message in a frame of its own (§5.4): its length need not be known before.
    ///
    /// All chunks of a message are of the kind of its first one.
    ///
    /// # Errors
    ///
    /// After a Close, and when `chunk` is of another kind than the unfinished message.
    pub fn send_chunk(
        &mut self,
        chunk: Message<'_>,
        fin: Fin,
        output: &mut WriteBuffer,
    ) -> Result<(), SendError> {
        let kind = chunk.kind();
        let opcode = match self.state {
            State::Open => opcode(kind),
            State::Message(unfinished) if unfinished == kind => Opcode::Continuation,
            State::Message(_) => return Err(SendError::UnfinishedMessage),
            State::Closed => return Err(SendError::Closed),
        };
        self.state = if fin == Fin::Last { State::Open } else { State::Message(kind) };
        #[cfg(feature = "deflate")]
        if self.send_compressed_chunk(&chunk, fin, opcode, output) {
            return Ok(());
        }
        self.data(fin, opcode, chunk.into_payload(), output);
        Ok(())
    }

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
    /// While `output` is above [`Config::write_high_water`], a Ping is only remembered, and only the
    /// latest one (§5.5.3); [`reply_owed`](Self::reply_owed) answers it.
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

    /// [`Config::write_high_water`].
    #[cfg(feature = "std")]
    pub(crate) const fn high_water(&self) -> usize {
        self.high_water as usize
    }

    pub(crate) const fn sent(&self) -> &Tally {
        &self.sent
    }

    /// Whether a Close was sent, so that nothing more can be.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
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

    #[inline]
    pub(crate) const fn check_between_messages(&self) -> Result<(), SendError> {
        match self.state {
            State::Open => Ok(()),
            State::Message(_) => Err(SendError::UnfinishedMessage),
            State::Closed => Err(SendError::Closed),
        }
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
            Opcode::Ping => self.sent.pings = self.sent.pings.saturating_add(1),
            Opcode::Pong => self.sent.pongs = self.sent.pongs.saturating_add(1),
            _ => {}
        }
        Ok(())
    }

    #[inline]
    fn data(&mut self, fin: Fin, opcode: Opcode, payload: Payload<'_>, output: &mut WriteBuffer) {
        self.count(payload.len(), fin);
        self.frame(fin, Rsv::NONE, opcode, payload, output);
    }

    /// Counts a piece of a message.
    #[inline]
    const fn count(&mut self, len: usize, fin: Fin) {
        self.sent.payload += len as u64;
        if matches!(fin, Fin::Last) {
            self.sent.messages += 1;
        }
    }

    #[inline]
    fn frame(
        &mut self,
        fin: Fin,
        rsv: Rsv,
        opcode: Opcode,
        payload: Payload<'_>,
        output: &mut WriteBuffer,
    ) {
        let mask = self.masks.as_mut().map(|masks| masks.next_mask());
        let header = FrameHeader {
            fin: fin == Fin::Last,
            rsv,
            opcode,
            mask,
            payload_len: payload.len() as u64,
        };
        let len = match payload {
            Payload::Owned(bytes) if mask.is_none() && output.shares(bytes.len()) => {
                let header_len = output.append(HEADER_ROOM, |block| header.encode(block));
                let len = header_len + bytes.len();
                output.put_shared(bytes);
                len
            }
            payload => output.append(HEADER_ROOM + payload.len().max(SHORT), |block| {
                header.encode(block);
                mask.unwrap_or(NO_MASK).append(&payload, block);
            }),
        };
        self.sent.frames += 1;
        self.sent.wire += len as u64;
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("state", &self.state).finish_non_exhaustive()
    }
}

pub(crate) const fn opcode(kind: Kind) -> Opcode {
    match kind {
        Kind::Text => Opcode::Text,
        Kind::Binary => Opcode::Binary,
    }
}
