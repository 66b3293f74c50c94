//! The answers of a server that are no 101: refusals, rejections, plain HTTP (RFC 9112, RFC 6455
//! §4.2.2). Each is whole, says why, and ends the connection.

mod common;

use common::handshake::{
    REQUEST, answered, assert_whole, chat, edited, feed, offer, response_text, serve, with_lines,
    written,
};
use fullduplex::{
    Config, HandshakeError, Request, RequestHead, Response, ServerHandshake, WriteBuffer,
};

#[test]
fn a_refusal_is_a_whole_answer_with_the_headers_that_its_status_asks_for() {
    let cases: &[(&str, Vec<u8>, &str, &[&str])] = &[
        ("TLS hello", b"\x16\x03\x01\x02\x00".to_vec(), "400 Bad Request", &[]),
        ("no key", edited(REQUEST, "-Key:", "-Yek:"), "400 Bad Request", &[]),
        // RFC 6455 §4.4: every refusal for the version lists those that are supported.
        (
            "no version",
            edited(REQUEST, "-Version:", "-Noisrev:"),
            "400 Bad Request",
            &["Sec-WebSocket-Version: 13"],
        ),
        // RFC 9110 §15.5.22: a 426 names the protocol, in a hop-by-hop header (§7.6.1).
        (
            "version 8",
            edited(REQUEST, ": 13", ": 8"),
            "426 Upgrade Required",
            &["Sec-WebSocket-Version: 13", "Upgrade: websocket", "Connection: close, Upgrade"],
        ),
        (
            "no upgrade",
            edited(REQUEST, "Upgrade: websocket", "X: y"),
            "426 Upgrade Required",
            &["Sec-WebSocket-Version: 13", "Upgrade: websocket", "Connection: close, Upgrade"],
        ),
        // RFC 9110 §15.5.6: a 405 lists the methods.
        ("POST", edited(REQUEST, "GET", "POST"), "405 Method Not Allowed", &["Allow: GET"]),
        (
            "17 KiB",
            with_lines(REQUEST, &format!("Cookie: {}\r\n", "c".repeat(17 * 1024))),
            "431 Request Header Fields Too Large",
            &[],
        ),
        (
            "HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            "505 HTTP Version Not Supported",
            &[],
        ),
    ];
    for (name, request, status, lines) in cases {
        let refusal = serve(request).and_then(Request::into_offer).expect_err(name);
        let response = response_text(&refusal.response());
        assert_whole(name, &response, &format!("HTTP/1.1 {status}"), lines);
    }
}

#[test]
fn a_refusal_is_this_byte_for_byte() {
    let refusal = serve(&edited(REQUEST, "GET", "PUT")).unwrap_err();
    assert_eq!(
        response_text(&refusal.response()),
        "HTTP/1.1 405 Method Not Allowed\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Allow: GET\r\n\
         Connection: close\r\n\
         Content-Length: 32\r\n\
         \r\n\
         method of an upgrade is not GET\n"
    );
}

#[test]
fn a_client_reads_the_refusal_whole() {
    let refusal = serve(&edited(REQUEST, ": 13", ": 8")).unwrap_err();
    let answer = response_text(&refusal.response());
    let Err(HandshakeError::Refused(response)) = answered(&chat(), answer.as_bytes()) else {
        panic!("a 426 refuses");
    };
    assert_eq!(response.status, 426);
    assert_eq!(response.headers.text("sec-websocket-version"), Some("13"));
    assert_eq!(response.body, b"Sec-WebSocket-Version is not 13\n");
}

