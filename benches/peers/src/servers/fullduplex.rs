//! `fullduplex` with its default configuration, keepalive on.
//!
//! `echo` replies while the message is lent, `echo_owned` takes it; both feed, since `receive`
//! flushes before it waits.

use tokio::net::TcpStream;

pub async fn echo(stream: TcpStream) -> Option<()> {
    let mut ws = fullduplex::tokio::accept(stream).await.ok()?;
    while let Some((message, mut reply)) = ws.receive_ref().await.ok()? {
        reply.feed(message).await.ok()?;
    }
    Some(())
}

pub async fn echo_owned(stream: TcpStream) -> Option<()> {
    let mut ws = fullduplex::tokio::accept(stream).await.ok()?;
    while let Some(message) = ws.receive().await.ok()? {
        ws.feed(message).await.ok()?;
    }
    Some(())
}
