//! The blocking and the tokio adapter on the same random script: the same outcomes, the same bytes.
#![cfg(feature = "tokio")]

mod common;

use std::io::ErrorKind;

use common::{
    Seen, close_body, closed, masked,
    polled::{Polled, finish, websocket},
    scripted::{Limited, Scripted},
};
use fullduplex::{
    CloseCode, Config, Connection, Error, Message, ProtocolError, SendError, blocking,
    tokio::WebSocket as AsyncWebSocket,
};
use proptest::prelude::*;

/// An adapter on its script; an asynchronous call is polled until it is ready.
trait Adapter {
    fn receive(&mut self) -> Result<Option<Message<'static>>, Error>;
    fn feed(&mut self, message: &Message<'_>) -> Result<(), Error>;
    fn flush(&mut self) -> Result<(), Error>;
    fn ping(&mut self, payload: &[u8]) -> Result<(), Error>;
    fn send_close(&mut self, code: CloseCode) -> Result<(), Error>;
    fn close(&mut self, code: CloseCode) -> Result<(), Error>;
    fn peer_close(&self) -> Seen;
    fn written(&self) -> &[u8];
}

impl Adapter for blocking::WebSocket<Limited> {
    fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        self.receive()
    }
    fn feed(&mut self, message: &Message<'_>) -> Result<(), Error> {
        self.feed(message)
    }
    fn flush(&mut self) -> Result<(), Error> {
        self.flush()
    }
    fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.ping(payload)
    }
    fn send_close(&mut self, code: CloseCode) -> Result<(), Error> {
        self.send_close(code, "")
    }
    fn close(&mut self, code: CloseCode) -> Result<(), Error> {
        self.close(code, "")
    }
    fn peer_close(&self) -> Seen {
        closed(self.closing())
    }
    fn written(&self) -> &[u8] {
        &self.stream().0.written
    }
}

impl Adapter for AsyncWebSocket<Polled> {
    fn receive(&mut self) -> Result<Option<Message<'static>>, Error> {
        finish(self.receive())
    }
    fn feed(&mut self, message: &Message<'_>) -> Result<(), Error> {
        finish(self.feed(message))
    }
    fn flush(&mut self) -> Result<(), Error> {
        finish(self.flush())
    }
    fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        finish(self.ping(payload))
    }
    fn send_close(&mut self, code: CloseCode) -> Result<(), Error> {
        finish(self.send_close(code, ""))
    }
    fn close(&mut self, code: CloseCode) -> Result<(), Error> {
        finish(self.close(code, ""))
    }
    fn peer_close(&self) -> Seen {
        closed(self.closing())
    }
    fn written(&self) -> &[u8] {
        &self.stream().0.written
    }
}

