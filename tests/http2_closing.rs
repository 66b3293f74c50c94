//! How WebSockets over HTTP/2 end: a stream's `END_STREAM` is the end of a TCP connection, its reset
//! with `CANCEL` what a TCP connection's reset is (RFC 8441 §5), and what ends the connection ends all.
#![cfg(all(feature = "axum", feature = "http2"))]

mod common;

use std::{io::ErrorKind, time::Duration};

use axum::{Router, routing::any};
use bytes::Bytes;
use common::{
    handshake::io_error,
    http2::{self as wire, Server, accepted, chat, opened},
    masked, read_frames, unmasked,
    web::echo,
};
use fullduplex::{
    CloseCode, Config, Error, ProtocolError, axum::WebSocketUpgrade, http2, hyper as server,
};
use h2::Reason;
use tokio::sync::mpsc;

/// A WebSocket of axum's server, and its stream at a client of crate `h2`.
async fn served() -> (server::WebSocket, wire::Stream) {
    let (sender, mut websockets) = mpsc::unbounded_channel();
    let app = Router::new().fallback(any(async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |ws| drop(sender.send(ws)))
    }));
    let mut requests = wire::client(wire::axum(app)).await;
    let stream = accepted(&mut requests).await;
    (websockets.recv().await.unwrap(), stream)
}

async fn client() -> (Server, http2::Connection) {
    let (server, stream) = Server::new();
    (server, wire::connect(stream).await)
}

fn is_end_without_close<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Protocol(ProtocolError::EndWithoutClose)))
}

