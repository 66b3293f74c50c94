//! Whatever an application calls and whatever the stream does (short reads and writes, `Pending`,
//! errors, 0, lies), whenever a future is dropped: no adapter panics or goes on for ever; what is
//! written is whole frames with what was fed, in order, and nothing after a Close; and both
//! adapters see the same (where that is defined: `Story::is_comparable`).
#![no_main]

use fullduplex_fuzz::adapters::Story;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (most, bytes) = input;
    let Some(story) = Story::new(bytes) else { return };
    let blocking = story.clone().run_blocking();
    assert!(is_closed_last(&blocking.opcodes), "{:x?}", blocking.opcodes);
    if story.is_blocking_only {
        return;
    }
    let tokio = story.clone().run_tokio(1 + usize::from(most % 8));
    assert!(is_closed_last(&tokio.opcodes), "{:x?}", tokio.opcodes);
    if story.is_comparable {
        assert_eq!(tokio.seen, blocking.seen, "tokio's adapter, then the blocking one");
    }
});

fn is_closed_last(opcodes: &[u8]) -> bool {
    opcodes.iter().rev().skip(1).all(|first| *first != 0x88)
}
