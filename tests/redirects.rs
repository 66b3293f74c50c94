//! Where a redirect leads (RFC 9110 §15.4, RFC 3986 §5.2), and what of a request goes there.

mod common;

use common::handshake::ask;
use fullduplex::{ClientRequest, HandshakeError, InvalidUrl, Response};

/// Scheme, host, port.
const ORIGINS: [(&str, &str, u16); 8] = [
    ("ws", "a.example", 80),
    ("wss", "a.example", 443),
    ("ws", "a.example", 443),
    ("wss", "a.example", 80),
    ("ws", "b.a.example", 80),
    ("wss", "b.a.example", 443),
    ("ws", "[::1]", 80),
    ("wss", "10.0.0.1", 443),
];

#[test]
fn to_another_origin_go_no_headers_but_the_harmless_ones() {
    let headers = [
        // Whether it goes to another origin.
        ("Authorization", false),
        ("authorization", false),
        ("COOKIE", false),
        ("Proxy-Authorization", false),
        ("X-Authorization", false),
        ("X-API-Key", false),
        ("Api-Key", false),
        ("X-Trace", false),
        ("Origin", true),
        ("User-Agent", true),
        ("accept-language", true),
    ];
    for from in ORIGINS {
        for to in ORIGINS {
            let (scheme, host, port) = from;
            let mut request = ClientRequest::new(&format!("{scheme}://{host}:{port}/")).unwrap();
            for (name, _) in headers {
                request = request.header(name, "s3cret").header(name, "again");
            }
            let request = request.subprotocol("chat").subprotocol("superchat");
            let location = format!("{}://{}:{}/there?x", to.0, to.1.to_uppercase(), to.2);
            let next = redirected(&request, &location);
            if (from.0, to.0) == ("wss", "ws") {
                assert_eq!(next.unwrap_err(), HandshakeError::InsecureRedirect);
                continue;
            }
            let next = next.unwrap();
            let place = (next.is_secure(), next.host(), next.port());
            let host = to.1.trim_matches(['[', ']']);
            assert_eq!(place, (to.0 == "wss", host, to.2), "{location}");
            // The request is the one that asks there, with what may go there.
            let mut expected = ClientRequest::new(&location).unwrap();
            for (name, _) in headers.into_iter().filter(|header| from == to || header.1) {
                expected = expected.header(name, "s3cret").header(name, "again");
            }
            let expected = expected.subprotocol("chat").subprotocol("superchat");
            assert_eq!(text(&next), text(&expected), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn the_urls_user_name_and_password_stay_within_their_origin() {
    let cases = [
        ("ws://a/x", "", true),
        ("ws://a/x", "y", true),
        ("ws://a/x", "//a", true),
        ("ws://a/x", "//A:80/y", true),
        ("ws://a/x", "HTTP://a/y", true),
        ("wss://a:444/x", "https://a:444", true),
        ("ws://a/x", "wss://a/x", false),
        ("ws://a/x", "//a:81/x", false),
        ("ws://a/x", "//b/x", false),
        ("ws://a/x", "//a./x", false),
    ];
    for (url, location, stays) in cases {
        let request = ClientRequest::new(&url.replacen("://", "://me:secret@", 1)).unwrap();
        let next = redirected(&request, location).unwrap();
        let line = "\r\nAuthorization: Basic bWU6c2VjcmV0\r\n";
        assert_eq!(text(&next).contains(line), stays, "{url} to {location}");
    }
    // Back home they do not come again.
    let request = ClientRequest::new("ws://me:secret@a/x").unwrap();
    let back = redirected(&redirected(&request, "//b").unwrap(), "//a/x").unwrap();
    assert_eq!(text(&back), text(&ClientRequest::new("ws://a/x").unwrap()));
}

#[test]
fn a_location_is_resolved_as_a_reference() {
    // RFC 3986 §5.4.1 and §5.4.2: reference, and what it is relative to `ws://a/b/c/d;p?q`.
    let cases = [
        ("g", "a/b/c/g"),
        ("./g", "a/b/c/g"),
        ("g/", "a/b/c/g/"),
        ("/g", "a/g"),
        ("//g", "g/"),
        ("?y", "a/b/c/d;p?y"),
        ("g?y", "a/b/c/g?y"),
        ("#s", "a/b/c/d;p?q"),
        ("g#s", "a/b/c/g"),
        ("g?y#s", "a/b/c/g?y"),
        (";x", "a/b/c/;x"),
        ("g;x", "a/b/c/g;x"),
        ("g;x?y#s", "a/b/c/g;x?y"),
        ("", "a/b/c/d;p?q"),
        (".", "a/b/c/"),
        ("./", "a/b/c/"),
        ("..", "a/b/"),
        ("../", "a/b/"),
        ("../g", "a/b/g"),
        ("../..", "a/"),
        ("../../", "a/"),
        ("../../g", "a/g"),
        ("../../../g", "a/g"),
        ("../../../../g", "a/g"),
        ("/./g", "a/g"),
        ("/../g", "a/g"),
        ("g.", "a/b/c/g."),
        (".g", "a/b/c/.g"),
        ("g..", "a/b/c/g.."),
        ("..g", "a/b/c/..g"),
        ("./../g", "a/b/g"),
        ("./g/.", "a/b/c/g/"),
        ("g/./h", "a/b/c/g/h"),
        ("g/../h", "a/b/c/h"),
        ("g;x=1/./y", "a/b/c/g;x=1/y"),
        ("g;x=1/../y", "a/b/c/y"),
        ("g?y/./x", "a/b/c/g?y/./x"),
        ("g?y/../x", "a/b/c/g?y/../x"),
        ("g#s/../x", "a/b/c/g"),
        // Whole ones.
        ("ws://h/x/../y/./z?q#f", "h/y/z?q"),
        ("http://h", "h/"),
        ("HTTP://h:80?q", "h/?q"),
        ("ws://h/../..", "h/"),
        ("ws://h//x", "h//x"),
        ("//h:81/x/./", "h:81/x/"),
        ("//[::1]/#", "[::1]/"),
        // No scheme, no host, but a path and a query.
        ("?", "a/b/c/d;p?"),
        ("?x://y", "a/b/c/d;p?x://y"),
        ("/x:y", "a/x:y"),
        ("./x:y", "a/b/c/x:y"),
        ("1:2", "a/b/c/1:2"),
        ("g//../h", "a/b/c/g/h"),
        ("/.//h", "a//h"),
        ("%2e%2e/g", "a/b/c/%2e%2e/g"),
    ];
    for (location, place) in cases {
        assert_leads("ws://a/b/c/d;p?q", location, &format!("ws://{place}"));
        let secure = location.replacen("ws:", "wss:", 1);
        let secure =
            secure.replacen("http:", "https:", 1).replacen("HTTP://h:80", "HTTPS://h:443", 1);
        assert_leads("wss://a/b/c/d;p?q", &secure, &format!("wss://{place}"));
    }
    for (url, location, expected) in [
        ("ws://a", "g", "ws://a/g"),
        ("ws://a?q/x", "g", "ws://a/g"),
        ("ws://a?q", "", "ws://a?q"),
        ("ws://a:81/x", "/y", "ws://a:81/y"),
        ("ws://[::1]:81/x", "?y", "ws://[::1]:81/x?y"),
        ("ws://a/./x/../y", "", "ws://a/./x/../y"),
        ("ws://a", "wss://a", "wss://a"),
        ("ws://a", "https://b/", "wss://b/"),
    ] {
        assert_leads(url, location, expected);
    }
}

#[test]
fn a_location_that_leads_nowhere_is_an_error() {
    use InvalidUrl::*;
    let cases: &[(&[u8], InvalidUrl)] = &[
        (b"ftp://h/", Scheme),
        (b"javascript:alert(1)", Scheme),
        (b"mailto:me@h", Scheme),
        (b"file:///x", Scheme),
        (b"ws:/x", Scheme),
        (b"ws:x", Scheme),
        (b"ws:", Scheme),
        (b"a+b-c.1:x", Scheme),
        (b"//", Host),
        (b"///x", Host),
        (b"ws://", Host),
        (b"http:///x", Host),
        (b"//:80/x", Host),
        (b"//h\\x", Host),
        (b"//h:0", Port),
        (b"//h:x", Port),
        // RFC 9110 §4.2.4.
        (b"//me@h", UserInfo),
        (b"ws://me:secret@h/", UserInfo),
        (b"ws://a@b@h/", UserInfo),
        // RFC 3986 §2: nothing but visible ASCII; also in what is dropped.
        (b"/x y", Resource),
        (b"/x\r\nX: y", Resource),
        (b"/x\0", Resource),
        (b"/x\x7f", Resource),
        (b"/x#\r\ny", Resource),
        (b"\t/x", Resource),
        (b"/\xc3\xbc", Resource),
        (b"/\xff", Resource),
        (b"//h\n/", Resource),
    ];
    for (location, invalid) in cases {
        for url in ["ws://a/b", "wss://me:secret@a/b"] {
            let error = redirected(&ClientRequest::new(url).unwrap(), location).unwrap_err();
            let name = location.escape_ascii();
            assert_eq!(error, HandshakeError::InvalidLocation(*invalid), "{name}");
        }
    }
}

#[test]
fn a_redirect_leads_from_wss_to_wss_only() {
    let request = ClientRequest::new("wss://a/b").unwrap();
    for location in ["ws://a/b", "http://a/b", "ws://a:443/b", "ws://b", "HTTP://b"] {
        let error = redirected(&request, location).unwrap_err();
        assert_eq!(error, HandshakeError::InsecureRedirect, "{location}");
    }
}

#[test]
fn other_answers_redirect_nobody() {
    let request = ClientRequest::new("ws://a/b").unwrap();
    for status in 100..=599 {
        let response = Response::new(status).header("Location", "/c");
        let next = request.redirected(&response).unwrap();
        assert_eq!(next.is_some(), [301, 302, 303, 307, 308].contains(&status), "{status}");
        // RFC 9110 §10.2.2: it is where to go; without it, or with two, nobody knows.
        assert!(request.redirected(&Response::new(status)).unwrap().is_none(), "{status}");
        let two = response.header("location", "/c");
        assert!(request.redirected(&two).unwrap().is_none(), "{status}");
    }
}

#[test]
fn a_redirected_request_still_requires_its_subprotocol() {
    let request = ClientRequest::new("ws://a/b").unwrap().subprotocol("chat").require_subprotocol();
    let next = redirected(&request, "//b").unwrap();
    let answer = common::handshake::answered(&next, common::handshake::ANSWER.as_bytes());
    assert_eq!(answer.unwrap_err(), HandshakeError::MissingSubprotocol);
}

/// The request that `request` becomes when it is answered with a redirect to `location`.
fn redirected(
    request: &ClientRequest,
    location: impl AsRef<[u8]>,
) -> Result<ClientRequest, HandshakeError> {
    let response = Response::new(302).header("Location", location);
    Ok(request.redirected(&response)?.expect("a redirect"))
}

/// Asserts that a redirect from `url` to `location` asks for the same as `expected` does.
fn assert_leads(url: &str, location: &str, expected: &str) {
    let request = ClientRequest::new(url).unwrap();
    let next = redirected(&request, location).expect(location);
    let expected = ClientRequest::new(expected).unwrap();
    let place = |request: &ClientRequest| {
        (request.is_secure(), request.host().to_string(), request.port(), text(request))
    };
    assert_eq!(place(&next), place(&expected), "{url} to {location}");
}

fn text(request: &ClientRequest) -> String {
    String::from_utf8(ask(request).1).unwrap()
}
