//! What a client asks over HTTP/2 and HTTP/3, and which answers it takes (RFC 8441 §4, §5, RFC 6455 §4.1);
//! and a client and a server that agree.

mod common;

use common::handshake::{Fields, chat, headers};
use fullduplex::{
    Accepted, Answer, ClientRequest, Config, ExtendedConnect,
    HandshakeError::{self, *},
    Request, RequestHead, Response, Role,
};

#[test]
fn the_request_is_an_extended_connect_with_these_pseudo_headers() {
    let cases = [
        // URL; then :scheme, :authority, :path.
        ("ws://a", "http", "a", "/"),
        ("wss://a", "https", "a", "/"),
        ("https://a/b?c=/d", "https", "a", "/b?c=/d"),
        ("ws://a?b", "http", "a", "/?b"),
        // RFC 9113 §8.3.1: as the Host header would be, without a user.
        ("ws://a:80", "http", "a", "/"),
        ("wss://a:443/", "https", "a", "/"),
        ("wss://A.Example:80/B", "https", "a.example:80", "/B"),
        ("ws://[2001:DB8::1]", "http", "[2001:db8::1]", "/"),
        ("wss://[::1]:8443/b", "https", "[::1]:8443", "/b"),
        ("wss://me:secret@a/b", "https", "a", "/b"),
    ];
    for (url, scheme, authority, path) in cases {
        let request = ClientRequest::new(url).expect(url);
        let (_, pseudo, _) = ExtendedConnect::start(&request, &Config::default()).expect(url);
        assert_eq!((pseudo.method, pseudo.protocol), ("CONNECT", Some("websocket")), "{url}");
        let asked = (pseudo.scheme, pseudo.authority, pseudo.path);
        assert_eq!(asked, (Some(scheme), Some(authority), Some(path)), "{url}");
    }
}

#[test]
fn the_headers_are_these_in_lower_case_and_nothing_of_http_1_is_among_them() {
    // §5: no Host, no Connection, no Upgrade, no key; RFC 9113 §8.2.1: names in lower case.
    let request = ClientRequest::new("wss://me:secret@a/").unwrap();
    let request = request
        .subprotocol("superchat")
        .subprotocol("Chat")
        .header("Origin", "https://example.com")
        .header("X-Raw", [0xe9]);
    let (_, _, headers) = ExtendedConnect::start(&request, &Config::default()).unwrap();
    let expected: [(&str, &[u8]); _] = [
        ("sec-websocket-version", b"13"),
        ("sec-websocket-protocol", b"superchat, Chat"),
        ("authorization", b"Basic bWU6c2VjcmV0"),
        ("origin", b"https://example.com"),
        ("x-raw", b"\xe9"),
    ];
    assert_eq!(headers.iter().collect::<Vec<_>>(), expected);
    let bare = ExtendedConnect::start(&chat(), &Config::default()).unwrap().2;
    assert_eq!(bare.iter().collect::<Vec<_>>(), expected[..1]);
}

#[test]
fn an_authorization_of_the_callers_takes_the_place_of_the_urls() {
    let request = ClientRequest::new("wss://me:secret@a/").unwrap();
    let request = request.header("authorization", "Bearer x");
    let (_, _, headers) = ExtendedConnect::start(&request, &Config::default()).unwrap();
    assert_eq!(headers.values("authorization").collect::<Vec<_>>(), [b"Bearer x"]);
}

#[test]
fn any_status_from_200_to_299_accepts() {
    for status in [200, 201, 204, 299] {
        let response = Response::new(status);
        // RFC 9110 §9.3.6: the length means nothing here, nor does the proof of HTTP/1.1.
        let response = response.header("content-length", "5").header("sec-websocket-accept", "x");
        let accepted = answered(&chat(), &response).expect("2xx");
        assert_eq!((accepted.role(), accepted.subprotocol()), (Role::Client, None), "{status}");
    }
}

#[test]
fn any_other_status_refuses_and_the_answer_is_told_whole() {
    for status in [0, 100, 101, 199, 300, 302, 400, 401, 404, 501, 600] {
        let response = Response::text(status, "elsewhere")
            .header("location", "https://b/")
            .header("sec-websocket-protocol", "chat");
        let error = answered(&chat().subprotocol("chat"), &response).expect_err("no 2xx");
        assert_eq!(error, Refused(Box::new(response)), "{status}");
    }
}

