//! Whatever an HTTP library hands over, nothing panics. Over HTTP/2 what is accepted is an extended CONNECT
//! to the letter, and a client of this crate takes the answer; over HTTP/1.1 the answer is the one that is
//! written as bytes; no answer has a field that breaks out of its place. And a client takes an answer of
//! 200 to 299 only, with nothing in it that was not offered.
#![no_main]
#[path = "../../tests/common/mod.rs"]
mod common;

use common::handshake::{chat, written};
use fullduplex::{
    Answer, ClientRequest, Compression, Config, ExtendedConnect, HandshakeError, Headers, Offer,
    PseudoHeaders, Request, RequestHead, Response, WriteBuffer,
};

libfuzzer_sys::fuzz_target!(|input: ([u8; 2], &str)| {
    let (status, text) = input;
    let (pseudo, headers) = head(text);
    over_http2(pseudo, &headers);
    over_http1(pseudo, &headers);
    answered(u16::from_be_bytes(status), headers);
});

/// Pseudo-headers and headers, one a line: `:method: CONNECT`.
fn head(text: &str) -> (PseudoHeaders<'_>, Headers) {
    let mut pseudo =
        PseudoHeaders { method: "", protocol: None, scheme: None, authority: None, path: None };
    let mut headers = Headers::new();
    for line in text.split('\n') {
        match line.split_once(": ").unwrap_or((line, "")) {
            (":method", value) => pseudo.method = value,
            (":protocol", value) => pseudo.protocol = Some(value),
            (":scheme", value) => pseudo.scheme = Some(value),
            (":authority", value) => pseudo.authority = Some(value),
            (":path", value) => pseudo.path = Some(value),
            // No header has such a brace where one of its rules looks.
            (name, value) => headers.push(&name.replace('{', "\n"), value.replace('{', "\n")),
        }
    }
    (pseudo, headers)
}

fn over_http2(pseudo: PseudoHeaders<'_>, headers: &Headers) {
    let serve = || Request::new(RequestHead::http2(pseudo, headers.clone())?, &config());
    let (offer, again) = match (serve(), serve()) {
        (Ok(Request::Upgrade(offer)), Ok(Request::Upgrade(again))) => (offer, again),
        (Ok(Request::Http(head)), _) => {
            assert_eq!(head.protocol(), None);
            let refusal = Request::Http(head).into_offer().expect_err("no offer");
            assert_eq!(refusal.status(), 405);
            return;
        }
        (Err(refusal), _) => {
            assert!(matches!(refusal.status(), 400 | 426 | 501), "{refusal:?}");
            assert_good(&refusal.response().headers);
            return;
        }
        (Ok(Request::Upgrade(_)), other) => panic!("{other:?}"),
    };
    let url = assert_extended_connect(pseudo, headers);
    let mut output = WriteBuffer::new();
    assert!(again.accept(&Answer::new(), &mut output).is_err() && output.is_empty());

    let subprotocols = subprotocols(&offer);
    let (accepted, response) = match offer.accept_as_response(&answer(&subprotocols, headers)) {
        Ok(accepted) => accepted,
        Err(HandshakeError::InvalidHeader(_)) => return,
        Err(error) => panic!("{error:?}"),
    };
    assert!(response.status == 200 && response.body.is_empty());
    assert_good(&response.headers);
    for name in ["connection", "upgrade", "sec-websocket-key", "sec-websocket-accept"] {
        assert!(response.headers.text(name).is_none());
    }
    for (name, _) in response.headers.iter() {
        assert!(!name.contains(|it: char| it.is_ascii_uppercase()), "{name}");
    }
    let request = ClientRequest::new(&url).expect("a URL");
    let request = subprotocols.iter().fold(request, |request, it| request.subprotocol(it));
    let (client, ..) = ExtendedConnect::start(&request, &config()).expect("a good request");
    let taken = client.receive(&response);
    // It may have been asked for another compression than this client asks for.
    if response.headers.text("sec-websocket-extensions").is_none() {
        assert_eq!(taken.expect("a good answer").subprotocol(), accepted.subprotocol());
    }
}

