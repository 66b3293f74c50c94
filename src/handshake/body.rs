//! The body of an answer that refuses the handshake (RFC 9112 §6): for a person to read, so a long
//! one is cut.

use alloc::vec::Vec;
use core::mem;

use super::{
    Headers, Response,
    known::{Known, Name},
};
use crate::hidden::Hidden;

/// Gathers a body of at most `limit` bytes.
#[derive(Debug)]
pub(super) struct BodyReader {
    body: Hidden<Vec<u8>>,
    limit: usize,
    framing: Framing,
}

#[derive(Debug)]
enum Framing {
    /// So many bytes are to come.
    Length(u64),
    /// Until the transport ends.
    UntilEnd,
    /// In a chunk's size line; the line so far.
    ChunkSize(Vec<u8>),
    /// So many bytes of a chunk, and its line end, are to come.
    Chunk(u64),
    /// Whole, or as much of it as counts.
    Done,
}

impl BodyReader {
    pub(super) fn new(response: &Response, limit: usize) -> Self {
        let wanted = limit > 0 && response.has_body();
        let framing = if wanted { framing(&response.headers) } else { Framing::Done };
        Self { body: Hidden::default(), limit, framing }
    }

    /// Takes all of `input`; returns whether the body is whole or as long as the limit.
    pub(super) fn receive(&mut self, input: &mut &mut [u8]) -> bool {
        let mut input = &*mem::take(input);
        loop {
            self.framing = match mem::replace(&mut self.framing, Framing::Done) {
                Framing::Done => return true,
                Framing::Length(0) => Framing::Done,
                framing if input.is_empty() => {
                    self.framing = framing;
                    return false;
                }
                Framing::Length(rest) => Framing::Length(rest - self.gather(&mut input, rest)),
                Framing::UntilEnd => {
                    self.gather(&mut input, u64::MAX);
                    Framing::UntilEnd
                }
                Framing::ChunkSize(line) => chunk_size(line, &mut input),
                Framing::Chunk(rest @ (0..=CRLF_LEN)) => {
                    let skipped = input.len().min(rest as usize);
                    input = &input[skipped..];
                    match rest - skipped as u64 {
                        0 => Framing::ChunkSize(Vec::new()),
                        rest => Framing::Chunk(rest),
                    }
                }
                Framing::Chunk(rest) => {
                    Framing::Chunk(rest - self.gather(&mut input, rest - CRLF_LEN))
                }
            };
            if self.body.len() == self.limit {
                self.framing = Framing::Done;
            }
        }
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        mem::take(&mut *self.body)
    }

    /// Takes up to `most` bytes of the body, as far as the limit goes; returns how many.
    fn gather(&mut self, input: &mut &[u8], most: u64) -> u64 {
        let room = self.limit - self.body.len();
        let len = input.len().min(room).min(usize::try_from(most).unwrap_or(usize::MAX));
        let (now, rest) = input.split_at(len);
        self.body.extend_from_slice(now);
        *input = rest;
        len as u64
    }
}

fn framing(headers: &Headers) -> Framing {
    if Known::new(headers).has_token(Name::TransferEncoding, "chunked") {
        return Framing::ChunkSize(Vec::new());
    }
    let length = headers.text("Content-Length").and_then(|length| length.parse().ok());
    length.map_or(Framing::UntilEnd, Framing::Length)
}

/// Reads on in a chunk's size line; a line that is none ends the body.
fn chunk_size(mut line: Vec<u8>, input: &mut &[u8]) -> Framing {
    let end = input.iter().position(|byte| *byte == b'\n').map_or(input.len(), |end| end + 1);
    let (now, rest) = input.split_at(end);
    *input = rest;
    line.extend_from_slice(now);
    if line.len() > MAX_SIZE_LINE {
        return Framing::Done;
    }
    match httparse::parse_chunk_size(&line) {
        Ok(httparse::Status::Complete((_, size))) if size > 0 => {
            Framing::Chunk(size.saturating_add(CRLF_LEN))
        }
        Ok(httparse::Status::Partial) => Framing::ChunkSize(line),
        _ => Framing::Done,
    }
}

const CRLF_LEN: u64 = 2;
/// A size line with extensions that nobody needs is longer, in bytes.
const MAX_SIZE_LINE: usize = 256;
