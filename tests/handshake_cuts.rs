//! A handshake does not depend on how the transport cuts its bytes, takes only its own, and never
//! panics (RFC 6455 §4).

mod common;

use common::{
    for_every_cut,
    handshake::{ANSWER, REQUEST, ask, chat, edited, feed, with_lines},
};
use fullduplex::{Answer, ClientHandshake, Config, Request, ServerHandshake, WriteBuffer};
use proptest::{collection::vec, prelude::*, sample::Index};

/// Two frames, the second one cut.
const FRAMES: &[u8] = b"\x81\x82\0\0\0\0Hi\x82\xfe\r\n\r\n\0";

#[test]
fn every_cut_of_a_request_gives_the_same_result() {
    let heads = [
        REQUEST.into(),
        with_lines(REQUEST, "Cookie: a=1\r\nSec-WebSocket-Protocol: a, b\r\nX-Raw: \u{ff}\r\n"),
        edited(REQUEST, "Upgrade: websocket\r\n", ""),
        edited(REQUEST, ": 13", ": 8"),
        edited(REQUEST, "Host: server.example.com\r\n", "Host: server.example.com\n"),
        edited(REQUEST, "Host:", "Host\u{ff}:"),
        edited(REQUEST, "GET", "\x16\x03"),
        b"GET ^ HTTP/1.1\r\n\r\n".into(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
        b"\r\n\r\n".into(),
        b"\n\n".into(),
        REQUEST[..REQUEST.len() - 1].into(),
    ];
    for head in heads {
        assert_independent_of_cuts(&head, served);
    }
}

#[test]
fn every_cut_of_an_answer_gives_the_same_result() {
    let early = "HTTP/1.1 100 Continue\r\n\r\n";
    let heads = [
        ANSWER.into(),
        with_lines(ANSWER, "Set-Cookie: a=1\r\nSec-WebSocket-Protocol: chat\r\nX: \u{ff}\r\n"),
        [early, early, ANSWER].concat().into_bytes(),
        edited(ANSWER, "K+xOo=", "K-xOo="),
        edited(ANSWER, "\r\nUpgrade", "\nUpgrade"),
        edited(ANSWER, "HTTP", "HTPT"),
        edited(ANSWER, "HTTP/1.1", "HTTP/1.0"),
        b"HT\r\n\r\n".into(),
        b"HTTP/\r\n\r\n".into(),
        b"\r\n\r\n".into(),
        ANSWER[..ANSWER.len() - 1].into(),
    ];
    for head in heads {
        assert_independent_of_cuts(&head, answered);
    }
}

#[test]
fn what_follows_a_head_stays_in_the_input() {
    for head in [REQUEST, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        for_every_cut(&[head.as_bytes(), FRAMES].concat(), |pieces| {
            let mut server = ServerHandshake::new(&Config::default());
            let (request, rest) = feed(pieces, |input| server.receive(input));
            assert!(request.unwrap().is_some());
            assert_eq!(rest, FRAMES);
        });
    }
    for head in [ANSWER, &["HTTP/1.1 103 \r\n\r\n", ANSWER].concat()] {
        for_every_cut(&[head.as_bytes(), FRAMES].concat(), |pieces| {
            let (mut client, _) = ask(&chat());
            let (answer, rest) = feed(pieces, |input| client.receive(input));
            assert!(answer.unwrap().is_some());
            assert_eq!(rest, FRAMES);
        });
    }
}

proptest! {
    #[test]
    fn no_request_panics_whatever_its_bytes_and_cuts(
        bytes in heads(REQUEST),
        cuts in vec(any::<Index>(), 0..8),
    ) {
        let whole = served(&[&bytes]);
        prop_assert_eq!(served(&pieces(&bytes, &cuts)), whole.clone());
        prop_assert_eq!(served(&bytes.chunks(1).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn no_answer_panics_whatever_its_bytes_and_cuts(
        bytes in prop_oneof![heads(ANSWER), heads(REFUSAL)],
        cuts in vec(any::<Index>(), 0..8),
    ) {
        let whole = answered(&[&bytes]);
        prop_assert_eq!(answered(&pieces(&bytes, &cuts)), whole.clone());
        prop_assert_eq!(answered(&bytes.chunks(1).collect::<Vec<_>>()), whole);
    }
}

const REFUSAL: &str = "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n\
    3\r\nno \r\na;x=1\r\nadmittance\r\n0\r\n\r\n";

/// Any bytes, or `head` with a few places changed: to any byte, or to one that a parser minds.
fn heads(head: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), proptest::sample::select(b"\r\n\0 \t:;,=\"/0?".as_slice())];
    let changes = vec((any::<Index>(), any::<Index>(), vec(byte, 0..4)), 0..4);
    let changed = (changes, vec(any::<u8>(), 0..20)).prop_map(move |(changes, tail)| {
        let mut bytes = head.as_bytes().to_vec();
        for (at, end, new) in changes {
            let at = at.index(bytes.len() + 1);
            // Mostly a few bytes go.
            let end = bytes.len().min(at + end.index(4));
            bytes.splice(at..end, new);
        }
        bytes.extend(tail);
        bytes
    });
    prop_oneof![1 => vec(any::<u8>(), 0..300), 9 => changed]
}

fn pieces<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let ends = cuts.iter().copied().chain([bytes.len()]);
    let starts = [0].into_iter().chain(cuts.iter().copied());
    starts.zip(ends).map(|(start, end)| &bytes[start..end]).collect()
}

fn assert_independent_of_cuts(head: &[u8], outcome: impl Fn(&[&[u8]]) -> String) {
    for bytes in [head.to_vec(), [head, FRAMES].concat()] {
        let whole = outcome(&[&bytes]);
        for_every_cut(&bytes, |pieces| assert_eq!(outcome(pieces), whole));
    }
}

/// All that a server makes of a request: what it holds, what it is answered with, what is left.
fn served(pieces: &[&[u8]]) -> String {
    let mut server = ServerHandshake::new(&Config::default());
    let mut output = WriteBuffer::new();
    match feed(pieces, |input| server.receive(input)) {
        (Ok(None), _) => "unfinished".into(),
        (Ok(Some(Request::Http(head))), rest) => format!("{head:?} {rest:?}"),
        (Ok(Some(Request::Upgrade(offer))), rest) => {
            let shown = format!("{offer:?} {rest:?} {:?}", offer.cookies().collect::<Vec<_>>());
            let offered = offer.subprotocols().next().map(String::from);
            let answer = offered.iter().fold(Answer::new(), |answer, it| answer.subprotocol(it));
            offer.accept(&answer, &mut output).expect("a good answer");
            format!("{shown} {output:?}")
        }
        // The error ends the transport: what is left does not matter.
        (Err(error), _) => {
            error.response().write(&mut output).expect("a good response");
            format!("{error:?} {output:?}")
        }
    }
}

/// All that a client makes of an answer.
fn answered(pieces: &[&[u8]]) -> String {
    let (mut client, _): (ClientHandshake, _) = ask(&chat().subprotocol("chat"));
    match feed(pieces, |input| client.receive(input)) {
        (Ok(None), _) => format!("{:?}", client.receive_end()),
        (Ok(Some(answer)), rest) => format!("{answer:?} {rest:?}"),
        (Err(error), _) => format!("{error:?}"),
    }
}
