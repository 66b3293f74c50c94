//! What a peer may cost before the handshake is done: bytes, headers, time.

mod common;

use common::handshake::{ANSWER, NONCE, REQUEST, chat, edited, feed, with_lines};
use fullduplex::{
    ClientHandshake, Config,
    HandshakeError::{self, *},
    ServerHandshake, WriteBuffer,
};

#[test]
fn a_head_within_the_limits_passes() {
    let cases = [
        // A request has 5 headers without these.
        ("99 headers", headers(94)),
        ("100 headers", headers(95)),
        ("a cookie of 9 KiB", format!("Cookie: {}\r\n", "c".repeat(9 * 1024))),
        ("16 KiB", padding(REQUEST, 16 * 1024)),
    ];
    for (name, lines) in cases {
        let request = with_lines(REQUEST, &lines);
        assert_eq!(serve(&[&request]), Ok(true), "{name}");
        assert_eq!(serve(&request.chunks(1).collect::<Vec<_>>()), Ok(true), "{name}, by bytes");
    }
    // An answer has 3.
    for (name, lines) in [("100 headers", headers(97)), ("16 KiB", padding(ANSWER, 16 * 1024))] {
        assert_eq!(answer(&[&with_lines(ANSWER, &lines)]), Ok(true), "{name}");
    }
}

#[test]
fn informational_answers_share_the_limit_of_the_answer_that_follows() {
    // RFC 9110 §15.2: any number of them may come, and each has its own headers.
    let early = edited(ANSWER, "101 Switching Protocols", "103 Early Hints");
    let early = with_lines(str::from_utf8(&early).unwrap(), &headers(97)).repeat(2);
    let answers = [&early[..], ANSWER.as_bytes()].concat();
    let padded = |len: usize| {
        let hints = format!("HTTP/1.1 103 Early Hints\r\nA: {}\r\n\r\n", "a".repeat(len));
        [hints.as_bytes(), &answers].concat()
    };
    let most = 16 * 1024 - padded(0).len();
    for (len, expected) in [(most, Ok(true)), (most + 1, Err(HeadTooLong { limit: 16 * 1024 }))] {
        let bytes = padded(len);
        assert_eq!(answer(&[&bytes]), expected, "{len}");
        assert_eq!(answer(&bytes.chunks(1).collect::<Vec<_>>()), expected, "{len}, by bytes");
    }
}

#[test]
fn a_head_past_a_limit_is_refused_with_431() {
    let long = HeadTooLong { limit: 16 * 1024 };
    let many = TooManyHeaders { limit: 100 };
    let cases = [
        ("101 headers", with_lines(REQUEST, &headers(96)), many.clone()),
        ("101 headers so far", format!("GET / HTTP/1.1\r\n{}", headers(101)).into(), many.clone()),
        ("16 KiB and a byte", with_lines(REQUEST, &padding(REQUEST, 16 * 1024 + 1)), long.clone()),
        ("17 KiB", with_lines(REQUEST, &padding(REQUEST, 17 * 1024)), long.clone()),
        ("first line without an end", b"G".repeat(16 * 1024), long.clone()),
    ];
    for (name, request, error) in cases {
        assert_eq!(serve(&[&request]), Err(error.clone()), "{name}");
        assert_eq!(serve(&request.chunks(1).collect::<Vec<_>>()), Err(error.clone()), "{name}");
        // The second piece passes the limit by far, the first one does not.
        let cut = request.split_at(request.len() / 2);
        assert_eq!(serve(&[cut.0, cut.1]), Err(error.clone()), "{name}");
        assert_eq!(error.status(), 431);
    }
    let cases = [
        ("101 headers", with_lines(ANSWER, &headers(98)), many),
        ("16 KiB and a byte", with_lines(ANSWER, &padding(ANSWER, 16 * 1024 + 1)), long),
    ];
    for (name, bytes, error) in cases {
        assert_eq!(answer(&[&bytes]), Err(error.clone()), "{name}");
        assert_eq!(answer(&bytes.chunks(1).collect::<Vec<_>>()), Err(error), "{name}");
    }
}

#[test]
fn limits_are_the_callers() {
    let request = with_lines(REQUEST, &headers(1_000));
    let mut config = Config::default();
    config.max_headers = 1_005;
    assert_eq!(serve_with(&config, &[&request]), Ok(true));
    config.max_headers = 4;
    assert_eq!(serve_with(&config, &[&request]), Err(TooManyHeaders { limit: 4 }));
    config.max_head_len = 8;
    assert_eq!(serve_with(&config, &[&request]), Err(HeadTooLong { limit: 8 }));
    config.max_head_len = 0;
    assert_eq!(serve_with(&config, &[b""]), Err(HeadTooLong { limit: 0 }));
    // No limit at all.
    (config.max_headers, config.max_head_len) = (usize::MAX, usize::MAX);
    assert_eq!(serve_with(&config, &[&request]), Ok(true));
}

#[test]
fn what_cannot_begin_a_head_is_refused_on_its_first_bytes() {
    // Or the peer waits for us, and we for it.
    let cases: &[(&str, &[u8])] = &[
        ("a TLS hello", &[0x16]),
        ("an SSL 2 hello", &[0x80]),
        ("a SOCKS greeting", &[0x05]),
        ("a PROXY header of version 2", b"\r\n\r\n\0\r\nQUIT\n"),
        ("a frame", &[0x81]),
        ("NUL", &[0x00]),
        ("a bare LF", b"\n"),
        ("a byte in the first line", b"GET /\x7f"),
    ];
    for (name, bytes) in cases {
        assert_eq!(serve(&[bytes]), Err(MalformedHead), "{name}");
        assert_eq!(answer(&[bytes]), Err(MalformedHead), "{name}");
    }
    let cases = [
        ("SSH", "S"),
        ("SMTP", "220"),
        ("a blank for the slash", "HTTP "),
        ("after an informational answer", "HTTP/1.1 100 \r\n\r\nS"),
    ];
    for (name, bytes) in cases {
        assert_eq!(answer(&[bytes.as_bytes()]), Err(MalformedHead), "{name}");
    }
}

fn headers(count: usize) -> String {
    "X: y\r\n".repeat(count)
}

/// A line that makes `head` as long as `len`.
fn padding(head: &str, len: usize) -> String {
    let around = "Cookie: \r\n".len() + head.len();
    format!("Cookie: {}\r\n", "c".repeat(len - around))
}

/// Whether a server takes the pieces for a whole request.
fn serve(pieces: &[&[u8]]) -> Result<bool, HandshakeError> {
    serve_with(&Config::default(), pieces)
}

fn serve_with(config: &Config, pieces: &[&[u8]]) -> Result<bool, HandshakeError> {
    let mut server = ServerHandshake::new(config);
    feed(pieces, |input| server.receive(input)).0.map(|request| request.is_some())
}

/// Whether a client takes the pieces for a whole answer.
fn answer(pieces: &[&[u8]]) -> Result<bool, HandshakeError> {
    let config = Config::default();
    let mut client =
        ClientHandshake::start(&chat(), NONCE, &config, &mut WriteBuffer::new()).unwrap();
    feed(pieces, |input| client.receive(input)).0.map(|answer| answer.is_some())
}
