//! permessage-deflate (RFC 7692) through every adapter, whole and in halves: each call that sends says by
//! RSV1 (§6) whether the message is compressed, and what comes is inflated.
#![cfg(all(feature = "deflate", feature = "futures-io", feature = "tokio"))]

mod common;

use common::{
    End, Seen,
    polled::{enter, finish},
    read_frames,
    scripted::Scripted,
    shared::Shared,
};
use fullduplex::{
    Compression, Config, Connection, Kind, Message, Parameters, Prepared, Role,
    asynchronous::{Adapter, WebSocket},
    blocking,
    futures_io::FuturesIo,
    tokio::Tokio,
};

const TEXT: &str = "the same again, the same again, the same again, the same again";

fn connection(role: Role) -> Connection {
    let mut connection = match role {
        Role::Client => Connection::client(&Config::default()),
        Role::Server => Connection::server(&Config::default()),
    };
    let mut policy = Compression::default();
    policy.threshold = 16;
    let mut parameters = Parameters::default();
    parameters.server_no_context_takeover = true;
    parameters.client_no_context_takeover = true;
    parameters.server_max_window_bits = 11;
    connection.set_compression(parameters, &policy);
    connection
}

/// A compressed message comes.
fn script() -> Shared {
    let mut client = End { connection: connection(Role::Client), ..End::new(Role::Client) };
    client.connection.send(TEXT, &mut client.output).unwrap();
    Shared::new(Scripted::new().read(client.written()))
}

fn at_once<T>(result: T) -> T {
    result
}

/// Sends in all ways; `wait` waits for what a call returns.
macro_rules! send {
    ($ws:expr, $wait:ident) => {
        $wait($ws.feed(TEXT)).unwrap();
        $wait($ws.feed_plain(TEXT)).unwrap();
        $wait($ws.feed("short")).unwrap();
        $wait($ws.feed_prepared(&Prepared::new(TEXT))).unwrap();
        let mut writer = $ws.stream_message(Kind::Text);
        $wait(writer.feed(TEXT)).unwrap();
        $wait(writer.finish()).unwrap();
        $wait($ws.send(TEXT.as_bytes())).unwrap();
    };
}

/// The first bytes of what `send!` writes.
const FIRST_BYTES: [u8; 7] = [0xc1, 0x81, 0x81, 0xc1, 0x41, 0x80, 0xc2];

fn check(name: &str, stream: &Shared) {
    let written = stream.written();
    let frames = read_frames(&written);
    let first_bytes: Vec<_> = frames.iter().map(|frame| frame.first).collect();
    assert_eq!(first_bytes, FIRST_BYTES, "{name}");
    let mut client = End { connection: connection(Role::Client), ..End::new(Role::Client) };
    let text = || Seen::Message(Message::from(TEXT));
    let (short, bytes) = (Seen::Message("short".into()), Seen::Message(TEXT.as_bytes().into()));
    let expected = [text(), text(), short, text(), text(), bytes];
    assert_eq!(client.receive(&written), expected, "{name}");
}

fn asynchronous<A: Adapter<Shared>>(name: &str) {
    let _entered = enter();
    let stream = script();
    let mut ws = WebSocket::<_, A>::new(stream.clone(), connection(Role::Server), &[]);
    assert_eq!(ws.compression().unwrap().server_max_window_bits, 11);
    assert_eq!(finish(ws.receive()).unwrap(), Some(TEXT.into()), "{name}");
    send!(ws, finish);
    check(name, &stream);

    let stream = script();
    let ws = WebSocket::<_, A>::new(stream.clone(), connection(Role::Server), &[]);
    let (mut receiving, mut sending) = ws.split();
    assert_eq!(receiving.compression().unwrap().server_max_window_bits, 11);
    assert_eq!(finish(receiving.receive()).unwrap(), Some(TEXT.into()), "{name} in halves");
    send!(sending, finish);
    check(&format!("{name} in halves"), &stream);
}

#[test]
fn every_adapter_compresses_what_it_is_not_told_to_leave_as_it_is() {
    asynchronous::<Tokio>("tokio");
    asynchronous::<FuturesIo>("futures-io");

    let stream = script();
    let mut ws = blocking::WebSocket::new(stream.clone(), connection(Role::Server), &[]);
    assert_eq!(ws.compression().unwrap().server_max_window_bits, 11);
    assert_eq!(ws.receive().unwrap(), Some(TEXT.into()));
    send!(ws, at_once);
    check("blocking", &stream);

    let stream = script();
    let ws = blocking::WebSocket::new(stream.clone(), connection(Role::Server), &[]);
    let (mut receiving, mut sending) = ws.split().unwrap();
    assert_eq!(receiving.compression().unwrap().server_max_window_bits, 11);
    assert_eq!(receiving.receive().unwrap(), Some(TEXT.into()));
    send!(sending, at_once);
    check("blocking, in halves", &stream);
}

/// A `Reply`, which is made while a message is lent, can leave its answer as it is too.
#[test]
fn an_answer_to_what_is_lent_is_compressed_or_left_as_it_is() {
    let _entered = enter();
    let check = |stream: &Shared| {
        let written = stream.written();
        let first_bytes: Vec<_> = read_frames(&written).iter().map(|frame| frame.first).collect();
        assert_eq!(first_bytes, [0xc1, 0x81]);
    };
    let stream = script();
    let mut ws = WebSocket::<_, Tokio>::new(stream.clone(), connection(Role::Server), &[]);
    let (message, mut reply) = finish(ws.receive_ref()).unwrap().unwrap();
    finish(reply.feed(&message)).unwrap();
    finish(reply.feed_plain(&message)).unwrap();
    finish(ws.flush()).unwrap();
    check(&stream);
    let stream = script();
    let mut ws = blocking::WebSocket::new(stream.clone(), connection(Role::Server), &[]);
    let (message, mut reply) = ws.receive_ref().unwrap().unwrap();
    reply.feed(&message).unwrap();
    reply.feed_plain(&message).unwrap();
    ws.flush().unwrap();
    check(&stream);
}
