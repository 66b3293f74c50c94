//! tokio-tungstenite: default configuration (it reads 128 KiB at a time), `Stream` and `Sink`; text
//! arrives as `&str`.

use std::hint::black_box;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tungstenite::Message;

use super::{
    Codec, Input, Output, Role, Run, SENT, Style, Text, URL, now,
    tungstenite::{role, take},
};
use crate::{
    codecs::common,
    stream::{Answering, Replay, Wire},
};

pub const CODEC: Codec = Codec {
    name: "tokio-tungstenite",
    style: Style::Async,
    text: Text::Str,
    lends: false,
    receive,
    send,
    accept,
    connect,
};

fn receive(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    let start = input.tally();
    let mut ws = now(WebSocketStream::from_raw_socket(wire, role(Role::Server), None));
    Some(Box::new(move || {
        let mut tally = start;
        now(async {
            while tally.is_open() {
                take(&ws.next().await.expect("a message").expect("valid frames"), &mut tally);
            }
        });
        tally.sum
    }))
}

fn send(output: Output, wire: Wire<Replay>) -> Option<Run> {
    let Output { len, .. } = output;
    let payload = Bytes::from(common::payload(len));
    let mut ws = now(WebSocketStream::from_raw_socket(wire, role(output.role), None));
    Some(Box::new(move || {
        now(async {
            for _ in 0..SENT {
                let message = Message::Binary(payload.clone());
                ws.send(message).await.expect("an open connection");
            }
        });
        SENT * len
    }))
}

fn accept(wire: Wire<Replay>) -> Option<Run> {
    Some(Box::new(move || {
        black_box(now(tokio_tungstenite::accept_async(wire)).expect("a good request"));
        1
    }))
}

fn connect(wire: Wire<Answering>) -> Option<Run> {
    Some(Box::new(move || {
        black_box(now(tokio_tungstenite::client_async(URL, wire)).expect("a good answer"));
        1
    }))
}
