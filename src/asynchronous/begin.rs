//! How a [`WebSocket`] begins: after a handshake, or with a twin that it is connected to.

use super::{
    adapter::{Adapter, check_timers},
    observe::Observer,
    receive::Inbox,
    state::State,
    websocket::WebSocket,
    whole::Whole,
};
use crate::{Accepted, Config, Connection, handshake, hidden::Hidden, read_buffer::ReadBuffer};

impl<S: Unpin, A: Adapter<S>> WebSocket<S, A> {
    /// Puts a connection on a stream, after a handshake that was done elsewhere. `unread` is what
    /// was read behind the handshake. [`accepted`](Self::accepted) is for what the core's handshake agreed
    /// to.
    ///
    /// # Panics
    ///
    /// Where the runtime panics when a timer is made: see the adapter's module.
    pub fn new(stream: S, connection: Connection, unread: &[u8]) -> Self {
        check_timers::<A>();
        let observer = Observer::new(connection.role());
        Self::with_input(stream, State::new(connection, observer), unread.into(), None)
    }

    /// As [`new`](Self::new), with what a handshake agreed to, its subprotocol too.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    pub fn accepted(stream: S, accepted: Accepted, unread: &[u8]) -> Self {
        check_timers::<A>();
        let observer = Observer::new(accepted.role());
        Self::begin(stream, accepted, unread.into(), observer)
    }

    /// Hardly waits for the server to end the stream.
    #[cfg(feature = "http2")]
    pub(crate) fn with_hasty_end(mut self) -> Self {
        self.link.state.ending = super::state::Ending::Hasty;
        self
    }

    /// Begins the connection that a handshake agreed to.
    pub(super) fn begin(
        stream: S,
        accepted: Accepted,
        input: ReadBuffer,
        observer: Observer,
    ) -> Self {
        observer.handshake_done(&accepted);
        let subprotocol = accepted.subprotocol().map(|chosen| Box::new(chosen.into()));
        let state = State::new(accepted.into_connection(), observer);
        Self::with_input(stream, state, input, subprotocol)
    }

    fn with_input(
        stream: S,
        state: State,
        mut input: ReadBuffer,
        subprotocol: Option<Box<Box<str>>>,
    ) -> Self {
        input.release();
        let link = Whole::new(stream, state);
        Self::from_parts(Inbox::new(input), link, Hidden(subprotocol))
    }

    pub(super) const fn from_parts(
        inbox: Inbox,
        link: Whole<S, A>,
        subprotocol: Hidden<Option<Box<Box<str>>>>,
    ) -> Self {
        Self {
            inbox,
            link,
            subprotocol,
            #[cfg(feature = "futures")]
            wakers: None,
        }
    }
}

/// Puts a client and a server on two streams that are connected, as after a handshake.
pub(crate) fn pair<S: Unpin, A: Adapter<S>>(
    streams: (S, S),
    client: &Config,
    server: &Config,
) -> (WebSocket<S, A>, WebSocket<S, A>) {
    let connections = handshake::connections(client, server);
    (WebSocket::new(streams.0, connections.0, &[]), WebSocket::new(streams.1, connections.1, &[]))
}
