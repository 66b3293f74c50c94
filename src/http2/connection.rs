//! [`Connection`]: HTTP/2 on a stream, and the extended CONNECTs on it.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use h2::client::SendRequest;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{failed, outgoing::Outgoing};
use crate::{
    Config, Error, HandshakeError, Timeout,
    client::{Client, over_http2},
    tokio::{ClientStream, open},
};

/// A connection of HTTP/2 to a server that takes WebSockets. Its clones are the same connection, which ends
/// when the last of them and the last WebSocket are dropped.
#[derive(Clone)]
pub struct Connection {
    pub(super) requests: SendRequest<Outgoing>,
}

/// Moves the bytes of all WebSockets of a connection: spawn it. It is done when the connection has ended.
///
/// # Errors
///
/// [`Error::Io`]: how the connection failed. Each of its WebSockets fails with it.
#[must_use = "nothing moves without it"]
pub struct Driver<S = ClientStream>(h2::client::Connection<S, Outgoing>);

/// Connects as `client` says, and begins HTTP/2: over TLS both agree on it by ALPN, without TLS the server
/// must know it beforehand (RFC 9113 §3.3). Redirects are not followed.
///
/// # Errors
///
/// As [`tokio::connect_with`](crate::tokio::connect_with) before its handshake, and as [`handshake`].
pub async fn connect_with(client: &Client) -> Result<(Connection, Driver), Error> {
    // Boxed and dropped: a task is as large as its largest moment.
    Box::pin(async {
        let tls = client.tls_for(client.request())?.map(over_http2);
        let stream = open(client, client.request(), tls).await.map_err(without_http2)?;
        #[cfg(feature = "tokio-rustls")]
        if stream.tls().is_some_and(|tls| tls.alpn_protocol() != Some(b"h2")) {
            return Err(HandshakeError::NoExtendedConnect.into());
        }
        handshake(stream, &client.config).await
    })
    .await
}

/// RFC 7301 §3.2: a server that knows ALPN and no HTTP/2 ends TLS with an alert.
#[cfg(feature = "tokio-rustls")]
fn without_http2(error: Error) -> Error {
    const NO_HTTP2: rustls::Error =
        rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol);
    match &error {
        Error::Io(io) if io.get_ref().is_some_and(|it| it.downcast_ref() == Some(&NO_HTTP2)) => {
            HandshakeError::NoExtendedConnect.into()
        }
        _ => error,
    }
}

#[cfg(not(feature = "tokio-rustls"))]
fn without_http2(error: Error) -> Error {
    error
}

/// Begins HTTP/2 on a stream to a server that is ready for it, and waits for the server's settings.
///
/// # Errors
///
/// [`HandshakeError::NoExtendedConnect`] where the settings say nothing of extended CONNECTs (RFC 8441 §3);
/// [`Error::Io`], and [`Error::Timeout`] after [`Config::handshake_timeout`].
pub async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: &Config,
) -> Result<(Connection, Driver<S>), Error> {
    let begun = timeout(config.handshake_timeout, Box::pin(begin(stream, config))).await;
    begun.map_err(|_| Timeout::Handshake)?
}

async fn begin<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: &Config,
) -> Result<(Connection, Driver<S>), Error> {
    let (requests, mut connection) = h2::client::Builder::new()
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(STREAM_WINDOW as usize)
        .data_frame_budget(FRAME_BUDGET)
        .max_header_list_size(head_limit(config))
        .handshake(stream)
        .await
        .map_err(failed)?;
    // RFC 9113 §3.4: a server's settings are the first that it sends, so they come before this Pong.
    let mut pings = connection.ping_pong().ok_or(HandshakeError::UnexpectedEnd)?;
    pings.send_ping(h2::Ping::opaque()).map_err(failed)?;
    poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
        Poll::Ready(Err(error)) => Poll::Ready(Err(failed(error))),
        Poll::Ready(Ok(())) => Poll::Ready(Err(HandshakeError::UnexpectedEnd.into())),
        Poll::Pending => pings.poll_pong(cx).map_ok(drop).map_err(failed),
    })
    .await?;
    if !requests.is_extended_connect_protocol_enabled() {
        return Err(HandshakeError::NoExtendedConnect.into());
    }
    Ok((Connection { requests }, Driver(connection)))
}

/// The limit on a head as HTTP/2 counts it (RFC 9113 §6.5.2): 32 bytes more for each field. What is let in is
/// judged by its true length.
fn head_limit(config: &Config) -> u32 {
    let fields = config.max_headers.saturating_mul(32);
    u32::try_from(config.max_head_len.saturating_add(fields)).unwrap_or(u32::MAX)
}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for Driver<S> {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(failed)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Driver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

/// What one WebSocket may be sent and not have taken, in bytes.
const STREAM_WINDOW: u32 = 64 * 1024;
/// The same for all of a connection.
const CONNECTION_WINDOW: u32 = 64 * 1024 * 1024;
/// What frames of less than 256 bytes lack of that, all that are not taken, before the connection is given up: it
/// is what they cost.
const FRAME_BUDGET: usize = 32 * 1024 * 1024;
