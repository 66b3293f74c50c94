//! A WebSocket over streams of futures-io: anything that is `AsyncRead + AsyncWrite + Unpin` of that
//! crate, as smol's and async-net's are. Timers are async-io's, which run under any executor.
//!
//! ```
//! use smol::Async;
//! use fullduplex::{ClientRequest, CloseCode, Config, Error, futures_io as ws};
//! use std::net::{TcpListener, TcpStream};
//!
//! # fn main() -> Result<(), Error> {
//! # smol::block_on(async {
//! let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0))?;
//! let address = listener.get_ref().local_addr()?;
//! let server = async {
//!     let mut ws = ws::accept(listener.accept().await?.0).await?;
//!     while let Some((message, mut reply)) = ws.receive_ref().await? {
//!         reply.feed(message).await?; // written when `receive_ref` has to wait
//!     }
//!     Ok::<(), Error>(())
//! };
//! let client = async {
//!     let stream = Async::<TcpStream>::connect(address).await?;
//!     let request = ClientRequest::new(&format!("ws://{address}"))?;
//!     let (mut ws, _) = ws::connect_over(stream, &request, &Config::default()).await?;
//!     ws.send("Hello").await?;
//!     assert_eq!(ws.receive().await?, Some("Hello".into()));
//!     ws.close(CloseCode::NORMAL, "").await
//! };
//! smol::future::try_zip(server, client).await.map(|_| ())
//! # })
//! # }
//! ```
//!
//! While it receives, a connection keeps its time: silent peers are pinged and given up, see
//! [`Config::ping_interval`]. All state is in the [`WebSocket`]: futures may be dropped.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::OnceLock,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use ::futures_io::{AsyncRead, AsyncWrite};

use crate::{
    ClientRequest, Config, Error, MemoryStream, Response,
    asynchronous::{self, ReadFrom, Runtime, WriteTo},
    client::Proxy,
};

/// A WebSocket over a stream of futures-io: see [`asynchronous::WebSocket`] for what it can do.
pub type WebSocket<S> = asynchronous::WebSocket<S, FuturesIo>;
/// What is needed to answer while a message is lent.
pub type Reply<'a, S> = asynchronous::Reply<'a, S, FuturesIo>;
/// The half of a WebSocket that receives: see [`WebSocket::split`].
pub type ReceiveHalf<S> = asynchronous::ReceiveHalfByLock<S, FuturesIo>;
/// The half of a WebSocket that sends.
pub type SendHalf<S> = asynchronous::SendHalfByLock<S, FuturesIo>;
/// A request that has come in: decide before you answer.
pub type Incoming<S> = asynchronous::Incoming<S, FuturesIo>;
/// A request for a WebSocket that follows the rules.
pub type Upgrade<S> = asynchronous::Upgrade<S, FuturesIo>;
/// A plain HTTP request.
pub type Http<S> = asynchronous::Http<S, FuturesIo>;

/// Reads from and writes to streams of futures-io.
#[derive(Clone, Copy, Debug)]
pub enum FuturesIo {}

/// Accepts any request for a WebSocket, with the default limits. [`Incoming`] lets you look first.
///
/// # Errors
///
/// [`Error::Handshake`] after the client was told with an HTTP answer, [`Error::Timeout`] and
/// [`Error::Io`].
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Result<WebSocket<S>, Error> {
    // The handshake's state is boxed and dropped: a task is as large as its largest moment.
    Box::pin(asynchronous::accept(stream)).await
}

/// Asks the server at the other end of `stream` for a WebSocket. Returns it with the server's
/// answer, which has its headers.
///
/// # Errors
///
/// [`Error::Handshake`] says what is wrong with the request or with the answer; an answer other than
/// 101 is [`HandshakeError::Refused`](crate::HandshakeError::Refused), whole. [`Error::Timeout`] and
/// [`Error::Io`].
pub async fn connect_over<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    request: &ClientRequest,
    config: &Config,
) -> Result<(WebSocket<S>, Response), Error> {
    Box::pin(asynchronous::connect_over(stream, request, config)).await
}

/// Has the proxy at the other end of `stream` open a tunnel to the server of `request`: HTTP CONNECT
/// or SOCKS5, as the proxy's URL says. Returns the stream, which is the server's then: begin TLS on it
/// for `wss`, and use [`connect_over`].
///
/// # Errors
///
/// [`HandshakeError::Proxy`](crate::HandshakeError::Proxy) says what the proxy did not do;
/// [`Error::Timeout`] after [`Config::handshake_timeout`], and [`Error::Io`].
pub async fn tunnel_over<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    proxy: &Proxy,
    request: &ClientRequest,
    config: &Config,
) -> Result<S, Error> {
    Box::pin(asynchronous::tunnel_over::<S, FuturesIo>(stream, proxy, request, config)).await
}

/// A client and a server that are connected in memory, with the default limits: for tests of what an
/// application does with a WebSocket.
///
/// ```
/// # smol::block_on(async {
/// let (mut client, mut server) = fullduplex::futures_io::pair();
/// client.send("Hello").await?;
/// assert_eq!(server.receive().await?, Some("Hello".into()));
/// # Ok::<(), fullduplex::Error>(())
/// # }).unwrap();
/// ```
pub fn pair() -> (WebSocket<MemoryStream>, WebSocket<MemoryStream>) {
    pair_with(&Config::default(), &Config::default())
}

/// As [`pair`], with the limits of the client and of the server. Messages are compressed if a
/// handshake between the two would agree on that. For a handshake itself, with its headers and
/// subprotocols, use [`connect_over`] and [`accept`] on a [`MemoryStream::pair`].
pub fn pair_with(
    client: &Config,
    server: &Config,
) -> (WebSocket<MemoryStream>, WebSocket<MemoryStream>) {
    asynchronous::pair(MemoryStream::pair(), client, server)
}

impl asynchronous::sealed::Sealed for FuturesIo {}

impl Runtime for FuturesIo {
    type Timer = Timer;

    fn now() -> Duration {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        ORIGIN.get_or_init(Instant::now).elapsed()
    }

    fn timer(duration: Duration) -> Timer {
        Timer(async_io::Timer::after(duration))
    }
}

/// A timer of async-io, which does not tell when it ran out.
#[derive(Debug)]
pub struct Timer(async_io::Timer);

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(drop)
    }
}

impl<R: AsyncRead> ReadFrom<R> for FuturesIo {
    fn poll_read(
        stream: Pin<&mut R>,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        stream.poll_read(cx, room)
    }
}

impl<W: AsyncWrite> WriteTo<W> for FuturesIo {
    fn poll_write(
        stream: Pin<&mut W>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match parts {
            [part] => stream.poll_write(cx, part),
            parts => stream.poll_write_vectored(cx, parts),
        }
    }

    fn poll_flush(stream: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream.poll_flush(cx)
    }

    fn poll_shutdown(stream: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream.poll_close(cx)
    }

    // The trait does not tell: one that writes part by part gets more and smaller writes than it could.
    fn is_vectored(_: &W) -> bool {
        true
    }
}
