//! A client over a stream of its own making: TCP, the way through a proxy, TLS, the WebSocket. `connect`
//! and `connect_with` do the same; by hand, any step can be another one.
//!
//! `cargo run --example client_by_hand`

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

use fullduplex::{
    ClientRequest, CloseCode, Config, Error, HandshakeError,
    blocking::{accept, connect_over, tunnel_over},
    client::Proxy,
};

#[path = "shared/serve.rs"]
mod serve;

fn main() -> Result<(), Error> {
    let server = serve::spawn(echo)?;
    let proxy = serve::spawn(forward)?;
    let proxy = Proxy::new(&format!("http://me:secret@{proxy}")).map_err(HandshakeError::from)?;
    let request = ClientRequest::new(&format!("ws://{server}/chat?room=1"))?
        .header("User-Agent", "by-hand/1.0")
        .subprotocol("chat.v1");
    let mut config = Config::default();
    config.handshake_timeout = Duration::from_secs(5);

    let stream = TcpStream::connect((proxy.host(), proxy.port()))?;
    stream.set_nodelay(true)?;
    let stream = tunnel_over(stream, &proxy, &request, &config)?;
    // For `wss`, TLS would begin here, with `request.host()` as the name in the certificate.
    let (mut ws, response) = connect_over(stream, &request, &config)?;

    println!("{} {:?}", response.status, response.headers.text("Upgrade"));
    ws.send("Hello")?;
    println!("{:?}", ws.receive()?);
    ws.close(CloseCode::NORMAL, "bye")?;
    println!("{}", ws.closing().expect("it ended"));
    Ok(())
}

fn echo(stream: TcpStream) -> Result<(), Error> {
    let mut ws = accept(stream)?;
    while let Some((message, mut reply)) = ws.receive_ref()? {
        reply.feed(message)?;
    }
    Ok(())
}

/// A proxy, as small as can be: it believes every request, and connects anybody to anything.
fn forward(mut client: TcpStream) -> Result<(), Error> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.split(' ').nth(1).unwrap_or_default();
    let server = TcpStream::connect(target)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    io::copy(&mut &server, &mut client)?;
    Ok(client.shutdown(Shutdown::Both)?) // the end that a client waits for after a Close
}
