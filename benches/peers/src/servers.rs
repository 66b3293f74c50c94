//! Echo servers, each by its library's own documented best practice; one thread each.

use std::{future::Future, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The servers; the first one is what the others are compared with.
pub const NAMES: [&str; 3] = ["raw", "fullduplex", "fullduplex owned"];

/// Runs a server for ever; tells its address first.
pub fn run(name: &str, tell: impl Fn(SocketAddr)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    match name {
        "raw" => runtime.block_on(serve(raw, tell)),
        "fullduplex" => runtime.block_on(serve(fullduplex, tell)),
        "fullduplex owned" => runtime.block_on(serve(fullduplex_owned, tell)),
        _ => panic!("no server {name}"),
    }
}

async fn serve<F: Future<Output = Option<()>> + 'static>(
    echo: fn(TcpStream) -> F,
    tell: impl Fn(SocketAddr),
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    tell(listener.local_addr().expect("an address"));
    let local = tokio::task::LocalSet::new();
    let accept = async {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a TCP option");
            tokio::task::spawn_local(echo(stream));
        }
    };
    local.run_until(accept).await;
}

async fn raw(mut stream: TcpStream) -> Option<()> {
    let mut block = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut block).await.ok()? {
            0 => return Some(()),
            len => stream.write_all(&block[..len]).await.ok()?,
        }
    }
}

async fn fullduplex(stream: TcpStream) -> Option<()> {
    let mut ws = fullduplex::tokio::accept(stream).await.ok()?;
    while let Some((message, mut reply)) = ws.receive_ref().await.ok()? {
        reply.feed(message).await.ok()?;
    }
    Some(())
}

async fn fullduplex_owned(stream: TcpStream) -> Option<()> {
    let mut ws = fullduplex::tokio::accept(stream).await.ok()?;
    while let Some(message) = ws.receive().await.ok()? {
        ws.feed(message).await.ok()?;
    }
    Some(())
}
