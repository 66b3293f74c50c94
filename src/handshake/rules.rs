//! The rules for a request that asks for a WebSocket: RFC 6455 §4.2.1 for an upgrade, RFC 8441 §4 and §5
//! for an extended CONNECT.

use alloc::vec::Vec;
use core::str;

use super::{
    HandshakeError, RequestHead, VERSION, extensions,
    headers::{alphanumeric_and, elements, is, is_token},
    known::{Known, Name, Single},
    request::{Extended, Version},
    url::{is_authority, is_same_authority},
};

/// What a request asks for, if it breaks no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    WebSocket,
    Other,
}

/// Whether a request asks for a WebSocket, and follows the rules.
pub(super) fn check(head: &RequestHead) -> Result<Wish, HandshakeError> {
    let known = Known::new(head.headers());
    let is_wish = match &head.version {
        Version::Http1(minor) => {
            check_host(&known, *minor)?;
            known.has_token(Name::Upgrade, "websocket")
        }
        Version::Http2(_) => head.protocol().is_some(),
    };
    if !is_wish {
        return Ok(Wish::Other);
    }
    match &head.version {
        Version::Http1(minor) => check_upgrade(head, *minor, &known)?,
        Version::Http2(extended) => check_extended_connect(head, extended, &known)?,
    }
    // #6: once (§11.3.5), and 13; §4.4: other versions are told which one there is.
    match known.single(Name::Version) {
        Single::Value(version) if version == VERSION.as_bytes() => {}
        // RFC 9113 §8.6: HTTP/2 has no upgrade that one could ask for.
        Single::Value(_) if matches!(head.version, Version::Http2(_)) => {
            return Err(HandshakeError::InvalidVersion);
        }
        Single::Value(_) => return Err(HandshakeError::UnsupportedVersion),
        Single::Missing | Single::Repeated => return Err(HandshakeError::InvalidVersion),
    }
    // #8, §4.1 #10: tokens, all different.
    check_subprotocols(&known)?;
    // #9: the grammar of §9.1, whatever the extensions are.
    for value in known.values(Name::Extensions) {
        extensions::check(value).map_err(|_| HandshakeError::InvalidExtensions)?;
    }
    Ok(Wish::WebSocket)
}

/// RFC 6455 §4.2.1: what makes a request an upgrade.
fn check_upgrade(
    head: &RequestHead,
    minor_version: u8,
    known: &Known<'_>,
) -> Result<(), HandshakeError> {
    // #1: GET, and HTTP/1.1 or higher; httparse knows no 1.x above 1.1.
    if minor_version == 0 {
        return Err(HandshakeError::UnsupportedHttpVersion);
    }
    if !head.has_method("GET") {
        return Err(HandshakeError::MethodNotGet);
    }
    if has_body(known) {
        return Err(HandshakeError::UnexpectedBody);
    }
    // #4: a list of tokens, in any letter case.
    if !known.has_token(Name::Connection, "Upgrade") {
        return Err(HandshakeError::MissingConnectionUpgrade);
    }
    // #5: 16 bytes in base64, once (§11.3.1).
    match known.single(Name::Key) {
        Single::Value(key) if is_key(key) => {}
        _ => return Err(HandshakeError::InvalidKey),
    }
    Ok(())
}

/// RFC 8441 §4 and §5: what makes a request an extended CONNECT for a WebSocket. There is no key: the
/// protocol is named in a pseudo-header that no page can set.
fn check_extended_connect(
    head: &RequestHead,
    extended: &Extended,
    known: &Known<'_>,
) -> Result<(), HandshakeError> {
    // RFC 9220 §3: the one protocol that there is here.
    if !head.protocol().is_some_and(|protocol| is(protocol.as_bytes(), b"websocket")) {
        return Err(HandshakeError::UnknownProtocol);
    }
    // §4: with all of them, and of this method alone.
    if !head.has_method("CONNECT") || !extended.is_whole {
        return Err(HandshakeError::InvalidPseudoHeaders);
    }
    // §5: fields of HTTP/1.1 (RFC 9113 §8.2.2).
    for name in [Name::Connection, Name::Upgrade, Name::TransferEncoding] {
        if !matches!(known.single(name), Single::Missing) {
            return Err(HandshakeError::ConnectionSpecificHeader);
        }
    }
    // RFC 9113 §8.3.1: a Host that says something else is a trap for whoever believes it.
    let authority = head.authority().unwrap_or_default();
    let is_same = |host: &[u8]| {
        str::from_utf8(host)
            .is_ok_and(|host| is_same_authority(host, authority, extended.default_port))
    };
    match known.single(Name::Host) {
        _ if !is_authority(authority.as_bytes()) => Err(HandshakeError::InvalidHost),
        Single::Missing => Ok(()),
        Single::Value(host) if is_same(host) => Ok(()),
        _ => Err(HandshakeError::InvalidHost),
    }
}

/// RFC 6455 §4.2.1 #2, RFC 9112 §3.2: one Host, with a value that is one.
fn check_host(known: &Known<'_>, minor_version: u8) -> Result<(), HandshakeError> {
    match known.single(Name::Host) {
        Single::Value(host) if is_authority(host) => Ok(()),
        Single::Missing if minor_version == 0 => Ok(()),
        _ => Err(HandshakeError::InvalidHost),
    }
}

/// Whether a body follows the head, or may.
fn has_body(known: &Known<'_>) -> bool {
    let empty = |value: &[u8]| !value.is_empty() && value.iter().all(|byte| *byte == b'0');
    known.values(Name::TransferEncoding).next().is_some()
        || !known.values(Name::ContentLength).all(empty)
}

fn check_subprotocols(known: &Known<'_>) -> Result<(), HandshakeError> {
    let mut tokens = Vec::new();
    for value in known.values(Name::Protocol) {
        let before = tokens.len();
        tokens.extend(elements(value));
        if tokens.len() == before {
            return Err(HandshakeError::InvalidSubprotocols);
        }
    }
    // Sorted, so that a head full of tokens costs no time that grows with their square.
    tokens.sort_unstable();
    let repeated = tokens.windows(2).any(|pair| pair[0] == pair[1]);
    if repeated || !tokens.into_iter().all(is_token) {
        return Err(HandshakeError::InvalidSubprotocols);
    }
    Ok(())
}

/// 128 bits are 21 digits of 6 bits, one of 2 bits and four zeros, and padding (RFC 4648 §4).
fn is_key(key: &[u8]) -> bool {
    let is_digit = |byte: &u8| IS_DIGIT[usize::from(*byte)];
    match key {
        [digits @ .., b'A' | b'Q' | b'g' | b'w', b'=', b'='] => {
            digits.len() == 21 && digits.iter().all(is_digit)
        }
        _ => false,
    }
}

/// The digits of base64.
const IS_DIGIT: [bool; 256] = alphanumeric_and(b"+/");
