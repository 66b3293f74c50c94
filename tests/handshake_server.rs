//! Which requests a server takes for a WebSocket's (RFC 6455 §4.2.1), and which it refuses: each as bytes,
//! and as an HTTP library hands it over.

#[path = "handshake_server/both_ways.rs"]
mod both_ways;
mod common;

use both_ways::{offer, serve};
use common::handshake::{REQUEST, edited, feed, with_lines};
use fullduplex::{
    Config,
    HandshakeError::{self, *},
    Request, ServerHandshake,
};

const TARGET: &str = "/chat?room=1";
const HOST: &str = "Host: server.example.com\r\n";
const UPGRADE: &str = "Upgrade: websocket\r\n";
const CONNECTION: &str = "Connection: Upgrade\r\n";
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const VERSION: &str = "Sec-WebSocket-Version: 13\r\n";

#[test]
fn a_request_that_follows_the_rules_is_an_offer() {
    let cases = [
        // §4.2.1 #1: origin form, or absolute form (RFC 9112 §3.2).
        ("root", TARGET, "/"),
        ("absolute http URI", TARGET, "http://server.example.com/chat"),
        ("absolute wss URI in capitals", TARGET, "WSS://server.example.com:443/chat"),
        ("absolute URI with an empty path", TARGET, "http://server.example.com"),
        // #2
        ("port", HOST, "Host: server.example.com:8080\r\n"),
        ("IPv4 host", HOST, "Host: 127.0.0.1:80\r\n"),
        ("IPv6 host", HOST, "Host: [::1]:8080\r\n"),
        // #3: in any letter case, in a list, in two lines.
        ("upgrade in capitals", UPGRADE, "UPGRADE: WebSocket\r\n"),
        ("several upgrades", UPGRADE, "upgrade: h2c , websocket\r\n"),
        ("two upgrade lines", UPGRADE, "Upgrade: h2c\r\nUpgrade: websocket\r\n"),
        // #4: the same; Firefox sends the first.
        ("keep-alive", CONNECTION, "Connection: keep-alive, Upgrade\r\n"),
        ("small letters", CONNECTION, "connection: upgrade\r\n"),
        ("empty elements", CONNECTION, "Connection: ,, upgrade ,\r\n"),
        ("two connection lines", CONNECTION, "Connection: close\r\nConnection: UPGRADE\r\n"),
        // #5, #6: blanks around a value are no part of it (RFC 9110 §5.5).
        ("blanks around the key", " dGhlIHNhbXBsZSBub25jZQ==", "\t dGhlIHNhbXBsZSBub25jZQ==\t "),
        ("no blank before a value", VERSION, "sec-websocket-version:13\r\n"),
        // Erratum 3150: the RFC's other sample, corrected.
        ("key of the erratum", KEY, "AQIDBAUGBwgJCgsMDQ4PEA=="),
    ];
    for (name, from, to) in cases {
        let request = serve(&edited(REQUEST, from, to));
        assert!(matches!(request, Ok(Request::Upgrade(_))), "{name}: {request:?}");
    }
    let lines = [
        // #8, #9: lists may stand in several lines, and hold what the server does not know.
        "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b, A\r\n",
        "Sec-WebSocket-Extensions: x;a;b=1 , y;c=\"\\2\"\r\n",
        "Sec-WebSocket-Extensions: x\r\nSec-WebSocket-Extensions: x\r\n",
        // RFC 9110 §5.6.1: empty elements do not count.
        "Sec-WebSocket-Protocol: , a,, b,\r\nSec-WebSocket-Extensions: ,x,,y,\r\n",
        "Sec-WebSocket-Extensions: x ; a=\"\\1\\2\" ; b ; c = d , y\r\n",
        // #10: other headers are passed over, also those that are no UTF-8 (RFC 9110 §5.5).
        "Sec-WebSocket-Future: \u{ff}\r\nEmpty:\r\n",
        "Content-Length: 0\r\n",
    ];
    for lines in lines {
        let request = serve(&with_lines(REQUEST, lines));
        assert!(matches!(request, Ok(Request::Upgrade(_))), "{lines}: {request:?}");
    }
}

