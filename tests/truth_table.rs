//! RFC 6455 §5 as a table: every first and second byte of a frame, to both roles, inside and outside
//! an unfinished message, against an oracle that reads like the RFC and shares nothing with the crate.

mod common;

use common::{End, KEY, ROLES, Seen, binary, close, contents, naive_mask, text, to};
use fullduplex::{FrameHeader, Kind, Opcode, ProtocolError, Role, Rsv};

/// A frame header as the figure of §5.2 has it.
#[derive(Clone, Copy, Debug)]
struct Header {
    fin: bool,
    /// The three bits in their place: RSV1 is 0x40.
    rsv: u8,
    opcode: u8,
    mask: bool,
    /// The 7 bits; 126 and 127 say that 16 or 64 bits with the length follow.
    len_code: u8,
    len: u64,
}

/// What the endpoint is, and what it knows when the frame comes.
#[derive(Clone, Copy, Debug)]
struct Before {
    receiver: Role,
    /// The kind of the message that [`BEGUN`] began and nothing ended.
    unfinished: Option<Kind>,
    /// Whether permessage-deflate was agreed on.
    compression: bool,
}

/// What §5 says of a frame.
#[derive(Debug)]
enum Verdict {
    /// All rules that it breaks: the RFC does not say which one counts.
    Refused(Vec<ProtocolError>),
    /// What its last byte brings: an event (none for a fragment), and an answer to the peer.
    Accepted { event: Option<Seen>, answer: Option<(u8, Vec<u8>)>, after: After },
    /// No rule of §5: what DEFLATE makes of the payload is not its subject.
    Compressed,
}

/// Where an accepted frame leaves the endpoint.
#[derive(Debug)]
enum After {
    Between,
    Inside(Kind, Vec<u8>),
    Closed,
}

/// Every rule that a frame can break by its header and its place, one a row.
fn broken_rules(before: Before, it: Header) -> Vec<ProtocolError> {
    let known = opcode(it.opcode);
    let is_control = it.opcode >= 0x8;
    let begins_message = it.opcode == 0x1 || it.opcode == 0x2;
    // RFC 7692 §6.1: RSV1 on the first frame of a message says that it is compressed.
    let meaning = if before.compression && begins_message { 0x40 } else { 0 };
    let of_opcode = |is_broken: bool, error: fn(Opcode) -> ProtocolError| {
        known.filter(|_| is_broken).map(error)
    };
    let rules = [
        // §5.1: "a client MUST mask all frames that it sends to the server".
        (before.receiver == Role::Server && !it.mask).then_some(ProtocolError::Unmasked),
        // §5.1: "A server MUST NOT mask any frames that it sends to the client."
        (before.receiver == Role::Client && it.mask).then_some(ProtocolError::Masked),
        // §5.2: RSV1 to RSV3 "MUST be 0 unless an extension is negotiated that defines meanings".
        known
            .filter(|_| it.rsv & !meaning != 0)
            .map(|opcode| ProtocolError::ReservedBits { rsv: rsv(it.rsv), opcode }),
        // §5.2: 3 to 7 and B to F are reserved; "if an unknown opcode is received", fail.
        known.is_none().then_some(ProtocolError::ReservedOpcode(it.opcode)),
        // §5.2: "the minimal number of bytes MUST be used to encode the length".
        (it.len_code == 126 && it.len < 126).then_some(ProtocolError::NonMinimalLength(it.len)),
        (it.len_code == 127 && it.len < 65536).then_some(ProtocolError::NonMinimalLength(it.len)),
        // §5.2: of the 64 bits "the most significant bit MUST be 0".
        (it.len >= 1 << 63).then_some(ProtocolError::LengthOutOfRange(it.len)),
        // §5.4: opcode 0 goes on with a fragmented message, so there must be one.
        (it.opcode == 0x0 && before.unfinished.is_none())
            .then_some(ProtocolError::UnexpectedContinuation),
        // §5.4: the fragments of one message "MUST NOT be interleaved" with those of another.
        of_opcode(begins_message && before.unfinished.is_some(), ProtocolError::InterruptedMessage),
        // §5.5: "All control frames MUST have a payload length of 125 bytes or less".
        of_opcode(is_control && it.len_code > 125, ProtocolError::ControlTooLong),
        // §5.5: "and MUST NOT be fragmented".
        of_opcode(is_control && !it.fin, ProtocolError::FragmentedControl),
        // §5.5.1: "If there is a body, the first two bytes of the body MUST be" a code.
        (it.opcode == 0x8 && it.len == 1).then_some(ProtocolError::CutCloseCode),
    ];
    rules.into_iter().flatten().collect()
}

