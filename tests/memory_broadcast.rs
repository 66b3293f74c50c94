//! A message for ten thousand connections is held once, counted for this thread.

mod common;

use allocation_counter::measure;
use bytes::Buf;
use common::{End, unmasked};
use fullduplex::{Prepared, Role};

const MIB: usize = 1 << 20;

#[test]
fn a_mebibyte_that_waits_in_ten_thousand_connections_is_held_once() {
    let payload = vec![7; MIB];
    let frame = unmasked(0x82, &payload);
    let mut all: Vec<End> = (0..10_000).map(|_| End::new(Role::Server)).collect();
    let info = measure(|| {
        let prepared = Prepared::new(payload);
        for End { connection, output } in &mut all {
            connection.send_prepared(&prepared, output).unwrap();
        }
        drop(prepared);
        for End { output, .. } in &mut all {
            assert!(output.chunk() == frame, "the frame, in one piece");
            output.advance(frame.len());
            output.release();
        }
    });
    assert!(info.bytes_max <= 8 * MIB as u64, "{info:?}");
    assert!(info.bytes_current <= 0, "{info:?}");
}
