//! `Stream` and `Sink`, of a [`WebSocket`](fullduplex::tokio::WebSocket) and of its halves.
#![cfg(all(feature = "futures", feature = "tokio"))]

mod common;

use std::time::Duration;

use common::{
    masked,
    polled::{finish, poll, server, websocket},
    scripted::Scripted,
    shared::Shared,
    unmasked,
};
use fullduplex::{CloseCode, Config, Connection, Error, Message, ProtocolError, tokio::WebSocket};
use futures_util::{
    SinkExt, StreamExt, TryStreamExt,
    stream::{self, FusedStream},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::{sleep, timeout},
};

fn said(last: &[u8]) -> Scripted {
    Scripted::new().read(masked(0x81, b"one")).read_pending().read(masked(0x82, b"two")).read(last)
}

fn messages() -> [Message<'static>; 2] {
    ["one".into(), b"two".into()]
}

#[test]
fn the_items_are_the_messages_up_to_the_peers_close_and_then_it_ends_for_good() {
    let mut ws = server(said(&masked(0x88, b"")));
    assert!(!ws.is_terminated());
    let items: Vec<_> = finish((&mut ws).try_collect()).unwrap();
    assert_eq!(items, messages());
    assert!(ws.is_terminated());
    assert!(finish(ws.next()).is_none(), "again");

    let stream = Shared::new(said(&masked(0x88, b"")));
    let ws = websocket(stream, Connection::server(&Config::default()));
    let (mut receive, _send) = ws.split();
    let items: Vec<_> = finish((&mut receive).try_collect()).unwrap();
    assert_eq!(items, messages());
    assert!(receive.is_terminated());
    assert!(finish(receive.next()).is_none(), "again");
}

#[test]
fn an_error_is_the_last_item() {
    for (last, error) in [
        (masked(0x83, b""), ProtocolError::ReservedOpcode(3)),
        (masked(0x81, b"\xff"), ProtocolError::InvalidUtf8),
        (masked(0x81, b"cut")[..3].to_vec(), ProtocolError::EndWithoutClose),
    ] {
        let mut ws = server(said(&last));
        let mut items: Vec<_> = finish(ws.by_ref().collect());
        let last = items.pop().unwrap();
        assert!(matches!(last, Err(Error::Protocol(it)) if it == error), "{error}");
        assert_eq!(items.into_iter().map(Result::unwrap).collect::<Vec<_>>(), messages());
        assert!(ws.is_terminated() && finish(ws.next()).is_none());
    }
}

#[test]
fn an_item_that_is_not_there_yet_is_not_lost_with_its_future() {
    let mut ws = server(said(&masked(0x88, b"")));
    let mut items = Vec::new();
    while !ws.is_terminated() {
        if let Some(Some(item)) = poll(ws.next(), 1) {
            items.push(item.unwrap());
        }
    }
    assert_eq!(items, messages());
}

#[test]
fn a_sink_takes_messages_and_closes_once() {
    let mut ws = server(Scripted::new().write_takes(1).write_pending().write_takes(2));
    finish(async {
        SinkExt::send(&mut ws, Message::from("one")).await?;
        ws.send_all(&mut stream::iter([Ok("two".into()), Ok("three".into())])).await?;
        SinkExt::close(&mut ws).await?;
        SinkExt::close(&mut ws).await
    })
    .unwrap();
    let close = unmasked(0x88, &1000_u16.to_be_bytes());
    let expected =
        [unmasked(0x81, b"one"), unmasked(0x81, b"two"), unmasked(0x81, b"three"), close].concat();
    assert_eq!(ws.stream().0.written, expected);
    let sent = finish(SinkExt::send(&mut ws, Message::from("late")));
    assert!(matches!(sent, Err(Error::Closed(_))), "{sent:?}");
    assert_eq!(ws.closing().unwrap().sent.as_ref().unwrap().code, CloseCode::NORMAL);
}

#[test]
fn a_receiving_half_forwarded_into_the_sending_one_echoes_and_answers_the_close() {
    let expected = [unmasked(0x81, b"one"), unmasked(0x82, b"two"), unmasked(0x88, b"")].concat();
    let stream = Shared::new(said(&masked(0x88, b"")).write_takes(1).write_pending());
    let (receive, send) = websocket(stream.clone(), Connection::server(&Config::default())).split();
    finish(receive.forward(send)).unwrap();
    assert_eq!(stream.written(), expected);
}

#[tokio::test(start_paused = true)]
async fn of_two_tasks_that_poll_a_websocket_as_a_stream_and_as_a_sink_neither_loses_its_wakeup() {
    let (mut peer, stream) = duplex(64);
    let mut config = Config::default();
    config.ping_interval = None;
    let ws = WebSocket::new(stream, Connection::server(&config), &[]);
    let (mut sink, mut items) = StreamExt::split(ws);
    let receiving = tokio::spawn(async move { items.next().await });
    sleep(MOMENT).await;
    // It waits for the pipe, and reads ahead: the message comes to this task.
    let sending = tokio::spawn(async move { sink.send(Message::from(vec![7; 1000])).await });
    sleep(MOMENT).await;
    peer.write_all(&masked(0x81, b"text")).await.unwrap();
    let mut written = [0; 1004];
    timeout(LONG, peer.read_exact(&mut written)).await.expect("it is written").unwrap();
    sending.await.unwrap().unwrap();
    let received = timeout(LONG, receiving).await.expect("it was woken").unwrap();
    assert_eq!(received.unwrap().unwrap(), "text".into());
}

/// Tasks that can go on have done so.
const MOMENT: Duration = Duration::from_millis(1);
/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(60);
