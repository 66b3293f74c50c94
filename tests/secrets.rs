//! What stays out of logs: no `Debug` shows a credential, or what was said on a connection.

mod common;

use std::fmt::Debug;

use common::{
    End, KEY,
    handshake::{
        ANSWER, CONNECT, NONCE, REQUEST, VERSION, connect, feed, headers, offer, with_lines,
    },
    masked,
    scripted::Scripted,
};
use fullduplex::{
    Answer, ClientHandshake, ClientRequest, Config, Connection, ExtendedConnect, HandshakeError,
    PseudoHeaders, Request, RequestHead, Response, Role, ServerHandshake, WriteBuffer,
    blocking::WebSocket,
};

/// A byte string's `Debug` is a list of numbers.
fn assert_hidden(value: &impl Debug) {
    for shown in [format!("{value:?}"), format!("{value:#?}").split_whitespace().collect()] {
        for secret in ["s3cret", "115, 51, 99", "115,51,99"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn a_handshake_hides_credentials_and_the_token_that_travels_as_a_subprotocol() {
    let request = ClientRequest::new("ws://a/?token=s3cret").unwrap();
    let request = request.subprotocol("s3cret").header("Cookie", "id=s3cret");
    assert_hidden(&request);
    let mut output = WriteBuffer::new();
    let config = Config::default();
    let mut client = ClientHandshake::start(&request, NONCE, &config, &mut output).unwrap();
    assert_hidden(&output);
    let lines = "Sec-WebSocket-Protocol: s3cret\r\nSet-Cookie: id=s3cret\r\n";
    let answer = with_lines(ANSWER, lines);
    let (head, _) = feed(&[&answer[..answer.len() - 1]], |input| client.receive(input));
    assert!(matches!(head, Ok(None)));
    assert_hidden(&client);
    let accepted = feed(&[b"\n"], |input| client.receive(input)).0.unwrap();
    assert_hidden(&accepted);

    let lines = "Sec-WebSocket-Protocol: s3cret\r\nAuthorization: Bearer s3cret\r\n";
    let request = with_lines(REQUEST, lines);
    let mut server = ServerHandshake::new(&config);
    let (head, _) = feed(&[&request[..request.len() - 1]], |input| server.receive(input));
    assert!(matches!(head, Ok(None)));
    assert_hidden(&server);
    assert_hidden(&offer(&request));
    let answer = Answer::new().subprotocol("s3cret");
    assert_hidden(&answer);
    assert_hidden(&offer(&request).accept(&answer, &mut output).unwrap());
}

#[test]
fn an_extended_connect_hides_what_an_upgrade_hides() {
    let request = ClientRequest::new("wss://s3cret:s3cret@a/b?token=s3cret").unwrap();
    let request = request.subprotocol("s3cret").header("Cookie", "id=s3cret");
    let config = Config::default();
    let (client, pseudo, fields) = ExtendedConnect::start(&request, &config).unwrap();
    assert_hidden(&(&client, &pseudo, &fields));
    let head = RequestHead::http2(pseudo, fields).unwrap();
    assert_hidden(&head);
    let request = Request::new(head, &config).unwrap();
    assert_hidden(&request);
    let answer = Answer::new().subprotocol("s3cret").header("Set-Cookie", "id=s3cret");
    let (server, response) = request.into_offer().unwrap().accept_as_response(&answer).unwrap();
    assert_hidden(&(&server, &response));
    assert_hidden(&client.receive(&response).unwrap());
    // What is refused, too.
    let pseudo = PseudoHeaders { authority: Some("s3cret:s3cret@a"), ..CONNECT };
    assert_hidden(&pseudo);
    let head = RequestHead::http2(pseudo, headers(&[VERSION])).unwrap();
    assert_hidden(&(head.clone(), Request::new(head, &config).unwrap_err()));
    let answer = Answer::new().subprotocol("s3cret");
    assert_hidden(&connect(&[]).accept_as_response(&answer).unwrap_err());
}

#[test]
fn a_request_hides_the_user_information_of_its_url_and_so_does_its_error() {
    let request = ClientRequest::new("ws://s3cret:s3cret@a/b").unwrap();
    assert_hidden(&request);
    assert!(format!("{request:?}").contains("ws://a/b"));
    for url in ["ws://s3cret:s3cret%0d@a", "ws://s3cret:s3cret/@a", "ws://s3cret:s3cret@"] {
        let error = ClientRequest::new(url).unwrap_err();
        assert_hidden(&error);
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[test]
fn a_response_hides_its_body_and_what_stands_behind_the_path_of_a_url() {
    for name in ["Location", "REFERER"] {
        for url in ["/there?token=s3cret", "ws://b/there#s3cret", "/there?a=/b?s3cret#c"] {
            let response = Response::text(302, "s3cret").header(name, url);
            assert_hidden(&response);
            let shown = format!("{:?}", HandshakeError::Refused(Box::new(response)));
            assert!(shown.contains("/there") && shown.contains("6 bytes"), "{shown}");
        }
    }
}

#[test]
fn an_error_hides_the_subprotocol_that_was_not_offered_and_still_has_it() {
    let answer = Answer::new().subprotocol("s3cret");
    let error = offer(REQUEST.as_bytes()).accept(&answer, &mut WriteBuffer::new()).unwrap_err();
    assert_hidden(&error);
    assert_eq!(error.to_string(), "a subprotocol was chosen that was not offered");
    let HandshakeError::UnofferedSubprotocol(chosen) = error else { panic!("{error:?}") };
    assert_eq!(&*chosen, "s3cret");
}

#[test]
fn a_log_still_shows_what_is_no_secret() {
    let request = ClientRequest::new("wss://a.example:444/chat?token=s3cret").unwrap();
    let request = request.header("Cookie", "id=s3cret").header("X-Trace", "7");
    let shown = format!("{request:?}");
    assert!(shown.contains("wss://a.example:444/chat") && !shown.contains('?'), "{shown}");
    let shown = format!("{CONNECT:?}");
    assert!(shown.contains(r#"Some("/chat")"#) && shown.contains("server.example.com"), "{shown}");
    let lines = "Cookie: id=s3cret\r\nX-Trace: 7\r\n";
    let shown = format!("{:?}", offer(&with_lines(REQUEST, lines)).head().headers());
    assert!(shown.contains(r#""X-Trace": "7""#) && shown.contains(r#""Cookie": "…""#), "{shown}");
}

#[test]
fn a_connection_hides_what_it_holds_of_messages() {
    let parts: [&[u8]; 3] =
        [&masked(0x81, b"s3cret")[..11], &masked(0x01, b"s3cret"), &masked(0x89, b"s3cret")[..11]];
    for part in parts {
        let mut end = End::new(Role::Server);
        assert_eq!(end.receive(part), []);
        end.connection.send("s3cret", &mut end.output).unwrap();
        end.connection.send("s3cret".repeat(1000), &mut end.output).unwrap();
        assert_hidden(&end);
    }
}

#[test]
fn a_websocket_hides_what_it_has_read_and_what_another_one_read_into_the_same_block() {
    let server = |wire: &[u8]| {
        let script = Scripted::new().read(wire);
        WebSocket::new(script, Connection::server(&Config::default()), &[])
    };
    // Its key hides nothing: it is unmasked in its place.
    let mut first = server(&masked(0x81, b"s3cret that is longer than what comes next"));
    assert!(first.receive().unwrap().is_some());
    assert_eq!(KEY.len(), 4);
    let mut second = server(&masked(0x81, b"a").repeat(2));
    assert!(second.receive_ref().unwrap().is_some());
    let shown = format!("{second:?}");
    assert!(!shown.contains("115, 51, 99") && shown.contains('…'), "{shown}");
    assert!(shown.len() < 2000, "{shown}");
}
