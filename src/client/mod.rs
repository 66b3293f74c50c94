//! What lies between a URL and a WebSocket: [`Client`] says how to connect, and the `connect_with` of an
//! adapter does it.

mod attempts;
#[cfg_attr(not(feature = "rustls"), path = "no_tls.rs")]
mod tls;

use core::{net::SocketAddr, time::Duration};
#[cfg(unix)]
use std::path::{Path, PathBuf};
#[cfg(feature = "rustls")]
use std::sync::Arc;

pub(crate) use attempts::{ATTEMPT_DELAY, in_order};
pub(crate) use tls::Tls;
use tls::Trust;

use crate::{ClientRequest, Config, Error};

/// How to connect, where `connect` does not do: over a Unix socket, with certificates of one's own.
///
/// ```no_run
/// # fn main() -> Result<(), fullduplex::Error> {
/// use fullduplex::{ClientRequest, blocking, client::Client};
///
/// let request = ClientRequest::new("ws://127.0.0.1:9001/chat")?.header("Cookie", "room=1");
/// let (mut ws, _) = blocking::connect_with(&Client::new(request))?;
/// ws.send("Hello")?;
/// # Ok(())
/// # }
/// ```
///
/// What it cannot do, you can: bring a stream to the server, and use `connect_over`.
#[derive(Clone, Debug)]
pub struct Client {
    request: ClientRequest,
    pub(crate) config: Config,
    pub(crate) connect_timeout: Duration,
    way: Way,
    trust: Trust,
}

/// How to reach the server.
#[derive(Clone, Debug)]
enum Way {
    Direct,
    Addresses(Vec<SocketAddr>),
    #[cfg(unix)]
    UnixSocket(PathBuf),
}

/// Where to connect to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route<'a> {
    Host(&'a str, u16),
    Addresses(&'a [SocketAddr]),
    #[cfg(unix)]
    Unix(&'a Path),
}

impl Client {
    /// Connects to the URL of `request` directly, with the default limits.
    pub fn new(request: ClientRequest) -> Self {
        Self {
            request,
            config: Config::default(),
            connect_timeout: CONNECT_TIMEOUT,
            way: Way::Direct,
            trust: Trust::default(),
        }
    }

    /// Sets the limits of the handshake and of the connection.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets how long everything may take that comes before the handshake: names, addresses, TLS. 10 s
    /// by default; then [`Timeout::Connect`](crate::Timeout::Connect). The handshake has its own limit,
    /// [`Config::handshake_timeout`].
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Connects to a Unix socket; the URL still says what is asked for there, and of which host.
    #[cfg(unix)]
    #[must_use]
    pub fn unix_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.way = Way::UnixSocket(path.into());
        self
    }

    /// Connects to one of these addresses, instead of looking the URL's host up.
    #[must_use]
    pub fn addresses(mut self, addresses: impl Into<Vec<SocketAddr>>) -> Self {
        self.way = Way::Addresses(addresses.into());
        self
    }

    /// Uses this configuration for `wss`: other roots, a certificate of the client's, another provider.
    ///
    /// By default those of features `webpki-roots` (Mozilla's) and `native-roots` (the system's) are
    /// trusted, both if both are on.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.trust = config.into();
        self
    }

    pub(crate) const fn request(&self) -> &ClientRequest {
        &self.request
    }

    pub(crate) fn route<'a>(&'a self, request: &'a ClientRequest) -> Route<'a> {
        match &self.way {
            Way::Direct => Route::Host(request.host(), request.port()),
            Way::Addresses(addresses) => Route::Addresses(addresses),
            #[cfg(unix)]
            Way::UnixSocket(path) => Route::Unix(path),
        }
    }

    /// What `request` needs for TLS, if it does.
    pub(crate) fn tls_for(&self, request: &ClientRequest) -> Result<Option<Tls>, Error> {
        let tls = request.is_secure().then(|| self.trust.tls(request.host()));
        tls.transpose()
    }
}

/// How long it may take to reach a server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
