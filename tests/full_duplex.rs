//! Two ends that both send more than the sockets between them hold: over halves all of it arrives, and
//! without them it ends by the limit for writes, with nothing lost that was read.
#![cfg(feature = "tokio")]

mod common;

use std::{thread, time::Duration};

use common::sockets::{blocking_sockets, sockets};
use fullduplex::{Config, Connection, Error, Message, Timeout, blocking, tokio::WebSocket};
use tokio::{net::TcpStream, time::timeout};

/// Each end sends 64 MiB.
const MESSAGES: usize = 512;
const LEN: usize = 128 * 1024;
/// Far more than any test takes.
const LONG: Duration = Duration::from_secs(120);

/// Each message begins at another byte of this.
fn pattern() -> Vec<u8> {
    (0..LEN + MESSAGES).map(|index| (index * 31 % 251) as u8).collect()
}

async fn pair(config: &Config) -> [WebSocket<TcpStream>; 2] {
    let [client, server] = sockets().await;
    [
        WebSocket::new(client, Connection::client(config), &[]),
        WebSocket::new(server, Connection::server(config), &[]),
    ]
}

fn blocking_pair(
    config: &Config,
    of_server: &Config,
) -> [blocking::WebSocket<std::net::TcpStream>; 2] {
    let [client, server] = blocking_sockets();
    [
        blocking::WebSocket::new(client, Connection::client(config), &[]),
        blocking::WebSocket::new(server, Connection::server(of_server), &[]),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_ends_that_send_64_mib_each_receive_all_of_it_over_halves() {
    let mut tasks = Vec::new();
    for ws in pair(&Config::default()).await {
        let (mut receive, mut send) = ws.split_with(TcpStream::into_split);
        tasks.push(tokio::spawn(async move {
            let pattern = pattern();
            for at in 0..MESSAGES {
                send.send(&pattern[at..at + LEN]).await.unwrap();
            }
        }));
        tasks.push(tokio::spawn(async move {
            let pattern = pattern();
            for at in 0..MESSAGES {
                let message = receive.receive_ref().await.unwrap().unwrap();
                assert!(message.as_bytes() == &pattern[at..at + LEN], "message {at}");
            }
        }));
    }
    for task in tasks {
        timeout(LONG, task).await.expect("no deadlock").unwrap();
    }
}

#[test]
fn two_ends_that_send_64_mib_each_receive_all_of_it_over_halves_on_threads() {
    let mut threads = Vec::new();
    for ws in blocking_pair(&Config::default(), &Config::default()) {
        let (mut receive, mut send) = ws.split().unwrap();
        threads.push(thread::spawn(move || {
            let pattern = pattern();
            for at in 0..MESSAGES {
                send.send(&pattern[at..at + LEN]).unwrap();
            }
        }));
        threads.push(thread::spawn(move || {
            let pattern = pattern();
            for at in 0..MESSAGES {
                let message = receive.receive_ref().unwrap().unwrap();
                assert!(message.as_bytes() == &pattern[at..at + LEN], "message {at}");
            }
        }));
    }
    // A deadlock ends by a write timeout, which is an error above.
    for thread in threads {
        thread.join().unwrap();
    }
}

/// A limit that is soon reached, and nothing else that ends a connection.
fn impatient() -> Config {
    let mut config = Config::default();
    config.write_timeout = Duration::from_millis(300);
    config
}

fn assert_write_timeout(error: Error) {
    assert!(matches!(error, Error::Timeout(Timeout::Write)), "{error}");
}

/// The messages of an end that sends far more than fits.
const FEW: usize = 64;

fn message(at: usize) -> Message<'static> {
    vec![u8::try_from(at).unwrap(); LEN].into()
}

#[tokio::test]
async fn two_whole_ends_that_only_send_end_by_the_write_timeout_and_have_read_one_message() {
    let mut tasks = Vec::new();
    for mut ws in pair(&impatient()).await {
        tasks.push(tokio::spawn(async move {
            let mut at = 0;
            let ended = loop {
                if let Err(error) = ws.send(message(at)).await {
                    break error;
                }
                at += 1;
                assert!(at < FEW, "somebody takes all this");
            };
            assert_write_timeout(ended);
            assert!(ws.unread().len() <= 128 * 1024, "what is read is one message, and one block");
            assert_eq!(ws.receive().await.unwrap(), Some(message(0)));
            assert_write_timeout(ws.receive().await.unwrap_err());
            // The stream of one that is dropped is reset, and the other has not ended by itself yet.
            ws
        }));
    }
    let mut ended = Vec::new();
    for task in tasks {
        ended.push(timeout(LONG, task).await.expect("it ends").unwrap());
    }
}

#[test]
fn of_two_whole_blocking_ends_that_only_send_one_ends_by_its_write_timeout_too() {
    let mut threads = Vec::new();
    for mut ws in blocking_pair(&impatient(), &Config::default()) {
        threads.push(thread::spawn(move || {
            let ended = (0..FEW).find_map(|at| ws.send(message(at)).err());
            assert_eq!(ws.receive().unwrap(), Some(message(0)));
            ended.expect("somebody takes all this")
        }));
    }
    let [client, server] = [0, 1].map(|_| threads.remove(0).join().unwrap());
    assert_write_timeout(client);
    assert!(matches!(server, Error::Io(_)), "it was left alone: {server}");
}

#[tokio::test]
async fn two_whole_ends_that_send_one_message_each_get_on() {
    let mut tasks = Vec::new();
    for mut ws in pair(&Config::default()).await {
        tasks.push(tokio::spawn(async move {
            ws.send(message(7)).await.unwrap();
            assert_eq!(ws.receive().await.unwrap(), Some(message(7)));
        }));
    }
    for task in tasks {
        timeout(LONG, task).await.expect("no deadlock").unwrap();
    }
}

#[test]
fn two_whole_blocking_ends_that_send_one_message_each_get_on() {
    let threads = blocking_pair(&Config::default(), &Config::default()).map(|mut ws| {
        thread::spawn(move || {
            ws.send(message(7)).unwrap();
            assert_eq!(ws.receive().unwrap(), Some(message(7)));
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
}
