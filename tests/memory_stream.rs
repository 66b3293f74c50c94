//! `MemoryStream` as a stream by itself, as threads, tokio and futures-io see it: order, room, ends,
//! timeouts, and that whoever waits is woken.
#![cfg(all(feature = "futures-io", feature = "tokio"))]

use std::{
    future::poll_fn,
    io::{self, ErrorKind, IoSlice},
    net::Shutdown,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use fullduplex::{
    MemoryStream,
    blocking::{CloneStream, Stream},
};

const CAPACITY: usize = MemoryStream::CAPACITY;
/// All that there is room for.
static FULL: [u8; CAPACITY] = [7; CAPACITY];
const SHORT: Duration = Duration::from_millis(1);

/// The stream as one family of streams sees it; each call waits.
trait Face: Send {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize>;
    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Ends what it writes.
    fn end(&mut self) -> io::Result<()>;
}

/// A family of streams, and how it sees this one.
type Family = (&'static str, fn(MemoryStream) -> Box<dyn Face>);

const FACES: [Family; 3] = [
    ("threads", |stream| Box::new(Threads(stream))),
    ("tokio", |stream| Box::new(Tokio(stream))),
    ("futures-io", |stream| Box::new(FuturesIo(stream))),
];

struct Threads(MemoryStream);
struct Tokio(MemoryStream);
struct FuturesIo(MemoryStream);

impl Face for Threads {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        io::Read::read(&mut self.0, room)
    }
    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        io::Write::write_vectored(&mut self.0, parts)
    }
    fn end(&mut self) -> io::Result<()> {
        io::Write::flush(&mut self.0)?;
        Stream::shutdown(&mut self.0, Shutdown::Write)
    }
}

impl Face for Tokio {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        smol::block_on(poll_fn(|cx| tokio_read(&mut self.0, cx, room)))
    }
    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        use tokio::io::AsyncWrite;
        assert!(self.0.is_write_vectored());
        smol::block_on(poll_fn(|cx| Pin::new(&mut self.0).poll_write_vectored(cx, parts)))
    }
    fn end(&mut self) -> io::Result<()> {
        use tokio::io::AsyncWriteExt;
        smol::block_on(async {
            self.0.flush().await?;
            AsyncWriteExt::shutdown(&mut self.0).await
        })
    }
}

impl Face for FuturesIo {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        use smol::io::AsyncReadExt;
        smol::block_on(self.0.read(room))
    }
    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        use smol::io::AsyncWriteExt;
        smol::block_on(self.0.write_vectored(parts))
    }
    fn end(&mut self) -> io::Result<()> {
        use smol::io::AsyncWriteExt;
        smol::block_on(async {
            self.0.flush().await?;
            self.0.close().await
        })
    }
}

fn tokio_read(
    stream: &mut MemoryStream,
    cx: &mut Context<'_>,
    room: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut room = tokio::io::ReadBuf::new(room);
    let poll = tokio::io::AsyncRead::poll_read(Pin::new(stream), cx, &mut room);
    poll.map_ok(|()| room.filled().len())
}

/// Runs `check` with every face at each end.
fn for_each_pair(check: impl Fn(&str, Box<dyn Face>, Box<dyn Face>)) {
    for (one_name, one_face) in FACES {
        for (other_name, other_face) in FACES {
            let (one, other) = MemoryStream::pair();
            check(&format!("{one_name} and {other_name}"), one_face(one), other_face(other));
        }
    }
}

fn write(face: &mut dyn Face, bytes: &[u8]) -> io::Result<usize> {
    face.write(&[IoSlice::new(bytes)])
}

/// All that can be read until the end.
fn read_to_end(face: &mut dyn Face) -> Vec<u8> {
    let mut read = Vec::new();
    let mut room = [0; 1000];
    loop {
        match face.read(&mut room).unwrap() {
            0 => return read,
            len => read.extend_from_slice(&room[..len]),
        }
    }
}