#[test]
fn a_server_over_http_2_chooses_only_what_was_offered() {
    let request = chat().subprotocol("chat").subprotocol("superchat");
    let cases: [(Fields<'_>, Result<Option<&str>, HandshakeError>); _] = [
        (&[], Ok(None)),
        (&[("sec-websocket-protocol", "superchat")], Ok(Some("superchat"))),
        (&[("sec-websocket-protocol", "CHAT")], Err(UnofferedSubprotocol("CHAT".into()))),
        (&[("sec-websocket-protocol", "")], Err(UnofferedSubprotocol("".into()))),
        (
            &[("sec-websocket-protocol", "chat, superchat")],
            Err(UnofferedSubprotocol("chat, superchat".into())),
        ),
        // RFC 6455 §11.3.4: once.
        (
            &[("sec-websocket-protocol", "chat"), ("sec-websocket-protocol", "chat")],
            Err(InvalidSubprotocols),
        ),
        (&[("sec-websocket-extensions", "x; a=1")], Err(UnofferedExtension("x".into()))),
        (
            &[("sec-websocket-extensions", "permessage-deflate")],
            Err(UnofferedExtension("permessage-deflate".into())),
        ),
        (&[("sec-websocket-extensions", ";")], Err(InvalidExtensions)),
    ];
    for (fields, expected) in cases {
        let mut response = Response::new(200);
        response.headers = headers(fields);
        let accepted = answered(&request, &response);
        let chosen = accepted.map(|accepted| accepted.subprotocol().map(String::from));
        assert_eq!(chosen, expected.map(|it| it.map(String::from)), "{fields:?}");
    }
    let required = request.require_subprotocol();
    assert_eq!(answered(&required, &Response::new(200)).unwrap_err(), MissingSubprotocol);
}

#[test]
fn a_client_and_a_server_agree_over_http_2() {
    let config = Config::default();
    let request = chat().subprotocol("a").subprotocol("b");
    let (client, server) = both(&request, &config, &Answer::new().subprotocol("b"));
    assert_eq!((client.role(), server.role()), (Role::Client, Role::Server));
    assert_eq!((client.subprotocol(), server.subprotocol()), (Some("b"), Some("b")));
}

#[cfg(feature = "deflate")]
#[test]
fn masked_and_compressed_messages_go_over_http_2_as_over_tcp() {
    use common::{End, read_frames, text};
    use fullduplex::{Compression, WriteBuffer};

    let mut config = Config::default();
    config.compression = Some(Compression::default());
    let (client, server) = both(&chat(), &config, &Answer::new());
    assert!(client.compression().is_some());
    assert_eq!(client.compression(), server.compression());
    let [mut client, mut server] = [client, server]
        .map(|accepted| End { connection: accepted.into_connection(), output: WriteBuffer::new() });
    let message = "over a stream ".repeat(100);
    let exchange = |from: &mut End, to: &mut End, is_masked: bool| {
        from.connection.send(&*message, &mut from.output).unwrap();
        let wire = from.written();
        let [frame] = &read_frames(&wire)[..] else { panic!("one frame") };
        // RFC 8441 §5: a client masks; RFC 7692 §6: RSV1 marks what is compressed.
        assert_eq!((frame.first, frame.key.is_some()), (0xc1, is_masked));
        assert!(frame.payload.len() < message.len() / 4, "{} bytes", frame.payload.len());
        assert_eq!(to.receive(&wire), [text(&message)]);
    };
    exchange(&mut client, &mut server, true);
    exchange(&mut server, &mut client, false);
}

/// What a client that sent `request` makes of an answer.
fn answered(request: &ClientRequest, response: &Response) -> Result<Accepted, HandshakeError> {
    let (connect, ..) = ExtendedConnect::start(request, &Config::default()).expect("a request");
    connect.receive(response)
}

/// What a client and a server make of each other.
fn both(request: &ClientRequest, config: &Config, answer: &Answer) -> (Accepted, Accepted) {
    let (connect, pseudo, headers) = ExtendedConnect::start(request, config).expect("a request");
    let head = RequestHead::http2(pseudo, headers).expect("a head");
    let offer = Request::new(head, config).and_then(Request::into_offer).expect("an offer");
    let (server, response) = offer.accept_as_response(answer).expect("an answer");
    (connect.receive(&response).expect("it is accepted"), server)
}
