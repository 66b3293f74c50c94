//! Control frames (RFC 6455 §5.5): at most 125 bytes, never fragmented, and given out only whole.
//!
//! One that lies whole in the input is found there; one that straddles inputs is gathered here.

use alloc::{boxed::Box, vec::Vec};
use core::mem;

use crate::{
    CloseFrame, FrameHeader, Mask, Opcode, Payload, ProtocolError, frame::NO_MASK, hidden::Hidden,
};

/// What a control frame says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Control<'a> {
    Ping(Payload<'a>),
    Pong(Payload<'a>),
    Close(Option<CloseFrame>),
}

/// A control frame of which not all bytes have come.
#[derive(Debug)]
pub(crate) struct UnfinishedControl {
    opcode: Opcode,
    mask: Mask,
    len: u8,
    carried: Hidden<Vec<u8>>,
}

impl UnfinishedControl {
    /// Begins with what has come of the payload.
    pub(crate) fn new(header: FrameHeader, payload: &[u8]) -> Self {
        // At most 125, by `FrameHeader::parse`.
        let len = header.payload_len as u8;
        let mut carried = Vec::with_capacity(usize::from(len));
        carried.extend_from_slice(payload);
        Self {
            opcode: header.opcode,
            mask: header.mask.unwrap_or(NO_MASK),
            len,
            carried: Hidden(carried),
        }
    }

    /// Takes what `input` holds of the payload, and says how much that was. Returns what the frame
    /// says when it is whole.
    pub(crate) fn receive(
        &mut self,
        input: &[u8],
    ) -> Result<(usize, Option<Box<Control<'static>>>), ProtocolError> {
        let len = usize::from(self.len);
        let used = input.len().min(len - self.carried.len());
        self.carried.extend_from_slice(&input[..used]);
        if self.carried.len() < len {
            return Ok((used, None));
        }
        let mut payload = mem::take(&mut *self.carried);
        self.mask.apply(0, &mut payload);
        let control = match self.opcode {
            Opcode::Close => Control::Close(CloseFrame::parse(&payload)?),
            Opcode::Ping => Control::Ping(payload.into()),
            _ => Control::Pong(payload.into()),
        };
        Ok((used, Some(Box::new(control))))
    }
}
