//! Stands in for `observe.rs` without the feature `tracing`: nothing is told, and nothing is held.

use std::io;

use super::adapter::Runtime;
use crate::{Accepted, Closing, Error, ProtocolError, Role, Timeout};

#[derive(Debug)]
pub(super) struct Observer;

#[allow(clippy::unused_self, reason = "as where there is something to tell")]
impl Observer {
    pub(super) const fn new(_: Role) -> Self {
        Self
    }

    pub(super) const fn handshake_done(&self, _: &Accepted) {}

    pub(super) const fn handshake_failed(&self, _: &Error) {}

    pub(super) const fn handshake_rejected(&self, _: u16) {}

    pub(super) const fn closing(&mut self, _: Option<&Closing>) {}

    pub(super) const fn protocol_error(&mut self, _: &ProtocolError) {}

    pub(super) const fn timed_out(&mut self, _: Timeout) {}

    pub(super) const fn io_error(&mut self, _: &io::Error) {}

    pub(super) const fn failed<A: Runtime>(&mut self, _: &Error) {}
}
