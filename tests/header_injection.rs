//! No string of the caller's breaks out of its place in a head (RFC 9110 §5.5): an error says which,
//! and nothing is written.

mod common;

use common::handshake::{NONCE, REQUEST, chat, connect, offer, with_lines, written};
use fullduplex::{
    Answer, ClientHandshake, ClientRequest, Config, ExtendedConnect,
    HandshakeError::{self, *},
    Headers, InvalidUrl, Response, WriteBuffer,
};

/// Each would begin a line of its own, or be read as one by somebody.
const BREAKS: [&str; 7] = ["\r\nX: y", "\r", "\n", "\0", "a\rb", "a\u{7f}", "\u{b}"];
/// No tokens (RFC 9110 §5.6.2).
const NO_NAMES: [&str; 8] = ["", " ", "a b", "a:", "a\r\nb", "a,b", "\u{e9}", "\"a\""];

#[test]
fn a_header_value_with_a_control_character_is_refused() {
    for value in BREAKS {
        let error = InvalidHeader("X-Mine".into());
        assert_eq!(ask(&chat().header("X-Mine", value)), Err(error.clone()), "{value:?}");
        assert_eq!(accept(&Answer::new().header("X-Mine", value)), Err(error.clone()), "{value:?}");
        let response = Response::new(404).header("X-Mine", value);
        assert_eq!(write(&response), Err(error), "{value:?}");
    }
}

#[test]
fn a_header_value_may_have_any_other_byte() {
    // RFC 9110 §5.5: visible ASCII, blanks inside, and obs-text.
    let value: Vec<u8> = (0x20..=0x7e).chain(0x80..=0xff).chain([b'\t', b'.']).collect();
    for value in [&value[..], b""] {
        for written in [
            ask(&chat().header("X-Mine", value)),
            accept(&Answer::new().header("X-Mine", value)),
            write(&Response::new(404).header("X-Mine", value)),
        ] {
            let line = [b"\r\nX-Mine: ", value, b"\r\n"].concat();
            let written = written.expect("a good value");
            assert!(written.windows(line.len()).any(|part| part == line), "{written:?}");
        }
    }
}

#[test]
fn a_header_name_that_is_no_token_is_refused() {
    for name in NO_NAMES {
        let error = InvalidHeader(name.into());
        assert_eq!(ask(&chat().header(name, "y")), Err(error.clone()), "{name:?}");
        assert_eq!(accept(&Answer::new().header(name, "y")), Err(error.clone()), "{name:?}");
        assert_eq!(write(&Response::new(404).header(name, "y")), Err(error), "{name:?}");
    }
}

#[test]
fn a_header_that_the_library_writes_cannot_be_set() {
    // RFC 6455 §11.3: a second one would change the handshake, or where the message ends.
    let handshake = [
        "Upgrade",
        "connection",
        "Content-Length",
        "Transfer-Encoding",
        "Sec-WebSocket-Key",
        "SEC-WEBSOCKET-ACCEPT",
        "sec-websocket-version",
        "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Extensions",
    ];
    for name in handshake {
        let error = InvalidHeader(name.into());
        assert_eq!(ask(&chat().header(name, "x")), Err(error.clone()), "{name}");
        assert_eq!(accept(&Answer::new().header(name, "x")), Err(error), "{name}");
    }
    assert_eq!(ask(&chat().header("HOST", "x")), Err(InvalidHeader("HOST".into())));
    for name in ["content-length", "Transfer-Encoding", "Connection"] {
        let response = Response::new(404).header(name, "x");
        assert_eq!(write(&response), Err(InvalidHeader(name.into())), "{name}");
    }
}

