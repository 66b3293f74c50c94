//! An echo server on axum, over HTTP/1.1 and HTTP/2, and a page that shows round trips.
//!
//! `cargo run --release --features axum,http2 --example echo_server_axum [ADDR]`, then open the address in a
//! browser. It speaks HTTP/2 to clients that know it beforehand; the example `http2_server` has TLS, in which
//! browsers agree on it.

use std::{env, io};

use axum::{
    Router,
    response::{Html, IntoResponse, Response},
    routing::any,
    serve::ListenerExt,
};
use fullduplex::{
    Error,
    axum::{WebSocket, WebSocketUpgrade},
};
use tokio::net::TcpListener;

#[path = "shared/config.rs"]
mod config;

#[tokio::main]
async fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(&address).await?;
    let address = listener.local_addr()?;
    println!("listening on ws://{address}");
    eprintln!("open http://{address} in a browser");
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, Router::new().route("/", any(page_or_echo))).await
}

/// The page is at the same place as its WebSocket.
async fn page_or_echo(upgrade: Option<WebSocketUpgrade>) -> Response {
    let Some(upgrade) = upgrade else {
        return Html(include_str!("shared/echo.html")).into_response();
    };
    println!("{} {:?}", upgrade.method(), upgrade.protocol()); // over HTTP/2 CONNECT Some("websocket")
    upgrade.with_config(config::config()).on_upgrade(|ws| async {
        if let Err(error) = echo(ws).await {
            eprintln!("{error}");
        }
    })
}

async fn echo(mut ws: WebSocket) -> Result<(), Error> {
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}
