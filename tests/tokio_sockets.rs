//! The tokio adapter over real sockets: both handshakes, and wrong answers.
#![cfg(feature = "tokio")]

use fullduplex::{
    Answer, ClientRequest, CloseCode, Config, Connection, Error, HandshakeError, InvalidUrl,
    Response,
    tokio::{ClientStream, Incoming, WebSocket, accept, connect, connect_over},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    (listener, url)
}

/// What a client makes of a server that reads a request and answers `answer`.
async fn answered(answer: &'static [u8]) -> Error {
    let (listener, url) = listen().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(answer).await.unwrap();
    });
    let error = connect(&url).await.unwrap_err();
    server.await.unwrap();
    error
}

async fn pair() -> (WebSocket<ClientStream>, WebSocket<TcpStream>) {
    let (listener, url) = listen().await;
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        accept(stream).await.unwrap()
    });
    (connect(&url).await.unwrap(), server.await.unwrap())
}

#[tokio::test]
async fn what_one_end_sends_the_other_receives_and_a_close_goes_both_ways() {
    let (mut client, mut server) = pair().await;
    client.send("Hello").await.unwrap();
    client.ping(b"?").await.unwrap();
    assert_eq!(server.receive().await.unwrap(), Some("Hello".into()));
    server.send(&[1, 2, 3]).await.unwrap();
    assert_eq!(client.receive().await.unwrap(), Some((&[1, 2, 3]).into()));
    let closing = tokio::spawn(async move {
        server.close(CloseCode::GOING_AWAY, "restart").await.unwrap();
        server
    });
    assert_eq!(client.receive().await.unwrap(), None);
    let close = client.closing().unwrap().received.as_ref().unwrap();
    assert_eq!((close.code, close.reason.as_str()), (CloseCode::GOING_AWAY, "restart"));
    let server = closing.await.unwrap();
    assert_eq!(
        server.closing().unwrap().to_string(),
        "closed by us with 1001 \"restart\", answered with 1001"
    );
}

#[tokio::test]
async fn messages_larger_than_the_socket_buffers_arrive_whole() {
    let (mut client, mut server) = pair().await;
    let large = (0..8_000_000_u32).map(|index| (index * 31 % 251) as u8).collect::<Vec<_>>();
    let sent = large.clone();
    let sending = tokio::spawn(async move {
        client.send(sent).await.unwrap();
        client.receive().await.unwrap()
    });
    let received = server.receive().await.unwrap().unwrap();
    assert!(received.as_bytes() == large);
    server.send(received).await.unwrap();
    assert!(sending.await.unwrap().unwrap().as_bytes() == large);
}

#[tokio::test]
async fn a_peer_that_is_still_sending_hears_why_it_failed() {
    let (listener, url) = listen().await;
    let server = tokio::spawn(async move {
        accept(listener.accept().await.unwrap().0).await.unwrap().receive().await
    });
    let address = url.trim_start_matches("ws://").trim_end_matches('/').to_owned();
    let request = ClientRequest::new(&url).unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let (ws, _) = connect_over(stream, &request, &Config::default()).await.unwrap();
    let (mut stream, _) = ws.into_parts();
    // 20 MiB are over the limit, which the header tells; all of them are sent.
    stream.write_all(&[0x82, 0xff, 0, 0, 0, 0, 1, 0x40, 0, 0, 0, 0, 0, 0]).await.unwrap();
    stream.write_all(&vec![0; 20 * 1024 * 1024]).await.unwrap();
    let mut close = [0; 4];
    stream.read_exact(&mut close).await.unwrap();
    assert_eq!((close[0], u16::from_be_bytes([close[2], close[3]])), (0x88, 1009));
    drop(stream);
    assert!(matches!(server.await.unwrap(), Err(Error::Protocol(_))));
}

#[tokio::test]
async fn a_server_ends_the_stream_as_soon_as_a_close_went_both_ways() {
    // RFC 6455 §7.1.1: whatever the application still holds.
    let (mut stream, other) = tokio::io::duplex(1024);
    let mut server = WebSocket::new(other, Connection::server(&Config::default()), &[]);
    stream.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]).await.unwrap();
    assert_eq!(server.receive().await.unwrap(), None);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, [0x88, 0x02, 0x03, 0xe8]);
    drop(server);
}

#[tokio::test]
async fn two_ends_that_both_fed_more_than_the_pipe_holds_receive_each_others() {
    let (one, other) = tokio::io::duplex(64 * 1024);
    let config = Config::default();
    let mut one = WebSocket::new(one, Connection::client(&config), &[]);
    let mut other = WebSocket::new(other, Connection::server(&config), &[]);
    let large = vec![7; 200_000];
    one.feed(&large).await.unwrap();
    other.feed(&large).await.unwrap();
    let (to_one, to_other) = tokio::join!(one.receive(), other.receive());
    assert!(to_one.unwrap().unwrap().as_bytes() == large);
    assert!(to_other.unwrap().unwrap().as_bytes() == large);
}

#[tokio::test]
async fn a_peer_that_failed_and_does_not_read_keeps_nobody_waiting_when_it_ends() {
    let (one, mut other) = tokio::io::duplex(4096);
    let mut ws = WebSocket::new(one, Connection::server(&Config::default()), &[]);
    ws.feed(vec![7; 20_000]).await.unwrap();
    let peer = tokio::spawn(async move {
        other.write_all(&[0x83, 0x80, 0, 0, 0, 0]).await.unwrap();
        other.write_all(&vec![0; 1_000_000]).await.unwrap();
    });
    assert!(matches!(ws.receive().await, Err(Error::Protocol(_))));
    peer.await.unwrap();
}

