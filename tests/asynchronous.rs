//! The tokio adapter tells the same stories as the blocking one, dropped at every poll; and it makes
//! no call that it does not need.
#![cfg(feature = "tokio")]

mod common;

use std::io::ErrorKind;

use common::{
    Seen, close, closed, contents, masked,
    polled::{Polled, finish, poll, server},
    read_frames,
    scripted::{Call, Scripted},
    stories::stories,
    unmasked,
};
use fullduplex::{CloseCode, Config, Connection, Error, ProtocolError, tokio::WebSocket};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    time::Instant,
};

/// An application that echoes; its futures are dropped after `most` polls, and made anew.
type Echo = fn(&mut WebSocket<Polled>, usize) -> Result<Option<Seen>, Error>;

/// `receive`, then `feed`.
fn echo_owned(ws: &mut WebSocket<Polled>, most: usize) -> Result<Option<Seen>, Error> {
    let Some(message) = until_ready(|| poll(ws.receive(), most))? else { return Ok(None) };
    until_ready(|| poll(ws.feed(&message), most))?;
    Ok(Some(Seen::Message(message)))
}

/// `receive_ref`, then `feed` on its reply, in one future: what is dropped after the message was
/// received was for the application to keep.
fn echo_lent(ws: &mut WebSocket<Polled>, most: usize) -> Result<Option<Seen>, Error> {
    loop {
        let mut received = None;
        let fed = poll(
            async {
                let Some((message, mut reply)) = ws.receive_ref().await? else { return Ok(false) };
                received = Some(message.clone().into_owned());
                reply.feed(message).await.map(|()| true)
            },
            most,
        );
        match (fed, received) {
            (None, None) => {}
            (None, Some(message)) => {
                until_ready(|| poll(ws.feed(&message), most))?;
                return Ok(Some(Seen::Message(message)));
            }
            (Some(fed), received) => return fed.map(|_| received.map(Seen::Message)),
        }
    }
}

#[test]
fn a_write_that_says_it_took_more_than_it_was_given_is_an_error() {
    let mut ws = server(Scripted::new().write_lies());
    // More parts than one write is given: what it claims is still less than what waits.
    for _ in 0..12 {
        finish(ws.feed(vec![7; 5000])).unwrap();
    }
    let flushed = finish(ws.flush());
    assert!(matches!(flushed, Err(Error::Io(error)) if error.kind() == ErrorKind::Other));
}

fn until_ready<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(value) = attempt() {
            return value;
        }
    }
}

fn run(ws: &mut WebSocket<Polled>, most: usize, echo: Echo) -> Vec<Seen> {
    let mut seen = Vec::new();
    loop {
        let end = match echo(ws, most) {
            Ok(Some(message)) => {
                seen.push(message);
                continue;
            }
            Ok(None) => closed(ws.closing()),
            Err(Error::Protocol(error)) => Seen::Failed(error),
            Err(Error::Io(error)) => Seen::Io(error.kind()),
            Err(error) => panic!("{error}"),
        };
        seen.push(end);
        return seen;
    }
}

#[test]
fn an_echo_sees_and_writes_what_each_story_tells_wherever_its_futures_are_dropped() {
    let echoes: [(&str, Echo); 2] = [("owned", echo_owned), ("lent", echo_lent)];
    for (kind, echo) in echoes {
        for story in stories() {
            for most in [1, 2, 3, 5, usize::MAX] {
                let mut ws = server(story.script.clone());
                let name = format!("{}, {kind}, {most} polls", story.name);
                assert_eq!(run(&mut ws, most, echo), story.seen, "{name}");
                assert!(ws.stream().0.written == story.written, "{name}");
                assert_eq!(ws.stream().0.unflushed, 0, "{name}");
            }
        }
    }
}

#[test]
fn a_dropped_send_has_queued_all_of_its_message_or_nothing() {
    let large = vec![7; 100_000];
    for polls in 0..12 {
        // A byte, then nothing for now, and so on.
        let script =
            (0..5).fold(Scripted::new(), |script, _| script.write_takes(1).write_pending());
        let mut ws = server(script);
        finish(ws.feed("before")).unwrap();
        let sent = poll(ws.send(&large[..]), polls);
        finish(ws.send("after")).unwrap();
        let frames = read_frames(&ws.stream().0.written);
        let (before, after) = ((0x81, &b"before"[..]), (0x81, &b"after"[..]));
        match sent {
            Some(sent) => sent.unwrap(),
            None if polls == 0 => {
                assert_eq!(contents(&frames), [before, after], "never polled");
                continue;
            }
            None => {}
        }
        assert_eq!(contents(&frames), [before, (0x82, &large[..]), after], "{polls} polls");
    }
}

