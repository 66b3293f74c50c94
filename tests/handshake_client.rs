//! What a client asks, and which answers it takes (RFC 6455 §4.1).

mod common;

use common::handshake::{
    ANSWER, NONCE, REQUEST, answered, ask, chat, edited, feed, with_lines, written,
};
use fullduplex::{
    ClientHandshake, Config, Event,
    HandshakeError::{self, *},
    Message, Nonce, WriteBuffer,
};

const UPGRADE: &str = "Upgrade: websocket\r\n";
const CONNECTION: &str = "Connection: Upgrade\r\n";
const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const HASH: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const STATUS: &str = "HTTP/1.1 101 Switching Protocols";

#[test]
fn the_request_is_this_byte_for_byte() {
    // §4.1 #1–#9: GET, HTTP/1.1, Host, Upgrade, Connection, Key and Version, each once; no more.
    let (_, request) = ask(&chat());
    assert_eq!(String::from_utf8(request).unwrap(), REQUEST);
}

#[test]
fn a_request_has_the_callers_subprotocols_and_headers_in_their_order() {
    // #8, #10, #12: Origin and others are the caller's wish; the best subprotocol comes first.
    let request = chat()
        .header("Origin", "https://example.com")
        .subprotocol("superchat")
        .header("Authorization", "Basic YTpi")
        .header("X-Raw", [0xe9])
        .subprotocol("chat");
    let (_, request) = ask(&request);
    let lines = "Sec-WebSocket-Protocol: superchat, chat\r\n\
        Origin: https://example.com\r\n\
        Authorization: Basic YTpi\r\n\
        X-Raw: \u{e9}\r\n";
    assert_eq!(request, with_lines(REQUEST, lines));
}

#[test]
fn a_key_is_the_base64_of_16_fresh_bytes() {
    // §4.1 #7; erratum 3150: after 16 bytes, the last character before the padding has 4 zero bits.
    assert_ne!(Nonce::random(), Nonce::random());
    for nonce in [NONCE, Nonce::random(), Nonce::new([0; 16]), Nonce::new([0xff; 16])] {
        let mut output = WriteBuffer::new();
        ClientHandshake::start(&chat(), nonce, &Config::default(), &mut output).unwrap();
        let request = String::from_utf8(written(&mut output)).unwrap();
        let keys: Vec<_> =
            request.lines().filter_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).collect();
        let [key] = keys[..] else { panic!("one key: {request}") };
        assert_eq!(key.len(), 24);
        assert!(["A==", "Q==", "g==", "w=="].contains(&&key[21..]), "{key}");
    }
}

#[test]
fn an_answer_that_follows_the_rules_is_taken() {
    let cases = [
        ("the RFC's", STATUS, STATUS),
        // RFC 9112 §4: the reason phrase may say anything, or be missing.
        ("other reason", STATUS, "HTTP/1.1 101 Web Socket Protocol Handshake"),
        ("empty reason", STATUS, "HTTP/1.1 101 "),
        ("no reason", STATUS, "HTTP/1.1 101"),
        // #2, #3: in any letter case.
        ("upgrade in capitals", UPGRADE, "UPGRADE: WebSocket\r\n"),
        ("keep-alive", CONNECTION, "connection: keep-alive, upgrade\r\n"),
        ("two connection lines", CONNECTION, "Connection: x\r\nConnection: Upgrade\r\n"),
        // #4: white space is no part of the value.
        (
            "blanks around the hash",
            " s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "\t s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t",
        ),
        ("no blank", ACCEPT, "sec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        (
            "other headers",
            ACCEPT,
            "Date: x\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX: \u{ff}\r\n",
        ),
    ];
    for (name, from, to) in cases {
        let answer = answered(&chat(), &edited(ANSWER, from, to)).expect(name);
        let (accepted, response) = answer.expect(name);
        assert_eq!((response.status, accepted.subprotocol()), (101, None), "{name}");
    }
    let answer = with_lines(ANSWER, "Set-Cookie: a=1\r\n");
    let (_, response) = answered(&chat(), &answer).unwrap().unwrap();
    assert_eq!(response.headers.text("set-cookie"), Some("a=1"));
}

