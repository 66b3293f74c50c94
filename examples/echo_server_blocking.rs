//! An echo server with a thread for each connection, and a page that shows round trips.
//!
//! `cargo run --example echo_server_blocking [ADDR]`, then open the address in a browser.

use std::{
    env,
    net::{TcpListener, TcpStream},
    thread,
};

use fullduplex::{
    Answer, Config, Error, Response,
    blocking::{Http, Incoming},
};

fn main() -> Result<(), Error> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(address)?;
    println!("listening on ws://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        thread::spawn(|| {
            if let Err(error) = stream.map_err(Error::from).and_then(serve) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn serve(stream: TcpStream) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let mut config = Config::default();
    config.max_message_len = 64 * 1024 * 1024;
    let mut ws = match Incoming::read(stream, &config)? {
        Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new())?,
        Incoming::Http(http) => return answer(http),
    };
    while let Some((message, mut reply)) = ws.receive_ref()? {
        reply.feed(message)?;
    }
    Ok(())
}

fn answer(http: Http<TcpStream>) -> Result<(), Error> {
    let response = match (http.method(), http.path()) {
        ("GET" | "HEAD", "/") => Response::new(200)
            .header("Content-Type", "text/html; charset=utf-8")
            .body(include_str!("echo.html")),
        _ => Response::text(404, "not found\n"),
    };
    http.respond(&response)?;
    Ok(())
}
