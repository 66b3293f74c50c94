//! tungstenite: default configuration (it reads 128 KiB at a time); text arrives as `&str`.

use std::hint::black_box;

use bytes::Bytes;
use tungstenite::{Message, WebSocket, protocol};

use super::{Codec, Input, Output, Role, Run, SENT, Style, Tally, Text, URL};
use crate::{
    codecs::common,
    stream::{Answering, Replay, Wire},
};

pub const CODEC: Codec = Codec {
    name: "tungstenite",
    style: Style::Blocking,
    text: Text::Str,
    lends: false,
    receive,
    send,
    accept,
    connect,
};

pub fn role(role: Role) -> protocol::Role {
    match role {
        Role::Client => protocol::Role::Client,
        Role::Server => protocol::Role::Server,
    }
}

pub fn take(message: &Message, tally: &mut Tally) {
    match message {
        Message::Text(text) => tally.text(text),
        Message::Binary(bytes) => tally.bytes(bytes),
        _ => {}
    }
}

fn receive(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    let start = input.tally();
    let mut ws = WebSocket::from_raw_socket(wire, role(Role::Server), None);
    Some(Box::new(move || {
        let mut tally = start;
        while tally.is_open() {
            take(&ws.read().expect("valid frames"), &mut tally);
        }
        tally.sum
    }))
}

fn send(output: Output, wire: Wire<Replay>) -> Option<Run> {
    let Output { len, .. } = output;
    let payload = Bytes::from(common::payload(len));
    let mut ws = WebSocket::from_raw_socket(wire, role(output.role), None);
    Some(Box::new(move || {
        for _ in 0..SENT {
            ws.send(Message::Binary(payload.clone())).expect("an open connection");
        }
        SENT * len
    }))
}

fn accept(wire: Wire<Replay>) -> Option<Run> {
    Some(Box::new(move || {
        black_box(tungstenite::accept(wire).expect("a good request"));
        1
    }))
}

fn connect(wire: Wire<Answering>) -> Option<Run> {
    Some(Box::new(move || {
        black_box(tungstenite::client(URL, wire).expect("a good answer"));
        1
    }))
}
