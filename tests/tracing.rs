//! Feature `tracing`: what a connection tells of itself, all of it in its span, each thing once, and
//! nothing that is secret.
#![cfg(all(feature = "tokio", feature = "tracing"))]

mod common;

use std::{io::ErrorKind, net::TcpListener, thread, time::Duration};

use common::{
    close_body,
    handshake::{REQUEST, edited, with_lines},
    log::Log,
    masked,
    scripted::{Limited, Scripted},
    shared::Shared,
};
use fullduplex::{
    Answer, ClientRequest, CloseCode, Config, Connection, Error, Response,
    blocking::{self, Incoming, WebSocket},
};
use tracing::Level;

/// What `act` tells.
fn told(act: impl FnOnce()) -> Vec<String> {
    Log::new().of(act)
}

const SERVER: &str = r#"WARN websocket{role="server"}"#;
const CLIENT: &str = r#"WARN websocket{role="client"}"#;
const DONE: &str = "DEBUG websocket: handshake done subprotocol=false compression=false";

fn server(script: Scripted) -> WebSocket<Limited> {
    WebSocket::new(Limited(script), Connection::server(&Config::default()), &[])
}

#[test]
fn a_good_connection_tells_of_its_handshake_and_of_both_closes_at_either_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let accepting = thread::spawn(move || {
        told(|| {
            let mut ws = blocking::accept(listener.accept().unwrap().0).unwrap();
            while let Some(message) = ws.receive().unwrap() {
                ws.send(&message).unwrap();
            }
            assert_eq!(ws.receive().unwrap(), None);
        })
    });
    let client = told(|| {
        let mut ws = blocking::connect(&url).unwrap();
        ws.send("Hello").unwrap();
        assert_eq!(ws.receive().unwrap(), Some("Hello".into()));
        ws.close(CloseCode::NORMAL, "bye").unwrap();
        ws.close(CloseCode::NORMAL, "again").unwrap();
    });
    let sent = "DEBUG websocket: close sent code=1000";
    let answer = r#"DEBUG websocket: close received code=1000 reason="""#;
    assert_eq!(client, [CLIENT, DONE, sent, answer]);
    let received = r#"DEBUG websocket: close received code=1000 reason="bye""#;
    assert_eq!(accepting.join().unwrap(), [SERVER, DONE, received, sent]);
}

#[cfg(feature = "deflate")]
#[test]
fn a_handshake_tells_whether_there_is_a_subprotocol_and_compression() {
    let mut config = Config::default();
    config.compression = Some(fullduplex::Compression::default());
    let lines = "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
    let script = Scripted::new().read(with_lines(REQUEST, lines));
    let lines = told(|| match Incoming::read(Limited(script), &config).unwrap() {
        Incoming::Upgrade(upgrade) => {
            drop(upgrade.accept(&Answer::new().subprotocol("chat")).unwrap());
        }
        Incoming::Http(_) => panic!("it asks for an upgrade"),
    });
    let done = "DEBUG websocket: handshake done subprotocol=true compression=true";
    assert_eq!(lines, [SERVER, done]);
}

/// Receives until it fails, and thrice more.
fn receive_to_the_end<T>(mut receive: impl FnMut() -> Result<Option<T>, Error>) {
    while let Ok(Some(_)) = receive() {}
    for _ in 0..3 {
        let _ = receive();
    }
}

