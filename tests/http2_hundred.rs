//! A hundred WebSockets on one connection of HTTP/2, one of which nobody reads: it waits alone, what is
//! held for it is bounded, and nothing of it is lost. Counted for the one thread that has both sides, in a
//! process of its own.
#![cfg(all(feature = "axum", feature = "http2"))]

mod common;

use allocation_counter::measure;
use axum::{Router, extract::Request, response::Response, routing::any};
use common::{
    http2::{self as wire, others, piece, runtime},
    web::echo,
};
use fullduplex::{
    ClientRequest, Config,
    axum::{WebSocket, WebSocketUpgrade},
    http2,
};
use hyper_util::{rt::TokioExecutor, server::conn::auto};
use tokio::{runtime::Runtime, sync::mpsc};

/// Beside the one that is not read.
const OTHERS: usize = 99;
const ROUNDS: usize = 30;
/// Bytes in each message for the one.
const PIECE: usize = 10_000;
/// What may be held for the one: a stream's window of 64 KiB at its reader, in hyper three writes of
/// 64 KiB on their way, 64 KiB in each direction of the stream in memory, and a message at either end.
const HELD: u64 = 512 * 1024;

async fn open(connection: &http2::Connection, path: &str) -> http2::WebSocket {
    let request = ClientRequest::new(&format!("ws://chat.example/{path}")).unwrap();
    connection.open(&request, &Config::default()).await.unwrap().0
}

/// Echoes at every path but `/one`, whose WebSocket `serve` has.
fn app<F>(serve: impl Fn(WebSocket) -> F + Clone + Send + Sync + 'static) -> Router
where
    F: Future<Output = ()> + Send + 'static,
{
    Router::new()
        .route(
            "/one",
            any(async move |upgrade: WebSocketUpgrade| -> Response { upgrade.on_upgrade(serve) }),
        )
        .fallback(any(async |upgrade: WebSocketUpgrade, _: Request| {
            upgrade.on_upgrade(async |ws| drop(echo(ws).await))
        }))
}

/// Has each of the others' messages come back, again and again.
async fn rounds(websockets: &mut [http2::WebSocket]) {
    for round in 0..ROUNDS {
        for ws in &mut *websockets {
            ws.send(vec![round as u8; 1000]).await.unwrap();
        }
        for ws in &mut *websockets {
            assert_eq!(ws.receive().await.unwrap(), Some(vec![round as u8; 1000].into()));
        }
    }
}

async fn open_others(connection: &http2::Connection) -> Vec<http2::WebSocket> {
    let mut websockets = Vec::new();
    for number in 0..OTHERS {
        websockets.push(open(connection, &format!("{number}")).await);
    }
    websockets
}

/// Counts what `work` holds at its most beside what was there before.
fn held(runtime: &Runtime, work: impl Future<Output = ()>) -> u64 {
    measure(|| runtime.block_on(work)).bytes_max
}

/// Checks what was held for the one that is not read, and that its writer was held up.
fn check_held(bytes: u64, messages: usize) {
    println!("held for the one that is not read: {bytes} bytes, {messages} messages");
    assert!(bytes < HELD, "{bytes}");
    assert!((64 * 1024 / PIECE..HELD as usize / PIECE).contains(&messages));
}

#[test]
fn a_client_that_does_not_read_one_of_a_hundred_reads_the_others() {
    let runtime = runtime();
    let (sent, mut sending) = mpsc::unbounded_channel();
    let app = app(move |mut ws| {
        let sent = sent.clone();
        async move {
            for number in 0.. {
                if ws.send(piece(number, PIECE)).await.is_err() {
                    return;
                }
                let _ = sent.send(());
            }
        }
    });
    let (mut one, mut websockets) = runtime.block_on(async {
        let connection = wire::connect(wire::axum(app)).await;
        let mut websockets = open_others(&connection).await;
        rounds(&mut websockets).await;
        (open(&connection, "one").await, websockets)
    });
    let bytes = held(&runtime, async {
        others().await;
        rounds(&mut websockets).await;
    });
    check_held(bytes, sending.len());
    runtime.block_on(async {
        for number in 0..1000 {
            assert_eq!(one.receive().await.unwrap(), Some(piece(number, PIECE).into()));
        }
        sending.recv_many(&mut Vec::new(), usize::MAX).await;
    });
}

#[test]
fn a_server_that_does_not_read_one_of_a_hundred_reads_the_others() {
    let runtime = runtime();
    let (sender, mut accepted) = mpsc::unbounded_channel();
    let app = app(move |ws| {
        sender.send(ws).unwrap();
        async {}
    });
    let (mut one, mut websockets, mut at_server) = runtime.block_on(async {
        let connection = wire::connect(wire::axum(app)).await;
        let mut websockets = open_others(&connection).await;
        rounds(&mut websockets).await;
        (open(&connection, "one").await, websockets, accepted.recv().await.unwrap())
    });
    let (sent, sending) = mpsc::unbounded_channel();
    let bytes = held(&runtime, async {
        tokio::spawn(async move {
            for number in 0.. {
                if one.send(piece(number, PIECE)).await.is_err() {
                    return;
                }
                let _ = sent.send(());
            }
        });
        others().await;
        rounds(&mut websockets).await;
    });
    check_held(bytes, sending.len());
    runtime.block_on(async {
        for number in 0..1000 {
            assert_eq!(at_server.receive().await.unwrap(), Some(piece(number, PIECE).into()));
        }
    });
}

#[test]
fn with_the_windows_that_hyper_has_by_default_one_that_is_not_read_holds_up_the_others() {
    let runtime = runtime();
    let (sender, mut accepted) = mpsc::unbounded_channel();
    let app = app(move |ws| {
        sender.send(ws).unwrap();
        async {}
    });
    runtime.block_on(async {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http2().enable_connect_protocol();
        let connection = wire::connect(wire::axum_by(http, app)).await;
        let mut other = open(&connection, "other").await;
        let mut one = open(&connection, "one").await;
        let mut at_server = accepted.recv().await.unwrap();
        let sending = tokio::spawn(async move {
            for number in 0..300 {
                one.send(piece(number, PIECE)).await.unwrap();
            }
            one
        });
        others().await;
        let echoing = tokio::spawn(async move {
            other.send("Hello").await.unwrap();
            other.receive().await.unwrap()
        });
        others().await;
        assert!(!sending.is_finished() && !echoing.is_finished());
        for number in 0..300 {
            assert_eq!(at_server.receive().await.unwrap(), Some(piece(number, PIECE).into()));
        }
        assert_eq!(echoing.await.unwrap(), Some("Hello".into()));
        sending.await.unwrap();
    });
}
