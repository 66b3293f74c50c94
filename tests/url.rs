//! The URL of a WebSocket (RFC 6455 §3): where a client connects, and what it then asks for.

mod common;

use common::handshake::{ask, with_lines};
use fullduplex::{ClientRequest, HandshakeError, InvalidUrl};

/// URL, TLS, host, port; then as the request has them: target and Host header.
type Case = (&'static str, bool, &'static str, u16, &'static str, &'static str);

#[test]
fn a_url_says_where_to_connect_and_what_to_ask_for() {
    let cases: &[Case] = &[
        // §3: the default ports, and an empty path is the root.
        ("ws://a", false, "a", 80, "/", "a"),
        ("wss://a", true, "a", 443, "/", "a"),
        ("ws://a/", false, "a", 80, "/", "a"),
        ("ws://a/b/c?d=e", false, "a", 80, "/b/c?d=e", "a"),
        ("ws://a?b", false, "a", 80, "/?b", "a"),
        ("ws://a/?", false, "a", 80, "/?", "a"),
        ("ws://a?b=/c:d@e", false, "a", 80, "/?b=/c:d@e", "a"),
        ("ws://a//b", false, "a", 80, "//b", "a"),
        ("ws://a/b%23c%20d", false, "a", 80, "/b%23c%20d", "a"),
        // §4.1 #4: the Host header has the port where it is not the default.
        ("ws://a:80/", false, "a", 80, "/", "a"),
        ("wss://a:443/", true, "a", 443, "/", "a"),
        ("ws://a:443/", false, "a", 443, "/", "a:443"),
        ("wss://a:80/", true, "a", 80, "/", "a:80"),
        ("ws://a:65535", false, "a", 65535, "/", "a:65535"),
        ("ws://a:1?b", false, "a", 1, "/?b", "a:1"),
        // RFC 3986 §3.2.3: a port may be empty.
        ("ws://a:/b", false, "a", 80, "/b", "a"),
        // RFC 3986 §3.1: in any letter case; WHATWG: http and https are taken for ws and wss.
        ("WSS://a", true, "a", 443, "/", "a"),
        ("http://a", false, "a", 80, "/", "a"),
        ("HTTPS://a", true, "a", 443, "/", "a"),
        // RFC 9110 §4.2.3: hosts ignore letter case, paths do not.
        ("ws://Example.COM", false, "example.com", 80, "/", "example.com"),
        ("ws://A:81/B?C", false, "a", 81, "/B?C", "a:81"),
        ("ws://[2001:DB8::A]", false, "2001:db8::a", 80, "/", "[2001:db8::a]"),
        (
            "ws://xn--bcher-kva.example",
            false,
            "xn--bcher-kva.example",
            80,
            "/",
            "xn--bcher-kva.example",
        ),
        ("ws://127.0.0.1:9001", false, "127.0.0.1", 9001, "/", "127.0.0.1:9001"),
        ("ws://[::1]", false, "::1", 80, "/", "[::1]"),
        ("ws://[::]", false, "::", 80, "/", "[::]"),
        ("wss://[2001:db8::1]:8443/b", true, "2001:db8::1", 8443, "/b", "[2001:db8::1]:8443"),
    ];
    for &(url, secure, host, port, target, host_header) in cases {
        let request = ClientRequest::new(url).expect(url);
        assert_eq!((request.is_secure(), request.host(), request.port()), (secure, host, port));
        let (_, written) = ask(&request);
        let begin = format!("GET {target} HTTP/1.1\r\nHost: {host_header}\r\nUpgrade:");
        assert!(written.starts_with(begin.as_bytes()), "{url}: {}", written.escape_ascii());
    }
}