fn kind<T: std::fmt::Debug>(result: io::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn what_one_end_writes_the_other_reads_in_order() {
    for_each_pair(|name, mut one, mut other| {
        for (writer, reader) in [(0, 1), (1, 0)] {
            let ends = [&mut one, &mut other];
            let parts = [b"He".as_slice(), b"", b"llo"].map(IoSlice::new);
            assert_eq!(ends[writer].write(&parts).unwrap(), 5, "{name}");
            assert_eq!(write(&mut **ends[writer], b", you").unwrap(), 5, "{name}");
            let mut room = [0; 8];
            assert_eq!(ends[reader].read(&mut room).unwrap(), 8, "{name}");
            assert_eq!(&room, b"Hello, y", "{name}");
            assert_eq!(ends[reader].read(&mut room).unwrap(), 2, "{name}");
            assert_eq!(&room[..2], b"ou", "{name}");
        }
    });
}

#[test]
fn nothing_is_read_and_written_at_once() {
    for_each_pair(|name, mut one, mut other| {
        assert_eq!(other.read(&mut []).unwrap(), 0, "{name}");
        assert_eq!(one.write(&[]).unwrap(), 0, "{name}");
        assert_eq!(write(&mut *one, &FULL).unwrap(), CAPACITY, "{name}");
        assert_eq!(write(&mut *one, b"").unwrap(), 0, "{name}");
    });
}

#[test]
fn an_end_that_is_dropped_ends_the_other_ones_reads_behind_what_was_written_and_breaks_its_writes()
{
    for_each_pair(|name, mut one, mut other| {
        write(&mut *one, b"last words").unwrap();
        write(&mut *other, b"unread").unwrap();
        drop(one);
        assert_eq!(kind(write(&mut *other, b"late")), ErrorKind::BrokenPipe, "{name}");
        assert_eq!(read_to_end(&mut *other), b"last words", "{name}");
        assert_eq!(other.read(&mut [0]).unwrap(), 0, "{name}, again");
    });
}

#[test]
fn an_end_that_ended_its_writes_goes_on_reading() {
    for_each_pair(|name, mut one, mut other| {
        write(&mut *one, b"that was all").unwrap();
        one.end().unwrap();
        one.end().unwrap();
        assert_eq!(kind(write(&mut *one, b"late")), ErrorKind::BrokenPipe, "{name}");
        assert_eq!(read_to_end(&mut *other), b"that was all", "{name}");
        write(&mut *other, b"answer").unwrap();
        other.end().unwrap();
        assert_eq!(read_to_end(&mut *one), b"answer", "{name}");
    });
}

#[test]
fn an_end_that_ended_its_reads_breaks_the_other_ones_writes_and_goes_on_writing() {
    let (mut one, other) = MemoryStream::pair();
    let mut other = Threads(other);
    write(&mut other, b"unread").unwrap();
    one.shutdown(Shutdown::Read).unwrap();
    assert_eq!(kind(write(&mut other, b"late")), ErrorKind::BrokenPipe);
    assert_eq!(io::Read::read(&mut one, &mut [0]).unwrap(), 0);
    io::Write::write_all(&mut one, b"answer").unwrap();
    drop(one);
    assert_eq!(read_to_end(&mut other), b"answer");
}

#[test]
fn only_the_last_clone_that_is_dropped_ends_the_stream() {
    let (one, other) = MemoryStream::pair();
    let mut clone = one.try_clone().unwrap();
    drop(one);
    io::Write::write_all(&mut clone, b"still here").unwrap();
    drop(clone);
    assert_eq!(read_to_end(&mut Threads(other)), b"still here");
}

#[test]
fn a_write_takes_what_there_is_room_for_and_one_byte_read_makes_room_for_one() {
    for_each_pair(|name, mut one, mut other| {
        let parts = [&FULL[10..], &[2; 20]].map(IoSlice::new);
        assert_eq!(one.write(&parts).unwrap(), CAPACITY, "{name}");
        assert_eq!(other.read(&mut [0]).unwrap(), 1, "{name}");
        assert_eq!(write(&mut *one, &[3; 20]).unwrap(), 1, "{name}");
        // The other direction has room of its own.
        assert_eq!(write(&mut *other, &[4; 20]).unwrap(), 20, "{name}");
    });
}

#[test]
fn a_read_or_write_that_waited_for_its_timeout_fails_and_loses_nothing() {
    let (mut one, mut other) = MemoryStream::pair();
    one.set_read_timeout(Some(SHORT)).unwrap();
    one.set_write_timeout(Some(SHORT)).unwrap();
    // As those of sockets, they are a clone's too.
    let mut clone = Threads(one.try_clone().unwrap());
    let mut one = Threads(one);
    for end in [&mut clone, &mut one] {
        assert_eq!(kind(end.read(&mut [0; 8])), ErrorKind::WouldBlock);
    }
    assert_eq!(write(&mut one, &FULL).unwrap(), CAPACITY);
    for end in [&mut clone, &mut one] {
        assert_eq!(kind(write(end, b"more")), ErrorKind::WouldBlock);
    }
    let mut room = vec![0; CAPACITY + 1];
    assert_eq!(io::Read::read(&mut other, &mut room).unwrap(), CAPACITY);
    assert_eq!(write(&mut clone, b"more").unwrap(), 4);
    assert_eq!(io::Read::read(&mut other, &mut room).unwrap(), 4);
    io::Write::write_all(&mut other, b"answer").unwrap();
    assert_eq!(one.read(&mut room).unwrap(), 6);
}

#[test]
fn no_time_at_all_is_no_timeout() {
    let (mut one, _other) = MemoryStream::pair();
    assert_eq!(kind(one.set_read_timeout(Some(Duration::ZERO))), ErrorKind::InvalidInput);
    assert_eq!(kind(one.set_write_timeout(Some(Duration::ZERO))), ErrorKind::InvalidInput);
    one.set_read_timeout(Some(Duration::MAX)).unwrap();
    one.set_read_timeout(None).unwrap();
}

/// What happens to a clone of an end, and to the other end.
type Act = fn(MemoryStream, MemoryStream);

/// How often a task was woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_task_that_waits_is_woken_by_whatever_lets_it_go_on() {
    use tokio::io::AsyncWrite;

    let acts: [(&str, Act); 4] = [
        ("bytes and room", |_, mut other| {
            io::Read::read(&mut other, &mut [0]).unwrap();
            io::Write::write_all(&mut other, b"x").unwrap();
        }),
        ("the other end is dropped", |_, other| drop(other)),
        ("the other end is shut down", |_, mut other| other.shutdown(Shutdown::Both).unwrap()),
        ("a clone is shut down", |mut clone, _| clone.shutdown(Shutdown::Both).unwrap()),
    ];
    for (name, act) in acts {
        let (mut one, other) = MemoryStream::pair();
        io::Write::write_all(&mut one, &FULL).unwrap();
        let tasks = [(); 2].map(|()| Arc::new(Woken::default()));
        let [reading, writing] = tasks.clone().map(Waker::from);
        let poll = tokio_read(&mut one, &mut Context::from_waker(&reading), &mut [0]);
        assert!(poll.is_pending(), "{name}");
        let mut cx = Context::from_waker(&writing);
        assert!(Pin::new(&mut one).poll_write(&mut cx, b"x").is_pending(), "{name}");
        act(one.try_clone().unwrap(), other);
        let woken = tasks.map(|task| task.0.load(Ordering::SeqCst));
        assert_eq!(woken, [1, 1], "{name}");
    }
}

