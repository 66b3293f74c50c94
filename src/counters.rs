//! What a connection has done since it began, in numbers.

/// What a connection has done since it began: [`Connection::counters`](crate::Connection::counters).
///
/// `in` is what the peer sent, as far as it was received; `out` is what was put into the output, whether
/// or not it is written yet. The handshake does not count. How reads cut what came makes no difference,
/// but for the bytes of what broke a rule. Pings and Pongs are counted up to 2^32 − 1. How long the
/// peer took to answer the last Ping is no count: [`Connection::latency`](crate::Connection::latency).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Frames of messages and control frames, the Close among them (RFC 6455 §5.2), whose header came
    /// and broke no rule; the payload may still be on its way.
    pub frames_in: u64,
    /// Frames of messages and control frames, the Close among them.
    pub frames_out: u64,
    /// Messages that came to their end (§5.4), whether they were taken whole, in pieces or not at all.
    /// An unfinished one does not count, nor one that turned out to be bad.
    pub messages_in: u64,
    /// Messages whose last frame was sent: one that is sent piece by piece counts when it is finished.
    pub messages_out: u64,
    /// Bytes of messages: of a compressed one, what it inflates to. The bytes of an unfinished message
    /// count as they come, control frames' do not.
    pub payload_in: u64,
    /// Bytes of messages, before they were compressed. The bytes of an unfinished message count as they
    /// are sent, control frames' do not.
    pub payload_out: u64,
    /// Bytes of frames of all kinds, headers and masks included, as they come. What follows the peer's
    /// Close (§5.5.1) does not count, nor does a header or a control frame that breaks a rule (§7.1.7),
    /// but for what an earlier read had of it.
    pub wire_in: u64,
    /// Bytes of frames of all kinds, headers and masks included.
    pub wire_out: u64,
    /// Pings that came whole (§5.5.2).
    pub pings_in: u64,
    /// Pings that were sent, those that keep the connection alive among them.
    pub pings_out: u64,
    /// Pongs that came whole, whether or not they answer a Ping (§5.5.3).
    pub pongs_in: u64,
    /// Pongs that were sent. A Ping that waits for its Pong, and one that a later Ping overtook, have
    /// none.
    pub pongs_out: u64,
}

/// What went one way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) frames: u64,
    pub(crate) messages: u64,
    pub(crate) payload: u64,
    pub(crate) wire: u64,
    /// In as few bytes as they need: every connection has them.
    pub(crate) pings: u32,
    pub(crate) pongs: u32,
}

impl Tally {
    pub(crate) const NONE: Self =
        Self { frames: 0, messages: 0, payload: 0, wire: 0, pings: 0, pongs: 0 };

    /// Counts a message of `payload` bytes in one frame, which takes `wire` bytes.
    #[inline(always)]
    pub(crate) const fn message(&mut self, payload: usize, wire: usize) {
        self.frames += 1;
        self.messages += 1;
        self.payload += payload as u64;
        self.wire += wire as u64;
    }

    pub(crate) const fn ping(&mut self) {
        self.pings = self.pings.saturating_add(1);
    }

    pub(crate) const fn pong(&mut self) {
        self.pongs = self.pongs.saturating_add(1);
    }
}

impl Counters {
    pub(crate) const fn new(received: &Tally, sent: &Tally) -> Self {
        Self {
            frames_in: received.frames,
            frames_out: sent.frames,
            messages_in: received.messages,
            messages_out: sent.messages,
            payload_in: received.payload,
            payload_out: sent.payload,
            wire_in: received.wire,
            wire_out: sent.wire,
            pings_in: received.pings as u64,
            pings_out: sent.pings as u64,
            pongs_in: received.pongs as u64,
            pongs_out: sent.pongs as u64,
        }
    }
}
