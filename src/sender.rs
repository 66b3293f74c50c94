//! Messages and replies, turned into frames in a [`WriteBuffer`].
//!
//! A call writes whole frames or, when it fails, nothing. After a Close nothing is written.

#[cfg(feature = "deflate")]
mod compressed;
mod control;

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

#[cfg(feature = "deflate")]
use crate::deflate::Deflater;
use crate::{
    Config, FrameHeader, Kind, MaskSource, Message, Opcode, Payload, Prepared, Rsv, SendError,
    WriteBuffer,
    counters::Tally,
    frame::{HEADER_ROOM, NO_MASK, SHORT},
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

    #[inline]
    pub(crate) const fn check_between_messages(&self) -> Result<(), SendError> {
        match self.state {
            State::Open => Ok(()),
            State::Message(_) => Err(SendError::UnfinishedMessage),
            State::Closed => Err(SendError::Closed),
        }
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
