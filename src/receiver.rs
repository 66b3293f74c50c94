//! Bytes from the peer, turned into checked and unmasked [`Part`]s.
//!
//! `input` → header → rules → payload → `Part`. Rules that a header breaks by itself are in
//! [`FrameHeader::parse`]; the ones here need to know what came before (RFC 6455 §5.1, §5.4).
//! UTF-8 is checked where text is put together: in [`crate::Assembler`].
//!
//! [`Receiver::check`] is the judge of all headers. `locate_whole` only overtakes it for the headers
//! that most frames have, and lets pass no other; a test holds the two against each other.
//!
//! Memory: at most one header and one control payload are carried here; data is lent, never held.

mod payload;
mod whole;

use alloc::boxed::Box;
use core::mem;

use payload::DataFrame;

use crate::{
    Config, FrameHeader, Kind, Opcode, Part, ProtocolError, Role, Rsv,
    control::UnfinishedControl,
    counters::Tally,
    frame::{MASK, MAX_HEADER_LEN, NO_MASK},
    part::{Located, Marks, Unit},
};

/// Checks and unmasks what the peer sends.
#[derive(Debug)]
pub struct Receiver {
    role: Role,
    /// The mask bit as the peer must set it (§5.1), in its place in the second byte.
    mask_bit: u8,
    max_message_len: u64,
    max_message_frames: u32,
    /// Messages may be compressed: RSV1 has a meaning (RFC 7692 §6).
    compression: bool,
    message: Option<Unfinished>,
    state: State,
    /// Frames and bytes are counted here; what they say, by the connection.
    pub(crate) received: Tally,
}

/// A message of which not all frames have begun.
#[derive(Clone, Copy, Debug)]
struct Unfinished {
    kind: Kind,
    /// What its frames promise so far, in bytes.
    len: u64,
    frames: u32,
    is_compressed: bool,
}

#[derive(Debug)]
enum State {
    /// Between frames.
    Between,
    /// The first bytes of a header are carried.
    Header { carried: [u8; MAX_HEADER_LEN], len: u8 },
    /// In the payload of a data frame.
    Data(DataFrame),
    #[cfg(feature = "deflate")]
    /// So many bytes at the front of the input were unmasked before, and given back.
    Unmasked { len: usize, frame: DataFrame },
    /// In the payload of a control frame that straddles inputs.
    Control(Box<UnfinishedControl>),
    /// A Close came: nothing after it counts (§5.5.1).
    Closed,
    /// The peer broke a rule: nothing after it counts (§7.1.7).
    Failed(ProtocolError),
}

impl Receiver {
    /// Makes a receiver for the endpoint that has `role`; the peer has the other one.
    pub const fn new(role: Role, config: &Config) -> Self {
        Self {
            role,
            mask_bit: match role {
                Role::Server => MASK,
                Role::Client => 0,
            },
            max_message_len: config.max_message_len,
            max_message_frames: config.max_message_frames,
            compression: false,
            message: None,
            state: State::Between,
            received: Tally::NONE,
        }
    }

