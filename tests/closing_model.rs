//! RFC 6455 §7 as a table of states, held against two endpoints on a fake wire: in every interleaving
//! of what they and the wire can do, to a fixed depth, and in long random ones.

mod common;
#[path = "closing_model/table.rs"]
mod table;

use std::{collections::VecDeque, mem};

use common::{
    End, ROLES, Seen, close_frame,
    pair::{Pair, other},
    read_frames,
};
use fullduplex::{Role, SendError};
use proptest::prelude::*;
use table::{Frame, Input, State, Told, next};

#[derive(Clone, Copy, Debug)]
enum Act {
    Send(Role),
    Close(Role, Option<u16>),
    DeliverAll(Role),
    DeliverByte(Role),
    End(Role),
    /// Puts a bad frame behind all that is on its way to this endpoint.
    Inject(Role),
}

fn acts() -> Vec<Act> {
    let of = |role| {
        let code = if role == Role::Client { 3001 } else { 3002 };
        let closes = [Act::Close(role, Some(code)), Act::Close(role, None)];
        let wire = [Act::DeliverAll(role), Act::DeliverByte(role), Act::End(role)];
        [&[Act::Send(role), Act::Inject(role)][..], &closes, &wire].concat()
    };
    ROLES.into_iter().flat_map(of).collect()
}

/// Two endpoints, the model of each, and the wire between them.
#[derive(Debug)]
struct World {
    pair: Pair,
    sides: [Side; 2],
    /// A bad frame was injected, or the transport ended too early.
    is_harmed: bool,
    acts: Vec<Act>,
}

/// An endpoint in the model, and the direction of the wire that leads to it.
#[derive(Debug)]
struct Side {
    state: State,
    /// The frames that are on their way, and the bytes of each that were not delivered yet.
    coming: VecDeque<(Frame, Vec<u8>)>,
    has_ended: bool,
    told: Vec<Told>,
    written: Vec<Frame>,
}

impl World {
    fn new() -> Self {
        let side = || Side {
            state: State::Open,
            coming: VecDeque::new(),
            has_ended: false,
            told: Vec::new(),
            written: Vec::new(),
        };
        Self { pair: Pair::new(), sides: [side(), side()], is_harmed: false, acts: Vec::new() }
    }

    fn side(&mut self, role: Role) -> &mut Side {
        &mut self.sides[usize::from(role == Role::Server)]
    }

    /// Does a step, and asserts that the endpoint does what the model does. `false` if it could not
    /// be done or changed nothing but the wire: then there is no use in going on from it.
    fn step(&mut self, act: Act) -> bool {
        self.acts.push(act);
        match act {
            Act::Send(role) => {
                let number = self.side(role).written.len() as u8;
                self.apply(role, Input::Send(number));
                self.side(role).state == State::Open
            }
            Act::Close(role, code) => self.apply(role, Input::Close(code)),
            Act::DeliverAll(role) => self.deliver(role, usize::MAX),
            Act::DeliverByte(role) => self.deliver(role, 1),
            Act::End(role) => {
                let side = self.side(role);
                side.coming.clear();
                let is_first = !mem::replace(&mut side.has_ended, true);
                let has_changed = is_first && self.apply(role, Input::End);
                self.is_harmed |= has_changed;
                has_changed
            }
            Act::Inject(role) => {
                let side = self.side(role);
                let is_first = side.coming.iter().all(|(frame, _)| *frame != Frame::Bad);
                let may_count = is_first && !side.has_ended;
                if may_count {
                    side.coming.push_back((Frame::Bad, BAD.to_vec()));
                    self.is_harmed = true;
                }
                may_count
            }
        }
    }

