//! What a WebSocket over HTTP/2 or on hyper holds: little while it is idle, and no second copy of what is
//! large while it is sent. Counted for the one thread that has both sides.
#![cfg(all(feature = "axum", feature = "http2"))]

mod common;

use allocation_counter::measure;
use axum::{Router, routing::any};
use bytes::Bytes;
use common::{
    handshake,
    http2::{self as wire, Server, accepted, opened, others, runtime},
    web,
};
use fullduplex::{CloseCode, Config, axum::WebSocketUpgrade};
use tokio::runtime::Runtime;

/// What each of 100 holds, in bytes, whose tasks `spawn` spawns.
fn each(runtime: &Runtime, mut spawn: impl AsyncFnMut()) -> i64 {
    // The first ones make what all share.
    runtime.block_on(async {
        spawn().await;
        spawn().await;
        others().await;
    });
    let info = measure(|| {
        runtime.block_on(async {
            for _ in 0..100 {
                spawn().await;
            }
            others().await;
        });
    });
    info.bytes_current / 100
}

#[test]
fn an_idle_client_over_http2_holds_little() {
    let runtime = runtime();
    let (mut server, connection) = runtime.block_on(async {
        let (server, stream) = Server::new();
        (server, wire::connect(stream).await)
    });
    let mut streams = Vec::with_capacity(102);
    let bytes = each(&runtime, async || {
        let (mut ws, stream) = opened(&mut server, &connection, &Config::default()).await;
        streams.push(stream);
        tokio::spawn(async move { ws.receive().await.map(drop) });
    });
    println!("an idle client over HTTP/2: {bytes} bytes, with its stream at both ends");
    assert!(bytes < 4 * 1024, "{bytes}");
}

#[test]
fn an_idle_server_on_hyper_holds_little_beside_what_hyper_does() {
    let runtime = runtime();
    let app = Router::new().fallback(any(async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |ws| drop(web::echo(ws).await))
    }));
    let mut clients = Vec::with_capacity(102);
    let bytes = each(&runtime, async || {
        let mut stream = web::axum_http1(app.clone());
        web::ask(&mut stream, handshake::REQUEST.as_bytes()).await;
        clients.push(stream);
    });
    println!("an idle server on hyper: {bytes} bytes, with the stream in memory");
    assert!(bytes < 16 * 1024, "{bytes}");
}

#[test]
fn a_large_message_of_the_servers_is_not_copied_whole_for_a_client_that_does_not_read() {
    const LEN: usize = 16 << 20;
    let runtime = runtime();
    let large = Bytes::from(vec![7; LEN]);
    // The reference count of the payload, which a first clone makes, stays with it.
    drop(large.clone());
    let app = Router::new().fallback(any(async move |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async move |mut ws| {
            ws.feed(large).await.unwrap();
            // It stands behind the message, and both wait for room.
            ws.send_close(CloseCode::NORMAL, "").await.unwrap();
        })
    }));
    let mut requests = runtime.block_on(async { wire::client(wire::axum(app)).await });
    let mut stream = None;
    let info = measure(|| {
        runtime.block_on(async {
            stream = Some(accepted(&mut requests).await);
            others().await;
        });
    });
    assert!(info.bytes_max < 1 << 20, "{info:?}");
}
