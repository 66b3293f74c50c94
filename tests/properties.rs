//! What must hold for any messages in any fragments and cuts, and for any bytes at all.
//!
//! What must hold for masks, text and adapters is in the files that are named for them.

mod common;

use bytes::Buf;
use common::{
    End, KEY, ROLES, Seen, all_to, close_body, close_frame, contents, pair::other, read_frames, to,
};
use fullduplex::{Config, Event, Fin, Kind, Message, Role, Sender, WriteBuffer};
use proptest::{prelude::*, sample::Index};

/// First byte and payload of a frame.
type Sent = (u8, Vec<u8>);

/// A message on its way: in fragments of these sizes, with control frames before each of them.
#[derive(Clone, Debug)]
struct Said {
    message: Message<'static>,
    sizes: Vec<usize>,
    controls: Vec<Vec<Sent>>,
}

impl Said {
    /// The frames (RFC 6455 §5.4) and what comes of them, in order.
    fn add_to(&self, frames: &mut Vec<Sent>, seen: &mut Vec<Seen>) {
        let pieces = cut(self.message.as_bytes(), &self.sizes);
        for (index, piece) in pieces.iter().enumerate() {
            for (first, payload) in self.controls.get(index).into_iter().flatten() {
                frames.push((*first, payload.clone()));
                seen.push(control(*first, payload));
            }
            let opcode = if index == 0 { opener(self.message.kind()) } else { 0x00 };
            let fin = if index + 1 == pieces.len() { 0x80 } else { 0 };
            frames.push((fin | opcode, piece.to_vec()));
        }
        seen.push(Seen::Message(self.message.clone()));
    }
}

/// `bytes` in pieces of these sizes, empty ones too; what is left is the last piece.
fn cut<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for size in sizes {
        let (piece, rest) = bytes.split_at(bytes.len().min(*size));
        pieces.push(piece);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces
}

/// A message in chunks of about these sizes: text is cut only between characters.
fn chunks_of<'a>(message: &'a Message<'_>, sizes: &[usize]) -> Vec<&'a [u8]> {
    let Some(mut text) = message.as_text() else { return cut(message.as_bytes(), sizes) };
    let mut chunks = Vec::new();
    for size in sizes {
        let mut downwards = (0..=text.len().min(*size)).rev();
        let at = downwards.find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let (chunk, rest) = text.split_at(at);
        chunks.push(chunk.as_bytes());
        text = rest;
    }
    chunks.push(text.as_bytes());
    chunks
}

fn lent(kind: Kind, payload: &[u8]) -> Message<'_> {
    match kind {
        Kind::Text => Message::from(str::from_utf8(payload).unwrap()),
        Kind::Binary => Message::from(payload),
    }
}

fn opener(kind: Kind) -> u8 {
    match kind {
        Kind::Text => 0x01,
        Kind::Binary => 0x02,
    }
}

fn control(first: u8, payload: &[u8]) -> Seen {
    match first {
        0x89 => Seen::Ping(payload.into()),
        _ => Seen::Pong(payload.into()),
    }
}

fn message() -> impl Strategy<Value = Message<'static>> {
    prop_oneof![
        ".{0,60}".prop_map(Message::from),
        prop::collection::vec(any::<u8>(), 0..400).prop_map(Message::from),
        // About the lengths where the header's form changes, and where a payload is not copied.
        prop::sample::select(vec![125, 126, 127, 4095, 4096, 65535, 65536])
            .prop_map(|len| Message::from((0..=255).cycle().take(len).collect::<Vec<u8>>())),
    ]
}

fn borrowed(frames: &[Sent]) -> Vec<(u8, &[u8])> {
    frames.iter().map(|(first, payload)| (*first, &payload[..])).collect()
}

fn controls() -> impl Strategy<Value = Vec<Sent>> {
    let payload = prop_oneof![Just(vec![]), prop::collection::vec(any::<u8>(), 0..=125)];
    prop::collection::vec((prop::sample::select(vec![0x89, 0x8a]), payload), 0..3)
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(
        prop_oneof![4 => 0..4_usize, 2 => 0..200_usize, 1 => 0..70_000_usize],
        0..40,
    )
}

fn said() -> impl Strategy<Value = Said> {
    let sizes = prop::collection::vec(prop_oneof![0..4_usize, 0..200_usize], 0..5);
    (message(), sizes, prop::collection::vec(controls(), 0..6))
        .prop_map(|(message, sizes, controls)| Said { message, sizes, controls })
}

