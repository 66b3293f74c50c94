//! A message that comes in several reads, none of which waits, stands in the read block until it is
//! whole: every adapter sees of it, and answers, what the core does that is given byte by byte.
#![cfg(feature = "tokio")]

mod common;

use std::{
    io::{self, ErrorKind, Read, Write},
    thread,
    time::Duration,
};

use common::{
    End, Seen, close_body, contents, halves, masked,
    pieces::{Piece, join},
    polled::{finish, websocket},
    read_frames,
    ready::Ready,
    scripted::Scripted,
    servers::{Server, servers},
};
use fullduplex::{
    Config, Connection, Error,
    ProtocolError::{InvalidUtf8, MessageTooBig},
    Role, blocking,
};

/// What the application does before it receives all that is left.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// To drop a `receive` that gave way: after 16 reads.
    DropReceive,
    /// To send, while the stream takes nothing at first: that reads ahead.
    Send,
    Split,
}

/// What the stream does behind the reads.
#[derive(Clone, Copy, Debug)]
enum Then {
    End,
    Fail,
    /// The next read waits; then the peer says this.
    Wait(&'static [u8]),
}

struct Case {
    name: &'static str,
    /// What was read behind the handshake.
    unread: Vec<u8>,
    wire: Vec<u8>,
    /// Bytes that a read takes: the first one, any other.
    reads: (usize, usize),
    then: Then,
    max_message_len: u64,
}

impl Case {
    fn new(name: &'static str, wire: Vec<u8>, read: usize) -> Self {
        let reads = (read, read);
        Self { name, unread: vec![], wire, reads, then: Then::End, max_message_len: 1 << 20 }
    }

    fn config(&self) -> Config {
        let mut config = Config::default();
        config.max_message_len = self.max_message_len;
        config
    }

    /// A stream whose first writes have to wait.
    fn script(&self) -> Scripted {
        let (first, rest) = self.wire.split_at(self.reads.0);
        let script = Scripted::new().write_pending().write_pending().read(first);
        let script = rest.chunks(self.reads.1).fold(script, Scripted::read);
        match self.then {
            Then::End => script,
            Then::Fail => script.read_fails(ErrorKind::ConnectionReset),
            Then::Wait(more) => script.read_pending().read(more),
        }
    }

