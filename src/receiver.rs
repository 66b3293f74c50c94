//! Bytes from the peer, turned into checked and unmasked [`Part`]s.
//!
//! `input` → header → rules → payload → `Part`. Rules that a header breaks by itself are in
//! [`FrameHeader::parse`]; the ones here need to know what came before (RFC 6455 §5.1, §5.4).
//! UTF-8 is checked where text is put together: in [`crate::Assembler`].
//!
//! Memory: at most one header and one control payload are carried here; data is lent, never held.

use alloc::vec::Vec;
use core::{mem, ops::Range};

use bytes::Bytes;

use crate::{
    CloseFrame, Config, FrameHeader, Kind, Mask, Opcode, Payload, ProtocolError, Role, Rsv,
    frame::MAX_HEADER_LEN,
};

/// Checks and unmasks what the peer sends.
#[derive(Debug)]
pub struct Receiver {
    role: Role,
    max_message_len: u64,
    max_message_frames: u32,
    message: Option<Unfinished>,
    state: State,
}

/// The next piece of what the peer sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A piece of a message.
    Data(Chunk<'a>),
    /// A Ping, to be answered with the same payload (§5.5.2).
    Ping(Payload<'a>),
    /// A Pong (§5.5.3).
    Pong(Payload<'a>),
    /// The peer will send nothing more (§5.5.1).
    Close(Option<CloseFrame>),
}

/// A piece of a message, unmasked, lent from the input.
///
/// Each frame gives at least one chunk, which may be empty; where frames begin and end carries no
/// meaning (§5.4).
#[derive(Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The message's kind.
    pub kind: Kind,
    /// The bytes. In a text message they may begin and end inside a character.
    pub payload: &'a mut [u8],
    /// The chunk begins its message.
    pub first: bool,
    /// The chunk belongs to the message's last frame.
    pub fin: bool,
    /// How many bytes of the chunk's frame are still to come.
    pub frame_rest: u64,
}

impl Chunk<'_> {
    /// Whether the chunk ends its message.
    pub const fn is_last(&self) -> bool {
        self.fin && self.frame_rest == 0
    }
}

/// A message of which not all frames have begun.
#[derive(Clone, Copy, Debug)]
struct Unfinished {
    kind: Kind,
    /// What its frames promise so far, in bytes.
    len: u64,
    frames: u32,
}

#[derive(Debug)]
enum State {
    /// Between frames; the first bytes of a header may be carried.
    Header { carried: [u8; MAX_HEADER_LEN], len: u8 },
    /// In the payload of a data frame.
    Data(DataFrame),
    /// In the payload of a control frame that straddles inputs.
    Control { opcode: Opcode, mask: Mask, rest: usize, carried: Vec<u8> },
    /// A Close came: nothing after it counts (§5.5.1).
    Closed,
    /// The peer broke a rule: nothing after it counts (§7.1.7).
    Failed(ProtocolError),
}

#[derive(Clone, Copy, Debug)]
struct DataFrame {
    kind: Kind,
    /// As it applies to the next byte; all zero where there is none.
    mask: Mask,
    rest: u64,
    first: bool,
    fin: bool,
}

/// A part by its place: what [`Receiver::receive`] lends, before it is lent.
///
/// A loop that returns a borrow of its own buffer does not pass the borrow checker; one that returns
/// places does.
#[derive(Debug)]
pub(crate) struct Located {
    /// Bytes of the input that are used up.
    pub(crate) used: usize,
    pub(crate) part: LocatedPart,
}

#[derive(Debug)]
pub(crate) enum LocatedPart {
    Data {
        kind: Kind,
        payload: Range<usize>,
        first: bool,
        fin: bool,
        frame_rest: u64,
    },
    Control {
        opcode: Opcode,
        payload: Range<usize>,
    },
    /// A control payload that straddled inputs.
    Carried {
        opcode: Opcode,
        payload: Bytes,
    },
    Close(Option<CloseFrame>),
}

