//! `wtx`: payloads lent from its network buffer, which starts with 2 KiB as after its own
//! handshake. It writes every frame at once: there is no buffered loop. The handshake is by hand,
//! since its own needs one of four cryptographic libraries.

use tokio::net::TcpStream;
use wtx::{
    collection::Vector,
    rng::{Xorshift64, simple_seed},
    web_socket::{OpCode, WebSocket, WebSocketBuffer, WebSocketPayloadOrigin::Adaptive},
};

use super::handshake;

pub async fn echo(mut stream: TcpStream) -> Option<()> {
    handshake::accept(&mut stream).await?;
    let buffer = WebSocketBuffer::with_capacity(2 * 1024, 0, 0).ok()?;
    let random = Xorshift64::from(simple_seed());
    let mut ws = WebSocket::<_, _, _, _, false>::new((), false, random, stream, buffer);
    let (mut common, mut reader, mut writer) = ws.split_mut();
    let mut message = Vector::new();
    loop {
        let mut frame = reader.read_frame(&mut message, &mut common, Adaptive).await.ok()?;
        match frame.op_code() {
            OpCode::Close => return Some(()),
            OpCode::Binary | OpCode::Text => {
                writer.write_frame(&mut common, &mut frame).await.ok()?;
            }
            _ => {}
        }
    }
}