#[tokio::test]
async fn an_end_of_the_stream_without_a_close_is_an_end_without_a_close() {
    let (mut server, connection) = client().await;
    let (mut ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
    peer.say(unmasked(0x81, b"last words"));
    peer.end();
    assert_eq!(ws.receive().await.unwrap(), Some("last words".into()));
    assert!(is_end_without_close(&ws.receive().await));
    // It has ended its side too.
    while let Some(data) = peer.hear().await {
        data.unwrap();
    }

    let (mut ws, mut peer) = served().await;
    peer.say(masked(0x81, b"last words"));
    peer.end();
    assert_eq!(ws.receive().await.unwrap(), Some("last words".into()));
    assert!(is_end_without_close(&ws.receive().await));
    while let Some(data) = peer.hear().await {
        data.unwrap();
    }
}

#[tokio::test]
async fn a_reset_is_told_as_the_docs_say() {
    for reason in [Reason::CANCEL, Reason::INTERNAL_ERROR] {
        let (mut server, connection) = client().await;
        let (mut ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
        peer.send.send_reset(reason);
        assert_eq!(io_error(ws.receive().await), ErrorKind::ConnectionReset, "{reason}");
        ws.send("late").await.unwrap_err();

        // Also where a write waits for the peer.
        let (mut ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
        let sending = tokio::spawn(async move { ws.send(vec![0; 1 << 20]).await });
        wire::others().await;
        assert!(!sending.is_finished());
        peer.send.send_reset(reason);
        assert_eq!(io_error(sending.await.unwrap()), ErrorKind::ConnectionReset, "{reason}");

        let (mut ws, mut peer) = served().await;
        peer.send.send_reset(reason);
        let received = ws.receive().await;
        assert_eq!(is_end_without_close(&received), reason == Reason::CANCEL, "{received:?}");
        assert_eq!(matches!(received, Err(Error::Io(_))), reason != Reason::CANCEL);
        ws.send("late").await.unwrap_err();
    }
}

#[tokio::test]
async fn a_server_ends_its_stream_first_and_a_client_when_the_server_has() {
    let (mut server, connection) = client().await;
    let (mut ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
    let closing = tokio::spawn(async move {
        ws.close(CloseCode::NORMAL, "bye").await.unwrap();
        ws
    });
    let frames = read_frames(&peer.hear().await.unwrap().unwrap());
    assert_eq!((frames[0].first, &*frames[0].payload), (0x88, &b"\x03\xe8bye"[..]));
    peer.say(unmasked(0x88, b"\x03\xe8bye"));
    wire::others().await;
    assert!(!peer.receive.is_end_stream() && !closing.is_finished(), "the server is first");
    peer.end();
    assert!(peer.hear().await.is_none());
    assert!(closing.await.unwrap().closing().unwrap().is_clean());

    let (mut ws, mut peer) = served().await;
    peer.say(masked(0x88, b"\x03\xe8bye"));
    assert_eq!(ws.receive().await.unwrap(), None);
    assert_eq!(peer.hear().await.unwrap().unwrap(), unmasked(0x88, b"\x03\xe8"));
    assert!(peer.hear().await.is_none());
    assert!(ws.closing().unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_end_its_stream_after_the_closes_is_hardly_waited_for() {
    let (mut server, connection) = client().await;
    let (mut ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
    peer.say(unmasked(0x88, b"\x03\xe8"));
    let begun = tokio::time::Instant::now();
    ws.close(CloseCode::NORMAL, "").await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(ws.closing().unwrap().is_clean());
    let frames = read_frames(&peer.hear().await.unwrap().unwrap());
    assert_eq!(frames.len(), 1, "the Close");
    drop(ws);
    // No frame of data comes behind the Closes: a server that is done with the stream knows it no longer.
    assert_eq!(peer.reset_reason().await, Some(Reason::CANCEL));
}

#[tokio::test]
async fn a_websocket_that_is_dropped_resets_its_stream_and_no_other() {
    let (mut server, connection) = client().await;
    let (mut one, mut at_one) = opened(&mut server, &connection, &Config::default()).await;
    let (mut two, mut at_two) = opened(&mut server, &connection, &Config::default()).await;
    one.send("last words").await.unwrap();
    // What `send` was done with is with the connection.
    drop(one);
    let frames = read_frames(&at_one.hear().await.unwrap().unwrap());
    assert_eq!(frames[0].payload, b"last words");
    assert_eq!(at_one.reset_reason().await, Some(Reason::CANCEL));
    two.send("still here").await.unwrap();
    let frames = read_frames(&at_two.hear().await.unwrap().unwrap());
    assert_eq!(frames[0].payload, b"still here");
    at_two.say(unmasked(0x81, b"so am I"));
    assert_eq!(two.receive().await.unwrap(), Some("so am I".into()));
}

#[tokio::test]
async fn a_websocket_of_the_servers_that_is_dropped_ends_its_stream_behind_what_was_sent() {
    let (mut ws, mut peer) = served().await;
    ws.send("last words").await.unwrap();
    drop(ws);
    assert_eq!(peer.hear().await.unwrap().unwrap(), unmasked(0x81, b"last words"));
    let end = peer.hear().await;
    assert!(end.is_none(), "END_STREAM, no reset: {end:?}");
}

/// How a connection may end under its WebSockets.
#[derive(Clone, Copy, Debug)]
enum End {
    GoAway,
    Broken,
    NoDriver,
}

#[tokio::test]
async fn the_end_of_the_connection_is_an_error_of_every_websocket_on_it() {
    for end in [End::GoAway, End::Broken, End::NoDriver] {
        let (mut server, stream) = Server::new();
        let (connection, driver) = http2::handshake(stream, &Config::default()).await.unwrap();
        let driver = tokio::spawn(driver);
        let mut receiving = Vec::new();
        let mut streams = Vec::new();
        for _ in 0..5 {
            let (ws, mut stream) = opened(&mut server, &connection, &Config::default()).await;
            stream.say(unmasked(0x81, b"before"));
            let (mut receive, send) = ws.split();
            receiving.push(tokio::spawn(async move {
                assert_eq!(receive.receive().await.unwrap(), Some("before".into()));
                (receive.receive().await, send)
            }));
            streams.push(stream);
        }
        // What was said before is heard before.
        wire::others().await;
        match end {
            End::GoAway => server.go_away.send(Some(Reason::ENHANCE_YOUR_CALM)).unwrap(),
            End::Broken => server.task.abort(),
            End::NoDriver => driver.abort(),
        }
        for receiving in receiving {
            let (received, mut send) = receiving.await.unwrap();
            assert!(matches!(received, Err(Error::Io(_))), "{end:?}: {received:?}");
            send.send("late").await.unwrap_err();
        }
        let opening = connection.open(&chat(), &Config::default()).await;
        assert!(matches!(opening, Err(Error::Io(_))), "{end:?}: {opening:?}");
        let driven = driver.await;
        match end {
            End::GoAway => assert!(matches!(driven, Ok(Err(Error::Io(_)))), "{driven:?}"),
            End::Broken => assert!(driven.is_ok(), "{driven:?}"),
            End::NoDriver => assert!(driven.unwrap_err().is_cancelled()),
        }
    }
}

#[tokio::test]
async fn a_servers_websocket_hears_of_a_connection_that_broke() {
    let (sender, mut websockets) = mpsc::unbounded_channel();
    let app = Router::new().fallback(any(async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |ws| drop(sender.send(ws)))
    }));
    let (connection, driver) = http2::handshake(wire::axum(app), &Config::default()).await.unwrap();
    let driver = tokio::spawn(driver);
    let (_client, _) = connection.open(&chat(), &Config::default()).await.unwrap();
    let mut ws = websockets.recv().await.unwrap();
    driver.abort();
    let received = ws.receive().await;
    assert!(matches!(received, Err(Error::Io(_))), "{received:?}");
    ws.send("late").await.unwrap_err();
}

#[tokio::test]
async fn a_server_that_goes_away_in_peace_serves_what_is_open_and_opens_no_more() {
    let (mut server, connection) = client().await;
    let (mut ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
    server.go_away.send(None).unwrap();
    wire::others().await;
    let opening = connection.open(&chat(), &Config::default()).await;
    assert!(matches!(opening, Err(Error::Io(_))), "{opening:?}");
    ws.send("still here").await.unwrap();
    assert_eq!(read_frames(&peer.hear().await.unwrap().unwrap())[0].payload, b"still here");
    peer.say([unmasked(0x81, b"so am I"), unmasked(0x88, b"\x03\xe9")].concat());
    peer.end();
    assert_eq!(ws.receive().await.unwrap(), Some("so am I".into()));
    assert_eq!(ws.receive().await.unwrap(), None);
    assert!(ws.closing().unwrap().is_clean());
}

#[tokio::test]
async fn the_connection_ends_well_when_nothing_is_left_of_it() {
    let app = Router::new().fallback(any(async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |ws| drop(echo(ws).await))
    }));
    let (connection, driver) = http2::handshake(wire::axum(app), &Config::default()).await.unwrap();
    let driver = tokio::spawn(driver);
    let (mut one, _) = connection.open(&chat(), &Config::default()).await.unwrap();
    let (two, _) = connection.clone().open(&chat(), &Config::default()).await.unwrap();
    drop((connection, two));
    one.send(Bytes::from(vec![7; 200_000])).await.unwrap();
    assert_eq!(one.receive().await.unwrap(), Some(vec![7; 200_000].into()));
    assert!(!driver.is_finished());
    one.close(CloseCode::NORMAL, "").await.unwrap();
    drop(one);
    driver.await.unwrap().unwrap();
}
