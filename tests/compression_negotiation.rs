//! The negotiation of permessage-deflate (RFC 7692 §5, §7.1), both roles, as tables.
#![cfg(feature = "deflate")]

mod common;

use bytes::Buf;
use common::handshake::{ANSWER, NONCE, REQUEST, chat, feed, with_lines, written};
use fullduplex::{
    Answer, ClientHandshake, Compression, Config, HandshakeError, Parameters, Request,
    ServerHandshake, WriteBuffer,
};

const NAME: &str = "permessage-deflate";

fn config(change: impl FnOnce(&mut Compression)) -> Config {
    let mut compression = Compression::default();
    (compression.window_bits, compression.context_takeover) = (15, true);
    compression.peer_context_takeover = true;
    change(&mut compression);
    let mut config = Config::default();
    config.compression = Some(compression);
    config
}

/// What a server answers to these offers, one a header line, and what it takes from them.
fn answer(config: &Config, offers: &[&str]) -> Option<(String, Parameters)> {
    let lines = offers
        .iter()
        .fold(String::new(), |lines, offer| lines + "Sec-WebSocket-Extensions: " + offer + "\r\n");
    let request = with_lines(REQUEST, &lines);
    let mut server = ServerHandshake::new(config);
    let (request, _) = feed(&[&request], |input| server.receive(input));
    let offer = request.and_then(|it| Request::into_offer(it.unwrap())).expect(&lines);
    let mut output = WriteBuffer::new();
    let accepted = offer.accept(&Answer::new(), &mut output).unwrap();
    let head = String::from_utf8(output.copy_to_bytes(output.remaining()).to_vec()).unwrap();
    let mut said = head.lines().filter_map(|it| it.strip_prefix("Sec-WebSocket-Extensions: "));
    let said = (said.next().map(String::from), said.next());
    assert_eq!(said.1, None, "one header says it all");
    assert_eq!(said.0.is_some(), accepted.compression().is_some());
    said.0.zip(accepted.compression())
}

/// What a client offers, and what it makes of an answer.
fn offered(config: &Config) -> Option<String> {
    let mut output = WriteBuffer::new();
    ClientHandshake::start(&chat(), NONCE, config, &mut output).unwrap();
    let head = String::from_utf8(written(&mut output)).unwrap();
    head.lines().find_map(|it| it.strip_prefix("Sec-WebSocket-Extensions: ")).map(String::from)
}

fn take(config: &Config, answer: &str) -> Result<Option<Parameters>, HandshakeError> {
    let mut client =
        ClientHandshake::start(&chat(), NONCE, config, &mut WriteBuffer::new()).unwrap();
    let answer = with_lines(ANSWER, &format!("Sec-WebSocket-Extensions: {answer}\r\n"));
    let (accepted, _) = feed(&[&answer], |input| client.receive(input));
    accepted.map(|accepted| accepted.unwrap().0.compression())
}

fn parameters(server: (bool, u8), client: (bool, u8)) -> (bool, u8, bool, u8) {
    (server.0, server.1, client.0, client.1)
}

fn shown(it: Parameters) -> (bool, u8, bool, u8) {
    parameters(
        (it.server_no_context_takeover, it.server_max_window_bits),
        (it.client_no_context_takeover, it.client_max_window_bits),
    )
}