#[test]
fn a_connection_that_fails_tells_why_once_whichever_way_it_is_used() {
    let close = masked(0x88, &close_body(1001, "line\n\u{1b}[31m\u{202e}"));
    let rows: &[(&str, Scripted, &[&str])] = &[
        (
            "a protocol error",
            Scripted::new().read([masked(0x81, b"good"), masked(0x83, b"")].concat()),
            &[
                "WARN websocket: protocol error code=1002 error=reserved opcode 0x3",
                "DEBUG websocket: close sent code=1002",
            ],
        ),
        (
            "no text",
            Scripted::new().read(masked(0x81, b"\xff")),
            &[
                "WARN websocket: protocol error code=1007 error=text message that is not UTF-8",
                "DEBUG websocket: close sent code=1007",
            ],
        ),
        (
            "no text, cut",
            Scripted::new().read(&masked(0x81, b"\xff and more")[..8]),
            &[
                "WARN websocket: protocol error code=1007 error=text message that is not UTF-8",
                "DEBUG websocket: close sent code=1007",
            ],
        ),
        (
            "an end without a Close",
            Scripted::new().read(masked(0x81, b"good")),
            &["DEBUG websocket: end without a close"],
        ),
        (
            "a read that fails",
            Scripted::new()
                .read_fails(ErrorKind::ConnectionReset)
                .read_fails(ErrorKind::ConnectionReset),
            &["DEBUG websocket: I/O error error=connection reset"],
        ),
        (
            "a write that fails, and then the end",
            Scripted::new().read(masked(0x89, b"ping")).write_fails(ErrorKind::BrokenPipe),
            &["DEBUG websocket: I/O error error=broken pipe"],
        ),
        (
            "a protocol error of which the peer cannot be told",
            Scripted::new().read(masked(0x83, b"")).write_fails(ErrorKind::BrokenPipe),
            &[
                "WARN websocket: protocol error code=1002 error=reserved opcode 0x3",
                "DEBUG websocket: close sent code=1002",
                "DEBUG websocket: I/O error error=broken pipe",
            ],
        ),
        (
            "a Close with a reason that would change a terminal",
            Scripted::new().read(&*close),
            &[
                r#"DEBUG websocket: close received code=1001 reason="line\n\u{1b}[31m\u{202e}""#,
                "DEBUG websocket: close sent code=1001",
            ],
        ),
    ];
    for (name, script, events) in rows {
        let expected = [&[SERVER], *events].concat();
        let whole: [fn(&mut WebSocket<Limited>); 3] = [
            |ws| receive_to_the_end(|| ws.receive()),
            |ws| receive_to_the_end(|| Ok(ws.receive_ref()?.map(drop))),
            |ws| receive_to_the_end(|| Ok(ws.receive_chunk()?.map(drop))),
        ];
        for receive in whole {
            assert_eq!(told(|| receive(&mut server(script.clone()))), expected, "{name}");
        }
        let halves = told(|| {
            let stream = Shared::new(script.clone());
            let ws = WebSocket::new(stream, Connection::server(&Config::default()), &[]);
            let (mut receive, mut send) = ws.split().unwrap();
            receive_to_the_end(|| receive.receive());
            let _ = send.send("late");
            let _ = send.flush();
            let mut ws = receive.reunite(send).unwrap();
            receive_to_the_end(|| ws.receive());
        });
        assert_eq!(halves, expected, "{name}, in halves");
    }
}

#[test]
fn a_read_that_may_be_tried_again_is_no_failure() {
    let script = Scripted::new().read_fails(ErrorKind::WouldBlock).read(masked(0x88, b""));
    let lines = told(|| {
        let stream = blocking::Untimed(Limited(script));
        let connection = Connection::server(&Config::default());
        let mut ws = WebSocket::new(stream, connection, &[]);
        assert!(matches!(ws.receive(), Err(Error::Io(_))));
        assert_eq!(ws.receive().unwrap(), None);
    });
    let received = r#"DEBUG websocket: close received code=1005 reason="""#;
    assert_eq!(lines, [SERVER, received, "DEBUG websocket: close sent code=1005"]);
}

/// Runs on tokio's paused clock.
fn told_in_time(
    config: &Config,
    act: impl AsyncFnOnce(&mut fullduplex::tokio::WebSocket<tokio::io::DuplexStream>),
) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    told(|| {
        runtime.block_on(async {
            let (_peer, stream) = tokio::io::duplex(16);
            let connection = Connection::server(config);
            act(&mut fullduplex::tokio::WebSocket::new(stream, connection, &[])).await;
        });
    })
}