impl Receiver {
    /// Makes a receiver for the endpoint that has `role`; the peer has the other one.
    pub const fn new(role: Role, config: &Config) -> Self {
        Self {
            role,
            max_message_len: config.max_message_len,
            max_message_frames: config.max_message_frames,
            message: None,
            state: BETWEEN_FRAMES,
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
        let located = self.locate(input);
        let bytes = mem::take(input);
        let Some(located) = located? else { return Ok(None) };
        let (used, rest) = bytes.split_at_mut(located.used);
        *input = rest;
        Ok(Some(located.part.lend(used)))
    }

    /// Finds, checks and unmasks the next part of `input`, and says where it is.
    ///
    /// All of `input` is used up when there is none, or when the peer failed.
    #[inline]
    pub(crate) fn locate(&mut self, input: &mut [u8]) -> Result<Option<Located>, ProtocolError> {
        let located = match &mut self.state {
            State::Header { len: 0, .. } => self.header(input),
            State::Header { .. } => self.carried_header(input),
            State::Data(frame) => {
                let frame = *frame;
                Ok(self.data(frame, input, 0))
            }
            State::Control { .. } => self.carried_control(input),
            State::Closed => Ok(None),
            State::Failed(error) => Err(error.clone()),
        };
        located.inspect_err(|error| self.fail(error.clone()))
    }

    /// Makes every later call return `error`: the peer failed in a way that shows elsewhere.
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

    /// Whether a Close came or the peer failed, so that nothing more is received.
    pub const fn is_ended(&self) -> bool {
        matches!(self.state, State::Closed | State::Failed(_))
    }

    #[inline]
    fn header(&mut self, input: &mut [u8]) -> Result<Option<Located>, ProtocolError> {
        if let Some((header, used)) = FrameHeader::parse(input)? {
            return self.begin(&header, input, used);
        }
        let mut carried = [0; MAX_HEADER_LEN];
        carried[..input.len()].copy_from_slice(input);
        self.state = State::Header { carried, len: input.len() as u8 };
        Ok(None)
    }

    /// Goes on with a header whose first bytes came before.
    fn carried_header(&mut self, input: &mut [u8]) -> Result<Option<Located>, ProtocolError> {
        let State::Header { carried, len } = &mut self.state else { return Ok(None) };
        let before = usize::from(*len);
        let add = input.len().min(MAX_HEADER_LEN - before);
        carried[before..before + add].copy_from_slice(&input[..add]);
        *len += add as u8;
        match FrameHeader::parse(&carried[..before + add])? {
            Some((header, used)) => self.begin(&header, input, used - before),
            None => Ok(None),
        }
    }

    /// Starts a frame whose payload begins at `start`.
    #[inline]
    fn begin(
        &mut self,
        header: &FrameHeader,
        input: &mut [u8],
        start: usize,
    ) -> Result<Option<Located>, ProtocolError> {
        let (message, first) = self.check(header)?;
        if header.opcode.is_control() {
            return self.control(header, input, start);
        }
        self.message = if header.fin { None } else { Some(message) };
        let frame = DataFrame {
            kind: message.kind,
            mask: header.mask.unwrap_or(NO_MASK),
            rest: header.payload_len,
            first,
            fin: header.fin,
        };
        if start == input.len() && header.payload_len > 0 {
            self.state = State::Data(frame);
            return Ok(None);
        }
        Ok(self.data(frame, input, start))
    }

    /// The rules of masking, reserved bits, order and limits: those that need to know what came
    /// before. Returns the message that a data frame belongs to, and whether it begins it.
    #[inline]
    fn check(&self, header: &FrameHeader) -> Result<(Unfinished, bool), ProtocolError> {
        let opcode = header.opcode;
        // RFC 6455 §5.1: a server closes on an unmasked frame, a client on a masked one.
        match (self.role, header.mask) {
            (Role::Server, None) => return Err(ProtocolError::Unmasked),
            (Role::Client, Some(_)) => return Err(ProtocolError::Masked),
            _ => {}
        }
        // RFC 6455 §5.2: reserved bits are 0 unless an extension defines them.
        if header.rsv != Rsv::NONE {
            return Err(ProtocolError::ReservedBits { rsv: header.rsv, opcode });
        }
        // RFC 6455 §5.4: a message is one data frame and its continuations; none interrupts another.
        let (before, first) = match (opcode, self.message) {
            (Opcode::Continuation, None) => return Err(ProtocolError::UnexpectedContinuation),
            (Opcode::Continuation, Some(message)) => (message, false),
            (Opcode::Text, None) => (Unfinished::new(Kind::Text), true),
            (Opcode::Binary, None) => (Unfinished::new(Kind::Binary), true),
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(ProtocolError::InterruptedMessage(opcode));
            }
            // RFC 6455 §5.5: control frames may come between, and count for no message.
            _ => return Ok((Unfinished::new(Kind::Binary), false)),
        };
        // RFC 6455 §10.4: limits on what a message's frames promise, before any of it is held.
        let len = before.len.saturating_add(header.payload_len);
        if len > self.max_message_len {
            return Err(ProtocolError::MessageTooBig { len, limit: self.max_message_len });
        }
        if before.frames == self.max_message_frames {
            return Err(ProtocolError::TooManyFrames { limit: self.max_message_frames });
        }
        Ok((Unfinished { len, frames: before.frames + 1, ..before }, first))
    }

