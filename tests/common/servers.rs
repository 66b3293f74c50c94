//! A server of every adapter on a script, whole or split, and what it receives, whole or in pieces.

use fullduplex::{
    Closing, Config, Connection, Error, Message, MessageChunk,
    asynchronous::{Adapter, ReceiveHalfByLock, SendHalfByLock, WebSocket},
    blocking,
    tokio::Tokio,
};

use super::{
    Seen, closed, halves,
    pieces::Piece,
    polled::{enter, finish, poll},
    scripted::Scripted,
    shared::Shared,
};

pub(crate) trait Server {
    fn receive(&mut self) -> Piece;
    /// Polls once, and drops what is not ready; a blocking call cannot be dropped, and is not made.
    fn receive_once(&mut self) -> Option<Piece> {
        None
    }
    fn receive_chunk(&mut self) -> Piece;
    fn send(&mut self, text: &str) -> Result<(), Error>;
    fn split(self: Box<Self>) -> Box<dyn Server>;
}

/// One of each adapter, its name before it and its stream behind it. `unread` was read before.
pub(crate) fn servers(
    script: &Scripted,
    config: &Config,
    unread: &[u8],
) -> Vec<(&'static str, Box<dyn Server>, Shared)> {
    let blocking = Shared::new(script.clone());
    let ws = blocking::WebSocket::new(blocking.clone(), Connection::server(config), unread);
    let mut servers: Vec<(_, Box<dyn Server>, _)> = vec![("blocking", Box::new(ws), blocking)];
    let (ws, stream) = asynchronous::<Tokio>(script, config, unread);
    servers.push(("tokio", ws, stream));
    #[cfg(feature = "futures-io")]
    {
        use fullduplex::futures_io::FuturesIo;
        let (ws, stream) = asynchronous::<FuturesIo>(script, config, unread);
        servers.push(("futures-io", ws, stream));
    }
    servers
}

fn asynchronous<A: Adapter<Shared> + 'static>(
    script: &Scripted,
    config: &Config,
    unread: &[u8],
) -> (Box<dyn Server>, Shared) {
    let _guard = enter();
    let stream = Shared::new(script.clone());
    let ws = WebSocket::<_, A>::new(stream.clone(), Connection::server(config), unread);
    (Box::new(ws), stream)
}

fn whole(received: Result<Option<Message<'_>>, Error>, closing: Option<&Closing>) -> Piece {
    Piece::Other(match received {
        Ok(Some(message)) => Seen::Message(message.into_owned()),
        Ok(None) => closed(closing),
        Err(error) => halves::failed(error),
    })
}

/// A piece; `None` at the peer's Close.
fn piece(received: Result<Option<MessageChunk<'_>>, Error>) -> Option<Piece> {
    match received {
        Ok(Some(it)) => Some(Piece::Chunk(it.content.into_owned(), it.first, it.last)),
        Ok(None) => None,
        Err(error) => Some(Piece::Other(halves::failed(error))),
    }
}

impl Server for blocking::WebSocket<Shared> {
    fn receive(&mut self) -> Piece {
        whole(self.receive(), self.closing())
    }
    fn receive_chunk(&mut self) -> Piece {
        let received = self.receive_chunk().map(|it| it.map(|(chunk, _)| chunk));
        piece(received).unwrap_or_else(|| whole(Ok(None), self.closing()))
    }
    fn send(&mut self, text: &str) -> Result<(), Error> {
        self.send(text)
    }
    fn split(self: Box<Self>) -> Box<dyn Server> {
        Box::new((*self).split().unwrap())
    }
}

impl Server for (blocking::ReceiveHalf<Shared>, blocking::SendHalf<Shared>) {
    fn receive(&mut self) -> Piece {
        whole(self.0.receive(), self.0.closing().as_ref())
    }
    fn receive_chunk(&mut self) -> Piece {
        let received = piece(self.0.receive_chunk());
        received.unwrap_or_else(|| whole(Ok(None), self.0.closing().as_ref()))
    }
    fn send(&mut self, text: &str) -> Result<(), Error> {
        self.1.send(text)
    }
    fn split(self: Box<Self>) -> Box<dyn Server> {
        self
    }
}

impl<A: Adapter<Shared> + 'static> Server for WebSocket<Shared, A> {
    fn receive(&mut self) -> Piece {
        whole(finish(self.receive()), self.closing())
    }
    fn receive_once(&mut self) -> Option<Piece> {
        let received = poll(self.receive(), 1)?;
        Some(whole(received, self.closing()))
    }
    fn receive_chunk(&mut self) -> Piece {
        let received = finish(self.receive_chunk()).map(|it| it.map(|(chunk, _)| chunk));
        piece(received).unwrap_or_else(|| whole(Ok(None), self.closing()))
    }
    fn send(&mut self, text: &str) -> Result<(), Error> {
        finish(self.send(text))
    }
    fn split(self: Box<Self>) -> Box<dyn Server> {
        Box::new((*self).split())
    }
}

impl<A: Adapter<Shared> + 'static> Server
    for (ReceiveHalfByLock<Shared, A>, SendHalfByLock<Shared, A>)
{
    fn receive(&mut self) -> Piece {
        whole(finish(self.0.receive()), self.0.closing().as_ref())
    }
    fn receive_once(&mut self) -> Option<Piece> {
        let received = poll(self.0.receive(), 1)?;
        Some(whole(received, self.0.closing().as_ref()))
    }
    fn receive_chunk(&mut self) -> Piece {
        let received = piece(finish(self.0.receive_chunk()));
        received.unwrap_or_else(|| whole(Ok(None), self.0.closing().as_ref()))
    }
    fn send(&mut self, text: &str) -> Result<(), Error> {
        finish(self.1.send(text))
    }
    fn split(self: Box<Self>) -> Box<dyn Server> {
        self
    }
}
