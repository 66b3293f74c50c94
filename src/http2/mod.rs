//! A client over HTTP/2 (RFC 8441): several WebSockets on one connection, each on a stream of its own.
//!
//! ```no_run
//! use fullduplex::{ClientRequest, Config, Error, client::Client, http2};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let first = ClientRequest::new("wss://chat.example/rooms/1")?;
//! let second = ClientRequest::new("wss://chat.example/rooms/2")?;
//! let (connection, driver) = http2::connect_with(&Client::new(first.clone())).await?;
//! tokio::spawn(driver);
//! let (mut one, _) = connection.open(&first, &Config::default()).await?;
//! let (mut two, _) = connection.open(&second, &Config::default()).await?;
//! one.send("to the first room").await?;
//! two.send("to the second room").await?;
//! # Ok(())
//! # }
//! ```
//!
//! The server must take extended CONNECTs; it says so before any is sent (§3). All else is as over a
//! connection of its own: frames are masked, messages may be compressed, Pings keep each WebSocket alive.
//! The server's side is that of the modules `hyper` and `axum`, as in the example `http2_server`.
//!
//! What a WebSocket has not taken of what the server sends it is held for it, up to 64 KiB: then the server
//! has to wait, with that one alone. That is also how much can be on its way to one WebSocket, and no setting
//! changes it. Frames of less than 256 bytes cost that much each; when those that were not taken cost 32 MiB
//! (forty WebSockets full of messages of 20 bytes), or all that was not taken is 64 MiB, the connection ends
//! with an error (`ENHANCE_YOUR_CALM`) or waits. So take messages, or close who does not.
//!
//! A stream ends as a TCP connection does (§5): an end without a Close is
//! [`ProtocolError::EndWithoutClose`](crate::ProtocolError::EndWithoutClose), and `RST_STREAM` an
//! [`Error::Io`] of kind [`ConnectionReset`](std::io::ErrorKind::ConnectionReset). When both sides have sent
//! a Close, the client waits for the server's end for a second at most, for some never send it, and then
//! drops the stream. A WebSocket that is dropped before its end resets the stream with `CANCEL`; what was sent,
//! and not only fed, is with the connection by then.

mod connection;
mod opening;
mod outgoing;
mod stream;

use std::io;

pub use connection::{Connection, Driver, connect_with, handshake};
pub use stream::Http2Stream;

use crate::{Error, tokio as ws};

/// A WebSocket over a stream of HTTP/2: see [`asynchronous::WebSocket`](crate::asynchronous::WebSocket) for
/// what it can do.
pub type WebSocket = ws::WebSocket<Http2Stream>;
/// What is needed to answer while a message is lent.
pub type Reply<'a> = ws::Reply<'a, Http2Stream>;
/// The half of a WebSocket that receives: see [`WebSocket::split`](ws::WebSocket::split).
pub type ReceiveHalf = ws::ReceiveHalf<Http2Stream>;
/// The half of a WebSocket that sends.
pub type SendHalf = ws::SendHalf<Http2Stream>;

/// How a connection or a stream of HTTP/2 failed.
fn io_error(error: h2::Error) -> io::Error {
    let kind = match error.reason() {
        _ if error.is_io() => None,
        Some(_) if error.is_reset() => Some(io::ErrorKind::ConnectionReset),
        _ => Some(io::ErrorKind::Other),
    };
    match kind {
        Some(kind) => io::Error::new(kind, error),
        None => error.into_io().unwrap_or_else(|| io::ErrorKind::Other.into()),
    }
}

fn failed(error: h2::Error) -> Error {
    io_error(error).into()
}
