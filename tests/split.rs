//! The halves of every adapter on a scripted stream: they tell the stories that a whole WebSocket tells,
//! dropped at every poll, and both write what waits.

mod common;

use common::{
    halves::{SERVERS, asynchronous, echo, echo_once, for_each, until_ready},
    masked, read_frames,
    scripted::Scripted,
    shared::Shared,
    stories::stories,
    unmasked,
};
use fullduplex::{Config, Message};

/// First byte and payload of each frame that was written.
fn written(stream: &Shared) -> Vec<(u8, Vec<u8>)> {
    read_frames(&stream.written()).into_iter().map(|it| (it.first, it.payload)).collect()
}

#[test]
fn an_echo_over_halves_sees_and_writes_what_each_story_tells_wherever_its_futures_are_dropped() {
    for story in stories() {
        for most in [1, 2, 3, 5, usize::MAX] {
            for_each(SERVERS, &story.script, |adapter, mut halves, stream| {
                let name = format!("{}, {adapter}, {most} polls", story.name);
                assert_eq!(echo(&mut *halves, most), story.seen, "{name}");
                assert!(stream.written() == story.written, "{name}");
                assert_eq!(stream.script().unflushed, 0, "{name}");
                let [one, other] = halves.closing();
                assert_eq!(one, other, "{name}: both halves tell how it ended");
            });
        }
    }
}

#[test]
fn an_echo_over_halves_that_are_reunited_and_split_again_all_the_time_is_the_same() {
    for story in stories() {
        for_each(SERVERS, &story.script, |adapter, mut halves, stream| {
            let mut seen = Vec::new();
            while seen.len() < story.seen.len() {
                halves = halves.reunited();
                seen.push(echo_once(&mut *halves, 1).unwrap_or_else(|end| end));
            }
            let name = format!("{}, {adapter}", story.name);
            assert_eq!(seen, story.seen, "{name}");
            assert!(stream.written() == story.written, "{name}");
        });
    }
}

/// A stream that takes a byte, then nothing for now, `times` times.
fn slow(times: usize) -> Scripted {
    (0..times).fold(Scripted::new(), |script, _| script.write_takes(1).write_pending())
}

#[test]
fn a_dropped_send_of_a_half_has_queued_all_of_its_message_or_nothing() {
    let large = Message::from(vec![7; 100_000]);
    for polls in 0..12 {
        for_each(asynchronous(), &slow(5), |adapter, mut halves, stream| {
            let name = format!("{adapter}, {polls} polls");
            until_ready(|| halves.feed(&"before".into(), usize::MAX)).unwrap();
            let sent = halves.send(&large, polls);
            until_ready(|| halves.send(&"after".into(), usize::MAX)).unwrap();
            let mut expected = vec![(0x81, b"before".to_vec()), (0x81, b"after".to_vec())];
            match sent {
                Some(sent) => sent.unwrap(),
                None if polls == 0 => {
                    assert_eq!(written(stream), expected, "{name}: never polled");
                    return;
                }
                None => {}
            }
            expected.insert(1, (0x82, vec![7; 100_000]));
            assert!(written(stream) == expected, "{name}");
        });
    }
}

#[test]
fn a_dropped_feed_of_a_half_that_waited_for_room_has_queued_nothing() {
    for polls in 1..4 {
        for_each(asynchronous(), &slow(5), |adapter, mut halves, stream| {
            until_ready(|| halves.feed(&vec![7; 100_000].into(), usize::MAX)).unwrap();
            assert!(
                halves.feed(&"dropped".into(), polls).is_none(),
                "{adapter}: 100,000 bytes wait"
            );
            until_ready(|| halves.send(&"kept".into(), usize::MAX)).unwrap();
            let expected = [(0x82, vec![7; 100_000]), (0x81, b"kept".to_vec())];
            assert!(written(stream) == expected, "{adapter}, {polls} polls");
        });
    }
}

#[test]
fn a_flush_that_is_dropped_at_any_poll_goes_on_where_it_stopped() {
    for most in 1..6 {
        for_each(asynchronous(), &slow(40).flush_pending(), |adapter, mut halves, stream| {
            for message in ["one", "two", "three"] {
                until_ready(|| halves.feed(&message.into(), 1)).unwrap();
            }
            until_ready(|| halves.flush(most)).unwrap();
            let expected = ["one", "two", "three"].map(|it| (0x81, it.as_bytes().to_vec()));
            assert_eq!(written(stream), expected, "{adapter}, {most} polls");
            assert_eq!(stream.script().unflushed, 0, "{adapter}, {most} polls");
        });
    }
}

#[test]
fn a_ping_is_answered_while_the_sending_half_is_idle() {
    let script = Scripted::new().read(masked(0x89, b"ping")).read(masked(0x81, b"text"));
    for_each(SERVERS, &script, |adapter, mut halves, stream| {
        let received = until_ready(|| halves.receive(1)).unwrap();
        assert_eq!(received, Some("text".into()), "{adapter}");
        assert_eq!(stream.written(), unmasked(0x8a, b"ping"), "{adapter}");
    });
}

#[test]
fn a_ping_that_comes_while_the_sending_half_waits_is_answered_behind_what_it_sends() {
    let script = Scripted::new().read(masked(0x89, b"ping")).read_pending();
    let script = script.write_takes(3).write_pending().write_pending().write_pending();
    for resumed_by in ["receive", "flush"] {
        for_each(asynchronous(), &script, |adapter, mut halves, stream| {
            let name = format!("{adapter}, {resumed_by}");
            assert!(halves.send(&"message".into(), 1).is_none(), "{name}");
            assert!(halves.receive(1).is_none(), "{name}");
            assert_eq!(stream.written().len(), 3, "{name}");
            match resumed_by {
                // The script ends: so does the stream.
                "receive" => drop(until_ready(|| halves.receive(1)).unwrap_err()),
                _ => until_ready(|| halves.flush(1)).unwrap(),
            }
            let expected = [(0x81, b"message".to_vec()), (0x8a, b"ping".to_vec())];
            assert_eq!(written(stream), expected, "{name}");
        });
    }
}

#[test]
fn what_was_fed_is_written_by_the_receiving_half_before_it_waits() {
    let script = Scripted::new().read(masked(0x81, b"one")).read(masked(0x81, b"two"));
    for_each(SERVERS, &script, |adapter, mut halves, stream| {
        until_ready(|| halves.feed(&"answer".into(), 1)).unwrap();
        assert_eq!(stream.written(), b"", "{adapter}");
        assert_eq!(until_ready(|| halves.receive(1)).unwrap(), Some("one".into()), "{adapter}");
        assert_eq!(stream.written(), unmasked(0x81, b"answer"), "{adapter}");
    });
}

#[test]
fn feed_writes_first_when_the_high_water_mark_is_reached_also_of_bytes_that_were_taken() {
    let script = slow(1).write_pending();
    for (adapter, server) in asynchronous() {
        let mut config = Config::default();
        config.write_high_water = 10;
        let stream = Shared::new(script.clone());
        let mut halves = server(stream.clone(), &config);
        assert!(halves.send(&"0123456789".into(), 1).is_none(), "{adapter}");
        // All that waits, 11 bytes, is with the writer.
        assert!(halves.feed(&"more".into(), 1).is_none(), "{adapter}");
        until_ready(|| halves.feed(&"more".into(), 1)).unwrap();
        until_ready(|| halves.flush(1)).unwrap();
        let expected = [(0x81, b"0123456789".to_vec()), (0x81, b"more".to_vec())];
        assert_eq!(written(&stream), expected, "{adapter}");
    }
}
