//! `fullduplex` with its default configuration; keepalive on but in `echo_untimed`, for no other
//! library's server has it on: a runtime that has a timer to look at waits for the sockets at a price.
//!
//! `echo` replies while the message is lent, `echo_owned` takes it; both feed, since `receive`
//! flushes before it waits. Each has a loop of its own: a WebSocket that is handed to another
//! `async fn` is in the task twice.

use fullduplex::{
    Answer, Config, Error,
    tokio::{Incoming, WebSocket, accept},
};
use tokio::net::TcpStream;

pub async fn echo(stream: TcpStream) -> Result<(), Error> {
    let mut ws = accept(stream).await?;
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}

pub async fn echo_untimed(stream: TcpStream) -> Result<(), Error> {
    let Some(mut ws) = Box::pin(accept_untimed(stream)).await? else { return Ok(()) };
    while let Some((message, mut reply)) = ws.receive_ref().await? {
        reply.feed(message).await?;
    }
    Ok(())
}

async fn accept_untimed(stream: TcpStream) -> Result<Option<WebSocket<TcpStream>>, Error> {
    let mut config = Config::default();
    config.ping_interval = None;
    match Incoming::read(stream, &config).await? {
        Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new()).await.map(Some),
        Incoming::Http(_) => Ok(None),
    }
}

pub async fn echo_owned(stream: TcpStream) -> Result<(), Error> {
    let mut ws = accept(stream).await?;
    while let Some(message) = ws.receive().await? {
        ws.feed(message).await?;
    }
    Ok(())
}
