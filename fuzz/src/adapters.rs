//! The same operations over the blocking adapter and over tokio's, on the same scripted stream.

use std::{fmt::Debug, io::ErrorKind, iter::repeat_with};

use fullduplex::{
    CloseCode, Config, Connection, Error, FrameHeader, Kind, Message, Role, blocking, tokio,
};

use crate::{
    common::{
        self, Frame, handshake,
        polled::{Polled, finish, poll, websocket},
        scripted::{Limited, Scripted},
    },
    config, wire,
};

/// An input, taken apart.
#[derive(Clone, Debug)]
pub struct Story {
    role: Role,
    config: Config,
    /// The server's end begins with the handshake.
    with_handshake: bool,
    /// What the application does: which, how much.
    operations: Vec<[u8; 2]>,
    script: Scripted,
    /// Calls that the script can answer other than at once and well.
    steps: usize,
    /// Both adapters must see the same events. They need not where the script has
    ///
    /// - what means "later" to a blocking stream and failure to tokio's, or "again" to one of them:
    ///   `WouldBlock`, `TimedOut`, `Interrupted`;
    /// - a call that is pending and one that fails: of tokio's adapter the future may be dropped while
    ///   it waits, and then the failure is found by another call;
    /// - a call that is pending, a small limit, and a `close`, to which limits do not apply: what comes
    ///   meanwhile is read by it or, ahead of it, by a call that sends.
    pub is_comparable: bool,
    /// The script has a read that says that it filled more than there was room for: nothing can say
    /// that to tokio.
    pub is_blocking_only: bool,
}

/// What came of a story.
#[derive(Debug)]
pub struct Outcome {
    /// What `receive` returned, in order, to its end.
    pub seen: Vec<String>,
    /// First bytes of the frames that were written.
    pub opcodes: Vec<u8>,
}

