//! The user name and password of a URL (RFC 3986 §3.2.1), for Basic authentication (RFC 7617).

use alloc::{string::String, vec::Vec};
use core::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{InvalidUrl, headers::alphanumeric_and};

/// A user name and a password, as bytes: percent-encoding is undone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: Vec<u8>,
    pub(crate) password: Vec<u8>,
}

impl Credentials {
    /// Parses what stands before the `@` of a URL; `None` where it is empty.
    pub(super) fn parse(user_info: &str) -> Result<Option<Self>, InvalidUrl> {
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        let (Some(user), Some(password)) = (decoded(user), decoded(password)) else {
            return Err(InvalidUrl::UserInfo);
        };
        // RFC 7617 §2: the first colon ends the user name, and no control character is in either.
        if user.contains(&b':')
            || [&user, &password].into_iter().flatten().any(u8::is_ascii_control)
        {
            return Err(InvalidUrl::UserInfo);
        }
        let is_empty = user.is_empty() && password.is_empty();
        Ok((!is_empty).then_some(Self { user, password }))
    }

    /// The value of `Authorization` or `Proxy-Authorization` (RFC 7617 §2).
    pub(crate) fn basic(&self) -> String {
        let mut value = String::from("Basic ");
        let pair = [&self.user[..], b":", &self.password].concat();
        BASE64_STANDARD.encode_string(pair, &mut value);
        value
    }
}

// Nor does the user name belong in a log: in many a service it is the token.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Undoes percent-encoding (RFC 3986 §2.1); `None` for a character that needs it and has none.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            byte if IS_IN_USER_INFO[usize::from(byte)] => byte,
            _ => return None,
        });
    }
    Some(decoded)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// RFC 3986 §3.2.1.
const IS_IN_USER_INFO: [bool; 256] = alphanumeric_and(b"-._~!$&'()*+,;=:");
