//! An upgrade that an HTTP library has read, and whose answer it writes: what the handshake makes of bytes
//! is what it makes of their parts. `handshake_server.rs` judges each of its requests both ways.

mod common;

use common::handshake::{REQUEST, headers, offer, with_lines, written};
use fullduplex::{
    Answer, Config,
    HandshakeError::{self, *},
    Offer, Request, RequestHead, Response, WriteBuffer,
};
use proptest::prelude::*;

const UPGRADE: [(&str, &str); 5] = [
    ("host", "server.example.com"),
    ("upgrade", "websocket"),
    ("connection", "Upgrade"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("sec-websocket-version", "13"),
];

#[test]
fn an_upgrade_is_one_from_http_1_1_on() {
    // RFC 6455 §4.2.1 #1
    assert_eq!(serve(0).unwrap_err(), UnsupportedHttpVersion);
    for minor_version in [1, 2, 9, u8::MAX] {
        let offer = serve(minor_version).and_then(Request::into_offer).expect("1.1 or higher");
        assert_eq!((offer.method(), offer.path()), ("GET", "/chat"), "1.{minor_version}");
    }
}

#[test]
fn a_target_that_is_none_makes_no_head() {
    // Those that are no bytes of a request line, too.
    for target in
        ["", "chat", "*", "/a b", "/\r\nX: y", "/\0", "/\u{e9}", "/#", "ftp://a/", "ws:///"]
    {
        let head = RequestHead::http1(1, "GET", target, headers(&UPGRADE));
        assert_eq!(head.unwrap_err(), InvalidTarget, "{target:?}");
    }
}

#[test]
fn the_answer_of_the_rfc_is_this_response() {
    let answer = offer(REQUEST.as_bytes()).accept_as_response(&Answer::new());
    let expected = Response::new(101)
        .header("upgrade", "websocket")
        .header("connection", "Upgrade")
        .header("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(answer.unwrap().1, expected);
}

#[test]
fn an_answer_that_does_not_fit_the_offer_is_no_response() {
    let cases = [
        (Answer::new().subprotocol("b"), UnofferedSubprotocol("b".into())),
        (Answer::new().header("Upgrade", "x"), InvalidHeader("Upgrade".into())),
        (Answer::new().header("Content-Length", "5"), InvalidHeader("Content-Length".into())),
    ];
    for (answer, error) in cases {
        let offer = || offer(&with_lines(REQUEST, "Sec-WebSocket-Protocol: a\r\n"));
        let written = offer().accept(&answer, &mut WriteBuffer::new());
        assert_eq!(written.unwrap_err(), error);
        assert_eq!(offer().accept_as_response(&answer).unwrap_err(), error);
    }
}

proptest! {
    #[test]
    fn a_response_has_the_fields_of_the_101_that_is_written(
        key in "[A-Za-z0-9+/]{21}[AQgw]==",
        offered in prop::sample::subsequence(vec!["a", "B", "c"], 0..=3),
        chosen in any::<prop::sample::Index>(),
        extensions in prop::option::of("permessage-deflate(; server_max_window_bits=(9|12|15))?"),
        own in prop::collection::vec(("X-[!#-'A-Za-z0-9]{0,8}", "([!-~][ -~]{0,8}[!-~])?"), 0..4),
    ) {
        let mut lines = String::new();
        let mut answer = Answer::new();
        if !offered.is_empty() {
            lines = ["Sec-WebSocket-Protocol: ", &offered.join(", "), "\r\n"].concat();
            answer = answer.subprotocol(offered[chosen.index(offered.len())]);
        }
        if let Some(extensions) = extensions {
            lines += &["Sec-WebSocket-Extensions: ", &extensions, "\r\n"].concat();
        }
        for (name, value) in &own {
            answer = answer.header(name, value);
        }
        let request = with_lines(&REQUEST.replace("dGhlIHNhbXBsZSBub25jZQ==", &key), &lines);
        let (bytes, response) = both(|| compressing(offer(&request)), &answer);
        prop_assert_eq!(fields_of(&bytes), fields(&response));
    }
}

/// What a server makes of the parts of an upgrade in HTTP/1.x.
fn serve(minor_version: u8) -> Result<Request, HandshakeError> {
    let head = RequestHead::http1(minor_version, "GET", "/chat", headers(&UPGRADE))?;
    Request::new(head, &Config::default())
}

/// The answer to the same offer as bytes, and as a response.
fn both(offer: impl Fn() -> Offer, answer: &Answer) -> (Vec<u8>, Response) {
    let mut output = WriteBuffer::new();
    let written_for = offer().accept(answer, &mut output).expect("a good answer");
    let (accepted, response) = offer().accept_as_response(answer).expect("a good answer");
    assert_eq!(accepted.subprotocol(), written_for.subprotocol());
    (written(&mut output), response)
}

/// Status, and the fields with their names in lower case.
type Fields = (u16, Vec<(String, Vec<u8>)>);

fn fields_of(answer: &[u8]) -> Fields {
    let mut fields = [httparse::EMPTY_HEADER; 16];
    let mut parsed = httparse::Response::new(&mut fields);
    assert_eq!(parsed.parse(answer), Ok(httparse::Status::Complete(answer.len())));
    let field = |it: &httparse::Header<'_>| (it.name.to_ascii_lowercase(), it.value.to_vec());
    (parsed.code.expect("a status"), parsed.headers.iter().map(field).collect())
}

fn fields(response: &Response) -> Fields {
    let field = |(name, value): (&str, &[u8])| (name.into(), value.to_vec());
    (response.status, response.headers.iter().map(field).collect())
}

#[cfg(feature = "deflate")]
fn compressing(offer: Offer) -> Offer {
    let mut config = Config::default();
    config.compression = Some(fullduplex::Compression::default());
    offer.with_config(config)
}

#[cfg(not(feature = "deflate"))]
fn compressing(offer: Offer) -> Offer {
    offer
}
