//! What an idle connection holds: next to nothing, also after a burst, counted for this thread.

mod common;

use std::io::{self, Read, Write};

use allocation_counter::measure;
use bytes::{Buf, Bytes};
use common::{End, ROLES, masked, to};
use fullduplex::{
    Config, Connection, Event, Role, WriteBuffer,
    blocking::{self, WebSocket},
};

/// Bytes in an adapter's read block.
const BLOCK: usize = 128 * 1024;
const MIB: usize = 1 << 20;

fn drain(output: &mut WriteBuffer) {
    output.advance(output.remaining());
}

#[test]
fn after_a_large_message_a_connection_is_back_to_its_idle_size() {
    for (role, first) in ROLES.into_iter().flat_map(|role| [(role, 0x81), (role, 0x82)]) {
        let mut end = End::new(role);
        // The first mask makes the thread's generator; the first message, the output's block.
        end.connection.send(vec![0; 5000], &mut end.output).unwrap();
        drain(&mut end.output);
        let wire = [to(role, first & 0x7f, &vec![b'x'; MIB]), to(role, 0x80, b"end")].concat();
        for read in [wire.len(), BLOCK, 1000] {
            let info = measure(|| {
                for read in wire.chunks(read) {
                    let mut read = read.to_vec();
                    let mut input = &mut read[..];
                    let event = end.connection.receive(&mut input, &mut end.output).unwrap();
                    if let Some(Event::Message(message)) = event {
                        end.connection.send(message, &mut end.output).unwrap();
                        drain(&mut end.output);
                    }
                }
            });
            assert!(info.bytes_max > MIB as u64);
            assert!(info.bytes_current <= 0, "reads of {read}: {info:?}");
        }
    }
}

#[test]
fn after_many_large_messages_at_once_an_output_is_back_to_its_idle_size() {
    let mut server = End::new(Role::Server);
    let payload = Bytes::from(vec![0; 5000]);
    // The reference count of the payload, which a first clone makes, stays with it.
    drop(payload.clone());
    let info = measure(|| {
        for _ in 0..10_000 {
            server.connection.send(payload.clone(), &mut server.output).unwrap();
        }
        drain(&mut server.output);
    });
    assert!(info.bytes_current <= 68 * 1024, "{info:?}");
}

#[test]
fn a_message_that_a_close_or_a_failure_cut_off_is_not_kept() {
    for (role, first) in ROLES.into_iter().flat_map(|role| [(role, 0x01), (role, 0x02)]) {
        // A Close, a bad frame, a message inside the message, the end of the transport.
        for end_first in [Some(0x88), Some(0x83), Some(0x81), None] {
            let mut end = End::new(role);
            end.connection.send("the output's block, the mask generator", &mut end.output).unwrap();
            let mut begun = to(role, first, &vec![b'x'; MIB]);
            let mut ended = end_first.map(|first| to(role, first, b""));
            let info = measure(|| {
                let mut input = &mut begun[..];
                assert_eq!(end.connection.receive(&mut input, &mut end.output), Ok(None));
                match &mut ended {
                    Some(frame) => {
                        let mut input = &mut frame[..];
                        assert_ne!(end.connection.receive(&mut input, &mut end.output), Ok(None));
                    }
                    None => assert!(end.connection.receive_end().is_err()),
                }
            });
            assert!(info.bytes_max > MIB as u64);
            // A Close and its reason.
            assert!(info.bytes_current < 1024, "{end_first:?}: {info:?}");
        }
    }
}

#[test]
fn a_connection_that_is_idle_holds_no_memory_beside_itself() {
    for role in ROLES {
        let mut end = None;
        let info = measure(|| end = Some(End::new(role)));
        assert_eq!(info.count_total, 0, "{role:?}");
    }
    assert!(size_of::<Connection>() + size_of::<WriteBuffer>() <= 512);
}

/// A peer that says what is left of `says`, and then nothing.
struct Peer<'a> {
    says: &'a [u8],
}

impl blocking::Stream for Peer<'_> {}

impl Read for Peer<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self.says.read(room)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            len => Ok(len),
        }
    }
}

impl Write for Peer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_hundred_idle_websockets_hold_less_than_a_kib_each() {
    let config = Config::default();
    let says = [masked(0x81, &vec![b'x'; 3000]), masked(0x82, &vec![0; 100_000])].concat();
    let idle = || {
        let connection = Connection::server(&config);
        let mut ws = WebSocket::new(Peer { says: &says }, connection, &[]);
        while let Ok(Some(message)) = ws.receive() {
            ws.feed(&message).unwrap();
        }
        ws
    };
    // The first ones fill the thread's pool of blocks.
    drop([idle(), idle()]);
    let mut all = Vec::with_capacity(100);
    let info = measure(|| all.resize_with(100, idle));
    assert!(info.bytes_current < 100 * 1024, "{info:?}");
    assert!(size_of::<WebSocket<Peer<'_>>>() < 1024);
}

#[test]
fn an_event_is_passed_in_40_bytes() {
    assert!(size_of::<Event<'_>>() <= 40, "{}", size_of::<Event<'_>>());
}
