//! Frames as values: bytes in, [`FrameHeader`] out, and back (RFC 6455 §5.2). No state.

mod header;
mod mask;
#[cfg(feature = "simd")]
mod wide;

pub use header::{FrameHeader, Opcode, Rsv};
pub use mask::Mask;

pub(crate) use header::{FIN, HEADER_ROOM, MASK, MAX_CONTROL_LEN, MAX_HEADER_LEN};
pub(crate) use mask::{NO_MASK, SHORT};
