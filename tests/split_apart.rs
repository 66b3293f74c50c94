//! A half without the other: what one does when the other is dropped, and how two become one again.
#![cfg(feature = "tokio")]

mod common;

use common::{
    all_to, contents, masked,
    polled::{enter, finish, poll, websocket},
    read_frames,
    scripted::{Call, Scripted},
    shared::Shared,
    unmasked,
};
use fullduplex::{
    Config, Connection, Error, Kind, ProtocolError, Role, SendError,
    asynchronous::NotAPair,
    blocking,
    tokio::{ReceiveHalf, SendHalf, WebSocket},
};

fn server(script: Scripted) -> (WebSocket<Shared>, Shared) {
    let stream = Shared::new(script);
    (websocket(stream.clone(), Connection::server(&Config::default())), stream)
}

fn blocking_server(script: Scripted) -> (blocking::WebSocket<Shared>, Shared) {
    let stream = Shared::new(script);
    let connection = Connection::server(&Config::default());
    (blocking::WebSocket::new(stream.clone(), connection, &[]), stream)
}

#[test]
fn a_sending_half_alone_sends_and_hears_nothing() {
    let script = || Scripted::new().read(all_to(Role::Server, &[(0x89, b"?"), (0x88, b"")]));
    let (ws, stream) = server(script().write_takes(1).write_pending());
    let (receive, mut send) = ws.split();
    drop(receive);
    finish(send.send("one")).unwrap();
    finish(send.ping(b"!")).unwrap();
    assert_eq!(send.closing(), None);
    assert_eq!(stream.written(), [unmasked(0x81, b"one"), unmasked(0x89, b"!")].concat());

    let (ws, stream) = blocking_server(script());
    let (receive, mut send) = ws.split().unwrap();
    drop(receive);
    send.send("one").unwrap();
    assert_eq!((stream.written(), stream.script().log.len()), (unmasked(0x81, b"one"), 1));
}

#[test]
fn a_receiving_half_alone_writes_what_was_fed_and_answers() {
    let wire = || {
        let script = Scripted::new().read(masked(0x89, b"?")).read(masked(0x81, b"text"));
        script.read(masked(0x88, b""))
    };
    let expected = [unmasked(0x81, b"fed"), unmasked(0x8a, b"?"), unmasked(0x88, b"")].concat();

    let (ws, stream) = server(wire().write_takes(1).write_pending());
    let (mut receive, mut send) = ws.split();
    finish(send.feed("fed")).unwrap();
    drop(send);
    assert_eq!(finish(receive.receive()).unwrap(), Some("text".into()));
    assert_eq!(finish(receive.receive()).unwrap(), None);
    assert_eq!(stream.written(), expected);

    let (ws, stream) = blocking_server(wire());
    let (mut receive, mut send) = ws.split().unwrap();
    send.feed("fed").unwrap();
    drop(send);
    assert_eq!(receive.receive().unwrap(), Some("text".into()));
    assert_eq!(receive.receive().unwrap(), None);
    assert_eq!(stream.written(), expected);
}

#[test]
fn a_sending_half_that_is_dropped_in_the_middle_of_a_write_leaves_no_half_frame() {
    let script = Scripted::new().write_takes(3).write_pending().write_pending();
    let (ws, stream) = server(script.read(masked(0x88, b"")));
    let (mut receive, mut send) = ws.split();
    assert!(poll(send.send("message"), 1).is_none());
    drop(send);
    assert_eq!(finish(receive.receive()).unwrap(), None);
    let expected = [unmasked(0x81, b"message"), unmasked(0x88, b"")].concat();
    assert_eq!(stream.written(), expected);
}

#[test]
fn a_message_that_a_dropped_half_had_begun_stays_unfinished() {
    let (ws, stream) = server(Scripted::new().read(masked(0x89, b"?")).read_pending());
    let (mut receive, mut send) = ws.split();
    finish(send.stream_message(Kind::Text).feed("begun")).unwrap();
    drop(send);
    assert!(poll(receive.receive(), 1).is_none());
    let expected = [unmasked(0x01, b"begun"), unmasked(0x8a, b"?")].concat();
    assert_eq!(stream.written(), expected);
}

