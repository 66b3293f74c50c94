//! WebSocket (RFC 6455) for Rust: a complete connection without I/O, and thin adapters that put it
//! on a byte stream.
//!
//! ```text
//!              ┌────────────── Connection ──────────────┐
//!  bytes in ──►│ Receiver ─ parts ─► Assembler ─ events ─│──► you
//!  (your slice)│     │ what needs an answer              │
//!              │     ▼ pong, close                       │
//!  bytes out ◄─│ WriteBuffer ◄─ frames ─ Sender ◄─ messages ◄── you
//!              └─────────────────────────────────────────┘
//! ```
//!
//! # With a stream
//!
//! [`blocking`] puts a WebSocket on a `TcpStream` or any other `Read + Write`: [`blocking::accept`],
//! [`blocking::Incoming`] to look at the request first, [`blocking::connect`] and
//! [`blocking::connect_over`]. With feature `tokio`, the module `tokio` has the same for
//! `AsyncRead + AsyncWrite`, with feature `futures-io`, `futures_io`. One driver serves them all:
//! [`asynchronous`].
//!
//! Each splits into two halves that receive and send at once, keeps connections alive and ends those
//! that are not, and streams messages of any length both ways. For an application's own tests each makes
//! a pair over [`MemoryStream`], without a socket: [`blocking::pair`].
//!
//! With feature `hyper` or `axum`, the modules `hyper` and `axum` take requests that these have read; with
//! `http2` over HTTP/2 too (RFC 8441), and the module `http2` is a client with several WebSockets on one
//! connection. The WebSocket is the same as on a stream of tokio's.
//!
//! A client's way to its server is [`client`]'s: [`client::Client`] knows TLS, proxies, redirects, Unix
//! sockets, and all addresses of a host. One that connects again waits as long as [`ReconnectDelays`]
//! says.
//!
//! # Without I/O: the driver's manual
//!
//! 1. Make a connection: [`ServerHandshake`] → [`Offer`] → [`Accepted`], or [`ClientHandshake`] →
//!    [`Accepted`], then [`Accepted::into_connection`].
//! 2. Read into a buffer. At the end of the transport call [`Connection::receive_end`], and stop.
//! 3. Call [`Connection::receive`] until it returns `None`: each call takes bytes off the front of
//!    your slice and gives one [`Event`]. **`Ok(None)` means that the slice is empty and that nothing
//!    in it is needed any more.**
//! 4. Write the [`WriteBuffer`]: answers are in it, and what you sent. Then call `receive` with an
//!    empty slice once, and write again if that added something: a Pong may have waited for room.
//!    With a clock: call [`Connection::set_now`] before `receive`,
//!    [`Connection::handle_timeout`] when [`Connection::next_timeout`] says, and
//!    [`Connection::wrote`] or [`Connection::write_stalled`] after a write. With many connections,
//!    [`WriteBuffer::release`] what is empty: it holds up to 128 KiB else.
//! 5. After an error, and when [`Connection::is_closed`] says so, close the transport (a client lets
//!    the server be first); else go back to 2.
//!
//! A message that lay whole in your slice is unmasked there and lent: no copy, no allocation. One
//! that straddled reads is gathered and owned. The example `sans_io` is this manual as a program, and
//! `embedded` one for a device without `std`. [`Connection::receive_chunk`] gathers nothing: it hands
//! over each piece of a message as it comes.
//!
//! Where another HTTP library reads and writes the heads, step 1 is: [`RequestHead::http1`] or
//! [`RequestHead::http2`] → [`Request::new`] → [`Offer::accept_as_response`] → [`Accepted`]; for a client
//! over HTTP/2 or HTTP/3 [`ExtendedConnect`] → [`Accepted`].
//!
//! # Layers, each usable alone
//!
//! | module's subject | in | out |
//! |---|---|---|
//! | [`FrameHeader`], [`Mask`] | bytes | one header |
//! | [`Receiver`] | bytes | checked and unmasked [`Part`]s |
//! | [`Assembler`] | [`Chunk`]s | whole [`Message`]s |
//! | [`Sender`] | messages, [`Prepared`] ones, replies | frames in a [`WriteBuffer`] |
//! | [`Connection`] | bytes, messages | [`Event`]s or [`ChunkEvent`]s, frames, the closing handshake |
//! | [`ServerHandshake`], [`ClientHandshake`] | bytes of HTTP | [`Accepted`] |
//! | [`Request`], [`ExtendedConnect`] | heads that an HTTP library has read | [`Accepted`] |
//! | [`client::Tunnel`] | a proxy's answers | the way to the server |
//!
//! # Promises
//!
//! - No input makes it panic. No length that the peer declares reaches an allocation.
//! - What the peer broke is a [`ProtocolError`] with the close code that tells it; what the caller
//!   broke is a [`SendError`], and nothing was written.
//! - A message that is kept takes memory of its own length: it pins no read buffer.
//! - What arrived before an error is delivered before the error.
//! - A future that is dropped has lost nothing, and left no half of a frame.
//! - Each end has its story: [`Closing`] says who closed, with what, and what the answer was.
//! - Each connection counts what it does, to the byte: [`Counters`].
//!
//! # Features
//!
//! `std` (default): the blocking adapter, mask keys from the thread's generator, SIMD for long
//! texts. `simd` (default): AVX2 or AVX-512 for the masks of long payloads. Without `std` the crate
//! needs `alloc` only; bring a [`MaskSource`] for a client. `tokio`: the adapter for tokio's streams.
//! `futures-io`: the one for those of futures-io, as smol has. `futures`: `Stream` and `Sink` for
//! both. `hyper`: upgrades of requests that hyper has read; `axum`: an extractor; `http2`: extended
//! CONNECTs (RFC 8441), for those two and for a client. `deflate`: compressed messages (RFC 7692), off
//! until `Config::compression` says otherwise.
//! `rustls` and `tokio-rustls`: `wss` for the blocking client and for tokio's; `webpki-roots` and
//! `native-roots`: whom it trusts.
//! `tracing`: each connection over a stream has a span, `websocket`, with its `role`, and tells in it, at
//! target `fullduplex`, how its handshake went, of Closes both ways, and why it failed: at `WARN` what
//! the peer did wrong, at `DEBUG` all else. No header is told, no URL, no subprotocol and no message;
//! of a Close that came, its reason is, escaped. The core logs nothing.
//!
//! # From another crate
//!
//! The module `migration` says what corresponds to what in tungstenite, tokio-tungstenite,
//! fastwebsockets, tokio-websockets and axum's own WebSockets, and what does not. The README lists the
//! examples by task.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
// Here, not in Cargo.toml: the modules that tests and examples share are reachable from nowhere.
#![deny(unreachable_pub)]

