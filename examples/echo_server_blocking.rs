//! An echo server with a thread for each connection, and a page that shows round trips.
//!
//! `cargo run --release --example echo_server_blocking [ADDR]`, then open the address in a browser.

use std::{
    env,
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use fullduplex::{Answer, Error, blocking::Incoming};

#[path = "shared/config.rs"]
mod config;
#[path = "shared/page.rs"]
mod page;

fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let started = match stream {
            Ok(stream) => thread::Builder::new().spawn(|| {
                if let Err(error) = serve(stream) {
                    eprintln!("{error}");
                }
            }),
            Err(error) => Err(error),
        };
        // No file descriptor or thread is free, for instance: those that are open go on.
        if let Err(error) = started {
            eprintln!("{error}");
            thread::sleep(Duration::from_millis(100));
        }
    }
    Ok(())
}

fn serve(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut ws = match Incoming::read(stream, &config::config())? {
        Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new())?,
        Incoming::Http(http) => {
            let response = page::answer(&http);
            http.respond(&response)?;
            return Ok(());
        }
    };
    while let Some((message, mut reply)) = ws.receive_ref()? {
        reply.feed(message)?;
    }
    Ok(())
}