#[test]
fn a_dropped_feed_that_waited_for_room_has_queued_nothing() {
    let large = vec![7; 100_000];
    let script = Scripted::new().write_takes(10).write_pending();
    let mut ws = server(script);
    finish(ws.feed(&large[..])).unwrap();
    assert!(poll(ws.feed("dropped"), 1).is_none(), "100,000 bytes wait");
    finish(ws.send("kept")).unwrap();
    let frames = read_frames(&ws.stream().0.written);
    assert_eq!(contents(&frames), [(0x82, &large[..]), (0x81, &b"kept"[..])]);
}

#[test]
fn a_dropped_close_goes_on_where_it_stopped() {
    for polls in 0..6 {
        let script = Scripted::new().write_pending().write_takes(1).write_pending();
        let mut ws = server(script.read_pending().read(masked(0x88, &[0x03, 0xe8])));
        let done = poll(ws.close(CloseCode::NORMAL, ""), polls);
        if done.is_none() {
            finish(ws.close(CloseCode::NORMAL, "")).unwrap();
        }
        assert_eq!(ws.stream().0.written, unmasked(0x88, &[0x03, 0xe8]), "{polls} polls");
        assert_eq!(closed(ws.closing()), close(1000, ""));
    }
}

#[test]
fn a_ping_pong_takes_one_read_and_one_write() {
    let message = masked(0x82, &[7; 20]);
    let script =
        (0..100).fold(Scripted::new(), |script, _| script.read_pending().read(&message[..]));
    let mut ws = server(script.read_pending());
    for _ in 0..100 {
        finish(echo_once(&mut ws)).unwrap();
    }
    assert!(poll(ws.receive(), 1).is_none(), "the last answer is written before it waits");
    let calls = &ws.stream().0.log;
    assert_eq!(calls.len(), 200);
    for call in calls.chunks(2) {
        assert_eq!(call, [Call::Read(26), Call::Write(22)]);
    }
}

#[test]
fn an_echo_of_64_messages_in_flight_takes_one_read_and_one_write() {
    let burst = masked(0x82, &[7; 20]).repeat(64);
    let script = (0..10).fold(Scripted::new(), |script, _| script.read_pending().read(&burst[..]));
    let mut ws = server(script.read_pending());
    for _ in 0..640 {
        finish(echo_once(&mut ws)).unwrap();
    }
    assert!(poll(ws.receive(), 1).is_none(), "the last answers are written before it waits");
    let calls = &ws.stream().0.log;
    assert_eq!(calls.len(), 20);
    for call in calls.chunks(2) {
        assert_eq!(call, [Call::Read(64 * 26), Call::Write(64 * 22)]);
    }
}

async fn echo_once(ws: &mut WebSocket<Polled>) -> Result<(), Error> {
    let (message, mut reply) = ws.receive_ref().await?.expect("a message");
    reply.feed(message).await
}

#[test]
fn reading_goes_on_while_answers_cannot_be_written_and_they_stay_below_the_high_water_mark() {
    let burst = masked(0x89, &[7; 125]).repeat(400);
    let script = (0..100).fold(Scripted::new(), |script, _| script.write_pending());
    let mut ws = server((0..50).fold(script, |script, _| script.read(&burst[..])));
    let is_read = |call: &&Call| matches!(call, Call::Read(_));
    assert!(poll(ws.receive(), 1).is_none());
    let reads = ws.stream().0.log.iter().filter(is_read).count();
    assert_eq!(reads, 16, "then it gives way to other tasks");
    assert!(finish(ws.receive()).is_err(), "the peer ends without a Close");
    let reads = ws.stream().0.log.iter().filter(is_read).count();
    assert_eq!(reads, 50 + 1);
    // Of 20,000 Pongs: those below the mark, and the latest.
    assert!(ws.stream().0.written.len() <= 64 * 1024 + 2 * 127);
}

#[test]
fn a_peer_that_failed_is_told_why_and_read_until_it_ends() {
    let large = vec![0; 200_000];
    let script = Scripted::new().read(masked(0x83, b"")).read_pending().read(&large[..]);
    let mut ws = server(script.write_pending());
    let error = finish(ws.receive()).unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error}");
    let stream = &ws.stream().0;
    assert_eq!(read_frames(&stream.written).len(), 1);
    let read: usize =
        stream.log.iter().map(|call| if let Call::Read(len) = call { *len } else { 0 }).sum();
    assert_eq!(read, 6 + large.len(), "a socket that is dropped with unread bytes is reset");
}

