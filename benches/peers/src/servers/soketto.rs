//! `soketto` as in its `autobahn_server` example: a `BufReader` and a `BufWriter` of 8 KiB, and one
//! vector for all messages of a connection.

use futures_util::io::{BufReader, BufWriter};
use soketto::{
    Data, Receiver, Sender,
    handshake::{Server, server::Response},
};
use tokio::net::TcpStream;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

use super::queue::or_flush;

type Stream = BufReader<BufWriter<Compat<TcpStream>>>;

pub async fn echo(stream: TcpStream) -> Option<()> {
    let (mut sender, mut receiver) = accept(stream).await?;
    let mut message = Vec::new();
    loop {
        message.clear();
        let data = receiver.receive_data(&mut message).await.ok()?;
        send(&mut sender, data, &mut message).await?;
        sender.flush().await.ok()?;
    }
}

pub async fn echo_buffered(stream: TcpStream) -> Option<()> {
    let (mut sender, mut receiver) = accept(stream).await?;
    let mut message = Vec::new();
    loop {
        message.clear();
        let received = or_flush(receiver.receive_data(&mut message), sender.flush()).await;
        let data = received.ok()?.ok()?;
        send(&mut sender, data, &mut message).await?;
    }
}

async fn send(sender: &mut Sender<Stream>, data: Data, message: &mut Vec<u8>) -> Option<()> {
    match data {
        Data::Binary(_) => sender.send_binary_mut(message).await.ok(),
        Data::Text(_) => sender.send_text(str::from_utf8(message).ok()?).await.ok(),
    }
}

async fn accept(stream: TcpStream) -> Option<(Sender<Stream>, Receiver<Stream>)> {
    let mut server = Server::new(BufReader::new(BufWriter::new(stream.compat())));
    let key = server.receive_request().await.ok()?.key();
    server.send_response(&Response::Accept { key, protocol: None }).await.ok()?;
    Some(server.into_builder().finish())
}
