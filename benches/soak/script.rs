//! What one direction of a connection says: a seed in, message after message out, the same ones at both
//! ends.

use std::sync::OnceLock;

use fullduplex::Message;

/// Numbers that a seed decides (`SplitMix64`).
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub const fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit as u64) as usize
    }

    pub const fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// The messages of one direction. Each begins with its number, as far as there is room, and has a piece
/// of a long block behind it: two that are compared whole need no checksum.
pub struct Script {
    random: Random,
    number: u32,
}

impl Script {
    pub const fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), number: 0 }
    }

    pub fn message(&mut self) -> Message<'static> {
        static TEXT: OnceLock<String> = OnceLock::new();
        let text = TEXT.get_or_init(|| "0 aä – € 𝄞 \0 words and more of them; ".repeat(16 * 1024));
        let mut start = format!("{:08} ", self.number);
        self.number += 1;
        let len = self.len();
        let first = self.random.below(text.len() - MAX_LEN);
        if self.random.one_in(2) {
            let mut bytes = start.into_bytes();
            bytes.extend_from_slice(&text.as_bytes()[first..][..len]);
            bytes.truncate(len);
            return bytes.into();
        }
        // Characters are not cut; a few bytes less do not matter.
        let [first, last] = [first, first + len].map(|mut index| {
            while !text.is_char_boundary(index) {
                index -= 1;
            }
            index
        });
        start.truncate(len);
        let rest = len - start.len();
        start.extend(text[first..last].char_indices().map_while(|(index, character)| {
            (index + character.len_utf8() <= rest).then_some(character)
        }));
        start.into()
    }

    /// Mostly small ones, of each of the three forms that a length has (RFC 6455 §5.2).
    fn len(&mut self) -> usize {
        match self.random.below(20) {
            0 => 0,
            1..12 => self.random.below(126),
            12..16 => self.random.below(2048),
            16..19 => self.random.below(16 * 1024),
            _ => self.random.below(MAX_LEN + 1),
        }
    }
}

/// Bytes in the longest message.
const MAX_LEN: usize = 256 * 1024;
