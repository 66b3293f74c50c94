//! A tunnel through a proxy: CONNECT (RFC 9110 §9.3.6) and SOCKS5 (RFC 1928, RFC 1929), whatever the
//! proxy answers and however that is cut.

mod common;

use common::{
    for_every_cut,
    handshake::{feed, written},
};
use fullduplex::{
    Config, HandshakeError, WriteBuffer,
    client::{
        Proxy,
        ProxyError::{self, *},
        Tunnel,
    },
};

const HTTP: &str = "http://p:3128";
const SOCKS: &str = "socks5://p";
const SOCKS_LOGIN: &str = "socks5://me:secret@p";
const OPENED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
/// The methods with a login, and then the login of [`SOCKS_LOGIN`].
const METHODS: &[u8] = b"\x05\x02\x00\x02";
const LOGIN: &[u8] = b"\x01\x02me\x06secret";
/// Asks for `server.example`, port 443.
const REQUEST: &[u8] = b"\x05\x01\x00\x03\x0eserver.example\x01\xbb";
/// Of the server, behind the proxy's last answer.
const TAIL: &[u8] = b"\x16\x03\x01HTTP/1.1 500 \r\n\r\n\x05\x00";

#[test]
fn an_http_proxy_is_asked_for_host_and_port() {
    // RFC 9110 §9.3.6, §7.2: the port always; an IPv6 address in brackets.
    let cases = [
        ("http://p", "server.example", 80, "server.example:80", ""),
        ("http://p", "10.0.0.1", 443, "10.0.0.1:443", ""),
        ("http://p", "2001:db8::1", 8443, "[2001:db8::1]:8443", ""),
        // RFC 9110 §11.7.2, RFC 7617 §2.
        (
            "http://Aladdin:open%20sesame@p",
            "a",
            1,
            "a:1",
            "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n",
        ),
    ];
    for (proxy, host, port, place, line) in cases {
        let (_, request) = start(proxy, host, port);
        let expected = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{line}\r\n");
        assert_eq!(String::from_utf8(request).unwrap(), expected);
    }
}

#[test]
fn a_socks_proxy_is_asked_for_the_address_or_the_name() {
    let long = "x".repeat(255);
    let cases: &[(&str, Vec<u8>)] = &[
        ("10.0.0.1", b"\x01\x0a\x00\x00\x01".into()),
        (
            "2001:db8::1",
            b"\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01".into(),
        ),
        // The proxy resolves it.
        ("a", b"\x03\x01a".into()),
        ("localhost", b"\x03\x09localhost".into()),
        (&long, [b"\x03\xff", long.as_bytes()].concat()),
    ];
    for (host, address) in cases {
        for proxy in [SOCKS, "socks5h://p"] {
            let (mut tunnel, methods) = start(proxy, host, 0x1f90);
            // RFC 1928 §3, §4: one method; the request follows when it was taken.
            assert_eq!(methods, b"\x05\x01\x00");
            let (result, _, request) = answer(&mut tunnel, &[b"\x05\x00"]);
            assert_eq!(result, Ok(false));
            assert_eq!(request, [b"\x05\x01\x00", &address[..], b"\x1f\x90"].concat());
        }
    }
}

