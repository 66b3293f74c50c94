//! The handshakes of the asynchronous adapter on a scripted stream: what is kept, and who is told.
#![cfg(feature = "tokio")]

mod common;

use common::{
    for_every_cut,
    handshake::{ANSWER, REQUEST, edited, written},
    masked,
    polled::{Polled, finish},
    scripted::{Call, Scripted},
    unmasked,
};
use fullduplex::{
    Answer, ClientRequest, Config, Error, HandshakeError, Request, ServerHandshake, WriteBuffer,
    tokio::{Incoming, accept, connect_over},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn handshake_error<T>(result: Result<T, Error>) -> HandshakeError {
    match result {
        Err(Error::Handshake(error)) => error,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it succeeded"),
    }
}

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
