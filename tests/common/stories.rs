//! What a server that echoes sees and writes on a scripted stream: the same for every adapter.
//!
//! The echo is `receive`, then `feed`, until the peer's Close or an error.

use std::io::ErrorKind;

use fullduplex::{ProtocolError, Role};

use super::{Seen, all_to, binary, close, close_body, masked, scripted::Scripted, text, unmasked};

pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) script: Scripted,
    /// What `receive` returned: messages, and how it ended.
    pub(crate) seen: Vec<Seen>,
    /// All bytes that the stream took.
    pub(crate) written: Vec<u8>,
}

pub(crate) fn stories() -> Vec<Story> {
    [ending_with_a_close(), ending_with_an_error(), with_a_failing_write()]
        .into_iter()
        .flatten()
        .collect()
}

fn ending_with_a_close() -> Vec<Story> {
    let both = [masked(0x81, b"Hello"), masked(0x88, &[0x03, 0xe8])].concat();
    let answered = |name, script| Story {
        name,
        script,
        seen: vec![text("Hello"), close(1000, "")],
        written: [unmasked(0x81, b"Hello"), unmasked(0x88, &[0x03, 0xe8])].concat(),
    };
    let (large, pieces) =
        (vec![7; 200_000], [(0x02, &b"two "[..]), (0x89, b"ping"), (0x80, b"...")]);
    vec![
        answered("all in one read", Scripted::new().read(&both[..])),
        answered("a read for each frame", Scripted::new().read(&both[..11]).read(&both[11..])),
        answered(
            "every read takes a byte, pending first",
            both.iter().fold(Scripted::new(), |script, byte| script.read_pending().read([*byte])),
        ),
        answered(
            "every write takes a byte, pending first",
            (0..40).fold(Scripted::new().read(&both[..]), |script, _| {
                script.write_pending().write_takes(1)
            }),
        ),
        answered("a pending flush", Scripted::new().flush_pending().read(&both[..])),
        Story {
            name: "fragments with a ping between them",
            script: Scripted::new()
                .read(all_to(Role::Server, &pieces[..2]))
                .read(all_to(Role::Server, &pieces[2..]))
                .read(masked(0x88, b"")),
            seen: vec![binary(b"two ..."), Seen::Close(None)],
            written: [unmasked(0x8a, b"ping"), unmasked(0x82, b"two ..."), unmasked(0x88, b"")]
                .concat(),
        },
        Story {
            name: "a message of many reads and writes",
            script: Scripted::new()
                .read([masked(0x82, &large), masked(0x88, b"")].concat())
                .write_takes(3)
                .write_takes(10)
                .write_pending()
                .write_takes(100_000),
            seen: vec![binary(&large), Seen::Close(None)],
            written: [unmasked(0x82, &large), unmasked(0x88, b"")].concat(),
        },
    ]
}

fn ending_with_an_error() -> Vec<Story> {
    let hello = masked(0x81, b"Hello");
    let story = |name, script, end, close: Option<u16>| {
        let close = close.map_or(vec![], |code| {
            let Seen::Failed(error) = &end else { panic!("it has no code") };
            unmasked(0x88, &close_body(code, &ProtocolError::to_string(error)))
        });
        let written = [unmasked(0x81, b"Hello"), close].concat();
        Story { name, script, seen: vec![text("Hello"), end], written }
    };
    let said = |bytes: &[u8]| Scripted::new().read([&hello[..], bytes].concat());
    let no_close = || Seen::Failed(ProtocolError::EndWithoutClose);
    let reset = Seen::Io(ErrorKind::ConnectionReset);
    vec![
        story("an end without a Close", said(b""), no_close(), None),
        story("an end inside a header", said(&hello[..1]), no_close(), None),
        story("an end inside a payload", said(&hello[..9]), no_close(), None),
        story("a reset", said(b"").read_fails(ErrorKind::ConnectionReset), reset, None),
        story(
            "a bad frame",
            said(&masked(0x83, b"")),
            Seen::Failed(ProtocolError::ReservedOpcode(3)),
            Some(1002),
        ),
        story(
            "text that is not UTF-8, and more behind it",
            said(&[masked(0x81, b"\xff"), masked(0x88, b"")].concat()),
            Seen::Failed(ProtocolError::InvalidUtf8),
            Some(1007),
        ),
        story(
            "a message over the limit",
            said(&super::header_to(Role::Server, 0x82, 1 << 40)),
            Seen::Failed(ProtocolError::MessageTooBig { len: 1 << 40, limit: 16 << 20 }),
            Some(1009),
        ),
    ]
}

/// The peer's words come first, then why the answer could not be written.
fn with_a_failing_write() -> Vec<Story> {
    let (hello, bye) = (masked(0x81, b"Hello"), masked(0x88, &[0x03, 0xe8]));
    let story =
        |name, script, seen: &[Seen]| Story { name, script, seen: seen.to_vec(), written: vec![] };
    let broken = || Scripted::new().write_fails(ErrorKind::BrokenPipe);
    let bad = ProtocolError::ReservedOpcode(3);
    let (hello_seen, broken_seen) = (text("Hello"), Seen::Io(ErrorKind::BrokenPipe));
    vec![
        story("a Close whose echo gets EPIPE", broken().read(&bye[..]), &[close(1000, "")]),
        story(
            "a bad frame whose Close gets EPIPE",
            broken().read(masked(0x83, b"")),
            &[Seen::Failed(bad)],
        ),
        story(
            "messages and a Close behind an echo that gets EPIPE",
            broken().read_pieces(&[&hello, &hello, &hello, &bye]),
            &[hello_seen.clone(), hello_seen.clone(), hello_seen.clone(), close(1000, "")],
        ),
        story(
            "an echo that gets EPIPE, then the end",
            broken().read(&hello[..]),
            &[hello_seen.clone(), broken_seen.clone()],
        ),
        story(
            "an echo that gets EPIPE, then a reset",
            broken().read(&hello[..]).read_fails(ErrorKind::ConnectionReset),
            &[hello_seen.clone(), broken_seen],
        ),
        story(
            "a write that takes nothing",
            Scripted::new().write_takes(0).read(&hello[..]),
            &[hello_seen.clone(), Seen::Io(ErrorKind::WriteZero)],
        ),
        story(
            "a write that says it took more than it was given",
            Scripted::new().write_lies().read(&hello[..]),
            &[hello_seen, Seen::Io(ErrorKind::Other)],
        ),
    ]
}