#[test]
fn a_server_answers_what_it_can_keep() {
    let plain = config(|_| {});
    let small = config(|it| (it.window_bits, it.peer_window_bits) = (11, 10));
    let fresh = config(|it| (it.context_takeover, it.peer_context_takeover) = (false, false));
    let both = "; server_no_context_takeover; client_no_context_takeover";
    let cases: [(&Config, &str, &str, _); 12] = [
        // §7.1: nothing is asked, nothing said.
        (&plain, "", "", parameters((false, 15), (false, 15))),
        // §7.1.1.1: asked for, it is kept and said; §7.1.1.2: the hint is taken.
        (&plain, both, both, parameters((true, 15), (true, 15))),
        // §7.1.2.1: a window of at most what was asked.
        (
            &plain,
            "; server_max_window_bits=10",
            "; server_max_window_bits=10",
            parameters((false, 10), (false, 15)),
        ),
        (
            &small,
            "; server_max_window_bits=15",
            "; server_max_window_bits=11",
            parameters((false, 11), (false, 15)),
        ),
        (
            &small,
            "; server_max_window_bits=9",
            "; server_max_window_bits=9",
            parameters((false, 9), (false, 15)),
        ),
        // §7.1.2.2: only who mentions its window can be asked for a smaller one.
        (&small, "", "", parameters((false, 15), (false, 15))),
        (
            &small,
            "; client_max_window_bits",
            "; client_max_window_bits=10",
            parameters((false, 15), (false, 10)),
        ),
        (
            &small,
            "; client_max_window_bits=9",
            "; client_max_window_bits=9",
            parameters((false, 15), (false, 9)),
        ),
        (&plain, "; client_max_window_bits", "", parameters((false, 15), (false, 15))),
        (
            &plain,
            "; client_max_window_bits=8",
            "; client_max_window_bits=8",
            parameters((false, 15), (false, 8)),
        ),
        // §5.2: values may be quoted.
        (
            &plain,
            "; server_max_window_bits=\"10\"",
            "; server_max_window_bits=10",
            parameters((false, 10), (false, 15)),
        ),
        // §7.1.1: the server asks for what its policy needs.
        (&fresh, "", both, parameters((true, 15), (true, 15))),
    ];
    for (config, offer, said, expected) in cases {
        let (answer, agreed) = answer(config, &[&format!("{NAME}{offer}")]).expect(offer);
        assert_eq!(answer, format!("{NAME}{said}"), "{offer}");
        assert_eq!(shown(agreed), expected, "{offer}");
    }
}

#[test]
fn a_server_declines_an_offer_that_it_does_not_understand_to_the_letter_and_looks_at_the_next() {
    let config = config(|_| {});
    let mut invalid: Vec<String> = [
        "; unknown",
        "; unknown=1",
        "; server_no_context_takeover=1",
        "; server_no_context_takeover=true",
        "; client_no_context_takeover=0",
        "; server_no_context_takeover; server_no_context_takeover",
        "; client_no_context_takeover; client_no_context_takeover",
        "; server_max_window_bits",
        "; server_max_window_bits=10; server_max_window_bits=10",
        "; client_max_window_bits; client_max_window_bits=10",
        "; server_max_window_bits=010",
        "; server_max_window_bits=+10",
        "; server_max_window_bits=1e1",
        "; server_max_window_bits=x",
        "; Server_max_window_bits=10",
        // No compressor has so small a window, and 512 is not what was asked.
        "; server_max_window_bits=8",
    ]
    .map(String::from)
    .into();
    for bits in (0..=300_u16).filter(|bits| !(8..=15).contains(bits)) {
        invalid.push(format!("; server_max_window_bits={bits}"));
        invalid.push(format!("; client_max_window_bits={bits}"));
    }
    for offer in &invalid {
        let offer = format!("{NAME}{offer}");
        assert_eq!(answer(&config, &[&offer]), None, "{offer}");
        let next = format!("{offer}, x-other, {NAME}; server_max_window_bits=12");
        let said = format!("{NAME}; server_max_window_bits=12");
        assert_eq!(answer(&config, &[&next]).expect(&next).0, said);
        let lines = [&*offer, "x-other; permessage-deflate", &said];
        assert_eq!(answer(&config, &lines).expect(&next).0, said, "in lines of their own");
    }
    let first = format!("{NAME}; client_no_context_takeover, {NAME}");
    let said = format!("{NAME}; client_no_context_takeover");
    assert_eq!(answer(&config, &[&first]).unwrap().0, said, "the first one is liked best");
    assert_eq!(answer(&Config::default(), &[NAME]), None, "it is off by default");
    assert_eq!(answer(&config, &["x-other"]), None);
}

