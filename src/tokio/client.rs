//! Connecting with tokio: names, addresses, TLS.

use std::{
    future::poll_fn,
    io, mem,
    net::SocketAddr,
    pin::{Pin, pin},
    task::{Poll, ready},
    time::Duration,
};

#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, sleep, timeout},
};

use super::{ClientStream, WebSocket, connect_over, tunnel_over};
use crate::{
    ClientRequest, Error, HandshakeError, InvalidUrl, Response, Timeout,
    client::{ATTEMPT_DELAY, Client, Route, Tls, in_order, tunnel_error},
};

/// Connects to a `ws://` or `wss://` URL, with the default limits. [`connect_with`] can do more, and
/// [`connect_over`] takes any stream.
///
/// `wss` needs feature `tokio-rustls` and roots to trust: feature `webpki-roots` or `native-roots`.
///
/// # Errors
///
/// [`Error::Handshake`] says what is wrong with the URL or with the answer; [`Error::Io`] when no
/// address of the host can be reached, or its certificate is not trusted; [`Error::Timeout`].
pub async fn connect(url: &str) -> Result<WebSocket<ClientStream>, Error> {
    let client = Client::new(ClientRequest::new(url)?);
    Ok(connect_with(&client).await?.0)
}

/// Connects as `client` says. Returns the WebSocket with the server's answer, which has its headers.
///
/// All addresses of a host are tried, of both families in turn: the next one where the one before
/// failed or has not answered for 250 ms, and the first one that answers is taken (RFC 8305).
///
/// # Errors
///
/// As [`connect`]. An answer other than 101 is
/// [`HandshakeError::Refused`](crate::HandshakeError::Refused), whole.
pub async fn connect_with(client: &Client) -> Result<(WebSocket<ClientStream>, Response), Error> {
    // Boxed and dropped: a task is as large as its largest moment.
    Box::pin(async {
        let mut following = client.following();
        loop {
            let request = &*following.request;
            let stream = open(client, request, client.tls_for(request)?).await?;
            match connect_over(stream, request, &client.config).await {
                Err(error) => following.follow(error)?,
                connected => return connected,
            }
        }
    })
    .await
}

/// Opens the way to the server, with TLS or without, in [`Client::connect_timeout`].
pub(crate) async fn open(
    client: &Client,
    request: &ClientRequest,
    tls: Option<Tls>,
) -> Result<ClientStream, Error> {
    let opened = timeout(client.connect_timeout, open_untimed(client, request, tls)).await;
    opened.map_err(|_| Timeout::Connect)?
}

async fn open_untimed(
    client: &Client,
    request: &ClientRequest,
    tls: Option<Tls>,
) -> Result<ClientStream, Error> {
    if tls.is_some() && !cfg!(feature = "tokio-rustls") {
        return Err(needs_tls());
    }
    let stream = match client.route(request) {
        Route::Host(host, port) => dial(lookup_host((host, port)).await?).await?.into(),
        Route::Addresses(addresses) => dial(addresses.iter().copied()).await?.into(),
        #[cfg(unix)]
        Route::Unix(path) => UnixStream::connect(path).await?.into(),
        Route::Proxy(proxy) => {
            let stream = dial(lookup_host((proxy.host(), proxy.port())).await?).await?;
            let config = client.tunnel_config(client.connect_timeout);
            let opened = tunnel_over(stream, proxy, request, &config).await;
            opened.map_err(tunnel_error)?.into()
        }
    };
    match tls {
        None => Ok(stream),
        Some(tls) => start_tls(stream, tls).await,
    }
}

#[cfg(feature = "tokio-rustls")]
async fn start_tls(stream: ClientStream, tls: Tls) -> Result<ClientStream, Error> {
    let connector = tokio_rustls::TlsConnector::from(tls.config);
    Ok(connector.connect(tls.name, stream).await?.into())
}

#[cfg(not(feature = "tokio-rustls"))]
#[allow(clippy::unused_async, reason = "as the one that does")]
async fn start_tls(_: ClientStream, _: Tls) -> Result<ClientStream, Error> {
    Err(needs_tls())
}

fn needs_tls() -> Error {
    HandshakeError::from(InvalidUrl::NeedsTls).into()
}

/// Connects to the first address that answers.
async fn dial(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<TcpStream> {
    let stream = first_of(in_order(addresses).into_iter().map(TcpStream::connect)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Makes attempts side by side, one more when one failed or the last one was waited for long enough,
/// until one succeeds or all have failed.
async fn first_of<T, F: Future<Output = io::Result<T>>>(
    attempts: impl IntoIterator<Item = F>,
) -> io::Result<T> {
    let mut waiting = attempts.into_iter().map(Box::pin).peekable();
    let mut running: Vec<Pin<Box<F>>> = Vec::new();
    let mut delay = pin!(sleep(Duration::ZERO));
    let mut failure = io::ErrorKind::AddrNotAvailable.into();
    poll_fn(|cx| {
        loop {
            for index in (0..running.len()).rev() {
                let Poll::Ready(done) = running[index].as_mut().poll(cx) else { continue };
                match done {
                    Ok(success) => return Poll::Ready(Ok(success)),
                    Err(error) => failure = error,
                }
                drop(running.swap_remove(index));
                delay.as_mut().reset(Instant::now());
            }
            if waiting.peek().is_some() {
                ready!(delay.as_mut().poll(cx));
                running.extend(waiting.next());
                delay.as_mut().reset(Instant::now() + ATTEMPT_DELAY);
            } else if running.is_empty() {
                let failure = mem::replace(&mut failure, io::ErrorKind::Other.into());
                return Poll::Ready(Err(failure));
            } else {
                return Poll::Pending;
            }
        }
    })
    .await
}
