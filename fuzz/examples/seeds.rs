//! Writes the test vectors as seeds: `cargo run --example seeds`.

#[path = "../../tests/common/mod.rs"]
mod common;

use std::{fs, io, path::Path};

use common::{
    Frames, ROLES, all_to,
    handshake::{ANSWER, REQUEST, edited, with_lines},
};

fn main() -> io::Result<()> {
    // Default limits, one piece; then small limits, pieces of 1, 2, 3 and 100 bytes.
    for (name, head) in requests() {
        write("server_handshake", name, &[&[0; 5], &head])?;
    }
    write("server_handshake", "small_limits", &[&[12, 1, 2, 3, 100], REQUEST.as_bytes()])?;
    for (name, head) in answers() {
        write("client_handshake", name, &[&[0; 5], &head])?;
    }
    write("client_handshake", "small_limits", &[&[12, 1, 2, 3, 100], ANSWER.as_bytes()])?;
    for (name, status, lines) in EXTENDED_CONNECTS {
        write("extended_connect", name, &[&u16::to_be_bytes(*status), lines.as_bytes()])?;
    }
    for (name, proxy, answers) in TUNNELS {
        // The proxy, limits, lengths of the pieces.
        write("proxy_tunnel", name, &[&[*proxy], &[0; 5], answers])?;
        write("proxy_tunnel", &format!("{name}_small"), &[&[*proxy, 12, 1, 2, 3, 100], answers])?;
    }
    for (name, frames) in WIRES {
        let described = describe(frames);
        // Role and form; limits; lengths of the pieces.
        write("receiver", name, &[&[3, 0, 0, 0, 0, 0], &described])?;
        write(
            "receiver",
            &format!("{name}_small"),
            &[&[0, 9, 3, 5, 0, 1], &all_to(ROLES[0], frames)],
        )?;
        write("differential", name, &[&[3, 0], &described])?;
        write("differential", &format!("{name}_small"), &[&[1, 9], &all_to(ROLES[1], frames)])?;
    }
    for ((name, frames), (behaviour, steps)) in WIRES.iter().zip(STEPS.iter().cycle()) {
        let described = describe(frames);
        let counts = [3, 0, 8, u8::try_from(steps.len() / 2).expect("few")];
        // Polls before a future is dropped; options, limits and counts; what is done.
        let name = format!("{name}_{behaviour}");
        write("adapters", &name, &[&[0], &counts, OPERATIONS, steps, &described])?;
    }
    let operations = b"\0\x10\x02\0\x05\x07\0\x20";
    write(
        "adapters",
        "handshake",
        &[&[0], &[7, 0, 4, 0], operations, &describe(&[(0x81, b"Hello")])],
    )?;
    for (name, operations) in PAIRS {
        // The high-water mark; no compression, or the policies of both.
        write("connection_pair", name, &[&[64, 0], operations])?;
        let policies = [1, 0, 15, 12, 15, 3, 0, 9, 15, 0];
        write("connection_pair", &format!("{name}_compressed"), &[&policies[1..], operations])?;
    }
    for (name, payloads) in DEFLATED {
        let described: Vec<_> =
            payloads.iter().flat_map(|it| [&[it.len() as u8], *it].concat()).collect();
        // Context takeover and one frame each; no limit; lengths of the pieces.
        write("inflate", name, &[&[1, 0, 0, 0, 0, 0], &described])?;
        write("inflate", &format!("{name}_in_pieces"), &[&[3, 1, 3, 5, 0, 1], &described])?;
    }
    for (name, header) in EXTENSIONS {
        write("negotiation", name, &[&[1, 12, 15, 3, 9, 15, 10, 0], header.as_bytes()])?;
    }
    Ok(())
}

fn write(target: &str, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name.replace(' ', "_")), parts.concat())
}

/// Frames as `frames_to` builds them.
fn describe(frames: Frames<'_>) -> Vec<u8> {
    frames
        .iter()
        .flat_map(|(first, payload)| [&[*first, payload.len() as u8], *payload].concat())
        .collect()
}