#[test]
fn a_tunnel_opens_however_the_answers_are_cut_and_what_follows_them_stays() {
    let bound: [&[u8]; 4] = [
        b"\x01\x7f\x00\x00\x01\x04\x38",
        b"\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        b"\x03\x00\x00\x00",
        &[&[3, 255], &[b'x'; 255][..], &[0, 0]].concat(),
    ];
    let mut cases: Vec<(&str, Vec<u8>, Vec<u8>)> = Vec::new();
    for bound in bound {
        let reply = [b"\x05\x00\x00", bound].concat();
        cases.push((SOCKS, [b"\x05\x00", &reply[..]].concat(), REQUEST.into()));
        let replies = [b"\x05\x02\x01\x00", &reply[..]].concat();
        cases.push((SOCKS_LOGIN, replies, [LOGIN, REQUEST].concat()));
        // RFC 1928 §3: the proxy chooses, and may want no login.
        cases.push((SOCKS_LOGIN, [b"\x05\x00", &reply[..]].concat(), REQUEST.into()));
    }
    for head in [
        "HTTP/1.1 200 Connection established\r\n\r\n",
        "HTTP/1.0 200 OK\r\nProxy-Agent: x\r\n\r\n",
        // RFC 9110 §9.3.6: any 2xx; its length and coding do not count.
        "HTTP/1.1 204 \r\n\r\n",
        "HTTP/1.1 299 \r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        // RFC 9110 §15.2: informational ones are passed over.
        "HTTP/1.1 100 \r\n\r\nHTTP/1.1 103 \r\nLink: x\r\n\r\nHTTP/1.1 200 \r\n\r\n",
    ] {
        cases.push((HTTP, head.into(), vec![]));
    }
    for (proxy, answers, asked) in cases {
        for_every_cut(&[&answers, TAIL].concat(), |pieces| {
            let (mut tunnel, _) = start(proxy, "server.example", 443);
            let result = answer(&mut tunnel, pieces);
            let expected = (Ok(true), TAIL.to_vec(), asked.clone());
            assert_eq!(result, expected, "{proxy} {}", answers.escape_ascii());
            // It stays open, and takes nothing more.
            assert_eq!(answer(&mut tunnel, &[TAIL]), (Ok(true), TAIL.to_vec(), vec![]));
        });
    }
}

#[test]
fn what_a_socks_proxy_refuses_has_a_name() {
    let taken = |reply: &[u8]| [b"\x05\x00", reply].concat();
    let mut cases = vec![
        ("no method", SOCKS, b"\x05\xff".to_vec(), NoAcceptableMethod),
        ("no method of two", SOCKS_LOGIN, b"\x05\xff".to_vec(), NoAcceptableMethod),
        ("a login that was not offered", SOCKS, b"\x05\x02".to_vec(), MalformedReply),
        ("GSSAPI", SOCKS_LOGIN, b"\x05\x01".to_vec(), MalformedReply),
        ("SOCKS4", SOCKS, b"\x00\x5a".to_vec(), MalformedReply),
        ("HTTP", SOCKS, b"HTTP/1.1 400 \r\n\r\n".to_vec(), MalformedReply),
        ("wrong login", SOCKS_LOGIN, b"\x05\x02\x01\x01".to_vec(), LoginRefused),
        ("wrong login", SOCKS_LOGIN, b"\x05\x02\x01\xff".to_vec(), LoginRefused),
        ("version of the login", SOCKS_LOGIN, b"\x05\x02\x05\x00".to_vec(), MalformedReply),
        ("version of the reply", SOCKS, taken(b"\x01\x00"), MalformedReply),
        ("reserved byte", SOCKS, taken(b"\x05\x00\x01\x01"), MalformedReply),
        ("type of address 0", SOCKS, taken(b"\x05\x00\x00\x00"), MalformedReply),
        ("type of address 2", SOCKS, taken(b"\x05\x00\x00\x02"), MalformedReply),
        ("type of address 5", SOCKS, taken(b"\x05\x00\x00\x05"), MalformedReply),
    ];
    // RFC 1928 §6.
    let replies = [
        GeneralFailure,
        NotAllowed,
        NetworkUnreachable,
        HostUnreachable,
        ConnectionRefused,
        TtlExpired,
        CommandNotSupported,
        AddressTypeNotSupported,
        UnknownReply(9),
    ];
    for (code, error) in (1..).zip(replies).chain([(0xff, UnknownReply(0xff))]) {
        // Whether or not an address follows.
        cases.push(("reply", SOCKS, taken(&[5, code]), error.clone()));
        cases.push(("reply", SOCKS, taken(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]), error));
    }
    for (name, proxy, answers, error) in cases {
        assert_fails(name, proxy, &answers, &error);
    }
}

