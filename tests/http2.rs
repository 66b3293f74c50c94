//! WebSockets over HTTP/2 begin with an extended CONNECT (RFC 8441): what this crate's client and
//! axum's server say, to each other and on the wire.
#![cfg(all(feature = "axum", feature = "http2"))]

mod common;

use axum::{Router, http::StatusCode, response::Response, routing::any};
use common::{
    handshake::handshake_error,
    http2::{self as wire, Server, accepted, asked, chat, opened},
    masked, unmasked,
    web::echo,
};
use fullduplex::{
    CloseCode, Config, Error, HandshakeError, MemoryStream, ProtocolError, axum::WebSocketUpgrade,
    http2,
};
use http::Method;

/// Echoes at `/room`.
fn app() -> Router {
    app_with(Config::default())
}

fn app_with(config: Config) -> Router {
    Router::new().route(
        "/room",
        any(async move |upgrade: WebSocketUpgrade| {
            upgrade.with_config(config).on_upgrade(async |ws| drop(echo(ws).await))
        }),
    )
}

#[tokio::test]
async fn nothing_is_asked_of_a_server_that_takes_no_extended_connect() {
    let (mut server, stream) = Server::with(h2::server::Builder::new());
    let error = handshake_error(http2::handshake(stream, &Config::default()).await);
    assert_eq!(error, HandshakeError::NoExtendedConnect);
    assert!(server.requests.recv().await.is_none());
}

#[tokio::test]
async fn a_server_that_speaks_no_http2_is_an_error() {
    let (client, server) = MemoryStream::pair();
    tokio::spawn(async move {
        let _ = fullduplex::tokio::accept(server).await;
    });
    let result = http2::handshake(client, &Config::default()).await;
    assert!(matches!(result, Err(Error::Io(_))), "{result:?}");
    let (client, _) = MemoryStream::pair();
    assert!(http2::handshake(client, &Config::default()).await.is_err());
}

#[tokio::test]
async fn the_request_is_an_extended_connect_without_what_belongs_to_an_upgrade() {
    let (mut server, stream) = Server::new();
    let connection = wire::connect(stream).await;
    let asking = tokio::spawn(async move {
        let request = chat().subprotocol("v2").subprotocol("v1").header("Cookie", "a=1");
        connection.open(&request, &Config::default()).await
    });
    let (request, mut respond) = server.requests.recv().await.unwrap();
    assert_eq!(request.method(), Method::CONNECT);
    assert_eq!(request.extensions().get::<h2::ext::Protocol>().unwrap().as_str(), "websocket");
    assert_eq!(request.uri(), "http://chat.example/room?n=1");
    assert!(!request.body().is_end_stream());
    let mut headers: Vec<_> = request.headers().iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let expected =
        [("cookie", "a=1"), ("sec-websocket-protocol", "v2, v1"), ("sec-websocket-version", "13")];
    assert_eq!(headers, expected);
    let answer = http::Response::builder().header("sec-websocket-protocol", "v1").body(()).unwrap();
    respond.send_response(answer, false).unwrap();
    let (ws, response) = asking.await.unwrap().unwrap();
    assert_eq!((ws.subprotocol(), response.status), (Some("v1"), 200));
}

#[tokio::test]
async fn a_clients_answer_is_any_2xx_and_no_other() {
    for status in [200, 201, 204, 299, 300, 400, 500] {
        let (mut server, stream) = Server::new();
        let connection = wire::connect(stream).await;
        let request = chat();
        let config = Config::default();
        let answer = async {
            let (_, mut respond) = server.requests.recv().await.unwrap();
            let answer = http::Response::builder().status(status).body(()).unwrap();
            respond.send_response(answer, status >= 300).unwrap()
        };
        let (opened, _stream) = tokio::join!(connection.open(&request, &config), answer);
        match opened {
            Ok((_, response)) => assert_eq!((response.status, status < 300), (status, true)),
            Err(Error::Handshake(HandshakeError::Refused(response))) => {
                assert_eq!((response.status, status < 300), (status, false));
            }
            Err(error) => panic!("{status}: {error}"),
        }
    }
}

#[tokio::test]
async fn an_answer_that_chooses_what_was_not_offered_resets_the_stream() {
    let rows = [
        ("sec-websocket-protocol", "v9", HandshakeError::UnofferedSubprotocol("v9".into())),
        ("sec-websocket-extensions", "x-y", HandshakeError::UnofferedExtension("x-y".into())),
    ];
    for (name, value, expected) in rows {
        let (mut server, stream) = Server::new();
        let connection = wire::connect(stream).await;
        let request = chat();
        let config = Config::default();
        let answer = async {
            let (request, mut respond) = server.requests.recv().await.unwrap();
            let answer = http::Response::builder().header(name, value).body(()).unwrap();
            let send = respond.send_response(answer, false).unwrap();
            wire::Stream { send, receive: request.into_body() }
        };
        let (opened, mut stream) = tokio::join!(connection.open(&request, &config), answer);
        assert_eq!(handshake_error(opened), expected);
        assert_eq!(stream.reset_reason().await, Some(h2::Reason::CANCEL), "{name}");
    }
}

