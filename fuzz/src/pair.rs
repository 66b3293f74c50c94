//! Two connections and a fake wire that loses nothing until it is cut.

use bytes::Buf;
use fullduplex::{CloseCode, CloseFrame, Config, Connection, Event, Fin, Kind, Message, Role};
use fullduplex::{ProtocolError, SendError, WriteBuffer};

use crate::{common, compression::agreed};

/// One end: what it was asked to send, what it wrote, and what it saw.
#[derive(Debug)]
pub struct End {
    connection: Connection,
    output: WriteBuffer,
    /// Whole messages that `send` and `send_chunk` took, in order.
    pub sent: Vec<Message<'static>>,
    /// The message that `send_chunk` began.
    unfinished: Option<(Kind, Vec<u8>)>,
    pub pings: Vec<Vec<u8>>,
    /// All that the wire took from this end.
    written: Vec<u8>,
    /// The messages that came.
    pub received: Vec<Message<'static>>,
    pub pongs: Vec<Vec<u8>>,
    /// The wire to the other end was cut: what is written after that is lost.
    pub is_cut: bool,
    /// The peer's bytes ended before its Close.
    has_failed: bool,
}

/// The client, then the server.
#[derive(Debug)]
pub struct Pair {
    pub ends: [End; 2],
}

impl Pair {
    pub fn new(client: &Config, server: &Config) -> Self {
        Self { ends: agreed(client, server).map(|(connection, _)| End::new(connection)) }
    }

    /// Does what three bytes say: the first one has the end in its lowest bit.
    pub fn act(&mut self, operation: [u8; 3]) {
        let [what, a, b] = operation;
        let (of, number) = (usize::from(what & 1), u16::from_le_bytes([a, b]));
        match what >> 1 & 7 {
            0 | 1 => self.ends[of].send(what, number),
            2 => self.ends[of].send_chunk(what, number),
            3 => self.ends[of].ping(&vec![b; a.into()]),
            4 => self.ends[of].close(number),
            5 | 6 => self.deliver(of, number.into()),
            _ => {
                self.ends[of].is_cut = true;
                self.ends[1 - of].end();
            }
        }
    }

    /// Carries up to `len` bytes from the end `of` to the other one.
    fn deliver(&mut self, of: usize, len: usize) {
        let from = &mut self.ends[of];
        let mut bytes = from.output.copy_to_bytes(len.min(from.output.len())).to_vec();
        from.written.extend_from_slice(&bytes);
        if !from.is_cut {
            self.ends[1 - of].receive(&mut bytes);
        }
    }

    /// Lets both ends close, carries all that waits, and ends the wire: both must be done then.
    pub fn settle(&mut self) {
        for end in &mut self.ends {
            end.close(1000);
        }
        for _ in 0..4 {
            for of in [0, 1] {
                self.deliver(of, usize::MAX);
                self.ends[of].receive(&mut []);
            }
        }
        for of in [0, 1] {
            assert!(self.ends[of].output.is_empty(), "all is written");
            self.ends[1 - of].end();
        }
        assert!(self.ends.iter().all(|end| end.connection.is_closed()), "both ends are done");
    }
}

impl End {
    fn new(connection: Connection) -> Self {
        Self {
            connection,
            output: WriteBuffer::new(),
            sent: Vec::new(),
            unfinished: None,
            pings: Vec::new(),
            written: Vec::new(),
            received: Vec::new(),
            pongs: Vec::new(),
            is_cut: false,
            has_failed: false,
        }
    }

    /// First bytes of the frames that were written. Asserts that they are whole and masked as the
    /// role asks.
    pub fn opcodes(&self, role: Role) -> Vec<u8> {
        let frames = common::read_frames(&self.written);
        assert!(frames.iter().all(|frame| frame.key.is_some() == (role == Role::Client)));
        frames.iter().map(|frame| frame.first).collect()
    }

    fn send(&mut self, what: u8, number: u16) {
        let message = message(what, number.into());
        let before = self.output.len();
        let expected = match (&self.unfinished, self.connection.is_send_closed()) {
            (_, true) => Err(SendError::Closed),
            (Some(_), _) => Err(SendError::UnfinishedMessage),
            _ => Ok(()),
        };
        assert_eq!(self.connection.send(message.clone(), &mut self.output), expected);
        match expected {
            Ok(()) => self.sent.push(message),
            Err(_) => assert_eq!(self.output.len(), before, "an error writes nothing"),
        }
    }

    fn send_chunk(&mut self, what: u8, number: u16) {
        let chunk = message(what, usize::from(number >> 1));
        let kind = chunk.kind();
        let fin = if number & 1 == 0 { Fin::Last } else { Fin::More };
        let expected = match (&self.unfinished, self.connection.is_send_closed()) {
            (_, true) => Err(SendError::Closed),
            (Some((unfinished, _)), _) if *unfinished != kind => Err(SendError::UnfinishedMessage),
            _ => Ok(()),
        };
        let result = self.connection.send_chunk(chunk.clone(), fin, &mut self.output);
        assert_eq!(result, expected);
        if result.is_ok() {
            let (kind, mut bytes) = self.unfinished.take().unwrap_or((kind, Vec::new()));
            bytes.extend_from_slice(chunk.as_bytes());
            if fin == Fin::More {
                self.unfinished = Some((kind, bytes));
            } else {
                self.sent.push(match kind {
                    Kind::Text => String::from_utf8(bytes).expect("texts make a text").into(),
                    Kind::Binary => bytes.into(),
                });
            }
        }
    }

    fn ping(&mut self, payload: &[u8]) {
        let result = self.connection.ping(payload, &mut self.output);
        assert!(result.is_ok() || payload.len() > 125 || self.connection.is_send_closed());
        if result.is_ok() {
            self.pings.push(payload.to_vec());
        }
    }

    fn close(&mut self, code: u16) {
        let close = CloseFrame::new(CloseCode::new(code), "x".repeat(code as usize % 130));
        let before = self.output.len();
        let result = self.connection.close(Some(&close), &mut self.output);
        assert!(result.is_ok() || self.output.len() == before, "an error writes nothing");
    }

    fn receive(&mut self, mut input: &mut [u8]) {
        loop {
            let event = self.connection.receive(&mut input, &mut self.output);
            match event {
                Ok(Some(Event::Message(message))) => self.received.push(message.into_owned()),
                Ok(Some(Event::Pong(payload))) => self.pongs.push(payload.to_vec()),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => {
                    assert!(self.has_failed && error == ProtocolError::EndWithoutClose, "{error}");
                    break;
                }
            }
        }
        assert!(input.is_empty());
    }

    fn end(&mut self) {
        self.has_failed |= self.connection.receive_end().is_err();
    }
}

/// A message of `len` bytes or a little more: text of characters of every length, or binary that
/// may be shared.
fn message(what: u8, len: usize) -> Message<'static> {
    if what & 0x10 == 0 {
        "aé€😀"
            .chars()
            .cycle()
            .scan(0, |sum, char| {
                *sum += char.len_utf8();
                Some(char).filter(|_| *sum <= len)
            })
            .collect::<String>()
            .into()
    } else {
        (0..len).map(|at| at as u8).collect::<Vec<_>>().into()
    }
}
