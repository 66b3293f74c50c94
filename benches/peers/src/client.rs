//! A client without a library: the load must not depend on what is measured.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use socket2::{Domain, Socket, Type};

/// What a load consists of.
#[derive(Clone, Copy)]
pub struct Shape {
    pub connections: usize,
    /// Bytes in a message.
    pub len: usize,
    /// Messages that a connection sends before it reads.
    pub in_flight: usize,
}

impl Shape {
    /// Messages in a round.
    pub fn messages(&self) -> usize {
        self.connections * self.in_flight
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} × {} × {}", self.connections, self.len, self.in_flight)
    }
}

/// Connections that send a burst each and wait for its echo. A round does not allocate.
pub struct Load {
    streams: Vec<TcpStream>,
    burst: Vec<u8>,
    expected: Vec<u8>,
    echo: Vec<u8>,
}

impl Load {
    /// Connects; `raw` servers know neither handshakes nor masks.
    pub fn connect(address: SocketAddr, raw: bool, shape: Shape) -> Self {
        let streams = (0..shape.connections).map(|_| connect(address, raw)).collect();
        let burst = frame(shape.len, !raw).repeat(shape.in_flight);
        let expected = frame(shape.len, false).repeat(shape.in_flight);
        Self { streams, burst, echo: vec![0; expected.len()], expected }
    }

    /// A round of which the last echo is compared.
    pub fn check(&mut self) {
        self.round();
        assert!(self.echo == self.expected, "the server echoes");
    }

    /// Every connection sends its burst, then every one reads the echo.
    pub fn round(&mut self) {
        for stream in &mut self.streams {
            stream.write_all(&self.burst).expect("the server reads");
        }
        for stream in &mut self.streams {
            stream.read_exact(&mut self.echo).expect("the server echoes");
        }
    }

    /// [`round`](Self::round), one connection after the other.
    pub fn round_in_turn(&mut self) {
        for stream in &mut self.streams {
            stream.write_all(&self.burst).expect("the server reads");
            stream.read_exact(&mut self.echo).expect("the server echoes");
        }
    }
}

/// Connects, and does the handshake unless the server is `raw`.
pub fn connect(address: SocketAddr, raw: bool) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    // The whole echo fits: a client that still writes never keeps the server from reading.
    socket.set_recv_buffer_size(1024 * 1024).expect("a socket option");
    socket.set_tcp_nodelay(true).expect("a TCP option");
    socket.connect(&address.into()).expect("the server listens");
    let mut stream = TcpStream::from(socket);
    if raw {
        return stream;
    }
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("the server reads");
    let mut head = [0; 1024];
    let mut len = 0;
    while !head[..len].ends_with(b"\r\n\r\n") {
        match stream.read(&mut head[len..]).expect("the server answers") {
            0 => panic!("no answer: {}", head[..len].escape_ascii()),
            more => len += more,
        }
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "the server accepts");
    stream
}

/// A binary message in one frame.
pub fn frame(len: usize, masked: bool) -> Vec<u8> {
    let bit = if masked { 0x80 } else { 0 };
    let mut frame = vec![0x82];
    match len {
        0..126 => frame.push(bit | len as u8),
        _ => {
            frame.push(bit | 126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
    }
    let key: &[u8] = if masked { &[0x37, 0xfa, 0x21, 0x3d] } else { &[] };
    frame.extend_from_slice(key);
    let key = key.iter().chain(&[0; 4]).take(4);
    frame.extend(key.cycle().take(len).map(|key| key ^ b'x'));
    frame
}
