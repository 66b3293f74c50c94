//! A server for a program that is its own client.

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use fullduplex::{
    Config, Error, Response,
    blocking::{Incoming, Upgrade},
};

/// Listens on a free port of this machine, and serves each connection in a thread, for as long as the
/// program runs.
pub fn spawn<F>(serve: F) -> io::Result<SocketAddr>
where
    F: Fn(TcpStream) -> Result<(), Error> + Clone + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = serve.clone();
            thread::spawn(move || {
                if let Err(error) = stream.map_err(Error::from).and_then(serve) {
                    eprintln!("server: {error}");
                }
            });
        }
    });
    Ok(address)
}

/// As [`spawn`], for those who ask for a WebSocket; others are told that there is nothing else.
#[allow(dead_code, reason = "not every program looks at the request")]
pub fn spawn_upgrades<F>(decide: F) -> io::Result<SocketAddr>
where
    F: Fn(Upgrade<TcpStream>) -> Result<(), Error> + Clone + Send + 'static,
{
    spawn(move |stream| match Incoming::read(stream, &Config::default())? {
        Incoming::Upgrade(upgrade) => decide(upgrade),
        Incoming::Http(http) => http.respond(&Response::text(404, "not found\n")).map(drop),
    })
}
