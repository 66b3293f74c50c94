//! Receiver, assembler and sender are usable alone: joined by hand they do what a connection does.

mod common;

use bytes::Buf;
use common::{End, ROLES, Seen, all_to, for_every_cut, to};
use fullduplex::{
    Assembler, Config, Message, Part, ProtocolError, Receiver, Role, Sender, WriteBuffer,
};
use proptest::prelude::*;

/// The layers, joined by hand.
struct Layers {
    receiver: Receiver,
    assembler: Assembler,
    sender: Sender,
    output: WriteBuffer,
}

impl Layers {
    fn new(role: Role, config: &Config) -> Self {
        let sender = match role {
            Role::Server => Sender::server(config),
            Role::Client => Sender::client(|| common::KEY, config),
        };
        Self {
            receiver: Receiver::new(role, config),
            assembler: Assembler::new(),
            sender,
            output: WriteBuffer::new(),
        }
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<Seen> {
        let mut bytes = bytes.to_vec();
        let mut input = &mut bytes[..];
        let mut seen = Vec::new();
        loop {
            match self.next(&mut input) {
                Ok(Some(event)) => seen.push(event),
                Ok(None) if input.is_empty() => return seen,
                Ok(None) => {}
                Err(error) => {
                    self.sender.fail(&error, &mut self.output);
                    seen.push(Seen::Failed(error));
                    return seen;
                }
            }
        }
    }

    fn next(&mut self, input: &mut &mut [u8]) -> Result<Option<Seen>, ProtocolError> {
        let Some(part) = self.receiver.receive(input)? else { return Ok(None) };
        self.sender.reply(&part, &mut self.output);
        Ok(match part {
            Part::Data(chunk) => {
                self.assembler.push(chunk)?.map(Message::into_owned).map(Seen::Message)
            }
            Part::Ping(payload) => Some(Seen::Ping(payload.to_vec())),
            Part::Pong(payload) => Some(Seen::Pong(payload.to_vec())),
            Part::Close(close) => Some(Seen::Close(close)),
        })
    }
}

/// The same of both: what they see up to an error, and what they write.
fn assert_alike(wire: &[u8]) {
    for_every_cut(wire, |pieces| {
        let (mut layers, mut end) =
            (Layers::new(Role::Server, &Config::default()), End::new(Role::Server));
        for piece in pieces {
            let seen = end.receive(piece);
            assert_eq!(layers.receive(piece), seen);
            if matches!(seen.last(), Some(Seen::Failed(_))) {
                break;
            }
        }
        assert_eq!(layers.output.copy_to_bytes(layers.output.len()), end.written());
    });
}

#[test]
fn the_layers_do_what_a_connection_does() {
    let frames: [common::Frames<'_>; 5] = [
        &[
            (0x81, b"text"),
            (0x89, b"ping"),
            (0x02, b"bi"),
            (0x8a, b""),
            (0x80, b"nary"),
            (0x88, b""),
        ],
        &[(0x01, b"\xc3"), (0x89, b""), (0x80, b"\xa9"), (0x88, &[0x03, 0xe8]), (0x81, b"late")],
        &[(0x01, b"\xc3"), (0x80, b"\xc3"), (0x89, b"late")],
        &[(0x81, b"\xff"), (0x88, b"")],
        &[(0x82, b"x"), (0x80, b"y")],
    ];
    for frames in frames {
        assert_alike(&all_to(Role::Server, frames));
    }
}

// A connection has a short way for the headers that most frames have; the receiver alone judges all.
#[test]
fn a_connection_judges_every_header_as_a_receiver_does() {
    let mut narrow = Config::default();
    (narrow.max_message_len, narrow.max_message_frames) = (100, 1);
    let mut none = Config::default();
    none.max_message_frames = 0;
    let after = [0, 0, 0, 1, 2, 3, 4, 5].repeat(50);
    for config in [Config::default(), narrow, none] {
        for role in ROLES {
            for before in [&[][..], &[(0x01, &b"begun"[..])], &[(0x02, b"")]] {
                for (first, second) in
                    (0..=255).flat_map(|first| (0..=255).map(move |b| (first, b)))
                {
                    let wire = [&all_to(role, before)[..], &[first, second], &after].concat();
                    let (mut layers, mut end) =
                        (Layers::new(role, &config), End::with(role, &config));
                    assert_eq!(layers.receive(&wire), end.receive(&wire), "{first:#x} {second:#x}");
                }
            }
        }
    }
}

#[test]
fn a_receiver_that_failed_or_was_closed_stays_so() {
    for role in ROLES {
        let mut receiver = Receiver::new(role, &Config::default());
        for _ in 0..3 {
            let mut wire = to(role, 0x80, b"");
            let mut input = &mut wire[..];
            assert_eq!(receiver.receive(&mut input), Err(ProtocolError::UnexpectedContinuation));
            assert!(input.is_empty() && receiver.is_ended());
        }
        let mut receiver = Receiver::new(role, &Config::default());
        let mut wire = [to(role, 0x88, b""), to(role, 0x81, b"late")].concat();
        let mut input = &mut wire[..];
        assert_eq!(receiver.receive(&mut input), Ok(Some(Part::Close(None))));
        assert_eq!(receiver.receive(&mut input), Ok(None));
        assert!(input.is_empty() && receiver.is_ended());
    }
}

proptest! {
    #[test]
    fn the_layers_do_what_a_connection_does_with_any_frames(
        frames in prop::collection::vec(
            (
                prop::sample::select(vec![0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a]),
                prop_oneof![Just(vec![]), prop::collection::vec(any::<u8>(), 0..9)],
            ),
            0..8,
        ),
    ) {
        let wire = frames.iter().flat_map(|(first, payload)| to(Role::Server, *first, payload));
        assert_alike(&wire.collect::<Vec<u8>>());
    }
}

#[test]
fn an_assembler_that_met_a_text_that_is_none_stays_failed() {
    for (role, first, whole) in
        ROLES.into_iter().flat_map(|role| [(role, 0x81, true), (role, 0x01, false)])
    {
        let mut layers = Layers::new(role, &Config::default());
        let failed = [Seen::Failed(ProtocolError::InvalidUtf8)];
        assert_eq!(layers.receive(&to(role, first, b"ab\xff")), failed);
        if !whole {
            assert_eq!(layers.receive(&to(role, 0x80, b"cd")), failed, "its end is not the whole");
        }
        assert_eq!(layers.receive(&to(role, 0x81, b"ef")), failed);
        assert_eq!(layers.receive(&to(role, 0x02, b"gh")), failed);
    }
}

#[test]
fn an_assembler_that_has_not_seen_a_message_begin_passes_over_the_rest_of_it() {
    for role in ROLES {
        let mut layers = Layers::new(role, &Config::default());
        assert_eq!(layers.receive(&to(role, 0x01, b"lost")), []);
        layers.assembler = Assembler::new();
        assert_eq!(layers.receive(&to(role, 0x80, b"rest")), []);
        assert_eq!(layers.receive(&to(role, 0x81, b"next")), [common::text("next")]);
    }
}
