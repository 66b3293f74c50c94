//! soketto: on `BufReader` and `BufWriter` as in its examples, with buffers of 64 KiB, flushed after
//! each message; one buffer for what is received. Text is not checked. A client masks in the caller's
//! buffer (`send_binary_mut`), or in a copy of a message that is kept (`send_binary`).

use std::hint::black_box;

use futures_util::io::{BufReader, BufWriter};
use soketto::{
    Mode, Receiver, Sender,
    connection::Builder,
    handshake::{Client, Server, ServerResponse, server::Response},
};

use super::{Codec, HOST, Input, Output, PATH, Role, Run, SENT, Style, Text, now};
use crate::{
    codecs::common,
    stream::{Answering, End, Replay, Wire},
};

pub const CODEC: Codec = Codec {
    name: "soketto",
    style: Style::Async,
    text: Text::Unchecked,
    lends: false,
    receive,
    send,
    accept,
    connect,
};

type Buffered<E> = BufReader<BufWriter<Wire<E>>>;

fn buffered<E: End>(wire: Wire<E>) -> Buffered<E> {
    BufReader::with_capacity(BLOCK, BufWriter::with_capacity(BLOCK, wire))
}

fn websocket(
    mode: Mode,
    wire: Wire<Replay>,
) -> (Sender<Buffered<Replay>>, Receiver<Buffered<Replay>>) {
    Builder::new(buffered(wire), mode).finish()
}

fn receive(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    let start = input.tally();
    let (_sender, mut receiver) = websocket(Mode::Server, wire);
    let mut message = Vec::new();
    Some(Box::new(move || {
        let mut tally = start;
        now(async {
            while tally.is_open() {
                message.clear();
                receiver.receive_data(&mut message).await.expect("valid frames");
                tally.bytes(&message);
            }
        });
        tally.sum
    }))
}

fn send(Output { role, len, is_kept }: Output, wire: Wire<Replay>) -> Option<Run> {
    let mode = match role {
        Role::Client => Mode::Client,
        Role::Server => Mode::Server,
    };
    let mut payload = common::payload(len);
    let (mut sender, _receiver) = websocket(mode, wire);
    Some(Box::new(move || {
        now(async {
            for _ in 0..SENT {
                let sent = if is_kept {
                    sender.send_binary(&payload).await
                } else {
                    sender.send_binary_mut(&mut payload).await
                };
                sent.expect("an open connection");
                sender.flush().await.expect("an open connection");
            }
        });
        SENT * len
    }))
}

fn accept(wire: Wire<Replay>) -> Option<Run> {
    Some(Box::new(move || {
        now(async {
            let mut server = Server::new(buffered(wire));
            let key = server.receive_request().await.expect("a good request").key();
            let response = Response::Accept { key, protocol: None };
            server.send_response(&response).await.expect("room");
            black_box(server.into_builder().finish());
        });
        1
    }))
}

fn connect(wire: Wire<Answering>) -> Option<Run> {
    Some(Box::new(move || {
        now(async {
            let mut client = Client::new(buffered(wire), HOST, PATH);
            let response = client.handshake().await.expect("a good answer");
            assert!(matches!(response, ServerResponse::Accepted { .. }));
            black_box(client.into_builder().finish());
        });
        1
    }))
}

const BLOCK: usize = 64 * 1024;
