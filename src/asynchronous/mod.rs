//! What the adapters for asynchronous streams share; use it as [`crate::tokio`].
//!
//! All state is in the [`WebSocket`], none in a future: a dropped `receive` loses nothing, and a
//! dropped `send` has queued the whole message or none of it. `receive` writes what was fed before it
//! waits for the peer, and only then: it first hands out every message that is already read. While a
//! write has to wait it goes on reading. `feed`, `flush` and `send` do not read: two peers that both
//! send more than the sockets between them hold, and neither receives, wait for each other.

mod handshake;
mod link;
mod websocket;

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

pub use handshake::{Http, Incoming, Upgrade};
pub use websocket::{Reply, WebSocket};

pub(crate) use handshake::{accept, connect_over};

pub(crate) mod sealed {
    /// The trait grows with what adapters need.
    pub trait Sealed {}
}

/// A timer of the runtime, which is made only when something has to be waited for.
pub type Timer = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// How to read from and write to streams of one family.
///
/// Implemented by [`crate::tokio::Tokio`]; nobody else can.
pub trait Adapter<S>: sealed::Sealed {
    /// What time it is, since any fixed origin.
    fn now() -> Duration;

    /// A timer that is ready after `duration`.
    fn sleep(duration: Duration) -> Timer;

    /// Reads into `room`, which is not empty; 0 bytes mean the end.
    fn poll_read(
        stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>>;

    /// Writes the front of `parts`, of which there is at least one that is not empty.
    fn poll_write(
        stream: Pin<&mut S>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Hands on what the stream itself still holds.
    fn poll_flush(stream: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Tells the peer that nothing more will be written.
    fn poll_shutdown(stream: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Whether one write takes more than the first of its parts.
    fn is_vectored(stream: &S) -> bool;
}
