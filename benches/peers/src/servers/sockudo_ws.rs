//! `sockudo-ws` with its default configuration, as in its `simple_echo` example; `accept_raw`
//! spares it the boxed stream. The buffered loop is its `feed`, batched by its cork buffer.

use sockudo_ws::{Config, Http1, Message, WebSocketStream, server::WebSocketServer};
use tokio::net::TcpStream;

use super::queue;

pub async fn echo(stream: TcpStream) -> Option<()> {
    queue::echo(accept(stream).await?, is_data).await
}

pub async fn echo_buffered(stream: TcpStream) -> Option<()> {
    queue::echo_buffered(accept(stream).await?, is_data).await
}

async fn accept(stream: TcpStream) -> Option<WebSocketStream<TcpStream>> {
    let server = WebSocketServer::<Http1>::new(Config::default());
    let (ws, _handshake) = server.accept_raw(stream).await.ok()?;
    Some(ws)
}

fn is_data(message: &Message) -> bool {
    matches!(message, Message::Text(_) | Message::Binary(_))
}
