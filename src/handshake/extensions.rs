//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 §9.1):
//! `name; parameter; parameter=token; parameter="token", name …`

use alloc::{string::String, vec::Vec};
use core::str;

use super::headers::{elements, is_token, trim};

/// One extension of the list, with its parameters in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extension<'a> {
    pub(crate) name: &'a str,
    pub(crate) parameters: Vec<Parameter<'a>>,
}

/// A parameter; a quoted value stands here without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Option<String>,
}

/// The header does not follow its grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Reads the value of one header; a request or an answer may have several (§9.1).
///
/// What a quoted string stands for must be a token, so no separator is ever quoted.
pub(crate) fn parse(value: &[u8]) -> Result<Vec<Extension<'_>>, Malformed> {
    let extensions: Vec<_> = elements(value).map(extension).collect::<Result<_, _>>()?;
    // RFC 6455 §9.1: `1#extension`.
    if extensions.is_empty() { Err(Malformed) } else { Ok(extensions) }
}

fn extension(element: &[u8]) -> Result<Extension<'_>, Malformed> {
    let mut parts = element.split(|byte| *byte == b';').map(trim);
    let name = token(parts.next().unwrap_or_default())?;
    Ok(Extension { name, parameters: parts.map(parameter).collect::<Result<_, _>>()? })
}

fn parameter(part: &[u8]) -> Result<Parameter<'_>, Malformed> {
    let Some(equals) = part.iter().position(|byte| *byte == b'=') else {
        return Ok(Parameter { name: token(part)?, value: None });
    };
    let name = token(trim(&part[..equals]))?;
    let value = match trim(&part[equals + 1..]) {
        [b'"', quoted @ .., b'"'] => unquoted(quoted)?,
        value => token(value)?.into(),
    };
    Ok(Parameter { name, value: Some(value) })
}

/// What a quoted string stands for: without its backslashes (RFC 9110 §5.6.4), a token.
fn unquoted(quoted: &[u8]) -> Result<String, Malformed> {
    let mut value = Vec::with_capacity(quoted.len());
    let mut bytes = quoted.iter();
    while let Some(&byte) = bytes.next() {
        value.push(if byte == b'\\' { *bytes.next().ok_or(Malformed)? } else { byte });
    }
    token(&value).map(String::from)
}

fn token(bytes: &[u8]) -> Result<&str, Malformed> {
    if is_token(bytes) { str::from_utf8(bytes).map_err(|_| Malformed) } else { Err(Malformed) }
}
