//! Errors by blame: [`ProtocolError`] is the peer's, [`SendError`] the caller's.
//!
//! The handshake's error is [`HandshakeError`](crate::HandshakeError); an adapter's [`Error`] joins
//! them with what the stream reports.

use alloc::string::ToString;

use crate::{CloseCode, CloseFrame, Opcode, Rsv};

/// What the peer did that RFC 6455 or a limit of [`Config`](crate::Config) forbids.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// An opcode that RFC 6455 keeps for later (§5.2).
    #[error("reserved opcode {0:#x}")]
    ReservedOpcode(u8),
    /// A control frame without FIN (§5.5).
    #[error("fragmented {0:?} frame")]
    FragmentedControl(Opcode),
    /// A control frame of more than 125 bytes (§5.5).
    #[error("{0:?} frame of more than 125 bytes")]
    ControlTooLong(Opcode),
    /// A length that fits a shorter form (§5.2).
    #[error("payload length {0} is not in its shortest form")]
    NonMinimalLength(u64),
    /// A length with its top bit set (§5.2).
    #[error("payload length {0} is over 2^63 - 1")]
    LengthOutOfRange(u64),
    /// A frame without a mask from a client (§5.1).
    #[error("frame from a client without a mask")]
    Unmasked,
    /// A frame with a mask from a server (§5.1).
    #[error("frame from a server with a mask")]
    Masked,
    /// A reserved bit that no negotiated extension gives a meaning here (§5.2).
    #[error("reserved bits {:#04x} on a {opcode:?} frame", rsv.bits())]
    ReservedBits {
        /// The frame's reserved bits.
        rsv: Rsv,
        /// The frame's opcode.
        opcode: Opcode,
    },
    /// A continuation frame with nothing to continue (§5.4).
    #[error("continuation frame with nothing to continue")]
    UnexpectedContinuation,
    /// A new message begins before the last one ended (§5.4).
    #[error("{0:?} frame inside an unfinished message")]
    InterruptedMessage(Opcode),
    /// The frames of one message promise more than
    /// [`Config::max_message_len`](crate::Config::max_message_len) bytes.
    #[error("message of {len} bytes or more, over the limit of {limit}")]
    MessageTooBig {
        /// What the message's frames promise so far, in bytes.
        len: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A message in more frames than
    /// [`Config::max_message_frames`](crate::Config::max_message_frames).
    #[error("message of more than {limit} frames")]
    TooManyFrames {
        /// The limit, in frames.
        limit: u32,
    },
    /// A text message that is not UTF-8 (§5.6, §8.1).
    #[error("text message that is not UTF-8")]
    InvalidUtf8,
    /// A compressed message that is not what DEFLATE writes (RFC 7692 §7.2.2).
    #[error("compressed message that cannot be inflated")]
    InvalidDeflate,
    /// A Close frame with a body of one byte (§5.5.1).
    #[error("close frame with half a code")]
    CutCloseCode,
    /// A Close frame with a code that may not be on the wire (§7.4).
    #[error("close code {0} is not for the wire")]
    InvalidCloseCode(CloseCode),
    /// A Close frame with a reason that is not UTF-8 (§5.5.1).
    #[error("close reason that is not UTF-8")]
    InvalidCloseReason,
    /// The transport ended before the peer sent a Close frame (§7.1.5).
    #[error("the connection ended without a close frame")]
    EndWithoutClose,
}

impl ProtocolError {
    /// The code that tells the peer (§7.4.1): 1002, 1007, 1008 or 1009.
    ///
    /// [`EndWithoutClose`](Self::EndWithoutClose) gives 1006, which is for reports, not for the wire.
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::InvalidUtf8 | Self::InvalidDeflate | Self::InvalidCloseReason => {
                CloseCode::INVALID_PAYLOAD
            }
            Self::TooManyFrames { .. } => CloseCode::POLICY_VIOLATION,
            Self::MessageTooBig { .. } => CloseCode::MESSAGE_TOO_BIG,
            Self::EndWithoutClose => CloseCode::ABNORMAL,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }

    /// The Close that tells the peer; none for an end without one.
    pub(crate) fn close_frame(&self) -> Option<CloseFrame> {
        let code = self.close_code();
        (code != CloseCode::ABNORMAL).then(|| CloseFrame::new(code, self.to_string()))
    }
}

/// What the caller asked for that cannot be sent. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// A Close frame was sent, so nothing may follow (RFC 6455 §5.5.1).
    #[error("a close frame was sent already")]
    Closed,
    /// A chunked message is unfinished, and another one would interrupt it (§5.4).
    #[error("an unfinished message stands before this one")]
    UnfinishedMessage,
    /// The payload of a Ping or Pong has more than 125 bytes (§5.5).
    #[error("control payload of {0} bytes, over 125")]
    ControlTooLong(usize),
    /// The reason of a Close has more than 123 bytes (§5.5.1).
    #[error("close reason of {0} bytes, over 123")]
    ReasonTooLong(usize),
    /// The code of a Close may not be on the wire (§7.4).
    #[error("close code {0} is not for the wire")]
    InvalidCloseCode(CloseCode),
}

/// What took too long: see [`Connection::handle_timeout`](crate::Connection::handle_timeout).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Timeout {
    /// Nothing came for [`Config::pong_timeout`](crate::Config::pong_timeout) after a Ping.
    #[error("the peer answered no ping in time")]
    Pong,
    /// No message came or went for [`Config::idle_timeout`](crate::Config::idle_timeout); a Close with
    /// 1001 says so.
    #[error("no message came or went for too long")]
    Idle,
    /// The peer did not answer a Close within [`Config::close_timeout`](crate::Config::close_timeout).
    #[error("the peer did not answer the close in time")]
    Close,
    /// The stream took nothing for [`Config::write_timeout`](crate::Config::write_timeout): the peer
    /// does not read.
    #[error("the peer read nothing for too long")]
    Write,
    /// The handshake took longer than
    /// [`Config::handshake_timeout`](crate::Config::handshake_timeout).
    #[error("the handshake took too long")]
    Handshake,
    /// To reach the server took longer than `client::Client::connect_timeout`.
    #[error("it took too long to reach the server")]
    Connect,
}

/// What can go wrong on a WebSocket over a stream.
#[cfg(feature = "std")]
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The stream failed.
    ///
    /// A timeout of an [`Untimed`](crate::blocking::Untimed) stream's own (`WouldBlock`, `TimedOut`)
    /// loses nothing: `receive` and `flush` may be called again, and a `feed` that reports it has
    /// queued nothing. Use `feed` and `flush` then, for `send` and `ping` do not say which of the two
    /// it was; a `send_close` that reports it has queued the Close. A handshake that it meets ends.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The peer broke the protocol or passed a limit; it was told why.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The caller asked for what cannot be sent; nothing was.
    #[error(transparent)]
    Send(#[from] SendError),
    /// What was to be sent came after a Close: nothing was. The story tells whose, and why.
    #[error("{0}")]
    Closed(alloc::boxed::Box<crate::Closing>),
    /// The peer took too long.
    #[error(transparent)]
    Timeout(#[from] Timeout),
    /// There is no connection.
    #[error(transparent)]
    Handshake(#[from] crate::HandshakeError),
}