#[test]
fn a_request_that_breaks_a_rule_is_refused_with_its_status() {
    let cases = [
        // §4.2.1 #1: a GET in HTTP/1.1 or higher.
        ("POST", "GET", "POST", MethodNotGet, 405),
        ("the server itself", "/chat?room=1", "*", InvalidTarget, 400),
        ("small letters", "GET", "get", MethodNotGet, 405),
        ("HTTP/1.0", "HTTP/1.1", "HTTP/1.0", UnsupportedHttpVersion, 505),
        ("HTTP/2.0", "HTTP/1.1", "HTTP/2.0", UnsupportedHttpVersion, 505),
        ("target ^", TARGET, "^", InvalidTarget, 400),
        ("target *", TARGET, "*", InvalidTarget, 400),
        ("authority form", TARGET, "server.example.com:80", InvalidTarget, 400),
        ("other scheme", TARGET, "ftp://server.example.com/chat", InvalidTarget, 400),
        ("no host in the URI", TARGET, "http:///chat", InvalidTarget, 400),
        ("user in the URI", TARGET, "http://me@server.example.com/", InvalidTarget, 400),
        ("fragment", TARGET, "/chat#room", InvalidTarget, 400),
        ("no target", " /chat?room=1", "", MalformedHead, 400),
        // §8.1, RFC 3986: a target is ASCII.
        ("target beyond ASCII", TARGET, "/\u{ff}", MalformedHead, 400),
        // RFC 9112 §2.2, §3, §5
        ("no version", " HTTP/1.1", "", MalformedHead, 400),
        ("blank before the colon", "Host:", "Host :", MalformedHead, 400),
        ("folded line", HOST, "Host:\r\n server.example.com\r\n", MalformedHead, 400),
        ("bare LF", HOST, "Host: server.example.com\n", MalformedHead, 400),
        ("bare LF at the end", "\r\n\r\n", "\r\n\n", MalformedHead, 400),
        ("blank line behind the first", "/1.1\r\n", "/1.1\r\n\r\n", InvalidHost, 400),
        // #2, RFC 9112 §3.2: one Host.
        ("no host", HOST, "", InvalidHost, 400),
        ("empty host", HOST, "Host:\r\n", InvalidHost, 400),
        ("host that is none", HOST, "Host: a/b\r\n", InvalidHost, 400),
        ("host with a user", HOST, "Host: me@server.example.com\r\n", InvalidHost, 400),
        ("port that is none", HOST, "Host: server.example.com:99999\r\n", InvalidHost, 400),
        ("host beyond ASCII", HOST, "Host: \u{ff}\r\n", InvalidHost, 400),
        // #4
        ("no connection", CONNECTION, "", MissingConnectionUpgrade, 400),
        ("other connection", CONNECTION, "Connection: close\r\n", MissingConnectionUpgrade, 400),
        ("part of a word", CONNECTION, "Connection: xUpgradex\r\n", MissingConnectionUpgrade, 400),
        // #5: 16 bytes in base64.
        ("no key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", InvalidKey, 400),
        ("3 bytes", KEY, "dGhl", InvalidKey, 400),
        ("15 bytes", KEY, "dGhlIHNhbXBsZSBub25j", InvalidKey, 400),
        ("17 bytes", KEY, "dGhlIHNhbXBsZSBub25jZSE=", InvalidKey, 400),
        ("18 bytes", KEY, "dGhlIHNhbXBsZSBub25jZSEh", InvalidKey, 400),
        ("no padding", KEY, "dGhlIHNhbXBsZSBub25jZQ", InvalidKey, 400),
        ("URL alphabet", KEY, "__-_IHNhbXBsZSBub25jZQ==", InvalidKey, 400),
        ("bits in the padding", KEY, "AQIDBAUGBwgJCgsMDQ4PEC==", InvalidKey, 400),
        // #6, §4.4: 13, once.
        ("no version header", VERSION, "", InvalidVersion, 400),
        ("version 8", ": 13", ": 8", UnsupportedVersion, 426),
        ("version 13.0", ": 13", ": 13.0", UnsupportedVersion, 426),
        ("versions in a list", ": 13", ": 13, 8", UnsupportedVersion, 426),
    ];
    for (name, from, to, error, status) in cases {
        let refusal = serve(&edited(REQUEST, from, to)).expect_err(name);
        assert_eq!((refusal.status(), refusal), (status, error), "{name}");
    }
}

