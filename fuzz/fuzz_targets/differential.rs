//! A server of this crate and one of tungstenite see the same messages in the same bytes, and refuse
//! the same ones. Known differences: tungstenite takes lengths that are not in their shortest form
//! (§5.2 forbids them); it reports a Close with a bad code as one with 1002, and 1014 (in IANA's
//! registry) is bad to it; it judges a frame when that is whole, we when its header or the text so
//! far cannot be good; its limit holds for control frames too, so it is 125 bytes or more here.
#![no_main]

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../src/peer.rs"]
mod peer;

use common::{End, Seen};
use fullduplex::{CloseCode, ProtocolError as Broken};
use fullduplex_fuzz::{config, wire};
use peer::Ended;

libfuzzer_sys::fuzz_target!(|input: (u8, u8, &[u8])| {
    let (options, limits, bytes) = input;
    let (mut config, (role, wire)) = (config(limits), wire(options | 1, bytes));
    config.max_message_len = config.max_message_len.max(125);
    config.max_message_frames = u32::MAX;
    let mut ours = End::with(role, &config).receive(&wire);
    let error = ours.pop_if(|last| matches!(last, Seen::Failed(_)));
    let (mut theirs, end) = peer::receive(&wire, config.max_message_len);
    let bad_code = common::close(1002, "Protocol violation");
    match (&error, ours.last(), end) {
        (Some(Seen::Failed(Broken::NonMinimalLength(_) | Broken::ControlTooLong(_))), ..) => {
            theirs.truncate(ours.len());
        }
        (Some(Seen::Failed(Broken::InvalidCloseCode(_))), _, Ended::Closed) => ours.push(bad_code),
        (None, Some(Seen::Close(Some(it))), _) if it.code == CloseCode::BAD_GATEWAY => {
            ours.splice(ours.len() - 1.., [bad_code]);
        }
        (None, Some(Seen::Close(_)), Ended::Closed) => {}
        (Some(_), _, Ended::Refused) | (_, _, Ended::Waits) => {}
        (_, _, end) => panic!("{error:?} after {ours:?}, but {end:?}"),
    }
    assert_eq!(ours, theirs, "ours, then theirs");
});
