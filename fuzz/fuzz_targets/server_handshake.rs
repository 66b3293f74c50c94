//! Whatever the bytes of a request are, the server's handshake never panics; its result does not
//! depend on how they are cut; and a refusal is answered with one whole HTTP response.
#![no_main]
#[path = "../../tests/common/mod.rs"]
mod common;

use common::handshake::{assert_whole, feed, response_text, written};
use fullduplex::{Answer, Request, ServerHandshake, WriteBuffer};
use fullduplex_fuzz::{config, pieces};

libfuzzer_sys::fuzz_target!(|input: (u8, [u8; 4], &[u8])| {
    let (limits, lens, bytes) = input;
    let whole = served(limits, &[bytes]);
    assert_eq!(served(limits, &pieces(bytes, lens)), whole);
    assert_eq!(served(limits, &bytes.chunks(1).collect::<Vec<_>>()), whole);
});

/// All that a server makes of a request: what it holds, what it is answered with, what is left.
fn served(limits: u8, pieces: &[&[u8]]) -> String {
    let (mut server, mut output) = (ServerHandshake::new(&config(limits)), WriteBuffer::new());
    match feed(pieces, |input| server.receive(input)) {
        (Ok(None), _) => "unfinished".into(),
        (Ok(Some(Request::Http(head))), rest) => format!("{head:?} {rest:?}"),
        (Ok(Some(Request::Upgrade(offer))), rest) => {
            let shown = format!("{offer:?} {rest:?} {:?}", offer.check_same_host());
            let chosen = offer.subprotocols().last().map(String::from);
            let answer = chosen.iter().fold(Answer::new(), |answer, it| answer.subprotocol(it));
            offer.accept(&answer, &mut output).expect("what was offered can be chosen");
            format!("{shown} {:?}", written(&mut output))
        }
        (Err(error), _) => {
            assert_eq!(server.receive(&mut &mut [0][..]).err(), Some(error.clone()));
            let response = response_text(&error.response());
            let status_line = response.lines().next().expect("there is a status line");
            assert!(status_line.starts_with(&format!("HTTP/1.1 {} ", error.status())));
            assert_whole("refusal", &response, status_line, &[]);
            response
        }
    }
}
