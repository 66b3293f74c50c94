//! A client and a server that are connected in memory, over every adapter, and what an application does
//! with them in its tests.
#![cfg(all(feature = "futures-io", feature = "tokio"))]

use std::{thread, time::Duration};

use fullduplex::{
    ClientRequest, CloseCode, Closing, Config, Error, MemoryStream, Message, ProtocolError, Side,
    Timeout,
    asynchronous::{Adapter, WebSocket},
    blocking,
    futures_io::{self, FuturesIo},
    tokio::{self as of_tokio, Tokio},
};
use smol::future::zip;
use tokio::io::{AsyncRead, AsyncWrite};

/// More than a stream holds both ways, and than is written at once.
const LARGE: usize = 1 << 20;
const SHORT: Duration = Duration::from_millis(20);

type Ws<A> = WebSocket<MemoryStream, A>;

/// Echoes until the end.
async fn echo<A: Adapter<MemoryStream>>(mut ws: Ws<A>) -> Result<Option<Closing>, Error> {
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(ws.closing().cloned())
}

/// Talks, closes, and tells how it ended.
async fn talk<A: Adapter<MemoryStream>>(mut ws: Ws<A>) -> Result<Option<Closing>, Error> {
    for message in [Message::from("Hello"), Message::from(&[1, 2, 3])] {
        ws.send(&message).await?;
        assert_eq!(ws.receive().await?.as_ref(), Some(&message));
    }
    ws.close(CloseCode::GOING_AWAY, "bye").await?;
    Ok(ws.closing().cloned())
}

fn assert_story(name: &str, story: Option<Closing>, first: Side) {
    let story = story.expect(name);
    assert!(story.is_clean(), "{name}: {story}");
    assert_eq!(story.first, Some(first), "{name}");
    let close = [&story.sent, &story.received].map(|it| it.as_ref().unwrap().code);
    assert_eq!(close, [CloseCode::GOING_AWAY; 2], "{name}");
}

async fn talks_with<A: Adapter<MemoryStream>>(name: &str, (one, other): (Ws<A>, Ws<A>)) {
    let (talked, echoed) = zip(talk(one), echo(other)).await;
    assert_story(name, talked.unwrap(), Side::Us);
    assert_story(name, echoed.unwrap(), Side::Peer);
}

#[tokio::test]
async fn either_end_talks_with_the_other_and_closes() {
    let (client, server) = of_tokio::pair();
    talks_with("tokio, the client", (client, server)).await;
    let (client, server) = of_tokio::pair();
    talks_with("tokio, the server", (server, client)).await;
    let (client, server) = futures_io::pair();
    talks_with("futures-io, the client", (client, server)).await;
    let (client, server) = futures_io::pair();
    talks_with("futures-io, the server", (server, client)).await;
}

#[test]
fn either_end_talks_with_the_other_on_a_thread_and_closes() {
    let (client, server) = blocking::pair();
    threads_talk("the client", client, server);
    let (client, server) = blocking::pair();
    threads_talk("the server", server, client);
}

fn threads_talk(
    name: &str,
    mut one: blocking::WebSocket<MemoryStream>,
    mut other: blocking::WebSocket<MemoryStream>,
) {
    let echoing = thread::spawn(move || {
        while let Some((message, mut reply)) = other.receive_ref().unwrap() {
            reply.feed(message).unwrap();
        }
        other.closing().cloned()
    });
    one.send("Hello").unwrap();
    assert_eq!(one.receive().unwrap(), Some("Hello".into()), "{name}");
    one.close(CloseCode::GOING_AWAY, "bye").unwrap();
    assert_story(name, one.closing().cloned(), Side::Us);
    assert_story(name, echoing.join().unwrap(), Side::Peer);
}

#[tokio::test]
async fn large_messages_cross_on_halves_and_on_whole_ends() {
    crosses::<Tokio>(of_tokio::pair).await;
    crosses::<FuturesIo>(futures_io::pair).await;
}