#[test]
fn an_http_proxy_that_refuses_is_told_of_with_its_whole_answer() {
    let answer_of = |status, headers: &str| format!("HTTP/1.1 {status} \r\n{headers}\r\n\r\n");
    let cases = [
        (
            407,
            answer_of(407, "Proxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 5") + "login",
            "login",
        ),
        (
            403,
            answer_of(403, "Transfer-Encoding: chunked") + "3\r\nno \r\n3\r\nway\r\n0\r\n\r\n",
            "no way",
        ),
        (502, answer_of(502, "Content-Length: 0"), ""),
        (300, answer_of(300, "Content-Length: 0"), ""),
        (302, answer_of(199, "X: y") + &answer_of(302, "Location: /\r\nContent-Length: 0"), ""),
    ];
    for (status, bytes, body) in cases {
        for_every_cut(bytes.as_bytes(), |pieces| {
            let (mut tunnel, _) = start(HTTP, "a", 80);
            let error = answer(&mut tunnel, pieces).0.unwrap_err();
            let ProxyError::Refused(response) = &error else { panic!("{error:?}") };
            assert_eq!((response.status, &response.body[..]), (status, body.as_bytes()));
            assert_eq!(tunnel.receive_end(), error);
        });
    }
    // Without a length the body ends with the transport, or at the limit.
    let refusal = b"HTTP/1.1 503 \r\n\r\ntry later";
    let (mut tunnel, _) = start(HTTP, "a", 80);
    assert_eq!(answer(&mut tunnel, &[refusal]).0, Ok(false));
    let ProxyError::Refused(response) = tunnel.receive_end() else { panic!("it refused") };
    assert_eq!(response.body, b"try later");
    let mut config = Config::default();
    config.max_refusal_body_len = 3;
    let mut tunnel = start_with(HTTP, &config);
    let Err(ProxyError::Refused(response)) = answer(&mut tunnel, &[refusal]).0 else { panic!() };
    assert_eq!(response.body, b"try");
}

#[test]
fn an_http_proxys_head_is_malformed_or_over_a_limit() {
    let head = |error| ProxyError::Head(Box::new(error));
    let cases: &[(&str, &[u8], ProxyError)] = &[
        ("TLS", b"\x16\x03\x01", head(HandshakeError::MalformedHead)),
        ("SOCKS5", b"\x05\x00", head(HandshakeError::MalformedHead)),
        ("bare LF", b"HTTP/1.1 200 OK\n\n", head(HandshakeError::MalformedHead)),
        ("no status", b"HTTP/1.1 OK\r\n\r\n", head(HandshakeError::MalformedHead)),
        ("HTTP/2", b"HTTP/2.0 200 OK\r\n\r\n", head(HandshakeError::UnsupportedHttpVersion)),
    ];
    for (name, bytes, error) in cases {
        assert_fails(name, HTTP, bytes, error);
    }
    let mut config = Config::default();
    (config.max_head_len, config.max_headers) = (64, 2);
    let cases = [
        ("X: y\r\n".repeat(2), None),
        ("X: y\r\n".repeat(3), Some(HandshakeError::TooManyHeaders { limit: 2 })),
        (format!("X: {}\r\n", "y".repeat(64)), Some(HandshakeError::HeadTooLong { limit: 64 })),
    ];
    for (lines, error) in cases {
        for_every_cut(format!("HTTP/1.1 200 \r\n{lines}\r\n").as_bytes(), |pieces| {
            let mut tunnel = start_with(HTTP, &config);
            let result = answer(&mut tunnel, pieces).0;
            assert_eq!(result, error.clone().map_or(Ok(true), |error| Err(head(error))), "{lines}");
        });
    }
}

#[test]
fn a_proxy_that_ends_early_is_an_error() {
    let replies = b"\x05\x02\x01\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00";
    for (proxy, answers) in [(HTTP, OPENED), (SOCKS_LOGIN, &replies[..])] {
        for len in 0..answers.len() {
            let (mut tunnel, _) = start(proxy, "a", 80);
            assert_eq!(answer(&mut tunnel, &[&answers[..len]]).0, Ok(false), "{len} bytes");
            assert_eq!(tunnel.receive_end(), UnexpectedEnd, "{len} bytes");
            assert_eq!(tunnel.receive_end(), UnexpectedEnd);
            assert_eq!(answer(&mut tunnel, &[answers]).0, Err(UnexpectedEnd));
        }
    }
}

#[test]
fn a_host_that_is_none_is_refused_and_nothing_is_written() {
    let too_long = "x".repeat(256);
    let hosts = [
        "",
        "a b",
        "a\r\nX: y",
        "a/b",
        "a:80",
        "a@b",
        "[::1]",
        "::g",
        "fe80::1%eth0",
        "\u{e9}",
        "\0",
    ];
    let cases = hosts.iter().flat_map(|host| [(HTTP, *host), (SOCKS, *host)]);
    // RFC 1928 §5: one byte holds the length of a name.
    for (proxy, host) in cases.chain([(SOCKS, &too_long[..])]) {
        let (proxy, mut output) = (Proxy::new(proxy).unwrap(), WriteBuffer::new());
        let tunnel = Tunnel::start(&proxy, host, 80, &Config::default(), &mut output);
        assert_eq!(tunnel.unwrap_err(), InvalidHost, "{host:?}");
        assert!(output.is_empty());
    }
    start(HTTP, &too_long, 80);
}

