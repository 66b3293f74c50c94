//! An echo server on tokio that receives in one task and sends from another, and a page that shows
//! round trips.
//!
//! `cargo run --release --features tokio --example echo_server_split [ADDR]`, then open the address
//! in a browser.

use std::{env, time::Duration};

use fullduplex::{Answer, Error, Message, tokio::Incoming};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    time::sleep,
};

#[path = "shared/config.rs"]
mod config;
#[path = "shared/page.rs"]
mod page;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(&address).await?;
    let address = listener.local_addr()?;
    println!("listening on ws://{address}");
    eprintln!("open http://{address} in a browser");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(async {
                if let Err(error) = serve(stream).await {
                    eprintln!("{error}");
                }
            })),
            // No file descriptor is free, for instance: those that are open go on.
            Err(error) => {
                eprintln!("{error}");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let ws = match Incoming::read(stream, &config::config()).await? {
        Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new()).await?,
        Incoming::Http(http) => {
            let response = page::answer(&http);
            http.respond(&response).await?;
            return Ok(());
        }
    };
    let (mut receiving, mut sending) = ws.split_with(TcpStream::into_split);
    let (to_send, mut waiting) = mpsc::channel::<(Message<'static>, oneshot::Sender<()>)>(1);
    let sender = tokio::spawn(async move {
        while let Some((message, queued)) = waiting.recv().await {
            sending.feed(message).await?;
            // Nobody listens when the receiver has failed.
            let _ = queued.send(());
            if waiting.is_empty() {
                sending.flush().await?;
            }
        }
        Ok::<(), Error>(())
    });
    while let Some(message) = receiving.receive().await? {
        // The next thing in what was read may be a Close, which `receive` answers at once, and nothing
        // can be sent after that: an echo is queued before it is looked for.
        let (queued, is_queued) = oneshot::channel();
        if to_send.send((message, queued)).await.is_err() || is_queued.await.is_err() {
            break;
        }
    }
    drop(to_send);
    sender.await.expect("the sender does not panic")
}
