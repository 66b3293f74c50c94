//! Payloads of frames, as far as they are in the input: unmasked and handed on, or carried.

use alloc::boxed::Box;

use super::{Receiver, State};
#[cfg(feature = "deflate")]
use crate::Kind;
use crate::{
    CloseFrame, FrameHeader, Mask, Opcode, ProtocolError,
    control::{Control, UnfinishedControl},
    frame::NO_MASK,
    part::{Located, LocatedPart, Marks},
};

/// What is still to come of a data frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct DataFrame {
    pub(super) marks: Marks,
    /// As it applies to the next byte; all zero where there is none.
    pub(super) mask: Mask,
    pub(super) rest: u64,
}

impl Receiver {
    /// Goes on with a payload that the last input left unfinished.
    pub(super) fn resume(&mut self, input: &mut [u8]) -> Result<Option<Located>, ProtocolError> {
        match &mut self.state {
            State::Data(frame) => {
                let frame = *frame;
                self.state = State::Between;
                Ok(self.data(frame, input, 0))
            }
            #[cfg(feature = "deflate")]
            State::Unmasked { len, frame } => {
                let (len, frame) = (*len, *frame);
                Ok(Some(self.unmasked(len, frame, input)))
            }
            State::Control(frame) => {
                let (used, control) = frame.receive(input)?;
                Ok(control.map(|control| self.control_whole(control, used, used)))
            }
            State::Failed(error) => Err(error.clone()),
            State::Closed | State::Between | State::Header { .. } => Ok(None),
        }
    }

    /// Takes what `input` holds of a data frame, from `start` on.
    #[inline]
    pub(super) fn data(
        &mut self,
        frame: DataFrame,
        input: &mut [u8],
        start: usize,
    ) -> Option<Located> {
        let DataFrame { marks, mask, rest } = frame;
        let here = &mut input[start..];
        if rest > here.len() as u64 {
            return self.partial_data(frame, here, start);
        }
        let len = rest as usize;
        mask.apply(0, &mut here[..len]);
        let part = LocatedPart::Data { marks, frame_rest: 0 };
        Some(Located { start, used: start + len, part })
    }

    /// Takes all of `here`, and remembers what is still to come of the frame.
    fn partial_data(&mut self, frame: DataFrame, here: &mut [u8], start: usize) -> Option<Located> {
        let len = here.len();
        let frame_rest = frame.rest - len as u64;
        if len == 0 {
            self.state = State::Data(frame);
            return None;
        }
        frame.mask.apply(0, here);
        let (marks, mask) = (frame.marks.next(), frame.mask.skip(len));
        self.state = State::Data(DataFrame { marks, mask, rest: frame_rest });
        let part = LocatedPart::Data { marks: frame.marks, frame_rest };
        Some(Located { start, used: start + len, part })
    }

    /// Hands out again what was given back, as far as it is in the input.
    #[cfg(feature = "deflate")]
    fn unmasked(&mut self, len: usize, frame: DataFrame, input: &[u8]) -> Located {
        let used = len.min(input.len());
        self.state = match (len - used, frame.rest) {
            (0, 0) => State::Between,
            (0, _) => State::Data(frame),
            (len, _) => State::Unmasked { len, frame },
        };
        let frame_rest = frame.rest + (len - used) as u64;
        let part = LocatedPart::Data { marks: frame.marks.next(), frame_rest };
        Located { start: 0, used, part }
    }

    /// Takes a control frame whose payload begins at `start`; one that is not whole is carried.
    ///
    /// The header is a copy: one that is referred to has to be written to memory.
    #[inline]
    pub(super) fn control(
        &mut self,
        header: FrameHeader,
        input: &mut [u8],
        start: usize,
    ) -> Result<Option<Located>, ProtocolError> {
        // At most 125 more, by `FrameHeader::parse`.
        let used = start + header.payload_len as usize;
        let Some(payload) = input.get_mut(start..used) else {
            let frame = UnfinishedControl::new(header, &input[start..]);
            self.state = State::Control(Box::new(frame));
            return Ok(None);
        };
        header.mask.unwrap_or(NO_MASK).apply(0, payload);
        let part = match header.opcode {
            Opcode::Close => {
                let close = Control::Close(CloseFrame::parse(payload)?);
                return Ok(Some(self.control_whole(Box::new(close), start, used)));
            }
            Opcode::Ping => LocatedPart::Ping,
            _ => LocatedPart::Pong,
        };
        Ok(Some(Located { start, used, part }))
    }

    /// RFC 6455 §5.5.1: nothing that comes after a Close counts.
    fn control_whole(
        &mut self,
        control: Box<Control<'static>>,
        start: usize,
        used: usize,
    ) -> Located {
        self.state =
            if matches!(*control, Control::Close(_)) { State::Closed } else { State::Between };
        Located { start, used, part: LocatedPart::Owned(control) }
    }

    /// Takes back the last `len` bytes of the part of a compressed message that was located last: they
    /// stay at the front of the input, as they are, and are located once more.
    #[cfg(feature = "deflate")]
    pub(crate) fn give_back(&mut self, len: usize, kind: Kind, fin: bool) {
        let (behind, frame) = match self.state {
            State::Unmasked { len, frame } => (len, frame),
            State::Data(frame) => (0, frame),
            _ => {
                let marks = Marks::new(kind, false, fin, true);
                (0, DataFrame { marks, mask: NO_MASK, rest: 0 })
            }
        };
        self.state = State::Unmasked { len: len + behind, frame };
        // They count when they are located once more.
        self.received.wire -= len as u64;
    }
}