/// Frames that are often good, and bytes that are often frames.
fn wire_to(role: Role) -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        20 => prop::sample::select(vec![0x00, 0x80, 0x01, 0x81, 0x02, 0x82, 0x88, 0x89, 0x8a]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        Just(vec![]),
        ".{0,20}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..200),
        (1000..1004_u16).prop_map(|code| close_body(code, "bye")),
    ];
    let frame = (first, payload).prop_map(move |(first, payload)| to(role, first, &payload));
    let ping = prop::collection::vec(any::<u8>(), 0..=125);
    let piece = prop_oneof![
        12 => frame,
        12 => ping.prop_map(move |payload| to(role, 0x89, &payload)),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn config(max_message_len: u64, max_message_frames: u32, write_high_water: usize) -> Config {
    let mut config = Config::default();
    config.max_message_len = max_message_len;
    config.max_message_frames = max_message_frames;
    config.write_high_water = write_high_water;
    config
}

proptest! {
    #[test]
    fn any_messages_in_any_fragments_with_any_control_frames_in_any_cut_give_the_same_events(
        talk in prop::collection::vec(said(), 0..6),
        close_code in prop::option::of(prop::option::of(3000..5000_u16)),
        reads in sizes(),
    ) {
        let (mut frames, mut expected) = (Vec::new(), Vec::new());
        for said in &talk {
            said.add_to(&mut frames, &mut expected);
        }
        // §5.5.2, §5.5.1: each Ping is answered, and the Close.
        let pings = frames.iter().filter(|(first, _)| *first == 0x89);
        let mut answers: Vec<Sent> = pings.map(|(_, payload)| (0x8a, payload.clone())).collect();
        if let Some(code) = close_code {
            let body = code.map_or(vec![], |code| close_body(code, ""));
            frames.push((0x88, body.clone()));
            answers.push((0x88, body));
            expected.push(Seen::Close(code.map(|code| close_frame(code, ""))));
        }
        let (frames, answers) = (borrowed(&frames), borrowed(&answers));
        for role in ROLES {
            let mut end = End::new(role);
            let wire = all_to(role, &frames);
            let seen: Vec<Seen> =
                cut(&wire, &reads).iter().flat_map(|piece| end.receive(piece)).collect();
            prop_assert_eq!(&seen, &expected);
            let answered = end.frames();
            prop_assert_eq!(contents(&answered), &answers[..]);
        }
    }

    #[test]
    fn what_a_sender_encodes_whole_or_in_chunks_the_other_end_decodes(
        talk in prop::collection::vec((message(), prop::option::of(sizes())), 0..6),
        ping in prop::collection::vec(any::<u8>(), 0..=125),
        reads in sizes(),
    ) {
        for role in ROLES {
            let mut sender = match role {
                Role::Client => Sender::client(|| KEY, &Config::default()),
                Role::Server => Sender::server(&Config::default()),
            };
            let mut output = WriteBuffer::new();
            let (mut frames, mut expected) = (Vec::new(), Vec::new());
            for (message, sizes) in &talk {
                let Some(sizes) = sizes else {
                    sender.send(message.clone(), &mut output).unwrap();
                    frames.push((0x80 | opener(message.kind()), message.as_bytes()));
                    expected.push(Seen::Message(message.clone()));
                    continue;
                };
                let mut first = opener(message.kind());
                let chunks = chunks_of(message, sizes);
                let (last, others) = chunks.split_last().unwrap();
                for chunk in others {
                    sender.send_chunk(lent(message.kind(), chunk), Fin::More, &mut output).unwrap();
                    sender.ping(&ping, &mut output).unwrap();
                    frames.extend([(first, *chunk), (0x89, &ping[..])]);
                    expected.push(Seen::Ping(ping.clone()));
                    first = 0x00;
                }
                sender.send_chunk(lent(message.kind(), last), Fin::Last, &mut output).unwrap();
                frames.push((0x80 | first, *last));
                expected.push(Seen::Message(message.clone()));
            }
            let wire = output.copy_to_bytes(output.remaining());
            let sent = read_frames(&wire);
            prop_assert!(sent.iter().all(|frame| frame.key.is_some() == (role == Role::Client)));
            prop_assert_eq!(contents(&sent), frames);
            let mut end = End::new(other(role));
            let seen: Vec<Seen> =
                cut(&wire, &reads).iter().flat_map(|piece| end.receive(piece)).collect();
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn any_bytes_give_no_panic_no_endless_loop_and_nothing_over_the_limits(
        wires in (wire_to(ROLES[0]), wire_to(ROLES[1])),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..3),
        (max_len, max_frames, high_water) in (0..300_u64, 0..5_u32, 0..300_usize),
        reads in sizes(),
    ) {
        let config = config(max_len, max_frames, high_water);
        for (role, mut wire) in ROLES.into_iter().zip([wires.0, wires.1]) {
            for (at, byte) in &changes {
                let at = at.index(wire.len() + 1);
                wire.get_mut(at).into_iter().for_each(|changed| *changed = *byte);
            }
            let End { mut connection, mut output } = End::with(role, &config);
            for piece in cut(&wire, &reads) {
                let (mut bytes, mut has_ended) = (piece.to_vec(), connection.is_closed());
                let mut input = &mut bytes[..];
                // Each event takes a byte at least.
                for steps in 0.. {
                    prop_assert!(steps <= piece.len(), "{steps} steps for {} bytes", piece.len());
                    let before = input.len();
                    let event = connection.receive(&mut input, &mut output);
                    prop_assert!(!has_ended || !matches!(event, Ok(Some(_))), "after the end");
                    match event {
                        Ok(Some(Event::Message(message))) => {
                            prop_assert!(message.as_bytes().len() as u64 <= max_len);
                        }
                        Ok(Some(Event::Ping(payload) | Event::Pong(payload))) => {
                            prop_assert!(payload.len() <= 125);
                        }
                        Ok(Some(Event::Close(_))) => has_ended = true,
                        Ok(None) | Err(_) => break,
                    }
                    prop_assert!(input.len() < before);
                }
                prop_assert!(input.is_empty(), "the input is used up");
            }
            // A Pong that begins below the mark, and the Close that always passes.
            prop_assert!(output.len() < high_water.max(1) + 2 * (2 + 4 + 125));
            prop_assert!(read_frames(&output.copy_to_bytes(output.remaining())).iter().rev().skip(1)
                .all(|frame| frame.first == 0x8a), "Pongs, then at most one Close");
        }
    }
}
