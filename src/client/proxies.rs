//! The proxies that the environment names.

use alloc::{boxed::Box, format, string::String};

use super::{Proxy, ProxyError, no_proxy::NoProxy};
use crate::ClientRequest;

/// Which proxy a request goes through, if any: what the usual variables of the environment say.
///
/// | variable | for |
/// |---|---|
/// | `https_proxy`, `HTTPS_PROXY` | `wss` |
/// | `http_proxy`, `HTTP_PROXY` | `ws` |
/// | `all_proxy`, `ALL_PROXY` | both, where the one above is not set |
/// | `no_proxy`, `NO_PROXY` | none: a list of hosts to go to without a proxy |
///
/// Lower case goes first, as in curl; `HTTP_PROXY` counts, as in Go, but not where `REQUEST_METHOD` is
/// set: in a CGI program it is the client's header `Proxy`. On Windows, where names ignore letter case,
/// `http_proxy` does not count then either. An empty variable is not set. A value
/// without a scheme is an `http://` proxy.
///
/// Between commas or blanks, `no_proxy` has names, which stand for themselves and what is below them
/// (`.a.example` and `*.a.example` for what is below only, as in Go), addresses, both with a port if
/// the rule is for that port only, networks (`10.0.0.0/8`, `fd00::/8`), and `*` for all. What is none
/// of these matches nothing. `localhost`, 127.0.0.0/8 and `::1` are never reached through a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    plain: Option<Proxy>,
    secure: Option<Proxy>,
    no_proxy: NoProxy,
}

impl Proxies {
    /// Reads the environment of the process.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Variable`]: a proxy that is set and cannot be used is not passed over.
    #[cfg(feature = "std")]
    pub fn from_env() -> Result<Self, ProxyError> {
        // What is not Unicode is no host either, and then an error.
        Self::from_variables(|name| Some(std::env::var_os(name)?.to_string_lossy().into_owned()))
    }

    /// Reads the variables that `lookup` knows, as [`from_env`](Self::from_env) does.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Variable`]: a proxy that is set and cannot be used is not passed over.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ProxyError> {
        let value = |name| lookup(name).filter(|value| !value.is_empty());
        let first =
            |names: &[&'static str]| names.iter().find_map(|&name| Some((name, value(name)?)));
        let proxy = |names| first(names).map(parse).transpose();
        // A CGI program gets each header of its request as a variable: `HTTP_` and the header's name.
        let is_cgi = value("REQUEST_METHOD").is_some();
        let plain: &[_] = match is_cgi {
            false => &["http_proxy", "HTTP_PROXY"],
            // Names ignore letter case there: both are the header.
            true if cfg!(windows) => &[],
            true => &["http_proxy"],
        };
        let plain = proxy(plain)?;
        let secure = proxy(&["https_proxy", "HTTPS_PROXY"])?;
        let all = proxy(&["all_proxy", "ALL_PROXY"])?;
        let no_proxy = first(&["no_proxy", "NO_PROXY"]).map(|(_, list)| NoProxy::parse(&list));
        Ok(Self {
            plain: plain.or_else(|| all.clone()),
            secure: secure.or(all),
            no_proxy: no_proxy.unwrap_or_default(),
        })
    }

    /// The proxy that `request` goes through; `None` to go to its server straight.
    pub fn proxy_for(&self, request: &ClientRequest) -> Option<&Proxy> {
        if self.no_proxy.matches(request.host(), request.port()) {
            return None;
        }
        if request.is_secure() { self.secure.as_ref() } else { self.plain.as_ref() }
    }
}

fn parse((name, value): (&'static str, String)) -> Result<Proxy, ProxyError> {
    let proxy = if value.contains("://") {
        Proxy::new(&value)
    } else {
        Proxy::new(&format!("http://{value}"))
    };
    proxy.map_err(|error| ProxyError::Variable { name, error: Box::new(error) })
}
