//! Who has to wait on a connection of HTTP/2, and for how long: streams for each other, writers for
//! readers (RFC 9113 §5.2), and all for a peer that says nothing.
#![cfg(all(feature = "axum", feature = "http2"))]

mod common;

use axum::{Router, routing::any};
use bytes::Bytes;
use common::{
    http2::{self as wire, Server, chat, opened, others, piece},
    read_frames, unmasked,
    web::echo,
};
use fullduplex::{CloseCode, Config, Error, Timeout, axum::WebSocketUpgrade, http2};
use tokio::sync::mpsc;

fn echoing() -> Router {
    Router::new().fallback(any(async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |ws| drop(echo(ws).await))
    }))
}

#[tokio::test]
async fn one_stream_more_than_the_server_takes_waits_until_another_one_ended() {
    let mut http = wire::http();
    http.http2().max_concurrent_streams(1);
    let connection = wire::connect(wire::axum_by(http, echoing())).await;
    let open = || {
        let connection = connection.clone();
        tokio::spawn(async move { connection.open(&chat(), &Config::default()).await })
    };
    let (mut first, _) = connection.open(&chat(), &Config::default()).await.unwrap();
    let (given_up, second, third) = (open(), open(), open());
    others().await;
    // Who no longer waits takes no place.
    given_up.abort();
    others().await;
    assert!(!second.is_finished() && !third.is_finished());
    first.close(CloseCode::NORMAL, "").await.unwrap();
    for opening in [second, third] {
        let (mut ws, _) = opening.await.unwrap().unwrap();
        ws.send("Hello").await.unwrap();
        assert_eq!(ws.receive().await.unwrap(), Some("Hello".into()));
        drop(ws);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_stream_gives_up_in_time() {
    let mut http = wire::http();
    http.http2().max_concurrent_streams(1);
    let connection = wire::connect(wire::axum_by(http, echoing())).await;
    let (_first, _) = connection.open(&chat(), &Config::default()).await.unwrap();
    let opening = connection.open(&chat(), &Config::default()).await;
    assert!(matches!(opening, Err(Error::Timeout(Timeout::Handshake))), "{opening:?}");
}

#[tokio::test(start_paused = true)]
async fn without_its_driver_a_connection_opens_nothing() {
    let (connection, driver) =
        http2::handshake(wire::axum(echoing()), &Config::default()).await.unwrap();
    let opening = connection.open(&chat(), &Config::default()).await;
    assert!(matches!(opening, Err(Error::Timeout(Timeout::Handshake))), "{opening:?}");
    drop(driver);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_says_its_settings_is_given_up() {
    let (client, _server) = fullduplex::MemoryStream::pair();
    let result = http2::handshake(client, &Config::default()).await;
    assert!(matches!(result, Err(Error::Timeout(Timeout::Handshake))), "{result:?}");
}

/// Bytes in each message of a writer.
const PIECE: usize = 1000;
/// Pieces that a writer may be rid of although its peer reads none: those that fill the peer's window of
/// 64 KiB, and [`Config::write_high_water`]. The server's has three writes of 64 KiB on the way beside them.
const CLIENTS_MOST: usize = 128 * 1024 / PIECE + 1;
const SERVERS_MOST: usize = 5 * 64 * 1024 / PIECE + 1;

#[tokio::test]
async fn a_client_waits_for_a_server_that_does_not_read_and_goes_on_when_it_does() {
    let (mut server, stream) = Server::new();
    let connection = wire::connect(stream).await;
    let (mut ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
    let (fed, mut feeding) = mpsc::unbounded_channel();
    let writer = tokio::spawn(async move {
        for number in 0..1000 {
            ws.feed(piece(number, PIECE)).await.unwrap();
            fed.send(()).unwrap();
        }
        ws.flush().await.unwrap();
        ws
    });
    others().await;
    let accepted = feeding.len();
    assert!(accepted > 64 && accepted <= CLIENTS_MOST, "{accepted}");
    let mut bytes = Vec::new();
    while bytes.len() < 1000 * (PIECE + 8) {
        bytes.extend(peer.hear().await.unwrap().unwrap());
    }
    for (number, frame) in read_frames(&bytes).iter().enumerate() {
        assert_eq!(frame.payload, piece(number, PIECE));
    }
    writer.await.unwrap();
    assert_eq!(feeding.recv_many(&mut Vec::new(), 2000).await, 1000);
}

#[tokio::test]
async fn a_server_waits_for_a_client_that_does_not_read_and_goes_on_when_it_does() {
    let (fed, mut feeding) = mpsc::unbounded_channel();
    let app = Router::new().fallback(any(async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |mut ws| {
            for number in 0..1000 {
                ws.feed(piece(number, PIECE)).await.unwrap();
                fed.send(()).unwrap();
            }
            ws.close(CloseCode::NORMAL, "").await.unwrap();
        })
    }));
    let mut ws = wire::websocket(app).await;
    others().await;
    let accepted = feeding.len();
    assert!(accepted > 64 && accepted <= SERVERS_MOST, "{accepted}");
    for number in 0..1000 {
        assert_eq!(ws.receive().await.unwrap(), Some(piece(number, PIECE).into()));
    }
    assert_eq!(ws.receive().await.unwrap(), None);
    assert_eq!(feeding.recv_many(&mut Vec::new(), 2000).await, 1000);
}

#[tokio::test]
async fn what_a_websocket_left_unread_is_no_loss_for_the_connection() {
    let (mut server, stream) = Server::new();
    let connection = wire::connect(stream).await;
    // More than the connection's window of 64 MiB.
    for _ in 0..1100 {
        let (ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
        peer.send.reserve_capacity(64 * 1024);
        others().await;
        assert_eq!(peer.send.capacity(), 64 * 1024);
        peer.say(vec![0; 64 * 1024]);
        others().await;
        drop(ws);
        peer.reset_reason().await.unwrap();
    }
}

#[tokio::test]
async fn halves_send_and_receive_at_once() {
    let (mut receive, mut send) = wire::websocket(echoing()).await.split();
    let long = Bytes::from(vec![7; 300_000]);
    let sent = long.clone();
    let sending = tokio::spawn(async move {
        for _ in 0..20 {
            send.send(sent.clone()).await.unwrap();
        }
        send.send_close(CloseCode::NORMAL, "").await.unwrap();
    });
    for _ in 0..20 {
        assert_eq!(receive.receive().await.unwrap(), Some(long.clone().into()));
    }
    assert_eq!(receive.receive().await.unwrap(), None);
    sending.await.unwrap();
    assert!(receive.closing().unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_silent_on_its_stream_is_asked_and_given_up() {
    let (mut server, stream) = Server::new();
    let connection = wire::connect(stream).await;
    let (mut ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
    let (mut other, mut at_other) = opened(&mut server, &connection, &Config::default()).await;
    let error = ws.receive().await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Pong)), "{error:?}");
    assert_eq!(read_frames(&peer.hear().await.unwrap().unwrap())[0].first, 0x89);
    // The connection is there for others.
    at_other.say(unmasked(0x81, b"Hello"));
    assert_eq!(other.receive().await.unwrap(), Some("Hello".into()));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_gives_no_room_ends_a_write_in_time() {
    let (mut server, stream) = Server::new();
    let connection = wire::connect(stream).await;
    let (mut ws, _peer) = opened(&mut server, &connection, &Config::default()).await;
    let error = ws.send(vec![0; 1 << 20]).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Write)), "{error:?}");
}
