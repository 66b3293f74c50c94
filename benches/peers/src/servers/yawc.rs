//! `yawc`: the ordinary loop with its default options, the buffered one as its README's benchmark
//! is tuned: a read buffer of 128 KiB, backpressure at 64 KiB. `echo_small` is the ordinary loop
//! with buffers of 1 KiB, which its documentation recommends for many idle connections. The
//! handshake is by hand.

use std::convert::Infallible;

use futures_util::StreamExt;
use tokio::net::TcpStream;
use yawc::{Frame, OpCode, Options, Role, WebSocket};

use super::{handshake, queue};

pub async fn echo(stream: TcpStream) -> Option<()> {
    let ws = accept(stream, Options::default()).await?;
    queue::echo(ws.map(Ok::<_, Infallible>), is_data).await
}

pub async fn echo_buffered(stream: TcpStream) -> Option<()> {
    let options = Options::default()
        .with_read_buffer_capacity(128 * 1024)
        .with_backpressure_boundary(64 * 1024);
    let ws = accept(stream, options).await?;
    queue::echo_buffered(ws.map(Ok::<_, Infallible>), is_data).await
}

pub async fn echo_small(stream: TcpStream) -> Option<()> {
    let options =
        Options::default().with_read_buffer_capacity(1024).with_write_buffer_capacity(1024);
    let ws = accept(stream, options).await?;
    queue::echo(ws.map(Ok::<_, Infallible>), is_data).await
}

async fn accept(mut stream: TcpStream, options: Options) -> Option<WebSocket<TcpStream>> {
    handshake::accept(&mut stream).await?;
    WebSocket::from_stream(stream, Role::Server, options).ok()
}

fn is_data(frame: &Frame) -> bool {
    matches!(frame.opcode(), OpCode::Text | OpCode::Binary)
}