    /// Takes the next part from the front of `input`.
    ///
    /// Returns `None` when `input` is used up: read more and call again. Nothing of the old input is
    /// needed any more. A data frame is handed over as it arrives, in chunks of 0 to `input.len()`
    /// bytes; a control frame (at most 125 bytes) only whole. After a Close, input is discarded.
    ///
    /// # Errors
    ///
    /// The peer broke RFC 6455 or passed a limit. The error is returned again by every later call,
    /// and `input` is emptied; send a Close with [`ProtocolError::close_code`] and close the
    /// transport (§7.1.7).
    pub fn receive<'a>(
        &mut self,
        input: &mut &'a mut [u8],
    ) -> Result<Option<Part<'a>>, ProtocolError> {
        let located = self.locate(input, Unit::Message);
        let bytes = mem::take(input);
        let Some(located) = located? else { return Ok(None) };
        let (used, rest) = bytes.split_at_mut(located.used);
        *input = rest;
        Ok(Some(located.part.lend(&mut used[located.start..])))
    }

    /// Finds, checks and unmasks the next part of `input`, and says where it is.
    ///
    /// All of `input` is used up when there is none, or when the peer failed. A header that begins or
    /// continues a message is held against the limits if `unit` is the whole message.
    #[inline]
    pub(crate) fn locate(
        &mut self,
        input: &mut [u8],
        unit: Unit,
    ) -> Result<Option<Located>, ProtocolError> {
        let located = self.step(input, unit);
        match &located {
            Ok(Some(located)) => self.received.wire += located.used as u64,
            // After a Close, input is discarded.
            Ok(None) if self.is_ended() => {}
            Ok(None) => self.received.wire += input.len() as u64,
            Err(error) => self.fail(error.clone()),
        }
        located
    }

    #[inline]
    fn step(&mut self, input: &mut [u8], unit: Unit) -> Result<Option<Located>, ProtocolError> {
        let (header, start) = match &mut self.state {
            State::Between => match FrameHeader::parse(input)? {
                Some(header) => header,
                None => return Ok(self.carry(input)),
            },
            State::Header { carried, len } => match carried_header(carried, len, input)? {
                Some(header) => {
                    self.state = State::Between;
                    header
                }
                None => return Ok(None),
            },
            _ => return self.resume(input),
        };
        let (message, first) = self.check(&header, unit)?;
        self.received.frames += 1;
        if header.opcode.is_control() {
            return self.control(header, input, start);
        }
        self.message = if header.fin { None } else { Some(message) };
        let mask = header.mask.unwrap_or(NO_MASK);
        let marks = Marks::new(message.kind, first, header.fin, message.is_compressed);
        let frame = DataFrame { marks, mask, rest: header.payload_len };
        Ok(self.data(frame, input, start))
    }

    /// Allows messages to be compressed.
    #[cfg(feature = "deflate")]
    pub(crate) const fn allow_compression(&mut self) {
        self.compression = true;
    }

    /// Makes every later call return `error`.
    #[cold]
    pub(crate) fn fail(&mut self, error: ProtocolError) {
        self.state = State::Failed(error);
    }

    /// Takes the end of the transport: an error unless a Close came before it (§7.1.5).
    pub(crate) fn receive_end(&mut self) -> Result<(), ProtocolError> {
        match &self.state {
            State::Closed => Ok(()),
            State::Failed(error) => Err(error.clone()),
            _ => {
                self.fail(ProtocolError::EndWithoutClose);
                Err(ProtocolError::EndWithoutClose)
            }
        }
    }

    #[cfg(feature = "std")]
    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    pub(crate) const fn has_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    /// Whether what came ends with the end of a message.
    pub(crate) const fn is_between_messages(&self) -> bool {
        matches!(self.state, State::Between) && self.message.is_none()
    }

    /// Whether a Close came or the peer failed, so that nothing more is received.
    pub const fn is_ended(&self) -> bool {
        matches!(self.state, State::Closed | State::Failed(_))
    }

    /// Keeps the first bytes of a header: all of `input`, which holds no whole one.
    #[cold]
    fn carry(&mut self, input: &[u8]) -> Option<Located> {
        if !input.is_empty() {
            let mut carried = [0; MAX_HEADER_LEN];
            carried[..input.len()].copy_from_slice(input);
            self.state = State::Header { carried, len: input.len() as u8 };
        }
        None
    }

    /// The rules of masking, reserved bits, order and limits: those that need to know what came
    /// before. Returns the message that a data frame belongs to, and whether it begins it.
    #[inline]
    fn check(&self, header: &FrameHeader, unit: Unit) -> Result<(Unfinished, bool), ProtocolError> {
        let opcode = header.opcode;
        // RFC 6455 §5.1: a server closes on an unmasked frame, a client on a masked one.
        match (self.role, header.mask) {
            (Role::Server, None) => return Err(ProtocolError::Unmasked),
            (Role::Client, Some(_)) => return Err(ProtocolError::Masked),
            _ => {}
        }
        // RFC 6455 §5.2: reserved bits are 0 unless an extension defines them. RFC 7692 §6: RSV1, on
        // the first frame of a message.
        let is_compressed = header.rsv == Rsv::RSV1 && self.compression && opcode.begins_message();
        if header.rsv != Rsv::NONE && !is_compressed {
            return Err(ProtocolError::ReservedBits { rsv: header.rsv, opcode });
        }
        // RFC 6455 §5.4: a message is one data frame and its continuations; none interrupts another.
        let (before, first) = match (opcode, self.message) {
            (Opcode::Continuation, None) => return Err(ProtocolError::UnexpectedContinuation),
            (Opcode::Continuation, Some(message)) => (message, false),
            (Opcode::Text, None) => (Unfinished::new(Kind::Text, is_compressed), true),
            (Opcode::Binary, None) => (Unfinished::new(Kind::Binary, is_compressed), true),
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(ProtocolError::InterruptedMessage(opcode));
            }
            // RFC 6455 §5.5: control frames may come between, and count for no message.
            _ => return Ok((Unfinished::new(Kind::Binary, false), false)),
        };
        // RFC 6455 §10.4: limits on what a message's frames promise, before any of it is held.
        let len = before.len.saturating_add(header.payload_len);
        if unit == Unit::Message {
            // What a compressed message becomes is counted while it is inflated.
            if !before.is_compressed {
                self.check_len(len)?;
            }
            if before.frames >= self.max_message_frames {
                return Err(ProtocolError::TooManyFrames { limit: self.max_message_frames });
            }
        }
        Ok((Unfinished { len, frames: before.frames.saturating_add(1), ..before }, first))
    }

    #[cfg(feature = "deflate")]
    pub(crate) fn max_message_len(&self) -> usize {
        usize::try_from(self.max_message_len).unwrap_or(usize::MAX)
    }

    /// Holds the length of a message against its limit (§10.4).
    #[inline]
    pub(crate) const fn check_len(&self, len: u64) -> Result<(), ProtocolError> {
        if len > self.max_message_len {
            return Err(ProtocolError::MessageTooBig { len, limit: self.max_message_len });
        }
        Ok(())
    }
}

/// Completes a header of which `len` bytes are carried; says where in `input` it ends.
#[cold]
fn carried_header(
    carried: &mut [u8; MAX_HEADER_LEN],
    len: &mut u8,
    input: &[u8],
) -> Result<Option<(FrameHeader, usize)>, ProtocolError> {
    let before = usize::from(*len);
    let add = input.len().min(MAX_HEADER_LEN - before);
    carried[before..before + add].copy_from_slice(&input[..add]);
    *len += add as u8;
    let header = FrameHeader::parse(&carried[..before + add])?;
    Ok(header.map(|(header, used)| (header, used - before)))
}

impl Unfinished {
    const fn new(kind: Kind, is_compressed: bool) -> Self {
        Self { kind, len: 0, frames: 0, is_compressed }
    }
}
