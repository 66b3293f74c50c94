//! The handshakes of the blocking adapter on a scripted stream: what is read, written and reported.

mod common;

use std::{
    io::{self, ErrorKind, Read, Write},
    net::TcpListener,
    thread,
};

use common::{
    for_every_cut,
    handshake::{ANSWER, REQUEST, edited, handshake_error, io_error, with_lines},
    masked,
    scripted::{Call, Scripted},
    unmasked,
};
use fullduplex::{
    Answer, ClientRequest, CloseCode, Config, HandshakeError, InvalidUrl, Request, Response,
    ServerHandshake, WriteBuffer,
    blocking::{Incoming, Stream, accept, connect, connect_over},
};

/// A stream whose other end answers a request with the 101 and, in the same write, with frames.
struct Served {
    server: Option<ServerHandshake>,
    frames: Vec<u8>,
    script: Scripted,
}

impl Stream for Served {}

impl Read for Served {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut self.script, room)
    }
}

impl Write for Served {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut request = bytes.to_vec();
        if let Some(mut server) = self.server.take() {
            let offer = match server.receive(&mut &mut request[..]) {
                Ok(Some(Request::Upgrade(offer))) => offer,
                other => panic!("{other:?}"),
            };
            let mut output = WriteBuffer::new();
            offer.accept(&Answer::new(), &mut output).unwrap();
            let answer = common::handshake::written(&mut output);
            self.script = Scripted::new().read([&answer[..], &self.frames].concat());
            return Ok(bytes.len());
        }
        self.script.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_server_answers_however_the_request_is_cut_and_keeps_the_frames_behind_it() {
    let frame = masked(0x81, b"early");
    for_every_cut(&[REQUEST.as_bytes(), &frame].concat(), |pieces| {
        let mut ws = accept(Scripted::new().read_pieces(pieces)).unwrap();
        assert_eq!(ws.stream().written, ANSWER.as_bytes());
        assert_eq!(ws.receive().unwrap(), Some("early".into()));
    });
}

#[test]
fn a_frame_in_the_same_read_as_the_request_needs_no_read_of_its_own() {
    let frame = masked(0x81, b"early");
    let wire = [REQUEST.as_bytes(), &frame].concat();
    let mut ws = accept(Scripted::new().read(&wire[..])).unwrap();
    assert_eq!(ws.unread(), frame);
    ws.receive().unwrap();
    assert_eq!(ws.stream().log, [Call::Read(wire.len()), Call::Write(ANSWER.len())]);
}

#[test]
fn a_client_keeps_the_frames_behind_the_answer() {
    let frames = [unmasked(0x81, b"early"), unmasked(0x81, b"half")[..3].to_vec()].concat();
    let server = Some(ServerHandshake::new(&Config::default()));
    let stream = Served { server, frames: frames.clone(), script: Scripted::new() };
    let request = ClientRequest::new("ws://server.example.com/chat").unwrap();
    let (mut ws, response) = connect_over(stream, &request, &Config::default()).unwrap();
    assert_eq!(response.status, 101);
    assert_eq!(ws.receive().unwrap(), Some("early".into()));
    let (stream, unread) = ws.into_parts();
    assert_eq!(unread, frames[7..]);
    assert_eq!(stream.script.log.len(), 1, "the answer and the frames were one read");
}

#[test]
fn a_client_writes_one_request_with_a_key_of_its_own_and_then_waits() {
    // RFC 6455 §4.1: a fresh nonce for each handshake, and nothing behind the request.
    let ask = || {
        let mut stream = Scripted::new();
        let request = ClientRequest::new("ws://server.example.com/chat?room=1").unwrap();
        let ended = connect_over(&mut stream, &request, &Config::default());
        assert_eq!(handshake_error(ended), HandshakeError::UnexpectedEnd);
        assert_eq!(stream.log, [Call::Write(REQUEST.len()), Call::Read(0)]);
        String::from_utf8(stream.written).unwrap()
    };
    let [one, other] = [ask(), ask()];
    assert_ne!(one, other);
    let without_key = |request: &str| {
        let lines = request.lines().filter(|line| !line.starts_with("Sec-WebSocket-Key: "));
        lines.map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(without_key(&one), without_key(REQUEST));
    assert_eq!(without_key(&other), without_key(REQUEST));
}

#[test]
fn a_url_that_cannot_be_connected_to_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let cases = [
        // RFC 6455 §4.1: TLS comes before the handshake, or there is none.
        #[cfg(not(feature = "rustls"))]
        (format!("wss://{address}/"), InvalidUrl::NeedsTls),
        (format!("{address}/"), InvalidUrl::Scheme),
        (format!("ws://{address}/#top"), InvalidUrl::Fragment),
    ];
    for (url, expected) in cases {
        let error = handshake_error(connect(&url));
        assert_eq!(error, HandshakeError::InvalidUrl(expected), "{url}");
    }
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody connected");
    drop(listener);
    assert_eq!(io_error(connect(&format!("ws://{address}/"))), ErrorKind::ConnectionRefused);
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
        let mut stream = Scripted::new().read(request);
        assert_eq!(handshake_error(accept(&mut stream)), error, "{name}");
        let answer = String::from_utf8(stream.written).unwrap();
        assert!(answer.starts_with(status_line) && answer.contains("\r\n\r\n"), "{answer}");
        assert_eq!(stream.unflushed, 0, "{name}");
    }
}

