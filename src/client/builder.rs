//! [`Client`]: how to connect.

use core::{net::SocketAddr, time::Duration};
use std::borrow::Cow;
#[cfg(unix)]
use std::path::{Path, PathBuf};
#[cfg(feature = "rustls")]
use std::sync::Arc;

use super::{
    Proxies, Proxy,
    tls::{Tls, Trust},
};
use crate::{ClientRequest, Config, Error, HandshakeError, Timeout};

/// How to connect, where `connect` does not do: through a proxy, along redirects, over a Unix socket,
/// with certificates of one's own.
///
/// ```no_run
/// # fn main() -> Result<(), fullduplex::Error> {
/// use fullduplex::{ClientRequest, blocking, client::Client};
///
/// let request = ClientRequest::new("ws://127.0.0.1:9001/chat")?.header("Cookie", "room=1");
/// let client = Client::new(request).proxy_from_env()?.max_redirects(3);
/// let (mut ws, _) = blocking::connect_with(&client)?;
/// ws.send("Hello")?;
/// # Ok(())
/// # }
/// ```
///
/// What it cannot do, you can: bring a stream to the server, and use `connect_over`, as the example
/// `client_by_hand` does.
#[derive(Clone, Debug)]
pub struct Client {
    request: ClientRequest,
    pub(crate) config: Config,
    pub(crate) connect_timeout: Duration,
    way: Way,
    max_redirects: u32,
    trust: Trust,
}

/// How to reach the server.
#[derive(Clone, Debug)]
enum Way {
    Direct,
    Addresses(Vec<SocketAddr>),
    #[cfg(unix)]
    UnixSocket(PathBuf),
    Proxy(Proxy),
    Proxies(Proxies),
}

/// Where to connect to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route<'a> {
    Host(&'a str, u16),
    Addresses(&'a [SocketAddr]),
    #[cfg(unix)]
    Unix(&'a Path),
    Proxy(&'a Proxy),
}

impl Client {
    /// Connects to the URL of `request` directly, with the default limits.
    pub fn new(request: ClientRequest) -> Self {
        Self {
            request,
            config: Config::default(),
            connect_timeout: CONNECT_TIMEOUT,
            way: Way::Direct,
            max_redirects: 0,
            trust: Trust::default(),
        }
    }

    /// Sets the limits of the handshake and of the connection.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets how long everything may take that comes before a handshake: names, addresses, the proxy,
    /// TLS. 10 s by default; then [`Timeout::Connect`](crate::Timeout::Connect). The handshake has its
    /// own limit, [`Config::handshake_timeout`]; after a redirect both begin again.
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Follows so many redirects (RFC 9110 §15.4); none by default, as in browsers: then one is
    /// [`HandshakeError::Refused`]. [`ClientRequest::redirected`] says what goes along: to another
    /// origin hardly a header, but each subprotocol. Where one of them is a token, follow none.
    #[must_use]
    pub const fn max_redirects(mut self, redirects: u32) -> Self {
        self.max_redirects = redirects;
        self
    }

    /// Goes through this proxy, whatever the host.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.way = Way::Proxy(proxy);
        self
    }

    /// Goes through the proxies that the environment names, where it does: see [`Proxies`].
    ///
    /// # Errors
    ///
    /// A variable that names no proxy.
    pub fn proxy_from_env(mut self) -> Result<Self, HandshakeError> {
        self.way = Way::Proxies(Proxies::from_env()?);
        Ok(self)
    }

    /// Connects to a Unix socket in the place of the URL's host, which is still whom the request and
    /// TLS name.
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
    /// trusted, both if both are on; the first connection reads the system's files. The example
    /// `tls_server` trusts a certificate that was made for it.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.trust = config.into();
        self
    }

    /// The request that it was made for.
    #[cfg(feature = "http2")]
    pub(crate) const fn request(&self) -> &ClientRequest {
        &self.request
    }

    /// The requests to make, one after the other.
    pub(crate) const fn following(&self) -> Following<'_> {
        Following { client: self, request: Cow::Borrowed(&self.request), redirects: 0 }
    }

    /// How to reach the server of `request`. The address of one host is not another's.
    pub(crate) fn route<'a>(&'a self, request: &'a ClientRequest) -> Route<'a> {
        let place = (request.host(), request.port());
        let is_here = place == (self.request.host(), self.request.port());
        let proxy = match &self.way {
            Way::Addresses(addresses) if is_here => return Route::Addresses(addresses),
            #[cfg(unix)]
            Way::UnixSocket(path) if is_here => return Route::Unix(path),
            Way::Proxy(proxy) => Some(proxy),
            Way::Proxies(proxies) => proxies.proxy_for(request),
            _ => None,
        };
        proxy.map_or(Route::Host(place.0, place.1), Route::Proxy)
    }

    /// The limits of a tunnel's handshake: it is part of connecting.
    pub(crate) fn tunnel_config(&self, rest: Duration) -> Config {
        let mut config = self.config.clone();
        config.handshake_timeout = rest;
        config
    }

    /// What `request` needs for TLS, if it does.
    pub(crate) fn tls_for(&self, request: &ClientRequest) -> Result<Option<Tls>, Error> {
        let tls = request.is_secure().then(|| self.trust.tls(request.host()));
        tls.transpose()
    }
}

/// The request to make, along redirects.
#[derive(Debug)]
pub(crate) struct Following<'a> {
    client: &'a Client,
    pub(crate) request: Cow<'a, ClientRequest>,
    redirects: u32,
}

impl Following<'_> {
    /// Goes on to where a redirect points; gives back any other error.
    pub(crate) fn follow(&mut self, error: Error) -> Result<(), Error> {
        let limit = self.client.max_redirects;
        let next = match &error {
            Error::Handshake(HandshakeError::Refused(response)) if limit > 0 => {
                self.request.redirected(response)?
            }
            _ => None,
        };
        self.request = Cow::Owned(next.ok_or(error)?);
        if self.redirects == limit {
            return Err(HandshakeError::TooManyRedirects { limit }.into());
        }
        self.redirects += 1;
        Ok(())
    }
}

/// How a tunnel failed, as a part of connecting.
pub(crate) fn tunnel_error(error: Error) -> Error {
    match error {
        Error::Timeout(Timeout::Handshake) => Timeout::Connect.into(),
        error => error,
    }
}

/// How long it may take to reach a server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
