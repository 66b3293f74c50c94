//! `tokio-tungstenite` as it comes: buffers of 128 KiB, of which every read clears the free part.
//!
//! The ordinary loop is that of tungstenite's README; the buffered one does what `forward` of its
//! own echo example does, without the lock that `split` needs. `echo_small` is the ordinary loop
//! with buffers of 4 KiB, which its documentation recommends for many connections.

use tokio::net::TcpStream;
use tokio_tungstenite::{
    accept_async, accept_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::queue;

pub async fn echo(stream: TcpStream) -> Option<()> {
    queue::echo(accept_async(stream).await.ok()?, is_data).await
}

pub async fn echo_buffered(stream: TcpStream) -> Option<()> {
    queue::echo_buffered(accept_async(stream).await.ok()?, is_data).await
}

pub async fn echo_small(stream: TcpStream) -> Option<()> {
    let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(4 * 1024);
    queue::echo(accept_async_with_config(stream, Some(config)).await.ok()?, is_data).await
}

fn is_data(message: &Message) -> bool {
    message.is_text() || message.is_binary()
}
