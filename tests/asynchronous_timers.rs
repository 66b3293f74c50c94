//! The tokio adapter drives the timers: on tokio's own clock, which is paused here.
#![cfg(feature = "tokio")]

mod common;

use std::time::Duration;

use common::{masked, read_frames};
use fullduplex::{CloseCode, Config, Connection, Error, Timeout, tokio::WebSocket};
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