#[test]
fn an_offer_is_rejected_with_any_final_answer() {
    // RFC 6455 §4.2.2: 401, 404 and redirections, before anything of a WebSocket is written.
    let cases = [
        (
            Response::new(401).header("WWW-Authenticate", "Basic realm=\"a\""),
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"\r\n\
             Connection: close\r\nContent-Length: 0\r\n\r\n",
        ),
        (
            Response::text(404, "no such room"),
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Connection: close\r\nContent-Length: 12\r\n\r\nno such room",
        ),
        (
            Response::new(302).header("Location", "/other"),
            "HTTP/1.1 302 Found\r\nLocation: /other\r\n\
             Connection: close\r\nContent-Length: 0\r\n\r\n",
        ),
        // RFC 9112 §4: the reason phrase may be empty, the blank before it not.
        (
            Response::new(599).body([0xff, 0x00]),
            "HTTP/1.1 599 \r\nConnection: close\r\nContent-Length: 2\r\n\r\n\u{ff}\0",
        ),
        // RFC 9110 §6.4.1, §8.6: these never have a body, nor a length.
        (Response::new(204).body("x"), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
        (Response::new(304).body("x"), "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"),
    ];
    for (response, expected) in cases {
        let mut output = WriteBuffer::new();
        offer(REQUEST.as_bytes()).reject(&response, &mut output).unwrap();
        let text: String = written(&mut output).into_iter().map(char::from).collect();
        assert_eq!(text, expected);
    }
}

#[test]
fn a_rejection_needs_a_final_status() {
    // RFC 9110 §15: 101 would begin a WebSocket, 100 would wait for more, the others are none.
    for status in [0, 99, 100, 101, 199, 600, 999, u16::MAX] {
        let mut output = WriteBuffer::new();
        let error = offer(REQUEST.as_bytes()).reject(&Response::new(status), &mut output);
        assert_eq!(error, Err(HandshakeError::InvalidStatus(status)));
        assert!(output.is_empty(), "{status}");
    }
}

#[test]
fn a_plain_request_is_answered_and_head_gets_no_body() {
    for (method, body) in [("GET", "up\n"), ("HEAD", ""), ("POST", "up\n")] {
        let head = plain(&format!("{method} /health HTTP/1.1\r\nHost: a\r\n\r\n"));
        let mut output = WriteBuffer::new();
        head.respond(&Response::new(200).body("up\n"), &mut output).unwrap();
        // RFC 9110 §9.3.2: the head is the one that GET has, with the length of what it leaves out.
        let expected =
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\n{body}");
        assert_eq!(String::from_utf8(written(&mut output)).unwrap(), expected, "{method}");
    }
}

#[test]
fn a_refused_head_request_gets_no_body() {
    let requests = [
        ("405", edited(REQUEST, "GET", "HEAD")),
        ("400", edited(&REQUEST.replace("GET", "\r\nHEAD"), "Host:", "Tsoh:")),
        ("431", with_lines(&REQUEST.replace("GET", "HEAD"), &"A: b\r\n".repeat(200))),
    ];
    for (status, request) in requests {
        let mut server = ServerHandshake::new(&Config::default());
        let (refused, _) = feed(&[&request], |input| server.receive(input));
        let error = refused.unwrap_err();
        let mut output = WriteBuffer::new();
        server.refuse(&error, &mut output).unwrap();
        let answer = String::from_utf8(written(&mut output)).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

#[test]
fn a_request_that_ends_before_it_is_whole_is_refused_with_400() {
    let mut server = ServerHandshake::new(&Config::default());
    let (request, _) = feed(&[b"GET / HTTP/1.1\r\n"], |input| server.receive(input));
    assert!(matches!(request, Ok(None)));
    assert_eq!(server.receive_end(), HandshakeError::UnexpectedEnd);
    assert_eq!(server.receive(&mut &mut [][..]).err(), Some(HandshakeError::UnexpectedEnd));
    let mut output = WriteBuffer::new();
    server.refuse(&HandshakeError::UnexpectedEnd, &mut output).unwrap();
    let answer = String::from_utf8(written(&mut output)).unwrap();
    assert_whole("400", &answer, "HTTP/1.1 400 Bad Request", &[]);
}

#[test]
fn a_health_check_that_only_connects_is_told_nothing() {
    let mut server = ServerHandshake::new(&Config::default());
    let error = server.receive_end();
    let mut output = WriteBuffer::new();
    server.refuse(&error, &mut output).unwrap();
    assert!(output.is_empty());
}

#[test]
fn every_error_has_a_status_and_an_answer() {
    use HandshakeError::*;
    let cases = [
        (MalformedHead, 400),
        (UnexpectedEnd, 400),
        (InvalidTarget, 400),
        (InvalidHost, 400),
        (UnexpectedBody, 400),
        (MissingConnectionUpgrade, 400),
        (InvalidKey, 400),
        (InvalidVersion, 400),
        (InvalidSubprotocols, 400),
        (InvalidExtensions, 400),
        (ForbiddenOrigin, 403),
        (MethodNotGet, 405),
        (NotAnUpgrade, 426),
        (UnsupportedVersion, 426),
        (HeadTooLong { limit: 1 }, 431),
        (TooManyHeaders { limit: 1 }, 431),
        (UnsupportedHttpVersion, 505),
        // The fault is the application's.
        (UnofferedSubprotocol("a".into()), 500),
        (InvalidHeader("a".into()), 500),
        (InvalidStatus(1), 500),
    ];
    for (error, status) in cases {
        assert_eq!(error.status(), status, "{error}");
        let response = error.response();
        assert_eq!(response.status, status, "{error}");
        let text = response_text(&response);
        // What is wrong with the server itself is not for the client.
        let reason = if status == 500 { "internal error".into() } else { error.to_string() };
        assert!(text.ends_with(&format!("\r\n\r\n{reason}\n")), "{text}");
    }
}

/// The head of a request that asks for no WebSocket.
fn plain(request: &str) -> RequestHead {
    match serve(request.as_bytes()) {
        Ok(Request::Http(head)) => head,
        other => panic!("{request}: {other:?}"),
    }
}

#[test]
fn a_status_has_the_reason_phrase_of_its_registration() {
    // RFC 9110 §15, RFC 6585; empty where none is common (RFC 9112 §4).
    let reasons = [
        (200, "OK"),
        (204, "No Content"),
        (301, "Moved Permanently"),
        (302, "Found"),
        (303, "See Other"),
        (304, "Not Modified"),
        (307, "Temporary Redirect"),
        (308, "Permanent Redirect"),
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (408, "Request Timeout"),
        (426, "Upgrade Required"),
        (429, "Too Many Requests"),
        (431, "Request Header Fields Too Large"),
        (500, "Internal Server Error"),
        (501, "Not Implemented"),
        (503, "Service Unavailable"),
        (505, "HTTP Version Not Supported"),
        (599, ""),
    ];
    for (status, reason) in reasons {
        let answer = response_text(&Response::new(status));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} {reason}\r\n")), "{answer}");
    }
}