#[test]
fn what_takes_too_long_is_told_once() {
    let mut config = Config::default();
    let pong = told_in_time(&config, async |ws| {
        ws.receive().await.unwrap_err();
        ws.receive().await.unwrap_err();
        ws.flush().await.unwrap_err();
    });
    assert_eq!(pong, [SERVER, "DEBUG websocket: timeout error=the peer answered no ping in time"]);

    let write = told_in_time(&config, async |ws| {
        ws.send("more than the peer takes").await.unwrap_err();
        ws.receive().await.unwrap_err();
    });
    assert_eq!(
        write,
        [SERVER, "DEBUG websocket: timeout error=the peer read nothing for too long"]
    );

    let close = told_in_time(&config, async |ws| {
        ws.close(CloseCode::NORMAL, "").await.unwrap_err();
        ws.receive().await.unwrap_err();
    });
    let late = "DEBUG websocket: timeout error=the peer did not answer the close in time";
    assert_eq!(close, [SERVER, "DEBUG websocket: close sent code=1000", late]);

    config.idle_timeout = Some(Duration::from_secs(1));
    let idle = told_in_time(&config, async |ws| {
        ws.receive().await.unwrap_err();
        ws.receive().await.unwrap_err();
    });
    let silent = "DEBUG websocket: timeout error=no message came or went for too long";
    assert_eq!(idle, [SERVER, "DEBUG websocket: close sent code=1001", silent]);
}

