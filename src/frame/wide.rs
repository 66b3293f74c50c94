//! Masking with the widest vectors that the machine has (RFC 6455 §5.3).

use fearless_simd::{Level, Simd, dispatch, prelude::*};

use super::Mask;

/// Masks `payload`, which is a vector long or longer.
#[inline(never)]
pub(super) fn apply(mask: Mask, payload: &mut [u8]) {
    apply_at(Level::new(), mask, payload);
}

fn apply_at(level: Level, mask: Mask, payload: &mut [u8]) {
    dispatch!(level, simd => apply_with(simd, mask, payload));
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

// Here, since a machine shows no other way to the vectors that are not its widest.
#[cfg(test)]
mod tests {
    use super::*;

    fn levels() -> Vec<Level> {
        let best = Level::new();
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        let narrower = [
            best.as_avx2().map(Level::Avx2),
            best.as_sse4_2().map(Level::Sse4_2),
            Some(Level::baseline()),
        ];
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
        let narrower = [Some(Level::baseline())];
        narrower.into_iter().flatten().chain([best]).collect()
    }

    #[test]
    fn vectors_of_every_width_mask_as_the_rfc_says() {
        let mask = Mask::new([0x12, 0x34, 0x56, 0x78]);
        for (level, start) in
            levels().into_iter().flat_map(|level| (0..64).map(move |it| (level, it)))
        {
            for len in 64..200 {
                let mut bytes: Vec<u8> = (0..start + len).map(|at| (at * 7) as u8).collect();
                let octet = |(at, byte): (usize, &u8)| byte ^ mask.to_bytes()[at % 4];
                let expected: Vec<u8> = bytes[start..].iter().enumerate().map(octet).collect();
                apply_at(level, mask, &mut bytes[start..]);
                assert_eq!(bytes[start..], expected, "{level:?}, {len} bytes from {start} on");
            }
        }
    }
}
