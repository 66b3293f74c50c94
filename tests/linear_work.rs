//! Twice the input costs twice the work, not four times: instructions, counted by valgrind.
//!
//! Each test runs itself again under `valgrind --tool=callgrind`, with no input, with n and with 2n.
//! Without valgrind it says so and checks nothing; `REQUIRE_VALGRIND=1` makes that a failure.

mod common;

use std::{
    env,
    process::{Command, Stdio},
};

use bytes::{Buf, Bytes};
use common::{
    End, KEY,
    handshake::{ANSWER, NONCE, REQUEST, chat, feed, with_lines},
    header_to, masked, to,
};
use fullduplex::{ClientHandshake, Config, Role, ServerHandshake, WriteBuffer};

/// Asserts that `work` grows no faster than its input. `test` is the calling test's own name.
fn assert_linear(test: &str, n: usize, work: impl Fn(usize)) {
    if let Ok(n) = env::var(INPUT) {
        return work(n.parse().unwrap());
    }
    let count = |n| instructions(test, n);
    let (Some(none), Some(once), Some(twice)) = (count(0), count(n), count(2 * n)) else {
        assert!(env::var_os("REQUIRE_VALGRIND").is_none(), "no valgrind");
        println!("skipped: {test}: no valgrind");
        return;
    };
    let (once, twice) = (once - none, twice - none);
    let (n, double) = (n as u64, 2 * n as u64);
    println!("{test}: {} instructions for each of {n}, {} of {double}", once / n, twice / double);
    assert!(once > n, "{once} instructions do nothing with {n}");
    assert!(2 * twice < 5 * once, "{once} instructions for {n}, {twice} for {double}");
}

/// Runs `test` under valgrind with an input of `n`.
fn instructions(test: &str, n: usize) -> Option<u64> {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INPUT, n.to_string())
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{test}: {report}");
    let count = report.lines().find_map(|line| line.split_once("Collected : "));
    Some(count.expect("callgrind counts").1.trim().parse().unwrap())
}

fn unlimited() -> Config {
    let mut config = Config::default();
    (config.max_message_len, config.max_message_frames) = (u64::MAX, u32::MAX);
    (config.max_head_len, config.max_headers) = (usize::MAX, usize::MAX);
    config.max_refusal_body_len = usize::MAX;
    config
}

/// A server's handshake that gets `head` in pieces of `len` bytes.
fn serve(head: &[u8], len: usize) {
    let mut server = ServerHandshake::new(&unlimited());
    let (request, _) = feed(&head.chunks(len).collect::<Vec<_>>(), |input| server.receive(input));
    assert!(request.unwrap().is_some());
}

/// A client's handshake that gets `answer` byte by byte.
fn answer(answer: &[u8]) {
    let mut output = WriteBuffer::new();
    let client = ClientHandshake::start(&chat(), NONCE, &unlimited(), &mut output);
    let mut client = client.unwrap();
    let pieces: Vec<_> = answer.chunks(1).collect();
    let (answer, _) = feed(&pieces, |input| client.receive(input));
    assert!(!matches!(answer, Ok(None)));
}

/// A server that gets `reads`, one after the other, and at the end has seen `events`.
fn receive(reads: impl Iterator<Item = Vec<u8>>, events: usize) {
    let mut server = End::with(Role::Server, &unlimited());
    let mut seen = 0;
    for mut read in reads {
        let mut input = &mut read[..];
        while server.connection.receive(&mut input, &mut server.output).unwrap().is_some() {
            seen += 1;
        }
        server.output.advance(server.output.remaining());
    }
    assert_eq!(seen, events);
}

/// A message of `n` fragments, each of which carries `payload`.
fn fragments(first: u8, payload: &[u8], n: usize) {
    let begin = masked(first, payload);
    let rest = masked(0x00, payload);
    receive([begin].into_iter().chain(vec![rest; n]).chain([masked(0x80, b"")]), 1);
}

#[test]
fn a_request_that_comes_byte_by_byte() {
    assert_linear("a_request_that_comes_byte_by_byte", 1000, |n| {
        serve(&with_lines(REQUEST, &format!("A: {}\r\n", "x".repeat(n))), 1);
    });
}

