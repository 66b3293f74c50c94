//! Whole messages and payloads: lent from the read buffer or from the caller, or owned.

use alloc::{string::String, vec::Vec};
#[cfg(feature = "std")]
use core::mem;
use core::{fmt, ops};

use bytes::Bytes;
use bytestring::ByteString;

/// The two kinds of message (RFC 6455 §5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Binary,
}

/// A message, whole: lent from the read buffer, or owned.
///
/// `Message<'static>` ([`into_owned`](Self::into_owned)) is what one keeps; clones of it are cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Text.
    Text(Text<'a>),
    /// Bytes.
    Binary(Payload<'a>),
}

/// Bytes, lent or owned. Dereferences to `[u8]`.
#[derive(Clone)]
pub enum Payload<'a> {
    /// Lent from the read buffer, or from the caller.
    Lent(&'a [u8]),
    /// Owned and shared; a clone counts a reference.
    Owned(Bytes),
}

/// Text, lent or owned. Dereferences to `str`.
#[derive(Clone)]
pub enum Text<'a> {
    /// Lent from the read buffer, or from the caller.
    Lent(&'a str),
    /// Owned and shared; a clone counts a reference.
    Owned(ByteString),
}

impl<'a> Message<'a> {
    /// Text or binary.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Binary(_) => Kind::Binary,
        }
    }

    /// The text of a text message.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// The bytes of either kind.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(payload) => payload,
        }
    }

    /// Takes the message, and leaves an empty one.
    ///
    /// A message that is moved is copied whole, although most of it holds nothing if it is lent; and
    /// bytes that were just stored word by word are slow to load by larger pieces.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        match self {
            Self::Text(Text::Lent(text)) => Self::Text(Text::Lent(text)),
            Self::Text(Text::Owned(text)) => Self::Text(Text::Owned(mem::take(text))),
            Self::Binary(Payload::Lent(bytes)) => Self::Binary(Payload::Lent(bytes)),
            Self::Binary(Payload::Owned(bytes)) => Self::Binary(Payload::Owned(mem::take(bytes))),
        }
    }

    /// The bytes of either kind, lent or owned as they were.
    pub fn into_payload(self) -> Payload<'a> {
        match self {
            Self::Text(Text::Lent(text)) => Payload::Lent(text.as_bytes()),
            Self::Text(Text::Owned(text)) => Payload::Owned(text.into_bytes()),
            Self::Binary(payload) => payload,
        }
    }

    /// The message to keep: copies what is lent, at the cost of one allocation.
    pub fn into_owned(self) -> Message<'static> {
        match self {
            Self::Text(text) => Message::Text(text.into_owned()),
            Self::Binary(payload) => Message::Binary(payload.into_owned()),
        }
    }
}

impl Payload<'_> {
    /// The payload to keep: copies what is lent.
    pub fn into_owned(self) -> Payload<'static> {
        Payload::Owned(self.into_bytes())
    }

    /// The payload as `Bytes`: copies what is lent.
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Lent(bytes) => Bytes::copy_from_slice(bytes),
            Self::Owned(bytes) => bytes,
        }
    }
}

impl Text<'_> {
    /// The text to keep: copies what is lent.
    pub fn into_owned(self) -> Text<'static> {
        Text::Owned(match self {
            Self::Lent(text) => ByteString::from(text),
            Self::Owned(text) => text,
        })
    }
}

/// Lends what is lent, and shares what is owned: nothing is copied.
impl<'a> From<&'a Message<'_>> for Message<'a> {
    fn from(message: &'a Message<'_>) -> Self {
        match message {
            Message::Text(Text::Lent(text)) => Self::Text(Text::Lent(text)),
            Message::Text(Text::Owned(text)) => Self::Text(Text::Owned(text.clone())),
            Message::Binary(Payload::Lent(bytes)) => Self::Binary(Payload::Lent(bytes)),
            Message::Binary(Payload::Owned(bytes)) => Self::Binary(Payload::Owned(bytes.clone())),
        }
    }
}

impl<'a> From<&'a str> for Message<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a String> for Message<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text.as_str().into())
    }
}

impl From<String> for Message<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<ByteString> for Message<'_> {
    fn from(text: ByteString) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::Lent(text)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self::Owned(text.into())
    }
}

impl From<ByteString> for Text<'_> {
    fn from(text: ByteString) -> Self {
        Self::Owned(text)
    }
}

impl<'a> From<Text<'a>> for Message<'a> {
    fn from(text: Text<'a>) -> Self {
        Self::Text(text)
    }
}

impl<'a, T: Into<Payload<'a>>> From<T> for Message<'a> {
    fn from(payload: T) -> Self {
        Self::Binary(payload.into())
    }
}

impl<'a> From<&'a [u8]> for Payload<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Lent(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Payload<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Lent(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Payload<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Lent(bytes)
    }
}

impl From<Vec<u8>> for Payload<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Owned(bytes.into())
    }
}

impl From<Bytes> for Payload<'_> {
    fn from(bytes: Bytes) -> Self {
        Self::Owned(bytes)
    }
}

impl ops::Deref for Payload<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Lent(text) => text,
            Self::Owned(text) => text,
        }
    }
}

// Two payloads are equal when their bytes are, whoever owns them.
impl PartialEq for Payload<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Payload<'_> {}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<[u8]> for Payload<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl AsRef<[u8]> for Payload<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
