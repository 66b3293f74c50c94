//! The extractor of axum: a handler has the request judged, says what it wants, and gets a WebSocket.
//! Over HTTP/1.1; `tests/http2.rs` has the same over HTTP/2.
#![cfg(feature = "axum")]

mod common;

use std::{convert::Infallible, future::pending};

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::any,
};
use common::{
    handshake::{REQUEST, chat, edited, io_error, with_lines},
    web::{self, ask, echo},
};
use fullduplex::{
    CloseCode, Config, Error, HandshakeError, MemoryStream,
    axum::{WebSocket, WebSocketUpgrade},
    tokio::connect_over,
};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{io::AsyncWriteExt, sync::mpsc};

async fn echoing(ws: WebSocket) {
    let _ = echo(ws).await;
}

/// Has `handler` answer at the path of [`REQUEST`].
fn chat_by<T: 'static>(handler: impl Handler<T, ()>) -> Router {
    Router::new().route("/chat", any(handler))
}

#[tokio::test]
async fn one_path_has_a_page_and_a_websocket_on_one_connection() {
    let mut stream =
        web::axum_http1(chat_by(async |upgrade: Option<WebSocketUpgrade>| match upgrade {
            None => "a page\n".into_response(),
            Some(upgrade) => upgrade.on_upgrade(echoing),
        }));
    let page = REQUEST.replace("Upgrade: websocket\r\n", "");
    let pages = [
        ("of the same head", page.clone().into_bytes()),
        ("UTF-8 in the target", page.replace("/chat", "/chat?q=é").into_bytes()),
        ("an empty Host", edited(&page, "server.example.com", "")),
        ("no Host", edited(&page, "Host: server.example.com\r\n", "")),
    ];
    for (name, page) in pages {
        assert_eq!(ask(&mut stream, &page).await.body, "a page\n", "{name}");
    }
    // One that does ask for a WebSocket, and breaks a rule, gets no page.
    let broken = edited(REQUEST, "Connection: Upgrade\r\n", "");
    let answer = ask(&mut stream, &broken).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body, "Connection header without the token Upgrade\n");
    let (mut ws, response) = connect_over(stream, &chat(), &Config::default()).await.unwrap();
    assert_eq!(response.status, 101);
    ws.send("Hello").await.unwrap();
    assert_eq!(ws.receive().await.unwrap(), Some("Hello".into()));
    ws.close(CloseCode::NORMAL, "").await.unwrap();
    assert!(ws.closing().unwrap().is_clean());
}

#[tokio::test]
async fn the_extractor_answers_what_is_no_request_for_a_websocket() {
    let cases = [
        (
            "a page",
            edited(REQUEST, "Upgrade: websocket\r\n", ""),
            426,
            Some(("connection", "upgrade")),
        ),
        (
            "version 8",
            edited(REQUEST, "Version: 13", "Version: 8"),
            426,
            Some(("upgrade", "websocket")),
        ),
        ("POST", edited(REQUEST, "GET ", "POST "), 405, Some(("allow", "GET"))),
        ("HTTP/1.0", edited(REQUEST, "HTTP/1.1", "HTTP/1.0"), 505, None),
        ("a page of HTTP/1.0", b"GET /chat HTTP/1.0\r\n\r\n".to_vec(), 426, None),
    ];
    for (name, request, status, header) in cases {
        let mut stream =
            web::axum_http1(chat_by(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echoing)));
        let answer = ask(&mut stream, &request).await;
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{name}");
        assert!(answer.body.ends_with('\n'), "{name}");
        if let Some((header, value)) = header {
            assert_eq!(answer.header(header), Some(value), "{name}");
        }
    }
}

