//! Close codes and the body of a Close frame (RFC 6455 §5.5.1, §7.4).

use alloc::string::String;
use core::{fmt, str};

use crate::{ProtocolError, SendError, frame::MAX_CONTROL_LEN};

/// Why a connection ended (§7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: a server goes down, or a browser leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: a kind of data that the endpoint does not take.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: stands for a Close without a code; never on the wire.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: stands for an end without a Close; never on the wire.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: data that is not what its type says, such as text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// 1008: a message that breaks a policy; for want of a better code.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message too big to process.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1010: the client needs an extension that the server did not negotiate.
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// 1011: the server met a condition that it did not expect.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service restarts (IANA registry).
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: try again later (IANA registry).
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway got an invalid answer from upstream (IANA registry).
    pub const BAD_GATEWAY: Self = Self(1014);
    /// 1015: stands for a failed TLS handshake; never on the wire.
    pub const TLS_HANDSHAKE: Self = Self(1015);

    /// Makes a code of any number; [`is_on_wire`](Self::is_on_wire) says whether a frame may carry it.
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The number.
    pub const fn to_u16(self) -> u16 {
        self.0
    }

    /// Whether a Close frame may carry the code: 1000 to 1003, 1007 to 1014, 3000 to 4999 (§7.4).
    ///
    /// 1004 to 1006 and 1015 are reserved; 1016 to 2999 are not assigned; others are undefined.
    pub const fn is_on_wire(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The body of a Close frame: a code, and a reason of at most 123 bytes, which may be empty.
///
/// The reason is for a log, not for an end user (§5.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code.
    pub code: CloseCode,
    /// The reason, at most 123 bytes.
    pub reason: String,
}

impl CloseFrame {
    /// Makes the body of a Close frame.
    pub fn new(code: CloseCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// What a Close counts as: without a body, as code 1005 (§7.1.5).
    pub(crate) fn counted(close: Option<&Self>) -> Self {
        close.cloned().unwrap_or_else(|| Self::new(CloseCode::NO_STATUS, ""))
    }

    /// Reads the body that the peer sent: nothing, or a code with a reason.
    pub(crate) fn parse(payload: &[u8]) -> Result<Option<Self>, ProtocolError> {
        let Some((code, reason)) = payload.split_first_chunk() else {
            // RFC 6455 §5.5.1: a body, if there is one, begins with a two-byte code.
            return if payload.is_empty() { Ok(None) } else { Err(ProtocolError::CutCloseCode) };
        };
        let code = CloseCode(u16::from_be_bytes(*code));
        if !code.is_on_wire() {
            return Err(ProtocolError::InvalidCloseCode(code));
        }
        let reason = str::from_utf8(reason).map_err(|_| ProtocolError::InvalidCloseReason)?;
        Ok(Some(Self::new(code, reason)))
    }

    /// Writes the body to the front of `bytes`, and returns its length.
    pub(crate) fn encode(&self, bytes: &mut [u8; MAX_CONTROL_LEN]) -> Result<usize, SendError> {
        if !self.code.is_on_wire() {
            return Err(SendError::InvalidCloseCode(self.code));
        }
        let len = 2 + self.reason.len();
        let Some(reason) = bytes.get_mut(2..len) else {
            return Err(SendError::ReasonTooLong(self.reason.len()));
        };
        reason.copy_from_slice(self.reason.as_bytes());
        bytes[..2].copy_from_slice(&self.code.0.to_be_bytes());
        Ok(len)
    }
}

/// The code, and the reason in quotes if there is one; control characters in it are escaped.
impl fmt::Display for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, " {:?}", self.reason) }
    }
}
