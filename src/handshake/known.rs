//! The headers that the rules of both handshakes look at, found in one pass over the head.

use super::headers::{Headers, elements, is};

/// A header that a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Host,
    Upgrade,
    Connection,
    ContentLength,
    TransferEncoding,
    Key,
    Accept,
    Version,
    Protocol,
    Extensions,
}

/// What stands under a name that must not be repeated.
#[derive(Clone, Copy)]
pub(super) enum Single<'a> {
    Missing,
    Value(&'a [u8]),
    Repeated,
}

/// The headers with a [`Name`].
pub(super) struct Known<'a> {
    headers: &'a Headers,
    found: [Single<'a>; NAMES],
}

impl<'a> Known<'a> {
    pub(super) fn new(headers: &'a Headers) -> Self {
        let mut known = Self { headers, found: [Single::Missing; NAMES] };
        for (name, value) in headers.fields() {
            if let Some(name) = Name::of(name) {
                let found = &mut known.found[name as usize];
                *found = match found {
                    Single::Missing => Single::Value(value),
                    Single::Value(_) | Single::Repeated => Single::Repeated,
                };
            }
        }
        known
    }

    /// The value of a field that must not stand more than once.
    pub(super) fn single(&self, name: Name) -> Single<'a> {
        self.found[name as usize]
    }

    /// The values of all fields of that name.
    pub(super) fn values(&self, name: Name) -> impl Iterator<Item = &'a [u8]> {
        let (one, several) = match self.single(name) {
            Single::Missing => (None, None),
            Single::Value(value) => (Some(value), None),
            Single::Repeated => (None, Some(self.repeated(name))),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }

    /// Whether one of the comma-separated tokens of `name` is `token`, in any letter case.
    pub(super) fn has_token(&self, name: Name, token: &str) -> bool {
        let is_token = |part: &[u8]| is(part, token.as_bytes());
        // Mostly it stands alone.
        let has_token = |value: &[u8]| is_token(value) || elements(value).any(is_token);
        match self.single(name) {
            Single::Missing => false,
            Single::Value(value) => has_token(value),
            Single::Repeated => self.repeated(name).any(has_token),
        }
    }

    fn repeated(&self, name: Name) -> impl Iterator<Item = &'a [u8]> {
        let is_name = move |field: &(&[u8], &[u8])| Name::of(field.0) == Some(name);
        self.headers.fields().filter(is_name).map(|(_, value)| value)
    }
}

impl Name {
    fn of(name: &[u8]) -> Option<Self> {
        let is = |expected: &str| is(name, expected.as_bytes());
        // The length says which one it may be.
        match name.len() {
            4 if is("Host") => Some(Self::Host),
            7 if is("Upgrade") => Some(Self::Upgrade),
            10 if is("Connection") => Some(Self::Connection),
            14 if is("Content-Length") => Some(Self::ContentLength),
            17 if is("Transfer-Encoding") => Some(Self::TransferEncoding),
            17 if is("Sec-WebSocket-Key") => Some(Self::Key),
            20 if is("Sec-WebSocket-Accept") => Some(Self::Accept),
            21 if is("Sec-WebSocket-Version") => Some(Self::Version),
            22 if is("Sec-WebSocket-Protocol") => Some(Self::Protocol),
            24 if is("Sec-WebSocket-Extensions") => Some(Self::Extensions),
            _ => None,
        }
    }
}

/// How many a [`Name`] there is.
const NAMES: usize = Name::Extensions as usize + 1;
