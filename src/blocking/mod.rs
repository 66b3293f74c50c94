//! A WebSocket over a blocking stream: a `TcpStream`, a `UnixStream`, any [`Stream`].
//!
//! ```
//! use std::{net::{TcpListener, TcpStream}, thread};
//! use fullduplex::{ClientRequest, CloseCode, Config, blocking};
//!
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let url = format!("ws://{}", listener.local_addr()?);
//! let stream = TcpStream::connect(listener.local_addr()?)?;
//!
//! let server = thread::spawn(move || -> Result<(), fullduplex::Error> {
//!     let mut ws = blocking::accept(listener.accept()?.0)?;
//!     while let Some(message) = ws.receive()? {
//!         ws.send(&message)?;
//!     }
//!     Ok(())
//! });
//!
//! let request = ClientRequest::new(&url)?;
//! let (mut ws, _) = blocking::connect_over(stream, &request, &Config::default())?;
//! ws.send("Hello")?;
//! assert_eq!(ws.receive()?, Some("Hello".into()));
//! ws.close(CloseCode::NORMAL, "")?;
//! server.join().unwrap()?;
//! # Ok::<(), fullduplex::Error>(())
//! ```
//!
//! `receive` writes what was fed before it waits for the peer, and only then: it first hands out
//! every message that is already read. While it receives it keeps the time: a silent peer is pinged and
//! given up ([`Config::ping_interval`](crate::Config::ping_interval)). A stream that cannot be told
//! how long to wait ([`Untimed`]) waits for ever instead.
//!
//! A write that waits gives way to a read every 10 ms, and a `send` reads ahead one message, no more:
//! two peers that both go on sending, and neither receives, end with
//! [`Timeout::Write`](crate::Timeout::Write). For traffic both ways at once,
//! [`split`](WebSocket::split) the WebSocket and use two threads; not over TLS, whose directions share
//! a state: there use an asynchronous adapter.

mod adapter;
mod client;
mod client_stream;
mod handshake;
mod pair;
mod split;
mod stream;
#[cfg(feature = "rustls")]
mod tls;
mod websocket;

pub use adapter::{Blocking, Deadline, Timed};
pub use client::{connect, connect_with, tunnel_over};
pub use client_stream::ClientStream;
pub use handshake::{Http, Incoming, Upgrade, accept, connect_over};
pub use pair::{pair, pair_with};
pub use split::{ReceiveHalf, SendHalf};
pub use stream::{CloneStream, Stream, Untimed};
#[cfg(feature = "rustls")]
pub use tls::TlsStream;
pub use websocket::{MessageWriter, Reply, WebSocket};
