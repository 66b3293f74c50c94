//! `fastwebsockets` as in its README and its `echo_server` examples: fragments are collected, small
//! frames are copied and large ones written with `writev`, outside of tokio's cooperative budget.
//!
//! The handshake is by hand: with hyper, as in the examples, a boxed stream lies under every read.
//! The buffered loop needs its unstable halves, and a `BufWriter` of 64 KiB.

use fastwebsockets::{
    FragmentCollector, FragmentCollectorRead, Frame, OpCode, Role, WebSocket, WebSocketError,
};
use tokio::{io::BufWriter, net::TcpStream, task::unconstrained};

use super::{handshake, queue::or_flush};

pub async fn echo(mut stream: TcpStream) -> Option<()> {
    handshake::accept(&mut stream).await?;
    let mut ws = FragmentCollector::new(WebSocket::after_handshake(stream, Role::Server));
    let echo = async {
        loop {
            let frame = ws.read_frame().await.ok()?;
            match frame.opcode {
                OpCode::Close => return Some(()),
                OpCode::Text | OpCode::Binary => ws.write_frame(frame).await.ok()?,
                _ => {}
            }
        }
    };
    unconstrained(echo).await
}

pub async fn echo_buffered(mut stream: TcpStream) -> Option<()> {
    handshake::accept(&mut stream).await?;
    let (read, mut write) = WebSocket::after_handshake(stream, Role::Server).split(|stream| {
        let (read, write) = stream.into_split();
        (read, BufWriter::with_capacity(64 * 1024, write))
    });
    let mut read = FragmentCollectorRead::new(read);
    // Pongs would have to go through the other half; the load has no pings.
    let mut no_reply = async |_: Frame<'_>| Ok::<_, WebSocketError>(());
    let echo = async {
        loop {
            let frame = or_flush(read.read_frame(&mut no_reply), write.flush()).await.ok()?.ok()?;
            match frame.opcode {
                OpCode::Close => return Some(()),
                OpCode::Text | OpCode::Binary => write.write_frame(frame).await.ok()?,
                _ => {}
            }
        }
    };
    unconstrained(echo).await
}