#[test]
fn an_application_looks_at_the_offer_before_it_rejects_it() {
    let stream = Scripted::new().read(REQUEST.as_bytes());
    let Ok(Incoming::Upgrade(upgrade)) = Incoming::read(stream, &Config::default()) else {
        panic!("it is an upgrade");
    };
    assert_eq!(upgrade.head().path(), "/chat");
    let stream = upgrade.reject(&Response::text(404, "no such room")).unwrap();
    let answer = String::from_utf8(stream.written).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 ") && answer.ends_with("no such room"), "{answer}");
}

#[test]
fn a_client_hears_of_an_answer_that_could_not_be_given() {
    let mut stream = Scripted::new().read(REQUEST.as_bytes());
    let incoming = Incoming::read(&mut stream, &Config::default()).unwrap();
    let Incoming::Upgrade(upgrade) = incoming else { panic!("it is an upgrade") };
    let accepted = upgrade.accept(&Answer::new().subprotocol("chat"));
    let error = HandshakeError::UnofferedSubprotocol("chat".into());
    assert_eq!(handshake_error(accepted), error);
    let answer = String::from_utf8(stream.written).unwrap();
    assert!(answer.starts_with("HTTP/1.1 500 ") && answer.contains("\r\n\r\n"), "{answer}");
    assert_eq!(stream.unflushed, 0);
}

#[test]
fn a_stream_that_ends_or_fails_during_the_handshake_is_an_error() {
    let half = &REQUEST.as_bytes()[..40];
    let mut stream = Scripted::new().read(half);
    assert_eq!(handshake_error(accept(&mut stream)), HandshakeError::UnexpectedEnd);
    assert!(stream.written.starts_with(b"HTTP/1.1 400 "), "it may read on: {stream:?}");
    let reset = accept(Scripted::new().read(half).read_fails(ErrorKind::ConnectionReset));
    assert_eq!(io_error(reset), ErrorKind::ConnectionReset);
    let lied = accept(Scripted::new().read(half).read_lies());
    assert_eq!(io_error(lied), ErrorKind::Other);
    let whole = Scripted::new().read(REQUEST.as_bytes());
    let broken = accept(whole.write_takes(10).write_fails(ErrorKind::BrokenPipe));
    assert_eq!(io_error(broken), ErrorKind::BrokenPipe);

    let request = ClientRequest::new("ws://server.example.com/").unwrap();
    let connect = |script| connect_over(script, &request, &Config::default()).map(drop);
    assert_eq!(handshake_error(connect(Scripted::new())), HandshakeError::UnexpectedEnd);
    let timed_out = Scripted::new().read_fails(ErrorKind::TimedOut);
    assert_eq!(io_error(connect(timed_out)), ErrorKind::TimedOut);
    assert_eq!(io_error(connect(Scripted::new().write_takes(0))), ErrorKind::WriteZero);
    // A refusal of which the head came says more than how the stream ended.
    let refusal = Scripted::new().read(*b"HTTP/1.1 503 \r\n\r\nlater");
    let refused = connect(refusal.read_fails(ErrorKind::ConnectionReset));
    let HandshakeError::Refused(response) = handshake_error(refused) else { panic!("refused") };
    assert_eq!((response.status, &response.body[..]), (503, &b"later"[..]));
}

#[test]
fn an_interrupted_or_short_call_is_made_again() {
    let script = Scripted::new()
        .read_fails(ErrorKind::Interrupted)
        .read(REQUEST.as_bytes())
        .write_fails(ErrorKind::Interrupted)
        .write_takes(1)
        .write_takes(50);
    assert_eq!(accept(script).unwrap().stream().written, ANSWER.as_bytes());
}

#[test]
fn an_application_reads_the_body_behind_a_plain_request_and_sees_its_stream() {
    let request = b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nbody";
    let stream = Scripted::new().read(&request[..]).read(*b"rest");
    let Ok(Incoming::Http(mut http)) = Incoming::read(stream, &Config::default()) else {
        panic!("it is plain HTTP");
    };
    assert_eq!((http.method(), http.path(), http.unread()), ("POST", "/form", &b"body"[..]));
    let mut rest = [0; 4];
    http.stream_mut().read_exact(&mut rest).unwrap();
    assert_eq!(&rest, b"rest");
    let stream = http.respond(&Response::new(204)).unwrap();
    assert!(stream.written.starts_with(b"HTTP/1.1 204 "));
}

#[test]
fn a_websocket_says_which_subprotocol_was_agreed_on_and_shows_its_stream() {
    let lines = "Sec-WebSocket-Protocol: chat, superchat\r\n";
    let stream = Scripted::new().read(with_lines(REQUEST, lines));
    let Ok(Incoming::Upgrade(upgrade)) = Incoming::read(stream, &Config::default()) else {
        panic!("it is an upgrade");
    };
    assert!(upgrade.stream().written.is_empty());
    let mut ws = upgrade.accept(&Answer::new().subprotocol("superchat")).unwrap();
    assert_eq!(ws.subprotocol(), Some("superchat"));
    ws.stream_mut().log.clear();
    assert_eq!(ws.stream().log, []);
}

#[test]
fn a_client_connects_over_tcp_and_its_server_answers_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut ws = accept(listener.accept().unwrap().0).unwrap();
        let (message, mut reply) = ws.receive_ref().unwrap().unwrap();
        reply.send(message).unwrap();
        assert_eq!(ws.receive().unwrap(), None);
    });
    let mut ws = connect(&url).unwrap();
    assert!(ws.stream().tcp().unwrap().nodelay().unwrap());
    ws.send("Hello").unwrap();
    assert_eq!(ws.receive().unwrap(), Some("Hello".into()));
    ws.close(CloseCode::NORMAL, "").unwrap();
    server.join().unwrap();
}
