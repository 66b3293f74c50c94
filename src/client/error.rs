//! What can go wrong between a client and its proxy.

use alloc::boxed::Box;

use crate::{HandshakeError, InvalidUrl, Response};

/// Why there is no way through a proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The proxy's URL is none of `http://`, `socks5://` and `socks5h://`.
    #[error("the scheme of the proxy's URL is not http, socks5 or socks5h")]
    Scheme,
    /// `https://`: TLS to the proxy itself is not supported.
    #[error("TLS to the proxy itself (https) is not supported")]
    TlsToProxy,
    /// The proxy's URL has a path, a query or a fragment.
    #[error("a path in the proxy's URL")]
    Path,
    /// The user information, the host or the port of the proxy's URL. For SOCKS5 a user name of 1 to
    /// 255 bytes and a password of up to 255 can be sent (RFC 1929 §2).
    #[error("invalid URL of the proxy: {0}")]
    InvalidUrl(#[from] InvalidUrl),
    /// A variable of the environment that names no proxy.
    #[error("in the environment variable {name}: {error}")]
    Variable {
        /// The variable's name.
        name: &'static str,
        /// What is wrong with its value.
        #[source]
        error: Box<ProxyError>,
    },
    /// The host to reach is no name and no address, or for SOCKS5 a name of more than 255 bytes
    /// (RFC 1928 §5).
    #[error("the host to reach through the proxy is no valid host")]
    InvalidHost,
    /// The proxy ended the transport before the tunnel was open.
    #[error("the proxy ended the connection before the tunnel was open")]
    UnexpectedEnd,
    /// Bytes came behind the proxy's answer, although nothing was asked of the server yet.
    #[error("bytes of the server's before it was asked anything")]
    UnexpectedBytes,

    /// The head of the proxy's answer to CONNECT is malformed, or over a limit of
    /// [`Config`](crate::Config).
    #[error("the proxy's answer: {0}")]
    Head(#[source] Box<HandshakeError>),
    /// The proxy answered CONNECT with another status than 2xx; the answer is here whole, its body up
    /// to [`Config::max_refusal_body_len`](crate::Config::max_refusal_body_len) (RFC 9110 §9.3.6).
    #[error("the proxy answered with status {}", .0.status)]
    Refused(Box<Response>),

    /// The proxy does not speak SOCKS5: a reply with a wrong version, an address of no known type, or
    /// a method that was not offered (RFC 1928 §3, §6).
    #[error("malformed SOCKS5 reply")]
    MalformedReply,
    /// The proxy wants another authentication than is at hand: one with user name and password if
    /// its URL has none, or one that is not supported (RFC 1928 §3).
    #[error("the SOCKS5 proxy wants another authentication")]
    NoAcceptableMethod,
    /// The proxy does not know the user name or the password (RFC 1929 §2).
    #[error("the SOCKS5 proxy refused the user name or the password")]
    LoginRefused,
    /// Reply 1 (RFC 1928 §6).
    #[error("the SOCKS5 proxy failed")]
    GeneralFailure,
    /// Reply 2: the proxy's rules do not allow the connection (RFC 1928 §6).
    #[error("the SOCKS5 proxy does not allow the connection")]
    NotAllowed,
    /// Reply 3 (RFC 1928 §6).
    #[error("the SOCKS5 proxy cannot reach the network")]
    NetworkUnreachable,
    /// Reply 4, also for a name that the proxy cannot resolve (RFC 1928 §6).
    #[error("the SOCKS5 proxy cannot reach the host")]
    HostUnreachable,
    /// Reply 5: the host refused the connection (RFC 1928 §6).
    #[error("the host refused the SOCKS5 proxy's connection")]
    ConnectionRefused,
    /// Reply 6 (RFC 1928 §6).
    #[error("the SOCKS5 proxy's connection timed out")]
    TtlExpired,
    /// Reply 7: the proxy does not know CONNECT (RFC 1928 §6).
    #[error("the SOCKS5 proxy does not support CONNECT")]
    CommandNotSupported,
    /// Reply 8: the proxy does not know names, or IPv6 (RFC 1928 §6).
    #[error("the SOCKS5 proxy does not support this type of address")]
    AddressTypeNotSupported,
    /// A reply that RFC 1928 gives no meaning.
    #[error("the SOCKS5 proxy answered with code {0:#04x}")]
    UnknownReply(u8),
}
