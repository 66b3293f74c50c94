//! How a server accepts (RFC 6455 §4.2.2): the 101, and what may stand in it.

mod common;

use bytes::Buf;
use common::handshake::{ANSWER, REQUEST, feed, offer, with_lines, written};
use fullduplex::{Answer, Config, Event, HandshakeError, Message, ServerHandshake, WriteBuffer};

#[test]
fn the_key_of_the_rfc_gets_the_accept_of_the_rfc() {
    // §1.3 and §4.2.2 step 5: the whole answer, nothing after it, no extension, no subprotocol.
    let mut output = WriteBuffer::new();
    let accepted = offer(REQUEST.as_bytes()).accept(&Answer::new(), &mut output).unwrap();
    assert_eq!(String::from_utf8(written(&mut output)).unwrap(), ANSWER);
    assert_eq!(accepted.subprotocol(), None);
}

#[test]
fn an_answer_may_choose_a_subprotocol_and_add_headers() {
    // §4.2.2 step 4 /subprotocol/: one of those offered, once.
    let offer = offer(&with_lines(REQUEST, "Sec-WebSocket-Protocol: chat, superchat\r\n"));
    let answer = Answer::new().subprotocol("superchat").header("Set-Cookie", "a=1").header("X", "");
    let mut output = WriteBuffer::new();
    let accepted = offer.accept(&answer, &mut output).unwrap();
    assert_eq!(accepted.subprotocol(), Some("superchat"));
    assert_eq!(
        String::from_utf8(written(&mut output)).unwrap(),
        "HTTP/1.1 101 Switching Protocols\r\n\
         Upgrade: websocket\r\n\
         Connection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
         Sec-WebSocket-Protocol: superchat\r\n\
         Set-Cookie: a=1\r\n\
         X: \r\n\
         \r\n"
    );
}

#[test]
fn a_subprotocol_that_was_not_offered_cannot_be_chosen() {
    for (name, offered, chosen) in [
        ("none offered", "", "chat"),
        ("another offered", "Sec-WebSocket-Protocol: chat\r\n", "superchat"),
        ("other letter case", "Sec-WebSocket-Protocol: chat\r\n", "Chat"),
        ("empty", "Sec-WebSocket-Protocol: chat\r\n", ""),
        ("the whole list", "Sec-WebSocket-Protocol: a, b\r\n", "a, b"),
    ] {
        let mut output = WriteBuffer::new();
        let offer = offer(&with_lines(REQUEST, offered));
        let error = offer.accept(&Answer::new().subprotocol(chosen), &mut output).expect_err(name);
        assert_eq!(error, HandshakeError::UnofferedSubprotocol(chosen.into()), "{name}");
        // The fault is not the client's.
        assert_eq!((error.status(), output.len()), (500, 0), "{name}");
    }
}

#[test]
fn extensions_that_the_server_does_not_have_are_declined_by_silence() {
    // §4.2.2 /extensions/, §9.1: what the answer does not name is not in use.
    for lines in [
        "Sec-WebSocket-Extensions: x-unknown\r\n",
        "Sec-WebSocket-Extensions: x-one; a; b=\"1\", x-two\r\nSec-WebSocket-Extensions: x-three\r\n",
    ] {
        let mut output = WriteBuffer::new();
        offer(&with_lines(REQUEST, lines)).accept(&Answer::new(), &mut output).unwrap();
        assert_eq!(String::from_utf8(written(&mut output)).unwrap(), ANSWER, "{lines}");
    }
}

#[test]
fn the_answer_comes_before_any_frame_and_frames_may_follow_at_once() {
    // §4.2.2: the connection begins with the 101; the client's first frame may have come already.
    let frame = [0x81, 0x82, 0, 0, 0, 0, b'H', b'i'];
    let mut server = ServerHandshake::new(&Config::default());
    let whole = [REQUEST.as_bytes(), &frame].concat();
    let (request, mut rest) = feed(&[&whole], |input| server.receive(input));
    let offer = request.unwrap().unwrap().into_offer().unwrap();

    let mut output = WriteBuffer::new();
    let mut connection = offer.accept(&Answer::new(), &mut output).unwrap().into_connection();
    let answer_len = output.len();
    connection.send(Message::from("first"), &mut output).unwrap();
    output.advance(answer_len);
    assert_eq!(written(&mut output), b"\x81\x05first");

    let received = connection.receive(&mut &mut rest[..], &mut output).unwrap();
    assert!(matches!(received, Some(Event::Message(Message::Text(text))) if &*text == "Hi"));
}

#[test]
fn a_failed_handshake_stays_failed() {
    let mut server = ServerHandshake::new(&Config::default());
    let first = server.receive(&mut &mut b"\x16\x03\x01".to_vec()[..]).unwrap_err();
    let later = server.receive(&mut &mut REQUEST.as_bytes().to_vec()[..]).unwrap_err();
    assert_eq!((first, later), (HandshakeError::MalformedHead, HandshakeError::MalformedHead));
}