    /// Takes what `input` holds of a data frame, from `start` on.
    #[inline]
    fn data(&mut self, frame: DataFrame, input: &mut [u8], start: usize) -> Option<Located> {
        let rest = &mut input[start..];
        if rest.is_empty() && frame.rest > 0 {
            return None;
        }
        let len = usize::try_from(frame.rest).map_or(rest.len(), |len| len.min(rest.len()));
        let frame_rest = frame.rest - len as u64;
        if frame.mask != NO_MASK {
            frame.mask.apply(0, &mut rest[..len]);
        }
        self.state = if frame_rest == 0 {
            BETWEEN_FRAMES
        } else {
            let mask = frame.mask.skip(len);
            State::Data(DataFrame { mask, rest: frame_rest, first: false, ..frame })
        };
        let DataFrame { kind, first, fin, .. } = frame;
        let payload = start..start + len;
        let part = LocatedPart::Data { kind, payload, first, fin, frame_rest };
        Some(Located { used: start + len, part })
    }

    /// Takes a control frame whose payload begins at `start`; one that is not whole is carried.
    fn control(
        &mut self,
        header: &FrameHeader,
        input: &mut [u8],
        start: usize,
    ) -> Result<Option<Located>, ProtocolError> {
        let opcode = header.opcode;
        let mask = header.mask.unwrap_or(NO_MASK);
        // At most 125, by `FrameHeader::parse`.
        let len = header.payload_len as usize;
        let end = start + len;
        if let Some(payload) = input.get_mut(start..end) {
            self.state = BETWEEN_FRAMES;
            mask.apply(0, payload);
            let part = if opcode == Opcode::Close {
                self.close(payload)?
            } else {
                LocatedPart::Control { opcode, payload: start..end }
            };
            return Ok(Some(Located { used: end, part }));
        }
        let mut carried = Vec::with_capacity(len);
        carried.extend_from_slice(&input[start..]);
        self.state = State::Control { opcode, mask, rest: len - carried.len(), carried };
        Ok(None)
    }

    /// Goes on with a control frame whose first bytes came before.
    fn carried_control(&mut self, input: &mut [u8]) -> Result<Option<Located>, ProtocolError> {
        let State::Control { opcode, mask, rest, carried } = &mut self.state else {
            return Ok(None);
        };
        let used = input.len().min(*rest);
        carried.extend_from_slice(&input[..used]);
        *rest -= used;
        if *rest > 0 {
            return Ok(None);
        }
        let (opcode, mut payload) = (*opcode, mem::take(carried));
        mask.apply(0, &mut payload);
        self.state = BETWEEN_FRAMES;
        let part = if opcode == Opcode::Close {
            self.close(&payload)?
        } else {
            LocatedPart::Carried { opcode, payload: payload.into() }
        };
        Ok(Some(Located { used, part }))
    }

    fn close(&mut self, payload: &[u8]) -> Result<LocatedPart, ProtocolError> {
        let close = CloseFrame::parse(payload)?;
        self.state = State::Closed;
        Ok(LocatedPart::Close(close))
    }
}

impl LocatedPart {
    /// Lends the part from the bytes that it used.
    fn lend(self, used: &mut [u8]) -> Part<'_> {
        match self {
            Self::Data { kind, payload, first, fin, frame_rest } => {
                let payload = &mut used[payload];
                Part::Data(Chunk { kind, payload, first, fin, frame_rest })
            }
            Self::Control { opcode, payload } => control(opcode, Payload::Lent(&used[payload])),
            Self::Carried { opcode, payload } => control(opcode, Payload::Owned(payload)),
            Self::Close(close) => Part::Close(close),
        }
    }
}

fn control(opcode: Opcode, payload: Payload<'_>) -> Part<'_> {
    if opcode == Opcode::Ping { Part::Ping(payload) } else { Part::Pong(payload) }
}

impl Unfinished {
    const fn new(kind: Kind) -> Self {
        Self { kind, len: 0, frames: 0 }
    }
}

const BETWEEN_FRAMES: State = State::Header { carried: [0; MAX_HEADER_LEN], len: 0 };
/// XORing with it changes nothing, so a missing mask needs no branch of its own.
const NO_MASK: Mask = Mask::new([0; 4]);
