//! `ws-tool`, asynchronous, as in its `bench_async_server` example: the ordinary loop with its
//! defaults, the buffered one with a `BufStream` and steps of reading of 64 KiB. That example
//! flushes only at the end; here it flushes whenever it has to wait.

use tokio::{io::BufStream, net::TcpStream};
use ws_tool::{
    ServerBuilder,
    codec::{AsyncBytesCodec, FrameConfig, default_handshake_handler},
};

use super::queue::or_flush;

/// Bytes; the example leaves the choice to its user.
const BUFFER_LEN: usize = 64 * 1024;

pub async fn echo(stream: TcpStream) -> Option<()> {
    let factory = AsyncBytesCodec::factory;
    let ws = ServerBuilder::async_accept(stream, default_handshake_handler, factory).await.ok()?;
    let (mut read, mut write) = ws.split();
    loop {
        let message = read.receive().await.ok()?;
        if message.code.is_close() {
            return Some(());
        }
        write.send(message).await.ok()?;
    }
}

pub async fn echo_buffered(stream: TcpStream) -> Option<()> {
    let factory = |_, stream| {
        let stream = BufStream::with_capacity(BUFFER_LEN, BUFFER_LEN, stream);
        let config = FrameConfig {
            mask_send_frame: false,
            resize_size: BUFFER_LEN,
            ..FrameConfig::default()
        };
        Ok(AsyncBytesCodec::new_with(stream, config))
    };
    let ws = ServerBuilder::async_accept(stream, default_handshake_handler, factory).await.ok()?;
    let (mut read, mut write) = ws.split();
    loop {
        let message = or_flush(read.receive(), write.flush()).await.ok()?.ok()?;
        if message.code.is_close() {
            return Some(());
        }
        write.send(message).await.ok()?;
    }
}
