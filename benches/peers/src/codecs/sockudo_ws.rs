//! sockudo-ws: default configuration (timers on, as in its README; it reads 64 KiB at a time),
//! `Stream` and `Sink`. Text is checked, and arrives as bytes: `Message::as_text` checks again.

use std::hint::black_box;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use sockudo_ws::{Config, Http1, Message, WebSocketStream, client, server};

use super::{Codec, HOST, Input, Output, PATH, Role, Run, SENT, Style, Text, now};
use crate::{
    codecs::common,
    stream::{Answering, Replay, Wire},
};

pub const CODEC: Codec = Codec {
    name: "sockudo-ws",
    style: Style::Async,
    text: Text::Bytes,
    lends: false,
    receive,
    send,
    accept,
    connect,
};

fn websocket(role: Role, wire: Wire<Replay>) -> WebSocketStream<Wire<Replay>> {
    match role {
        Role::Client => WebSocketStream::client(wire, Config::default()),
        Role::Server => WebSocketStream::server(wire, Config::default()),
    }
}

fn receive(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    let start = input.tally();
    let mut ws = websocket(Role::Server, wire);
    Some(Box::new(move || {
        let mut tally = start;
        now(async {
            while tally.is_open() {
                let message = ws.next().await.expect("a message").expect("valid frames");
                if let Message::Text(bytes) | Message::Binary(bytes) = &message {
                    tally.bytes(bytes);
                }
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
                let message = Message::Binary(payload.clone());
                ws.send(message).await.expect("an open connection");
            }
        });
        SENT * len
    }))
}

fn accept(wire: Wire<Replay>) -> Option<Run> {
    let server = server::WebSocketServer::<Http1>::new(Config::default());
    Some(Box::new(move || {
        black_box(now(server.accept_raw(wire)).expect("a good request"));
        1
    }))
}

fn connect(wire: Wire<Answering>) -> Option<Run> {
    let client = client::WebSocketClient::<Http1>::new(Config::default());
    Some(Box::new(move || {
        black_box(now(client.connect_raw(wire, HOST, PATH, None)).expect("a good answer"));
        1
    }))
}
