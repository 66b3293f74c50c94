//! Randomness as an argument: mask keys (RFC 6455 §5.3) and the handshake's nonce (§4.1).

use crate::Mask;

/// Where a client's mask keys come from: one for every frame.
///
/// Keys must come from a strong source of entropy, and none may be predictable from those before it
/// (§5.3, §10.3): a script in a browser could else choose the bytes that a proxy sees on the wire.
/// With feature `std` this is [`ThreadRng`]; tests and devices bring their own, a closure for instance.
pub trait MaskSource: Send + Sync {
    /// The next key.
    fn next_mask(&mut self) -> Mask;
}

impl<F: FnMut() -> [u8; 4] + Send + Sync> MaskSource for F {
    fn next_mask(&mut self) -> Mask {
        Mask::new(self())
    }
}

/// The thread's own cryptographically secure generator, seeded by the system; it holds no memory.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadRng;

#[cfg(feature = "std")]
impl MaskSource for ThreadRng {
    #[inline]
    fn next_mask(&mut self) -> Mask {
        Mask::new(rand::random::<u32>().to_ne_bytes())
    }
}

/// The 16 random bytes of a client's handshake (§4.1), which the server proves to have read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce([u8; 16]);

impl Nonce {
    /// Makes a nonce of random bytes that are used for one handshake only.
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// A fresh nonce from the thread's generator.
    #[cfg(feature = "std")]
    pub fn random() -> Self {
        Self(rand::random())
    }

    pub(crate) const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}