fn requests() -> Vec<(&'static str, Vec<u8>)> {
    let frame = b"\x81\x82\0\0\0\0Hi";
    vec![
        ("good", REQUEST.into()),
        ("good and a frame", [REQUEST.as_bytes(), frame].concat()),
        (
            "headers",
            with_lines(REQUEST, "Cookie: a=1\r\nSec-WebSocket-Protocol: a, b\r\nX: \u{ff}\r\n"),
        ),
        ("origin", with_lines(REQUEST, "Origin: http://server.example.com\r\n")),
        ("extension", with_lines(REQUEST, "Sec-WebSocket-Extensions: a; b=\"1\", c\r\n")),
        ("body", with_lines(REQUEST, "Content-Length: 3\r\n")),
        ("plain", edited(REQUEST, "Upgrade: websocket\r\n", "")),
        ("version 8", edited(REQUEST, ": 13", ": 8")),
        ("post", edited(REQUEST, "GET", "POST")),
        ("absolute target", edited(REQUEST, "/chat", "http://a/chat")),
        ("bare line feed", edited(REQUEST, ".com\r\n", ".com\n")),
        ("tls", b"\x16\x03\x01\x02\0\x01".into()),
        ("http 2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into()),
    ]
}

fn answers() -> Vec<(&'static str, Vec<u8>)> {
    let early = "HTTP/1.1 100 Continue\r\n\r\n";
    let refusal = |fields: &str| format!("HTTP/1.1 403 Forbidden\r\n{fields}\r\n").into_bytes();
    vec![
        ("good", ANSWER.into()),
        ("subprotocol", with_lines(ANSWER, "Sec-WebSocket-Protocol: chat\r\n")),
        ("extension", with_lines(ANSWER, "Sec-WebSocket-Extensions: a; b=1\r\n")),
        ("informational", [early, "HTTP/1.1 103 \r\n\r\n", ANSWER].concat().into()),
        ("wrong proof", edited(ANSWER, "K+xOo=", "K-xOo=")),
        ("http 1.0", edited(ANSWER, "HTTP/1.1", "HTTP/1.0")),
        ("refusal until the end", refusal("\r\nno")),
        ("refusal with a length", refusal("Content-Length: 2\r\n\r\nno")),
        (
            "refusal in chunks",
            refusal("Transfer-Encoding: chunked\r\n\r\n3\r\nno \r\na;x=1\r\nadmittance\r\n0\r\n"),
        ),
        ("not http", b"SSH-2.0-OpenSSH\r\n".into()),
    ]
}

/// The status of an answer; pseudo-headers and headers of a request, and of that answer.
const EXTENDED_CONNECTS: &[(&str, u16, &str)] = &[
    (
        "good",
        200,
        ":method: CONNECT\n:protocol: websocket\n:scheme: https\n:authority: a.example\n:path: /b?c\n\
         sec-websocket-version: 13\nsec-websocket-protocol: chat",
    ),
    (
        "compression and a host",
        204,
        ":method: CONNECT\n:protocol: websocket\n:scheme: http\n:authority: [::1]:81\n:path: /\n\
         sec-websocket-version: 13\nsec-websocket-extensions: permessage-deflate\nhost: [::1]:81\n\
         X-Mine: a{b",
    ),
    (
        "another protocol",
        501,
        ":method: CONNECT\n:protocol: connect-udp\n:scheme: https\n:authority: a\n:path: /",
    ),
    ("plain connect", 101, ":method: CONNECT\n:authority: a:443"),
    (
        "upgrade",
        101,
        ":method: GET\n:scheme: http\n:authority: a\n:path: /\nhost: a\nconnection: upgrade\n\
         upgrade: websocket\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\n\
         sec-websocket-version: 13\nsec-websocket-protocol: a, b\nset-cookie: c=d",
    ),
];

/// Which proxy, and what it answers: see the target.
const TUNNELS: &[(&str, u8, &[u8])] = &[
    ("connect", 0, b"HTTP/1.1 100 \r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\x16\x03"),
    ("connect refused", 0, b"HTTP/1.1 407 \r\nContent-Length: 2\r\n\r\nno"),
    ("socks", 1, b"\x05\0\x05\0\0\x01\x7f\0\0\x01\x04\x38\x16\x03"),
    ("socks with a name", 1, b"\x05\0\x05\0\0\x03\x01a\0\0\x16\x03"),
    (
        "socks with a login",
        2,
        b"\x05\x02\x01\0\x05\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\x16\x03",
    ),
    ("socks refused", 1, b"\x05\0\x05\x05\0\x01\0\0\0\0\0\0"),
];

const WIRES: &[(&str, Frames<'_>)] = &[
    ("a text and a close", &[(0x81, b"Hello"), (0x88, b"\x03\xe8bye")]),
    ("binary of 126 bytes", &[(0x82, &[7; 126])]),
    (
        "fragments around a ping",
        &[(0x01, b"two \xe2"), (0x89, b"p"), (0x00, b"\x82"), (0x80, b"\xac")],
    ),
    ("empty frames", &[(0x02, b""), (0x00, b""), (0x80, b""), (0x81, b""), (0x8a, b"")]),
    ("not utf-8", &[(0x81, b"a\xff")]),
    ("not utf-8 in a fragment", &[(0x01, b"\xed\xa0"), (0x80, b"\x80")]),
    ("cut character", &[(0x01, b"\xf0\x9f"), (0x80, b"")]),
    ("reserved opcode", &[(0x83, b"")]),
    ("reserved bit", &[(0xc1, b"")]),
    ("fragmented ping", &[(0x09, b"")]),
    ("long ping", &[(0x89, &[0; 126])]),
    ("continuation of nothing", &[(0x80, b"x")]),
    ("interrupted", &[(0x01, b"a"), (0x81, b"b")]),
    ("empty close", &[(0x88, b"")]),
    ("half a code", &[(0x88, b"\x03")]),
    ("code 1005", &[(0x88, b"\x03\xed")]),
    ("code 999", &[(0x88, b"\x03\xe7")]),
    ("code 1016", &[(0x88, b"\x03\xf8")]),
    ("code 2999", &[(0x88, b"\x0b\xb7")]),
    ("code 5000", &[(0x88, b"\x13\x88")]),
    ("code 1014", &[(0x88, b"\x03\xf6")]),
    ("reason not utf-8", &[(0x88, b"\x03\xe8\xff")]),
];

/// Compressed messages of one connection.
const DEFLATED: &[(&str, &[&[u8]])] = &[
    ("fixed codes", &[b"\xf2\x48\xcd\xc9\xc9\x07\x00", b"\xf2\x00\x11\x00\x00"]),
    ("stored", &[b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"]),
    (
        "last blocks",
        &[b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", b"\x03\x00\x03\x00\xf2\x00\x11\x00\x00"],
    ),
    ("two blocks", &[b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"]),
    ("empty", &[b"\x00", b"\x02\x00", b""]),
    (
        "codes of its own",
        &[b"\x1c\xc8\x31\x01\x00\x00\x0c\x02\xb0\x5a\x25\x5c\xff\x0e\x9d\x1c\xf4\x8f\x00"],
    ),
    ("zeros", &[b"\x62\x60\x18\x05\xa3\x60\x14\x0c\x77\x00\x00"]),
    ("no code", &[b"\x07", b"\xff\xff\xff"]),
];
const EXTENSIONS: &[(&str, &str)] = &[
    ("plain", "permessage-deflate"),
    ("browser", "permessage-deflate; client_max_window_bits"),
    ("windows", "permessage-deflate; server_max_window_bits=10; client_max_window_bits=\"9\""),
    (
        "two offers",
        "permessage-deflate; server_max_window_bits=8, permessage-deflate; client_no_context_takeover; \
         server_no_context_takeover; client_max_window_bits=15",
    ),
    ("another", "x; y=\"permessage-deflate, z\", permessage-deflate; client_max_window_bits=16"),
];
/// Receive, echo, feed, send, ping, flush, send a Close, close.
const OPERATIONS: &[u8] = b"\0\0\x01\0\x02\x20\x04\x01\x05\x03\x03\0\x06\x01\x07\x01";
/// Which call does what: see `Story::new`.
const STEPS: &[(&str, &[u8])] = &[
    ("at_once", b""),
    ("in_pieces", b"\0\x03\x02\0\0\x01\x05\x01\x06\0\x05\x02\x08\0"),
    ("failing", b"\0\x08\x05\x04\x07\x01"),
];

/// Three bytes each: see `Pair::act`.
const PAIRS: &[(&str, &[u8])] = &[
    ("send both ways", b"\0\x05\0\x0b\xff\xff\x11\x20\0\x0a\x03\0\x0a\xff\xff"),
    ("chunks around a ping", b"\x04\x0b\0\x06\x03x\x0a\x05\0\x04\x0b\0\x0a\xff\xff\x04\x08\0"),
    ("large and shared", b"\x11\0\xc0\x01\0\x20\x0b\0\x10\x0b\xff\xff"),
    ("pings above the mark", b"\x06\x40a\x06\x40b\x06\x40c\x0a\xff\xff\x0b\xff\xff"),
    ("close with messages under way", b"\x01\x05\0\x08\xe8\x03\x01\x06\0\x0a\xff\xff\x0b\xff\xff"),
    ("both close", b"\x08\xe8\x03\x09\xe9\x03\x0a\xff\xff\x0b\xff\xff"),
    ("cut", b"\0\x20\0\x0a\x05\0\x0e\0\0\x01\x05\0\x0b\xff\xff"),
];
