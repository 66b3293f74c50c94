//! Masking with the widest vectors that the machine has (RFC 6455 §5.3).

use fearless_simd::{Level, Simd, dispatch, prelude::*};

use super::Mask;

/// Masks `payload`, which is a vector long or longer.
#[inline(never)]
pub(super) fn apply(mask: Mask, payload: &mut [u8]) {
    dispatch!(Level::new(), simd => apply_with(simd, mask, payload));
}

/// Between the first vector and the last one, which may overlap their neighbours, stand those that
/// are aligned: none of them lies across two lines of the cache.
///
/// Inlined, for it must be compiled for the vectors that were chosen.
#[inline(always)]
fn apply_with<S: Simd>(simd: S, mask: Mask, payload: &mut [u8]) {
    const { assert!(S::u8s::LEN <= MAX_LEN, "a key is repeated over the longest vector") };
    let len = S::u8s::LEN;
    let vector = |bytes: &[u8]| S::u8s::from_slice(simd, bytes);
    let key_at =
        |offset| vector(&[mask.skip(offset).to_bytes(); MAX_LEN / 4].as_flattened()[..len]);
    let last_at = payload.len() - len;
    let aligned_at = payload.as_ptr().addr().wrapping_neg() % len;
    let first = vector(&payload[..len]) ^ key_at(0);
    let last = vector(&payload[last_at..]) ^ key_at(last_at);
    let key = key_at(aligned_at);
    for chunk in payload[aligned_at..].chunks_exact_mut(len) {
        (vector(chunk) ^ key).store_slice(chunk);
    }
    first.store_slice(&mut payload[..len]);
    last.store_slice(&mut payload[last_at..]);
}

/// Bytes in the longest vector: one of AVX-512.
const MAX_LEN: usize = 64;
