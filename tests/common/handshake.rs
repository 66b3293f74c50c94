//! Heads as text, handshakes fed with them, and what must hold for every refusal.

use std::io::ErrorKind;

use bytes::Buf;
use fullduplex::{
    Accepted, ClientHandshake, ClientRequest, Config, Error, HandshakeError, Headers, Nonce, Offer,
    PseudoHeaders, Request, RequestHead, Response, ServerHandshake, WriteBuffer,
};

/// A request with the key of RFC 6455 §1.3.
pub(crate) const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    \r\n";

/// The answer to that key (§1.3).
pub(crate) const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    \r\n";

/// [`REQUEST`] over HTTP/2 (RFC 8441 §5.1), with [`VERSION`].
pub(crate) const CONNECT: PseudoHeaders<'static> = PseudoHeaders {
    method: "CONNECT",
    protocol: Some("websocket"),
    scheme: Some("https"),
    authority: Some("server.example.com"),
    path: Some("/chat?room=1"),
};

/// Names and values of headers.
pub(crate) type Fields<'a> = &'a [(&'a str, &'a str)];

/// The one header that an extended CONNECT needs.
pub(crate) const VERSION: (&str, &str) = ("sec-websocket-version", "13");

/// The bytes that are [`REQUEST`]'s key in base64.
pub(crate) const NONCE: Nonce = Nonce::new(*b"the sample nonce");

/// `head` with `to` in the place of `from`; a character stands for one byte (U+00FF is 0xff).
pub(crate) fn edited(head: &str, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(head.matches(from).count(), 1, "{from:?} stands once in the head");
    let head = head.replacen(from, to, 1);
    head.chars().map(|char| u8::try_from(char).expect("a row has bytes only")).collect()
}

/// `head` with more header lines, each with its line end.
pub(crate) fn with_lines(head: &str, lines: &str) -> Vec<u8> {
    edited(head, "\r\n\r\n", &format!("\r\n{lines}\r\n"))
}

/// Hands the pieces to `receive` until it returns something. Returns it, and the bytes behind it.
pub(crate) fn feed<T, E>(
    pieces: &[&[u8]],
    mut receive: impl FnMut(&mut &mut [u8]) -> Result<Option<T>, E>,
) -> (Result<Option<T>, E>, Vec<u8>) {
    let mut pieces = pieces.iter();
    while let Some(piece) = pieces.next() {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        let result = receive(&mut input);
        if !matches!(result, Ok(None)) {
            return (result, [&*input, &pieces.as_slice().concat()].concat());
        }
        assert!(input.is_empty(), "`None` means that the input is used up");
    }
    (Ok(None), Vec::new())
}

/// What a server makes of a request that comes whole.
pub(crate) fn serve(request: &[u8]) -> Result<Request, HandshakeError> {
    let mut server = ServerHandshake::new(&Config::default());
    let (result, _) = feed(&[request], |input| server.receive(input));
    result.map(|request| request.expect("the head is whole"))
}

/// The offer in a request that comes whole.
pub(crate) fn offer(request: &[u8]) -> Offer {
    serve(request).and_then(Request::into_offer).expect("a good request")
}

/// These fields in this order.
pub(crate) fn headers(fields: Fields<'_>) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in fields {
        headers.push(name, value);
    }
    headers
}

/// What a server makes of a request over HTTP/2.
pub(crate) fn serve_http2(
    pseudo: PseudoHeaders<'_>,
    fields: Fields<'_>,
) -> Result<Request, HandshakeError> {
    Request::new(RequestHead::http2(pseudo, headers(fields))?, &Config::default())
}

/// The offer in [`CONNECT`] with [`VERSION`] and these headers.
pub(crate) fn connect(fields: Fields<'_>) -> Offer {
    serve_http2(CONNECT, &[&[VERSION], fields].concat())
        .and_then(Request::into_offer)
        .expect("a good request")
}

/// A client that has asked with [`NONCE`], and what it wrote.
pub(crate) fn ask(request: &ClientRequest) -> (ClientHandshake, Vec<u8>) {
    let mut output = WriteBuffer::new();
    let client = ClientHandshake::start(request, NONCE, &Config::default(), &mut output);
    (client.expect("a good request"), written(&mut output))
}

/// What a client that sent `request` makes of an answer that comes whole.
pub(crate) fn answered(
    request: &ClientRequest,
    answer: &[u8],
) -> Result<Option<(Accepted, Response)>, HandshakeError> {
    let (mut client, _) = ask(request);
    feed(&[answer], |input| client.receive(input)).0
}

/// A request to the host of [`REQUEST`].
pub(crate) fn chat() -> ClientRequest {
    ClientRequest::new("ws://server.example.com/chat?room=1").expect("a good URL")
}

/// All that waits to be written.
pub(crate) fn written(output: &mut WriteBuffer) -> Vec<u8> {
    output.copy_to_bytes(output.remaining()).to_vec()
}

/// The response as it is written.
pub(crate) fn response_text(response: &Response) -> String {
    let mut output = WriteBuffer::new();
    response.write(&mut output).expect("a good response");
    String::from_utf8(written(&mut output)).expect("text")
}

/// Asserts that `response` is one whole HTTP/1.1 response (RFC 9112 §6.3): status line, these
/// header lines among others, and a body as long as its `Content-Length` says, and not empty.
pub(crate) fn assert_whole(name: &str, response: &str, status_line: &str, lines: &[&str]) {
    let (head, body) = response.split_once("\r\n\r\n").expect("a blank line ends the head");
    let mut head = head.split("\r\n");
    assert_eq!(head.next(), Some(status_line), "{name}");
    let head: Vec<_> = head.collect();
    let length = format!("Content-Length: {}", body.len());
    for line in [&[length.as_str()], lines].concat() {
        assert_eq!(head.iter().filter(|it| **it == line).count(), 1, "{name}: {line} in {head:?}");
    }
    assert!(head.iter().any(|line| line.starts_with("Connection: close")), "{name}: {head:?}");
    assert!(body.ends_with('\n'), "{name}: {body:?} tells the reason");
}

/// The handshake's error that an adapter reports.
pub(crate) fn handshake_error<T>(result: Result<T, Error>) -> HandshakeError {
    match result {
        Err(Error::Handshake(error)) => error,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it succeeded"),
    }
}

/// What kind of error the stream had that an adapter reports.
pub(crate) fn io_error<T>(result: Result<T, Error>) -> ErrorKind {
    match result {
        Err(Error::Io(error)) => error.kind(),
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it succeeded"),
    }
}
