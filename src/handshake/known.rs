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
    found: [Single<'a>; NAMES.len()],
}

impl<'a> Known<'a> {
    pub(super) fn new(headers: &'a Headers) -> Self {
        let mut found = [Single::Missing; NAMES.len()];
        for (name, value) in headers.fields() {
            if let Some(name) = Name::of(name) {
                let found = &mut found[name as usize];
                *found = match found {
                    Single::Missing => Single::Value(value),
                    Single::Value(_) | Single::Repeated => Single::Repeated,
                };
            }
        }
        Self { headers, found }
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
            Single::Repeated => (None, Some(self.headers.values(name.text()))),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }

    /// Whether one of the comma-separated tokens of `name` is `token`, in any letter case.
    pub(super) fn has_token(&self, name: Name, token: &str) -> bool {
        let is_token = |part: &[u8]| is(part, token.as_bytes());
        // Mostly it stands alone.
        self.values(name).any(|value| is_token(value) || elements(value).any(is_token))
    }
}

impl Name {
    pub(super) fn text(self) -> &'static str {
        NAMES[self as usize]
    }

    /// The length leaves one name to compare with, or one for each first letter.
    fn of(name: &[u8]) -> Option<Self> {
        let possible = match (name.len(), name.first()?) {
            (4, _) => Self::Host,
            (7, _) => Self::Upgrade,
            (10, _) => Self::Connection,
            (14, _) => Self::ContentLength,
            (17, b'T' | b't') => Self::TransferEncoding,
            (17, _) => Self::Key,
            (20, _) => Self::Accept,
            (21, _) => Self::Version,
            (22, _) => Self::Protocol,
            (24, _) => Self::Extensions,
            _ => return None,
        };
        is(name, possible.text().as_bytes()).then_some(possible)
    }
}

/// In the order of [`Name`].
const NAMES: [&str; 10] = [
    "Host",
    "Upgrade",
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
];
