//! A client without a library: the load must not depend on what is measured.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

/// Connects, and does the handshake unless the server is `raw`.
pub fn connect(address: SocketAddr, raw: bool) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a TCP option");
    if raw {
        return stream;
    }
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("the server reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the server answers");
        head.push(byte[0]);
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