#[test]
fn a_header_line_that_breaks_a_rule_is_refused_with_400() {
    let cases = [
        // RFC 9112 §5
        ("nonsense\r\n", MalformedHead),
        ("X Y: z\r\n", MalformedHead),
        (": z\r\n", MalformedHead),
        ("X: \0\r\n", MalformedHead),
        ("X: a\rY: b\r\n", MalformedHead),
        // What must stand once: §4.2.1 #2, §11.3.1, §11.3.5.
        ("Host: server.example.com\r\n", InvalidHost),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", InvalidKey),
        ("Sec-WebSocket-Version: 13\r\n", InvalidVersion),
        // A body's bytes would pass for frames.
        ("Content-Length: 5\r\n", UnexpectedBody),
        ("Content-Length:\r\n", UnexpectedBody),
        ("Transfer-Encoding: chunked\r\n", UnexpectedBody),
        // §4.1 #10: tokens, all different; §8.1: so they are ASCII.
        ("Sec-WebSocket-Protocol:\r\n", InvalidSubprotocols),
        ("Sec-WebSocket-Protocol: ,\r\n", InvalidSubprotocols),
        ("Sec-WebSocket-Protocol: a, b c\r\n", InvalidSubprotocols),
        ("Sec-WebSocket-Protocol: \u{ff}\r\n", InvalidSubprotocols),
        ("Sec-WebSocket-Protocol: a, b, a\r\n", InvalidSubprotocols),
        ("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n", InvalidSubprotocols),
        // §9.1: at least one extension; what a quoted value stands for is a token.
        ("Sec-WebSocket-Extensions:\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: ,\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: ;a\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x;\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x;a=\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x;=1\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x y\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: \"x\"\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x;a=\"1\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x;a=\"1\\\"\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x;a=\"\"\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x;a=\"1,2\"\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x;a=\"1;b\"\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x;a=\"\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: x;a=\"1\"2\r\n", InvalidExtensions),
        ("Sec-WebSocket-Extensions: \u{ff}\r\n", InvalidExtensions),
    ];
    for (lines, error) in cases {
        let refusal = serve(&with_lines(REQUEST, lines)).expect_err(lines);
        assert_eq!((refusal.status(), refusal), (400, error), "{lines}");
    }
}

#[test]
fn http_of_another_version_is_told_so() {
    // RFC 9113 §3.4: the preface of HTTP/2 is made to be refused.
    for request in ["PRI * HTTP/2.0\r\n\r\n", "GET / HTTP/3\r\n\r\n", "GET / HTTP/0.9\r\n\r\n"] {
        let refusal = serve(request.as_bytes()).expect_err(request);
        assert_eq!(refusal, HandshakeError::UnsupportedHttpVersion, "{request}");
        assert_eq!(refusal.status(), 505, "{request}");
    }
}