#[test]
fn an_answer_that_breaks_a_rule_is_refused() {
    let cases = [
        // RFC 9112 §4: from HTTP/1.1 on there is an Upgrade.
        ("HTTP/1.0", "HTTP/1.1", "HTTP/1.0", UnsupportedHttpVersion),
        ("HTTP/2", "HTTP/1.1", "HTTP/2.0", UnsupportedHttpVersion),
        ("no HTTP", "HTTP/1.1", "ICY", MalformedHead),
        ("small letters", "HTTP/1.1", "http/1.1", MalformedHead),
        ("no number", "101", "1O1", MalformedHead),
        ("two digits", "101", "10", MalformedHead),
        ("four digits", "101", "1010", MalformedHead),
        ("bare LF", UPGRADE, "Upgrade: websocket\n", MalformedHead),
        ("folded line", UPGRADE, "Upgrade:\r\n websocket\r\n", MalformedHead),
        ("blank before the colon", "Upgrade:", "Upgrade :", MalformedHead),
        ("no colon", UPGRADE, "Upgrade\r\n", MalformedHead),
        ("NUL", "websocket", "web\0socket", MalformedHead),
        // #2
        ("no upgrade", UPGRADE, "", MissingUpgrade),
        ("other upgrade", UPGRADE, "Upgrade: h2c\r\n", MissingUpgrade),
        ("part of a word", UPGRADE, "Upgrade: xwebsocketx\r\n", MissingUpgrade),
        // #3
        ("no connection", CONNECTION, "", MissingConnectionUpgrade),
        ("other connection", CONNECTION, "Connection: close\r\n", MissingConnectionUpgrade),
        // #4, §11.3.3: the value, once.
        ("no accept", ACCEPT, "", InvalidAccept),
        ("empty", HASH, "", InvalidAccept),
        ("the key itself", HASH, "dGhlIHNhbXBsZSBub25jZQ==", InvalidAccept),
        ("one bit off", HASH, "s3pPLMBiTxaQ9kYGzzhZRbK-xOo=", InvalidAccept),
        ("other letter case", HASH, "S3PPLMBITXAQ9KYGZZHZRBK+XOO=", InvalidAccept),
        ("no padding", HASH, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo", InvalidAccept),
        ("in quotes", HASH, "\"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\"", InvalidAccept),
    ];
    for (name, from, to, error) in cases {
        let refusal = answered(&chat(), &edited(ANSWER, from, to)).expect_err(name);
        assert_eq!(refusal, error, "{name}");
    }
}

#[test]
fn an_answer_with_a_wrong_line_more_is_refused() {
    let unoffered = |name: &str| UnofferedExtension(name.into());
    let unknown = |name: &str| UnofferedSubprotocol(name.into());
    let cases = [
        (ACCEPT, InvalidAccept),
        ("Sec-WebSocket-Accept: x\r\n", InvalidAccept),
        // #5: nothing was offered; §9.1: the grammar.
        ("Sec-WebSocket-Extensions: permessage-deflate\r\n", unoffered("permessage-deflate")),
        ("Sec-WebSocket-Extensions: x; a=\"1\", y\r\n", unoffered("x")),
        ("Sec-WebSocket-Extensions:\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: ;\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x; a=\"1 2\"\r\n", InvalidExtensions),
        // #6, §11.3.4: one that was offered, in the same letter case, once.
        ("Sec-WebSocket-Protocol: other\r\n", unknown("other")),
        ("Sec-WebSocket-Protocol: CHAT\r\n", unknown("CHAT")),
        ("Sec-WebSocket-Protocol: chat, superchat\r\n", unknown("chat, superchat")),
        ("Sec-WebSocket-Protocol:\r\n", unknown("")),
        ("Sec-WebSocket-Protocol: \u{ff}\r\n", unknown("\u{fffd}")),
        ("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n", InvalidSubprotocols),
    ];
    let request = chat().subprotocol("chat").subprotocol("superchat");
    for (lines, error) in cases {
        let refusal = answered(&request, &with_lines(ANSWER, lines)).expect_err(lines);
        assert_eq!(refusal, error, "{lines}");
    }
}

#[test]
fn a_server_may_choose_any_offered_subprotocol_or_none() {
    let request = chat().subprotocol("chat").subprotocol("superchat");
    for (line, chosen) in [
        ("Sec-WebSocket-Protocol: chat\r\n", Some("chat")),
        ("sec-websocket-protocol: superchat\r\n", Some("superchat")),
        ("", None),
    ] {
        let (accepted, _) = answered(&request, &with_lines(ANSWER, line)).unwrap().unwrap();
        assert_eq!(accepted.subprotocol(), chosen, "{line}");
    }
    // WHATWG: a browser that asked for one insists.
    let error = answered(&request.require_subprotocol(), ANSWER.as_bytes()).unwrap_err();
    assert_eq!(error, MissingSubprotocol);
    // It never asked for one.
    let error = answered(&chat(), &with_lines(ANSWER, "Sec-WebSocket-Protocol: chat\r\n"));
    assert_eq!(error.unwrap_err(), UnofferedSubprotocol("chat".into()));
}

#[test]
fn informational_answers_are_passed_over() {
    // RFC 9110 §15.2: any number of them comes before the answer.
    let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 \r\nX: y\r\n\r\n\
        HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
    let (_, response) = answered(&chat(), &[early, ANSWER].concat().into_bytes()).unwrap().unwrap();
    assert_eq!(response.status, 101);
    assert_eq!(response.headers.text("link"), None);
    assert!(answered(&chat(), early.as_bytes()).unwrap().is_none(), "the answer is still to come");
}

#[test]
fn frames_behind_the_answer_belong_to_the_connection() {
    // §4.1: the server may send as soon as its 101 is complete.
    let (mut client, _) = ask(&chat());
    let whole = [ANSWER.as_bytes(), b"\x81\x02Hi"].concat();
    let (answer, mut rest) = feed(&[&whole], |input| client.receive(input));
    let (accepted, _) = answer.unwrap().unwrap();

    let mut output = WriteBuffer::new();
    let mut connection = accepted.into_connection_with(|| [1, 2, 3, 4]);
    let received = connection.receive(&mut &mut rest[..], &mut output).unwrap();
    assert!(matches!(received, Some(Event::Message(Message::Text(text))) if &*text == "Hi"));
    // §5.1: the connection is a client's, so it masks.
    connection.send(Message::from("Hi"), &mut output).unwrap();
    assert_eq!(written(&mut output), [0x81, 0x82, 1, 2, 3, 4, b'H' ^ 1, b'i' ^ 2]);
}

#[test]
fn a_transport_that_ends_inside_the_answer_is_an_error() {
    for len in 0..ANSWER.len() {
        let (mut client, _) = ask(&chat());
        let (answer, _) = feed(&[&ANSWER.as_bytes()[..len]], |input| client.receive(input));
        assert!(answer.unwrap().is_none(), "{len} bytes");
        assert_eq!(client.receive_end(), UnexpectedEnd, "{len} bytes");
    }
}

#[test]
fn a_failed_handshake_stays_failed() {
    let (mut client, _) = ask(&chat());
    let first = client.receive(&mut &mut b"SSH-2.0".to_vec()[..]).unwrap_err();
    let later = client.receive(&mut &mut ANSWER.as_bytes().to_vec()[..]).unwrap_err();
    let errors: [HandshakeError; 3] = [first, later, client.receive_end()];
    assert_eq!(errors, [MalformedHead, MalformedHead, MalformedHead]);
}