/// What an application calls; the async adapter's futures are dropped and made anew.
trait Adapter: Sized {
    fn accept(script: Scripted, most: usize) -> Result<Self, Error>;
    fn new(script: Scripted, connection: Connection, most: usize) -> Self;
    fn receive(&mut self) -> Received;
    /// `receive_ref`, then `feed` on its reply; the message is returned when it was fed.
    fn echo(&mut self) -> (Received, Result<(), Error>);
    fn feed(&mut self, message: &Message<'_>) -> Result<(), Error>;
    fn flush(&mut self) -> Result<(), Error>;
    /// `None`, if it was dropped.
    fn send(&mut self, message: &Message<'_>) -> Option<Result<(), Error>>;
    fn ping(&mut self, payload: &[u8]) -> Result<(), Error>;
    fn send_close(&mut self) -> Result<(), Error>;
    fn close(&mut self) -> Result<(), Error>;
    fn into_script(self) -> Scripted;
}

type Received = Result<Option<Message<'static>>, Error>;

/// A data frame that was fed, and whether it must be written.
struct Fed {
    message: Message<'static>,
    must: bool,
}

/// tokio's adapter; each future is polled so many times before it is dropped.
struct Polls {
    ws: tokio::WebSocket<Polled>,
    most: usize,
}

impl Story {
    /// Options, limits, number of operations and of steps; the operations and the steps, two bytes
    /// each; and what the peer sends.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let ([options, limits, operations, steps], rest) = bytes.split_first_chunk()?;
        let (operations, rest) = rest.split_at_checked(2 * usize::from(*operations % 64))?;
        let (steps, rest) = rest.split_at_checked(2 * usize::from(*steps))?;
        let with_handshake = options & HANDSHAKE != 0;
        let (role, mut wire) = wire(options | u8::from(with_handshake), rest);
        if with_handshake {
            wire.splice(..0, handshake::REQUEST.bytes());
        }
        let mut story = Self {
            role,
            config: config(*limits),
            with_handshake,
            operations: operations.as_chunks().0.to_vec(),
            script: Scripted::new(),
            steps: steps.len() / 2 + wire.len(),
            is_comparable: true,
            is_blocking_only: false,
        };
        let (mut pends, mut fails) = (false, false);
        for [step, number] in steps.as_chunks().0 {
            let kind = KINDS[usize::from(*number) % KINDS.len()];
            let len = usize::from(*number);
            pends |= matches!(step % 10, 2 | 6 | 8);
            fails |= matches!((step % 10, number), (5, 0) | (3 | 4 | 7 | 9, _));
            story.is_comparable &= !matches!(step % 10, 3 | 7 | 9) || !LATER.contains(&kind);
            story.is_blocking_only |= matches!((step % 10, number), (3, &u8::MAX));
            let read = |wire: &mut Vec<u8>| wire.drain(..len.min(wire.len())).collect::<Vec<_>>();
            story.script = match step % 10 {
                0 | 1 => story.script.read(read(&mut wire)),
                2 => story.script.read_pending(),
                3 if *number == u8::MAX => story.script.read_lies(),
                3 => story.script.read_fails(kind),
                4 => story.script.write_lies(),
                5 => story.script.write_takes(len),
                6 => story.script.write_pending(),
                7 => story.script.write_fails(kind),
                8 => story.script.flush_pending(),
                _ => story.script.flush_fails(kind),
            };
        }
        story.script = story.script.read(wire);
        let closes = story.operations.iter().any(|[what, _]| what % 8 == 7);
        story.is_comparable &= !pends || !(fails || closes && *limits > 0);
        Some(story)
    }

    pub fn run_blocking(self) -> Outcome {
        self.run::<blocking::WebSocket<Limited>>(usize::MAX)
    }

    /// Drops every future after `most` polls.
    pub fn run_tokio(self, most: usize) -> Outcome {
        self.run::<Polls>(most)
    }

    fn run<A: Adapter>(self, most: usize) -> Outcome {
        let (mut seen, mut fed) = (Vec::new(), Vec::new());
        let mut adapter = if self.with_handshake {
            match A::accept(self.script, most) {
                Ok(adapter) => adapter,
                Err(error) => {
                    return Outcome { seen: vec![show(Err::<(), _>(error))], opcodes: vec![] };
                }
            }
        } else {
            let connection = match self.role {
                Role::Client => Connection::client(&self.config),
                Role::Server => Connection::server(&self.config),
            };
            A::new(self.script, connection, most)
        };
        for (id, [what, number]) in self.operations.iter().enumerate() {
            let message = message(id, usize::from(*number) * 64);
            match what % 8 {
                0 => seen.push(show(adapter.receive())),
                1 => {
                    let (received, result) = adapter.echo();
                    if let (Ok(Some(message)), Ok(())) = (&received, result) {
                        fed.push(Fed { message: message.clone(), must: true });
                    }
                    seen.push(show(received));
                }
                2 => {
                    if adapter.feed(&message).is_ok() {
                        fed.push(Fed { message, must: true });
                    }
                }
                3 => drop(adapter.flush()),
                4 => {
                    let must = matches!(adapter.send(&message), Some(Ok(())));
                    fed.push(Fed { message, must });
                }
                5 => drop(adapter.ping(&vec![*number; usize::from(*number)])),
                6 if *number < 32 => drop(adapter.send_close()),
                7 if *number < 32 => seen.push(show(adapter.close())),
                _ => {}
            }
        }
        // As many messages as can have come, and the end.
        for _ in 0..=self.steps {
            let received = adapter.receive();
            let is_end = !matches!(received, Ok(Some(_)));
            seen.push(show(received));
            if is_end {
                break;
            }
        }
        let flushed = (0..=self.steps).map(|_| adapter.flush()).find(|result| !is_later(result));
        let script = adapter.into_script();
        let bound = MOST_CALLS * (1 + self.steps + self.operations.len());
        assert!(script.log.len() <= bound, "{} calls", script.log.len());
        let opcodes = check(&script, self.role, &fed, matches!(flushed, Some(Ok(()))));
        Outcome { seen, opcodes }
    }
}

impl Adapter for blocking::WebSocket<Limited> {
    fn accept(script: Scripted, _: usize) -> Result<Self, Error> {
        blocking::accept(Limited(script))
    }

    fn new(script: Scripted, connection: Connection, _: usize) -> Self {
        Self::new(Limited(script), connection, &[])
    }

    fn receive(&mut self) -> Received {
        self.receive()
    }

    fn echo(&mut self) -> (Received, Result<(), Error>) {
        match self.receive_ref() {
            Ok(Some((message, mut reply))) => {
                let fed = reply.feed(&message);
                (Ok(Some(message.into_owned())), fed)
            }
            Ok(None) => (Ok(None), Ok(())),
            Err(error) => (Err(error), Ok(())),
        }
    }

    fn feed(&mut self, message: &Message<'_>) -> Result<(), Error> {
        self.feed(message)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.flush()
    }

    fn send(&mut self, message: &Message<'_>) -> Option<Result<(), Error>> {
        Some(self.send(message))
    }

    fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.ping(payload)
    }

    fn send_close(&mut self) -> Result<(), Error> {
        self.send_close(CloseCode::NORMAL, "bye")
    }

    fn close(&mut self) -> Result<(), Error> {
        self.close(CloseCode::NORMAL, "bye")
    }

    fn into_script(self) -> Scripted {
        self.into_parts().0.0
    }
}

impl Adapter for Polls {
    fn accept(script: Scripted, most: usize) -> Result<Self, Error> {
        Ok(Self { ws: finish(tokio::accept(Polled(script)))?, most })
    }

    fn new(script: Scripted, connection: Connection, most: usize) -> Self {
        Self { ws: websocket(Polled(script), connection), most }
    }

    fn receive(&mut self) -> Received {
        until_ready(|| poll(self.ws.receive(), self.most))
    }

