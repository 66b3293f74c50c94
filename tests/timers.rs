//! Time, which the driver tells: Pings that keep a connection alive, and the limits that end it.
//! Days pass here in milliseconds.

mod common;

use std::time::Duration;

use common::{End, ROLES, Seen, close_frame, contents, pair::Pair, to};
use fullduplex::{Config, ProtocolError, Role, Timeout};

const SECOND: Duration = Duration::from_secs(1);

/// An endpoint whose driver has a clock.
fn end(role: Role, config: &Config) -> End {
    let mut end = End::with(role, config);
    end.connection.set_now(Duration::ZERO);
    end
}

/// A connection that receives `bytes` at `now`.
fn receive(end: &mut End, now: Duration, bytes: &[u8]) -> Vec<Seen> {
    end.connection.set_now(now);
    end.receive(bytes)
}

/// Lets the next deadline come; asserts when that is, in seconds.
fn wait(end: &mut End, seconds: u32) -> Result<(), Timeout> {
    let next = end.connection.next_timeout().expect("something is waited for");
    assert_eq!(next, seconds * SECOND);
    end.connection.handle_timeout(next, &mut end.output)
}

#[test]
fn a_silent_peer_is_pinged_and_its_pong_tells_how_far_it_is() {
    for role in ROLES {
        let mut end = end(role, &Config::default());
        assert_eq!(end.connection.latency(), None);
        assert_eq!(wait(&mut end, 20), Ok(()));
        let pings = end.frames();
        assert_eq!((pings.len(), pings[0].first), (1, 0x89));
        let pong = to(role, 0x8a, &pings[0].payload);
        let half = Duration::from_millis(20_500);
        assert_eq!(receive(&mut end, half, &pong), [Seen::Pong(pings[0].payload.clone())]);
        assert_eq!(end.connection.latency(), Some(Duration::from_millis(500)));
        // The same Pong again, or another one, says nothing.
        receive(&mut end, 30 * SECOND, &pong);
        receive(&mut end, 30 * SECOND, &to(role, 0x8a, b"beat"));
        assert_eq!(end.connection.latency(), Some(Duration::from_millis(500)));
        assert_eq!(wait(&mut end, 50), Ok(()));
        assert_ne!(end.frames()[0].payload, pings[0].payload, "each Ping has its own number");
    }
}

#[test]
fn a_latency_of_hours_is_told_as_the_longest_there_is() {
    let mut config = Config::default();
    config.pong_timeout = 24 * 3600 * SECOND;
    let mut end = end(Role::Server, &config);
    assert_eq!(wait(&mut end, 20), Ok(()));
    let pong = to(Role::Server, 0x8a, &end.frames()[0].payload);
    receive(&mut end, 7200 * SECOND, &pong);
    let longest = Duration::from_micros(u64::from(u32::MAX - 1));
    assert_eq!(end.connection.latency(), Some(longest), "71 minutes");
}

#[test]
fn a_peer_that_says_anything_is_not_pinged() {
    let mut server = end(Role::Server, &Config::default());
    let frame = to(Role::Server, 0x82, &[0; 100]);
    for (n, byte) in frame.iter().enumerate() {
        let now = u32::try_from(n).unwrap() * 19 * SECOND;
        receive(&mut server, now, &[*byte]);
        assert_eq!(server.connection.handle_timeout(now, &mut server.output), Ok(()));
        assert_eq!(server.connection.next_timeout(), Some(now + 20 * SECOND));
    }
    assert!(server.output.is_empty());
}

#[test]
fn a_peer_that_answers_nothing_ends_the_connection() {
    for role in ROLES {
        let mut end = end(role, &Config::default());
        assert_eq!(wait(&mut end, 20), Ok(()));
        assert_eq!(wait(&mut end, 40), Err(Timeout::Pong));
        assert_eq!(contents(&end.frames()).len(), 1, "nobody is there to read a Close");
        let late = end.connection.handle_timeout(41 * SECOND, &mut end.output);
        assert_eq!(late, Err(Timeout::Pong), "and again");
        assert!(end.connection.is_closed());
        assert_eq!(
            receive(&mut end, 41 * SECOND, &to(role, 0x81, b"late")),
            [Seen::Failed(ProtocolError::EndWithoutClose)]
        );
    }
}

