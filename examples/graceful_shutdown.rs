//! An echo server that takes its leave: on Ctrl-C it accepts nobody any more, tells every connection
//! that it goes away (1001), and waits for the answers, but not for ever.
//!
//! `cargo run --release --features tokio --example graceful_shutdown [ADDR]`

use std::{env, time::Duration};

use fullduplex::{CloseCode, Error, tokio::accept};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::ctrl_c,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

/// How long the peers have, all together, to answer the Close.
const DEADLINE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(&address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    let (stop, stopping) = watch::channel(());
    let mut connections = JoinSet::new();
    serve(&listener, &mut connections, &stopping).await?;
    drop(listener);

    println!("closing {} connections", connections.len());
    drop(stop);
    let mut clean = 0;
    let mut failed = 0;
    let all_closed = timeout(DEADLINE, async {
        while let Some(closed) = connections.join_next().await {
            match closed {
                Ok(Ok(())) => clean += 1,
                Ok(Err(_)) | Err(_) => failed += 1,
            }
        }
    });
    let _ = all_closed.await;
    println!("{clean} closed cleanly, {} dropped", failed + connections.len());
    Ok(())
}

/// Accepts until Ctrl-C.
async fn serve(
    listener: &TcpListener,
    connections: &mut JoinSet<Result<(), Error>>,
    stopping: &watch::Receiver<()>,
) -> Result<(), Error> {
    let mut interrupt = std::pin::pin!(ctrl_c());
    loop {
        tokio::select! {
            interrupted = &mut interrupt => return Ok(interrupted?),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(echo(stream, stopping.clone()))),
                // No file descriptor is free, for instance: those that are open go on.
                Err(error) => {
                    eprintln!("{error}");
                    sleep(Duration::from_millis(100)).await;
                }
            },
            // Those that end by themselves are forgotten.
            Some(closed) = connections.join_next() => if let Ok(Err(error)) = closed {
                eprintln!("{error}");
            },
        }
    }
}

/// Echoes until the peer closes, or until the other end of `stopping` is dropped.
async fn echo(stream: TcpStream, mut stopping: watch::Receiver<()>) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut ws = accept(stream).await?;
    loop {
        // A `receive` that is dropped loses nothing.
        tokio::select! {
            message = ws.receive() => match message? {
                Some(message) => ws.feed(message).await?,
                None => return Ok(()),
            },
            _ = stopping.changed() => break,
        }
    }
    // What was fed goes first. Messages that still come are dropped: the peer is told to go elsewhere.
    ws.close(CloseCode::GOING_AWAY, "the server shuts down").await
}