/// RFC 8441 §4, §5: what an offer must have, said once more. Returns its URL.
fn assert_extended_connect(pseudo: PseudoHeaders<'_>, headers: &Headers) -> String {
    assert_eq!(pseudo.method, "CONNECT");
    assert!(pseudo.protocol.expect("a protocol").eq_ignore_ascii_case("websocket"));
    let scheme = pseudo.scheme.expect("a scheme").to_ascii_lowercase();
    assert!(scheme == "http" || scheme == "https");
    let authority = pseudo.authority.expect("an authority");
    let path = pseudo.path.expect("a path");
    assert!(path.starts_with('/'));
    for name in ["connection", "upgrade", "transfer-encoding"] {
        assert!(headers.values(name).next().is_none());
    }
    assert_eq!(headers.values("sec-websocket-version").collect::<Vec<_>>(), [b"13"]);
    format!("{scheme}://{authority}{path}")
}

fn over_http1(pseudo: PseudoHeaders<'_>, headers: &Headers) {
    let path = pseudo.path.unwrap_or_default();
    let serve = || {
        let head = RequestHead::http1(1, pseudo.method, path, headers.clone())?;
        Request::new(head, &config())
    };
    let (Ok(Request::Upgrade(offer)), Ok(Request::Upgrade(again))) = (serve(), serve()) else {
        return;
    };
    let answer = answer(&subprotocols(&offer), headers);
    let mut output = WriteBuffer::new();
    match (offer.accept(&answer, &mut output), again.accept_as_response(&answer)) {
        (Ok(_), Ok((_, response))) => {
            assert_eq!(response.status, 101);
            assert_good(&response.headers);
            let lines = response.headers.iter().map(|(name, value)| {
                [name.as_bytes(), b": ", value, b"\r\n"].concat().to_ascii_lowercase()
            });
            let expected = lines.collect::<Vec<_>>().concat();
            let answer = written(&mut output).to_ascii_lowercase();
            let fields = answer.strip_prefix(b"http/1.1 101 switching protocols\r\n");
            assert_eq!(fields, Some(&[&expected[..], b"\r\n"].concat()[..]));
        }
        (Err(error), Err(same)) => assert!(error == same && output.is_empty()),
        (one, other) => panic!("{one:?} {other:?}"),
    }
}

fn answered(status: u16, headers: Headers) {
    let mut response = Response::new(status);
    response.headers = headers;
    let request = chat().subprotocol("chat");
    let (client, ..) = ExtendedConnect::start(&request, &config()).expect("a good request");
    let is_2xx = (200..=299).contains(&status);
    match client.receive(&response) {
        Ok(accepted) => assert!(is_2xx && matches!(accepted.subprotocol(), None | Some("chat"))),
        Err(HandshakeError::Refused(refused)) => assert!(!is_2xx && *refused == response),
        Err(_) => assert!(is_2xx),
    }
}

/// An answer that chooses the last subprotocol, and sends the last header back.
fn answer(subprotocols: &[String], headers: &Headers) -> Answer {
    let answer = Answer::new();
    let answer = subprotocols.iter().fold(answer, |answer, it| answer.subprotocol(it));
    match headers.iter().last() {
        Some((name, value)) => answer.header(name, value),
        None => answer,
    }
}

fn subprotocols(offer: &Offer) -> Vec<String> {
    offer.subprotocols().map(String::from).collect()
}

/// RFC 9110 §5: names are tokens, no value breaks out of its line.
fn assert_good(headers: &Headers) {
    for (name, value) in headers.iter() {
        assert!(!name.is_empty() && name.bytes().all(|it| it.is_ascii_graphic() && it != b':'));
        assert!(!value.iter().any(|it| b"\r\n\0".contains(it)), "{name}");
    }
}

fn config() -> Config {
    let mut config = Config::default();
    config.compression = Some(Compression::default());
    config
}
