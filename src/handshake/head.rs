//! Bytes in, one whole HTTP head out.
//!
//! Each byte is looked at once however the head is cut: the search for the blank line goes on where
//! it stopped, and the parser runs once, on the whole head. Memory: the head, at most
//! `max_head_len` bytes.

use alloc::vec::Vec;
use core::{
    mem::{self, MaybeUninit},
    ops::Range,
};

use super::{HandshakeError, headers::Field};
use crate::{Config, hidden::Hidden};

/// Gathers a head up to its blank line.
#[derive(Debug)]
pub(super) struct HeadReader {
    start: Start,
    max_len: usize,
    /// Bytes of the heads before this one: a client may get several, which share the limit.
    taken: usize,
    max_headers: usize,
    bytes: Hidden<Vec<u8>>,
    /// Where the line begins that is being read.
    line_start: usize,
    lines: usize,
}

/// How the first line must begin: what cannot is refused before the head is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Printable ASCII. A TLS hello is not.
    Request,
    /// `HTTP/`
    Status,
}

impl HeadReader {
    pub(super) fn new(start: Start, config: &Config) -> Self {
        Self {
            start,
            max_len: config.max_head_len,
            taken: 0,
            max_headers: config.max_headers,
            bytes: Hidden::default(),
            line_start: 0,
            lines: 0,
        }
    }

    /// Takes bytes off the front of `input`, up to the end of the head, and returns the head whole.
    pub(super) fn receive(
        &mut self,
        input: &mut &mut [u8],
    ) -> Result<Option<Vec<u8>>, HandshakeError> {
        let before = self.bytes.len();
        let max_len = self.max_len - self.taken;
        let fits = input.len().min(max_len - before);
        let end = self.find_end(&input[..fits]);
        let used = match &end {
            Ok(Some(end)) => *end,
            // Also what is refused is kept: the answer to a HEAD request has no body.
            _ => fits,
        };
        let (used, rest) = mem::take(input).split_at_mut(used);
        *input = rest;
        self.bytes.extend_from_slice(used);
        if end?.is_some() {
            (self.line_start, self.lines) = (0, 0);
            self.taken += self.bytes.len();
            return Ok(Some(mem::take(&mut *self.bytes)));
        }
        if self.bytes.len() == max_len {
            return Err(HandshakeError::HeadTooLong { limit: self.max_len });
        }
        Ok(None)
    }

    /// Whether nothing came.
    pub(super) fn is_untouched(&self) -> bool {
        self.bytes.is_empty() && self.taken == 0
    }

    /// Whether what came so far is a HEAD request.
    pub(super) fn is_head(&self) -> bool {
        is_head(&self.bytes)
    }

    /// Where in `new` the head ends, behind its blank line.
    fn find_end(&mut self, new: &[u8]) -> Result<Option<usize>, HandshakeError> {
        let before = self.bytes.len();
        let mut at = 0;
        for line_feed in memchr::memchr_iter(b'\n', new) {
            self.check_first_line(&new[at..line_feed], at + before)?;
            at = line_feed + 1;
            // RFC 9112 §2.2 lets a line end in a bare LF, but nobody needs it, and a proxy that
            // sees other lines than we do is how requests are smuggled.
            let previous = if line_feed > 0 { new.get(line_feed - 1) } else { self.bytes.last() };
            if previous != Some(&b'\r') {
                return Err(HandshakeError::MalformedHead);
            }
            let line_len = before + at - self.line_start;
            self.line_start = before + at;
            if line_len == CRLF_LEN {
                // RFC 9112 §2.2: blank lines before a request are passed over; so does the parser.
                if self.lines == 0 && self.start == Start::Request {
                    continue;
                }
                return Ok(Some(at));
            }
            self.lines += 1;
            let headers = self.lines - 1;
            if headers > self.max_headers {
                return Err(HandshakeError::TooManyHeaders { limit: self.max_headers });
            }
        }
        self.check_first_line(&new[at..], at + before)?;
        Ok(None)
    }

    /// Refuses a first line that cannot be one: `piece` is its part from byte `offset` on.
    fn check_first_line(&self, piece: &[u8], offset: usize) -> Result<(), HandshakeError> {
        if self.lines > 0 {
            return Ok(());
        }
        let possible = match self.start {
            Start::Request => {
                let is_possible = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r');
                // Without an early end, so that it is done in vectors.
                piece.iter().fold(true, |all, byte| all & is_possible(byte))
            }
            Start::Status => {
                let expected = STATUS_START.get(offset..).unwrap_or_default();
                piece.iter().zip(expected).all(|(byte, expected)| byte == expected)
            }
        };
        if possible { Ok(()) } else { Err(HandshakeError::MalformedHead) }
    }
}

/// Whether `request` begins a HEAD request (RFC 9110 §9.3.2), behind blank lines.
pub(super) fn is_head(request: &[u8]) -> bool {
    request.trim_ascii_start().starts_with(b"HEAD ")
}

/// Room for as many headers as `head` can have within the limit: `few`, or what `many` gets.
pub(super) fn header_room<'r, 'h>(
    head: &'h [u8],
    max_headers: usize,
    few: &'r mut [HeaderRoom<'h>; FEW],
    many: &'r mut Vec<HeaderRoom<'h>>,
) -> &'r mut [HeaderRoom<'h>] {
    if max_headers <= FEW {
        return few;
    }
    let lines = memchr::memchr_iter(b'\n', head).count();
    many.resize_with(lines.min(max_headers), MaybeUninit::uninit);
    many
}

/// Where in `head` the parsed fields stand.
pub(super) fn fields(head: &[u8], headers: &[httparse::Header<'_>]) -> Vec<Field> {
    let field = |header: &httparse::Header<'_>| Field {
        name: place(head, header.name.as_bytes()),
        value: place(head, header.value),
    };
    headers.iter().map(field).collect()
}

/// Where in `head` the slice of it that is `part` stands.
pub(super) fn place(head: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(head.as_ptr().addr());
    start..start + part.len()
}

/// Where the parser puts a header.
type HeaderRoom<'h> = MaybeUninit<httparse::Header<'h>>;
/// Room that is not cleared, and lies on the stack.
pub(super) const FEW_HEADERS: [HeaderRoom<'_>; FEW] = [const { MaybeUninit::uninit() }; FEW];
/// The default of `Config::max_headers`, for which no room is allocated.
const FEW: usize = 100;
const CRLF_LEN: usize = 2;
const STATUS_START: &[u8] = b"HTTP/";
