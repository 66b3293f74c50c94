//! Which requests over HTTP/2 and HTTP/3 a server takes for a WebSocket's (RFC 8441 §4, §5, RFC 9220 §3),
//! which it refuses, and how it accepts.

mod common;

use common::handshake::{CONNECT, Fields, VERSION, connect, serve_http2};
use fullduplex::{
    Answer, Event,
    HandshakeError::{self, *},
    Message, PseudoHeaders, Request, Response, Role, WriteBuffer,
};

#[test]
fn an_extended_connect_that_follows_the_rules_is_an_offer() {
    let cases = [
        ("the RFC's", CONNECT),
        ("without TLS", PseudoHeaders { scheme: Some("http"), ..CONNECT }),
        // RFC 3986 §3.1, RFC 9110 §7.8: in any letter case.
        ("scheme in capitals", PseudoHeaders { scheme: Some("HTTPS"), ..CONNECT }),
        ("protocol in capitals", PseudoHeaders { protocol: Some("WebSocket"), ..CONNECT }),
        ("root", PseudoHeaders { path: Some("/"), ..CONNECT }),
        ("port", PseudoHeaders { authority: Some("server.example.com:8443"), ..CONNECT }),
        ("IPv6", PseudoHeaders { authority: Some("[::1]:8443"), ..CONNECT }),
    ];
    for (name, pseudo) in cases {
        let request = serve_http2(pseudo, &[VERSION]);
        assert!(matches!(request, Ok(Request::Upgrade(_))), "{name}: {request:?}");
    }
    let cases: [Fields<'_>; _] = [
        // §5: there is no key; one that comes all the same means nothing.
        &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")],
        &[("sec-websocket-key", "none"), ("sec-websocket-key", "")],
        // RFC 9113 §8.3.1: a Host that says the same.
        &[("host", "server.example.com")],
        &[("host", "SERVER.example.com")],
        &[("host", "server.example.com:443")],
        // As in RFC 6455: lists in several lines, what the server does not know, bytes of any kind.
        &[("sec-websocket-protocol", "a"), ("sec-websocket-protocol", ", b,, A")],
        &[("sec-websocket-extensions", "x;a;b=1 , y;c=\"\\2\"")],
        &[("sec-websocket-future", "\u{ff}"), ("empty", "")],
    ];
    for fields in cases {
        let request = serve_http2(CONNECT, &[&[VERSION], fields].concat());
        assert!(matches!(request, Ok(Request::Upgrade(_))), "{fields:?}: {request:?}");
    }
}