#[tokio::test]
async fn frames_of_a_client_are_masked_and_those_of_a_server_are_not() {
    let (mut server, stream) = Server::new();
    let connection = wire::connect(stream).await;
    let (mut ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
    ws.send("Hello").await.unwrap();
    let frames = common::read_frames(&peer.hear().await.unwrap().unwrap());
    assert_eq!((frames[0].key.is_some(), &*frames[0].payload), (true, &b"Hello"[..]));
    peer.say(unmasked(0x81, b"Hello"));
    assert_eq!(ws.receive().await.unwrap(), Some("Hello".into()));

    let mut requests = wire::client(wire::axum(app())).await;
    let mut peer = accepted(&mut requests).await;
    peer.say(masked(0x81, b"Hello"));
    assert_eq!(peer.hear().await.unwrap().unwrap(), unmasked(0x81, b"Hello"));
}

#[tokio::test]
async fn frames_with_a_mask_where_none_may_be_and_without_one_where_it_must_are_refused_with_1002()
{
    let (mut server, stream) = Server::new();
    let connection = wire::connect(stream).await;
    let (mut ws, mut peer) = opened(&mut server, &connection, &Config::default()).await;
    peer.say(masked(0x81, b"Hello"));
    peer.end();
    let error = ws.receive().await.unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::Masked)), "{error:?}");
    let frames = common::read_frames(&peer.hear().await.unwrap().unwrap());
    assert_eq!((frames[0].first, &frames[0].payload[..2]), (0x88, &1002_u16.to_be_bytes()[..]));

    let mut requests = wire::client(wire::axum(app())).await;
    let mut peer = accepted(&mut requests).await;
    peer.say(unmasked(0x81, b"Hello"));
    let frames = common::read_frames(&peer.hear().await.unwrap().unwrap());
    assert_eq!((frames[0].first, &frames[0].payload[..2]), (0x88, &1002_u16.to_be_bytes()[..]));
}

#[tokio::test]
async fn a_server_refuses_other_requests_without_a_header_of_http_1() {
    let connect = || wire::request(Method::CONNECT, Some("websocket"));
    let mut old = connect();
    old.headers_mut().insert("sec-websocket-version", "8".parse().unwrap());
    let mut unversioned = connect();
    unversioned.headers_mut().clear();
    let mut other_host = connect();
    other_host.headers_mut().insert("host", "elsewhere.example".parse().unwrap());
    let rows = [
        ("another protocol", wire::request(Method::CONNECT, Some("connect-udp")), 501, None),
        ("GET", wire::request(Method::GET, None), 405, Some(("allow", "CONNECT"))),
        ("another version", old, 400, Some(("sec-websocket-version", "13"))),
        ("no version", unversioned, 400, Some(("sec-websocket-version", "13"))),
        ("another host", other_host, 400, None),
    ];
    for (name, request, status, header) in rows {
        let mut requests = wire::client(wire::axum(app())).await;
        let (answer, mut stream) = asked(&mut requests, request).await;
        assert_eq!(answer.status(), status, "{name}");
        if let Some((header, value)) = header {
            assert_eq!(answer.headers()[header], value, "{name}");
        }
        for header in ["connection", "upgrade"] {
            assert!(!answer.headers().contains_key(header), "{name}: {header}");
        }
        let body = stream.hear().await.unwrap().unwrap();
        assert!(body.ends_with(b"\n"), "{name}");
        // The connection is there for others.
        accepted(&mut requests).await;
    }
}

#[tokio::test]
async fn a_client_has_the_refusal_with_its_body_up_to_a_limit() {
    let app = Router::new().fallback(async || {
        let body = "no room ".repeat(20_000);
        Response::builder()
            .status(StatusCode::NOT_FOUND)
            .header("x-why", "full")
            .body(body)
            .unwrap()
    });
    let connection = wire::connect(wire::axum(app)).await;
    let mut config = Config::default();
    for limit in [0, 100, 70_000, 1 << 20] {
        config.max_refusal_body_len = limit;
        let error = handshake_error(connection.open(&chat(), &config).await);
        let HandshakeError::Refused(response) = error else { panic!("{error:?}") };
        assert_eq!((response.status, response.headers.text("x-why")), (404, Some("full")));
        let whole = "no room ".repeat(20_000);
        assert_eq!(response.body, &whole.as_bytes()[..whole.len().min(limit)], "{limit}");
    }
}

#[cfg(feature = "deflate")]
#[tokio::test]
async fn messages_are_compressed_both_ways() {
    let mut config = Config::default();
    config.compression = Some(fullduplex::Compression::default());
    let connection = wire::connect(wire::axum(app_with(config.clone()))).await;
    let (mut ws, _) = connection.open(&chat(), &config).await.unwrap();
    assert!(ws.compression().is_some());
    ws.send(vec![7; 100_000]).await.unwrap();
    assert_eq!(ws.receive().await.unwrap(), Some(vec![7; 100_000].into()));
    let counters = ws.counters();
    assert!(counters.wire_out < 1000 && counters.wire_in < 1000, "{counters:?}");
    ws.close(CloseCode::NORMAL, "").await.unwrap();
    assert!(ws.closing().unwrap().is_clean());
}