#[test]
fn a_server_tells_why_a_handshake_failed_once() {
    let rows: &[(&str, Scripted, &str)] = &[
        (
            "a bad request",
            Scripted::new().read(edited(REQUEST, "Version: 13", "Version: 12")),
            "WARN websocket: handshake failed error=Sec-WebSocket-Version is not 13",
        ),
        (
            "a request for a page",
            Scripted::new().read("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            "WARN websocket: handshake failed error=this resource is a WebSocket",
        ),
        (
            "an end before the request",
            Scripted::new(),
            "DEBUG websocket: handshake failed error=the connection ended during the handshake",
        ),
        (
            "a read that fails",
            Scripted::new().read_fails(ErrorKind::ConnectionReset),
            "DEBUG websocket: handshake failed error=connection reset",
        ),
        (
            "a write that fails",
            Scripted::new().read(REQUEST).write_fails(ErrorKind::BrokenPipe),
            "DEBUG websocket: handshake failed error=broken pipe",
        ),
    ];
    for (name, script, event) in rows {
        let lines = told(|| drop(blocking::accept(Limited(script.clone())).unwrap_err()));
        assert_eq!(lines, [SERVER, event], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_takes_too_long_is_told_once_at_either_end() {
    let log = Log::new();
    let _default = tracing::subscriber::set_default(log.clone());
    let (_peer, stream) = tokio::io::duplex(1024);
    fullduplex::tokio::accept(stream).await.unwrap_err();
    let (_peer, stream) = tokio::io::duplex(1024);
    let request = ClientRequest::new("ws://a/").unwrap();
    let config = Config::default();
    fullduplex::tokio::connect_over(stream, &request, &config).await.unwrap_err();
    let late = "DEBUG websocket: handshake failed error=the handshake took too long";
    assert_eq!(log.told.lock().unwrap().lines, [SERVER, late, CLIENT, late]);
}

#[test]
fn a_client_tells_why_a_handshake_failed_once() {
    let refused = "HTTP/1.1 403 Forbidden\r\nX-Why: s3cret\r\nContent-Length: 6\r\n\r\ns3cret";
    let rows: &[(&str, &str, ClientRequest, &str)] = &[
        (
            "a refusal",
            refused,
            ClientRequest::new("ws://a/?token=s3cret").unwrap(),
            "WARN websocket: handshake failed error=the server answered with status 403",
        ),
        (
            "an end before the answer",
            "",
            ClientRequest::new("ws://a/?token=s3cret").unwrap(),
            "DEBUG websocket: handshake failed error=the connection ended during the handshake",
        ),
        (
            "a header that cannot be set",
            "",
            ClientRequest::new("ws://a/").unwrap().header("Upgrade", "s3cret"),
            r#"WARN websocket: handshake failed error=the header "Upgrade" cannot be set"#,
        ),
    ];
    for (name, answer, request, event) in rows {
        let lines = told(|| {
            let stream = Limited(Scripted::new().read(*answer));
            blocking::connect_over(stream, request, &Config::default()).unwrap_err();
        });
        assert_eq!(lines, [CLIENT, event], "{name}");
    }
}

#[test]
fn what_the_application_rejects_or_answers_wrongly_is_told_without_what_was_said() {
    let lines = "Cookie: id=s3cret\r\nSec-WebSocket-Protocol: s3cret\r\n";
    let request = with_lines(&REQUEST.replace("room=1", "token=s3cret"), lines);
    let upgrade = || {
        let stream = Limited(Scripted::new().read(&*request));
        match Incoming::read(stream, &Config::default()).unwrap() {
            Incoming::Upgrade(upgrade) => upgrade,
            Incoming::Http(_) => panic!("it asks for an upgrade"),
        }
    };
    let lines = told(|| drop(upgrade().reject(&Response::text(403, "s3cret")).unwrap()));
    assert_eq!(lines, [SERVER, "DEBUG websocket: handshake rejected status=403"]);
    let lines = told(|| drop(upgrade().reject(&Response::new(101)).unwrap_err()));
    let status = "WARN websocket: handshake failed error=status 101 cannot answer a request";
    assert_eq!(lines, [SERVER, status]);
    let answer = Answer::new().subprotocol("s3cret too");
    let lines = told(|| drop(upgrade().accept(&answer).unwrap_err()));
    let unoffered =
        "WARN websocket: handshake failed error=a subprotocol was chosen that was not offered";
    assert_eq!(lines, [SERVER, unoffered]);
    let answer = Answer::new().subprotocol("s3cret").header("Set-Cookie", "id=s3cret");
    let lines = told(|| {
        let mut ws = upgrade().accept(&answer).unwrap();
        ws.send("s3cret").unwrap();
        let _ = ws.send_close(CloseCode::NORMAL, "s3cret");
    });
    let done = "DEBUG websocket: handshake done subprotocol=true compression=false";
    assert_eq!(lines, [SERVER, done, "DEBUG websocket: close sent code=1000"]);
}

fn fail() {
    let mut ws = server(Scripted::new().read(masked(0x83, b"")));
    receive_to_the_end(|| ws.receive());
}

#[test]
fn the_span_stands_in_the_one_of_the_caller_even_when_that_is_left() {
    let mut ws = None;
    let lines = told(|| {
        let script = Scripted::new().read(masked(0x83, b""));
        tracing::error_span!("request").in_scope(|| ws = Some(server(script)));
        let ws = ws.as_mut().unwrap();
        receive_to_the_end(|| ws.receive());
    });
    assert_eq!(lines[1], r#"WARN request:websocket{role="server"}"#);
    assert!(lines[2].starts_with("WARN request:websocket: protocol error"), "{lines:?}");
}

#[test]
fn the_span_is_there_wherever_one_of_its_events_is() {
    let log = Log { most: Level::WARN, ..Log::new() };
    let event = "WARN websocket: protocol error code=1002 error=reserved opcode 0x3";
    assert_eq!(log.of(fail), [SERVER, event]);
    let log = Log { most: Level::ERROR, ..Log::new() };
    assert_eq!(log.of(fail), [""; 0]);
}

#[test]
fn who_wants_no_spans_gets_the_events() {
    let log = Log { has_spans: false, ..Log::new() };
    let event = "WARN : protocol error code=1002 error=reserved opcode 0x3";
    assert_eq!(log.of(fail), [event, "DEBUG : close sent code=1002"]);
}
