//! The blocking adapter on a scripted stream: what it reads and writes, when, and in which order.

mod common;

use std::io::{self, ErrorKind, Read, Write};

use common::{
    Seen, all_to, close_body, closed, contents, for_every_cut, masked, read_frames,
    scripted::{Call, Scripted},
    stories::stories,
    text, unmasked,
};
use fullduplex::{
    CloseCode, Config, Connection, Error, ProtocolError, Role, SendError,
    blocking::{Untimed, WebSocket},
};

type Server = WebSocket<Scripted>;

fn server(script: Scripted) -> Server {
    let config = Config::default();
    WebSocket::new(script, Connection::server(&config), &[])
}

fn error(error: Error) -> Seen {
    match error {
        Error::Io(error) => Seen::Io(error.kind()),
        Error::Protocol(error) => Seen::Failed(error),
        error => panic!("{error}"),
    }
}

/// Receives owned messages and feeds them back, until the peer's Close or an error.
fn echo(ws: &mut Server) -> Vec<Seen> {
    let mut seen = Vec::new();
    loop {
        match ws.receive() {
            Ok(Some(message)) => {
                ws.feed(&message).unwrap();
                seen.push(Seen::Message(message));
            }
            Ok(None) => seen.push(closed(ws.closing())),
            Err(failure) => seen.push(error(failure)),
        }
        if !matches!(seen.last(), Some(Seen::Message(_) | Seen::Io(ErrorKind::WouldBlock))) {
            return seen;
        }
    }
}

/// The same with lent messages.
fn echo_lent(ws: &mut Server) -> Vec<Seen> {
    let mut seen = Vec::new();
    loop {
        match ws.receive_ref() {
            Ok(Some((message, mut reply))) => {
                reply.feed(&message).unwrap();
                seen.push(Seen::Message(message.into_owned()));
                continue;
            }
            Ok(None) => seen.push(closed(ws.closing())),
            Err(failure) => seen.push(error(failure)),
        }
        return seen;
    }
}

#[test]
fn an_echo_sees_and_writes_what_each_story_tells() {
    for story in stories() {
        for echo in [echo, echo_lent] {
            let mut ws = server(story.script.clone());
            assert_eq!(echo(&mut ws), story.seen, "{}", story.name);
            assert!(ws.stream().written == story.written, "{}", story.name);
            assert_eq!(ws.stream().unflushed, 0, "{}", story.name);
        }
    }
}

#[test]
fn an_echo_is_the_same_however_the_reads_are_cut() {
    let wire = all_to(
        Role::Server,
        &[(0x81, b"text"), (0x02, b"frag"), (0x89, b"ping"), (0x80, b"ment"), (0x88, b"")],
    );
    let echoed: [(u8, &[u8]); 4] =
        [(0x81, b"text"), (0x8a, b"ping"), (0x82, b"fragment"), (0x88, b"")];
    let seen = [text("text"), common::binary(b"fragment"), Seen::Close(None)];
    for_every_cut(&wire, |pieces| {
        let mut ws = server(Scripted::new().read_pieces(pieces));
        assert_eq!(echo(&mut ws), seen);
        assert_eq!(contents(&read_frames(&ws.stream().written)), echoed);
    });
}

#[test]
fn an_echo_of_64_messages_that_were_read_at_once_makes_one_read_and_one_write() {
    let messages = masked(0x81, b"small").repeat(64);
    let echoes = unmasked(0x81, b"small").repeat(64);
    for echo in [echo, echo_lent] {
        let mut ws = server(Scripted::new().read(&messages[..]));
        echo(&mut ws);
        let log = [Call::Read(messages.len()), Call::Write(echoes.len()), Call::Read(0)];
        assert_eq!(ws.stream().log, log);
        assert_eq!(ws.stream().written, echoes);
    }
}

#[test]
fn a_ping_pong_of_messages_makes_one_read_and_one_write_each() {
    let message = masked(0x81, b"turn");
    let mut ws = server(Scripted::new().read_pieces(&[&message[..]; 3]));
    echo(&mut ws);
    let (read, write) = (Call::Read(message.len()), Call::Write(6));
    assert_eq!(ws.stream().log, [read, write, read, write, read, write, Call::Read(0)]);
}

