//! Echo servers, each by its library's own documented best practice, on one thread.
//!
//! The ordinary loop receives a message and sends it. A buffered one, for the libraries that offer
//! it, only queues replies while more messages are there, and flushes before it waits; a small one
//! has the buffers that the library recommends for many connections. The module of a library says
//! what was set; what it does not name is the library's default.

mod fastwebsockets;
mod fullduplex;
mod handshake;
mod queue;
mod raw;
mod sockudo_ws;
mod soketto;
mod tokio_tungstenite;
mod tokio_websockets;
mod ws_tool;
mod wtx;
mod yawc;

use std::{future::Future, net::SocketAddr};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Builder,
    task::{LocalSet, spawn_local},
};

/// A name, and what to do with a new connection.
pub type Server = (&'static str, fn(TcpStream));

/// The servers; the first one is what the others are compared with.
pub const SERVERS: [Server; 21] = [
    ("raw", |stream| spawn(raw::echo(stream))),
    ("fullduplex", |stream| spawn(fullduplex::echo(stream))),
    ("fullduplex untimed", |stream| spawn(fullduplex::echo_untimed(stream))),
    ("fullduplex owned", |stream| spawn(fullduplex::echo_owned(stream))),
    ("fastwebsockets", |stream| spawn(fastwebsockets::echo(stream))),
    ("fastwebsockets buffered", |stream| spawn(fastwebsockets::echo_buffered(stream))),
    ("sockudo-ws", |stream| spawn(sockudo_ws::echo(stream))),
    ("sockudo-ws buffered", |stream| spawn(sockudo_ws::echo_buffered(stream))),
    ("soketto", |stream| spawn(soketto::echo(stream))),
    ("soketto buffered", |stream| spawn(soketto::echo_buffered(stream))),
    ("tokio-tungstenite", |stream| spawn(tokio_tungstenite::echo(stream))),
    ("tokio-tungstenite buffered", |stream| spawn(tokio_tungstenite::echo_buffered(stream))),
    ("tokio-tungstenite small", |stream| spawn(tokio_tungstenite::echo_small(stream))),
    ("tokio-websockets", |stream| spawn(tokio_websockets::echo(stream))),
    ("tokio-websockets buffered", |stream| spawn(tokio_websockets::echo_buffered(stream))),
    ("ws-tool", |stream| spawn(ws_tool::echo(stream))),
    ("ws-tool buffered", |stream| spawn(ws_tool::echo_buffered(stream))),
    ("wtx", |stream| spawn(wtx::echo(stream))),
    ("yawc", |stream| spawn(yawc::echo(stream))),
    ("yawc buffered", |stream| spawn(yawc::echo_buffered(stream))),
    ("yawc small", |stream| spawn(yawc::echo_small(stream))),
];

/// Runs a server for ever; tells its address first.
pub fn run(name: &str, tell: impl Fn(SocketAddr)) {
    let (_, serve) = SERVERS.iter().find(|server| server.0 == name).expect("a name of SERVERS");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let accept = async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        tell(listener.local_addr().expect("an address"));
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a TCP option");
            serve(stream);
        }
    };
    runtime.block_on(LocalSet::new().run_until(accept));
}

fn spawn<T: 'static>(echo: impl Future<Output = T> + 'static) {
    spawn_local(echo);
}