#[test]
fn any_byte_after_a_ping_is_a_sign_of_life() {
    let mut server = end(Role::Server, &Config::default());
    assert_eq!(wait(&mut server, 20), Ok(()));
    receive(&mut server, 20 * SECOND, &[0x82]);
    assert_eq!(wait(&mut server, 40), Ok(()), "another Ping");
    assert_eq!(server.frames().len(), 2);
    assert_eq!(wait(&mut server, 60), Err(Timeout::Pong));
}

#[test]
fn a_machine_that_slept_asks_before_it_gives_up() {
    let mut server = end(Role::Server, &Config::default());
    let day = 86_400 * SECOND;
    assert_eq!(server.connection.handle_timeout(day, &mut server.output), Ok(()));
    assert_eq!(server.frames().len(), 1);
    assert_eq!(server.connection.next_timeout(), Some(day + 20 * SECOND));
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut server = end(Role::Server, &Config::default());
    receive(&mut server, 100 * SECOND, &[0x82]);
    receive(&mut server, 50 * SECOND, &[0x80]);
    assert_eq!(wait(&mut server, 120), Ok(()));
}

#[test]
fn two_ends_stay_together_for_days() {
    let mut pair = Pair::new();
    for role in ROLES {
        pair.end(role).connection.set_now(Duration::ZERO);
    }
    let mut pings = 0;
    let mut now = Duration::ZERO;
    while now < 7 * 86_400 * SECOND {
        let next = |role| pair.end(role).connection.next_timeout().unwrap();
        now = ROLES.map(next).into_iter().min().unwrap();
        for role in ROLES {
            let end = pair.end(role);
            end.connection.handle_timeout(now, &mut end.output).unwrap();
        }
        for role in ROLES.into_iter().chain(ROLES) {
            pair.end(role).connection.set_now(now);
            pings += pair.carry_to(role).1.iter().filter(|it| matches!(it, Seen::Ping(_))).count();
        }
    }
    assert!((30_000..70_000).contains(&pings), "{pings}: about one in 20 s");
}

#[test]
fn without_an_interval_nobody_is_pinged() {
    let mut config = Config::default();
    config.ping_interval = None;
    let mut server = end(Role::Server, &config);
    assert_eq!(server.connection.next_timeout(), None);
    let day = 86_400 * SECOND;
    assert_eq!(server.connection.handle_timeout(day, &mut server.output), Ok(()));
    assert!(server.output.is_empty());
}

#[test]
fn a_connection_without_messages_ends_with_1001_if_that_is_asked_for() {
    let mut config = Config::default();
    (config.ping_interval, config.idle_timeout) = (None, Some(60 * SECOND));
    for role in ROLES {
        let mut end = end(role, &config);
        // Pings do not count; messages do, in both directions, and whole or in pieces.
        receive(&mut end, 30 * SECOND, &to(role, 0x89, b""));
        receive(&mut end, 31 * SECOND, &to(role, 0x81, b"message"));
        assert_eq!(wait(&mut end, 60), Ok(()));
        end.connection.send("message", &mut end.output).unwrap();
        assert_eq!(wait(&mut end, 120), Ok(()));
        receive(&mut end, 121 * SECOND, &to(role, 0x01, b"mess"));
        receive(&mut end, 122 * SECOND, &to(role, 0x80, b"age"));
        assert_eq!(wait(&mut end, 180), Ok(()));
        end.frames();
        assert_eq!(wait(&mut end, 240), Err(Timeout::Idle));
        let frames = end.frames();
        assert_eq!((frames.len(), frames[0].first), (1, 0x88));
        assert_eq!(frames[0].payload[..2], 1001_u16.to_be_bytes());
        assert!(end.connection.is_closed());
    }
}

#[test]
fn a_close_that_is_not_answered_ends_the_connection() {
    for role in ROLES {
        let mut end = end(role, &Config::default());
        receive(&mut end, 100 * SECOND, &to(role, 0x81, b"message"));
        end.connection.close(Some(&close_frame(1000, "")), &mut end.output).unwrap();
        // What comes before the peer's Close does not put it off.
        receive(&mut end, 109 * SECOND, &to(role, 0x81, b"message"));
        assert_eq!(wait(&mut end, 110), Err(Timeout::Close));
        assert_eq!(contents(&end.frames()).len(), 1, "no Ping after the Close");
    }
}

