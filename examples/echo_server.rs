//! An echo server on tokio, and a page that shows round trips.
//!
//! `cargo run --release --features tokio --example echo_server [ADDR]`, then open the address in a
//! browser.

use std::{env, time::Duration};

use fullduplex::{Answer, Error, tokio::Incoming};
use tokio::{
    net::{TcpListener, TcpStream},
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
    let mut ws = match Incoming::read(stream, &config::config()).await? {
        Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new()).await?,
        Incoming::Http(http) => {
            let response = page::answer(&http);
            http.respond(&response).await?;
            return Ok(());
        }
    };
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}