#[test]
fn a_write_that_failed_is_reported_when_nothing_of_the_peer_is_at_hand() {
    let script = Scripted::new().read(masked(0x81, b"Hello")).write_fails(ErrorKind::TimedOut);
    let mut ws = server(script.read_pending());
    assert!(finish(ws.receive()).unwrap().is_some());
    finish(ws.feed("answer")).unwrap();
    let Some(Err(Error::Io(error))) = poll(ws.receive(), 1) else { panic!("it waits for ever") };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_failed_and_stays_silent_is_waited_for_until_the_close_timeout() {
    let (mut stream, other) = tokio::io::duplex(1024);
    let mut ws = tokio_server(other);
    stream.write_all(&masked(0x83, b"")).await.unwrap();
    let start = Instant::now();
    let error = ws.receive().await.unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::ReservedOpcode(3))), "{error}");
    assert_eq!(start.elapsed().as_secs(), 10);
    // It is told at once, and the stream is shut down behind that.
    let mut close = Vec::new();
    stream.read_to_end(&mut close).await.unwrap();
    assert_eq!(close[2..4], 1002_u16.to_be_bytes());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_ends_or_fails_and_reads_nothing_is_given_up_after_the_close_timeout() {
    let end = || Some(Error::Protocol(ProtocolError::EndWithoutClose));
    let bad = || Some(Error::Protocol(ProtocolError::ReservedOpcode(3)));
    let cases = [
        ("an end without a Close", vec![], true, end()),
        ("a bad frame", masked(0x83, b""), false, bad()),
        ("a bad frame, then the end", masked(0x83, b""), true, bad()),
        ("a Close", masked(0x88, b""), false, None),
        ("a Close, then the end", masked(0x88, b""), true, None),
    ];
    for (name, said, ends, error) in cases {
        let (mut stream, other) = tokio::io::duplex(16);
        let mut ws = tokio_server(other);
        ws.feed("more than the stream holds").await.unwrap();
        stream.write_all(&said).await.unwrap();
        if ends {
            stream.shutdown().await.unwrap();
        }
        let start = Instant::now();
        let ended = ws.receive().await;
        assert_eq!(start.elapsed().as_secs(), 10, "{name}");
        assert_eq!(format!("{:?}", ended.err()), format!("{error:?}"), "{name}");
        // What was not written is lost, and that is told.
        let flushed = ws.flush().await;
        assert!(matches!(flushed, Err(Error::Io(error)) if error.kind() == ErrorKind::TimedOut));
    }
}

fn tokio_server(stream: DuplexStream) -> WebSocket<DuplexStream> {
    WebSocket::new(stream, Connection::server(&Config::default()), &[])
}

#[test]
fn what_was_fed_is_written_when_the_peer_sends_nothing_more() {
    let script = Scripted::new().write_takes(10).write_pending().write_takes(100).write_pending();
    let mut ws = server(script);
    finish(ws.feed(vec![7; 1000])).unwrap();
    let ended = finish(ws.receive());
    assert!(matches!(ended, Err(Error::Protocol(ProtocolError::EndWithoutClose))), "{ended:?}");
    assert_eq!(ws.stream().0.written, unmasked(0x82, &[7; 1000]));
}

#[test]
fn close_gives_way_while_messages_come_and_judges_them() {
    let messages = masked(0x81, b"Hello").repeat(1000);
    let mut ws = server(Scripted::new().read(messages).read(masked(0x81, b"\xff")));
    assert!(poll(ws.close(CloseCode::NORMAL, ""), 10).is_none(), "other tasks have their turn");
    let closed = finish(ws.close(CloseCode::NORMAL, ""));
    assert!(matches!(closed, Err(Error::Protocol(ProtocolError::InvalidUtf8))), "{closed:?}");
}

#[test]
fn nothing_behind_what_a_peer_did_wrong_is_unread() {
    for wrong in [masked(0x81, b"\xff"), masked(0x83, b"")] {
        let mut ws = server(Scripted::new().read([wrong, masked(0x82, b"after")].concat()));
        finish(async { assert!(ws.receive_ref().await.is_err()) });
        assert_eq!(ws.unread(), b"");
        assert_eq!(ws.into_parts().1, b"");
    }
}

#[test]
fn an_answer_that_is_sent_is_written_at_once() {
    let mut ws = server(Scripted::new().read(masked(0x81, b"Hello")).read_pending());
    finish(async {
        let (message, mut reply) = ws.receive_ref().await.unwrap().unwrap();
        reply.send(message).await.unwrap();
    });
    assert_eq!(ws.stream().0.written, unmasked(0x81, b"Hello"));
}