#[test]
fn what_was_fed_is_written_only_when_receive_has_to_wait() {
    let mut ws = server(Scripted::new().read(masked(0x81, b"x").repeat(2)));
    ws.feed("first").unwrap();
    assert_eq!(ws.stream().log, []);
    ws.receive().unwrap();
    assert_eq!(ws.stream().log, [Call::Write(7), Call::Read(14)], "written before it waited");
    ws.feed("second").unwrap();
    ws.receive().unwrap();
    assert_eq!(ws.stream().log.len(), 2, "the second message had been read already");
    ws.flush().unwrap();
    assert_eq!(ws.stream().log[2..], [Call::Write(8)]);
    ws.flush().unwrap();
    assert_eq!(ws.stream().log.len(), 3, "nothing was left to write");
}

#[test]
fn the_answer_to_a_close_or_to_a_bad_frame_is_written_before_it_is_reported() {
    for (first, payload) in [(0x88, &[0x03, 0xe8][..]), (0x83, b"")] {
        let mut ws = server(Scripted::new().read(masked(first, payload)));
        let reported = ws.receive().map_err(error);
        assert_ne!(reported, Ok(Some("".into())));
        assert_eq!(read_frames(&ws.stream().written)[0].first, 0x88);
        let log = ws.stream().log.clone();
        assert_eq!(ws.receive().map_err(error), reported, "and again");
        assert_eq!(ws.stream().log, log, "nothing more is read or written");
    }
}

#[test]
fn a_message_and_a_payload_that_is_shared_are_one_write() {
    let mut ws = server(Scripted::new());
    ws.feed("small").unwrap();
    ws.feed(vec![0; 10_000]).unwrap();
    ws.send("small").unwrap();
    assert_eq!(ws.stream().log, [Call::Write(7 + 10_004 + 7)]);
}

#[test]
fn feed_writes_first_when_the_high_water_mark_is_reached() {
    let mut ws = server(Scripted::new().write_fails(ErrorKind::WouldBlock));
    let config = Config::default();
    ws.feed(vec![0; config.write_high_water]).unwrap();
    assert_eq!(ws.stream().log, []);
    let refused = ws.feed("waits").map_err(error);
    assert_eq!(refused, Err(Seen::Io(ErrorKind::WouldBlock)));
    ws.feed("waits").unwrap();
    ws.flush().unwrap();
    let frames = read_frames(&ws.stream().written);
    assert_eq!(frames.len(), 2, "what was refused was not queued");
}

#[test]
fn a_pong_that_waited_for_room_is_written_before_receive_waits() {
    let wire = all_to(Role::Server, &[(0x81, b"text"), (0x89, b"ping")]);
    let mut ws = server(Scripted::new().read(wire));
    ws.receive().unwrap();
    let message = vec![0; Config::default().write_high_water];
    ws.feed(&message[..]).unwrap();
    ws.receive().unwrap_err();
    let frames = read_frames(&ws.stream().written);
    assert_eq!(contents(&frames), [(0x82, &message[..]), (0x8a, b"ping")]);
}

#[test]
fn a_pong_that_waited_for_room_goes_before_the_next_ones_when_the_application_made_room() {
    let pings = all_to(
        Role::Server,
        &[(0x81, b"text"), (0x89, b"one"), (0x81, b"text"), (0x89, b"two"), (0x81, b"text")],
    );
    let mut ws = server(Scripted::new().read(pings));
    ws.receive().unwrap();
    let message = vec![0; Config::default().write_high_water];
    ws.feed(&message[..]).unwrap();
    ws.receive().unwrap();
    ws.flush().unwrap();
    ws.receive().unwrap();
    ws.flush().unwrap();
    let frames = read_frames(&ws.stream().written);
    assert_eq!(contents(&frames), [(0x82, &message[..]), (0x8a, b"one"), (0x8a, b"two")]);
}

