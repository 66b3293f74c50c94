//! Both handshakes, whole.

use fullduplex::{
    Answer, ClientHandshake, ClientRequest, Config, Connection, Nonce, Request, ServerHandshake,
    WriteBuffer,
};

use super::written;

/// What the client asks for.
pub fn request() -> ClientRequest {
    ClientRequest::new("ws://server.example.com/chat?room=1").expect("a good URL")
}

/// A server's handshake; asserts that it answers.
pub fn accept(config: &Config) -> Connection {
    let mut bytes = REQUEST.as_bytes().to_vec();
    let mut output = WriteBuffer::new();
    let request = ServerHandshake::new(config).receive(&mut &mut bytes[..]);
    let Ok(Some(Request::Upgrade(offer))) = request else { panic!("{request:?}") };
    let accepted = offer.accept(&Answer::new(), &mut output).expect("no headers");
    assert_eq!(written(&mut output), ANSWER.len());
    accepted.into_connection()
}

/// A client's handshake; asserts that it asks.
pub fn connect(config: &Config, request: &ClientRequest) -> Connection {
    let mut bytes = ANSWER.as_bytes().to_vec();
    let mut output = WriteBuffer::new();
    let nonce = Nonce::new(*b"the sample nonce");
    let mut client =
        ClientHandshake::start(request, nonce, config, &mut output).expect("no headers");
    assert!(written(&mut output) > 100);
    let accepted = client.receive(&mut &mut bytes[..]).expect("a good answer");
    accepted.expect("a whole one").0.into_connection()
}

/// As a browser asks.
pub const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Connection: Upgrade\r\n\
    Pragma: no-cache\r\n\
    Cache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\n\
    Upgrade: websocket\r\n\
    Origin: http://server.example.com\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br\r\n\
    Accept-Language: en-US,en;q=0.9\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