async fn crosses<A: Adapter<MemoryStream>>(pair: fn() -> (Ws<A>, Ws<A>)) {
    let message = |byte: u8| vec![byte; LARGE];
    let (mut client, mut server) = pair();
    let (from_server, from_client) = zip(
        async {
            client.send(message(1)).await.unwrap();
            client.receive().await.unwrap().unwrap()
        },
        async {
            server.send(message(2)).await.unwrap();
            server.receive().await.unwrap().unwrap()
        },
    )
    .await;
    assert!(from_server.as_bytes() == message(2) && from_client.as_bytes() == message(1));

    let (mut receive, mut send) = client.split();
    let (mut server_receive, mut server_send) = server.split();
    let sending = async {
        for byte in 0..8 {
            let (one, other) = zip(send.send(message(byte)), server_send.send(message(byte))).await;
            one.and(other).unwrap();
        }
    };
    let receiving = async {
        for byte in 0..8 {
            for receive in [&mut receive, &mut server_receive] {
                assert!(receive.receive().await.unwrap().unwrap().as_bytes() == message(byte));
            }
        }
    };
    zip(sending, receiving).await;
    let mut client = receive.reunite(send).unwrap();
    client.send("whole again").await.unwrap();
    assert_eq!(server_receive.receive().await.unwrap(), Some("whole again".into()));
}

#[test]
fn large_messages_cross_on_halves_and_on_whole_ends_of_threads() {
    let (client, server) = blocking::pair();
    let whole = [client, server].map(|mut ws| {
        thread::spawn(move || {
            ws.send(vec![7; LARGE]).unwrap();
            assert!(ws.receive().unwrap().unwrap().as_bytes() == vec![7; LARGE]);
            ws
        })
    });
    let halves = whole.map(|thread| thread.join().unwrap()).map(|ws| {
        let (mut receive, mut send) = ws.split().unwrap();
        let sending = thread::spawn(move || {
            for byte in 0..8 {
                send.send(vec![byte; LARGE]).unwrap();
            }
            send
        });
        let receiving = thread::spawn(move || {
            for byte in 0..8 {
                assert!(receive.receive().unwrap().unwrap().as_bytes() == vec![byte; LARGE]);
            }
            receive
        });
        (sending, receiving)
    });
    let [mut client, mut server] = halves.map(|(sending, receiving)| {
        receiving.join().unwrap().reunite(sending.join().unwrap()).unwrap()
    });
    client.send("whole again").unwrap();
    assert_eq!(server.receive().unwrap(), Some("whole again".into()));
}

#[test]
fn an_end_that_is_dropped_without_a_close_is_an_error_to_the_other() {
    let (client, mut server) = blocking::pair();
    drop(client);
    let ended = server.receive();
    assert!(matches!(ended, Err(Error::Protocol(ProtocolError::EndWithoutClose))), "{ended:?}");
}

#[tokio::test]
async fn each_end_keeps_to_its_own_limits() {
    let mut server = Config::default();
    server.max_message_len = 10;
    let (mut client, mut server) = of_tokio::pair_with(&Config::default(), &server);
    server.send("eleven bytes").await.unwrap();
    assert_eq!(client.receive().await.unwrap(), Some("eleven bytes".into()));
    client.send("eleven bytes").await.unwrap();
    let (refused, told) = zip(server.receive(), client.receive()).await;
    assert!(
        matches!(refused, Err(Error::Protocol(ProtocolError::MessageTooBig { limit: 10, .. }))),
        "{refused:?}"
    );
    assert_eq!(told.unwrap(), None);
    let close = client.closing().unwrap().received.clone().unwrap();
    assert_eq!(close.code, CloseCode::MESSAGE_TOO_BIG);
}

#[tokio::test(start_paused = true)]
async fn a_test_with_a_clock_that_is_paused_sees_every_limit_of_time() {
    // The other end is there and does nothing.
    let (mut client, _server) = of_tokio::pair();
    let ended = client.receive().await;
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Pong))), "{ended:?}");
    let (mut client, _server) = of_tokio::pair();
    let ended = client.send(vec![7; LARGE]).await;
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Write))), "{ended:?}");
    let (mut client, _server) = of_tokio::pair();
    let ended = client.close(CloseCode::NORMAL, "").await;
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Close))), "{ended:?}");
}