#[tokio::test]
async fn a_transport_that_ends_without_a_close_is_an_error() {
    let (client, mut server) = pair().await;
    drop(client);
    let error = server.receive().await.unwrap_err();
    assert!(matches!(error, Error::Protocol(_) | Error::Io(_)), "{error}");
}

#[tokio::test]
async fn a_client_says_what_was_wrong_with_the_answer() {
    let cases: &[(&str, &[u8], HandshakeError)] = &[
        ("nothing", b"", HandshakeError::UnexpectedEnd),
        ("no HTTP", b"SSH-2.0-OpenSSH\r\n", HandshakeError::MalformedHead),
        (
            "no upgrade",
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n",
            HandshakeError::MissingUpgrade,
        ),
        (
            "another key's proof",
            b"HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            HandshakeError::InvalidAccept,
        ),
    ];
    for (name, answer, expected) in cases {
        match answered(answer).await {
            Error::Handshake(error) => assert_eq!(error, *expected, "{name}"),
            other => panic!("{name}: {other}"),
        }
    }
}

#[tokio::test]
async fn a_refusal_reaches_the_client_whole() {
    let answer = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\
                   Content-Length: 5\r\n\r\nno no";
    let Error::Handshake(HandshakeError::Refused(response)) = answered(answer).await else {
        panic!("not refused")
    };
    assert_eq!((response.status, &response.body[..]), (401, &b"no no"[..]));
    assert_eq!(response.headers.text("www-authenticate"), Some("Basic"));
}

#[tokio::test]
async fn a_url_that_cannot_be_connected_to_is_an_error_before_anything_is_written() {
    let cases = [
        #[cfg(not(feature = "tokio-rustls"))]
        ("wss://127.0.0.1/", InvalidUrl::NeedsTls),
        ("127.0.0.1:9001", InvalidUrl::Scheme),
        ("ws://127.0.0.1/#top", InvalidUrl::Fragment),
    ];
    for (url, expected) in cases {
        let error = connect(url).await.unwrap_err();
        let Error::Handshake(HandshakeError::InvalidUrl(error)) = error else { panic!("{error}") };
        assert_eq!(error, expected, "{url}");
    }
    let (listener, url) = listen().await;
    drop(listener);
    assert!(matches!(connect(&url).await, Err(Error::Io(_))), "nobody listens");
}

#[tokio::test]
async fn a_server_looks_at_the_request_and_chooses() {
    let (listener, url) = listen().await;
    let server = tokio::spawn(async move {
        let config = Config::default();
        for _ in 0..3 {
            let (stream, _) = listener.accept().await.unwrap();
            match Incoming::read(stream, &config).await.unwrap() {
                Incoming::Upgrade(upgrade) if upgrade.path() == "/chat" => {
                    let answer = Answer::new().subprotocol("chat").header("X-Room", "1");
                    upgrade.accept(&answer).await.unwrap();
                }
                Incoming::Upgrade(upgrade) => {
                    upgrade.reject(&Response::text(404, "no such room\n")).await.unwrap();
                }
                Incoming::Http(http) => {
                    http.respond(&Response::text(200, "healthy\n")).await.unwrap();
                }
            }
        }
    });
    let config = Config::default();
    let address = url.trim_start_matches("ws://").trim_end_matches('/').to_owned();

    let request = ClientRequest::new(&format!("{url}chat")).unwrap().subprotocol("chat");
    let stream = TcpStream::connect(&address).await.unwrap();
    let (_, response) = connect_over(stream, &request, &config).await.unwrap();
    assert_eq!(response.headers.text("x-room"), Some("1"));
    assert_eq!(response.headers.text("sec-websocket-protocol"), Some("chat"));

    let refused = connect(&url).await.unwrap_err();
    let Error::Handshake(HandshakeError::Refused(response)) = refused else { panic!("{refused}") };
    assert_eq!((response.status, &response.body[..]), (404, &b"no such room\n"[..]));

    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhealthy\n"));
    server.await.unwrap();
}

#[tokio::test]
async fn a_plain_request_to_a_websocket_is_told_to_upgrade() {
    let (listener, url) = listen().await;
    let server = tokio::spawn(async move { accept(listener.accept().await.unwrap().0).await });
    let address = url.trim_start_matches("ws://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    let error = server.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Handshake(HandshakeError::NotAnUpgrade)), "{error}");
}

#[tokio::test]
async fn every_future_may_go_to_another_thread() {
    fn assert_send<F: Future + Send>(_: F) {}
    let (mut ws, _server) = pair().await;
    assert_send(ws.receive());
    assert_send(ws.receive_ref());
    assert_send(ws.receive_chunk());
    assert_send(ws.feed("a text"));
    assert_send(ws.send(&[7; 10]));
    assert_send(ws.flush());
    assert_send(ws.close(CloseCode::NORMAL, ""));
}

#[tokio::test]
async fn a_websocket_and_its_echo_are_small() {
    let (mut client, _server) = pair().await;
    // What was agreed on is in the WebSocket: an idle one has no memory of its own for it.
    let compression = if cfg!(feature = "deflate") { 48 } else { 0 };
    let span = if cfg!(feature = "tracing") { 16 } else { 0 };
    assert!(size_of_val(&client) <= 480 + compression + span, "{} bytes", size_of_val(&client));
    let echo = async move {
        while let Some((message, mut reply)) = client.receive_ref().await? {
            reply.feed(message).await?;
        }
        Ok::<(), Error>(())
    };
    assert!(size_of_val(&echo) <= 672 + compression + span, "{} bytes", size_of_val(&echo));
}
