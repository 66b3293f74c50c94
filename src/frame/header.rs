//! The frame header (RFC 6455 §5.2), and the rules that a header breaks by itself.
//!
//! ```text
//!  0: FIN RSV1 RSV2 RSV3 opcode(4)   1: MASK length(7)   [16 or 64 bits of length]   [masking key]
//! ```
//!
//! Rules that need to know what came before are in [`crate::Receiver`].

use alloc::vec::Vec;

use super::Mask;
use crate::ProtocolError;

/// What a frame carries (§5.2, §11.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Opcode {
    /// The message that an earlier frame began goes on.
    Continuation = 0x0,
    /// A text message begins.
    Text = 0x1,
    /// A binary message begins.
    Binary = 0x2,
    /// The sender will send nothing more (§5.5.1).
    Close = 0x8,
    /// Asks for a Pong with the same payload (§5.5.2).
    Ping = 0x9,
    /// Answers a Ping, or comes unasked as a heartbeat (§5.5.3).
    Pong = 0xa,
}

impl Opcode {
    /// Close, Ping and Pong: at most 125 bytes, never fragmented, allowed between fragments (§5.5).
    pub const fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }

    /// Text and Binary: the first frame of a message (§5.4).
    pub(crate) const fn begins_message(self) -> bool {
        matches!(self, Self::Text | Self::Binary)
    }

    const fn from_wire(bits: u8) -> Result<Self, ProtocolError> {
        match bits {
            0x0 => Ok(Self::Continuation),
            0x1 => Ok(Self::Text),
            0x2 => Ok(Self::Binary),
            0x8 => Ok(Self::Close),
            0x9 => Ok(Self::Ping),
            0xa => Ok(Self::Pong),
            reserved => Err(ProtocolError::ReservedOpcode(reserved)),
        }
    }
}

/// The three reserved bits, zero unless an extension gives them a meaning (§5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rsv(u8);

impl Rsv {
    /// No bit set.
    pub const NONE: Self = Self(0);
    /// RSV1, which permessage-deflate uses to mark a compressed message (RFC 7692 §6).
    pub const RSV1: Self = Self(0x40);

    /// The bits in their place in the first byte of a frame: 0x40, 0x20 and 0x10.
    pub const fn bits(self) -> u8 {
        self.0
    }
}

/// All of a frame but its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// This frame ends its message.
    pub fin: bool,
    /// The reserved bits.
    pub rsv: Rsv,
    /// What the frame carries.
    pub opcode: Opcode,
    /// The key, on every frame from a client and on none from a server (§5.1).
    pub mask: Option<Mask>,
    /// Bytes that follow the header: below 2^63, and at most 125 in a control frame.
    pub payload_len: u64,
}

impl FrameHeader {
    /// Reads the header at the front of `bytes`, and how many bytes it took (2 to 14).
    ///
    /// Returns `None` when `bytes` ends before the header does.
    ///
    /// # Errors
    ///
    /// A reserved opcode (§5.2), a length that is not in its shortest form or has its top bit set
    /// (§5.2), a control frame that is fragmented or longer than 125 bytes (§5.5).
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ProtocolError> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let fin = first & FIN != 0;
        let opcode = Opcode::from_wire(first & OPCODE_BITS)?;
        let short_len = second & LEN_BITS;
        if opcode.is_control() {
            // RFC 6455 §5.5: control frames are not fragmented and have at most 125 bytes.
            if !fin {
                return Err(ProtocolError::FragmentedControl(opcode));
            }
            if short_len as usize > MAX_CONTROL_LEN {
                return Err(ProtocolError::ControlTooLong(opcode));
            }
        }
        let (payload_len, rest) = match short_len {
            LEN_16 => {
                let Some((len, rest)) = rest.split_first_chunk() else { return Ok(None) };
                (minimal(u64::from(u16::from_be_bytes(*len)), 126)?, rest)
            }
            LEN_64 => {
                let Some((len, rest)) = rest.split_first_chunk() else { return Ok(None) };
                (minimal(u64::from_be_bytes(*len), 1 << 16)?, rest)
            }
            len => (u64::from(len), rest),
        };
        let (mask, rest) = if second & MASK == 0 {
            (None, rest)
        } else {
            let Some((key, rest)) = rest.split_first_chunk() else { return Ok(None) };
            (Some(Mask::new(*key)), rest)
        };
        let rsv = Rsv(first & RSV_BITS);
        Ok(Some((Self { fin, rsv, opcode, mask, payload_len }, bytes.len() - rest.len())))
    }

    /// Appends the header to `output`, with the length in its shortest form (2 to 14 bytes). What
    /// [`parse`](Self::parse) would refuse is written all the same.
    #[inline]
    pub fn encode(&self, output: &mut Vec<u8>) {
        let (bytes, len) = self.to_bytes();
        let before = output.len();
        // A copy of a length that the compiler knows needs no call.
        output.extend_from_slice(&bytes);
        output.truncate(before + len);
    }

    /// The header's bytes, and how many of them count. They are put together in a register: bytes
    /// that are stored one by one are slow to load together.
    #[inline]
    fn to_bytes(self) -> ([u8; HEADER_ROOM], usize) {
        let first = if self.fin { FIN } else { 0 } | self.rsv.bits() | self.opcode as u8;
        let (second, extended_len, mut len) = match self.payload_len {
            short @ 0..=125 => (short as u8, 0, 2),
            medium @ 126..=0xffff => (LEN_16, (medium as u16).swap_bytes().into(), 4),
            long => (LEN_64, long.swap_bytes(), 10),
        };
        let mut bytes =
            u128::from(first) | u128::from(second) << 8 | u128::from(extended_len) << 16;
        if let Some(mask) = self.mask {
            let key = u128::from(u32::from_le_bytes(mask.to_bytes()));
            bytes |= u128::from(MASK) << 8 | key << (8 * len);
            len += 4;
        }
        (bytes.to_le_bytes(), len)
    }
}

/// RFC 6455 §5.2: the minimal number of bytes encodes the length, and the top bit of 64 is 0.
const fn minimal(len: u64, least: u64) -> Result<u64, ProtocolError> {
    if len < least {
        return Err(ProtocolError::NonMinimalLength(len));
    }
    if len >> 63 != 0 {
        return Err(ProtocolError::LengthOutOfRange(len));
    }
    Ok(len)
}

/// The longest payload of a control frame, in bytes (§5.5).
pub(crate) const MAX_CONTROL_LEN: usize = 125;
/// The longest header: two bytes, 64 bits of length, the key.
pub(crate) const MAX_HEADER_LEN: usize = 14;
/// The room that [`FrameHeader::encode`] wants for a header of any length.
pub(crate) const HEADER_ROOM: usize = 16;

pub(crate) const FIN: u8 = 0x80;
const RSV_BITS: u8 = 0x70;
const OPCODE_BITS: u8 = 0x0f;
pub(crate) const MASK: u8 = 0x80;
const LEN_BITS: u8 = 0x7f;
const LEN_16: u8 = 126;
const LEN_64: u8 = 127;
