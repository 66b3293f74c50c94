//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 §9.1):
//! `name; parameter; parameter=token; parameter="token", name …`

use alloc::{borrow::Cow, vec::Vec};

use super::headers::{elements, is_token, split, token_len, trim};

/// One extension of the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    pub(crate) name: &'a [u8],
    /// What stands behind the first semicolon, if there is one.
    parameters: Option<&'a [u8]>,
}

/// A parameter; a quoted value stands here without its quotes.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "deflate"), allow(dead_code, reason = "only its grammar counts"))]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: Option<Cow<'a, [u8]>>,
}

/// The header does not follow its grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Whether the value of one header follows the grammar; a request or an answer may have several.
pub(crate) fn check(value: &[u8]) -> Result<(), Malformed> {
    let mut is_empty = true;
    for extension in parse(value) {
        extension?.parameters().try_for_each(|parameter| parameter.map(drop))?;
        is_empty = false;
    }
    // RFC 6455 §9.1: `1#extension`.
    if is_empty { Err(Malformed) } else { Ok(()) }
}

/// The extensions in the value of one header.
///
/// What a quoted string stands for must be a token, so no separator is ever quoted.
pub(crate) fn parse(value: &[u8]) -> impl Iterator<Item = Result<Extension<'_>, Malformed>> {
    elements(value).map(|element| {
        let (name, rest) = split_token(element)?;
        match trim(rest) {
            [] => Ok(Extension { name, parameters: None }),
            [b';', parameters @ ..] => Ok(Extension { name, parameters: Some(parameters) }),
            _ => Err(Malformed),
        }
    })
}

impl<'a> Extension<'a> {
    /// The parameters in order.
    pub(crate) fn parameters(self) -> impl Iterator<Item = Result<Parameter<'a>, Malformed>> {
        let parameters = self.parameters.into_iter();
        parameters.flat_map(|all| split(all, b';')).map(trim).map(parameter)
    }
}

fn parameter(part: &[u8]) -> Result<Parameter<'_>, Malformed> {
    let (name, rest) = split_token(part)?;
    let value = match trim(rest) {
        [] => return Ok(Parameter { name, value: None }),
        [b'=', value @ ..] => trim(value),
        _ => return Err(Malformed),
    };
    let value = match value {
        [b'"', quoted @ .., b'"'] if quoted.contains(&b'\\') => unquoted(quoted)?.into(),
        [b'"', value @ .., b'"'] | value => token(value)?.into(),
    };
    Ok(Parameter { name, value: Some(value) })
}

/// What a quoted string stands for: without its backslashes (RFC 9110 §5.6.4), a token.
fn unquoted(quoted: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut value = Vec::with_capacity(quoted.len());
    let mut bytes = quoted.iter();
    while let Some(&byte) = bytes.next() {
        value.push(if byte == b'\\' { *bytes.next().ok_or(Malformed)? } else { byte });
    }
    token(&value)?;
    Ok(value)
}

fn token(bytes: &[u8]) -> Result<&[u8], Malformed> {
    if is_token(bytes) { Ok(bytes) } else { Err(Malformed) }
}

/// The token at the front, and what follows it.
fn split_token(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    match bytes.split_at(token_len(bytes)) {
        ([], _) => Err(Malformed),
        (token, rest) => Ok((token, rest)),
    }
}
