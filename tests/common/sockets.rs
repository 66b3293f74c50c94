//! Two ends of a TCP connection that hold little.

use tokio::net::{TcpSocket, TcpStream};

/// What a socket is asked to hold, in bytes.
const SMALL: u32 = 16 * 1024;

/// The end that connected, and the other one.
pub(crate) async fn sockets() -> [TcpStream; 2] {
    let small = || {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(SMALL).unwrap();
        socket.set_recv_buffer_size(SMALL).unwrap();
        socket
    };
    let listener = small();
    listener.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = listener.listen(1).unwrap();
    let connected = small().connect(listener.local_addr().unwrap()).await.unwrap();
    [connected, listener.accept().await.unwrap().0]
}

/// The same for blocking ends.
pub(crate) fn blocking_sockets() -> [std::net::TcpStream; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(sockets()).map(|socket| {
        let socket = socket.into_std().unwrap();
        socket.set_nonblocking(false).unwrap();
        socket
    })
}
