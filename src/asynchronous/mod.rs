//! The driver: what all adapters share, over any stream that can be polled. Use it as
//! `crate::tokio`, `crate::futures_io`, or, where each poll waits, as [`crate::blocking`].
//!
//! ```text
//! WebSocket ──── Whole { State, stream } ───────────────────────────┐
//! ReceiveHalf ── Half { a stream to read from, timer } ──┐          ├─► Link: flush, timeouts, the end
//! SendHalf ───── Half { no stream, timer } ──────────────┴► Shared ─┘
//!                                                           { State, a stream to write to }
//! ```
//!
//! All state is in these, none in a future: a dropped `receive` loses nothing, and a dropped `send` has
//! queued the whole message or none of it. `receive` writes what was fed before it waits for the peer,
//! and only then: it first hands out every message that is already read. While a write has to wait it
//! goes on reading; a `send` that waits reads ahead, up to one message.

mod adapter;
mod ahead;
mod begin;
#[cfg(feature = "futures")]
mod futures;
mod half;
mod handshake;
mod lending;
mod link;
#[cfg(feature = "tracing")]
mod observe;
#[cfg(not(feature = "tracing"))]
#[path = "unobserved.rs"]
mod observe;
mod outbox;
mod receive;
mod reply;
mod split;
mod state;
mod stream;
mod tunnel;
mod wakers;
mod websocket;
mod whole;
mod wire;
mod writer;

pub use adapter::{Adapter, ByLock, Locked, ReadFrom, Runtime, WriteTo};
pub use handshake::{Http, Incoming, Upgrade};
pub use outbox::Outbox;
pub use reply::Reply;
pub use split::{NotAPair, ReceiveHalf, ReceiveHalfByLock, SendHalf, SendHalfByLock};
pub use websocket::WebSocket;
pub use writer::MessageWriter;

pub(crate) use adapter::sealed;
pub(crate) use begin::pair;
pub(crate) use handshake::{accept, connect_over};
#[cfg(feature = "rustls")]
pub(crate) use state::MIN_LIMIT;
pub(crate) use tunnel::tunnel_over;
