//! fastwebsockets: `WebSocket::read_frame`, and for fragments its `FragmentCollector`; automatic Pong
//! and Close and vectored writes, as by default. It begins with a read buffer of 8 KiB, which cannot
//! be set. Text is checked, and arrives as bytes. A client masks in the caller's buffer; a message that
//! is kept is one that it is only lent, and copies.

use std::hint::black_box;

use fastwebsockets::{FragmentCollector, Frame, Payload, WebSocket, handshake, upgrade};
use http_body_util::Empty;
use hyper::{Request, body::Bytes, header};

use super::{Codec, HOST, Input, Output, Role, Run, SENT, Style, Tally, Text, URL, http, now};
use crate::{
    codecs::common,
    stream::{Answering, Replay, Wire},
};

pub const CODEC: Codec = Codec {
    name: "fastwebsockets",
    style: Style::Async,
    text: Text::Bytes,
    lends: false,
    receive,
    send,
    accept,
    connect,
};

fn websocket(role: Role, wire: Wire<Replay>) -> WebSocket<Wire<Replay>> {
    let role = match role {
        Role::Client => fastwebsockets::Role::Client,
        Role::Server => fastwebsockets::Role::Server,
    };
    WebSocket::after_handshake(wire, role)
}

fn receive(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    let ws = websocket(Role::Server, wire);
    Some(if input.is_fragmented {
        receive_collected(input.tally(), FragmentCollector::new(ws))
    } else {
        receive_frames(input.tally(), ws)
    })
}

fn receive_frames(start: Tally, mut ws: WebSocket<Wire<Replay>>) -> Run {
    Box::new(move || {
        let mut tally = start;
        now(async {
            while tally.is_open() {
                tally.bytes(&ws.read_frame().await.expect("valid frames").payload);
            }
        });
        tally.sum
    })
}

fn receive_collected(start: Tally, mut ws: FragmentCollector<Wire<Replay>>) -> Run {
    Box::new(move || {
        let mut tally = start;
        now(async {
            while tally.is_open() {
                tally.bytes(&ws.read_frame().await.expect("valid frames").payload);
            }
        });
        tally.sum
    })
}

fn send(Output { role, len, is_kept }: Output, wire: Wire<Replay>) -> Option<Run> {
    let mut payload = common::payload(len);
    let mut ws = websocket(role, wire);
    Some(Box::new(move || {
        now(async {
            for _ in 0..SENT {
                let payload = if is_kept {
                    Payload::Borrowed(&payload)
                } else {
                    Payload::BorrowedMut(&mut payload)
                };
                ws.write_frame(Frame::binary(payload)).await.expect("an open connection");
            }
        });
        SENT * len
    }))
}

fn accept(wire: Wire<Replay>) -> Option<Run> {
    Some(Box::new(move || {
        http::accept(wire, |request| {
            let (response, upgraded) = upgrade::upgrade(request).expect("a good request");
            (response, async { drop(black_box(upgraded.await.expect("an upgrade"))) })
        });
        1
    }))
}

fn connect(wire: Wire<Answering>) -> Option<Run> {
    Some(Box::new(move || {
        let request = Request::get(URL)
            .header(header::HOST, HOST)
            .header(header::UPGRADE, "websocket")
            .header(header::CONNECTION, "upgrade")
            .header(header::SEC_WEBSOCKET_KEY, handshake::generate_key())
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .body(Empty::<Bytes>::new())
            .expect("a good request");
        let executor = http::Executor::default();
        let connected = executor.drive(handshake::client(&executor, request, wire));
        black_box(connected.expect("a good answer"));
        1
    }))
}