#[tokio::test]
async fn a_page_from_elsewhere_is_refused_with_a_question_mark() {
    async fn handler(upgrade: WebSocketUpgrade) -> Result<Response, HandshakeError> {
        upgrade.check_same_host()?;
        Ok(upgrade.on_upgrade(echoing))
    }
    let cases = [
        ("Origin: https://evil.example\r\n", 403, "the request's origin is not allowed\n"),
        ("Origin: http://server.example.com\r\n", 101, ""),
        ("", 101, ""),
    ];
    for (origin, status, body) in cases {
        let mut stream = web::axum_http1(chat_by(handler));
        let answer = ask(&mut stream, &with_lines(REQUEST, origin)).await;
        assert_eq!((answer.status, &*answer.body), (status, body), "{origin}");
    }
}

#[tokio::test]
async fn a_handler_may_wait_for_who_looks_at_the_request_and_then_accept() {
    async fn is_known(upgrade: &WebSocketUpgrade) -> bool {
        tokio::task::yield_now().await;
        upgrade.headers().text("cookie") == Some("a=0")
    }
    async fn handler(upgrade: WebSocketUpgrade) -> Response {
        if !is_known(&upgrade).await {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        upgrade.on_upgrade(echoing)
    }
    for (cookie, status) in [("Cookie: a=0\r\n", 101), ("Cookie: a=1\r\n", 401), ("", 401)] {
        let mut stream = web::axum_http1(chat_by(handler));
        let answer = ask(&mut stream, &with_lines(REQUEST, cookie)).await;
        assert_eq!(answer.status, status, "{cookie}");
    }
}

#[test]
fn what_a_handler_holds_can_be_sent_to_and_borrowed_by_another_thread() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<WebSocketUpgrade>();
    is_send_and_sync::<fullduplex::hyper::Upgrade>();
    is_send_and_sync::<WebSocket>();
    #[cfg(feature = "http2")]
    is_send_and_sync::<fullduplex::http2::WebSocket>();
}

#[tokio::test]
async fn the_server_prefers_a_subprotocol_of_those_that_the_client_offers() {
    let cases: [(&[&str], &[&str], Option<&str>); 5] = [
        (&["v1", "v2"], &["v2", "v1"], Some("v2")),
        (&["v1"], &["v2", "v1"], Some("v1")),
        (&["V2", "v3"], &["v2"], None),
        (&[], &["v2"], None),
        (&["v1"], &[], None),
    ];
    for (offered, known, chosen) in cases {
        let (sender, mut websockets) = mpsc::unbounded_channel();
        let app = chat_by(async move |upgrade: WebSocketUpgrade| {
            let upgrade = upgrade.protocols(known);
            assert_eq!(upgrade.selected_protocol(), chosen);
            upgrade.on_upgrade(async move |ws| drop(sender.send(ws)))
        });
        let request = offered.iter().fold(chat(), |request, offered| request.subprotocol(offered));
        let connected = connect_over(web::axum_http1(app), &request, &Config::default()).await;
        let (client, _) = connected.unwrap();
        assert_eq!(client.subprotocol(), chosen, "{offered:?}, {known:?}");
        assert_eq!(websockets.recv().await.unwrap().subprotocol(), chosen);
    }
}