#[test]
fn no_answer_of_two_bytes_panics_and_none_opens_a_tunnel() {
    for first in 0..=u8::MAX {
        for second in 0..=u8::MAX {
            for proxy in [HTTP, SOCKS, SOCKS_LOGIN] {
                let (mut tunnel, _) = start(proxy, "server.example", 443);
                let (result, _, output) = answer(&mut tunnel, &[&[first, second]]);
                assert_ne!(result, Ok(true), "{proxy}: {first} {second}");
                let expected: &[u8] = match (proxy, first, second) {
                    (SOCKS | SOCKS_LOGIN, 5, 0) => REQUEST,
                    (SOCKS_LOGIN, 5, 2) => LOGIN,
                    _ => b"",
                };
                assert_eq!(output, expected, "{proxy}: {first} {second}");
            }
        }
    }
}

#[test]
fn an_error_of_the_proxy_is_one_of_the_handshake_and_says_whose_it_is() {
    for error in [GeneralFailure, UnexpectedEnd, Head(Box::new(HandshakeError::MalformedHead))] {
        let shown = error.to_string();
        assert!(shown.contains("proxy"), "{shown}");
        assert_eq!(HandshakeError::from(error).to_string(), shown);
    }
}

#[test]
fn a_tunnel_hides_who_uses_the_proxy() {
    for proxy in ["http://s3cret:s3cret@p", "socks5://s3cret:s3cret@p"] {
        let (proxy, mut output) = (Proxy::new(proxy).unwrap(), WriteBuffer::new());
        let tunnel = Tunnel::start(&proxy, "a", 80, &Config::default(), &mut output).unwrap();
        for shown in [format!("{proxy:?}"), format!("{tunnel:?} {output:?}")] {
            assert!(!shown.contains("s3cret") && !shown.contains("115, 51"), "{shown}");
        }
    }
}

/// A tunnel to a server, and what it wrote.
fn start(proxy: &str, host: &str, port: u16) -> (Tunnel, Vec<u8>) {
    let mut output = WriteBuffer::new();
    let proxy = Proxy::new(proxy).expect("a good URL");
    let tunnel = Tunnel::start(&proxy, host, port, &Config::default(), &mut output);
    let methods = written(&mut output);
    if proxy == Proxy::new(SOCKS_LOGIN).unwrap() {
        assert_eq!(methods, METHODS);
    }
    (tunnel.expect("a good host"), methods)
}

/// A tunnel with other limits.
fn start_with(proxy: &str, config: &Config) -> Tunnel {
    let proxy = Proxy::new(proxy).expect("a good URL");
    Tunnel::start(&proxy, "a", 80, config, &mut WriteBuffer::new()).expect("a good host")
}

/// What a tunnel makes of the proxy's answers, what is left of them, and what it wrote.
fn answer(tunnel: &mut Tunnel, pieces: &[&[u8]]) -> (Result<bool, ProxyError>, Vec<u8>, Vec<u8>) {
    let mut output = WriteBuffer::new();
    let (result, rest) =
        feed(pieces, |input| Ok(tunnel.receive(input, &mut output)?.then_some(true)));
    (result.map(|open| open.unwrap_or(false)), rest, written(&mut output))
}

/// Asserts that these answers end in `error`, however they are cut, and that it is repeated.
fn assert_fails(name: &str, proxy: &str, answers: &[u8], error: &ProxyError) {
    for_every_cut(answers, |pieces| {
        let (mut tunnel, _) = start(proxy, "server.example", 443);
        assert_eq!(answer(&mut tunnel, pieces).0.as_ref(), Err(error), "{name}");
        let (again, _, output) = answer(&mut tunnel, &[OPENED]);
        assert_eq!((again.as_ref(), &output[..]), (Err(error), &[][..]), "{name}");
        assert_eq!(tunnel.receive_end(), *error, "{name}");
    });
}
