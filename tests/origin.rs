//! Which pages a server lets in (RFC 6455 §10.2): a browser names the page's origin (RFC 6454), and
//! sends its cookies whatever page asks.

mod common;

use common::handshake::{REQUEST, assert_whole, edited, offer, response_text, with_lines};
use fullduplex::{HandshakeError::ForbiddenOrigin, Offer};

#[test]
fn a_page_of_the_same_host_and_port_passes() {
    let cases = [
        ("https://example.com", "example.com"),
        ("http://example.com", "example.com"),
        ("https://EXAMPLE.com", "example.COM"),
        // The default port of the page's scheme, named on either side or on none.
        ("https://example.com", "example.com:443"),
        ("https://example.com:443", "example.com"),
        ("http://example.com", "example.com:80"),
        ("http://example.com:80", "example.com:80"),
        ("http://localhost:3000", "localhost:3000"),
        ("http://127.0.0.1:3000", "127.0.0.1:3000"),
        ("http://[::1]:3000", "[::1]:3000"),
        ("https://[::1]", "[::1]"),
    ];
    for (origin, host) in cases {
        assert_eq!(from(origin, host).check_same_host(), Ok(()), "{origin} to {host}");
    }
}

#[test]
fn a_page_of_another_host_or_port_is_refused() {
    let cases = [
        ("https://evil.example", "example.com"),
        // Names that only look alike.
        ("https://example.com.evil.example", "example.com"),
        ("https://notexample.com", "example.com"),
        ("https://sub.example.com", "example.com"),
        ("https://example.com", "sub.example.com"),
        ("https://example.com.", "example.com"),
        // Another port is another server.
        ("https://example.com:8443", "example.com"),
        ("https://example.com", "example.com:8443"),
        ("http://example.com", "example.com:443"),
        ("http://localhost:3000", "localhost:3001"),
        ("http://[::1]:3000", "[::2]:3000"),
        // RFC 6454 §7: not from a host at all.
        ("null", "example.com"),
        ("", "example.com"),
        ("file://", "example.com"),
        ("chrome-extension://example.com", "example.com"),
        ("ws://example.com", "example.com"),
        // No origins.
        ("example.com", "example.com"),
        ("https://example.com/", "example.com"),
        ("https://me@example.com", "example.com"),
        ("https://example.com https://evil.example", "example.com"),
        ("https://evil.example#@example.com", "example.com"),
        ("https://example.com:x", "example.com"),
        ("https://\u{ff}", "example.com"),
    ];
    for (origin, host) in cases {
        let checked = from(origin, host).check_same_host();
        assert_eq!(checked, Err(ForbiddenOrigin), "{origin} to {host}");
    }
}

#[test]
fn a_target_in_absolute_form_names_the_host_that_counts() {
    // RFC 9112 §3.2.2
    let request = with_lines(REQUEST, "Origin: https://example.com\r\n");
    let request = String::from_utf8(request).unwrap();
    for (target, result) in [
        ("https://example.com/chat", Ok(())),
        ("https://server.example.com/chat", Err(ForbiddenOrigin)),
    ] {
        let offer = offer(&edited(&request, "/chat?room=1", target));
        assert_eq!(offer.check_same_host(), result, "{target}");
    }
}

#[test]
fn a_list_lets_in_the_origins_that_it_names() {
    let allowed = ["https://example.com", "http://localhost:3000", "null"];
    let cases = [
        ("https://example.com", true),
        ("HTTPS://Example.com", true),
        ("http://localhost:3000", true),
        // Only where the application names it.
        ("null", true),
        ("http://example.com", false),
        ("https://example.com:8443", false),
        ("https://example.com.evil.example", false),
        ("https://sub.example.com", false),
        ("https://example.com/", false),
        ("https://example", false),
        ("", false),
        ("*", false),
        ("\u{ff}", false),
    ];
    for (origin, passes) in cases {
        let expected = if passes { Ok(()) } else { Err(ForbiddenOrigin) };
        assert_eq!(from(origin, "a").check_origin(&allowed), expected, "{origin}");
        assert_eq!(from(origin, "a").check_origin(&[]), Err(ForbiddenOrigin), "{origin}");
    }
}

#[test]
fn a_request_without_an_origin_passes_and_one_with_two_does_not() {
    // §4.2.1 #7: no browser sent the first, and what else could could claim any origin.
    let without = offer(REQUEST.as_bytes());
    assert_eq!(without.origin(), None);
    assert_eq!((without.check_same_host(), without.check_origin(&[])), (Ok(()), Ok(())));
    let origin = "Origin: https://server.example.com\r\n";
    let twice = offer(&with_lines(REQUEST, &origin.repeat(2)));
    assert_eq!(twice.check_same_host(), Err(ForbiddenOrigin));
    assert_eq!(twice.check_origin(&["https://server.example.com"]), Err(ForbiddenOrigin));
}

#[test]
fn the_core_checks_no_origin_unasked_and_answers_403_when_told_to() {
    let offer = from("https://evil.example", "example.com");
    assert_eq!(offer.origin(), Some("https://evil.example"));
    let refusal = offer.check_same_host().unwrap_err();
    assert_eq!(refusal.status(), 403);
    assert_whole("403", &response_text(&refusal.response()), "HTTP/1.1 403 Forbidden", &[]);
}

/// The offer of a page from `origin` to the server at `host`.
fn from(origin: &str, host: &str) -> Offer {
    let request = REQUEST.replace("server.example.com", host);
    offer(&with_lines(&request, &format!("Origin: {origin}\r\n")))
}