/// What an application does.
#[derive(Clone, Debug)]
enum Act {
    Receive,
    /// Receives, and feeds the message back.
    Echo,
    Feed(Message<'static>),
    Flush,
    Ping(Vec<u8>),
    SendClose(u16),
    Close(u16),
}

/// What came of it.
#[derive(Debug, PartialEq)]
enum Outcome {
    Done,
    Seen(Seen),
    Refused(SendError),
}

fn outcome(error: Error) -> Outcome {
    match error {
        Error::Io(error) => Outcome::Seen(Seen::Io(error.kind())),
        Error::Protocol(error) => Outcome::Seen(Seen::Failed(error)),
        Error::Send(error) => Outcome::Refused(error),
        Error::Closed(_) => Outcome::Refused(SendError::Closed),
        error => panic!("{error}"),
    }
}

fn act(ws: &mut dyn Adapter, act: &Act) -> Outcome {
    let done = match act {
        Act::Receive | Act::Echo => {
            return match ws.receive() {
                Ok(Some(message)) => match act {
                    Act::Echo => ws
                        .feed(&message)
                        .map_or_else(outcome, |()| Outcome::Seen(Seen::Message(message))),
                    _ => Outcome::Seen(Seen::Message(message)),
                },
                Ok(None) => Outcome::Seen(ws.peer_close()),
                Err(error) => outcome(error),
            };
        }
        Act::Feed(message) => ws.feed(message),
        Act::Flush => ws.flush(),
        Act::Ping(payload) => ws.ping(payload),
        Act::SendClose(code) => ws.send_close(CloseCode::new(*code)),
        Act::Close(code) => ws.close(CloseCode::new(*code)),
    };
    done.map_or_else(outcome, |()| Outcome::Done)
}

/// Does all of `acts`, and then echoes as often as there may be something to receive. An answer to
/// the peer's end is written before that is reported: there the length written counts too.
fn run(ws: &mut dyn Adapter, acts: &[Act]) -> (Vec<(Outcome, Option<usize>)>, Vec<u8>) {
    let rest = [vec![Act::Echo; ECHOES], vec![Act::Flush]].concat();
    let mut outcomes = Vec::new();
    for it in acts.iter().chain(&rest) {
        let outcome = act(ws, it);
        let is_answered = match &outcome {
            Outcome::Seen(Seen::Close(_)) => true,
            Outcome::Seen(Seen::Failed(error)) => *error != ProtocolError::EndWithoutClose,
            _ => false,
        };
        outcomes.push((outcome, is_answered.then(|| ws.written().len())));
    }
    (outcomes, ws.written().to_vec())
}

fn assert_alike(script: &Scripted, config: &Config, acts: &[Act]) {
    let mut blocking =
        blocking::WebSocket::new(Limited(script.clone()), Connection::server(config), &[]);
    let mut polled = websocket(Polled(script.clone()), Connection::server(config));
    let (expected, written) = run(&mut blocking, acts);
    let (actual, written_too) = run(&mut polled, acts);
    assert_eq!(actual, expected, "tokio, blocking");
    assert_eq!(written_too, written, "written by tokio, by blocking");
}

fn any_act() -> impl Strategy<Value = Act> {
    let message = prop::collection::vec(any::<u8>(), 0..300).prop_map(Message::from);
    prop_oneof![
        4 => Just(Act::Receive),
        4 => Just(Act::Echo),
        4 => message.prop_map(Act::Feed),
        2 => Just(Act::Flush),
        1 => prop::collection::vec(any::<u8>(), 0..9).prop_map(Act::Ping),
        1 => (3000..3010_u16).prop_map(Act::SendClose),
        1 => (3000..3010_u16).prop_map(Act::Close),
    ]
}

/// Frames to a server, now and then a bad one, in reads of any size.
fn reads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let first = prop_oneof![
        12 => prop::sample::select(vec![0x81, 0x82, 0x89, 0x8a]),
        3 => prop::sample::select(vec![0x01, 0x80, 0x00, 0x88]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        Just(vec![]),
        "[a-z]{0,99}".prop_map(String::into_bytes),
        Just(close_body(1000, "bye")),
    ];
    let frames = prop::collection::vec((first, payload), 0..ECHOES);
    let sizes = prop::collection::vec(prop_oneof![1..8_usize, 1..300_usize], 0..30);
    (frames, sizes).prop_map(|(frames, sizes)| {
        let mut wire: Vec<u8> =
            frames.iter().flat_map(|(first, payload)| masked(*first, payload)).collect();
        let mut reads: Vec<Vec<u8>> = Vec::new();
        for size in sizes {
            let rest = wire.split_off(size.min(wire.len()));
            reads.push(std::mem::replace(&mut wire, rest));
        }
        reads.push(wire);
        // A read of nothing is the end of the stream.
        reads.retain(|read| !read.is_empty());
        reads
    })
}

/// How the stream ends: with an error, or just so. (A `ReadBuf` cannot lie, so no read does.)
fn end() -> impl Strategy<Value = Option<ErrorKind>> {
    let kinds = vec![ErrorKind::ConnectionReset, ErrorKind::ConnectionAborted, ErrorKind::Other];
    prop::option::of(prop::sample::select(kinds))
}

/// A write that fails for good.
#[derive(Clone, Debug)]
enum Failure {
    Write(ErrorKind),
    TakesNothing,
    Lies,
    Flush,
}

proptest! {
    // Pending stands before a step. A blocking stream waits, an asynchronous one reads meanwhile.
    #[test]
    fn both_adapters_do_the_same_however_reads_and_writes_are_cut_and_put_off(
        reads in reads(),
        put_off in prop::collection::vec(any::<(bool, bool, bool)>(), 60),
        takes in prop::collection::vec(prop_oneof![1..4_usize, 1..200_usize], 0..60),
        end in end(),
        acts in prop::collection::vec(any_act(), 0..12),
    ) {
        let mut script = Scripted::new();
        let mut takes = takes.into_iter();
        let mut reads = reads.into_iter();
        for (read, write, flush) in put_off {
            script = if read { script.read_pending() } else { script };
            script = if write { script.write_pending() } else { script };
            script = if flush { script.flush_pending() } else { script };
            script = reads.next().into_iter().fold(script, Scripted::read);
            script = takes.next().into_iter().fold(script, Scripted::write_takes);
        }
        let script = reads.fold(script, Scripted::read);
        let script = end.into_iter().fold(script, Scripted::read_fails);
        assert_alike(&script, &Config::default(), &acts);
    }

    // Without Pending: what an adapter reads while a write waits, it may say before a failure.
    #[test]
    fn both_adapters_report_the_same_when_a_write_fails_and_when_the_output_is_full(
        reads in reads(),
        takes in prop::collection::vec(1..200_usize, 0..12),
        failure in prop_oneof![
            Just(Failure::Write(ErrorKind::BrokenPipe)),
            Just(Failure::TakesNothing),
            Just(Failure::Lies),
            Just(Failure::Flush),
        ],
        end in end(),
        high_water in 0..600_usize,
        acts in prop::collection::vec(any_act(), 0..12),
    ) {
        let script = reads.into_iter().fold(Scripted::new(), Scripted::read);
        let script = takes.into_iter().fold(script, Scripted::write_takes);
        let script = match failure {
            Failure::Write(kind) => script.write_fails(kind),
            Failure::TakesNothing => script.write_takes(0),
            Failure::Lies => script.write_lies(),
            Failure::Flush => script.flush_fails(ErrorKind::BrokenPipe),
        };
        let script = end.into_iter().fold(script, Scripted::read_fails);
        let mut config = Config::default();
        config.write_high_water = high_water;
        assert_alike(&script, &config, &acts);
    }
}

/// More than there are messages to receive.
const ECHOES: usize = 24;
