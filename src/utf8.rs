//! UTF-8 that arrives in pieces: bytes in, whole characters out, each byte looked at once.
//!
//! At most three bytes of an unfinished character are carried from one piece to the next. Bytes
//! that cannot begin any valid text are refused at once, not when the message ends (RFC 6455 §8.1).

use core::str;

use ascii::AsciiStr;

/// The bytes are not UTF-8, whatever may follow them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidUtf8;

/// Checks a text that lies whole in `bytes`.
#[inline]
pub(crate) fn check(bytes: &[u8]) -> Result<&str, InvalidUtf8> {
    if bytes.len() < LONG {
        // Short texts are mostly ASCII, which is found out a word at a time.
        if let Ok(text) = AsciiStr::from_ascii(bytes) {
            return Ok(text.as_str());
        }
    }
    check_long(bytes)
}

#[cfg(feature = "std")]
fn check_long(bytes: &[u8]) -> Result<&str, InvalidUtf8> {
    simdutf8::basic::from_utf8(bytes).map_err(|_| InvalidUtf8)
}

#[cfg(not(feature = "std"))]
fn check_long(bytes: &[u8]) -> Result<&str, InvalidUtf8> {
    str::from_utf8(bytes).map_err(|_| InvalidUtf8)
}

/// Bytes from which vectors pay.
const LONG: usize = 64;

/// The unfinished character between two pieces of a text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Utf8Carry {
    bytes: [u8; 3],
    len: u8,
}

impl Utf8Carry {
    /// Takes the next piece: the character that it completes, if one was carried, and the whole
    /// characters after it. What is left of `piece`, an unfinished character, is carried.
    pub(crate) fn push<'a>(
        &mut self,
        mut piece: &'a [u8],
    ) -> Result<(Option<char>, &'a str), InvalidUtf8> {
        let mut completed = None;
        while self.len > 0 && completed.is_none() {
            let Some((&byte, rest)) = piece.split_first() else { return Ok((None, "")) };
            completed = self.push_byte(byte)?;
            piece = rest;
        }
        Ok((completed, check(self.cut(piece)?)?))
    }

    /// Carries the unfinished character at the end of `piece`, and returns what comes before it,
    /// which is not checked: only the last three bytes are looked at. Nothing may be carried.
    pub(crate) fn cut<'a>(&mut self, piece: &'a [u8]) -> Result<&'a [u8], InvalidUtf8> {
        let (whole, unfinished) = piece.split_at(piece.len() - unfinished_len(piece));
        if !is_prefix(unfinished) {
            return Err(InvalidUtf8);
        }
        self.bytes[..unfinished.len()].copy_from_slice(unfinished);
        self.len = unfinished.len() as u8;
        Ok(whole)
    }

    /// The first bytes of the unfinished character.
    #[cfg(feature = "deflate")]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Bytes that are carried, 0 to 3.
    pub(crate) const fn len(self) -> usize {
        self.len as usize
    }

    /// Ends the text.
    pub(crate) const fn finish(self) -> Result<(), InvalidUtf8> {
        if self.len == 0 { Ok(()) } else { Err(InvalidUtf8) }
    }

    /// Adds one byte to the unfinished character, and returns the character if that completes it.
    fn push_byte(&mut self, byte: u8) -> Result<Option<char>, InvalidUtf8> {
        let len = self.len();
        let mut character = [0; 4];
        character[..len].copy_from_slice(&self.bytes[..len]);
        character[len] = byte;
        let character = &character[..=len];
        match str::from_utf8(character) {
            Ok(text) => {
                self.len = 0;
                Ok(text.chars().next())
            }
            Err(error) if error.error_len().is_none() => {
                self.bytes[len] = byte;
                self.len += 1;
                Ok(None)
            }
            Err(_) => Err(InvalidUtf8),
        }
    }
}

/// How many bytes at the end of `bytes` begin a character that needs more (0 to 3).
fn unfinished_len(bytes: &[u8]) -> usize {
    for (index, byte) in bytes.iter().rev().take(3).enumerate() {
        let needed = match byte {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
            0x00..=0x7f => 1,
        };
        return if needed > index + 1 { index + 1 } else { 0 };
    }
    0
}

/// Whether some valid text begins with `bytes`.
fn is_prefix(bytes: &[u8]) -> bool {
    match str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}
