//! What a connection counts, as each adapter and each half tells it.

mod common;

use common::{
    Frames, all_to, close_body, for_every_cut,
    halves::{SERVERS, echo, for_each},
    handshake::REQUEST,
    masked,
    scripted::{Limited, Scripted},
    tally::{count, received, sent},
    text, unmasked,
};
use fullduplex::{Config, Counters, Kind, Message, Role, blocking};

#[test]
fn the_handshake_does_not_count() {
    let wire = all_to(Role::Server, &[(0x81, b"Hello"), (0x88, b"")]);
    let script = Scripted::new().read([REQUEST.as_bytes(), &wire].concat());
    let mut ws = blocking::accept(Limited(script)).unwrap();
    assert_eq!(ws.counters(), Counters::default());
    assert_eq!(ws.receive().unwrap(), Some("Hello".into()));
    ws.receive().unwrap();
    let counters = ws.counters();
    assert_eq!(received(&counters), count(&wire));
    assert_eq!(sent(&counters), count(&unmasked(0x88, b"")));
}

type Ws = blocking::WebSocket<Limited>;

#[test]
fn an_adapter_counts_as_its_connection_does_whichever_way_it_receives() {
    let frames: Frames<'_> = &[
        (0x81, b"lent"),
        (0x01, b"gath"),
        (0x89, b"ping"),
        (0x80, b"ered"),
        (0x88, &close_body(1000, "")),
    ];
    let wire = all_to(Role::Server, frames);
    let ways: [fn(&mut Ws) -> bool; 3] = [
        |ws| ws.receive().unwrap().is_some(),
        |ws| ws.receive_ref().unwrap().is_some(),
        |ws| ws.receive_chunk().unwrap().is_some(),
    ];
    for_every_cut(&wire, |pieces| {
        for receive in ways {
            let script = Scripted::new().read_pieces(pieces);
            let mut ws: Ws = server_of(script);
            while receive(&mut ws) {}
            let counters = ws.counters();
            assert_eq!(received(&counters), count(&wire));
            assert_eq!(sent(&counters), count(&ws.stream().0.written));
        }
    });
}

#[test]
fn an_adapter_does_not_count_a_message_that_is_no_text() {
    let ways: [fn(&mut Ws) -> bool; 3] = [
        |ws| ws.receive().is_err(),
        |ws| ws.receive_ref().is_err(),
        |ws| ws.receive_chunk().is_err(),
    ];
    for receive in ways {
        let mut ws: Ws = server_of(Scripted::new().read(masked(0x81, b"\xff")));
        assert!(receive(&mut ws));
        assert_eq!(ws.counters().messages_in, 0);
        assert_eq!(ws.counters().frames_in, 1);
    }
}

fn server_of(script: Scripted) -> Ws {
    let connection = fullduplex::Connection::server(&Config::default());
    blocking::WebSocket::new(Limited(script), connection, &[])
}

#[test]
fn a_message_that_is_sent_piece_by_piece_counts_when_it_is_finished() {
    let mut ws = server_of(Scripted::new());
    let mut writer = ws.stream_message(Kind::Text);
    writer.send("one").unwrap();
    assert_eq!(ws.counters().messages_out, 0);
    let mut ws = server_of(Scripted::new());
    let mut writer = ws.stream_message(Kind::Text);
    writer.send("one").unwrap();
    writer.feed("two").unwrap();
    writer.finish().unwrap();
    let counters = sent(&ws.counters());
    assert_eq!(counters, count(&ws.stream().0.written));
    assert_eq!((counters.frames, counters.messages, counters.payload), (3, 1, 6));
}

#[test]
fn both_halves_of_a_websocket_count_both_ways_and_so_does_what_is_made_of_them_again() {
    let wire = all_to(Role::Server, &[(0x81, b"echo"), (0x89, b""), (0x88, b"")]);
    for_each(SERVERS, &Scripted::new().read(&*wire), |name, mut halves, stream| {
        halves.send(&Message::from("first"), usize::MAX).unwrap().unwrap();
        let mut halves = halves.reunited();
        assert_eq!(halves.counters()[0].messages_out, 1, "{name}");
        assert_eq!(echo(&mut *halves, usize::MAX)[0], text("echo"), "{name}");
        let [receiving, sending] = halves.counters();
        assert_eq!(receiving, sending, "{name}");
        assert_eq!(received(&receiving), count(&wire), "{name}");
        // The echo was fed, and written before the Close.
        assert_eq!(sent(&sending), count(&stream.written()), "{name}");
    });
}

#[cfg(feature = "tokio")]
#[test]
fn a_message_that_is_read_ahead_counts_when_it_is_read() {
    use common::polled::{finish, poll, server};
    let script = Scripted::new().write_pending().read(masked(0x81, b"ahead"));
    let mut ws = server(script);
    assert!(poll(ws.send("waits"), 1).is_none());
    assert_eq!(ws.counters().messages_in, 1);
    assert_eq!(finish(ws.receive()).unwrap(), Some("ahead".into()));
    assert_eq!(ws.counters().messages_in, 1);
    assert_eq!(ws.counters().wire_out, 7);
}