#[test]
fn a_timeout_of_a_read_or_a_write_loses_nothing() {
    for kind in [ErrorKind::WouldBlock, ErrorKind::TimedOut] {
        let wire = masked(0x81, b"Hello");
        let script = Scripted::new()
            .read(&wire[..4])
            .read_fails(kind)
            .read(&wire[4..])
            .write_takes(3)
            .write_fails(kind)
            .read(masked(0x88, b""));
        let mut ws = server(script);
        assert_eq!(ws.receive().map_err(error), Err(Seen::Io(kind)));
        assert_eq!(ws.receive().unwrap(), Some("Hello".into()));
        ws.feed("answer").unwrap();
        assert_eq!(ws.receive().map_err(error), Err(Seen::Io(kind)));
        assert_eq!(ws.receive().unwrap(), None);
        let frames = read_frames(&ws.stream().written);
        assert_eq!(contents(&frames), [(0x81, &b"answer"[..]), (0x88, b"")]);
    }
}

#[test]
fn an_interrupted_call_is_made_again() {
    let wire = masked(0x81, b"Hello");
    let cases = [
        ("a read", Scripted::new().read_fails(ErrorKind::Interrupted)),
        ("a write", Scripted::new().write_fails(ErrorKind::Interrupted)),
        ("a flush", Scripted::new().flush_fails(ErrorKind::Interrupted)),
    ];
    for (name, script) in cases {
        let mut ws = server(script.read(&wire[..]).read(masked(0x88, b"")));
        assert_eq!(echo(&mut ws), [text("Hello"), Seen::Close(None)], "{name}");
        let stream = ws.stream();
        assert_eq!(contents(&read_frames(&stream.written)), [(0x81, &b"Hello"[..]), (0x88, b"")]);
        assert_eq!(stream.unflushed, 0, "{name}");
    }
}

#[test]
fn a_read_that_says_it_filled_more_than_its_room_is_an_error() {
    let mut ws = server(Scripted::new().read(masked(0x81, b"Hello")).read_lies());
    assert_eq!(echo(&mut ws), [text("Hello"), Seen::Io(ErrorKind::Other)]);
    assert_eq!(ws.stream().written, unmasked(0x81, b"Hello"));
}

#[test]
fn a_write_that_says_it_took_more_than_it_was_given_is_an_error() {
    let mut ws = server(Scripted::new().write_lies());
    // More parts than one write is given: what it claims is still less than what waits.
    for _ in 0..12 {
        ws.feed(vec![7; 5000]).unwrap();
    }
    assert_eq!(ws.flush().map_err(error), Err(Seen::Io(ErrorKind::Other)));
}

#[test]
fn a_flush_that_timed_out_is_made_again_before_the_next_read() {
    let script =
        Scripted::new().read(masked(0x81, b"x")).flush_fails(ErrorKind::WouldBlock).read_pending();
    let mut ws = server(script.read(masked(0x81, b"y")));
    ws.receive().unwrap();
    ws.feed("answer").unwrap();
    assert_eq!(ws.receive().map_err(error), Err(Seen::Io(ErrorKind::WouldBlock)));
    assert_eq!(ws.receive().unwrap(), Some("y".into()));
    assert_eq!(ws.stream().unflushed, 0, "the peer waits for an answer that sits in the stream");
}

#[test]
fn after_a_failed_write_every_write_reports_it() {
    let mut ws = server(Scripted::new().write_fails(ErrorKind::BrokenPipe));
    for _ in 0..3 {
        assert_eq!(ws.send("x").map_err(error), Err(Seen::Io(ErrorKind::BrokenPipe)));
        assert_eq!(ws.flush().map_err(error), Err(Seen::Io(ErrorKind::BrokenPipe)));
    }
    assert_eq!(ws.stream().log.len(), 1, "the stream is not asked again");
}

#[test]
fn an_end_is_reported_again_as_it_was() {
    let scripts = [
        ("an end", Scripted::new()),
        ("a broken pipe", Scripted::new().write_fails(ErrorKind::BrokenPipe)),
    ];
    for (name, script) in scripts {
        let mut ws = server(script);
        ws.feed("x").unwrap();
        let first = ws.receive().map_err(error);
        assert!(first.is_err());
        assert_eq!(ws.receive().map_err(error), first, "{name}");
    }
}

