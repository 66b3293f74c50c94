//! What a client needs around its handshake: the way through a proxy.

mod error;
mod no_proxy;
mod proxies;
mod proxy;

pub use error::ProxyError;
pub use proxies::Proxies;
pub use proxy::Proxy;