#[test]
fn reuniting_gives_back_all_that_was_fed_or_read_and_half_written() {
    let message = masked(0x81, b"in two reads");
    let script = Scripted::new()
        .read_pieces(&[&message[..9], &message[9..]])
        .read_pending()
        .write_takes(3)
        .write_pending()
        .write_pending();
    for polls in 0..3 {
        let (ws, stream) = server(script.clone());
        let (mut receive, mut send) = ws.split();
        // Three bytes of the first are written, the rest of it is with the writer; the second waits.
        assert!(poll(send.send("first"), 1).is_none());
        finish(send.feed("second")).unwrap();
        let received = poll(receive.receive(), polls);
        let mut ws = reunite(receive, send);
        let message = match received {
            Some(message) => message,
            None => finish(ws.receive()),
        };
        assert_eq!(message.unwrap(), Some("in two reads".into()), "{polls} polls");
        finish(ws.send("third")).unwrap();
        let frames = read_frames(&stream.written());
        let expected = [(0x81, &b"first"[..]), (0x81, b"second"), (0x81, b"third")];
        assert_eq!(contents(&frames), expected, "{polls} polls");
    }
}

fn reunite(receive: ReceiveHalf<Shared>, send: SendHalf<Shared>) -> WebSocket<Shared> {
    let _guard = enter();
    receive.reunite(send).unwrap()
}

#[test]
fn an_unfinished_message_is_unfinished_after_reuniting_too() {
    let (ws, stream) = server(Scripted::new());
    let (receive, mut send) = ws.split();
    finish(send.stream_message(Kind::Binary).send(&[1])).unwrap();
    let mut ws = reunite(receive, send);
    let refused = finish(ws.send("another"));
    assert!(matches!(refused, Err(Error::Send(SendError::UnfinishedMessage))), "{refused:?}");
    finish(ws.ping(b"!")).unwrap();
    assert_eq!(stream.written(), [unmasked(0x02, &[1]), unmasked(0x89, b"!")].concat());
}

#[test]
fn a_message_that_was_read_ahead_is_received_first_by_a_half_and_by_what_is_reunited() {
    let script = Scripted::new().read(masked(0x81, b"ahead")).read(masked(0x81, b"next"));
    for reunites in [false, true] {
        let (mut ws, stream) = server(script.clone().write_pending());
        // It reads on while the write waits, one message far.
        finish(ws.send("message")).unwrap();
        let reads = |call: &&Call| matches!(call, Call::Read(_));
        assert_eq!(stream.script().log.iter().filter(reads).count(), 1);
        let (mut receive, send) = ws.split();
        let received = if reunites {
            let mut ws = reunite(receive, send);
            [finish(ws.receive()), finish(ws.receive())]
        } else {
            [finish(receive.receive()), finish(receive.receive())]
        };
        assert_eq!(received.map(Result::unwrap), [Some("ahead".into()), Some("next".into())]);
    }
}

#[test]
fn halves_of_two_websockets_are_no_pair_and_come_back_as_they_were() {
    let script = |text| Scripted::new().read(masked(0x81, text));
    let ((one, one_stream), (other, other_stream)) =
        (server(script(b"one")), server(script(b"other")));
    let ((one_receive, one_send), (other_receive, other_send)) = (one.split(), other.split());
    let NotAPair(mut one_receive, mut other_send) = one_receive.reunite(other_send).unwrap_err();
    assert_eq!(finish(one_receive.receive()).unwrap(), Some("one".into()));
    finish(other_send.send("to other")).unwrap();
    assert_eq!(one_stream.written(), b"");
    assert_eq!(other_stream.written(), unmasked(0x81, b"to other"));
    drop((reunite(one_receive, one_send), reunite(other_receive, other_send)));

    let (one, other) = (blocking_server(script(b"one")).0, blocking_server(script(b"other")).0);
    let ((one_receive, one_send), (other_receive, other_send)) =
        (one.split().unwrap(), other.split().unwrap());
    let not_a_pair = one_receive.reunite(other_send).unwrap_err();
    assert_eq!(not_a_pair.to_string(), "the halves are not of the same WebSocket");
    let NotAPair(mut one_receive, other_send) = not_a_pair;
    assert_eq!(one_receive.receive().unwrap(), Some("one".into()));
    one_receive.reunite(one_send).unwrap();
    let mut other = other_receive.reunite(other_send).unwrap();
    assert_eq!(other.receive().unwrap(), Some("other".into()));
    let ended = other.receive();
    assert!(matches!(ended, Err(Error::Protocol(ProtocolError::EndWithoutClose))), "{ended:?}");
}
