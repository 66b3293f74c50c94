//! yawc: UTF-8 is checked (by default it is not), a read buffer of 128 KiB as in its own benchmarks,
//! no compression, `Stream` and `Sink`. Text is checked, and arrives as bytes: `Frame::as_str` checks
//! again. Its client's handshake needs a runtime of tokio's to spawn on.

use std::hint::black_box;

use bytes::Bytes;
use futures_util::{FutureExt, SinkExt};
use yawc::{Frame, Options, WebSocket, frame::OpCode};

use super::{Codec, Input, Output, Role, Run, SENT, Style, Text, URL, http, now};
use crate::{
    codecs::common,
    stream::{Answering, Replay, Wire},
};

pub const CODEC: Codec = Codec {
    name: "yawc",
    style: Style::Async,
    text: Text::Bytes,
    lends: false,
    receive,
    send,
    accept,
    connect,
};

fn options() -> Options {
    Options::default().without_compression().with_utf8().with_read_buffer_capacity(128 * 1024)
}

fn websocket(role: Role, wire: Wire<Replay>) -> WebSocket<Wire<Replay>> {
    let role = match role {
        Role::Client => yawc::Role::Client,
        Role::Server => yawc::Role::Server,
    };
    WebSocket::from_stream(wire, role, options()).expect("good options")
}

fn receive(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    let start = input.tally();
    let mut ws = websocket(Role::Server, wire);
    Some(Box::new(move || {
        let mut tally = start;
        now(async {
            while tally.is_open() {
                let frame = ws.next_frame().await.expect("valid frames");
                if matches!(frame.opcode(), OpCode::Text | OpCode::Binary) {
                    tally.bytes(frame.payload());
                }
            }
        });
        // Pings are answered when there is nothing to read, and so never if that is never seen.
        assert!(ws.next_frame().now_or_never().is_none());
        tally.sum
    }))
}

fn send(Output { role, len, .. }: Output, wire: Wire<Replay>) -> Option<Run> {
    let payload = Bytes::from(common::payload(len));
    let mut ws = websocket(role, wire);
    Some(Box::new(move || {
        now(async {
            for _ in 0..SENT {
                ws.send(Frame::binary(payload.clone())).await.expect("an open connection");
            }
        });
        SENT * len
    }))
}

fn accept(wire: Wire<Replay>) -> Option<Run> {
    Some(Box::new(move || {
        http::accept(wire, |mut request| {
            let upgrade = WebSocket::upgrade_with_options(&mut request, options());
            let (response, upgraded) = upgrade.expect("a good request");
            (response, async { drop(black_box(upgraded.await.expect("an upgrade"))) })
        });
        1
    }))
}

fn connect(wire: Wire<Answering>) -> Option<Run> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    Some(Box::new(move || {
        let url = URL.parse().expect("a good URL");
        let connected = runtime.block_on(WebSocket::handshake(url, wire, options()));
        black_box(connected.expect("a good answer"));
        1
    }))
}