    /// What the core sees and answers, given byte by byte.
    fn expected(&self) -> (Vec<Seen>, Vec<(u8, Vec<u8>)>) {
        let mut end = End::with(Role::Server, &self.config());
        let more = if let Then::Wait(more) = self.then { more } else { &[] };
        let mut seen = Vec::new();
        for byte in [&self.unread, &self.wire, more].concat() {
            seen.extend(end.receive(&[byte]));
            if matches!(seen.last(), Some(Seen::Close(_) | Seen::Failed(_))) {
                break;
            }
        }
        if !end.connection.is_closed() {
            seen.push(match self.then {
                Then::Fail => Seen::Io(ErrorKind::ConnectionReset),
                _ => Seen::Failed(end.connection.receive_end().unwrap_err()),
            });
        }
        seen.retain(|seen| !matches!(seen, Seen::Ping(_)));
        (seen, end.frames().into_iter().map(|it| (it.first, it.payload)).collect())
    }
}

fn cases() -> Vec<Case> {
    let close = masked(0x88, &[0x03, 0xe8]);
    let then_close = |frame: &[u8]| [frame, &close].concat();
    let long = |len| (0..len).map(|n| n as u8).collect::<Vec<_>>();
    let binary = |len| masked(0x82, &long(len));
    let no_text = |at| {
        let mut text = [b'a'; 4000];
        text[at] = 0xff;
        masked(0x81, &text)[..3000].to_vec()
    };
    let ping_in_front = [masked(0x89, b"ping"), binary(4000)].concat();
    // With the 14 bytes of its header.
    let whole_block = binary(BLOCK - 14);
    let mut cases = vec![
        Case::new("binary", then_close(&binary(4000)), 100),
        Case::new("text", then_close(&masked(0x81, "añ€😀".repeat(400).as_bytes())), 101),
        Case::new("an end in the middle", binary(4000)[..3000].to_vec(), 100),
        Case::new("an end in the header", binary(4000)[..6].to_vec(), 1),
        Case::new("a whole block", then_close(&whole_block), 5000),
        Case::new("a byte more than a block", then_close(&binary(BLOCK - 13)), 5000),
        Case::new("a Ping in front", then_close(&ping_in_front), 100),
        Case::new("byte by byte", then_close(&binary(200)), 1),
        Case {
            reads: (60_000, 5000),
            ..Case::new(
                "a whole block that is moved to the front",
                [&binary(1000)[..], &masked(0x81, b"short"), &whole_block, &binary(9), &close]
                    .concat(),
                0,
            )
        },
        Case { max_message_len: 3999, ..Case::new("over the limit", binary(4000), 100) },
        Case { max_message_len: 4000, ..Case::new("at the limit", then_close(&binary(4000)), 100) },
        Case {
            then: Then::Wait(&[0x88, 0x80, 0, 0, 0, 0]),
            ..Case::new("a read that waits", binary(4000), 100)
        },
        Case { then: Then::Fail, ..Case::new("a failure", binary(4000)[..3000].to_vec(), 100) },
    ];
    let whole = then_close(&binary(4000));
    for (name, len) in [
        ("half a header was read behind the handshake", 3),
        ("half a message was read behind the handshake", 2000),
        ("all but a byte was read behind the handshake", 4007),
    ] {
        let (unread, wire) = whole.split_at(len);
        let reads = (1, 100);
        cases.push(Case { unread: unread.to_vec(), reads, ..Case::new(name, wire.to_vec(), 1) });
    }
    let (unread, wire) = whole_block.split_at(BLOCK - 1);
    cases.push(Case {
        unread: [&binary(3000)[..], &whole[..2000]].concat(),
        ..Case::new("one and a half were read behind the handshake", whole[2000..].to_vec(), 100)
    });
    cases.push(Case {
        unread: [&binary(BLOCK)[..], unread].concat(),
        ..Case::new("more than a block was read behind the handshake", then_close(wire), 1)
    });
    for (name, then) in [
        ("no text, then the end", Then::End),
        ("no text, then a failure", Then::Fail),
        ("no text, then a read that waits", Then::Wait(b"anything")),
    ] {
        cases.extend([0, 2900].map(|at| Case { then, ..Case::new(name, no_text(at), 100) }));
    }
    cases
}

/// All that is seen to the end.
fn run(mut server: Box<dyn Server>, acts: &[Act], by_pieces: bool) -> Vec<Seen> {
    let mut pieces = Vec::new();
    for act in acts {
        match act {
            Act::DropReceive => pieces.extend(server.receive_once()),
            // One that failed cannot be told.
            Act::Send => match server.send(SENT) {
                Ok(()) | Err(Error::Closed(_)) => {}
                Err(error) => panic!("{error}"),
            },
            Act::Split => server = server.split(),
        }
        if pieces.last().is_some_and(is_end) {
            return join(&pieces);
        }
    }
    loop {
        pieces.push(if by_pieces { server.receive_chunk() } else { server.receive() });
        if pieces.last().is_some_and(is_end) {
            return join(&pieces);
        }
    }
}

fn is_end(piece: &Piece) -> bool {
    !matches!(piece, Piece::Chunk(..) | Piece::Other(Seen::Message(_)))
}

#[test]
fn a_message_in_several_reads_is_what_it_is_byte_by_byte_whatever_is_done_in_its_middle() {
    let doings: [&[Act]; 9] = [
        &[],
        &[Act::DropReceive],
        &[Act::Send],
        &[Act::Split],
        &[Act::DropReceive, Act::Send],
        &[Act::DropReceive, Act::Split],
        &[Act::Send, Act::Split],
        &[Act::DropReceive, Act::Split, Act::Send],
        &[Act::DropReceive, Act::DropReceive, Act::Send, Act::Split, Act::DropReceive],
    ];
    for case in cases() {
        let (seen, answers) = case.expected();
        for (acts, by_pieces) in doings.iter().flat_map(|it| [(it, false), (it, true)]) {
            // Pieces have no limit, but what is read ahead for the first time is no piece.
            let is_over_limit = matches!(seen[..], [Seen::Failed(MessageTooBig { .. })]);
            if is_over_limit && by_pieces && !matches!(acts, [Act::Send, ..]) {
                continue;
            }
            for (adapter, server, stream) in servers(&case.script(), &case.config(), &case.unread) {
                let name = format!("{}, {adapter}, {acts:?}, by pieces: {by_pieces}", case.name);
                assert!(run(server, acts, by_pieces) == seen, "{name}");
                let frames = read_frames(&stream.written());
                let mut written = contents(&frames);
                written.retain(|frame| *frame != (0x81, SENT.as_bytes()));
                let answers: Vec<_> = answers.iter().map(|(it, body)| (*it, &body[..])).collect();
                assert_eq!(written, answers, "{name}");
            }
        }
    }
}

#[test]
fn a_peer_whose_text_is_none_is_told_when_a_read_waits_in_the_middle_of_it() {
    let half = masked(0x81, &[0xff; 4000])[..3000].to_vec();
    let script = half.chunks(100).fold(Scripted::new(), Scripted::read);
    let script = (0..9).fold(script, |script, _| script.read_pending());
    let told = (0x88, &close_body(1007, &InvalidUtf8.to_string())[..]);
    for (adapter, mut server, stream) in
        servers(&script, &Config::default(), b"").into_iter().skip(1)
    {
        // 30 reads are done in two polls.
        for _ in 0..2 {
            assert!(server.receive_once().is_none(), "{adapter}");
        }
        assert_eq!(contents(&read_frames(&stream.written())), [told], "{adapter}");
    }
}

/// A script whose reads take a while, but never wait.
struct Slow(Scripted);

impl blocking::Stream for Slow {}

impl Read for Slow {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        thread::sleep(Duration::from_millis(5));
        Read::read(&mut self.0, room)
    }
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn a_part_of_a_message_counts_for_the_idle_timeout_also_where_it_is_not_used_up() {
    let mut config = Config::default();
    config.idle_timeout = Some(Duration::from_millis(50));
    let (text, no_text) = (masked(0x81, &[b'a'; 4000]), masked(0x81, &[0xff; 4000]));
    let slow = |wire: &[u8]| Slow(wire.chunks(100).fold(Scripted::new(), Scripted::read));
    let connection = || Connection::server(&config);

    let mut ws = blocking::WebSocket::new(slow(&text), connection(), b"");
    assert_eq!(ws.receive().unwrap(), Some("a".repeat(4000).into()), "blocking");
    let mut ws = websocket(Ready(slow(&text)), connection());
    assert_eq!(finish(ws.receive()).unwrap(), Some("a".repeat(4000).into()), "tokio");

    // What is looked at then is no text: that is what ends it.
    let mut ws = blocking::WebSocket::new(slow(&no_text), connection(), b"");
    let failed = halves::failed(ws.receive().unwrap_err());
    assert_eq!(failed, Seen::Failed(InvalidUtf8), "blocking");
    let mut ws = websocket(Ready(slow(&no_text)), connection());
    let failed = halves::failed(finish(ws.receive()).unwrap_err());
    assert_eq!(failed, Seen::Failed(InvalidUtf8), "tokio");
}

const SENT: &str = "sent";
/// The read block of an adapter, in bytes.
const BLOCK: usize = 128 * 1024;
