//! The tokio adapter drives the timers: on tokio's own clock, which is paused here.
#![cfg(feature = "tokio")]

mod common;

use std::time::Duration;

use common::{masked, read_frames};
use fullduplex::{CloseCode, Config, Connection, Error, ProtocolError, Timeout, tokio::WebSocket};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::{Instant, sleep, timeout},
};

fn server(config: &Config) -> (DuplexStream, WebSocket<DuplexStream>) {
    let (peer, stream) = tokio::io::duplex(1024);
    (peer, WebSocket::new(stream, Connection::server(config), &[]))
}

fn timed_out<T>(result: Result<T, Error>) -> Timeout {
    match result {
        Err(Error::Timeout(timeout)) => timeout,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it succeeded"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_pinged_and_then_given_up() {
    let (mut peer, mut ws) = server(&Config::default());
    let start = Instant::now();
    assert_eq!(timed_out(ws.receive().await), Timeout::Pong);
    assert_eq!(start.elapsed().as_secs(), 40);
    assert_eq!(timed_out(ws.receive().await), Timeout::Pong, "and again, at once");
    assert_eq!(start.elapsed().as_secs(), 40);
    assert!(matches!(ws.send("late").await, Err(Error::Closed(_))));
    // The stream is shut down behind the Ping.
    let mut written = Vec::new();
    peer.read_to_end(&mut written).await.unwrap();
    assert_eq!(read_frames(&written).iter().map(|it| it.first).collect::<Vec<_>>(), [0x89]);
}

#[tokio::test(start_paused = true)]
async fn a_receive_that_is_dropped_and_made_again_keeps_its_time() {
    let (_peer, mut ws) = server(&Config::default());
    let start = Instant::now();
    let ended = loop {
        if let Ok(ended) = timeout(Duration::from_secs(3), ws.receive()).await {
            break ended;
        }
    };
    assert_eq!(timed_out(ended), Timeout::Pong);
    assert_eq!(start.elapsed().as_secs(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_pings_or_speaks_is_kept() {
    let (mut peer, mut ws) = server(&Config::default());
    let speaking = tokio::spawn(async move {
        for _ in 0..10 {
            sleep(Duration::from_secs(19)).await;
            peer.write_all(&masked(0x8a, b"")).await.unwrap();
        }
        // Then it answers Pings, an hour long.
        for _ in 0..180 {
            let mut ping = [0; 6];
            peer.read_exact(&mut ping).await.unwrap();
            peer.write_all(&masked(0x8a, &ping[2..])).await.unwrap();
        }
        peer.write_all(&masked(0x88, b"")).await.unwrap();
        peer
    });
    let start = Instant::now();
    assert_eq!(ws.receive().await.unwrap(), None);
    assert_eq!(start.elapsed().as_secs(), 190 + 180 * 20);
    drop(speaking.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_not_answered_ends_after_the_close_timeout() {
    let (_peer, mut ws) = server(&Config::default());
    // The clock of the connection is not the one of its last read.
    sleep(Duration::from_secs(15)).await;
    let start = Instant::now();
    assert_eq!(timed_out(ws.close(CloseCode::NORMAL, "").await), Timeout::Close);
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_messages_is_told_so() {
    let mut config = Config::default();
    config.idle_timeout = Some(Duration::from_secs(30));
    let (mut peer, mut ws) = server(&config);
    assert_eq!(timed_out(ws.receive().await), Timeout::Idle);
    let mut written = Vec::new();
    peer.read_to_end(&mut written).await.unwrap();
    let frames = read_frames(&written);
    let last = frames.last().unwrap();
    assert_eq!((last.first, &last.payload[..2]), (0x88, &1001_u16.to_be_bytes()[..]));
}

#[tokio::test(start_paused = true)]
async fn a_long_message_that_is_still_coming_is_not_idle() {
    let mut config = Config::default();
    config.idle_timeout = Some(Duration::from_secs(5));
    let (mut peer, mut ws) = server(&config);
    let speaking = tokio::spawn(async move {
        peer.write_all(&masked(0x02, b"0")).await.unwrap();
        for _ in 1..40 {
            sleep(Duration::from_millis(500)).await;
            peer.write_all(&masked(0x00, b"0")).await.unwrap();
        }
        peer.write_all(&masked(0x80, b"")).await.unwrap();
        peer
    });
    assert_eq!(ws.receive().await.unwrap(), Some(vec![b'0'; 40].into()));
    drop(speaking.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_still_reading_a_long_message_owes_no_pong() {
    let (mut peer, ws) = server(&Config::default());
    let (mut receive, mut send) = ws.split();
    // The pipe holds 1024 bytes: it takes 100 s.
    tokio::spawn(async move {
        let mut room = [0; 1024];
        while peer.read(&mut room).await.unwrap() > 0 {
            sleep(Duration::from_millis(100)).await;
        }
    });
    let receiving = tokio::spawn(async move { receive.receive().await });
    let start = Instant::now();
    send.send(vec![7; 1_024_000]).await.unwrap();
    assert!(start.elapsed() >= 2 * Duration::from_secs(40), "two times what a Pong may take");
    assert!(!receiving.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_failed_has_its_time_from_when_the_application_comes_to_it() {
    let (mut peer, mut ws) = server(&Config::default());
    peer.write_all(&[masked(0x81, b"work"), masked(0x83, b"bad")].concat()).await.unwrap();
    ws.receive().await.unwrap();
    // The work takes longer than the close timeout.
    sleep(Duration::from_secs(11)).await;
    let start = Instant::now();
    let ended = ws.receive().await;
    assert!(matches!(ended, Err(Error::Protocol(ProtocolError::ReservedOpcode(3)))), "{ended:?}");
    assert_eq!(start.elapsed().as_secs(), 10);
}
