//! HTTP header fields: names and values in one block, in the order in which they came.

use alloc::{format, string::String, vec::Vec};
use core::{fmt, iter, mem, ops::Range, str};

use super::HandshakeError;

/// HTTP header fields, in order; a name may stand more than once. Names ignore letter case.
#[derive(Clone, Default)]
pub struct Headers {
    block: Vec<u8>,
    fields: Vec<Field>,
}

/// Where a field stands in its block.
#[derive(Clone)]
pub(super) struct Field {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

impl Headers {
    /// Makes an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a head, and where in it the parser found the fields.
    pub(super) fn parsed(block: Vec<u8>, fields: Vec<Field>) -> Self {
        Self { block, fields }
    }

    /// Appends a field. What may not stand in a head is found when the head is written.
    pub fn push(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.push_field(name.as_bytes(), value.as_ref());
    }

    /// As [`push`](Self::push), with a name of ASCII.
    pub(super) fn push_field(&mut self, name: &[u8], value: &[u8]) {
        let field = Field { name: self.place(name), value: self.place(value) };
        self.fields.push(field);
    }

    /// As [`push_field`](Self::push_field), for HTTP/2, which has names in lower case only (RFC 9113 §8.2.1).
    pub(super) fn push_lower_case(&mut self, name: &[u8], value: &[u8]) {
        let field = Field { name: self.place(name), value: self.place(value) };
        self.block[field.name.clone()].make_ascii_lowercase();
        self.fields.push(field);
    }

    /// Takes a text into the block, and says where it stands.
    pub(super) fn place(&mut self, part: &[u8]) -> Range<usize> {
        let start = self.block.len();
        self.block.extend_from_slice(part);
        start..self.block.len()
    }

    /// The fields in order, values as raw bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|field| {
            let name = str::from_utf8(self.part(&field.name)).unwrap_or_default();
            (name, self.part(&field.value))
        })
    }

    /// The values of all fields of that name.
    #[inline]
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |field| {
                field.name.len() == name.len() && is(self.part(&field.name), name.as_bytes())
            })
            .map(|field| self.part(&field.value))
    }

    /// The first value of that name, if it is text (UTF-8).
    pub fn text<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).next().and_then(|value| str::from_utf8(value).ok())
    }

    /// Whether what stands under this name is a credential.
    pub(crate) fn is_secret(name: &str) -> bool {
        SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(name))
    }

    /// Takes all fields out but those with one of these names; nothing of them is held any more.
    pub(super) fn keep_only(&mut self, names: &[&str]) {
        let all = mem::take(self);
        for (name, value) in all.iter() {
            if names.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                self.push(name, value);
            }
        }
    }

    /// Refuses what would break out of its field: a name that is no token, control characters in a
    /// value (RFC 9110 §5), and the fields that `reserved` says are the caller's own.
    pub(super) fn check(&self, reserved: impl Fn(&str) -> bool) -> Result<(), HandshakeError> {
        for (name, value) in self.iter() {
            if !is_token(name.as_bytes()) || !is_field_value(value) || reserved(name) {
                return Err(HandshakeError::InvalidHeader(name.into()));
            }
        }
        Ok(())
    }

    /// The fields in order, as bytes.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|field| (self.part(&field.name), self.part(&field.value)))
    }

    pub(super) fn part(&self, range: &Range<usize>) -> &[u8] {
        &self.block[range.clone()]
    }
}

// What must not end in a log stays out of it.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value): (&'_ str, &[u8])| {
            let is_one_of = |names: &[&str]| names.iter().any(|it| name.eq_ignore_ascii_case(it));
            let end = value.iter().position(|byte| b"?#".contains(byte));
            let value = match end {
                _ if Self::is_secret(name) => "…".into(),
                Some(end) if is_one_of(&URLS) => format!("{}…", value[..=end].escape_ascii()),
                _ => format!("{}", value.escape_ascii()),
            };
            (String::from(name), value)
        };
        f.debug_map().entries(self.iter().map(shown)).finish()
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

/// Whether both are the same in any letter case. Mostly they are in one case, which is found sooner.
#[inline]
pub(super) fn is(part: &[u8], expected: &[u8]) -> bool {
    part == expected || part.eq_ignore_ascii_case(expected)
}

/// The elements of a comma-separated list; empty ones are passed over (RFC 9110 §5.6.1).
pub(super) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    split(value, b',').map(trim).filter(|element| !element.is_empty())
}

/// The parts that `separator` stands between.
pub(super) fn split(bytes: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    iter::from_fn(move || {
        let bytes = rest?;
        let end = memchr::memchr(separator, bytes);
        rest = end.map(|end| &bytes[end + 1..]);
        Some(&bytes[..end.unwrap_or(bytes.len())])
    })
}

/// Takes optional white space off both ends.
pub(super) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// RFC 9110 §5.6.2: visible ASCII but delimiters, and not empty.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && token_len(bytes) == bytes.len()
}

/// How many bytes at the front may stand in a token.
pub(super) fn token_len(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| !IS_TOKEN[usize::from(*byte)]);
    end.unwrap_or(bytes.len())
}

/// RFC 9110 §5.5: visible characters, blanks, and bytes from 0x80 on; no CR, LF or NUL.
fn is_field_value(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..=0xff))
}

/// A table of the bytes that are letters, digits, or in `others`.
pub(super) const fn alphanumeric_and(mut others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    while let [byte, rest @ ..] = others {
        table[*byte as usize] = true;
        others = rest;
    }
    table
}

const IS_TOKEN: [bool; 256] = alphanumeric_and(b"!#$%&'*+-.^_`|~");

/// Headers whose values are URLs: a token may stand in the query, or in the fragment.
const URLS: [&str; 2] = ["location", "referer"];

/// Headers whose values are credentials.
const SECRETS: [&str; 6] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    // Browsers can set no header but this one, so tokens travel in it.
    "sec-websocket-protocol",
];
