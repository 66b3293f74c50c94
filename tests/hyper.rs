//! Requests that hyper has read over HTTP/1.1 become WebSockets, or are refused with the reason.
#![cfg(feature = "axum")]

mod common;

use std::{convert::Infallible, future::pending};

use bytes::Bytes;
use common::{
    handshake::{REQUEST, chat, edited, io_error, with_lines},
    masked, unmasked,
    web::{self, ask, echo, read},
};
use fullduplex::{
    Answer, CloseCode, Config, Error, HandshakeError, MemoryStream, ProtocolError, Timeout,
    hyper::{Upgrade, Upgrading, WebSocket, refusal, upgrade},
    tokio::connect_over,
};
use http_body_util::Full;
use hyper::{
    Request, Response, body::Incoming, server::conn::http1, service::service_fn, upgrade::OnUpgrade,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
};

/// Accepts whatever [`upgrade`] does, and echoes.
async fn echoing(mut request: Request<Incoming>) -> Response<Full<Bytes>> {
    match upgrade(&mut request) {
        Ok((response, upgrading)) => {
            tokio::spawn(async { echo(upgrading.await?).await });
            response
        }
        Err(error) => refusal(&error),
    }
}

/// A server that accepts as `accept` says, and its WebSockets.
fn accepting(
    config: Config,
    answer: Answer,
) -> (MemoryStream, mpsc::UnboundedReceiver<Result<WebSocket, Error>>) {
    let (sender, websockets) = mpsc::unbounded_channel();
    let stream = web::hyper(move |mut request| {
        let accepted =
            Upgrade::new(&mut request, &config).and_then(|upgrade| upgrade.accept(&answer));
        let response = match accepted {
            Ok((response, upgrading)) => {
                let sender = sender.clone();
                tokio::spawn(async move { sender.send(upgrading.await) });
                response
            }
            Err(error) => refusal(&error),
        };
        async { response }
    });
    (stream, websockets)
}

#[tokio::test]
async fn an_upgrade_is_answered_with_101_and_no_byte_behind_it_is_lost() {
    let mut stream = web::hyper(echoing);
    let request = [REQUEST.as_bytes(), &masked(0x81, b"early"), &masked(0x82, b"")[..3]].concat();
    let answer = ask(&mut stream, &request).await;
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert_eq!(answer.header("connection"), Some("Upgrade"));
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(answer.header("sec-websocket-extensions"), None);
    assert_eq!(answer.header("sec-websocket-protocol"), None);
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(read(&mut stream, 7).await, unmasked(0x81, b"early"));
    // The rest of a frame of which half came with the request.
    stream.write_all(&masked(0x82, b"")[3..]).await.unwrap();
    assert_eq!(read(&mut stream, 2).await, unmasked(0x82, b""));
    stream.write_all(&masked(0x88, &[3, 232])).await.unwrap();
    assert_eq!(read(&mut stream, 4).await, unmasked(0x88, &[3, 232]));
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

/// Name and request; status, header lines among others, and body of the answer.
type Refused<'a> = (&'a str, Vec<u8>, u16, &'a [&'a str], &'a str);

