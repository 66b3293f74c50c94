//! What a server can have a client over HTTP/2 hold: heads, refusals, and small messages that nobody takes.
#![cfg(all(feature = "axum", feature = "http2"))]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{
    http2::{self as wire, Server, chat, opened, others},
    unmasked,
};
use fullduplex::{Config, Error, HandshakeError, axum::WebSocketUpgrade};
use http::{HeaderValue, Response};

#[tokio::test]
async fn small_messages_that_nobody_takes_end_nothing_else_of_the_connection() {
    let (mut server, stream) = Server::new();
    let connection = wire::connect(stream).await;
    let (mut other, mut at_other) = opened(&mut server, &connection, &Config::default()).await;
    let message = Bytes::from(unmasked(0x81, &[b'x'; 20]));
    let mut unread = Vec::new();
    for _ in 0..40 {
        let (ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
        for _ in 0..(64 * 1024 / message.len()) {
            peer.say(message.clone());
        }
        unread.push((ws, peer));
        others().await;
    }
    at_other.say(unmasked(0x81, b"still here"));
    assert_eq!(other.receive().await.unwrap(), Some("still here".into()));
    // Nothing of what was left is lost.
    let (ws, _peer) = &mut unread[39];
    for _ in 0..(64 * 1024 / message.len()) {
        assert_eq!(ws.receive().await.unwrap(), Some("x".repeat(20).into()));
    }
}

#[tokio::test]
async fn an_answer_with_more_head_than_the_limits_allow_is_refused() {
    let mut few = Config::default();
    few.max_headers = 3;
    let mut short = Config::default();
    short.max_head_len = 100;
    let cases = [
        ("within", Config::default(), None),
        ("headers", few, Some(HandshakeError::TooManyHeaders { limit: 3 })),
        ("bytes", short, Some(HandshakeError::HeadTooLong { limit: 100 })),
    ];
    for (name, config, expected) in cases {
        let (mut server, stream) = Server::new();
        let connection = wire::connect(stream).await;
        let request = chat();
        let asked = tokio::spawn(async move { connection.open(&request, &config).await.map(drop) });
        let (_, mut respond) = server.requests.recv().await.unwrap();
        let mut response = Response::new(());
        for _ in 0..4 {
            response.headers_mut().append("x-long", HeaderValue::from_static("0123456789abcdef"));
        }
        let _stream = respond.send_response(response, false).unwrap();
        match (asked.await.unwrap(), expected) {
            (Ok(()), None) => {}
            (Err(Error::Handshake(error)), Some(expected)) => assert_eq!(error, expected, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_whose_body_does_not_end_is_told_as_far_as_it_came() {
    let (mut server, stream) = Server::new();
    let connection = wire::connect(stream).await;
    let asked = tokio::spawn(async move { connection.open(&chat(), &Config::default()).await });
    let (_, mut respond) = server.requests.recv().await.unwrap();
    let mut response = Response::new(());
    *response.status_mut() = http::StatusCode::UNAUTHORIZED;
    let mut body = respond.send_response(response, false).unwrap();
    body.send_data(Bytes::from_static(b"who are you"), false).unwrap();
    match asked.await.unwrap() {
        Err(Error::Handshake(HandshakeError::Refused(response))) => {
            assert_eq!((response.status, &*response.body), (401, &b"who are you"[..]));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_handshake_without_a_limit_in_time_is_done_as_any_other() {
    let (mut server, stream) = Server::new();
    let connection = wire::connect(stream).await;
    let mut config = Config::default();
    config.handshake_timeout = Duration::MAX;
    opened(&mut server, &connection, &config).await;
}

#[tokio::test]
async fn a_credential_is_marked_so_that_no_table_of_hpack_keeps_it() {
    let (tell, mut marked) = tokio::sync::mpsc::unbounded_channel();
    let app = axum::Router::new().fallback(async move |upgrade: WebSocketUpgrade| {
        let upgrade = upgrade.header("Set-Cookie", "a=hush").header("X-Room", "1");
        let response = upgrade.on_upgrade(async |_| {});
        let is_marked = |name: &str| response.headers()[name].is_sensitive();
        tell.send([is_marked("set-cookie"), is_marked("x-room")]).unwrap();
        response
    });
    wire::websocket(app).await;
    assert_eq!(marked.recv().await, Some([true, false]));
}
