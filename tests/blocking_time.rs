//! How long a blocking stream is told to wait, and for whom: a stream that writes down what it was told.

mod common;

use std::{
    io::{self, ErrorKind, Read, Write},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::Duration,
};

use common::{handshake::REQUEST, masked, scripted::Scripted, shared::Shared};
use fullduplex::{
    CloseCode, Config, Connection, Error, Response, Timeout,
    blocking::{CloneStream, Incoming, Stream, WebSocket},
};

/// A stream and the timeouts that it was told.
#[derive(Clone, Debug)]
struct Told<S>(S, Arc<Mutex<Limits>>);

#[derive(Debug, Default)]
struct Limits {
    read: Option<Duration>,
    write: Option<Duration>,
    /// How often it was told how long a read waits.
    reads_told: usize,
    /// How long each read might have waited.
    of_reads: Vec<Option<Duration>>,
}

impl<S> Told<S> {
    fn new(stream: S) -> Self {
        Self(stream, Arc::default())
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.1.lock().unwrap()
    }

    fn has_timeouts(&self) -> bool {
        let limits = self.limits();
        limits.read.is_some() || limits.write.is_some()
    }
}

impl<S: Read + Write> Stream for Told<S> {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let mut limits = self.limits();
        limits.read = timeout;
        limits.reads_told += 1;
        Ok(())
    }
    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.limits().write = timeout;
        Ok(())
    }
}

impl CloneStream for Told<Shared> {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(self.clone())
    }
}

impl<S: Read> Read for Told<S> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut limits = self.limits();
        let limit = limits.read;
        limits.of_reads.push(limit);
        drop(limits);
        self.0.read(room)
    }
}

impl<S: Write> Write for Told<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A peer that says nothing after its first words, and takes a sip of what is written. Reads wait less
/// long than they may.
#[derive(Clone, Debug)]
struct Slow(&'static [u8]);

impl Read for Slow {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            thread::sleep(Duration::from_millis(10));
            return Err(ErrorKind::WouldBlock.into());
        }
        self.0.read(room)
    }
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        thread::sleep(Duration::from_millis(5));
        Ok(bytes.len().min(SIP))
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn server(stream: Told<Shared>, config: &Config) -> WebSocket<Told<Shared>> {
    WebSocket::new(stream, Connection::server(config), &[])
}

fn within(millis: u64) -> Config {
    let mut config = Config::default();
    config.handshake_timeout = Duration::from_millis(millis);
    config
}

#[test]
fn a_read_of_a_handshake_waits_for_what_is_left_of_its_time_and_not_for_all_of_it_again() {
    let stream = Told::new(Slow(b""));
    let ended = Incoming::read(stream.clone(), &within(500));
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Handshake))));
    let of_reads = &stream.limits().of_reads;
    assert!(of_reads.last() < of_reads.first(), "{of_reads:?}");
}

#[test]
fn an_answer_that_the_client_reads_sip_by_sip_ends_by_the_handshake_timeout() {
    let incoming = Incoming::read(Told::new(Slow(PLAIN)), &within(50)).unwrap();
    let Incoming::Http(http) = incoming else { panic!("{incoming:?}") };
    // 400 sips, which take 2 s or more.
    let answered = http.respond(&Response::text(200, &"x".repeat(400 * SIP)));
    assert!(matches!(answered, Err(Error::Timeout(Timeout::Handshake))));
}

#[test]
fn a_websocket_of_two_halves_waits_as_long_as_one_that_was_never_split() {
    let (one, other) = (masked(0x81, b"one"), masked(0x81, b"other"));
    let script = Scripted::new().write_pending().read(one).read(other);
    let stream = Told::new(Shared::new(script));
    let (mut receive, mut send) = server(stream.clone(), &Config::default()).split().unwrap();
    // While a write waits, a read hardly does.
    send.feed("fed").unwrap();
    receive.receive().unwrap();
    let mut ws = receive.reunite(send).unwrap();
    ws.receive().unwrap();
    let [while_writing, then] = stream.limits().of_reads[..] else { panic!("two reads") };
    assert_eq!(while_writing, Some(Duration::from_millis(1)));
    assert!(then > Some(Duration::from_secs(1)), "{then:?}");
}

#[test]
fn a_stream_is_not_told_again_at_every_read_while_a_deadline_comes_nearer() {
    let mut config = Config::default();
    config.close_timeout = Duration::from_secs(4);
    let pongs = (0..1000).fold(Scripted::new(), |script, _| script.read(masked(0x8a, b"")));
    let stream = Told::new(Shared::new(pongs.read(masked(0x88, b""))));
    let mut ws = server(stream.clone(), &config);
    ws.close(CloseCode::NORMAL, "").unwrap();
    let limits = stream.limits();
    assert_eq!(limits.of_reads.len(), 1001);
    assert!(limits.reads_told < 10, "{} times", limits.reads_told);
}

#[test]
fn a_stream_that_is_given_back_waits_for_ever_as_it_did() {
    let stream = Told::new(Shared::new(Scripted::new()));
    let mut ws = server(stream.clone(), &Config::default());
    ws.send("text").unwrap();
    assert!(stream.has_timeouts());
    assert!(!ws.into_parts().0.has_timeouts(), "into_parts");

    let incoming = |head: &[u8]| {
        let stream = Told::new(Shared::new(Scripted::new().read(head)));
        let incoming = Incoming::read(stream.clone(), &Config::default()).unwrap();
        assert!(stream.has_timeouts());
        incoming
    };
    let refusal = Response::text(404, "not here\n");
    let Incoming::Upgrade(upgrade) = incoming(REQUEST.as_bytes()) else { panic!("an upgrade") };
    assert!(!upgrade.reject(&refusal).unwrap().has_timeouts(), "reject");
    let Incoming::Http(mut http) = incoming(PLAIN) else { panic!("no upgrade") };
    assert!(!http.stream_mut().has_timeouts(), "to read the body");
    assert!(!http.respond(&refusal).unwrap().has_timeouts(), "respond");
}

const PLAIN: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
/// Bytes.
const SIP: usize = 100;