#[tokio::test]
async fn headers_of_the_handlers_are_in_the_answer_and_the_offer_is_there_to_be_looked_at() {
    let app = chat_by(async |upgrade: WebSocketUpgrade| {
        assert_eq!((upgrade.method(), upgrade.path()), ("GET", "/chat"));
        assert_eq!(upgrade.headers().text("cookie"), Some("a=0"));
        upgrade.header("Set-Cookie", "a=1").header("Set-Cookie", "b=2").on_upgrade(echoing)
    });
    let request = chat().header("Cookie", "a=0");
    let connected = connect_over(web::axum_http1(app), &request, &Config::default()).await;
    let (_, response) = connected.unwrap();
    let cookies: Vec<_> = response.headers.values("set-cookie").collect();
    assert_eq!(cookies, [b"a=1", b"b=2"]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_written_is_500_and_the_handlers_task_never_runs() {
    let (sender, mut told) = mpsc::unbounded_channel();
    let app = chat_by(async move |upgrade: WebSocketUpgrade| {
        let failed = sender.clone();
        upgrade
            .header("Upgrade", "secret")
            .on_failed_upgrade(move |error| drop(failed.send(error.to_string())))
            .on_upgrade(async move |_| drop(sender.send("upgraded".into())))
    });
    let mut stream = web::axum_http1(app);
    let answer = ask(&mut stream, REQUEST.as_bytes()).await;
    assert_eq!((answer.status, &*answer.body), (500, "internal error\n"));
    drop(stream);
    assert_eq!(told.recv().await, None);
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn messages_are_compressed_if_the_config_says_so_and_held_to_its_limits() {
    use fullduplex::{Compression, ProtocolError};

    let mut config = Config::default();
    config.compression = Some(Compression::default());
    let (sender, mut websockets) = mpsc::unbounded_channel();
    let app = chat_by(async move |upgrade: WebSocketUpgrade| {
        let mut config = Config::default();
        config.compression = Some(Compression::default());
        config.max_message_len = 10_000;
        upgrade.with_config(config).on_upgrade(async move |ws| drop(sender.send(ws)))
    });
    let (mut client, response) =
        connect_over(web::axum_http1(app), &chat(), &config).await.unwrap();
    let mut server = websockets.recv().await.unwrap();
    assert!(response.headers.text("sec-websocket-extensions").is_some());
    assert!(client.compression().is_some());
    assert_eq!(server.compression(), client.compression());
    client.send(vec![0; 10_000]).await.unwrap();
    assert!(client.counters().wire_out < 1000, "{:?}", client.counters());
    assert_eq!(server.receive().await.unwrap(), Some(vec![0; 10_000].into()));
    client.send(vec![0; 10_001]).await.unwrap();
    let (at_server, at_client) = tokio::join!(server.receive(), client.receive());
    let error = at_server.unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::MessageTooBig { .. })), "{error:?}");
    assert_eq!(at_client.unwrap(), None);
    let told = client.closing().unwrap().received.clone().unwrap();
    assert_eq!(told.code, CloseCode::MESSAGE_TOO_BIG);
}

/// A handler's task that reports why there is no WebSocket.
fn reporting(upgrade: WebSocketUpgrade, failed: mpsc::UnboundedSender<Error>) -> Response {
    upgrade
        .on_failed_upgrade(move |error| drop(failed.send(error)))
        .on_upgrade(async |_| panic!("there is a WebSocket"))
}

#[tokio::test]
async fn a_handler_is_told_of_a_client_that_left_before_the_answer() {
    let (failed, mut errors) = mpsc::unbounded_channel();
    let (begun, mut has_begun) = mpsc::unbounded_channel();
    let mut stream = web::axum_http1(chat_by(async move |upgrade: WebSocketUpgrade| {
        let _response = reporting(upgrade, failed);
        begun.send(()).unwrap();
        pending::<Response>().await
    }));
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    has_begun.recv().await.unwrap();
    drop(stream);
    io_error(Err::<(), _>(errors.recv().await.unwrap()));
}

#[tokio::test]
async fn a_handler_is_told_where_hyper_gives_no_connection_away() {
    let (failed, mut errors) = mpsc::unbounded_channel();
    let app = chat_by(async move |upgrade: WebSocketUpgrade| reporting(upgrade, failed));
    let (mut client, server) = MemoryStream::pair();
    let service = TowerToHyperService::new(app);
    let serving = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    let (served, answer) = tokio::join!(serving, ask(&mut client, REQUEST.as_bytes()));
    served.unwrap();
    assert_eq!(answer.status, 101);
    io_error(Err::<(), _>(errors.recv().await.unwrap()));
}

#[tokio::test]
async fn a_layer_that_takes_the_connection_leaves_500() {
    async fn take(mut request: Request, next: Next) -> Result<Response, Infallible> {
        drop(hyper::upgrade::on(&mut request));
        Ok(next.run(request).await)
    }
    let app = chat_by(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echoing));
    let mut stream = web::axum_http1(app.layer(from_fn(take)));
    let answer = ask(&mut stream, REQUEST.as_bytes()).await;
    assert_eq!((answer.status, &*answer.body), (500, "internal error\n"));
}
