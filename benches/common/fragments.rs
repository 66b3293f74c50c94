//! Messages of 1 KiB in 8 fragments.

use fullduplex::{Connection, Event, WriteBuffer};

use super::{masked_frame, payload, written};

/// One message, with or without a Ping before each of its frames.
pub fn message(with_pings: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, piece) in payload(1024).chunks(128).enumerate() {
        if with_pings {
            bytes.extend(masked_frame(0x89, 7, b"are you there?"));
        }
        let opcode = if index == 0 { 0x02 } else { 0x00 };
        let fin = if index == 7 { 0x80 } else { 0 };
        bytes.extend(masked_frame(fin | opcode, index as u32, piece));
    }
    bytes
}

/// Receives all of `input` and has each Ping answered. Returns the messages and the Pings.
pub fn receive(
    connection: &mut Connection,
    mut input: &mut [u8],
    output: &mut WriteBuffer,
) -> (usize, usize) {
    let (mut messages, mut pings) = (0, 0);
    while let Some(event) = connection.receive(&mut input, output).expect("valid frames") {
        match event {
            Event::Message(message) => {
                assert_eq!(std::hint::black_box(message).as_bytes().len(), 1024);
                messages += 1;
            }
            _ => pings += 1,
        }
        written(output);
    }
    (messages, pings)
}