    /// Lets the application act, or the transport end. `false` if the state is the same after it.
    fn apply(&mut self, role: Role, input: Input) -> bool {
        let before = self.side(role).state;
        let (state, written, told) = next(before, input);
        let End { connection, output } = self.pair.end(role);
        let refused = |sent: Result<(), SendError>| sent.is_err().then_some(Told::Refused);
        let actual = match input {
            Input::Send(number) => refused(connection.send(number.to_string(), output)),
            Input::Close(code) => {
                let close = code.map(|code| close_frame(code, ""));
                refused(connection.close(close.as_ref(), output))
            }
            Input::Receive(_) => None,
            Input::End => {
                let end = connection.receive_end();
                end.err().map(|error| Told::Failed(error.close_code().to_u16()))
            }
        };
        assert_eq!(actual, told, "{role:?} in {before:?} on {input:?}: {:?}", self.acts);
        self.side(role).state = state;
        self.check(role, written, &Vec::from_iter(told));
        state != before
    }

    /// Delivers at most `most` bytes in one read.
    fn deliver(&mut self, role: Role, most: usize) -> bool {
        let side = self.side(role);
        let before = side.state;
        let (mut read, mut frames) = (Vec::new(), Vec::new());
        while let Some((frame, bytes)) = side.coming.front_mut().filter(|_| read.len() < most) {
            read.extend(bytes.drain(..bytes.len().min(most - read.len())));
            if bytes.is_empty() {
                frames.push(*frame);
                side.coming.pop_front();
            }
        }
        if read.is_empty() {
            return false;
        }
        let (mut answer, mut expected) = (None, Vec::new());
        if let State::Failed(code) = before {
            expected.push(Told::Failed(code));
        } else {
            for frame in frames {
                let (state, written, told) = next(side.state, Input::Receive(frame));
                side.state = state;
                answer = answer.or(written);
                expected.extend(told);
                if let State::Failed(_) = state {
                    break;
                }
            }
        }
        let seen = self.pair.end(role).receive(&read);
        let told: Vec<Told> = seen.iter().map(told).collect();
        assert_eq!(told, expected, "{role:?} in {before:?} reads {read:?}: {:?}", self.acts);
        self.check(role, answer, &told);
        !matches!(before, State::Closed(_) | State::Failed(_))
    }

    /// Compares what an endpoint wrote, and how it describes itself, with the model.
    fn check(&mut self, role: Role, answer: Option<Frame>, told: &[Told]) {
        let bytes = self.pair.end(role).written();
        let frames = read_frames(&bytes);
        assert!(frames.iter().all(|frame| frame.key.is_some() == (role == Role::Client)));
        let frames: Vec<Frame> = frames.iter().map(frame).collect();
        assert_eq!(frames, Vec::from_iter(answer), "{role:?} wrote: {:?}", self.acts);
        let side = self.side(role);
        let state = side.state;
        side.told.extend_from_slice(told);
        side.written.extend(answer);
        let peer = self.side(other(role));
        if !peer.has_ended {
            peer.coming.extend(answer.map(|frame| (frame, bytes)));
        }
        let connection = &self.pair.end(role).connection;
        let flags = (connection.is_send_closed(), connection.is_closed());
        let is_ended = matches!(state, State::Closed(_) | State::Failed(_));
        assert_eq!(flags, (state != State::Open, is_ended), "{role:?}, {state:?}: {:?}", self.acts);
    }

    /// Goes the way to closed that there must be from everywhere, and asserts what holds at its end.
    fn finish(mut self) {
        for role in ROLES {
            self.step(Act::Close(role, Some(1000)));
        }
        // A Close there and its answer back; nothing is answered after that.
        for role in [ROLES, ROLES].concat() {
            self.deliver(role, usize::MAX);
        }
        assert!(self.sides.iter().all(|side| side.coming.is_empty()), "{:?}", self.acts);
        if !self.is_harmed {
            let is_closed = |side: &Side| matches!(side.state, State::Closed(_));
            assert!(self.sides.iter().all(is_closed), "a handshake is enough: {:?}", self.acts);
        }
        for role in ROLES {
            self.step(Act::End(role));
        }
        let [client, server] = &self.sides;
        for (side, peer) in [(client, server), (server, client)] {
            self.assert_ended(side, peer);
        }
    }

