//! A WebSocket over tokio's streams: anything that is `AsyncRead + AsyncWrite + Unpin`.
//!
//! ```
//! use fullduplex::{CloseCode, Error, tokio as ws};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let url = format!("ws://{}", listener.local_addr()?);
//! let server = tokio::spawn(async move {
//!     let mut ws = ws::accept(listener.accept().await?.0).await?;
//!     while let Some((message, mut reply)) = ws.receive_ref().await? {
//!         reply.feed(message).await?; // written when `receive_ref` has to wait
//!     }
//!     Ok::<(), Error>(())
//! });
//!
//! let mut ws = ws::connect(&url).await?;
//! ws.send("Hello").await?;
//! assert_eq!(ws.receive().await?, Some("Hello".into()));
//! ws.close(CloseCode::NORMAL, "").await?;
//! server.await.expect("the server does not panic")
//! # }
//! ```
//!
//! While it receives, a connection keeps its time: silent peers are pinged and given up, see
//! [`Config::ping_interval`]. The runtime needs its timer (`enable_time` or `enable_all`): without it
//! tokio panics.
//!
//! All state is in the [`WebSocket`]: futures may be dropped, in `select!` for instance. A dropped
//! `receive` loses nothing, a dropped `send` has queued the whole message or none of it.

mod client;
mod client_stream;

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::OnceLock,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

#[cfg(feature = "http2")]
pub(crate) use client::open;
pub use client::{connect, connect_with};
pub use client_stream::ClientStream;

use crate::{
    ClientRequest, Config, Error, MemoryStream, Response, asynchronous,
    asynchronous::{ReadFrom, Runtime, WriteTo},
    client::Proxy,
};

/// A WebSocket over a stream of tokio's: see [`asynchronous::WebSocket`] for what it can do.
pub type WebSocket<S> = asynchronous::WebSocket<S, Tokio>;
/// What is needed to answer while a message is lent.
pub type Reply<'a, S> = asynchronous::Reply<'a, S, Tokio>;
/// The half of a WebSocket that receives: see [`WebSocket::split`].
pub type ReceiveHalf<S> = asynchronous::ReceiveHalfByLock<S, Tokio>;
/// The half of a WebSocket that sends.
pub type SendHalf<S> = asynchronous::SendHalfByLock<S, Tokio>;
/// A request that has come in: decide before you answer.
pub type Incoming<S> = asynchronous::Incoming<S, Tokio>;
/// A request for a WebSocket that follows the rules.
pub type Upgrade<S> = asynchronous::Upgrade<S, Tokio>;
/// A plain HTTP request.
pub type Http<S> = asynchronous::Http<S, Tokio>;

/// Reads from and writes to tokio's streams.
#[derive(Clone, Copy, Debug)]
pub enum Tokio {}

/// Accepts any request for a WebSocket, with the default limits. [`Incoming`] lets you look first.
/// For `wss`, accept TLS on the stream before, as the example `tls_server` does.
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
    Box::pin(asynchronous::tunnel_over::<S, Tokio>(stream, proxy, request, config)).await
}

/// A client and a server that are connected in memory, with the default limits: for tests of what an
/// application does with a WebSocket, as those in the example `test_a_handler`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), fullduplex::Error> {
/// let (mut client, mut server) = fullduplex::tokio::pair();
/// client.send("Hello").await?;
/// assert_eq!(server.receive().await?, Some("Hello".into()));
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// Outside a runtime with a timer.
pub fn pair() -> (WebSocket<MemoryStream>, WebSocket<MemoryStream>) {
    pair_with(&Config::default(), &Config::default())
}

/// As [`pair`], with the limits of the client and of the server. Messages are compressed if a
/// handshake between the two would agree on that. For a handshake itself, with its headers and
/// subprotocols, use [`connect_over`] and [`accept`] on a [`MemoryStream::pair`].
///
/// # Panics
///
/// As [`pair`].
pub fn pair_with(
    client: &Config,
    server: &Config,
) -> (WebSocket<MemoryStream>, WebSocket<MemoryStream>) {
    asynchronous::pair(MemoryStream::pair(), client, server)
}

impl asynchronous::sealed::Sealed for Tokio {}

impl Runtime for Tokio {
    type Timer = Pin<Box<Sleep>>;

    fn now() -> Duration {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        let origin = *ORIGIN.get_or_init(Instant::now);
        // tokio's own clock can be paused.
        ::tokio::time::Instant::now().into_std().saturating_duration_since(origin)
    }

    fn timer(duration: Duration) -> Self::Timer {
        Box::pin(::tokio::time::sleep(duration))
    }
}

impl<R: AsyncRead> ReadFrom<R> for Tokio {
    fn poll_read(
        stream: Pin<&mut R>,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut room = ReadBuf::new(room);
        ready!(stream.poll_read(cx, &mut room))?;
        Poll::Ready(Ok(room.filled().len()))
    }
}

impl<W: AsyncWrite> WriteTo<W> for Tokio {
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
        stream.poll_shutdown(cx)
    }

    fn is_vectored(stream: &W) -> bool {
        stream.is_write_vectored()
    }
}