#[test]
fn an_answer_that_comes_byte_by_byte() {
    assert_linear("an_answer_that_comes_byte_by_byte", 1000, |n| {
        answer(&with_lines(ANSWER, &format!("A: {}\r\n", "x".repeat(n))));
    });
}

#[test]
fn a_body_of_a_refusal_that_comes_byte_by_byte() {
    assert_linear("a_body_of_a_refusal_that_comes_byte_by_byte", 1000, |n| {
        let body = "4;ext=value\r\nbody\r\n".repeat(n / 4);
        let head = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n";
        answer(format!("{head}{body}0\r\n\r\n").as_bytes());
    });
}

#[test]
fn a_request_with_many_headers() {
    assert_linear("a_request_with_many_headers", 500, |n| {
        serve(&with_lines(REQUEST, &"Name: value\r\n".repeat(n)), usize::MAX);
    });
}

#[test]
fn a_request_with_many_subprotocols() {
    assert_linear("a_request_with_many_subprotocols", 500, |n| {
        let names: Vec<_> = (0..=n).map(|name| name.to_string()).collect();
        let line = format!("Sec-WebSocket-Protocol: {}\r\n", names.join(", "));
        serve(&with_lines(REQUEST, &line), usize::MAX);
    });
}

#[test]
fn a_text_in_many_fragments_that_cut_characters() {
    assert_linear("a_text_in_many_fragments_that_cut_characters", 500, |n| {
        // 64 bytes, of which the first two and the last one are parts of a character.
        let piece = ["\u{20ac}".as_bytes().split_at(1).1, &[b'x'; 61], b"\xe2"].concat();
        let (begin, end) = (masked(0x01, b"\xe2"), masked(0x80, b"\x82\xac"));
        receive([begin].into_iter().chain(vec![masked(0x00, &piece); n]).chain([end]), 1);
    });
}

#[test]
fn a_message_in_many_fragments_of_a_byte() {
    assert_linear("a_message_in_many_fragments_of_a_byte", 500, |n| fragments(0x02, b"x", n));
}

#[test]
fn a_message_in_many_empty_fragments() {
    assert_linear("a_message_in_many_empty_fragments", 500, |n| fragments(0x01, b"", n));
}

#[test]
fn a_text_that_comes_byte_by_byte() {
    assert_linear("a_text_that_comes_byte_by_byte", 1000, |n| {
        let header = header_to(Role::Server, 0x81, n as u64 + 1);
        let bytes = (0..=n).map(|index| vec![b'x' ^ KEY[index % 4]]);
        receive([header].into_iter().chain(bytes), 1);
    });
}

#[test]
fn many_pings_in_one_read() {
    assert_linear("many_pings_in_one_read", 200, |n| {
        receive([masked(0x89, b"ping").repeat(n)].into_iter(), n);
    });
}

#[test]
fn small_messages_that_a_sink_takes_a_few_bytes_at_a_time() {
    assert_linear("small_messages_that_a_sink_takes_a_few_bytes_at_a_time", 3000, |n| {
        let mut server = End::new(Role::Server);
        for _ in 0..n {
            server.connection.send(&[7; 98], &mut server.output).unwrap();
            // It falls behind: half of each message goes on waiting.
            server.output.advance(50);
        }
        while server.output.has_remaining() {
            server.output.advance(10);
        }
    });
}

#[test]
fn shared_messages_that_a_sink_takes_a_few_bytes_at_a_time() {
    assert_linear("shared_messages_that_a_sink_takes_a_few_bytes_at_a_time", 100, |n| {
        let mut server = End::new(Role::Server);
        let payload = Bytes::from(vec![7; 5000]);
        for _ in 0..n {
            server.connection.send(payload.clone(), &mut server.output).unwrap();
        }
        while server.output.has_remaining() {
            let mut parts = [std::io::IoSlice::new(&[]); 16];
            server.output.chunks_vectored(&mut parts);
            server.output.advance(server.output.remaining().min(100));
        }
    });
}

#[test]
fn messages_that_wait_behind_a_byte_by_byte_read() {
    assert_linear("messages_that_wait_behind_a_byte_by_byte_read", 100, |n| {
        let wire = to(Role::Server, 0x82, &[7; 10]).repeat(n);
        receive(wire.chunks(1).map(<[u8]>::to_vec), n);
    });
}

/// How much a test that valgrind runs has to do.
const INPUT: &str = "LINEAR_WORK_INPUT";