extern crate alloc;

mod assembler;
#[cfg(feature = "std")]
pub mod asynchronous;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "std")]
pub mod blocking;
pub mod client;
mod close;
mod closing;
mod config;
mod connection;
mod control;
mod counters;
#[cfg(feature = "deflate")]
mod deflate;
mod error;
mod frame;
#[cfg(feature = "futures-io")]
pub mod futures_io;
mod handshake;
mod hidden;
#[cfg(feature = "http2")]
pub mod http2;
#[cfg(any(feature = "http2", feature = "hyper"))]
mod http_types;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "std")]
mod io_error;
#[cfg(feature = "std")]
mod memory_stream;
mod message;
mod message_chunk;
/// Only documentation, whose programs need these features.
#[cfg(all(doc, feature = "axum"))]
#[doc = include_str!("../docs/migration.md")]
pub mod migration {}
mod part;
#[cfg(feature = "std")]
mod pool;
mod prepared;
mod random;
#[cfg(feature = "std")]
mod read_buffer;
mod receiver;
mod reconnect;
mod sender;
#[cfg(feature = "std")]
mod sync;
mod timers;
#[cfg(feature = "tokio")]
pub mod tokio;
mod utf8;
mod write_buffer;

pub use assembler::Assembler;
pub use close::{CloseCode, CloseFrame};
pub use closing::{Closing, Side};
pub use config::Config;
pub use connection::{Connection, Event, Role};
pub use counters::Counters;
#[cfg(feature = "deflate")]
pub use deflate::{Compression, Parameters};
#[cfg(feature = "std")]
pub use error::Error;
pub use error::{ProtocolError, SendError, Timeout};
pub use frame::{FrameHeader, Mask, Opcode, Rsv};
pub use handshake::{
    Accepted, Answer, ClientHandshake, ClientRequest, ExtendedConnect, HandshakeError, Headers,
    HiddenText, InvalidUrl, Offer, PseudoHeaders, Request, RequestHead, Response, ServerHandshake,
};
#[cfg(feature = "std")]
pub use memory_stream::MemoryStream;
pub use message::{Kind, Message, Payload, Text};
pub use message_chunk::{ChunkEvent, MessageChunk};
pub use part::{Chunk, Part};
pub use prepared::Prepared;
#[cfg(feature = "std")]
pub use random::ThreadRng;
pub use random::{MaskSource, Nonce};
pub use receiver::Receiver;
pub use reconnect::ReconnectDelays;
pub use sender::{Fin, Sender};
pub use write_buffer::WriteBuffer;

/// The README's code compiles and runs.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;