#[test]
fn close_sends_a_close_and_waits_for_the_peers_while_it_drops_messages() {
    let wire = all_to(Role::Server, &[(0x81, b"late"), (0x88, b"\x0f\xa0bye")]);
    let mut ws = server(Scripted::new().read(&wire[..]));
    ws.feed("last").unwrap();
    ws.close(CloseCode::NORMAL, "done").unwrap();
    let answer = close_body(1000, "done");
    let frames = read_frames(&ws.stream().written);
    assert_eq!(contents(&frames), [(0x81, &b"last"[..]), (0x88, &answer)]);
    assert_eq!(ws.closing().unwrap().received.as_ref().unwrap().reason, "bye");
    ws.close(CloseCode::NORMAL, "again").unwrap();
    assert_eq!(ws.stream().log, [Call::Write(6 + 8), Call::Read(wire.len())], "no second Close");
    assert!(matches!(ws.send("late"), Err(Error::Closed(_))));
}

#[test]
fn a_close_that_was_sent_leaves_the_messages_under_way() {
    let wire = all_to(Role::Server, &[(0x81, b"late"), (0x88, b"")]);
    let mut ws = server(Scripted::new().read(wire));
    ws.send_close(CloseCode::GOING_AWAY, "").unwrap();
    assert_eq!(ws.receive().unwrap(), Some("late".into()));
    assert_eq!(ws.receive().unwrap(), None);
    let frames = read_frames(&ws.stream().written);
    assert_eq!(contents(&frames), [(0x88, &close_body(1001, "")[..])]);
}

#[test]
fn close_reports_an_end_without_the_peers_close_and_a_code_that_cannot_be_sent() {
    let mut ws = server(Scripted::new());
    assert!(matches!(ws.close(CloseCode::NO_STATUS, ""), Err(Error::Send(_))));
    assert_eq!(ws.stream().log, []);
    let ended = ws.close(CloseCode::NORMAL, "").map_err(error);
    assert_eq!(ended, Err(Seen::Failed(ProtocolError::EndWithoutClose)));
}

#[test]
fn a_ping_is_written_at_once_and_its_pong_is_not_reported() {
    let wire = all_to(Role::Server, &[(0x8a, b"ping"), (0x81, b"text")]);
    let mut ws = server(Scripted::new().read(wire));
    ws.ping(b"ping").unwrap();
    assert_eq!(ws.stream().written, unmasked(0x89, b"ping"));
    assert_eq!(ws.receive().unwrap(), Some("text".into()));
    assert!(matches!(ws.ping(&[0; 126]), Err(Error::Send(SendError::ControlTooLong(126)))));
}

#[test]
fn what_was_read_behind_the_handshake_comes_first_and_what_is_unread_comes_out() {
    let unread = [masked(0x81, b"one"), masked(0x81, b"two"), masked(0x81, b"half")[..3].to_vec()];
    let unread = unread.concat();
    let config = Config::default();
    let mut ws = WebSocket::new(Scripted::new(), Connection::server(&config), &unread);
    assert_eq!(ws.receive().unwrap(), Some("one".into()));
    assert_eq!(ws.unread(), &unread[9..]);
    assert_eq!(ws.stream().log, [], "nothing had to be read");
    let (stream, rest) = ws.into_parts();
    assert_eq!((stream.log.len(), &rest[..]), (0, &unread[9..]));
}

#[test]
fn close_judges_the_messages_that_it_drops() {
    // RFC 6455 §8.1: a text that is none fails the connection, also when it comes in one frame.
    let wires = [masked(0x81, b"a\xff"), all_to(Role::Server, &[(0x01, b"a"), (0x80, b"\xff")])];
    for wire in wires {
        let mut ws = server(Scripted::new().read([&wire[..], &masked(0x88, b"")].concat()));
        let closed = ws.close(CloseCode::NORMAL, "").map_err(error);
        assert_eq!(closed, Err(Seen::Failed(ProtocolError::InvalidUtf8)));
    }
}

#[test]
fn a_failed_write_is_repeated_with_the_code_of_the_system() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }
    }
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(5))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut ws = WebSocket::new(Untimed(Broken), Connection::server(&Config::default()), &[]);
    ws.feed("message").unwrap();
    for _ in 0..2 {
        let Err(Error::Io(error)) = ws.flush() else { panic!("it cannot be written") };
        assert_eq!(error.raw_os_error(), Some(5));
    }
}