#[test]
fn a_subprotocol_is_a_token_and_stands_once() {
    // RFC 6455 §4.1 #10: no separator, none twice; letter case counts.
    for name in NO_NAMES.into_iter().chain(BREAKS) {
        assert_eq!(ask(&chat().subprotocol("a").subprotocol(name)), Err(InvalidSubprotocols));
    }
    let twice = chat().subprotocol("a").subprotocol("b").subprotocol("a");
    assert_eq!(ask(&twice), Err(InvalidSubprotocols));
    let different = ask(&chat().subprotocol("a").subprotocol("A")).unwrap();
    assert_eq!(different, with_lines(REQUEST, "Sec-WebSocket-Protocol: a, A\r\n"));
    for name in BREAKS {
        let error = UnofferedSubprotocol(name.into());
        assert_eq!(accept(&Answer::new().subprotocol(name)), Err(error));
    }
}

#[test]
fn a_url_has_no_control_character_and_no_blank() {
    for text in ["\r\nX", "\r", "\n", "\0", "a b", "\t", "\u{7f}", "\u{e9}"] {
        let cases = [
            (format!("ws://a{text}/"), InvalidUrl::Host),
            (format!("ws://a:8{text}/"), InvalidUrl::Port),
            (format!("ws://a/{text}"), InvalidUrl::Resource),
            (format!("ws://a/?{text}"), InvalidUrl::Resource),
            (format!("ws{text}://a/"), InvalidUrl::Scheme),
        ];
        for (url, invalid) in cases {
            assert_eq!(ClientRequest::new(&url).unwrap_err(), InvalidUrl(invalid), "{url:?}");
        }
    }
}

/// What a client writes; an HTTP library is given as much, or the same error.
fn ask(request: &ClientRequest) -> Result<Vec<u8>, HandshakeError> {
    let config = Config::default();
    let write = |output: &mut _| ClientHandshake::start(request, NONCE, &config, output);
    let written = all_or_nothing(|output| write(output).map(drop));
    let handed_over = ExtendedConnect::start(request, &config).map(|(_, _, headers)| headers);
    assert_same_fields(&written, &handed_over);
    written
}

/// What a server writes that accepts; an HTTP library is given as much, or the same error.
fn accept(answer: &Answer) -> Result<Vec<u8>, HandshakeError> {
    let request = with_lines(REQUEST, "Sec-WebSocket-Protocol: a, b\r\n");
    let written = all_or_nothing(|output| offer(&request).accept(answer, output).map(drop));
    for offer in [offer(&request), connect(&[("sec-websocket-protocol", "a, b")])] {
        let handed_over = offer.accept_as_response(answer).map(|(_, response)| response.headers);
        assert_same_fields(&written, &handed_over);
    }
    written
}

/// Asserts that what was handed to an HTTP library is refused as what was written is, or that each of
/// its fields is a line there.
fn assert_same_fields(
    written: &Result<Vec<u8>, HandshakeError>,
    handed_over: &Result<Headers, HandshakeError>,
) {
    let (written, headers) = match (written, handed_over) {
        (Ok(written), Ok(headers)) => (written, headers),
        (Err(written), Err(handed_over)) => return assert_eq!(written, handed_over),
        _ => panic!("{written:?}, {handed_over:?}"),
    };
    for (name, value) in headers.iter() {
        let line = [b"\r\n", name.as_bytes(), b": ", value, b"\r\n"].concat();
        let is_line = |part: &[u8]| part.eq_ignore_ascii_case(&line);
        assert!(written.windows(line.len()).any(is_line), "{name}");
    }
}

/// What a server writes that does not.
fn write(response: &Response) -> Result<Vec<u8>, HandshakeError> {
    let rejected = all_or_nothing(|output| offer(REQUEST.as_bytes()).reject(response, output));
    assert_eq!(rejected, all_or_nothing(|output| response.write(output)));
    rejected
}

fn all_or_nothing(
    write: impl FnOnce(&mut WriteBuffer) -> Result<(), HandshakeError>,
) -> Result<Vec<u8>, HandshakeError> {
    let mut output = WriteBuffer::new();
    let result = write(&mut output);
    assert_eq!(output.is_empty(), result.is_err(), "nothing is written with an error");
    result.map(|()| written(&mut output))
}
