//! Whatever the bytes of an answer are, the client's handshake never panics; its result does not
//! depend on how they are cut; and what it accepts has the proof that the server read the key.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;

use common::handshake::{ANSWER, NONCE, chat, feed};
use fullduplex::{ClientHandshake, HandshakeError, WriteBuffer};
use fullduplex_fuzz::{config, pieces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, [u8; 4], &[u8])| {
    let (limits, lens, bytes) = input;
    let whole = answered(limits, &[bytes]);
    assert_eq!(answered(limits, &pieces(bytes, lens)), whole);
    assert_eq!(answered(limits, &bytes.chunks(1).collect::<Vec<_>>()), whole);
});

/// All that a client makes of an answer, and what is left.
fn answered(limits: u8, pieces: &[&[u8]]) -> String {
    let (request, config) = (chat().subprotocol("chat"), config(limits));
    let client = ClientHandshake::start(&request, NONCE, &config, &mut WriteBuffer::new());
    let mut client = client.expect("a good request");
    match feed(pieces, |input| client.receive(input)) {
        (Ok(None), _) => format!("{:?}", client.receive_end()),
        (Ok(Some((accepted, response))), rest) => {
            let proof = response.headers.text("sec-websocket-accept").expect("a proof");
            assert!(response.status == 101 && ANSWER.contains(proof) && proof.len() == 28);
            format!("{accepted:?} {response:?} {rest:?}")
        }
        (Err(error), _) => {
            assert_eq!(client.receive(&mut &mut [0][..]).err(), Some(error.clone()));
            if let HandshakeError::Refused(response) = &error {
                assert!(response.body.len() <= config.max_refusal_body_len);
            }
            format!("{error:?}")
        }
    }
}
