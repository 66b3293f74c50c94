//! The short way of what most messages are: one frame that lies whole in the input.

use core::ops::Range;

use super::{Receiver, State};
use crate::{
    Kind, Mask, Opcode, Role,
    frame::{FIN, MAX_HEADER_LEN},
};

impl Receiver {
    /// Takes a message that lies whole at the front of `input` in one frame, as most do: its kind and
    /// place.
    ///
    /// A header that breaks a rule, or that this does not know, is left to [`locate`](Self::locate),
    /// the judge of all; this only overtakes it.
    #[inline]
    pub(crate) fn locate_whole(&mut self, input: &mut [u8]) -> Option<(Kind, Range<usize>)> {
        let (kind, start, len) = self.begins_whole(input)?;
        let start = if self.role == Role::Client {
            input.get(start..start + len)?;
            start
        } else {
            let (key, after) = input[start..].split_first_chunk_mut()?;
            Mask::new(*key).apply(0, after.get_mut(..len)?);
            start + 4
        };
        self.received.message(len, start + len);
        Some((kind, start..start + len))
    }

    /// How many bytes are missing of a message that [`locate_whole`](Self::locate_whole) would take.
    #[cfg(feature = "std")]
    pub(crate) fn missing(&self, input: &[u8]) -> Option<usize> {
        let (_, start, len) = self.begins_whole(input)?;
        let mask_len = if self.role == Role::Client { 0 } else { 4 };
        (start + mask_len + len).checked_sub(input.len())
    }

    /// The kind of a message of one frame that begins `input`, where its header ends but for the mask,
    /// and how long its payload is.
    #[inline(always)]
    fn begins_whole(&self, input: &[u8]) -> Option<(Kind, usize, usize)> {
        let [first, second, after @ ..] = input else { return None };
        let kind = match *first {
            FIN_TEXT => Kind::Text,
            FIN_BINARY => Kind::Binary,
            _ => return None,
        };
        // With the right mask bit, this is the length; with the wrong one, it is over 127.
        let (len, start) = match *second ^ self.mask_bit {
            len @ 0..=125 => (usize::from(len), 2),
            126 => (usize::from(u16::from_be_bytes(*after.first_chunk()?)), 4),
            127 => (usize::try_from(u64::from_be_bytes(*after.first_chunk()?)).ok()?, 10),
            _ => return None,
        };
        let is_minimal = match start {
            2 => true,
            4 => len > 125,
            _ => len > 0xffff && len <= isize::MAX as usize - MAX_HEADER_LEN,
        };
        let may_begin = matches!(self.state, State::Between)
            && self.message.is_none()
            && self.max_message_frames > 0;
        if !is_minimal || !may_begin || len as u64 > self.max_message_len {
            return None;
        }
        Some((kind, start, len))
    }
}

const FIN_TEXT: u8 = FIN | Opcode::Text as u8;
const FIN_BINARY: u8 = FIN | Opcode::Binary as u8;
