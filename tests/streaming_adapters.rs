//! Messages piece by piece through every adapter, whole and in halves, received and sent; dropped at every
//! poll.
#![cfg(feature = "futures-io")]
#![cfg(feature = "tokio")]

mod common;

use common::{
    Frames, Seen, all_to, binary, close_body, closed, contents, for_every_cut,
    halves::{Polled, failed, until_ready},
    masked,
    pieces::{Piece, join},
    polled::{enter, poll},
    read_frames,
    scripted::Scripted,
    shared::Shared,
    text,
};
use fullduplex::{
    CloseCode, Config, Connection, Error, Kind, Message, MessageChunk, ProtocolError, Role,
    SendError,
    asynchronous::{Adapter, MessageWriter, Outbox, ReceiveHalfByLock, SendHalfByLock, WebSocket},
    blocking,
    futures_io::FuturesIo,
    tokio::Tokio,
};

/// What streams messages: futures are dropped after `most` polls.
trait Streams {
    fn receive_chunk(&mut self, most: usize) -> Polled<Option<Piece>>;
    /// Begins a message, and drops its writer.
    fn feed_chunk(&mut self, kind: Kind, chunk: &Message<'_>, most: usize) -> Polled<()>;
    /// Sends a message of these pieces.
    fn stream(&mut self, kind: Kind, pieces: &[&str], most: usize) -> Polled<()>;
    fn flush(&mut self, most: usize) -> Polled<()>;
    fn send(&mut self, message: &Message<'_>) -> Result<(), Error>;
    fn ping(&mut self) -> Result<(), Error>;
    fn send_close(&mut self) -> Result<(), Error>;
    fn peer_close(&self) -> Seen;
}

fn piece(chunk: MessageChunk<'_>) -> Piece {
    Piece::Chunk(chunk.content.into_owned(), chunk.first, chunk.last)
}

/// Feeds the pieces; the end may be dropped before it is written.
fn stream(mut writer: MessageWriter<'_, impl Outbox>, pieces: &[&str], most: usize) -> Polled<()> {
    for piece in pieces {
        if let Err(error) = until_ready(|| poll(writer.feed(*piece), most)) {
            return Some(Err(error));
        }
    }
    poll(writer.finish(), most)
}

struct Whole<A: Adapter<Shared>>(WebSocket<Shared, A>);
struct Halves<A: Adapter<Shared>>(ReceiveHalfByLock<Shared, A>, SendHalfByLock<Shared, A>);
struct BlockingWhole(blocking::WebSocket<Shared>);
struct BlockingHalves(blocking::ReceiveHalf<Shared>, blocking::SendHalf<Shared>);

impl<A: Adapter<Shared>> Streams for Whole<A> {
    fn receive_chunk(&mut self, most: usize) -> Polled<Option<Piece>> {
        let received = async { Ok(self.0.receive_chunk().await?.map(|(chunk, _)| piece(chunk))) };
        poll(received, most)
    }
    fn feed_chunk(&mut self, kind: Kind, chunk: &Message<'_>, most: usize) -> Polled<()> {
        poll(self.0.stream_message(kind).feed(chunk), most)
    }
    fn stream(&mut self, kind: Kind, pieces: &[&str], most: usize) -> Polled<()> {
        stream(self.0.stream_message(kind), pieces, most)
    }
    fn flush(&mut self, most: usize) -> Polled<()> {
        poll(self.0.flush(), most)
    }
    fn send(&mut self, message: &Message<'_>) -> Result<(), Error> {
        poll(self.0.send(message), usize::MAX).unwrap()
    }
    fn ping(&mut self) -> Result<(), Error> {
        poll(self.0.ping(b"?"), usize::MAX).unwrap()
    }
    fn send_close(&mut self) -> Result<(), Error> {
        poll(self.0.send_close(CloseCode::NORMAL, ""), usize::MAX).unwrap()
    }
    fn peer_close(&self) -> Seen {
        closed(self.0.closing())
    }
}

impl<A: Adapter<Shared>> Streams for Halves<A> {
    fn receive_chunk(&mut self, most: usize) -> Polled<Option<Piece>> {
        poll(async { Ok(self.0.receive_chunk().await?.map(piece)) }, most)
    }
    fn feed_chunk(&mut self, kind: Kind, chunk: &Message<'_>, most: usize) -> Polled<()> {
        poll(self.1.stream_message(kind).feed(chunk), most)
    }
    fn stream(&mut self, kind: Kind, pieces: &[&str], most: usize) -> Polled<()> {
        stream(self.1.stream_message(kind), pieces, most)
    }
    fn flush(&mut self, most: usize) -> Polled<()> {
        poll(self.1.flush(), most)
    }
    fn send(&mut self, message: &Message<'_>) -> Result<(), Error> {
        poll(self.1.send(message), usize::MAX).unwrap()
    }
    fn ping(&mut self) -> Result<(), Error> {
        poll(self.1.ping(b"?"), usize::MAX).unwrap()
    }
    fn send_close(&mut self) -> Result<(), Error> {
        poll(self.1.send_close(CloseCode::NORMAL, ""), usize::MAX).unwrap()
    }
    fn peer_close(&self) -> Seen {
        closed(self.0.closing().as_ref())
    }
}

impl Streams for BlockingWhole {
    fn receive_chunk(&mut self, _: usize) -> Polled<Option<Piece>> {
        Some(self.0.receive_chunk().map(|received| received.map(|(chunk, _)| piece(chunk))))
    }
    fn feed_chunk(&mut self, kind: Kind, chunk: &Message<'_>, _: usize) -> Polled<()> {
        Some(self.0.stream_message(kind).feed(chunk))
    }
    fn stream(&mut self, kind: Kind, pieces: &[&str], _: usize) -> Polled<()> {
        let mut writer = self.0.stream_message(kind);
        let fed = pieces.iter().try_for_each(|piece| writer.feed(*piece));
        Some(fed.and_then(|()| writer.finish()))
    }
    fn flush(&mut self, _: usize) -> Polled<()> {
        Some(self.0.flush())
    }
    fn send(&mut self, message: &Message<'_>) -> Result<(), Error> {
        self.0.send(message)
    }
    fn ping(&mut self) -> Result<(), Error> {
        self.0.ping(b"?")
    }
    fn send_close(&mut self) -> Result<(), Error> {
        self.0.send_close(CloseCode::NORMAL, "")
    }
    fn peer_close(&self) -> Seen {
        closed(self.0.closing())
    }
}

impl Streams for BlockingHalves {
    fn receive_chunk(&mut self, _: usize) -> Polled<Option<Piece>> {
        Some(self.0.receive_chunk().map(|received| received.map(piece)))
    }
    fn feed_chunk(&mut self, kind: Kind, chunk: &Message<'_>, _: usize) -> Polled<()> {
        Some(self.1.stream_message(kind).feed(chunk))
    }
    fn stream(&mut self, kind: Kind, pieces: &[&str], _: usize) -> Polled<()> {
        let mut writer = self.1.stream_message(kind);
        let fed = pieces.iter().try_for_each(|piece| writer.feed(*piece));
        Some(fed.and_then(|()| writer.finish()))
    }
    fn flush(&mut self, _: usize) -> Polled<()> {
        Some(self.1.flush())
    }
    fn send(&mut self, message: &Message<'_>) -> Result<(), Error> {
        self.1.send(message)
    }
    fn ping(&mut self) -> Result<(), Error> {
        self.1.ping(b"?")
    }
    fn send_close(&mut self) -> Result<(), Error> {
        self.1.send_close(CloseCode::NORMAL, "")
    }
    fn peer_close(&self) -> Seen {
        closed(self.0.closing().as_ref())
    }
}

/// Runs `check` with a server of each kind.
fn for_each(script: &Scripted, mut check: impl FnMut(&str, &mut dyn Streams, &Shared)) {
    let _guard = enter();
    let new = || Shared::new(script.clone());
    let server = || Connection::server(&Config::default());
    let stream = new();
    check("blocking", &mut BlockingWhole(blocking_server(&stream)), &stream);
    let stream = new();
    let (receive, send) = blocking_server(&stream).split().unwrap();
    check("blocking halves", &mut BlockingHalves(receive, send), &stream);
    let stream = new();
    check("tokio", &mut Whole::<Tokio>(WebSocket::new(stream.clone(), server(), &[])), &stream);
    let stream = new();
    let (receive, send) = WebSocket::<_, Tokio>::new(stream.clone(), server(), &[]).split();
    check("tokio halves", &mut Halves(receive, send), &stream);
    let stream = new();
    let ws = WebSocket::new(stream.clone(), server(), &[]);
    check("futures-io", &mut Whole::<FuturesIo>(ws), &stream);
    let stream = new();
    let (receive, send) = WebSocket::<_, FuturesIo>::new(stream.clone(), server(), &[]).split();
    check("futures-io halves", &mut Halves(receive, send), &stream);
}

fn blocking_server(stream: &Shared) -> blocking::WebSocket<Shared> {
    blocking::WebSocket::new(stream.clone(), Connection::server(&Config::default()), &[])
}

/// All pieces, and how it ended.
fn receive_all(ws: &mut dyn Streams, most: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    loop {
        match until_ready(|| ws.receive_chunk(most)) {
            Ok(Some(piece)) => pieces.push(piece),
            Ok(None) => {
                pieces.push(Piece::Other(ws.peer_close()));
                return pieces;
            }
            Err(error) => {
                pieces.push(Piece::Other(failed(error)));
                return pieces;
            }
        }
    }
}

#[test]
fn the_pieces_of_a_message_are_the_message_however_it_is_cut_and_wherever_futures_are_dropped() {
    let end = || Seen::Failed(ProtocolError::EndWithoutClose);
    let cases: [(Frames<'_>, Vec<Seen>); 4] = [
        (&[(0x81, b"Hello"), (0x88, b"")], vec![text("Hello"), Seen::Close(None)]),
        (
            &[(0x01, b"two \xe2"), (0x89, b"?"), (0x80, b"\x82\xac"), (0x82, b"next")],
            vec![text("two €"), binary(b"next"), end()],
        ),
        (&[(0x02, b""), (0x00, b""), (0x80, b"")], vec![binary(b""), end()]),
        (&[(0x81, b"\xff")], vec![Seen::Failed(ProtocolError::InvalidUtf8)]),
    ];
    for (frames, seen) in cases {
        for_every_cut(&all_to(Role::Server, frames), |reads| {
            let script = reads
                .iter()
                .fold(Scripted::new(), |script, read| script.read_pending().read(*read));
            for most in [1, 2, usize::MAX] {
                for_each(&script, |name, ws, _| {
                    assert_eq!(join(&receive_all(ws, most)), seen, "{name}, {most} polls");
                });
            }
        });
    }
}

#[test]
fn a_message_is_sent_in_the_pieces_that_were_fed_wherever_futures_are_dropped() {
    let slow = (0..60).fold(Scripted::new(), |script, _| script.write_pending().write_takes(1));
    for most in [1, 2, 3, usize::MAX] {
        for_each(&slow, |name, ws, stream| {
            // Polled once, it has queued the end.
            if let Some(finished) = ws.stream(Kind::Text, &["one", "", "two"], most) {
                finished.unwrap();
            }
            until_ready(|| ws.flush(most)).unwrap();
            ws.send(&"next".into()).unwrap();
            let expected: Frames<'_> =
                &[(0x01, b"one"), (0x00, b""), (0x00, b"two"), (0x80, b""), (0x81, b"next")];
            let frames = read_frames(&stream.written());
            assert_eq!(contents(&frames), expected, "{name}, {most} polls");
        });
    }
}

#[test]
fn after_a_message_that_was_dropped_half_way_only_control_frames_go() {
    let script = Scripted::new().read(masked(0x88, &close_body(1000, "")));
    for_each(&script, |name, ws, stream| {
        let unfinished = |sent: Result<(), Error>| {
            assert!(matches!(sent, Err(Error::Send(SendError::UnfinishedMessage))), "{name}");
        };
        unfinished(ws.feed_chunk(Kind::Text, &Message::from(&[1]), usize::MAX).unwrap());
        ws.feed_chunk(Kind::Text, &"begun".into(), usize::MAX).unwrap().unwrap();
        unfinished(ws.send(&"another".into()));
        unfinished(ws.feed_chunk(Kind::Binary, &Message::from(&[1]), usize::MAX).unwrap());
        // Nor does another writer go on with what it did not begin.
        unfinished(ws.feed_chunk(Kind::Text, &"more".into(), usize::MAX).unwrap());
        unfinished(ws.stream(Kind::Text, &[], usize::MAX).unwrap());
        ws.ping().unwrap();
        ws.send_close().unwrap();
        let ended = ws.stream(Kind::Text, &[], usize::MAX);
        assert!(matches!(ended, Some(Err(Error::Closed(_)))), "{name}");
        assert_eq!(receive_all(ws, 1).len(), 1, "{name}");
        let expected: Frames<'_> = &[(0x01, b"begun"), (0x89, b"?"), (0x88, &close_body(1000, ""))];
        assert_eq!(contents(&read_frames(&stream.written())), expected, "{name}");
    });
}
