//! permessage-deflate (RFC 7692): messages that are compressed one by one.
//!
//! ```text
//! Receiver ─ parts with RSV1 ─► Inflater ─ blocks ─► Assembler, or you
//! you ─ messages ─► Deflater ─ parts with RSV1 ─► Sender
//! ```
//!
//! Memory: no compressor and no window exists until a message needs it; without context takeover none
//! is kept after it. What a message inflates to is bounded while it is inflated.

#![allow(clippy::unnecessary_box_returns, reason = "what the pools hold, and an optional field")]

mod deflater;
mod inflater;
mod negotiation;

use crate::Role;

pub use negotiation::Parameters;

pub(crate) use deflater::{Deflater, Settings};
pub(crate) use inflater::{End, Inflated, Inflater};
pub(crate) use negotiation::{NAME, accept, agree, offer};

/// How to compress, and what to ask of the peer: [`Config::compression`](crate::Config::compression).
///
/// Compression tells how long a message became. Where an attacker can put text of theirs into the same
/// message as a secret, or, with context takeover, into another message of the connection, they can
/// guess the secret from those lengths (CRIME, BREACH; RFC 7692 §8). Send secrets with `feed_plain`
/// ([`Connection::send_plain`](crate::Connection::send_plain)), or leave compression off.
///
/// # Memory
///
/// Without context takeover a connection keeps nothing: threads keep up to four compressors and
/// decompressors, which their connections share. With it, a connection has its own from the first
/// message that needs one, in KiB (`cargo test --all-features --test memory_compression` measures it):
///
/// | window bits | to inflate | to compress, mem level: | 1 | 4 | 6 | 8 | 9 |
/// |---|---|---|---|---|---|---|---|
/// | 9 | 48 | | 135 | 141 | 162 | 246 | 358 |
/// | 10 | 48 | | 137 | 143 | 164 | 248 | 360 |
/// | 11 | 49 | | 141 | 147 | 168 | 252 | 364 |
/// | 12 | 51 | | 149 | 155 | 176 | 260 | 372 |
/// | 13 | 55 | | 165 | 171 | 192 | 276 | 388 |
/// | 14 | 63 | | 197 | 203 | 224 | 308 | 420 |
/// | 15 | 79 | | 261 | 267 | 288 | 372 | 484 |
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compression {
    /// How hard to look for repetitions: 1, the fastest, to 9; 1 by default. Others are taken for the
    /// nearest of these.
    pub level: u8,
    /// How much memory a compressor has for its tables: 2 to the power of this and 9 bytes; 1 to 9, 8
    /// by default.
    pub mem_level: u8,
    /// The largest window to compress with, as a power of 2: 9 to 15; 12 (4 KiB) by default. Others are
    /// taken for the nearest of these.
    pub window_bits: u8,
    /// Whether a message may refer to those before it: `false` by default. It makes short messages
    /// that are alike much smaller, and costs a compressor for every connection, for as long as the
    /// connection lasts.
    pub context_takeover: bool,
    /// The largest window that the peer is asked to compress with, as a power of 2: 9 to 15; 15
    /// (32 KiB) by default. Others are taken for the nearest of these. A server can ask this only of
    /// a client that offers it (§7.1.2.2).
    pub peer_window_bits: u8,
    /// Whether the peer's messages may refer to those before them: `false` by default. It costs a
    /// decompressor and the peer's window for every connection.
    pub peer_context_takeover: bool,
    /// Whole messages of fewer bytes are sent as they are: 128 by default. It does not hold for context
    /// takeover, which makes short messages shorter too, nor for messages that are sent in chunks.
    /// What would not become shorter is sent as it is whatever its length, but with context takeover.
    pub threshold: usize,
}

impl Default for Compression {
    fn default() -> Self {
        Self {
            level: 1,
            mem_level: 8,
            window_bits: 12,
            context_takeover: false,
            peer_window_bits: MAX_WINDOW_BITS,
            peer_context_takeover: false,
            threshold: 128,
        }
    }
}

impl Compression {
    fn window_bits(&self) -> u8 {
        self.window_bits.clamp(MIN_WINDOW_BITS, MAX_WINDOW_BITS)
    }

    fn peer_window_bits(&self) -> u8 {
        self.peer_window_bits.clamp(MIN_WINDOW_BITS, MAX_WINDOW_BITS)
    }
}

impl Parameters {
    /// Context takeover and window bits of what `role` compresses.
    pub(crate) fn of(self, role: Role) -> (bool, u8) {
        let (no_takeover, bits) = match role {
            Role::Server => (self.server_no_context_takeover, self.server_max_window_bits),
            Role::Client => (self.client_no_context_takeover, self.client_max_window_bits),
        };
        (!no_takeover, bits.clamp(8, MAX_WINDOW_BITS))
    }

    /// The compressor of `role`; `None` where there is none for so small a window: then messages go
    /// as they are (§7.2.1 asks no sender to compress).
    pub(crate) fn deflater(self, role: Role, policy: &Compression) -> Option<Deflater> {
        let (takeover, bits) = self.of(role);
        let bits = bits.min(policy.window_bits());
        (bits >= MIN_WINDOW_BITS).then(|| Deflater::new(policy, takeover, bits))
    }
}

/// The smallest window of the compressor: it has none of 256 bytes.
const MIN_WINDOW_BITS: u8 = 9;
/// The largest window of DEFLATE: 32 KiB.
const MAX_WINDOW_BITS: u8 = 15;
/// What the sender strips from the end of each message, and the receiver puts back (§7.2.1, §7.2.2).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
/// Room to inflate with, in bytes.
pub(crate) const BLOCK_LEN: usize = 16 * 1024;