/// The oracle.
fn verdict(before: Before, it: Header) -> Verdict {
    let broken = broken_rules(before, it);
    if !broken.is_empty() {
        return Verdict::Refused(broken);
    }
    // RFC 7692 §6.1: the one meaning that a reserved bit can have here.
    if it.rsv != 0 {
        return Verdict::Compressed;
    }
    // §5.4: control frames may come inside a message and leave it as it was.
    let unchanged = match before.unfinished {
        Some(kind) => After::Inside(kind, BEGUN.to_vec()),
        None => After::Between,
    };
    let payload = payload(it);
    let (kind, gathered) = match (it.opcode, before.unfinished) {
        // §5.4: a message is its fragments in order, and the first one has its kind.
        (0x0, Some(kind)) => (kind, [BEGUN, &payload].concat()),
        (0x1, None) => (Kind::Text, payload),
        (0x2, None) => (Kind::Binary, payload),
        // §5.5.1: a Close is answered with one, which "typically echos the status code"; no frame
        // counts after it.
        (0x8, _) => {
            let (code, reason) = payload.split_at(payload.len().min(2));
            let reason = str::from_utf8(reason).unwrap();
            let event = if code.is_empty() { Seen::Close(None) } else { close(1000, reason) };
            let answer = Some((0x88, code.to_vec()));
            return Verdict::Accepted { event: Some(event), answer, after: After::Closed };
        }
        // §5.5.2: the answer is a Pong. §5.5.3: it "must have identical 'Application data'".
        (0x9, _) => {
            let (event, answer) = (Some(Seen::Ping(payload.clone())), Some((0x8a, payload)));
            return Verdict::Accepted { event, answer, after: unchanged };
        }
        // §5.5.3: "A response to an unsolicited Pong frame is not expected."
        (0xa, _) => {
            let event = Some(Seen::Pong(payload));
            return Verdict::Accepted { event, answer: None, after: unchanged };
        }
        frame => panic!("{frame:?} breaks a rule"),
    };
    // §5.2: FIN "indicates that this is the final fragment in a message".
    if it.fin {
        let event = Some(message(kind, &gathered));
        Verdict::Accepted { event, answer: None, after: After::Between }
    } else {
        Verdict::Accepted { event: None, answer: None, after: After::Inside(kind, gathered) }
    }
}

#[test]
fn every_frame_to_a_client_is_judged_as_section_5_says() {
    judge_all(ROLES[0]);
}

#[test]
fn every_frame_to_a_server_is_judged_as_section_5_says() {
    judge_all(ROLES[1]);
}

fn judge_all(receiver: Role) {
    for compression in COMPRESSION {
        let mut accepted = 0;
        for unfinished in [None, Some(Kind::Text), Some(Kind::Binary)] {
            let before = Before { receiver, unfinished, compression };
            for (first, second) in (0..=255).flat_map(|first| (0..=255).map(move |b| (first, b))) {
                let lens = match second & 0x7f {
                    126 => LENS_16.to_vec(),
                    127 => LENS_64.to_vec(),
                    len => vec![u64::from(len)],
                };
                for len in lens {
                    accepted += u32::from(judge(before, header(first, second, len)));
                }
            }
        }
        // Text and binary, and continuations of two kinds, with FIN and without, of 129 lengths;
        // control frames in three places, of 126 lengths, but no Close of 1 byte.
        let expected = (2 + 2) * 2 * (126 + 2 + 1) + 3 * (3 * 126 - 1);
        assert_eq!(accepted, expected);
    }
}