#[test]
fn a_client_offers_what_its_policy_says() {
    let cases = [
        (config(|_| {}), "; client_max_window_bits"),
        (
            config(|it| (it.context_takeover, it.peer_context_takeover) = (false, false)),
            "; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
        ),
        (
            config(|it| (it.window_bits, it.peer_window_bits) = (12, 10)),
            "; server_max_window_bits=10; client_max_window_bits=12",
        ),
        // What zlib has no window for is taken for the nearest that it has.
        (
            config(|it| (it.window_bits, it.peer_window_bits) = (0, 8)),
            "; server_max_window_bits=9; client_max_window_bits=9",
        ),
    ];
    for (config, expected) in cases {
        assert_eq!(offered(&config), Some(format!("{NAME}{expected}")));
    }
    assert_eq!(offered(&Config::default()), None);
}

#[test]
fn a_client_takes_only_what_fits_its_offer() {
    let plain = config(|_| {});
    let asking = config(|it| (it.peer_window_bits, it.peer_context_takeover) = (10, false));
    let good: [(&Config, &str, _); 7] = [
        (&plain, "", parameters((false, 15), (false, 15))),
        (
            &plain,
            "; server_no_context_takeover; client_no_context_takeover",
            parameters((true, 15), (true, 15)),
        ),
        // §7.1.2.1: unasked is allowed.
        (&plain, "; server_max_window_bits=8", parameters((false, 8), (false, 15))),
        (&plain, "; client_max_window_bits=9", parameters((false, 15), (false, 9))),
        // A window that it cannot compress with: its messages go as they are.
        (&plain, "; client_max_window_bits=8", parameters((false, 15), (false, 8))),
        (
            &asking,
            "; server_no_context_takeover; server_max_window_bits=10",
            parameters((true, 10), (false, 15)),
        ),
        (
            &asking,
            "; server_no_context_takeover; server_max_window_bits=8",
            parameters((true, 8), (false, 15)),
        ),
    ];
    for (config, answer, expected) in good {
        let agreed = take(config, &format!("{NAME}{answer}")).expect(answer).expect(answer);
        assert_eq!(shown(agreed), expected, "{answer}");
    }
    let mut bad: Vec<(&Config, String)> = [
        (&plain, "; unknown"),
        (&plain, "; server_no_context_takeover=1"),
        (&plain, "; client_no_context_takeover; client_no_context_takeover"),
        (&plain, "; server_max_window_bits"),
        // §7.1.2.2: in an answer it has a value.
        (&plain, "; client_max_window_bits"),
        (&plain, "; server_max_window_bits=015"),
        // What was asked for is left out, or not kept.
        (&asking, ""),
        (&asking, "; server_no_context_takeover"),
        (&asking, "; server_max_window_bits=10"),
        (&asking, "; server_no_context_takeover; server_max_window_bits=11"),
    ]
    .map(|(config, answer)| (config, answer.to_owned()))
    .into();
    for bits in (0..=300_u16).filter(|bits| !(8..=15).contains(bits)) {
        bad.push((&plain, format!("; server_max_window_bits={bits}")));
        bad.push((&plain, format!("; client_max_window_bits={bits}")));
    }
    for (config, answer) in bad {
        let taken = take(config, &format!("{NAME}{answer}"));
        assert_eq!(taken, Err(HandshakeError::InvalidCompression), "{answer}");
    }
    let unoffered = |name: &str| Err(HandshakeError::UnofferedExtension(name.into()));
    assert_eq!(take(&plain, "x-other"), unoffered("x-other"));
    assert_eq!(take(&plain, &format!("{NAME}, {NAME}")), unoffered(NAME), "one at most (§5)");
    assert_eq!(take(&Config::default(), NAME), unoffered(NAME));
}
