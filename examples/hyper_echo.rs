//! An echo server on hyper: WebSockets beside whatever else it answers.
//!
//! `cargo run --release --features hyper --example hyper_echo [ADDR]`, then
//! `cargo run --release --features tokio --example client ws://127.0.0.1:9001/echo`

use std::{env, time::Duration};

use bytes::Bytes;
use fullduplex::{
    Answer, Config, Error,
    hyper::{Upgrade, WebSocket, refusal},
};
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(&address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await; // no file descriptor is free
            continue;
        };
        tokio::spawn(async move {
            stream.set_nodelay(true)?;
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()); // a head has 30 s to come
            let connection = http.serve_connection(TokioIo::new(stream), service_fn(answer));
            connection.with_upgrades().await.map_err(std::io::Error::other)
        });
    }
}

async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    if request.uri().path() != "/echo" {
        return Ok(Response::new("a page\n".into()));
    }
    let accepted = Upgrade::new(&mut request, &Config::default())
        .and_then(|upgrade| upgrade.accept(&Answer::new()));
    let (response, upgrading) = match accepted {
        Ok(accepted) => accepted,
        Err(error) => return Ok(refusal(&error)),
    };
    // The WebSocket begins when hyper has written the response.
    tokio::spawn(async {
        let served = match upgrading.await {
            Ok(ws) => echo(ws).await,
            Err(error) => Err(error),
        };
        served.inspect_err(|error| eprintln!("{error}"))
    });
    Ok(response)
}

async fn echo(mut ws: WebSocket) -> Result<(), Error> {
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}