    fn echo(&mut self) -> (Received, Result<(), Error>) {
        until_ready(|| {
            let mut received = Ok(None);
            let fed = poll(
                async {
                    match self.ws.receive_ref().await {
                        Ok(Some((message, mut reply))) => {
                            received = Ok(Some(message.clone().into_owned()));
                            reply.feed(message).await
                        }
                        Ok(None) => Ok(()),
                        Err(error) => {
                            received = Err(error);
                            Ok(())
                        }
                    }
                },
                self.most,
            );
            match (received, fed) {
                (received, Some(fed)) => Some((received, fed)),
                // What was received before the future was dropped is for the application to keep.
                (Ok(Some(message)), None) => {
                    let fed = Adapter::feed(self, &message);
                    Some((Ok(Some(message)), fed))
                }
                (_, None) => None,
            }
        })
    }

    fn feed(&mut self, message: &Message<'_>) -> Result<(), Error> {
        until_ready(|| poll(self.ws.feed(message), self.most))
    }

    fn flush(&mut self) -> Result<(), Error> {
        until_ready(|| poll(self.ws.flush(), self.most))
    }

    fn send(&mut self, message: &Message<'_>) -> Option<Result<(), Error>> {
        poll(self.ws.send(message), self.most)
    }

    fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        poll(self.ws.ping(payload), self.most).unwrap_or(Ok(()))
    }

    fn send_close(&mut self) -> Result<(), Error> {
        poll(self.ws.send_close(CloseCode::NORMAL, "bye"), self.most).unwrap_or(Ok(()))
    }

    fn close(&mut self) -> Result<(), Error> {
        until_ready(|| poll(self.ws.close(CloseCode::NORMAL, "bye"), self.most))
    }

    fn into_script(self) -> Scripted {
        self.ws.into_parts().0.0
    }
}

/// Asserts that what was written is whole frames with the data that was fed, in order; or the front
/// of it, unless all was written. Returns the frames' first bytes.
fn check(script: &Scripted, role: Role, fed: &[Fed], is_whole: bool) -> Vec<u8> {
    let mut written = &script.written[..];
    if written.starts_with(b"HTTP/1.1 101 ") {
        let end = written.windows(4).position(|it| it == b"\r\n\r\n").expect("a whole head");
        written = &written[end + 4..];
    }
    let mut whole = 0;
    while let Ok(Some((header, len))) = FrameHeader::parse(&written[whole..]) {
        let end = whole + len + header.payload_len as usize;
        if end > written.len() {
            break;
        }
        whole = end;
    }
    assert!(whole == written.len() || !is_whole, "half a frame is written");
    assert!(script.unflushed == 0 || !is_whole, "the stream holds what was written");
    let frames = common::read_frames(&written[..whole]);
    assert!(frames.iter().all(|frame| frame.key.is_some() == (role == Role::Client)));
    let data: Vec<_> = frames.iter().filter(|frame| frame.first < 0x88).collect();
    assert!(is_as_fed(&data, fed, is_whole), "{data:?} is not what was fed");
    frames.iter().map(|frame| frame.first).collect()
}

fn is_as_fed(written: &[&Frame], fed: &[Fed], is_whole: bool) -> bool {
    let Some((next, later)) = fed.split_first() else { return written.is_empty() };
    let is_next = |frame: &Frame| {
        let opcode = if next.message.kind() == Kind::Text { 0x81 } else { 0x82 };
        frame.first == opcode && frame.payload == next.message.as_bytes()
    };
    match written {
        [] if !is_whole => true,
        [frame, rest @ ..] if is_next(frame) && is_as_fed(rest, later, is_whole) => true,
        _ => !next.must && is_as_fed(written, later, is_whole),
    }
}

/// A message that no other operation sends.
fn message(id: usize, len: usize) -> Message<'static> {
    let text = format!("{id:04}{}", "x".repeat(len));
    if id % 2 == 0 { text.into() } else { text.into_bytes().into() }
}

fn show<T: Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Io(error)) => format!("{:?}", error.kind()),
        result => format!("{result:?}"),
    }
}

fn is_later(result: &Result<(), Error>) -> bool {
    matches!(result, Err(Error::Io(error)) if LATER.contains(&error.kind()))
}

fn until_ready<T>(attempt: impl FnMut() -> Option<T>) -> T {
    repeat_with(attempt).take(MOST_ATTEMPTS).flatten().next().expect("no future waits for ever")
}

/// The option that begins with the server's handshake.
const HANDSHAKE: u8 = 4;
const LATER: [ErrorKind; 3] = [ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted];
const KINDS: [ErrorKind; 5] = [
    ErrorKind::ConnectionReset,
    ErrorKind::BrokenPipe,
    ErrorKind::WouldBlock,
    ErrorKind::TimedOut,
    ErrorKind::Interrupted,
];
/// More than the steps of any script.
const MOST_ATTEMPTS: usize = 1000;
/// Calls for each operation, step, and byte that comes.
const MOST_CALLS: usize = 4;
