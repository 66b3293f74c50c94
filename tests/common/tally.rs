//! What a connection counts, by direction, and an oracle that counts frames on the wire.

use fullduplex::{Counters, ProtocolError, SendError};

use super::{End, Seen, read_frames};

/// What went one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) frames: u64,
    pub(crate) messages: u64,
    pub(crate) payload: u64,
    pub(crate) wire: u64,
    pub(crate) pings: u64,
    pub(crate) pongs: u64,
}

pub(crate) fn received(counters: &Counters) -> Tally {
    Tally {
        frames: counters.frames_in,
        messages: counters.messages_in,
        payload: counters.payload_in,
        wire: counters.wire_in,
        pings: counters.pings_in,
        pongs: counters.pongs_in,
    }
}

pub(crate) fn sent(counters: &Counters) -> Tally {
    Tally {
        frames: counters.frames_out,
        messages: counters.messages_out,
        payload: counters.payload_out,
        wire: counters.wire_out,
        pings: counters.pings_out,
        pongs: counters.pongs_out,
    }
}

/// Counts whole frames as they are on the wire, none of them compressed.
pub(crate) fn count(wire: &[u8]) -> Tally {
    let mut tally = Tally { wire: wire.len() as u64, ..Tally::default() };
    for frame in read_frames(wire) {
        tally.frames += 1;
        match frame.first & 0x0f {
            0..=2 => {
                tally.payload += frame.payload.len() as u64;
                tally.messages += u64::from(frame.first & 0x80 != 0);
            }
            0x9 => tally.pings += 1,
            0xa => tally.pongs += 1,
            _ => {}
        }
    }
    tally
}

/// Takes all of `bytes` piece by piece. An error ends it.
pub(crate) fn receive_chunks(end: &mut End, bytes: &[u8]) -> Option<ProtocolError> {
    let mut bytes = bytes.to_vec();
    let mut input = &mut bytes[..];
    loop {
        match end.connection.receive_chunk(&mut input, &mut end.output) {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(error) => return Some(error),
        }
    }
}

pub(crate) fn receive_messages(end: &mut End, bytes: &[u8]) -> Option<ProtocolError> {
    end.receive(bytes).into_iter().find_map(|seen| match seen {
        Seen::Failed(error) => Some(error),
        _ => None,
    })
}

pub(crate) type Receive = fn(&mut End, &[u8]) -> Option<ProtocolError>;

pub(crate) const UNITS: [(&str, Receive); 2] =
    [("whole", receive_messages), ("chunks", receive_chunks)];

/// What an endpoint does.
pub(crate) type Act = fn(&mut End) -> Result<(), SendError>;