    fn assert_ended(&self, side: &Side, peer: &Side) {
        let acts = &self.acts;
        // §5.5.1: a Close is the last frame.
        let mut before_last = side.written.iter().rev().skip(1);
        assert!(before_last.all(|frame| matches!(frame, Frame::Text(_))), "{acts:?}");
        // §7.1.5: the code is that of the peer's Close, or 1005 if it has none.
        let peers_code = peer.written.iter().find_map(|frame| match frame {
            Frame::Close(code) => Some(code.unwrap_or(1005)),
            _ => None,
        });
        match side.state {
            State::Closed(code) => assert_eq!(Some(code), peers_code, "{acts:?}"),
            State::Failed(1002 | 1006) => assert!(self.is_harmed, "{acts:?}"),
            state => panic!("{state:?} at the end of {acts:?}"),
        }
        // §1.4: what was sent before a Close arrives, in order, and nothing after the end is told.
        let sent = peer.written.iter().filter_map(|frame| match frame {
            Frame::Text(number) => Some(Told::Message(*number)),
            _ => None,
        });
        let told: Vec<Told> =
            side.told.iter().copied().filter(|told| *told != Told::Refused).collect();
        let messages = told.iter().take_while(|told| matches!(told, Told::Message(_))).count();
        let (messages, end) = told.split_at(messages);
        let sent: Vec<Told> = sent.collect();
        assert!(sent.starts_with(messages), "{messages:?} of {sent:?}: {acts:?}");
        assert!(self.is_harmed || sent.len() == messages.len(), "{sent:?}: {acts:?}");
        let [Told::Close(_) | Told::Failed(_), again @ ..] = end else {
            panic!("{end:?} {acts:?}")
        };
        assert!(again.iter().all(|told| *told == end[0]), "{end:?}: {acts:?}");
    }
}

fn told(seen: &Seen) -> Told {
    match seen {
        Seen::Message(message) => Told::Message(message.as_text().unwrap().parse().unwrap()),
        Seen::Close(close) => Told::Close(close.as_ref().map(|close| close.code.to_u16())),
        Seen::Failed(error) => Told::Failed(error.close_code().to_u16()),
        seen => panic!("{seen:?} was not sent"),
    }
}

fn frame(frame: &common::Frame) -> Frame {
    match (frame.first, &frame.payload[..]) {
        (0x81, number) => Frame::Text(str::from_utf8(number).unwrap().parse().unwrap()),
        (0x88, []) => Frame::Close(None),
        (0x88, [high, low, ..]) => Frame::Close(Some(u16::from_be_bytes([*high, *low]))),
        _ => panic!("{frame:?} was not sent"),
    }
}

/// Goes on from `path` with every act, up to `depth` acts more; counts the states that it saw.
fn explore(path: &mut Vec<Act>, depth: usize) -> usize {
    let mut count = 0;
    for act in acts() {
        path.push(act);
        let mut world = World::new();
        let has_changed = path.iter().map(|act| world.step(*act)).last();
        world.finish();
        if has_changed == Some(true) && depth > 1 {
            count += explore(path, depth - 1);
        }
        path.pop();
        count += 1;
    }
    count
}

#[test]
fn every_interleaving_of_two_endpoints_does_what_the_model_does_and_can_end() {
    let count = explore(&mut Vec::new(), DEPTH);
    assert!(count > 80_000, "{count} paths");
}

proptest! {
    #[test]
    fn a_long_interleaving_does_what_the_model_does_and_can_end(
        acts in prop::collection::vec(prop::sample::select(acts()), 0..100),
    ) {
        let mut world = World::new();
        for act in acts {
            world.step(act);
        }
        world.finish();
    }
}

/// Steps before the closing ones: as many as take a few seconds.
const DEPTH: usize = 5;
/// A reserved opcode, and for a server no mask either: 1002 with its last byte.
const BAD: [u8; 2] = [0x83, 0x00];
