//! Plain payloads in, compressed ones out (RFC 7692 §7.2.1).

use alloc::{boxed::Box, vec::Vec};

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

use super::{Compression, TAIL};
use crate::{Fin, hidden::Hidden, pool};

/// Compresses one message after another.
#[derive(Debug)]
pub(crate) struct Deflater {
    settings: Settings,
    context_takeover: bool,
    threshold: u32,
    /// Made when a message needs it; without takeover it is gone when that ends.
    stream: Option<Hidden<Box<Deflate>>>,
}

/// What a compressor is made with: two of the same can take each other's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Settings {
    pub(crate) level: u8,
    pub(crate) mem_level: u8,
    pub(crate) window_bits: u8,
}

impl Deflater {
    /// Makes the one for a window of 2 to the power of `window_bits` bytes, 9 to 15.
    pub(crate) fn new(policy: &Compression, context_takeover: bool, window_bits: u8) -> Self {
        let settings = Settings {
            level: policy.level.clamp(1, 9),
            mem_level: policy.mem_level.clamp(1, 9),
            window_bits,
        };
        let threshold = policy.threshold.try_into().unwrap_or(u32::MAX);
        Self { settings, context_takeover, threshold, stream: None }
    }

    /// Whether a message is too short to be compressed by itself.
    pub(crate) const fn is_short(&self, bytes: &[u8]) -> bool {
        bytes.len() < self.threshold as usize && !self.context_takeover
    }

    /// Compresses a message; `None` if it goes better as it is.
    pub(crate) fn message(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.is_short(bytes) {
            return None;
        }
        let compressed = self.chunk(bytes, Fin::Last);
        // With context takeover it is in the window, which the peer has to have as well.
        if compressed.len() >= bytes.len() && !self.context_takeover {
            pool::give_write_block(compressed);
            return None;
        }
        Some(compressed)
    }

    /// Compresses a piece of a message, so that the peer can inflate all of it.
    pub(crate) fn chunk(&mut self, bytes: &[u8], fin: Fin) -> Vec<u8> {
        let mut compressed = pool::take_write_block();
        let settings = self.settings;
        let stream = self.stream.get_or_insert_with(|| Hidden(take(settings)));
        deflate(stream, bytes, &mut compressed);
        if fin == Fin::More {
            return compressed;
        }
        // §7.2.1: what every message ends with is left out; §7.2.3.6: but for one byte, if there is
        // nothing else.
        if compressed.ends_with(&TAIL) {
            compressed.truncate(compressed.len() - TAIL.len());
        }
        if compressed.is_empty() {
            compressed.push(0);
        }
        if !self.context_takeover
            && let Some(Hidden(stream)) = self.stream.take()
        {
            give(settings, stream);
        }
        compressed
    }

    /// What it was made with, if no message depends on another.
    pub(crate) fn shared_settings(&self) -> Option<Settings> {
        (!self.context_takeover).then_some(self.settings)
    }
}

/// Compresses all of `piece`, up to the next byte.
fn deflate(stream: &mut Deflate, mut piece: &[u8], output: &mut Vec<u8>) {
    loop {
        let (before_in, before_out) = (stream.total_in(), stream.total_out());
        let start = output.len();
        output.resize(start + STEP.max(piece.len() / 2).min(MAX_STEP), 0);
        let room = &mut output[start..];
        stream.compress(piece, room, DeflateFlush::SyncFlush).expect("right settings, and room");
        let filled = (stream.total_out() - before_out) as usize;
        piece = &piece[(stream.total_in() - before_in) as usize..];
        let is_full = start + filled == output.len();
        output.truncate(start + filled);
        if piece.is_empty() && !is_full {
            return;
        }
    }
}

/// The least room that is made for compressed bytes, and the most.
const STEP: usize = 256;
const MAX_STEP: usize = 64 * 1024;

fn make(settings: Settings) -> Box<Deflate> {
    Box::new(Deflate::new_with_config(DeflateConfig {
        level: settings.level.into(),
        window_bits: -i32::from(settings.window_bits),
        mem_level: settings.mem_level.into(),
        ..DeflateConfig::default()
    }))
}

fn take(settings: Settings) -> Box<Deflate> {
    pool::take_deflate(settings).unwrap_or_else(|| make(settings))
}

fn give(settings: Settings, mut stream: Box<Deflate>) {
    stream.reset();
    pool::give_deflate(settings, stream);
}
