//! A client that outlives its server: it delivers lines, and when the connection or the server is gone,
//! it connects again, later and later (RFC 6455 §7.2.3), and sends again what was not acknowledged.
//! End the server as often as you like: no line is lost, and none is in its log twice.
//!
//! `cargo run --features tokio --example reconnecting_client -- serve 127.0.0.1:9001 lines.log`
//! `cargo run --features tokio --example reconnecting_client -- ws://127.0.0.1:9001`

use std::{
    env,
    error::Error,
    path::Path,
    process,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fullduplex::{ReconnectDelays, tokio::accept};
use tokio::{
    io::{AsyncBufReadExt, BufReader, stdin},
    net::TcpListener,
    sync::mpsc,
};

#[path = "shared/delivery.rs"]
mod delivery;

use delivery::{Inbox, Outbox, deliver, receive_one};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", address, log] => serve(address, log).await,
        [url] => send_lines(url).await,
        _ => {
            Err("usage: reconnecting_client URL, or: reconnecting_client serve ADDRESS LOG".into())
        }
    };
    // Not a return: tokio would wait for the thread that waits for the terminal.
    process::exit(match result {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            1
        }
    });
}

/// Delivers the lines of standard input until its end.
async fn send_lines(url: &str) -> Result<(), Box<dyn Error>> {
    let (sender, mut texts) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut lines = BufReader::new(stdin()).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if sender.send(line).await.is_err() {
                break;
            }
        }
    });
    let session = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let mut outbox = Outbox::new(u64::try_from(session)?);
    let mut delays = ReconnectDelays::new();
    // Somebody sits before it.
    delays.max_delay = Duration::from_secs(20);
    Ok(deliver(url, &mut outbox, &mut texts, delays).await?)
}

/// Takes lines into a log, from any number of clients, until the process is ended.
async fn serve(address: &str, log: &str) -> Result<(), Box<dyn Error>> {
    let inbox = Arc::new(Mutex::new(Inbox::open(Path::new(log))?));
    let listener = TcpListener::bind(address).await?;
    println!("listening on ws://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let inbox = Arc::clone(&inbox);
        tokio::spawn(async move {
            let received = async {
                let mut ws = accept(stream).await?;
                while receive_one(&mut ws, &inbox).await? {}
                Ok::<(), fullduplex::Error>(())
            };
            if let Err(error) = received.await {
                eprintln!("{error}");
            }
        });
    }
}
