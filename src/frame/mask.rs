//! Masking (RFC 6455 §5.3): octet *i* of the payload XOR octet *i* mod 4 of the key.
//!
//! The same operation masks and unmasks. It works a word or a vector at a time, and what is left at
//! the end is done as a whole one that overlaps the one before: no byte loop is longer than three
//! bytes.

use alloc::vec::Vec;

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
        let key = self.skip(offset);
        match payload.len() {
            0..4 => payload.iter_mut().zip(key.0).for_each(|(byte, key)| *byte ^= key),
            4..8 => key.apply_ends::<4>(payload),
            8..16 => key.apply_ends::<8>(payload),
            16..=32 => key.apply_ends::<16>(payload),
            #[cfg(feature = "simd")]
            WIDE.. => super::wide::apply(key, payload),
            _ => key.apply_long(payload),
        }
    }

    /// Appends `payload` to `block`, masked.
    #[inline]
    pub(crate) fn append(self, payload: &[u8], block: &mut Vec<u8>) {
        match payload.len() {
            0..4 => block.extend(payload.iter().zip(self.0).map(|(byte, key)| byte ^ key)),
            4..8 => self.append_ends::<4>(payload, block),
            8..16 => self.append_ends::<8>(payload, block),
            16..=32 => self.append_ends::<16>(payload, block),
            _ if self == NO_MASK => block.extend_from_slice(payload),
            // Copied and masked piece by piece, while each is in the cache.
            _ => payload.chunks(APPENDED).for_each(|piece| {
                let start = block.len();
                block.extend_from_slice(piece);
                self.apply(0, &mut block[start..]);
            }),
        }
    }

    /// The key as it applies from byte `offset` of the payload on.
    #[inline]
    pub(crate) fn skip(self, offset: usize) -> Self {
        let rotation = 8 * (offset % 4) as u32;
        Self(u32::from_le_bytes(self.0).rotate_right(rotation).to_le_bytes())
    }

    /// Masks the first and the last `N` bytes, which may overlap but leave nothing between them.
    #[inline]
    fn apply_ends<const N: usize>(self, payload: &mut [u8]) {
        let first = payload.first_chunk().map(|chunk| self.masked::<N>(chunk));
        let last = self.last_masked::<N>(payload);
        if let (Some(chunk), Some(first)) = (payload.first_chunk_mut(), first) {
            *chunk = first;
        }
        if let (Some(chunk), Some(last)) = (payload.last_chunk_mut(), last) {
            *chunk = last;
        }
    }

    /// Appends the first and the last `N` bytes, masked, as [`apply_ends`](Self::apply_ends) does:
    /// copies of lengths that the compiler knows need no call.
    #[inline]
    fn append_ends<const N: usize>(self, payload: &[u8], block: &mut Vec<u8>) {
        let first = payload.first_chunk().map(|chunk| self.masked::<N>(chunk));
        let last = self.last_masked::<N>(payload);
        let len = block.len() + payload.len();
        block.extend_from_slice([first.unwrap_or([0; N]), [0; N]].as_flattened());
        block.truncate(len);
        if let (Some(chunk), Some(last)) = (block.last_chunk_mut(), last) {
            *chunk = last;
        }
    }

    #[inline(never)]
    fn apply_long(self, payload: &mut [u8]) {
        // The last piece is masked from what stood there before the others were.
        let last = self.last_masked::<PIECE>(payload);
        for chunk in payload.as_chunks_mut().0 {
            *chunk = self.masked::<PIECE>(chunk);
        }
        if let (Some(chunk), Some(last)) = (payload.last_chunk_mut(), last) {
            *chunk = last;
        }
    }

    /// The last `N` bytes of `payload`, masked, if it has as many.
    #[inline]
    fn last_masked<const N: usize>(self, payload: &[u8]) -> Option<[u8; N]> {
        let chunk = payload.last_chunk()?;
        Some(self.skip(payload.len() - N).masked(chunk))
    }

    /// `N` bytes at a multiple of four, masked; the compiler makes a word or a vector of it.
    #[inline]
    fn masked<const N: usize>(self, bytes: &[u8; N]) -> [u8; N] {
        let mut masked = *bytes;
        let key = u32::from_ne_bytes(self.0);
        for word in masked.as_chunks_mut().0 {
            *word = (u32::from_ne_bytes(*word) ^ key).to_ne_bytes();
        }
        masked
    }
}

/// Applying it changes nothing, so a missing mask needs no branch of its own.
pub(crate) const NO_MASK: Mask = Mask::new([0; 4]);
/// Bytes from which the widest vectors of the machine pay for being chosen.
#[cfg(feature = "simd")]
const WIDE: usize = 256;
/// The bytes for which [`Mask::append`] wants room, even for a shorter payload.
pub(crate) const SHORT: usize = 32;
/// Bytes that are copied and then masked: a multiple of 4, so that the key stays in step.
const APPENDED: usize = 16 * 1024;
/// Bytes that are masked at a time: the width of the vectors that every x86-64 and ARM64 has.
const PIECE: usize = 16;
