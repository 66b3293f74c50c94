//! wtx: its reusable buffer, with room for 128 KiB from the network; payloads where they are
//! (`Adaptive`), no compression, masks from its `Xorshift64`; text arrives as `&str`. A client masks
//! in the caller's buffer; a message that is kept is copied by the caller, always to the same place.
//! Handshakes reuse the buffer. Its client does not compare
//! `Sec-WebSocket-Accept`, and a server forgets what is behind the request.

use std::hint::black_box;

use wtx::{
    collection::Vector,
    misc::UriRef,
    rng::{Xorshift64, simple_seed},
    web_socket::{
        FrameMut, OpCode, WebSocketAcceptor, WebSocketBuffer, WebSocketConnector, WebSocketOwned,
        WebSocketPayloadOrigin,
    },
};

use super::{Codec, Input, Output, Role, Run, SENT, Style, Tally, Text, URL, now};
use crate::{
    codecs::common,
    stream::{Answering, Replay, Wire},
};

pub const CODEC: Codec = Codec {
    name: "wtx",
    style: Style::Async,
    text: Text::Str,
    lends: true,
    receive,
    send,
    accept,
    connect,
};

type WebSocket<const IS_CLIENT: bool> = WebSocketOwned<(), Xorshift64, Wire<Replay>, IS_CLIENT>;

fn rng() -> Xorshift64 {
    Xorshift64::from(simple_seed())
}

fn buffer() -> WebSocketBuffer {
    WebSocketBuffer::with_capacity(128 * 1024, 0, 0).expect("memory")
}

fn websocket<const IS_CLIENT: bool>(wire: Wire<Replay>) -> WebSocket<IS_CLIENT> {
    WebSocket::new((), false, rng(), wire, buffer())
}

fn take(frame: &FrameMut<'_, false>, tally: &mut Tally) {
    match (frame.op_code(), frame.text_payload()) {
        (OpCode::Text, Some(text)) => tally.text(text),
        (OpCode::Binary, _) => tally.bytes(frame.payload()),
        _ => {}
    }
}

fn receive(input: &Input, wire: Wire<Replay>) -> Option<Run> {
    let start = input.tally();
    let mut ws = websocket(wire);
    let mut message = Vector::new();
    Some(Box::new(move || {
        let mut tally = start;
        now(async {
            while tally.is_open() {
                let frame = ws.read_frame(&mut message, WebSocketPayloadOrigin::Adaptive).await;
                take(&frame.expect("valid frames"), &mut tally);
            }
        });
        tally.sum
    }))
}

fn send(output: Output, wire: Wire<Replay>) -> Option<Run> {
    match output.role {
        Role::Client => send_as::<true>(output, wire),
        Role::Server => send_as::<false>(output, wire),
    }
}

fn send_as<const IS_CLIENT: bool>(
    Output { len, is_kept, .. }: Output,
    wire: Wire<Replay>,
) -> Option<Run> {
    let original = common::payload(len);
    let mut payload = original.clone();
    // A server masks nothing.
    let is_copied = is_kept && IS_CLIENT;
    let mut ws: WebSocket<IS_CLIENT> = websocket(wire);
    Some(Box::new(move || {
        now(async {
            for _ in 0..SENT {
                if is_copied {
                    payload.copy_from_slice(&original);
                }
                let mut frame = FrameMut::new_fin(OpCode::Binary, &mut payload[..]);
                ws.write_frame(&mut frame).await.expect("an open connection");
            }
        });
        SENT * len
    }))
}

fn accept(wire: Wire<Replay>) -> Option<Run> {
    let mut buffer = buffer();
    Some(Box::new(move || {
        let acceptor = WebSocketAcceptor::default().no_masking(false).wsb(&mut buffer);
        black_box(now(acceptor.accept(wire)).expect("a good request"));
        1
    }))
}

fn connect(wire: Wire<Answering>) -> Option<Run> {
    let mut buffer = buffer();
    Some(Box::new(move || {
        let connector = WebSocketConnector::default().no_masking(false).wsb(&mut buffer);
        let connected = now(connector.connect(wire, &UriRef::new(URL)));
        black_box(connected.expect("a good answer"));
        1
    }))
}