#[test]
fn pseudo_headers_that_break_a_rule_are_refused_with_their_status() {
    let cases = [
        // RFC 8441 §4: all of them, in a CONNECT.
        ("no scheme", PseudoHeaders { scheme: None, ..CONNECT }, InvalidPseudoHeaders, 400),
        ("no authority", PseudoHeaders { authority: None, ..CONNECT }, InvalidPseudoHeaders, 400),
        ("no path", PseudoHeaders { path: None, ..CONNECT }, InvalidPseudoHeaders, 400),
        ("GET", PseudoHeaders { method: "GET", ..CONNECT }, InvalidPseudoHeaders, 400),
        (
            "small letters",
            PseudoHeaders { method: "connect", ..CONNECT },
            InvalidPseudoHeaders,
            400,
        ),
        // §5: the scheme is that of the request, not of the URL.
        ("wss", PseudoHeaders { scheme: Some("wss"), ..CONNECT }, InvalidPseudoHeaders, 400),
        ("empty scheme", PseudoHeaders { scheme: Some(""), ..CONNECT }, InvalidPseudoHeaders, 400),
        // RFC 9220 §3: another protocol is not implemented, whatever else is wrong.
        ("UDP", PseudoHeaders { protocol: Some("connect-udp"), ..CONNECT }, UnknownProtocol, 501),
        (
            "version",
            PseudoHeaders { protocol: Some("websocket/13"), ..CONNECT },
            UnknownProtocol,
            501,
        ),
        ("list", PseudoHeaders { protocol: Some("websocket, x"), ..CONNECT }, UnknownProtocol, 501),
        ("empty protocol", PseudoHeaders { protocol: Some(""), ..CONNECT }, UnknownProtocol, 501),
        (
            "UDP and no path",
            PseudoHeaders { protocol: Some("connect-udp"), path: None, ..CONNECT },
            UnknownProtocol,
            501,
        ),
        // RFC 9113 §8.3.1: a host, without a user.
        ("empty authority", PseudoHeaders { authority: Some(""), ..CONNECT }, InvalidHost, 400),
        ("user", PseudoHeaders { authority: Some("me@a"), ..CONNECT }, InvalidHost, 400),
        ("no host", PseudoHeaders { authority: Some("a/b"), ..CONNECT }, InvalidHost, 400),
        ("port 0", PseudoHeaders { authority: Some("a:0"), ..CONNECT }, InvalidHost, 400),
        // RFC 9113 §8.3.1: a path with a slash before it.
        ("empty path", PseudoHeaders { path: Some(""), ..CONNECT }, InvalidTarget, 400),
        ("no slash", PseudoHeaders { path: Some("chat"), ..CONNECT }, InvalidTarget, 400),
        ("asterisk", PseudoHeaders { path: Some("*"), ..CONNECT }, InvalidTarget, 400),
        ("URI", PseudoHeaders { path: Some("https://a/chat"), ..CONNECT }, InvalidTarget, 400),
        ("fragment", PseudoHeaders { path: Some("/chat#room"), ..CONNECT }, InvalidTarget, 400),
        ("blank", PseudoHeaders { path: Some("/chat room"), ..CONNECT }, InvalidTarget, 400),
        ("beyond ASCII", PseudoHeaders { path: Some("/\u{ff}"), ..CONNECT }, InvalidTarget, 400),
    ];
    for (name, pseudo, error, status) in cases {
        let refusal = serve_http2(pseudo, &[VERSION]).expect_err(name);
        assert_eq!((refusal.status(), &refusal), (status, &error), "{name}");
        assert_eq!(refusal.response().status, status, "{name}");
    }
}

#[test]
fn a_header_that_breaks_a_rule_is_refused_with_400() {
    let cases = [
        // RFC 8441 §5, RFC 9113 §8.2.2: these are HTTP/1.1's, whatever they say.
        ("connection", "upgrade", ConnectionSpecificHeader),
        ("Connection", "", ConnectionSpecificHeader),
        ("upgrade", "websocket", ConnectionSpecificHeader),
        ("upgrade", "h2c", ConnectionSpecificHeader),
        ("transfer-encoding", "chunked", ConnectionSpecificHeader),
        // RFC 9113 §8.3.1
        ("host", "other.example", InvalidHost),
        ("host", "server.example.com:80", InvalidHost),
        ("host", "", InvalidHost),
        // RFC 6455 §11.3.5: once.
        ("sec-websocket-version", "13", InvalidVersion),
        ("sec-websocket-version", "8", InvalidVersion),
        // §4.1 #10
        ("sec-websocket-protocol", "", InvalidSubprotocols),
        ("sec-websocket-protocol", "a, b, a", InvalidSubprotocols),
        ("sec-websocket-protocol", "a b", InvalidSubprotocols),
        // §9.1
        ("sec-websocket-extensions", "", InvalidExtensions),
        ("sec-websocket-extensions", "x;", InvalidExtensions),
        ("sec-websocket-extensions", "x;a=\"1 2\"", InvalidExtensions),
    ];
    for (name, value, error) in cases {
        let refusal = serve_http2(CONNECT, &[VERSION, (name, value)]).expect_err(name);
        assert_eq!((refusal.status(), &refusal), (400, &error), "{name}: {value}");
        let twice = serve_http2(CONNECT, &[VERSION, (name, value), (name, value)]).expect_err(name);
        assert_eq!(twice, error, "{name}: {value}, twice");
    }
    let host = ("host", "server.example.com");
    assert_eq!(serve_http2(CONNECT, &[VERSION, host, host]).unwrap_err(), InvalidHost);
}

