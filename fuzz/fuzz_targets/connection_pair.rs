//! Two connections that send, ping, close and are cut off in any order, over a wire that delivers
//! any number of bytes at a time, compressed by any policies or not: every message arrives once, in
//! order and unchanged (those before the cut do); a Pong answers a Ping; nothing is written after a Close; and both ends end.
#![no_main]

use fullduplex::{Config, Role};
use fullduplex_fuzz::{compression::policy, pair::Pair};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, Option<[[u8; 4]; 2]>, &[u8])| {
    let (high_water, policies, operations) = input;
    let [client, server] = [0, 1].map(|of| {
        let mut config = Config::default();
        config.write_high_water = high_water.into();
        config.compression = policies.map(|bytes| policy(bytes[of]));
        config
    });
    let mut pair = Pair::new(&client, &server);
    for operation in operations.as_chunks().0.iter().take(MOST) {
        pair.act(*operation);
    }
    pair.settle();
    for (of, role) in [Role::Client, Role::Server].into_iter().enumerate() {
        let (end, peer) = (&pair.ends[of], &pair.ends[1 - of]);
        if end.is_cut {
            assert!(end.sent.starts_with(&peer.received), "what arrives is unchanged");
        } else {
            assert_eq!(end.sent, peer.received, "every message arrives");
        }
        let mut pings = end.pings.iter();
        assert!(end.pongs.iter().all(|pong| pings.any(|ping| ping == pong)), "pongs answer pings");
        let opcodes = end.opcodes(role);
        assert!(opcodes.iter().rev().skip(1).all(|first| *first != CLOSE), "a Close is the last");
    }
});

/// Of them, so that a run stays short: each may send 64 KiB.
const MOST: usize = 100;
const CLOSE: u8 = 0x88;