/// Asserts the oracle's verdict on one frame, whole and byte by byte; says whether it is accepted.
fn judge(before: Before, it: Header) -> bool {
    let verdict = verdict(before, it);
    let header = header_bytes(it);
    let is_accepted = matches!(verdict, Verdict::Accepted { .. });
    let payload = if is_accepted || it.len <= LENS_16[2] { masked_payload(it) } else { vec![] };
    let wire = [&header[..], &payload].concat();
    let mut slow: Vec<&[u8]> = header.chunks(1).collect();
    match &verdict {
        // A header that breaks a rule is refused before its payload comes.
        Verdict::Refused(broken) if broken[..] != [ProtocolError::CutCloseCode] => {}
        _ => slow.extend(payload.chunks(1 + payload.len() / 128)),
    }
    for pieces in [vec![&wire[..]], slow] {
        let mut end = begun(before);
        let mut seen: Vec<Vec<Seen>> = pieces.iter().map(|piece| end.receive(piece)).collect();
        let last = seen.pop().unwrap();
        let answers = end.frames();
        let answers = contents(&answers);
        match &verdict {
            Verdict::Refused(broken) => {
                let [Seen::Failed(error)] = &last[..] else { panic!("{before:?} {it:?} {last:?}") };
                assert!(broken.contains(error), "{before:?} {it:?}: {error} of {broken:?}");
                assert!(seen.iter().all(|seen| seen.is_empty() || *seen == last), "{it:?}");
                // §7.1.7, §7.4.1: the peer is told; a breach of the protocol is 1002.
                let [(0x88, [0x03, 0xea, ..])] = answers[..] else {
                    panic!("{before:?} {it:?} {answers:?}")
                };
            }
            Verdict::Compressed => {
                use ProtocolError::{InvalidDeflate, InvalidUtf8};
                let is_of_content = |seen: &Seen| match seen {
                    Seen::Message(_) => true,
                    Seen::Failed(error) => matches!(error, InvalidDeflate | InvalidUtf8),
                    _ => false,
                };
                assert!(seen.iter().flatten().chain(&last).all(is_of_content), "{it:?} {last:?}");
            }
            Verdict::Accepted { event, answer, after } => {
                assert!(seen.iter().all(Vec::is_empty), "{before:?} {it:?}: not yet {seen:?}");
                assert!(last.iter().eq(event), "{before:?} {it:?} {last:?}");
                let answer = answer.as_ref().map(|(first, payload)| (*first, &payload[..]));
                assert_eq!(answers, Vec::from_iter(answer), "{before:?} {it:?}");
                // What a last fragment brings tells where the frame has left the endpoint.
                let expected = match after {
                    After::Between => vec![Seen::Failed(ProtocolError::UnexpectedContinuation)],
                    After::Inside(kind, begun) => vec![message(*kind, &[begun, END].concat())],
                    After::Closed => vec![],
                };
                let then = end.receive(&to(before.receiver, 0x80, END));
                assert_eq!(then, expected, "{before:?}, {it:?}, then its end");
            }
        }
    }
    is_accepted
}

fn begun(before: Before) -> End {
    let mut end = End::new(before.receiver);
    #[cfg(feature = "deflate")]
    if before.compression {
        let policy = fullduplex::Compression::default();
        end.connection.set_compression(fullduplex::Parameters::default(), &policy);
    }
    if let Some(kind) = before.unfinished {
        let first = if kind == Kind::Text { 0x01 } else { 0x02 };
        assert_eq!(end.receive(&to(before.receiver, first, BEGUN)), []);
    }
    end
}

fn header(first: u8, second: u8, len: u64) -> Header {
    Header {
        fin: first & 0x80 != 0,
        rsv: first & 0x70,
        opcode: first & 0x0f,
        mask: second & 0x80 != 0,
        len_code: second & 0x7f,
        len,
    }
}

fn header_bytes(it: Header) -> Vec<u8> {
    let first = u8::from(it.fin) << 7 | it.rsv | it.opcode;
    let len = it.len.to_be_bytes();
    let extended = match it.len_code {
        126 => &len[6..],
        127 => &len[..],
        _ => &[],
    };
    let key = if it.mask { &KEY[..] } else { &[] };
    [&[first, u8::from(it.mask) << 7 | it.len_code], extended, key].concat()
}

/// ASCII, so that all text is valid; a Close has 1000 and a reason.
fn payload(it: Header) -> Vec<u8> {
    let mut payload: Vec<u8> = (0..128).cycle().take(usize::try_from(it.len).unwrap()).collect();
    if it.opcode == 0x8 {
        payload.iter_mut().zip([0x03, 0xe8]).for_each(|(byte, code)| *byte = code);
    }
    payload
}

fn masked_payload(it: Header) -> Vec<u8> {
    let mut payload = payload(it);
    if it.mask {
        naive_mask(KEY, 0, &mut payload);
    }
    payload
}

fn message(kind: Kind, payload: &[u8]) -> Seen {
    match kind {
        Kind::Text => text(str::from_utf8(payload).unwrap()),
        Kind::Binary => binary(payload),
    }
}

/// §11.8: the registry of opcodes.
fn opcode(bits: u8) -> Option<Opcode> {
    use Opcode::{Binary, Close, Continuation, Ping, Pong, Text};
    [Continuation, Text, Binary, Close, Ping, Pong].into_iter().find(|known| *known as u8 == bits)
}

/// The crate makes reserved bits of any value only from a header.
fn rsv(bits: u8) -> Rsv {
    FrameHeader::parse(&[0x82 | bits, 0]).unwrap().unwrap().0.rsv
}

/// Whether permessage-deflate was agreed on: two tables.
#[cfg(feature = "deflate")]
const COMPRESSION: [bool; 2] = [false, true];
#[cfg(not(feature = "deflate"))]
const COMPRESSION: [bool; 1] = [false];
/// Lengths that the 16-bit form and the 64-bit form are tried with, at their limits.
const LENS_16: [u64; 3] = [125, 126, 300];
const LENS_64: [u64; 3] = [65535, 65536, 1 << 63];
const BEGUN: &[u8] = b"begun ";
const END: &[u8] = b" ended";