#[test]
fn a_request_that_asks_for_no_websocket_is_plain_http() {
    let cases = [
        ("no upgrade", UPGRADE, ""),
        ("other upgrade", UPGRADE, "Upgrade: h2c\r\n"),
        ("token in a word", UPGRADE, "Upgrade: xwebsocketx\r\n"),
        ("token with a version", UPGRADE, "Upgrade: websocket/13\r\n"),
    ];
    for (name, from, to) in cases {
        let request = serve(&edited(REQUEST, from, to)).expect(name);
        let Request::Http(head) = &request else { panic!("{name}: {request:?}") };
        assert_eq!((head.method(), head.path()), ("GET", "/chat"), "{name}");
        // §4.2.1 #3: where only WebSockets are served, it is refused (RFC 9110 §15.5.22).
        let refusal = request.into_offer().expect_err(name);
        assert_eq!((refusal.status(), refusal), (426, HandshakeError::NotAnUpgrade), "{name}");
    }
    for (name, request) in [
        ("HEAD", "HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("a body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"),
        ("HTTP/1.0 without a host", "GET / HTTP/1.0\r\n\r\n"),
        ("blank lines before it (RFC 9112 §2.2)", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("the server itself (RFC 9112 §3.2.4)", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    ] {
        let request = serve(request.as_bytes());
        assert!(matches!(request, Ok(Request::Http(_))), "{name}: {request:?}");
    }
}

#[test]
fn blank_lines_before_a_request_are_passed_over_however_they_are_cut() {
    // RFC 9112 §2.2
    let request = format!("\r\n\r\n{REQUEST}");
    common::for_every_cut(request.as_bytes(), |pieces| {
        let mut server = ServerHandshake::new(&Config::default());
        let (request, rest) = feed(pieces, |input| server.receive(input));
        let Ok(Some(Request::Upgrade(offer))) = request else { panic!("{request:?}") };
        assert_eq!((offer.path(), rest), ("/chat", vec![]));
    });
}

#[test]
fn an_offer_shows_what_was_asked_for() {
    let request = with_lines(
        REQUEST,
        "Origin: https://example.com\r\n\
         Cookie: a=1; b=x=y ;c\r\n\
         Cookie: d=\r\n\
         Sec-WebSocket-Protocol: chat, superchat\r\n\
         sec-websocket-protocol: Chat\r\n\
         X-Raw: \u{e9}\r\n\
         X-Empty: \t\r\n",
    );
    let offer = offer(&request);
    assert_eq!(offer.method(), "GET");
    assert_eq!((offer.path(), offer.query()), ("/chat", Some("room=1")));
    assert_eq!(offer.host(), Some("server.example.com"));
    assert_eq!(offer.origin(), Some("https://example.com"));
    assert_eq!(offer.cookies().collect::<Vec<_>>(), [("a", "1"), ("b", "x=y"), ("d", "")]);
    // §1.9: in the client's order; §4.1 #10: letter case counts.
    assert_eq!(offer.subprotocols().collect::<Vec<_>>(), ["chat", "superchat", "Chat"]);
    let headers = offer.head().headers();
    assert_eq!(headers.values("x-raw").collect::<Vec<_>>(), [b"\xe9"]);
    assert_eq!((headers.text("x-raw"), headers.text("missing")), (None, None));
    assert_eq!(headers.iter().next(), Some(("Host", &b"server.example.com"[..])));
    assert_eq!(headers.iter().last(), Some(("X-Empty", &b""[..])));
    assert_eq!(headers.iter().count(), 12);
}

#[test]
fn a_target_in_absolute_form_names_path_and_host() {
    // RFC 9112 §3.2.2: its authority counts, not the Host header.
    let cases = [
        ("http://other.example:81/a?b", "/a", Some("b"), "other.example:81"),
        ("ws://other.example?/a", "/", Some("/a"), "other.example"),
        ("https://other.example", "/", None, "other.example"),
    ];
    for (target, path, query, host) in cases {
        let offer = offer(&edited(REQUEST, TARGET, target));
        let asked = (offer.path(), offer.query(), offer.host());
        assert_eq!(asked, (path, query, Some(host)), "{target}");
    }
}

#[test]
fn heads_with_other_headers_are_not_equal() {
    let headers = |lines| offer(&with_lines(REQUEST, lines)).head().headers().clone();
    assert_eq!(headers("A: 1\r\n"), headers("A: 1\r\n"));
    for other in ["A: 2\r\n", "B: 1\r\n", "", "A: 1\r\nA: 1\r\n"] {
        assert_ne!(headers("A: 1\r\n"), headers(other));
    }
}
