//! What the benchmarks feed: bytes as a client sends them, made without the library.

// Each benchmark uses a part of this.
#![allow(dead_code, unreachable_pub)]

use bytes::Buf;
use fullduplex::WriteBuffer;

pub mod fragments;
pub mod handshake;

/// Has all that waits be written; returns how much that was.
pub fn written(output: &mut WriteBuffer) -> usize {
    let mut written = 0;
    while output.has_remaining() {
        let len = std::hint::black_box(output.chunk()).len();
        output.advance(len);
        written += len;
    }
    written
}

/// About 64 KiB (at least one message) of masked frames, each with `payload`, and how many.
pub fn masked_messages(opcode: u8, payload: &[u8]) -> (Vec<u8>, usize) {
    let count = (64 * 1024 / (payload.len() + 14)).max(1);
    let mut bytes = Vec::new();
    for number in 0..count {
        bytes.extend_from_slice(&masked_frame(0x80 | opcode, number as u32, payload));
    }
    (bytes, count)
}

/// A masked frame; `first` is its first byte. Each `number` has a key of its own.
pub fn masked_frame(first: u8, number: u32, payload: &[u8]) -> Vec<u8> {
    let key = number.wrapping_mul(0x9e37_79b9).wrapping_add(0x0102_0304);
    frame_with_key(first, key.to_be_bytes(), payload)
}

/// A masked frame; `first` is its first byte.
pub fn frame_with_key(first: u8, key: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ 0..126 => frame.push(0x80 | len as u8),
        len @ 126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&key);
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// ASCII text.
pub fn payload(len: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(len).collect()
}

/// As many bytes of JSON, of which some are ASCII and some in characters of two or four bytes.
pub fn mixed(len: usize) -> String {
    let record = r#"{"имя":"Мария","text":"Привет, how are you? 🦀","ok":true},"#;
    let mut text = String::new();
    for character in record.chars().cycle() {
        if text.len() + character.len_utf8() > len {
            break;
        }
        text.push(character);
    }
    while text.len() < len {
        text.push(' ');
    }
    text
}

/// As many bytes of JSON: records such as a service sends, of which no two are the same.
pub fn json(len: usize) -> String {
    let mut json = String::from("[");
    let mut state = 1_u64;
    let mut number = |most: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let names = ["Ada", "Barbara", "Claude", "Donald", "Edsger", "Grace", "Margaret", "Tim"];
    while json.len() < len {
        let record = format!(
            r#"{{"id":{},"name":"{}","score":{}.{:02},"active":{},"tags":["t{}","t{}"]}},"#,
            number(1_000_000),
            names[number(8) as usize],
            number(1000),
            number(100),
            number(2) == 0,
            number(50),
            number(50),
        );
        json.push_str(&record);
    }
    json.truncate(len);
    json
}
