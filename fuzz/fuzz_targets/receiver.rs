//! Whatever the peer sends and however it is cut: nothing panics; a call that returns something has
//! used bytes up, and one that does not has used them all; the events and the answers do not depend
//! on the cuts, nor on whether a connection or its layers are used, and messages are the same chunk by
//! chunk; no message passes the limit.
#![no_main]

use fullduplex::Config;
use fullduplex_fuzz::{
    config, pieces,
    receive::{chunks, connection, layers},
    wire,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u8, [u8; 4], &[u8])| {
    let (options, limits, lens, bytes) = input;
    let ((role, wire), config) = (wire(options, bytes), config(limits));
    let whole = connection(role, &config, &[&wire]);
    assert_eq!(connection(role, &config, &pieces(&wire, lens)), whole);
    assert_eq!(connection(role, &config, &wire.chunks(1).collect::<Vec<_>>()), whole);
    assert_eq!(layers(role, &config, &pieces(&wire, lens)), whole.0);
    let unlimited = unlimited();
    let whole = connection(role, &unlimited, &[&wire]);
    assert_eq!(chunks(role, &unlimited, &pieces(&wire, lens)), whole.0);
});

/// What is handed over chunk by chunk is not held, and has no limit.
fn unlimited() -> Config {
    let mut config = Config::default();
    (config.max_message_len, config.max_message_frames) = (u64::MAX, u32::MAX);
    config
}
