//! RFC 6455 §7.1.3 to §7.1.5: how a connection ended, told in one line.

mod common;

use std::time::Duration;

use common::{End, ROLES, close_body, close_frame, pair::Pair, to};
use fullduplex::{CloseCode, CloseFrame, Closing, Config, Error, Role, Side, Timeout};

/// The story of an endpoint that has ended, or is about to.
fn story(end: &End) -> &Closing {
    end.connection.closing().expect("a Close or an end came")
}

fn close(end: &mut End, close: Option<&CloseFrame>) {
    end.connection.close(close, &mut end.output).unwrap();
}

fn time_out(end: &mut End, seconds: u64) -> Timeout {
    let now = Duration::from_secs(seconds);
    end.connection.handle_timeout(now, &mut end.output).unwrap_err()
}

/// Lets time pass that ends nothing.
fn wait(end: &mut End, seconds: u64) {
    end.connection.handle_timeout(Duration::from_secs(seconds), &mut end.output).unwrap();
}

type Act = fn(&mut End, Role);

/// Asserts the story of an endpoint to which `act` happens: who was first, whether it ended
/// cleanly, and the line. Nothing that comes later changes it.
fn assert_story(act: Act, first: Option<Side>, is_clean: bool, line: &str) {
    let mut config = Config::default();
    config.idle_timeout = Some(Duration::from_secs(100));
    for role in ROLES {
        let mut end = End::with(role, &config);
        end.connection.set_now(Duration::ZERO);
        end.receive(&to(role, 0x81, b"before"));
        assert_eq!(end.connection.closing(), None, "{line}");
        act(&mut end, role);
        let told = story(&end).clone();
        assert_eq!((told.first, told.is_clean()), (first, is_clean), "{line}");
        assert_eq!(told.to_string(), line);
        if end.connection.is_closed() {
            end.receive(&to(role, 0x88, &close_body(4000, "late")));
            let _ = end.connection.receive_end();
            let _ = end.connection.close(Some(&close_frame(4001, "late")), &mut end.output);
            assert_eq!(story(&end), &told, "{line}");
        }
    }
}

#[test]
fn a_closing_handshake_tells_who_was_first_and_what_the_answer_was() {
    let cases: [(Act, Side, bool, &str); 6] = [
        (
            |end, role| drop(end.receive(&to(role, 0x88, &close_body(1001, "going away")))),
            Side::Peer,
            true,
            "closed by the peer with 1001 \"going away\", answered with 1001",
        ),
        (
            |end, role| drop(end.receive(&to(role, 0x88, b""))),
            Side::Peer,
            true,
            "closed by the peer with 1005, answered with 1005",
        ),
        (
            |end, _| close(end, Some(&close_frame(1000, "bye"))),
            Side::Us,
            false,
            "closed by us with 1000 \"bye\", not answered",
        ),
        (|end, _| close(end, None), Side::Us, false, "closed by us with 1005, not answered"),
        (
            |end, role| {
                close(end, Some(&close_frame(1000, "bye")));
                end.receive(&to(role, 0x88, &close_body(1000, "")));
            },
            Side::Us,
            true,
            "closed by us with 1000 \"bye\", answered with 1000",
        ),
        (
            |end, role| {
                close(end, Some(&close_frame(3001, "one")));
                end.receive(&to(role, 0x88, &close_body(3002, "another")));
            },
            Side::Us,
            true,
            "closed by us with 3001 \"one\", answered with 3002 \"another\"",
        ),
    ];
    for (act, first, is_clean, line) in cases {
        assert_story(act, Some(first), is_clean, line);
    }
}

#[test]
fn a_failure_of_the_peer_tells_what_it_was_told_unless_a_close_was_sent_before() {
    let cases: [(Act, &str); 5] = [
        (
            |end, role| drop(end.receive(&to(role, 0x81, b"\xff"))),
            "closed by us with 1007 \"text message that is not UTF-8\", not answered",
        ),
        (
            |end, role| drop(end.receive(&to(role, 0x83, b""))),
            "closed by us with 1002 \"reserved opcode 0x3\", not answered",
        ),
        (
            |end, role| drop(end.receive(&to(role, 0x88, &close_body(1006, "")))),
            "closed by us with 1002 \"close code 1006 is not for the wire\", not answered",
        ),
        (
            |end, role| {
                close(end, None);
                end.receive(&to(role, 0x81, b"\xff"));
            },
            "closed by us with 1005, not answered",
        ),
        (
            |end, role| {
                close(end, Some(&close_frame(1000, "bye")));
                end.receive(&to(role, 0x83, b""));
            },
            "closed by us with 1000 \"bye\", not answered",
        ),
    ];
    for (act, line) in cases {
        assert_story(act, Some(Side::Us), false, line);
    }
}

#[test]
fn an_end_without_a_close_tells_whose_it_was() {
    let cases: [(Act, Option<Side>, &str); 5] = [
        (
            |end, _| assert!(end.connection.receive_end().is_err()),
            Some(Side::Peer),
            "ended by the peer without a close",
        ),
        (
            |end, _| {
                close(end, None);
                assert!(end.connection.receive_end().is_err());
            },
            Some(Side::Us),
            "closed by us with 1005, not answered",
        ),
        (
            |end, _| {
                wait(end, 20);
                assert_eq!(time_out(end, 40), Timeout::Pong);
            },
            None,
            "ended without a close",
        ),
        (
            |end, _| {
                wait(end, 100);
                assert_eq!(time_out(end, 200), Timeout::Idle);
            },
            Some(Side::Us),
            "closed by us with 1001 \"no message came or went for too long\", not answered",
        ),
        (
            |end, _| {
                close(end, None);
                assert_eq!(time_out(end, 10), Timeout::Close);
            },
            Some(Side::Us),
            "closed by us with 1005, not answered",
        ),
    ];
    for (act, first, line) in cases {
        assert_story(act, first, false, line);
    }
}

#[test]
fn both_ends_tell_the_same_story_from_their_sides() {
    let mut pair = Pair::new();
    close(&mut pair.client, Some(&close_frame(1001, "bye")));
    pair.settle();
    let (client, server) = (story(&pair.client), story(&pair.server));
    assert_eq!((client.first, server.first), (Some(Side::Us), Some(Side::Peer)));
    assert_eq!(client.sent, server.received);
    assert_eq!(client.received, server.sent);
    assert_eq!(client.sent, Some(close_frame(1001, "bye")));
    assert!(client.is_clean() && server.is_clean());
}

#[test]
fn a_close_that_was_refused_is_no_story() {
    for role in ROLES {
        let mut end = End::new(role);
        let refused = CloseFrame::new(CloseCode::ABNORMAL, "");
        end.connection.close(Some(&refused), &mut end.output).unwrap_err();
        assert_eq!(end.connection.closing(), None);
    }
}

#[test]
fn a_reason_breaks_out_of_no_line() {
    let mut end = End::new(Role::Client);
    let reason = "a \"quote\"\r\n\u{1b}[31m";
    end.receive(&to(Role::Client, 0x88, &close_body(4000, reason)));
    let line = r#"closed by the peer with 4000 "a \"quote\"\r\n\u{1b}[31m", answered with 4000"#;
    assert_eq!(story(&end).to_string(), line);
}

#[test]
fn an_adapters_error_tells_the_story() {
    let mut end = End::new(Role::Server);
    close(&mut end, Some(&close_frame(1000, "bye")));
    let error = Error::Closed(Box::new(story(&end).clone()));
    assert_eq!(error.to_string(), "closed by us with 1000 \"bye\", not answered");
}
