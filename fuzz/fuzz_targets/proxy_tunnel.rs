//! Whatever the bytes of a proxy are, a tunnel never panics; its result does not depend on how they
//! are cut; and it takes nothing that follows the proxy's last answer.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;

use common::handshake::{feed, written};
use fullduplex::{
    WriteBuffer,
    client::{Proxy, ProxyError, Tunnel},
};
use fullduplex_fuzz::{config, pieces};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u8, [u8; 4], &[u8])| {
    let (proxy, limits, lens, bytes) = input;
    let proxy = PROXIES[usize::from(proxy) % PROXIES.len()];
    let whole = answered(proxy, limits, &[bytes]);
    assert_eq!(answered(proxy, limits, &pieces(bytes, lens)), whole);
    assert_eq!(answered(proxy, limits, &bytes.chunks(1).collect::<Vec<_>>()), whole);
});

/// All that a tunnel makes of a proxy's answers, what it asks, and what is left.
fn answered(proxy: &str, limits: u8, pieces: &[&[u8]]) -> String {
    let (proxy, config) = (Proxy::new(proxy).expect("a good URL"), config(limits));
    let mut output = WriteBuffer::new();
    let tunnel = Tunnel::start(&proxy, "server.example", 443, &config, &mut output);
    let mut tunnel = tunnel.expect("a good host");
    let (result, rest) =
        feed(pieces, |input| Ok(tunnel.receive(input, &mut output)?.then_some(())));
    let shown = match result {
        Ok(None) => format!("{:?}", tunnel.receive_end()),
        Ok(Some(())) => {
            let sent = pieces.concat();
            let answers = &sent[..sent.len() - rest.len()];
            assert!(answers.starts_with(b"\x05") || answers.ends_with(b"\r\n\r\n"));
            format!("open {rest:?}")
        }
        Err(error) => {
            let again: ProxyError = tunnel.receive(&mut &mut [5, 0][..], &mut output).unwrap_err();
            assert_eq!(again, error);
            if let ProxyError::Refused(response) = &error {
                assert!(response.body.len() <= config.max_refusal_body_len);
            }
            format!("{error:?}")
        }
    };
    format!("{shown} {:?}", written(&mut output))
}

const PROXIES: [&str; 3] = ["http://me:secret@p", "socks5://p", "socks5://me:secret@p"];
