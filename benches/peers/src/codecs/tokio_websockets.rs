//! tokio-websockets: default configuration and limits (its read buffer begins with 8 KiB, which cannot
//! be set), `Stream` and `Sink`, masks from `fastrand`; text arrives as `&str`.

use std::hint::black_box;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{ClientBuilder, Message, ServerBuilder, WebSocketStream};

use super::{Codec, Input, Output, Role, Run, SENT, Style, Tally, Text, URL, now};
use crate::{
    codecs::common,
    stream::{Answering, Replay, Wire},
};

pub const CODEC: Codec = Codec {
    name: "tokio-websockets",
    style: Style::Async,
    text: Text::Str,
    lends: false,
    receive,
    send,
    accept,
    connect,
};

fn websocket(role: Role, wire: Wire<Replay>) -> WebSocketStream<Wire<Replay>> {
    match role {
        Role::Client => ClientBuilder::new().take_over(wire),
        Role::Server => ServerBuilder::new().serve(wire),
    }
}

fn take(message: &Message, tally: &mut Tally) {
    if let Some(text) = message.as_text() {
        tally.text(text);
    } else if message.is_binary() {
        tally.bytes(message.as_payload());
    }
}

fn receive(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    let start = input.tally();
    let mut ws = websocket(Role::Server, wire);
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

fn send(Output { role, len, .. }: Output, wire: Wire<Replay>) -> Option<Run> {
    let payload = Bytes::from(common::payload(len));
    let mut ws = websocket(role, wire);
    Some(Box::new(move || {
        now(async {
            for _ in 0..SENT {
                let message = Message::binary(payload.clone());
                ws.send(message).await.expect("an open connection");
            }
        });
        SENT * len
    }))
}

fn accept(wire: Wire<Replay>) -> Option<Run> {
    Some(Box::new(move || {
        black_box(now(ServerBuilder::new().accept(wire)).expect("a good request"));
        1
    }))
}

fn connect(wire: Wire<Answering>) -> Option<Run> {
    Some(Box::new(move || {
        let client = ClientBuilder::new().uri(URL).expect("a good URL");
        black_box(now(client.connect_on(wire)).expect("a good answer"));
        1
    }))
}
