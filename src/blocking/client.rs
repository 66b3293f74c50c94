//! Connecting: names, addresses, TLS.

#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::{
    io,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::{Blocking, ClientStream, Stream, Timed, WebSocket, adapter::wait, connect_over};
use crate::{
    ClientRequest, Config, Error, Response, Timeout, asynchronous,
    client::{ATTEMPT_DELAY, Client, Proxy, Route, Tls, in_order, tunnel_error},
};

/// Connects to a `ws://` or `wss://` URL, with the default limits. [`connect_with`] can do more, and
/// [`connect_over`] takes any stream.
///
/// `wss` needs feature `rustls` and roots to trust: feature `webpki-roots` or `native-roots`.
///
/// # Errors
///
/// [`Error::Handshake`] says what is wrong with the URL or with the answer; [`Error::Io`] when no
/// address of the host can be reached, or its certificate is not trusted; [`Error::Timeout`].
pub fn connect(url: &str) -> Result<WebSocket<ClientStream>, Error> {
    let client = Client::new(ClientRequest::new(url)?);
    connect_with(&client).map(|(ws, _)| ws)
}

/// Connects as `client` says. Returns the WebSocket with the server's answer, which has its headers.
///
/// All addresses of a host are tried, of both families in turn: the next one where the one before
/// failed or has not answered for 250 ms, and the first one that answers is taken (RFC 8305). To look up
/// a name, to try several addresses and to reach a Unix socket takes threads; none outlives what it
/// waits for.
///
/// # Errors
///
/// As [`connect`]. An answer other than 101 is
/// [`HandshakeError::Refused`](crate::HandshakeError::Refused), whole.
pub fn connect_with(client: &Client) -> Result<(WebSocket<ClientStream>, Response), Error> {
    let mut following = client.following();
    loop {
        let stream = open(client, &following.request)?;
        match connect_over(stream, &following.request, &client.config) {
            Err(error) => following.follow(error)?,
            connected => return connected,
        }
    }
}

/// Has the proxy at the other end of `stream` open a tunnel to the server of `request`: HTTP CONNECT
/// or SOCKS5, as the proxy's URL says. Returns the stream, which is the server's then: begin TLS on it
/// for `wss`, and use [`connect_over`].
///
/// # Errors
///
/// [`HandshakeError::Proxy`](crate::HandshakeError::Proxy) says what the proxy did not do;
/// [`Error::Timeout`] after [`Config::handshake_timeout`], and [`Error::Io`].
pub fn tunnel_over<S: Stream>(
    stream: S,
    proxy: &Proxy,
    request: &ClientRequest,
    config: &Config,
) -> Result<S, Error> {
    let stream = Timed::new(stream);
    let opened = asynchronous::tunnel_over::<_, Blocking>(stream, proxy, request, config);
    wait(opened).map(Timed::into_inner)
}

/// When everything that comes before the handshake must be done; `None` lies too far ahead.
#[derive(Clone, Copy)]
struct Deadline(Option<Instant>);

impl Deadline {
    fn rest(self) -> Result<Duration, Error> {
        let rest = |end: Instant| end.saturating_duration_since(Instant::now());
        match self.0.map_or(FAR_AHEAD, rest) {
            Duration::ZERO => Err(Timeout::Connect.into()),
            rest => Ok(rest),
        }
    }

    /// Does what takes no limit of its own, in a thread that is left alone when time is up.
    fn wait<T: Send + 'static>(
        self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, answers) = mpsc::channel();
        spawn(move || sender.send(work()))?;
        let done = answers.recv_timeout(self.rest()?).map_err(|_| Timeout::Connect)?;
        Ok(done?)
    }
}

fn open(client: &Client, request: &ClientRequest) -> Result<ClientStream, Error> {
    let deadline = Deadline(Instant::now().checked_add(client.connect_timeout));
    let tls = client.tls_for(request)?;
    let stream = match client.route(request) {
        Route::Host(host, port) => dial(resolve(host, port, deadline)?, deadline)?.into(),
        Route::Addresses(addresses) => dial(addresses.to_vec(), deadline)?.into(),
        #[cfg(unix)]
        Route::Unix(path) => {
            let path = path.to_owned();
            deadline.wait(move || UnixStream::connect(path))?.into()
        }
        Route::Proxy(proxy) => {
            let addresses = resolve(proxy.host(), proxy.port(), deadline)?;
            let stream = dial(addresses, deadline)?;
            let config = client.tunnel_config(deadline.rest()?);
            tunnel_over(stream, proxy, request, &config).map_err(tunnel_error)?.into()
        }
    };
    match tls {
        None => Ok(stream),
        Some(tls) => start_tls(stream, tls, deadline),
    }
}

#[cfg(feature = "rustls")]
fn start_tls(stream: ClientStream, tls: Tls, deadline: Deadline) -> Result<ClientStream, Error> {
    super::tls::start(stream, tls, || deadline.rest())
}

#[cfg(not(feature = "rustls"))]
fn start_tls(_: ClientStream, tls: Tls, _: Deadline) -> Result<ClientStream, Error> {
    match tls {}
}

fn dial(addresses: Vec<SocketAddr>, deadline: Deadline) -> Result<TcpStream, Error> {
    let addresses = in_order(addresses);
    let stream = match addresses[..] {
        [only] => TcpStream::connect_timeout(&only, deadline.rest()?)
            .map_err(|error| deadline.rest().err().unwrap_or(error.into()))?,
        _ => first_of(addresses, deadline)?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn resolve(host: &str, port: u16, deadline: Deadline) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let name = (host.to_owned(), port);
    deadline.wait(move || name.to_socket_addrs().map(Iterator::collect))
}

/// Makes attempts side by side, one more when one failed or the last one was waited for long enough,
/// until one succeeds or all have failed.
fn first_of(addresses: Vec<SocketAddr>, deadline: Deadline) -> Result<TcpStream, Error> {
    let (sender, answers) = mpsc::channel();
    let mut waiting = addresses.into_iter();
    let mut running = 0;
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let rest = deadline.rest()?;
        if let Some(address) = waiting.next() {
            let sender = sender.clone();
            spawn(move || sender.send(TcpStream::connect_timeout(&address, rest)))?;
            running += 1;
        } else if running == 0 {
            return Err(failure.into());
        }
        let limit = if waiting.len() > 0 { rest.min(ATTEMPT_DELAY) } else { rest };
        match answers.recv_timeout(limit) {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => (failure, running) = (error, running - 1),
            // Time for the next one, or to give up.
            Err(_) => {}
        }
    }
}

/// Runs what may wait for longer than anybody waits for it.
fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("connect".into()).spawn(work).map(drop)
}

/// A limit that is none.
const FAR_AHEAD: Duration = Duration::from_secs(365 * 24 * 60 * 60);
