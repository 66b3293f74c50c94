//! A client and a server that are connected in memory.

use super::{WebSocket, adapter::Timed};
use crate::{Config, MemoryStream, asynchronous};

/// A client and a server that are connected in memory, with the default limits: for tests of what an
/// application does with a WebSocket.
///
/// ```
/// use std::thread;
/// use fullduplex::blocking;
///
/// let (mut client, mut server) = blocking::pair();
/// let server = thread::spawn(move || server.receive());
/// client.send("Hello")?;
/// assert_eq!(server.join().unwrap()?, Some("Hello".into()));
/// # Ok::<(), fullduplex::Error>(())
/// ```
pub fn pair() -> (WebSocket<MemoryStream>, WebSocket<MemoryStream>) {
    pair_with(&Config::default(), &Config::default())
}

/// As [`pair`], with the limits of the client and of the server. Messages are compressed if a
/// handshake between the two would agree on that. For a handshake itself, with its headers and
/// subprotocols, use [`connect_over`](super::connect_over) and [`accept`](super::accept) on a
/// [`MemoryStream::pair`].
pub fn pair_with(
    client: &Config,
    server: &Config,
) -> (WebSocket<MemoryStream>, WebSocket<MemoryStream>) {
    let (stream, other) = MemoryStream::pair();
    let streams = (Timed::new(stream), Timed::new(other));
    let (client, server) = asynchronous::pair(streams, client, server);
    (WebSocket(client), WebSocket(server))
}
