//! `tokio-websockets` as in its `echo_server` example: no limits, no fragments, and outside of
//! tokio's cooperative budget. Its `poll_next` flushes what was fed, so that the buffered loop
//! takes messages in batches, with a flush threshold of 64 KiB.

use tokio::{net::TcpStream, task::unconstrained};
use tokio_websockets::{Config, Limits, Message, ServerBuilder, WebSocketStream};

use super::queue;

pub async fn echo(stream: TcpStream) -> Option<()> {
    let config = Config::default();
    unconstrained(async { queue::echo(accept(stream, config).await?, is_data).await }).await
}

pub async fn echo_buffered(stream: TcpStream) -> Option<()> {
    let config = Config::default().flush_threshold(64 * 1024);
    let echo = async { queue::echo_in_batches(accept(stream, config).await?, is_data).await };
    unconstrained(echo).await
}

async fn accept(stream: TcpStream, config: Config) -> Option<WebSocketStream<TcpStream>> {
    let builder =
        ServerBuilder::new().config(config.frame_size(usize::MAX)).limits(Limits::unlimited());
    let (_request, ws) = builder.accept(stream).await.ok()?;
    Some(ws)
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
