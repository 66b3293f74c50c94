//! What a client tells of an answer that is no 101 (RFC 6455 §4.1): all of it, with its body read
//! as RFC 9112 §6 says.

mod common;

use common::{
    for_every_cut,
    handshake::{NONCE, ask, chat, feed},
};
use fullduplex::{ClientHandshake, Config, HandshakeError, Response, WriteBuffer};

#[test]
fn an_answer_that_refuses_comes_whole_however_it_is_cut() {
    let cases: &[(&str, &str, u16, &str)] = &[
        // §6.3: a length.
        ("length", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\nlogin", 401, "login"),
        ("length 0", "HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n", 503, ""),
        ("HTTP/1.0", "HTTP/1.0 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 404, "no"),
        // Statuses that end with the head (RFC 9110 §6.4.1).
        ("no content", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, ""),
        ("not modified", "HTTP/1.1 304 Not Modified\r\n\r\n", 304, ""),
        // §7.1: chunks; the length beside them does not count, trailers are passed over.
        (
            "chunks",
            "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n\
             3\r\nno \r\nA;ext=1\r\nadmittance\r\n0\r\nX: y\r\n\r\n",
            403,
            "no admittance",
        ),
        ("no chunk", "HTTP/1.1 500 \r\nTransfer-Encoding: gzip, Chunked\r\n\r\n0\r\n\r\n", 500, ""),
        // A size that is none ends the body: it is for a person to read.
        (
            "wrong size",
            "HTTP/1.1 500 \r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n-1\r\nb\r\n0\r\n\r\n",
            500,
            "a",
        ),
        // After an informational answer too.
        ("after 100", "HTTP/1.1 100 \r\n\r\nHTTP/1.1 426 \r\nContent-Length: 1\r\n\r\n.", 426, "."),
    ];
    for (name, answer, status, body) in cases {
        for_every_cut(answer.as_bytes(), |pieces| {
            let (mut client, _) = ask(&chat());
            let (result, _) = feed(pieces, |input| client.receive(input));
            let response = refused(result.expect_err(name));
            assert_eq!((response.status, &response.body[..]), (*status, body.as_bytes()), "{name}");
            // Later calls and the end say the same.
            assert_eq!(refused(client.receive_end()), response, "{name}");
        });
    }
}

#[test]
fn a_body_without_a_length_ends_with_the_transport() {
    let cases = [
        ("no length", "HTTP/1.1 502 Bad Gateway\r\n\r\n", "try later"),
        ("a length that is none", "HTTP/1.1 502 \r\nContent-Length: x\r\n\r\n", "try later"),
        // What is cut off is told as far as it came.
        ("length, cut", "HTTP/1.1 401 \r\nContent-Length: 100\r\n\r\n", "try"),
        ("huge length", "HTTP/1.1 401 \r\nContent-Length: 18446744073709551615\r\n\r\n", "try"),
        ("nothing came", "HTTP/1.1 401 \r\nContent-Length: 100\r\n\r\n", ""),
    ];
    for (name, head, body) in cases {
        for_every_cut(&[head, body].concat().into_bytes(), |pieces| {
            assert_eq!(after_end(name, pieces).body, body.as_bytes(), "{name}");
        });
    }
    let chunked = "HTTP/1.1 401 \r\nTransfer-Encoding: chunked\r\n\r\n";
    let cases = [
        ("in a chunk", "9\r\ntry", "try"),
        ("in a size", "3\r\ntry\r\n1", "try"),
        ("behind a chunk", "3\r\ntry\r", "try"),
        ("huge chunk", "FFFFFFFFFFFFFFFF\r\ntry", "try"),
    ];
    for (name, chunks, body) in cases {
        for_every_cut(&[chunked, chunks].concat().into_bytes(), |pieces| {
            assert_eq!(after_end(name, pieces).body, body.as_bytes(), "{name}");
        });
    }
}

#[test]
fn a_long_body_is_cut_at_the_limit_and_not_waited_for() {
    let answers = [
        ("length", "HTTP/1.1 401 \r\nContent-Length: 100\r\n\r\n"),
        ("until the end", "HTTP/1.1 401 \r\n\r\n"),
        ("one chunk", "HTTP/1.1 401 \r\nTransfer-Encoding: chunked\r\n\r\n64\r\n"),
    ];
    for (name, head) in answers {
        for (limit, sent) in [(0, 0), (0, 5), (1, 1), (1, 5), (9, 9), (9, 17)] {
            let mut config = Config::default();
            config.max_refusal_body_len = limit;
            for_every_cut(&[head, &"try later, please"[..sent]].concat().into_bytes(), |pieces| {
                let request = chat();
                let mut client =
                    ClientHandshake::start(&request, NONCE, &config, &mut WriteBuffer::new())
                        .unwrap();
                let (result, _) = feed(pieces, |input| client.receive(input));
                let response = refused(result.expect_err(name));
                assert_eq!(response.body, &b"try later"[..limit], "{name}, limit {limit}");
            });
        }
    }
}

#[test]
fn a_size_line_that_never_ends_ends_the_body() {
    let head = "HTTP/1.1 401 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntry\r\n";
    let answer = [head, "5;", &"x".repeat(300), "\r\nlater\r\n"].concat();
    for_every_cut(answer.as_bytes(), |pieces| {
        let (mut client, _) = ask(&chat());
        let (result, _) = feed(pieces, |input| client.receive(input));
        assert_eq!(refused(result.expect_err("the line is too long")).body, b"try");
    });
}

#[test]
fn a_redirection_is_told_and_not_followed() {
    // RFC 6455 §4.1, WHATWG: credentials of one host must not reach another unasked.
    for status in [301, 302, 303, 307, 308] {
        let answer = format!(
            "HTTP/1.1 {status} Elsewhere\r\nLocation: wss://example.org/\r\nContent-Length: 0\r\n\r\n"
        );
        let request = chat().header("Authorization", "Basic YTpi");
        let (mut client, _) = ask(&request);
        let (result, _) = feed(&[answer.as_bytes()], |input| client.receive(input));
        let response = refused(result.expect_err("no 101"));
        assert_eq!(response.headers.text("location"), Some("wss://example.org/"));
        assert_eq!(response.status, status);
    }
}

#[test]
fn any_status_but_101_refuses_even_with_the_headers_of_a_101() {
    for status in [0, 99, 200, 299, 400, 600, 999] {
        let head = common::handshake::ANSWER.replacen("101", &format!("{status:03}"), 1);
        let response = after_end("", &[head.as_bytes()]);
        assert_eq!(response.status, status);
    }
}

/// The answer that a client tells of when the transport ends behind `pieces`.
fn after_end(name: &str, pieces: &[&[u8]]) -> Response {
    let (mut client, _) = ask(&chat());
    let (result, _) = feed(pieces, |input| client.receive(input));
    assert!(matches!(result, Ok(None)), "{name}: {result:?}");
    refused(client.receive_end())
}

fn refused(error: HandshakeError) -> Response {
    match error {
        HandshakeError::Refused(response) => *response,
        other => panic!("not refused by the server: {other:?}"),
    }
}
