//! A client and a server that are connected already.

use super::{adapter::Adapter, websocket::WebSocket};
use crate::{Config, handshake};

/// Puts a client and a server on two streams that are connected, as after a handshake.
pub(crate) fn pair<S: Unpin, A: Adapter<S>>(
    streams: (S, S),
    client: &Config,
    server: &Config,
) -> (WebSocket<S, A>, WebSocket<S, A>) {
    let connections = handshake::connections(client, server);
    (WebSocket::new(streams.0, connections.0, &[]), WebSocket::new(streams.1, connections.1, &[]))
}
