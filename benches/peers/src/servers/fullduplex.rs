//! `fullduplex` with its default configuration, keepalive on.
//!
//! `echo` replies while the message is lent, `echo_owned` takes it; both feed, since `receive`
//! flushes before it waits.

use fullduplex::Error;
use tokio::net::TcpStream;

pub async fn echo(stream: TcpStream) -> Result<(), Error> {
    let mut ws = fullduplex::tokio::accept(stream).await?;
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}

pub async fn echo_owned(stream: TcpStream) -> Result<(), Error> {
    let mut ws = fullduplex::tokio::accept(stream).await?;
    while let Some(message) = ws.receive().await? {
        ws.feed(message).await?;
    }
    Ok(())
}