#[test]
fn a_user_name_and_a_password_are_basic_authentication() {
    // RFC 7617 §2, its example among them.
    let cases: &[(&str, Option<&str>)] = &[
        ("Aladdin:open%20sesame", Some("QWxhZGRpbjpvcGVuIHNlc2FtZQ==")),
        ("me", Some("bWU6")),
        ("me:", Some("bWU6")),
        (":secret", Some("OnNlY3JldA==")),
        ("a:b:c", Some("YTpiOmM=")),
        ("a:b%3Ac%40d%2f%25", Some("YTpiOmNAZC8l")),
        ("a!$&'()*+,;=-._~:b", Some("YSEkJicoKSorLDs9LS5ffjpi")),
        // Any byte from 0x80 on; what it means is between the user and the server.
        ("test:123%C2%a3", Some("dGVzdDoxMjPCow==")),
        ("a:%ff", Some("YTr/")),
        ("", None),
        (":", None),
    ];
    for (user_info, encoded) in cases {
        let request = ClientRequest::new(&format!("wss://{user_info}@a:444/b")).expect(user_info);
        assert_eq!((request.host(), request.port()), ("a", 444));
        let (_, written) = ask(&request);
        let plain = ask(&ClientRequest::new("wss://a:444/b").unwrap()).1;
        let expected = match encoded {
            Some(encoded) => with_lines(
                std::str::from_utf8(&plain).unwrap(),
                &format!("Authorization: Basic {encoded}\r\n"),
            ),
            None => plain,
        };
        assert_eq!(written, expected, "{user_info}: {}", written.escape_ascii());
    }
}

#[test]
fn an_authorization_of_the_callers_own_goes_before_the_urls() {
    for name in ["Authorization", "authorization"] {
        let request = ClientRequest::new("ws://me:secret@a/").unwrap().header(name, "Bearer x");
        let plain = ClientRequest::new("ws://a/").unwrap().header(name, "Bearer x");
        assert_eq!(ask(&request).1, ask(&plain).1);
    }
}

#[test]
fn a_url_with_an_invalid_part_is_refused_by_name() {
    use InvalidUrl::*;
    let cases = [
        ("", Scheme),
        ("a", Scheme),
        ("//a", Scheme),
        ("ws:a", Scheme),
        ("ws:/a", Scheme),
        ("ftp://a", Scheme),
        (" ws://a", Scheme),
        ("wss//a", Scheme),
        // §3: a fragment has no meaning, `#` is written %23; an empty one is one too.
        ("ws://a#b", Fragment),
        ("ws://a/b#", Fragment),
        ("ws://a/b?c#d", Fragment),
        // RFC 7617 §2: no colon in a user name, no control character.
        ("ws://a%3ab:c@h", UserInfo),
        ("ws://a%0d%0a:b@h", UserInfo),
        ("ws://a:b%7F@h", UserInfo),
        ("ws://a:b%00@h", UserInfo),
        // RFC 3986 §3.2.1: what must be percent-encoded. A second `@` would hide which host is meant.
        ("ws://a@b@h", UserInfo),
        ("ws://h:80@b@c/", UserInfo),
        ("ws://a b:c@h", UserInfo),
        ("ws://a:\u{fc}@h", UserInfo),
        ("ws://a:b\r\nX@h", UserInfo),
        ("ws://a:b[@h", UserInfo),
        ("ws://a%:b@h", UserInfo),
        ("ws://a:b%2@h", UserInfo),
        ("ws://a:b%+1@h", UserInfo),
        ("ws://a:b@", Host),
        ("ws://a:b@:80", Host),
        ("ws://a:b/c@h", Port),
        ("ws://", Host),
        ("ws:///b", Host),
        ("ws://:80", Host),
        ("ws://?b", Host),
        ("ws://a\\b", Host),
        ("ws://a<b>", Host),
        ("ws://b\u{fc}cher.example", Host),
        ("ws://[]", Host),
        ("ws://[::g]", Host),
        ("ws://[::1]a", Host),
        ("ws://[::1", Port),
        ("ws://::1", Port),
        ("ws://a:0", Port),
        ("ws://a:65536", Port),
        ("ws://a:+80", Port),
        ("ws://a:-1", Port),
        ("ws://a:8o", Port),
        ("ws://a:80:80", Port),
        ("ws://a/b c", Resource),
        ("ws://a/\u{fc}", Resource),
        ("ws://a/?\u{7f}", Resource),
    ];
    for (url, invalid) in cases {
        // §4.1: no connection, so nothing is written.
        let error = ClientRequest::new(url).unwrap_err();
        assert_eq!(error, HandshakeError::InvalidUrl(invalid), "{url:?}");
    }
}
