//! How the halves of every adapter end: by the peer's Close, by their own, by an error, and when one of
//! them is dropped.

mod common;

use std::io::ErrorKind;

use common::{
    Seen, all_to, close_body, closed,
    halves::{SERVERS, asynchronous, failed, for_each, until_ready},
    masked, read_frames,
    scripted::Scripted,
    unmasked,
};
use fullduplex::{CloseCode, Closing, Error, Message, Role, SendError};

/// The story in a refusal to send.
fn refused<T: std::fmt::Debug>(sent: Result<T, Error>) -> Closing {
    match sent {
        Err(Error::Closed(closing)) => *closing,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_close_is_answered_and_ends_both_halves_with_the_same_story() {
    let script = Scripted::new().read(masked(0x88, &close_body(1001, "bye")));
    for most in [1, 2, usize::MAX] {
        for_each(SERVERS, &script, |adapter, mut halves, stream| {
            assert_eq!(halves.closing(), [None, None], "{adapter}");
            assert_eq!(until_ready(|| halves.receive(most)).unwrap(), None, "{adapter}");
            assert_eq!(stream.written(), unmasked(0x88, &close_body(1001, "")), "{adapter}");
            let [Some(one), Some(other)] = halves.closing() else { panic!("{adapter}") };
            assert_eq!(one, other, "{adapter}");
            let line = "closed by the peer with 1001 \"bye\", answered with 1001";
            assert_eq!(one.to_string(), line, "{adapter}");
            let sent = until_ready(|| halves.send(&"late".into(), most));
            assert_eq!(refused(sent), one, "{adapter}");
            let closed = until_ready(|| halves.send_close(CloseCode::NORMAL, "", most));
            assert_eq!(refused(closed), one, "{adapter}");
            assert_eq!(until_ready(|| halves.receive(most)).unwrap(), None, "{adapter}: again");
        });
    }
}

#[test]
fn a_close_of_the_sending_half_leaves_the_messages_under_way_to_the_other() {
    let script = Scripted::new()
        .read_pending()
        .read(all_to(Role::Server, &[(0x81, b"late"), (0x88, &close_body(1000, ""))]));
    for_each(SERVERS, &script, |adapter, mut halves, stream| {
        until_ready(|| halves.send_close(CloseCode::NORMAL, "bye", 1)).unwrap();
        assert_eq!(stream.written(), unmasked(0x88, &close_body(1000, "bye")), "{adapter}");
        assert!(matches!(until_ready(|| halves.feed(&"late".into(), 1)), Err(Error::Closed(_))));
        assert_eq!(until_ready(|| halves.receive(1)).unwrap(), Some("late".into()), "{adapter}");
        assert_eq!(until_ready(|| halves.receive(1)).unwrap(), None, "{adapter}");
        let [Some(one), Some(other)] = halves.closing() else { panic!("{adapter}") };
        assert_eq!(one, other, "{adapter}");
        assert_eq!(one.to_string(), "closed by us with 1000 \"bye\", answered with 1000");
    });
}

#[test]
fn a_close_that_comes_while_the_sending_half_waits_is_answered_behind_what_it_sends() {
    let script = Scripted::new().read(masked(0x88, &close_body(1000, "")));
    let script = script.write_takes(3).write_pending().write_pending().write_pending();
    for_each(asynchronous(), &script, |adapter, mut halves, stream| {
        assert!(halves.send(&"message".into(), 1).is_none(), "{adapter}");
        assert_eq!(until_ready(|| halves.receive(1)).unwrap(), None, "{adapter}");
        let expected = [unmasked(0x81, b"message"), unmasked(0x88, &close_body(1000, ""))];
        assert_eq!(stream.written(), expected.concat(), "{adapter}");
        until_ready(|| halves.flush(1)).unwrap();
    });
}

#[test]
fn what_cannot_be_sent_is_refused_and_nothing_is_written() {
    for_each(SERVERS, &Scripted::new(), |adapter, mut halves, stream| {
        let pinged = until_ready(|| halves.ping(&[0; 126], 1));
        assert!(matches!(pinged, Err(Error::Send(SendError::ControlTooLong(126)))), "{adapter}");
        let closed = until_ready(|| halves.send_close(CloseCode::ABNORMAL, "", 1));
        assert!(matches!(closed, Err(Error::Send(_))), "{adapter}");
        assert_eq!((stream.written().len(), halves.closing()), (0, [None, None]), "{adapter}");
    });
}

#[test]
fn a_write_error_of_one_half_is_reported_by_both() {
    let broken = || Scripted::new().write_fails(ErrorKind::BrokenPipe);
    let error = Seen::Io(ErrorKind::BrokenPipe);
    for_each(SERVERS, &broken().read_pending(), |adapter, mut halves, _| {
        let sent = until_ready(|| halves.send(&"lost".into(), 1));
        assert_eq!(sent.map_err(failed), Err(error.clone()), "{adapter}: of the sending half");
        let received = until_ready(|| halves.receive(1));
        assert_eq!(received.map_err(failed), Err(error.clone()), "{adapter}");
    });
    let script = broken().read(masked(0x89, b"ping")).read_pending().read_pending();
    for_each(SERVERS, &script, |adapter, mut halves, _| {
        let received = until_ready(|| halves.receive(1));
        assert_eq!(received.map_err(failed), Err(error.clone()), "{adapter}: of the receiving one");
        for _ in 0..2 {
            let sent = until_ready(|| halves.send(&"lost".into(), 1));
            assert_eq!(sent.map_err(failed), Err(error.clone()), "{adapter}");
        }
    });
}

#[test]
fn what_the_peer_said_comes_before_a_write_error_of_the_other_half() {
    let wire = [masked(0x81, b"one"), masked(0x81, b"two"), masked(0x88, b"")];
    let script = wire.iter().fold(Scripted::new(), |script, frame| script.read(&frame[..]));
    for_each(SERVERS, &script.write_fails(ErrorKind::BrokenPipe), |adapter, mut halves, _| {
        assert!(until_ready(|| halves.send(&"lost".into(), 1)).is_err(), "{adapter}");
        for message in ["one", "two"] {
            let received = until_ready(|| halves.receive(1)).unwrap();
            assert_eq!(received, Some(message.into()), "{adapter}");
        }
        assert_eq!(until_ready(|| halves.receive(1)).unwrap(), None, "{adapter}");
        assert_eq!(closed(halves.closing()[1].as_ref()), Seen::Close(None), "{adapter}");
    });
}

#[test]
fn a_frame_that_breaks_a_rule_ends_both_halves() {
    let script = Scripted::new().read(masked(0x83, b""));
    for_each(SERVERS, &script, |adapter, mut halves, stream| {
        for _ in 0..2 {
            assert!(matches!(until_ready(|| halves.receive(1)), Err(Error::Protocol(_))));
        }
        let frames = read_frames(&stream.written());
        assert_eq!(frames.len(), 1, "{adapter}");
        assert_eq!(frames[0].payload[..2], 1002_u16.to_be_bytes(), "{adapter}");
        let story = refused(until_ready(|| halves.send(&Message::from("late"), 1)));
        assert_eq!(halves.closing(), [Some(story.clone()), Some(story)], "{adapter}");
    });
}
