//! fullduplex: the core, with a read block of 32 KiB or of one message, and the adapter for tokio; both
//! with the default limits and timers.

use std::{
    hint::black_box,
    io::{Read, Write},
};

use bytes::Buf;
use fullduplex::{
    Answer, ClientHandshake, ClientRequest, Config, Connection, Event, Message, Nonce, Request,
    ServerHandshake, WriteBuffer, tokio as ws,
};

use super::{Codec, Input, Output, Role, Run, SENT, Style, Tally, Text, URL, now};
use crate::{
    codecs::common,
    stream::{Answering, End, Replay, Wire},
};

pub const CORE_LENT: Codec = Codec {
    name: "core, lent",
    style: Style::Ours,
    text: Text::Str,
    lends: true,
    receive: |input, wire| core_receive(input, wire, lent),
    send: core_send,
    accept: core_accept,
    connect: core_connect,
};

pub const CORE_KEPT: Codec = Codec {
    name: "core, kept",
    lends: false,
    receive: |input, wire| core_receive(input, wire, kept),
    send: |_, _| None,
    accept: |_| None,
    connect: |_| None,
    ..CORE_LENT
};

pub const TOKIO_LENT: Codec = Codec {
    name: "tokio, lent",
    style: Style::Ours,
    text: Text::Str,
    lends: true,
    receive: tokio_receive_ref,
    send: tokio_send,
    accept: tokio_accept,
    connect: tokio_connect,
};

pub const TOKIO_KEPT: Codec = Codec {
    name: "tokio, kept",
    lends: false,
    receive: tokio_receive,
    send: |_, _| None,
    accept: |_| None,
    connect: |_| None,
    ..TOKIO_LENT
};

fn lent(message: Message<'_>, tally: &mut Tally) {
    match message.as_text() {
        Some(text) => tally.text(text),
        None => tally.bytes(message.as_bytes()),
    }
}

fn kept(message: Message<'_>, tally: &mut Tally) {
    lent(black_box(message.into_owned()), tally);
}

fn connection(role: Role) -> Connection {
    match role {
        Role::Client => Connection::client(&Config::default()),
        Role::Server => Connection::server(&Config::default()),
    }
}

fn core_receive(
    input: &Input,
    mut wire: Wire<Replay>,
    take: fn(Message<'_>, &mut Tally),
) -> Option<Run> {
    let start = input.tally();
    let mut connection = connection(Role::Server);
    let mut block = vec![0; READ_BLOCK_LEN.max(wire.len() / input.messages)];
    let mut output = WriteBuffer::new();
    Some(Box::new(move || {
        let mut tally = start;
        while tally.is_open() {
            let len = wire.read(&mut block).expect("bytes");
            let mut unread = &mut block[..len];
            while let Some(event) =
                connection.receive(&mut unread, &mut output).expect("valid frames")
            {
                if let Event::Message(message) = event {
                    take(message, &mut tally);
                }
            }
            write(&mut output, wire);
        }
        tally.sum
    }))
}

fn core_send(Output { role, len, .. }: Output, wire: Wire<Replay>) -> Option<Run> {
    let payload = common::payload(len);
    let mut connection = connection(role);
    let mut output = WriteBuffer::new();
    Some(Box::new(move || {
        for _ in 0..SENT {
            connection.send(Message::from(&payload[..]), &mut output).expect("an open connection");
            write(&mut output, wire);
        }
        SENT * len
    }))
}

fn write<E: End>(output: &mut WriteBuffer, mut wire: Wire<E>) {
    while output.has_remaining() {
        let written = wire.write(output.chunk()).expect("room");
        output.advance(written);
    }
}

fn core_accept(mut wire: Wire<Replay>) -> Option<Run> {
    let config = Config::default();
    let mut block = vec![0; 4096];
    Some(Box::new(move || {
        let mut output = WriteBuffer::new();
        let len = wire.read(&mut block).expect("bytes");
        let request = ServerHandshake::new(&config).receive(&mut &mut block[..len]);
        let Ok(Some(Request::Upgrade(offer))) = request else { panic!("{request:?}") };
        let accepted = offer.accept(&Answer::new(), &mut output).expect("no headers");
        write(&mut output, wire);
        black_box(accepted.into_connection());
        1
    }))
}

fn core_connect(mut wire: Wire<Answering>) -> Option<Run> {
    let config = Config::default();
    let mut block = vec![0; 4096];
    Some(Box::new(move || {
        let mut output = WriteBuffer::new();
        let request = ClientRequest::new(URL).expect("a good URL");
        let client = ClientHandshake::start(&request, Nonce::random(), &config, &mut output);
        let mut client = client.expect("no headers");
        write(&mut output, wire);
        let len = wire.read(&mut block).expect("an answer");
        let accepted = client.receive(&mut &mut block[..len]).expect("a good answer");
        black_box(accepted.expect("a whole one").0.into_connection());
        1
    }))
}

fn tokio_receive_ref(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    let start = input.tally();
    let mut ws = ws::WebSocket::new(wire, connection(Role::Server), &[]);
    Some(Box::new(move || {
        let mut tally = start;
        now(async {
            while tally.is_open() {
                let received = ws.receive_ref().await.expect("valid frames");
                lent(received.expect("a message").0, &mut tally);
            }
        });
        tally.sum
    }))
}

fn tokio_receive(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    let start = input.tally();
    let mut ws = ws::WebSocket::new(wire, connection(Role::Server), &[]);
    Some(Box::new(move || {
        let mut tally = start;
        now(async {
            while tally.is_open() {
                let received = ws.receive().await.expect("valid frames");
                lent(received.expect("a message"), &mut tally);
            }
        });
        tally.sum
    }))
}

fn tokio_send(Output { role, len, .. }: Output, wire: Wire<Replay>) -> Option<Run> {
    let payload = common::payload(len);
    let mut ws = ws::WebSocket::new(wire, connection(role), &[]);
    Some(Box::new(move || {
        now(async {
            for _ in 0..SENT {
                ws.send(&payload[..]).await.expect("an open connection");
            }
        });
        SENT * len
    }))
}

fn tokio_accept(wire: Wire<Replay>) -> Option<Run> {
    Some(Box::new(move || {
        black_box(now(ws::accept(wire)).expect("a good request"));
        1
    }))
}

fn tokio_connect(wire: Wire<Answering>) -> Option<Run> {
    let config = Config::default();
    Some(Box::new(move || {
        let request = ClientRequest::new(URL).expect("a good URL");
        let connected = now(ws::connect_over(wire, &request, &config));
        black_box(connected.expect("a good answer"));
        1
    }))
}

/// What the core reads at most at once, unless a message is longer.
const READ_BLOCK_LEN: usize = 32 * 1024;
