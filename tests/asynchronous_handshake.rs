//! The handshakes of the asynchronous adapter on a scripted stream: what is kept, and who is told.
#![cfg(feature = "tokio")]

mod common;

use std::io::ErrorKind;

use common::{
    for_every_cut,
    handshake::{ANSWER, REQUEST, edited, handshake_error, io_error, with_lines, written},
    masked,
    polled::{Polled, finish},
    scripted::{Call, Scripted},
    unmasked,
};
use fullduplex::{
    Answer, ClientRequest, Config, HandshakeError, Request, Response, ServerHandshake, WriteBuffer,
    tokio::{Incoming, accept, connect_over},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn a_server_answers_however_the_request_is_cut_and_keeps_the_frames_behind_it() {
    let frame = masked(0x81, b"early");
    for_every_cut(&[REQUEST.as_bytes(), &frame].concat(), |pieces| {
        let mut ws = finish(accept(Polled(Scripted::new().read_pieces(pieces)))).unwrap();
        assert_eq!(ws.stream().0.written, ANSWER.as_bytes());
        assert_eq!(finish(ws.receive()).unwrap(), Some("early".into()));
    });
}

#[test]
fn a_frame_in_the_same_read_as_the_request_needs_no_read_of_its_own() {
    let frame = masked(0x81, b"early");
    let wire = [REQUEST.as_bytes(), &frame].concat();
    let mut ws = finish(accept(Polled(Scripted::new().read(&wire[..])))).unwrap();
    assert_eq!(ws.unread(), frame);
    finish(ws.receive()).unwrap();
    assert_eq!(ws.stream().0.log, [Call::Read(wire.len()), Call::Write(ANSWER.len())]);
}

#[tokio::test]
async fn a_client_keeps_the_frames_behind_the_answer() {
    let frames = [unmasked(0x81, b"early"), unmasked(0x81, b"half")[..3].to_vec()].concat();
    let (client, mut server) = tokio::io::duplex(4096);
    let early = frames.clone();
    let answer = async move {
        let mut request = vec![0; 4096];
        let len = server.read(&mut request).await.unwrap();
        let mut handshake = ServerHandshake::new(&Config::default());
        let Ok(Some(Request::Upgrade(offer))) = handshake.receive(&mut &mut request[..len]) else {
            panic!("it is an upgrade");
        };
        let mut output = WriteBuffer::new();
        offer.accept(&Answer::new(), &mut output).unwrap();
        server.write_all(&[&written(&mut output)[..], &early].concat()).await.unwrap();
    };
    let request = ClientRequest::new("ws://server.example.com/chat").unwrap();
    let config = Config::default();
    let (connected, ()) = tokio::join!(connect_over(client, &request, &config), answer);
    let (mut ws, response) = connected.unwrap();
    assert_eq!(response.status, 101);
    assert_eq!(ws.receive().await.unwrap(), Some("early".into()));
    assert_eq!(ws.into_parts().1, frames[7..]);
}

#[test]
fn a_refused_request_gets_its_answer_before_the_error_is_reported() {
    let post = edited(REQUEST, "GET", "POST");
    let page = b"GET / HTTP/1.1\r\nHost: server.example.com\r\n\r\n".to_vec();
    let cases = [
        ("a method", post, HandshakeError::MethodNotGet, "HTTP/1.1 405 "),
        ("a TLS hello", vec![0x16, 3, 1, 2, 0], HandshakeError::MalformedHead, "HTTP/1.1 400 "),
        ("a page", page, HandshakeError::NotAnUpgrade, "HTTP/1.1 426 "),
    ];
    for (name, request, error, status_line) in cases {
        let mut stream = Polled(Scripted::new().read(request));
        assert_eq!(handshake_error(finish(accept(&mut stream))), error, "{name}");
        let answer = String::from_utf8(stream.0.written).unwrap();
        assert!(answer.starts_with(status_line) && answer.contains("\r\n\r\n"), "{answer}");
        assert_eq!(stream.0.unflushed, 0, "{name}");
    }
}

#[test]
fn a_client_hears_of_an_answer_that_could_not_be_given() {
    let mut stream = Polled(Scripted::new().read(REQUEST.as_bytes()));
    let incoming = finish(Incoming::read(&mut stream, &Config::default())).unwrap();
    let Incoming::Upgrade(upgrade) = incoming else { panic!("it is an upgrade") };
    let accepted = finish(upgrade.accept(&Answer::new().subprotocol("chat")));
    let error = HandshakeError::UnofferedSubprotocol("chat".into());
    assert_eq!(handshake_error(accepted), error);
    let answer = String::from_utf8(stream.0.written).unwrap();
    assert!(answer.starts_with("HTTP/1.1 500 ") && answer.contains("\r\n\r\n"), "{answer}");
    assert_eq!(stream.0.unflushed, 0);
}

#[test]
fn an_application_reads_the_body_behind_a_plain_request_and_sees_its_stream() {
    let request = b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nbody";
    let stream = Polled(Scripted::new().read(&request[..]).read(*b"rest"));
    let Ok(Incoming::Http(mut http)) = finish(Incoming::read(stream, &Config::default())) else {
        panic!("it is plain HTTP");
    };
    assert_eq!((http.method(), http.path(), http.unread()), ("POST", "/form", &b"body"[..]));
    let mut rest = [0; 4];
    finish(http.stream_mut().read_exact(&mut rest)).unwrap();
    assert_eq!(&rest, b"rest");
    let stream = finish(http.respond(&Response::new(204))).unwrap();
    assert!(stream.0.written.starts_with(b"HTTP/1.1 204 "));
}

#[test]
fn a_websocket_says_which_subprotocol_was_agreed_on_and_shows_its_stream() {
    let lines = "Sec-WebSocket-Protocol: chat, superchat\r\n";
    let stream = Polled(Scripted::new().read(with_lines(REQUEST, lines)));
    let Ok(Incoming::Upgrade(upgrade)) = finish(Incoming::read(stream, &Config::default())) else {
        panic!("it is an upgrade");
    };
    assert!(upgrade.stream().0.written.is_empty());
    let mut ws = finish(upgrade.accept(&Answer::new().subprotocol("superchat"))).unwrap();
    assert_eq!(ws.subprotocol(), Some("superchat"));
    ws.stream_mut().0.log.clear();
    assert_eq!(ws.stream().0.log, []);
}

#[test]
fn a_stream_that_ends_or_fails_during_the_handshake_is_an_error() {
    let half = &REQUEST.as_bytes()[..40];
    let ended = finish(accept(Polled(Scripted::new().read(half))));
    assert_eq!(handshake_error(ended), HandshakeError::UnexpectedEnd);
    let reset = Scripted::new().read(half).read_fails(ErrorKind::ConnectionReset);
    assert_eq!(io_error(finish(accept(Polled(reset)))), ErrorKind::ConnectionReset);
    let whole = Scripted::new().read(REQUEST.as_bytes());
    let broken = whole.write_takes(10).write_fails(ErrorKind::BrokenPipe);
    assert_eq!(io_error(finish(accept(Polled(broken)))), ErrorKind::BrokenPipe);

    let request = ClientRequest::new("ws://server.example.com/").unwrap();
    let connect = |script| finish(connect_over(Polled(script), &request, &Config::default()));
    assert_eq!(handshake_error(connect(Scripted::new())), HandshakeError::UnexpectedEnd);
    let timed_out = Scripted::new().read_pending().read_fails(ErrorKind::TimedOut);
    assert_eq!(io_error(connect(timed_out)), ErrorKind::TimedOut);
    assert_eq!(io_error(connect(Scripted::new().write_takes(0))), ErrorKind::WriteZero);
    // A refusal of which the head came says more than how the stream ended.
    let refusal = Scripted::new().read(*b"HTTP/1.1 503 \r\n\r\nlater");
    let refused = connect(refusal.read_fails(ErrorKind::ConnectionReset));
    let HandshakeError::Refused(response) = handshake_error(refused) else { panic!("refused") };
    assert_eq!((response.status, &response.body[..]), (503, &b"later"[..]));
}