#[test]
fn a_peer_that_failed_or_closed_has_as_long_to_end_the_transport() {
    for (role, first) in ROLES.into_iter().flat_map(|role| [(role, 0x83), (role, 0x88)]) {
        let mut end = end(role, &Config::default());
        let seen = receive(&mut end, 5 * SECOND, &to(role, first, b""));
        assert_eq!(wait(&mut end, 15), Err(Timeout::Close));
        if let [Seen::Failed(error)] = &seen[..] {
            assert_eq!(end.receive(b""), [Seen::Failed(error.clone())], "the cause stays");
        }
    }
}

#[test]
fn a_stream_that_takes_nothing_ends_the_connection_however_lively_the_peer_is() {
    for role in ROLES {
        let mut end = end(role, &Config::default());
        receive(&mut end, 5 * SECOND, &to(role, 0x8a, b""));
        end.connection.write_stalled();
        // From the first time counts the limit, and what comes does not put it off.
        receive(&mut end, 15 * SECOND, &to(role, 0x81, b"message"));
        end.connection.write_stalled();
        assert_eq!(wait(&mut end, 25), Err(Timeout::Write));
        assert!(end.connection.is_closed());
        let late = end.connection.handle_timeout(26 * SECOND, &mut end.output);
        assert_eq!(late, Err(Timeout::Write), "and again");
        assert_eq!(end.connection.closing().unwrap().to_string(), "ended without a close");
    }
}

#[test]
fn a_stream_that_takes_a_little_in_time_is_waited_for() {
    let mut server = end(Role::Server, &Config::default());
    for n in 0..100 {
        receive(&mut server, n * 19 * SECOND, &to(Role::Server, 0x8a, b""));
        server.connection.wrote();
        server.connection.write_stalled();
    }
    assert_eq!(wait(&mut server, 99 * 19 + 20), Err(Timeout::Write));
    let mut server = end(Role::Server, &Config::default());
    server.connection.write_stalled();
    server.connection.wrote();
    assert_eq!(wait(&mut server, 20), Ok(()), "nothing but a Ping");
}

#[test]
fn while_closing_a_stalled_write_and_the_peers_close_have_each_their_own_limit() {
    // Write and close timeout, and which one ends it, after how many seconds.
    let cases =
        [(4, 10, Timeout::Write, 4), (20, 10, Timeout::Close, 10), (10, 10, Timeout::Close, 10)];
    for (role, (write, close, limit, seconds)) in
        ROLES.into_iter().flat_map(|role| cases.map(|case| (role, case)))
    {
        let mut config = Config::default();
        (config.write_timeout, config.close_timeout) = (write * SECOND, close * SECOND);
        let mut end = end(role, &config);
        end.connection.close(Some(&close_frame(1000, "")), &mut end.output).unwrap();
        end.connection.write_stalled();
        assert_eq!(wait(&mut end, seconds), Err(limit), "{write} s, {close} s");
    }
}

#[test]
fn a_driver_without_a_clock_waits_for_nothing() {
    for role in ROLES {
        let mut end = End::with(role, &Config::default());
        assert_eq!(end.connection.next_timeout(), None);
        end.connection.write_stalled();
        assert_eq!(end.receive(&to(role, 0x88, b"")), [Seen::Close(None)]);
        assert_eq!(end.connection.next_timeout(), None);
    }
}

#[test]
fn time_begins_when_the_driver_first_says_what_time_it_is() {
    let mut server = End::with(Role::Server, &Config::default());
    server.connection.set_now(1000 * SECOND);
    assert_eq!(wait(&mut server, 1020), Ok(()));
}

#[test]
fn a_limit_of_months_is_none_and_a_part_of_a_millisecond_is_a_whole_one() {
    let intervals = [
        (Duration::from_secs(50 * 86_400), None),
        (Duration::from_nanos(1), Some(Duration::from_millis(1))),
        (Duration::MAX, None),
    ];
    for (interval, next) in intervals {
        let mut config = Config::default();
        config.ping_interval = Some(interval);
        assert_eq!(end(Role::Server, &config).connection.next_timeout(), next);
    }
}
