//! `fullduplex` with its default configuration; keepalive on but in `echo_untimed`, for no other
//! library's server has it on: a runtime that has a timer to look at waits for the sockets at a price.
//!
//! `echo` replies while the message is lent, `echo_owned` takes it; both feed, since `receive`
//! flushes before it waits.

use fullduplex::{
    Answer, Config, Error,
    tokio::{Incoming, WebSocket, accept},
};
use tokio::net::TcpStream;

pub async fn echo(stream: TcpStream) -> Result<(), Error> {
    reply_to_all(accept(stream).await?).await
}

pub async fn echo_untimed(stream: TcpStream) -> Result<(), Error> {
    let mut config = Config::default();
    config.ping_interval = None;
    match Incoming::read(stream, &config).await? {
        Incoming::Upgrade(upgrade) => reply_to_all(upgrade.accept(&Answer::new()).await?).await,
        Incoming::Http(_) => Ok(()),
    }
}

pub async fn echo_owned(stream: TcpStream) -> Result<(), Error> {
    let mut ws = accept(stream).await?;
    while let Some(message) = ws.receive().await? {
        ws.feed(message).await?;
    }
    Ok(())
}

async fn reply_to_all(mut ws: WebSocket<TcpStream>) -> Result<(), Error> {
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}