#[test]
fn threads_see_every_limit_of_time() {
    let mut config = Config::default();
    (config.ping_interval, config.pong_timeout) = (Some(SHORT), SHORT);
    (config.write_timeout, config.close_timeout) = (SHORT, SHORT);
    let (mut client, _server) = blocking::pair_with(&config, &Config::default());
    let ended = client.receive();
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Pong))), "{ended:?}");
    let (mut client, _server) = blocking::pair_with(&config, &Config::default());
    let ended = client.send(vec![7; LARGE]);
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Write))), "{ended:?}");
    config.ping_interval = None;
    let (mut client, _server) = blocking::pair_with(&config, &Config::default());
    let ended = client.close(CloseCode::NORMAL, "");
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Close))), "{ended:?}");
}

#[cfg(feature = "deflate")]
#[test]
fn compression_is_what_a_handshake_would_agree_on() {
    use fullduplex::Compression;

    let small = || {
        let mut small = Compression::default();
        (small.window_bits, small.peer_window_bits) = (9, 10);
        small.context_takeover = true;
        small
    };
    let policies = [None, Some(Compression::default()), Some(small())];
    let mut agreed = Vec::new();
    for (of_client, of_server) in
        policies.iter().flat_map(|one| policies.iter().map(move |other| (one, other)))
    {
        let (mut client, mut server) = (Config::default(), Config::default());
        (client.compression, server.compression) = (of_client.clone(), of_server.clone());
        let (mut one, mut other) = blocking::pair_with(&client, &server);
        let (client_stream, server_stream) = MemoryStream::pair();
        let accepting = thread::spawn(move || {
            let incoming = blocking::Incoming::read(server_stream, &server).unwrap();
            let blocking::Incoming::Upgrade(upgrade) = incoming else { panic!("an upgrade") };
            upgrade.accept(&fullduplex::Answer::new()).unwrap()
        });
        let request = ClientRequest::new("ws://test.invalid/").unwrap();
        let (shaken, _) = blocking::connect_over(client_stream, &request, &client).unwrap();
        assert_eq!(one.compression(), shaken.compression(), "{client:?}");
        assert_eq!(other.compression(), accepting.join().unwrap().compression(), "{client:?}");
        let text = "the same again, ".repeat(100);
        one.send(&text).unwrap();
        assert_eq!(other.receive().unwrap(), Some(Message::from(text.as_str())));
        agreed.push(one.compression().is_some());
    }
    assert_eq!(agreed, [false, false, false, false, true, true, false, true, true]);
}

/// A handler as an application has it, for any stream.
async fn count_words<S: AsyncRead + AsyncWrite + Unpin>(
    mut ws: of_tokio::WebSocket<S>,
) -> Result<usize, Error> {
    let mut words = 0;
    while let Some(message) = ws.receive().await? {
        match message {
            Message::Text(text) => words += text.split_whitespace().count(),
            Message::Binary(_) => ws.send_close(CloseCode::UNSUPPORTED_DATA, "text only").await?,
        }
    }
    Ok(words)
}

#[tokio::test]
async fn a_handler_that_is_generic_over_its_stream_runs_over_the_pair() {
    let (mut client, server) = of_tokio::pair();
    let counting = tokio::spawn(count_words(server));
    client.send("one two").await.unwrap();
    client.send("three").await.unwrap();
    client.send(&[0]).await.unwrap();
    assert_eq!(client.receive().await.unwrap(), None);
    let close = client.closing().unwrap().received.clone().unwrap();
    assert_eq!((close.code, &*close.reason), (CloseCode::UNSUPPORTED_DATA, "text only"));
    assert_eq!(counting.await.unwrap().unwrap(), 3);
}
