//! ws-tool: blocking, reads of 64 KiB (`resize_size`), fragments merged. `BytesCodec` for binary;
//! `StringCodec` for text, which arrives as `&str`, checked once, by the frame reader. Pings are
//! answered by its caller. It reads a handshake a byte at a time.

use std::hint::black_box;

use ws_tool::{
    ClientBuilder, Message, ServerBuilder,
    codec::{BytesCodec, FrameConfig, Split, StringCodec, default_handshake_handler},
    frame::OpCode,
};

use super::{Codec, Input, Output, Role, Run, SENT, Style, Tally, Text, URL};
use crate::{
    codecs::common,
    stream::{Answering, Replay, Wire},
};

pub const CODEC: Codec = Codec {
    name: "ws-tool",
    style: Style::Blocking,
    text: Text::Str,
    lends: true,
    receive,
    send,
    accept,
    connect,
};

impl Split for Wire<Replay> {
    type R = Self;
    type W = Self;

    fn split(self) -> (Self, Self) {
        (self, self)
    }
}

fn config(role: Role) -> FrameConfig {
    FrameConfig {
        mask_send_frame: role == Role::Client,
        resize_size: 64 * 1024,
        ..FrameConfig::default()
    }
}

fn receive(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    Some(if input.is_text {
        receive_text(input.tally(), wire)
    } else {
        receive_binary(input.tally(), wire)
    })
}

fn receive_text(start: Tally, wire: Wire<Replay>) -> Run {
    let mut codec = StringCodec::new_with(wire, config(Role::Server), false);
    Box::new(move || {
        let mut tally = start;
        while tally.is_open() {
            tally.text(&codec.receive().expect("valid frames").data);
        }
        tally.sum
    })
}

fn receive_binary(start: Tally, wire: Wire<Replay>) -> Run {
    let (mut receiver, mut sender) = BytesCodec::new_with(wire, config(Role::Server)).split();
    Box::new(move || {
        let mut tally = start;
        while tally.is_open() {
            let Message { code, data, .. } = receiver.receive().expect("valid frames");
            match code {
                OpCode::Ping => sender.pong(&data).expect("an open connection"),
                _ => tally.bytes(&data),
            }
        }
        tally.sum
    })
}

fn send(Output { role, len, .. }: Output, wire: Wire<Replay>) -> Option<Run> {
    let payload = common::payload(len);
    let mut codec = BytesCodec::new_with(wire, config(role));
    Some(Box::new(move || {
        for _ in 0..SENT {
            codec.send(&payload[..]).expect("an open connection");
        }
        SENT * len
    }))
}

fn accept(wire: Wire<Replay>) -> Option<Run> {
    Some(Box::new(move || {
        let codec = ServerBuilder::accept(wire, default_handshake_handler, BytesCodec::factory);
        drop(black_box(codec.expect("a good request")));
        1
    }))
}

fn connect(wire: Wire<Answering>) -> Option<Run> {
    Some(Box::new(move || {
        let url = URL.parse().expect("a good URL");
        let codec = ClientBuilder::new().with_stream(url, wire, BytesCodec::check_fn);
        drop(black_box(codec.expect("a good answer")));
        1
    }))
}