#[test]
fn a_thread_that_waits_is_woken_by_whatever_lets_it_go_on() {
    let acts: [Act; 3] = [
        |_, other| drop(other),
        |_, mut other| other.shutdown(Shutdown::Both).unwrap(),
        |mut clone, _| clone.shutdown(Shutdown::Both).unwrap(),
    ];
    for act in acts {
        let (one, other) = MemoryStream::pair();
        let mut reader = Threads(one.try_clone().unwrap());
        let mut writer = Threads(one.try_clone().unwrap());
        assert_eq!(write(&mut writer, &FULL).unwrap(), CAPACITY);
        let reading = thread::spawn(move || reader.read(&mut [0]).unwrap());
        let writing = thread::spawn(move || kind(write(&mut writer, b"x")));
        act(one, other);
        assert_eq!(reading.join().unwrap(), 0);
        assert_eq!(writing.join().unwrap(), ErrorKind::BrokenPipe);
    }
}

#[test]
fn no_byte_and_no_wakeup_is_lost_when_both_ends_write_and_read_at_once() {
    const LEN: usize = 1 << 20;
    let pattern: Arc<Vec<u8>> = Arc::new((0..LEN).map(|index| (index * 31 % 251) as u8).collect());
    for (name, face) in FACES {
        let (one, other) = MemoryStream::pair();
        let threads = [one, other].map(|stream| {
            let clone = stream.try_clone().unwrap();
            let (mut writer, mut reader) = (face(stream), face(clone));
            let written = Arc::clone(&pattern);
            let writing = thread::spawn(move || {
                let mut rest = &written[..];
                while !rest.is_empty() {
                    let most = rest.len().min(70_001);
                    rest = &rest[write(&mut *writer, &rest[..most]).unwrap()..];
                }
                writer.end().unwrap();
            });
            (writing, thread::spawn(move || read_to_end(&mut *reader)))
        });
        for (writing, reading) in threads {
            writing.join().unwrap();
            assert!(reading.join().unwrap() == *pattern, "{name}");
        }
    }
}

#[test]
fn what_is_on_its_way_does_not_show() {
    let (mut one, other) = MemoryStream::pair();
    io::Write::write_all(&mut one, &[251, 252]).unwrap();
    let shown = format!("{one:?} {other:?}");
    assert!(!shown.contains("251") && !shown.contains("252"), "{shown}");
}
