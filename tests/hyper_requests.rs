//! Requests that stand for themselves, without a connection: what [`Upgrade`] says of each.
#![cfg(feature = "hyper")]

use fullduplex::{Config, HandshakeError, hyper::Upgrade};
use http::{Method, Request, Version, request::Builder};

/// What is wrong with a request; one that has nothing wrong has no connection.
fn error(request: Builder) -> HandshakeError {
    Upgrade::new(&mut request.body(()).unwrap(), &Config::default()).unwrap_err()
}

/// A request over HTTP/1.1 with all that an upgrade needs but a target and an Upgrade header.
fn http1() -> Builder {
    Request::builder()
        .header("Host", "server.example.com")
        .header("Connection", "keep-alive, Upgrade")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("Sec-WebSocket-Version", "13")
}

fn http2(method: Method, uri: &str) -> Builder {
    let request = Request::builder().version(Version::HTTP_2).method(method).uri(uri);
    request.header("Sec-WebSocket-Version", "13")
}

#[test]
fn a_request_of_crate_http_alone_cannot_be_upgraded_but_can_be_judged() {
    let request = http1().uri("/chat").header("Upgrade", "websocket");
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    let result = Upgrade::from_parts(&mut parts, &Config::default());
    assert_eq!(result.unwrap_err(), HandshakeError::NotUpgradable);
    parts.headers.remove("Upgrade");
    let result = Upgrade::from_parts(&mut parts, &Config::default());
    assert_eq!(result.unwrap_err(), HandshakeError::NotAnUpgrade);
}

#[test]
fn the_token_may_stand_among_others_and_in_any_letter_case() {
    let cases: [(&[&str], HandshakeError); 6] = [
        (&["WebSocket"], HandshakeError::NotUpgradable),
        (&["h2c,\twebsocket , foo/2"], HandshakeError::NotUpgradable),
        (&["h2c", "websocket"], HandshakeError::NotUpgradable),
        (&["websocket2"], HandshakeError::NotAnUpgrade),
        (&["web socket, h2c"], HandshakeError::NotAnUpgrade),
        (&[""], HandshakeError::NotAnUpgrade),
    ];
    for (values, expected) in cases {
        let request = http1().uri("/chat");
        let request = values.iter().fold(request, |it, value| it.header("Upgrade", *value));
        assert_eq!(error(request), expected, "{values:?}");
    }
}

#[test]
fn target_and_host_are_judged_only_where_a_websocket_is_asked_for() {
    let hosts = |hosts: &[&str]| {
        hosts.iter().fold(Request::builder().uri("/"), |it, host| it.header("Host", *host))
    };
    let cases = [
        ("UTF-8 in the target", http1().uri("/chat?q=é"), HandshakeError::InvalidTarget),
        ("a target with a host alone", http1().uri("chat.example"), HandshakeError::InvalidTarget),
        ("no Host", hosts(&[]), HandshakeError::InvalidHost),
        ("an empty Host", hosts(&[""]), HandshakeError::InvalidHost),
        ("two Hosts", hosts(&["a.example", "b.example"]), HandshakeError::InvalidHost),
    ];
    for (name, request, expected) in cases {
        let mut request = request.body(()).unwrap();
        let page = Upgrade::new(&mut request, &Config::default()).unwrap_err();
        assert_eq!(page, HandshakeError::NotAnUpgrade, "{name}");
        request.headers_mut().insert("Upgrade", "websocket".parse().unwrap());
        let websocket = Upgrade::new(&mut request, &Config::default()).unwrap_err();
        assert_eq!(websocket, expected, "{name}");
    }
}

#[test]
fn over_http2_a_request_without_a_protocol_is_no_extended_connect_whatever_its_target_is() {
    let cases = [
        ("a page", http2(Method::GET, "https://chat.example/chat")),
        ("UTF-8 in the path", http2(Method::GET, "https://chat.example/chat?q=é")),
        ("no authority", http2(Method::GET, "/chat")),
        ("a CONNECT that is not extended", http2(Method::CONNECT, "chat.example:443")),
    ];
    for (name, request) in cases {
        assert_eq!(error(request), HandshakeError::NotAnExtendedConnect, "{name}");
    }
}

#[cfg(not(feature = "http2"))]
#[test]
fn without_feature_http2_an_extended_connect_names_a_protocol_that_is_unknown() {
    let error = error(http2(Method::CONNECT, "https://chat.example/chat"));
    assert_eq!(error, HandshakeError::UnknownProtocol);
    assert_eq!(error.response().status, 501);
}