#[tokio::test]
async fn a_request_that_cannot_be_accepted_is_told_why_and_what_would_be() {
    let without = |line: &str| edited(REQUEST, line, "");
    let cases: &[Refused<'_>] = &[
        (
            "a page",
            without("Upgrade: websocket\r\n"),
            426,
            &["upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13"],
            "this resource is a WebSocket\n",
        ),
        (
            "another version",
            edited(REQUEST, "Version: 13", "Version: 8"),
            426,
            &["upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13"],
            "Sec-WebSocket-Version is not 13\n",
        ),
        (
            "no version",
            without("Sec-WebSocket-Version: 13\r\n"),
            400,
            &["sec-websocket-version: 13"],
            "the request needs exactly one Sec-WebSocket-Version header, 13\n",
        ),
        (
            "no key",
            without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
            400,
            &[],
            "Sec-WebSocket-Key is not one base64 value of 16 bytes\n",
        ),
        (
            "a body",
            [&with_lines(REQUEST, "Content-Length: 2\r\n")[..], b"ab"].concat(),
            400,
            &[],
            "a request with a body cannot be upgraded\n",
        ),
        (
            "POST",
            edited(REQUEST, "GET ", "POST "),
            405,
            &["allow: GET"],
            "method of an upgrade is not GET\n",
        ),
        (
            "HTTP/1.0",
            edited(REQUEST, "HTTP/1.1", "HTTP/1.0"),
            505,
            &[],
            "HTTP version is not 1.1\n",
        ),
    ];
    for (name, request, status, lines, body) in cases {
        let mut stream = web::hyper(echoing);
        let answer = ask(&mut stream, request).await;
        assert_eq!((answer.status, &*answer.body), (*status, *body), "{name}");
        for line in *lines {
            assert!(answer.lines.iter().any(|it| it == line), "{name}: {line} in {answer:?}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_answer_is_for_the_servers_log_and_the_client_sees_500() {
    let answers = [
        ("a subprotocol that was not offered", Answer::new().subprotocol("secret")),
        ("a header of the handshake's own", Answer::new().header("Sec-WebSocket-Accept", "secret")),
        ("a name that is none", Answer::new().header("secret name", "x")),
        ("a value of two lines", Answer::new().header("X-Secret", "x\r\nSet-Cookie: a=b")),
    ];
    for (name, answer) in answers {
        let (mut stream, mut websockets) = accepting(Config::default(), answer);
        let answer = ask(&mut stream, REQUEST.as_bytes()).await;
        assert_eq!((answer.status, &*answer.body), (500, "internal error\n"), "{name}");
        assert!(!format!("{answer:?}").to_lowercase().contains("secret"), "{name}: {answer:?}");
        drop(stream);
        assert!(websockets.recv().await.is_none(), "{name}");
    }
}

#[tokio::test]
async fn subprotocol_headers_and_limits_are_those_that_were_accepted_with() {
    let mut config = Config::default();
    config.max_message_len = 10;
    let answer = Answer::new()
        .subprotocol("v1")
        .header("Set-Cookie", "a=1")
        .header("Set-Cookie", "b=2")
        .header("X-Bytes", b"\xff");
    let (stream, mut websockets) = accepting(config, answer);
    let request = chat().subprotocol("v2").subprotocol("v1");
    let (mut client, response) = connect_over(stream, &request, &Config::default()).await.unwrap();
    let mut server = websockets.recv().await.unwrap().unwrap();
    assert_eq!(client.subprotocol(), Some("v1"));
    assert_eq!(server.subprotocol(), Some("v1"));
    assert_eq!(response.headers.values("set-cookie").collect::<Vec<_>>(), [b"a=1", b"b=2"]);
    assert_eq!(response.headers.values("x-bytes").collect::<Vec<_>>(), [b"\xff"]);
    client.send("of 11 bytes").await.unwrap();
    let (at_server, at_client) = tokio::join!(server.receive(), client.receive());
    let too_big = ProtocolError::MessageTooBig { len: 11, limit: 10 };
    assert!(matches!(&at_server, Err(Error::Protocol(it)) if *it == too_big), "{at_server:?}");
    assert_eq!(at_client.unwrap(), None);
    let told = client.closing().unwrap().received.clone().unwrap();
    assert_eq!(told.code, CloseCode::MESSAGE_TOO_BIG);
}

#[tokio::test]
async fn a_connection_has_pages_before_its_websocket() {
    let mut stream = web::hyper(|request| async {
        if request.uri().path() == "/page" {
            return Response::new("a page\n".into());
        }
        echoing(request).await
    });
    let page = b"GET /page HTTP/1.1\r\nHost: server.example.com\r\n\r\n";
    for _ in 0..2 {
        assert_eq!(ask(&mut stream, page).await.body, "a page\n");
    }
    let refused = edited(REQUEST, "Version: 13", "Version: 8");
    assert_eq!(ask(&mut stream, &refused).await.status, 426);
    let (mut ws, _) = connect_over(stream, &chat(), &Config::default()).await.unwrap();
    ws.send("Hello").await.unwrap();
    assert_eq!(ws.receive().await.unwrap(), Some("Hello".into()));
    ws.close(CloseCode::NORMAL, "").await.unwrap();
    assert!(ws.closing().unwrap().is_clean());
}

#[tokio::test]
async fn the_connection_can_be_had_back_as_what_hyper_was_given() {
    let (stream, mut websockets) = accepting(Config::default(), Answer::new());
    let (mut client, _) = connect_over(stream, &chat(), &Config::default()).await.unwrap();
    client.send("unread").await.unwrap();
    let (stream, _) = websockets.recv().await.unwrap().unwrap().into_parts();
    let parts = stream.into_inner().downcast::<TokioIo<MemoryStream>>().unwrap();
    let sent =
        [&parts.read_buf[..], &read(&mut parts.io.into_inner(), 12 - parts.read_buf.len()).await];
    assert_eq!(common::read_frames(&sent.concat())[0].payload, b"unread");
}

/// Answers nothing, and has somebody else wait for the WebSocket.
fn silent(sender: mpsc::UnboundedSender<Upgrading>) -> MemoryStream {
    web::hyper(move |mut request| {
        sender.send(upgrade(&mut request).unwrap().1).unwrap();
        pending()
    })
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_is_an_error() {
    let (sender, mut upgrades) = mpsc::unbounded_channel();
    let mut stream = silent(sender);
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    let upgrading = upgrades.recv().await.unwrap();
    drop(stream);
    io_error(upgrading.await);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_never_given_is_a_timeout_of_the_handshake() {
    let (sender, mut upgrades) = mpsc::unbounded_channel();
    let mut stream = silent(sender);
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    let error = upgrades.recv().await.unwrap().await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Handshake)), "{error:?}");
}

#[tokio::test]
async fn served_without_upgrades_the_future_is_an_error() {
    let (mut client, server) = MemoryStream::pair();
    let (sender, mut upgrades) = mpsc::unbounded_channel();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (response, upgrading) = upgrade(&mut request).unwrap();
        sender.send(upgrading).unwrap();
        async { Ok::<_, Infallible>(response) }
    });
    let serving = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    let (served, answer) = tokio::join!(serving, ask(&mut client, REQUEST.as_bytes()));
    served.unwrap();
    assert_eq!(answer.status, 101);
    io_error(upgrades.recv().await.unwrap().await);
}

#[tokio::test]
async fn a_connection_that_another_layer_took_cannot_be_had() {
    let (sender, mut errors) = mpsc::unbounded_channel();
    let mut stream = web::hyper(move |mut request| {
        let taken = hyper::upgrade::on(&mut request);
        let error = Upgrade::new(&mut request, &Config::default()).unwrap_err();
        drop::<OnUpgrade>(taken);
        let response = refusal(&error);
        sender.send(error).unwrap();
        async { response }
    });
    let answer = ask(&mut stream, REQUEST.as_bytes()).await;
    assert_eq!((answer.status, &*answer.body), (500, "internal error\n"));
    assert_eq!(errors.recv().await, Some(HandshakeError::NotUpgradable));
}
