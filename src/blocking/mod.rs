//! A WebSocket over any blocking stream: [`Read`](std::io::Read) and [`Write`](std::io::Write).
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
//! every message that is already read. Two peers that both send more than the sockets between them
//! hold, before either receives, wait for each other for ever, or until a write times out, again and
//! again: `receive` reads nothing before what was fed is written. Receive between sends.
//!
//! Nothing here keeps time: a peer that is silent is waited for, unless the stream has a timeout.
//!
//! A peer that breaks the protocol is told with a Close before `receive` returns the error. One that
//! is still sending then may not see it: a socket that is dropped with unread bytes is reset. Where
//! that matters, shut the stream down for writing and read it to its end first, with a timeout.

mod handshake;
mod link;
mod websocket;

pub use handshake::{Http, Incoming, Upgrade, accept, connect, connect_over};
pub use websocket::{Reply, WebSocket};