#[test]
fn an_extended_connect_of_another_version_is_told_which_one_there_is() {
    // RFC 6455 §4.4
    let cases: [(&str, Fields<'_>, HandshakeError, u16); _] = [
        ("none", &[], InvalidVersion, 400),
        ("8", &[("sec-websocket-version", "8")], InvalidVersion, 400),
        ("empty", &[("sec-websocket-version", "")], InvalidVersion, 400),
        ("a list", &[("sec-websocket-version", "13, 8")], InvalidVersion, 400),
    ];
    for (name, fields, error, status) in cases {
        let refusal = serve_http2(CONNECT, fields).expect_err(name);
        assert_eq!((refusal.status(), &refusal), (status, &error), "{name}");
        let response = refusal.response();
        assert_eq!(response.headers.text("sec-websocket-version"), Some("13"), "{name}");
    }
}

#[test]
fn a_request_over_http_2_that_names_no_protocol_is_plain_http() {
    let get = PseudoHeaders { method: "GET", protocol: None, ..CONNECT };
    let upgrade = [("connection", "upgrade"), ("upgrade", "websocket"), VERSION];
    let cases: [(&str, PseudoHeaders<'_>, Fields<'_>, &str); _] = [
        ("GET", get, &[], "/chat"),
        // RFC 9113 §8.6: there is no upgrade.
        ("an upgrade of HTTP/1.1", get, &upgrade, "/chat"),
        ("a body", PseudoHeaders { method: "POST", ..get }, &[("content-length", "5")], "/chat"),
        (
            "the server itself",
            PseudoHeaders { method: "OPTIONS", path: Some("*"), ..get },
            &[],
            "*",
        ),
        // RFC 9113 §8.5: a tunnel has neither scheme nor path.
        (
            "plain CONNECT",
            PseudoHeaders { protocol: None, scheme: None, path: None, ..CONNECT },
            &[VERSION],
            "/",
        ),
    ];
    for (name, pseudo, fields, path) in cases {
        let request = serve_http2(pseudo, fields).expect(name);
        let Request::Http(head) = &request else { panic!("{name}: {request:?}") };
        assert_eq!((head.method(), head.path()), (pseudo.method, path), "{name}");
        assert_eq!((head.protocol(), head.host()), (None, Some("server.example.com")), "{name}");
        // Where only WebSockets are served, it is told what there is (RFC 9110 §15.5.6).
        let refusal = request.into_offer().expect_err(name);
        assert_eq!((refusal.status(), &refusal), (405, &NotAnExtendedConnect), "{name}");
        assert_eq!(refusal.response().headers.text("allow"), Some("CONNECT"), "{name}");
    }
}

#[test]
fn an_offer_over_http_2_shows_what_was_asked_for() {
    let offer = connect(&[
        ("origin", "https://example.com"),
        // RFC 9113 §8.2.3: cookies may come one a field.
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("sec-websocket-protocol", "chat, superchat"),
    ]);
    assert_eq!((offer.method(), offer.protocol()), ("CONNECT", Some("websocket")));
    assert_eq!((offer.path(), offer.query()), ("/chat", Some("room=1")));
    assert_eq!(offer.host(), Some("server.example.com"));
    assert_eq!(offer.origin(), Some("https://example.com"));
    assert_eq!(offer.cookies().collect::<Vec<_>>(), [("a", "1"), ("b", "2")]);
    assert_eq!(offer.subprotocols().collect::<Vec<_>>(), ["chat", "superchat"]);
    assert_eq!(offer.headers().iter().count(), 5, "pseudo-headers are no headers");
}

#[test]
fn a_page_of_the_host_in_the_authority_passes() {
    for (authority, origin, result) in [
        ("example.com", "https://example.com", Ok(())),
        ("example.com:443", "https://example.com", Ok(())),
        ("example.com:8443", "https://example.com:8443", Ok(())),
        ("example.com:8443", "https://example.com", Err(ForbiddenOrigin)),
        ("example.com", "https://evil.example", Err(ForbiddenOrigin)),
    ] {
        let pseudo = PseudoHeaders { authority: Some(authority), ..CONNECT };
        let request = serve_http2(pseudo, &[VERSION, ("origin", origin)]);
        let offer = request.and_then(Request::into_offer).expect(authority);
        assert_eq!(offer.check_same_host(), result, "{origin} to {authority}");
    }
}

#[test]
fn an_extended_connect_is_accepted_with_200_and_no_proof() {
    // §5: no Upgrade, no Connection, no Sec-WebSocket-Accept, even where a key came.
    let key = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let extension = ("sec-websocket-extensions", "x-unknown");
    let (accepted, response) =
        connect(&[key, extension]).accept_as_response(&Answer::new()).unwrap();
    assert_eq!(response, Response::new(200));
    assert_eq!((accepted.role(), accepted.subprotocol()), (Role::Server, None));

    let offer = connect(&[("sec-websocket-protocol", "chat, superchat")]);
    let answer = Answer::new().subprotocol("superchat").header("set-cookie", "a=1");
    let (accepted, response) = offer.accept_as_response(&answer).unwrap();
    let expected = Response::new(200)
        .header("sec-websocket-protocol", "superchat")
        .header("set-cookie", "a=1");
    assert_eq!((accepted.subprotocol(), response), (Some("superchat"), expected));
}

#[test]
fn the_fields_of_an_answer_over_http_2_have_names_in_lower_case() {
    // RFC 9113 §8.2.1: others are malformed.
    let offer = connect(&[("sec-websocket-protocol", "Chat")]);
    let answer = Answer::new().subprotocol("Chat").header("X-Mine", "A");
    let (_, response) = offer.accept_as_response(&answer).unwrap();
    let fields: Vec<_> = response.headers.iter().collect();
    assert_eq!(fields, [("sec-websocket-protocol", &b"Chat"[..]), ("x-mine", b"A")]);
}

#[test]
fn a_subprotocol_that_was_not_offered_cannot_be_chosen_over_http_2() {
    for (offered, chosen) in
        [("", "chat"), ("superchat", "chat"), ("chat", "Chat"), ("a, b", "a, b")]
    {
        let fields = [("sec-websocket-protocol", offered)];
        let offer = connect(if offered.is_empty() { &[] } else { &fields });
        let error = offer.accept_as_response(&Answer::new().subprotocol(chosen)).unwrap_err();
        assert_eq!((error.status(), error), (500, UnofferedSubprotocol(chosen.into())));
    }
}

#[test]
fn an_extended_connect_is_not_answered_in_the_bytes_of_http_1() {
    let mut output = WriteBuffer::new();
    let error = connect(&[]).accept(&Answer::new(), &mut output).unwrap_err();
    assert_eq!((error, output.is_empty()), (UnsupportedHttpVersion, true));
}

#[test]
fn what_follows_the_answer_on_the_stream_is_the_connections() {
    // §5: the stream is the TCP connection of RFC 6455, masks and all.
    let (accepted, _) = connect(&[]).accept_as_response(&Answer::new()).unwrap();
    let (mut connection, mut output) = (accepted.into_connection(), WriteBuffer::new());
    let mut frame = common::masked(0x81, b"Hi");
    let received = connection.receive(&mut &mut frame[..], &mut output).unwrap();
    assert!(matches!(received, Some(Event::Message(Message::Text(text))) if &*text == "Hi"));
    connection.send("Ho", &mut output).unwrap();
    assert_eq!(common::handshake::written(&mut output), b"\x81\x02Ho");
    let mut frame = common::unmasked(0x81, b"Hi");
    assert!(connection.receive(&mut &mut frame[..], &mut output).is_err(), "no mask");
}

#[cfg(feature = "deflate")]
#[test]
fn other_limits_decide_what_is_agreed_on() {
    use fullduplex::{Compression, Config};

    let mut compressing = Config::default();
    compressing.compression = Some(Compression::default());
    let offered = [("sec-websocket-extensions", "permessage-deflate")];
    for (config, is_agreed) in [(Config::default(), false), (compressing, true)] {
        let offer = connect(&offered).with_config(config);
        let (accepted, response) = offer.accept_as_response(&Answer::new()).unwrap();
        let said = response.headers.text("sec-websocket-extensions");
        assert_eq!(accepted.compression().is_some(), is_agreed);
        assert_eq!(said.is_some_and(|it| it.starts_with("permessage-deflate")), is_agreed);
    }
}
