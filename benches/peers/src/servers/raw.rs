//! The yardstick: bytes in, the same bytes out. A block of 64 KiB for each connection.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub async fn echo(mut stream: TcpStream) -> Option<()> {
    let mut block = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut block).await.ok()? {
            0 => return Some(()),
            len => stream.write_all(&block[..len]).await.ok()?,
        }
    }
}
