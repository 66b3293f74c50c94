//! What the targets share. A target is one file in `fuzz_targets`: its invariant, and how it is held.
//!
//! An input begins with a few bytes that choose roles, limits and cuts; what follows is what the
//! subject sees, unchanged, so that seeds are readable and every mutation counts.

#[path = "../../tests/common/mod.rs"]
mod common;

pub mod adapters;
pub mod compression;
pub mod pair;
pub mod receive;

use fullduplex::{Config, Role};

/// The default limits, or small ones that a short input can pass.
pub fn config(limits: u8) -> Config {
    let mut config = Config::default();
    if limits > 0 {
        config.max_message_len = limits.into();
        config.max_message_frames = 1 + u32::from(limits % 8);
        config.max_head_len = 16 * usize::from(limits);
        config.max_headers = usize::from(limits % 16);
        config.max_refusal_body_len = limits.into();
        config.write_high_water = limits.into();
    }
    config
}

/// `bytes` in pieces of these lengths, over and over; whole, if all are 0.
pub fn pieces(mut bytes: &[u8], lens: [u8; 4]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    for len in lens.into_iter().cycle().take_while(|_| lens != [0; 4]) {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at(bytes.len().min(len.into()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces
}

/// Frames with good headers for the endpoint that has `role`: first byte, length, payload, over and
/// over. A length of 255 means that all the rest goes to the wire as it is; 254, a long payload.
pub fn frames_to(role: Role, mut bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    while let [first, len, rest @ ..] = bytes {
        if *len == u8::MAX {
            wire.extend_from_slice(rest);
            break;
        }
        let (payload, rest) = rest.split_at(rest.len().min((*len).into()));
        let repeat = if *len == LONG { 300 } else { 1 };
        wire.extend(common::to(role, *first, &payload.repeat(repeat)));
        bytes = rest;
    }
    wire
}

/// The role and the wire that the first byte of an input chooses.
pub fn wire(options: u8, bytes: &[u8]) -> (Role, Vec<u8>) {
    let role = common::ROLES[usize::from(options & 1)];
    let wire = if options & BUILT == 0 { bytes.to_vec() } else { frames_to(role, bytes) };
    (role, wire)
}

/// The option that has frames built by [`frames_to`].
const BUILT: u8 = 2;
/// The length that stands for a payload of up to 76,200 bytes.
const LONG: u8 = 254;
