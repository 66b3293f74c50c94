//! Masking (RFC 6455 §5.3): octet *i* of the payload is XORed with octet *i* mod 4 of the key.
//!
//! The same operation masks and unmasks. It works a word at a time; a last piece that is shorter
//! than a word is done as a whole word that overlaps the one before, so that no byte loop is
//! longer than three bytes.

/// A masking key: four bytes from a strong source of entropy, fresh for every frame (§5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask([u8; 4]);

impl Mask {
    /// Makes a key of four bytes in wire order; all of them may be zero.
    pub const fn new(key: [u8; 4]) -> Self {
        Self(key)
    }

    /// The key's four bytes in wire order.
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0
    }

    /// Masks or unmasks `payload`, whose first byte is byte `offset` of the frame's payload.
    #[inline]
    pub fn apply(self, offset: usize, payload: &mut [u8]) {
        let key = self.skip(offset).0;
        if payload.len() < WORD {
            return apply_short(key, payload);
        }
        // The last word is read before the loop and stored after it: the two may overlap.
        let last_key = word(Self(key).skip(payload.len()).0);
        let last = payload.last_chunk::<WORD>().map_or(0, |last| u64::from_ne_bytes(*last));
        for chunk in payload.as_chunks_mut::<WORD>().0 {
            *chunk = (u64::from_ne_bytes(*chunk) ^ word(key)).to_ne_bytes();
        }
        if let Some(chunk) = payload.last_chunk_mut::<WORD>() {
            *chunk = (last ^ last_key).to_ne_bytes();
        }
    }

    /// The key as it applies from byte `offset` of the payload on.
    #[inline]
    pub(crate) fn skip(self, offset: usize) -> Self {
        let rotation = 8 * (offset % 4) as u32;
        Self(u32::from_le_bytes(self.0).rotate_right(rotation).to_le_bytes())
    }
}

#[inline]
fn apply_short(key: [u8; 4], payload: &mut [u8]) {
    let [first, second] = word_halves(key, payload.len());
    match (payload.first_chunk::<4>(), payload.last_chunk::<4>()) {
        (Some(&start), Some(&end)) => {
            let start = u32::from_ne_bytes(start) ^ first;
            let end = u32::from_ne_bytes(end) ^ second;
            if let Some(chunk) = payload.first_chunk_mut() {
                *chunk = start.to_ne_bytes();
            }
            if let Some(chunk) = payload.last_chunk_mut() {
                *chunk = end.to_ne_bytes();
            }
        }
        _ => payload.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key),
    }
}

/// The key at the start of a payload of `len` bytes, and at four bytes before its end.
#[inline]
fn word_halves(key: [u8; 4], len: usize) -> [u32; 2] {
    [u32::from_ne_bytes(key), u32::from_ne_bytes(Mask(key).skip(len).0)]
}

#[inline]
fn word([a, b, c, d]: [u8; 4]) -> u64 {
    u64::from_ne_bytes([a, b, c, d, a, b, c, d])
}

const WORD: usize = size_of::<u64>();
