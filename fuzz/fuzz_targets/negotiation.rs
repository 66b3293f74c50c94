//! Whatever the header of extensions says and whatever the policy is: nothing panics; a server that
//! answers has kept what some offer asked for, and says nothing that it was not told that it may; a
//! client that takes an answer has what its policy asked for; and two ends of this crate always agree,
//! on the same.
#![no_main]
#[path = "../../tests/common/mod.rs"]
mod common;

use common::handshake::{ANSWER, NONCE, REQUEST, chat, feed, with_lines, written};
use fullduplex::{Answer, ClientHandshake, Config, Request, ServerHandshake, WriteBuffer};
use fullduplex_fuzz::compression::{agreed, policy};

libfuzzer_sys::fuzz_target!(|input: ([u8; 4], [u8; 4], &str)| {
    let (client, server, header) = input;
    let [client, server] = [client, server].map(|bytes| {
        let mut config = Config::default();
        config.compression = Some(policy(bytes));
        config
    });
    let [(_, asked), (_, served)] = agreed(&client, &server);
    assert!(asked.is_some() && asked == served, "{asked:?} {served:?}");
    // A line of bytes.
    if header.contains(|it| matches!(it, '\r' | '\n' | '\u{100}'..)) {
        return;
    }
    let lines = format!("Sec-WebSocket-Extensions: {header}\r\n");
    if let Some(answer) = answer(&server, &with_lines(REQUEST, &lines)) {
        let fits = split(header, ',').any(|offer| is_answer_to(&answer, offer));
        // A quoted value may hold what separates.
        assert!(fits || header.contains('"'), "{answer} does not answer {header}");
    }
    let mut asking = ClientHandshake::start(&chat(), NONCE, &client, &mut WriteBuffer::new())
        .expect("a request");
    let taken = feed(&[&with_lines(ANSWER, &lines)], |input| asking.receive(input)).0;
    if let Ok(Some((accepted, _))) = taken
        && let Some(parameters) = accepted.compression()
    {
        let policy = client.compression.as_ref().expect("there is one");
        assert!(policy.peer_context_takeover || parameters.server_no_context_takeover);
        assert!(policy.context_takeover || parameters.client_no_context_takeover);
        assert!(parameters.server_max_window_bits <= policy.peer_window_bits.clamp(9, 15));
    }
});

/// What a server answers to a request.
fn answer(config: &Config, request: &[u8]) -> Option<String> {
    let mut server = ServerHandshake::new(config);
    let Ok(Some(Request::Upgrade(offer))) = feed(&[request], |input| server.receive(input)).0
    else {
        return None;
    };
    let mut output = WriteBuffer::new();
    let accepted = offer.accept(&Answer::new(), &mut output).expect("an answer without headers");
    let head = String::from_utf8(written(&mut output)).expect("ASCII");
    let said = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
    assert_eq!(said.is_some(), accepted.compression().is_some());
    said.map(String::from)
}

/// RFC 7692 §7.1, for a server: what may be said, and what must be.
fn is_answer_to(answer: &str, offer: &str) -> bool {
    let offered = |name: &str| split(offer, ';').skip(1).find_map(|it| value(it, name));
    let said = |name: &str| split(answer, ';').skip(1).find_map(|it| value(it, name));
    let bits = |value: &str| value.parse::<u8>().unwrap_or(15);
    let is_named = split(offer, ';').next() == split(answer, ';').next();
    let keeps_takeover = offered("server_no_context_takeover").is_none()
        || said("server_no_context_takeover").is_some();
    let keeps_server_bits =
        match (offered("server_max_window_bits"), said("server_max_window_bits")) {
            (None, said) => said.is_none(),
            (Some(most), Some(said)) => bits(said) <= bits(most),
            (Some(_), None) => false,
        };
    let keeps_client_bits =
        match (offered("client_max_window_bits"), said("client_max_window_bits")) {
            (None, said) => said.is_none(),
            (Some(most), Some(said)) => bits(said) <= bits(most),
            (Some(most), None) => bits(most) == 15,
        };
    is_named && keeps_takeover && keeps_server_bits && keeps_client_bits
}

/// The value of a parameter, empty if it has none.
fn value<'a>(parameter: &'a str, name: &str) -> Option<&'a str> {
    let (said, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    (said.trim() == name).then_some(value.trim())
}

fn split(list: &str, separator: char) -> impl Iterator<Item = &str> {
    list.split(separator).map(|it| it.trim_matches([' ', '\t']))
}
