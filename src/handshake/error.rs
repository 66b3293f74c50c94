//! What can go wrong before a connection begins.

use alloc::{boxed::Box, format, string::String};
use core::{fmt, ops::Deref};

use super::Response;
use crate::client::ProxyError;

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The head is not HTTP/1.1.
    #[error("malformed HTTP head")]
    MalformedHead,
    /// The head has more than [`Config::max_head_len`](crate::Config::max_head_len) bytes.
    #[error("HTTP head of more than {limit} bytes")]
    HeadTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The head has more than [`Config::max_headers`](crate::Config::max_headers) headers.
    #[error("HTTP head of more than {limit} headers")]
    TooManyHeaders {
        /// The limit.
        limit: usize,
    },
    /// The transport ended before the handshake was complete.
    #[error("the connection ended during the handshake")]
    UnexpectedEnd,
    /// Another version of HTTP than 1.1.
    #[error("HTTP version is not 1.1")]
    UnsupportedHttpVersion,

    /// An upgrade with another method than GET (RFC 6455 §4.2.1 #1).
    #[error("method of an upgrade is not GET")]
    MethodNotGet,
    /// A request target that is neither a path nor an http URI (§4.2.1 #1).
    #[error("invalid request target")]
    InvalidTarget,
    /// No Host, or more than one (§4.2.1 #2).
    #[error("the request needs exactly one Host header")]
    InvalidHost,
    /// A request with a body: its bytes would pass for frames.
    #[error("a request with a body cannot be upgraded")]
    UnexpectedBody,
    /// A good HTTP request that does not ask for a WebSocket.
    #[error("this resource is a WebSocket")]
    NotAnUpgrade,
    /// A request over HTTP/2 or HTTP/3 that is no extended CONNECT (RFC 8441 §4).
    #[error("over HTTP/2, a WebSocket begins with an extended CONNECT")]
    NotAnExtendedConnect,
    /// An extended CONNECT for another protocol than `websocket` (RFC 8441 §4, RFC 9220 §3).
    #[error("unknown :protocol")]
    UnknownProtocol,
    /// An extended CONNECT without `:scheme`, `:authority` or `:path`, or `:protocol` in a request of
    /// another method (RFC 8441 §4).
    #[error("invalid pseudo-headers")]
    InvalidPseudoHeaders,
    /// `Connection`, `Upgrade` or `Transfer-Encoding` over HTTP/2 or HTTP/3 (RFC 8441 §5, RFC 9113
    /// §8.2.2).
    #[error("a header of HTTP/1.1 in an extended CONNECT")]
    ConnectionSpecificHeader,
    /// `Connection` without the token `Upgrade`, in a request (§4.2.1 #4) or an answer (§4.1).
    #[error("Connection header without the token Upgrade")]
    MissingConnectionUpgrade,
    /// No `Sec-WebSocket-Key`, more than one, or not the base64 of 16 bytes (§4.2.1 #5).
    #[error("Sec-WebSocket-Key is not one base64 value of 16 bytes")]
    InvalidKey,
    /// No `Sec-WebSocket-Version`, or more than one (§4.2.1 #6); over HTTP/2 also another version than 13.
    #[error("the request needs exactly one Sec-WebSocket-Version header, 13")]
    InvalidVersion,
    /// Another version than 13 (§4.2.2 #4, §4.4).
    #[error("Sec-WebSocket-Version is not 13")]
    UnsupportedVersion,
    /// `Sec-WebSocket-Protocol` is not a list of different tokens (§4.1 #10).
    #[error("malformed Sec-WebSocket-Protocol header")]
    InvalidSubprotocols,
    /// `Sec-WebSocket-Extensions` does not follow its grammar (§9.1).
    #[error("malformed Sec-WebSocket-Extensions header")]
    InvalidExtensions,
    /// The HTTP library has no connection for the WebSocket: another layer has taken it.
    #[error("the connection of the request cannot be had")]
    NotUpgradable,
    /// The request's Origin is not allowed (§10.2).
    #[error("the request's origin is not allowed")]
    ForbiddenOrigin,

    /// The server answered something else than 101, or over HTTP/2 than 200 to 299; the answer is here
    /// whole (§4.1).
    #[error("the server answered with status {}", .0.status)]
    Refused(Box<Response>),
    /// The server takes no WebSocket over HTTP/2: it did not send `SETTINGS_ENABLE_CONNECT_PROTOCOL`
    /// (RFC 8441 §3), or by TLS did not agree to HTTP/2 at all.
    #[error("the server takes no WebSocket over HTTP/2")]
    NoExtendedConnect,
    /// A 101 without `Upgrade: websocket` (§4.1).
    #[error("Upgrade header of the answer is not websocket")]
    MissingUpgrade,
    /// No `Sec-WebSocket-Accept`, more than one, or not the value that the key asks for (§4.1).
    #[error("Sec-WebSocket-Accept does not match the key")]
    InvalidAccept,
    /// The server's answer does not fit the compression that was offered (RFC 7692 §5.1, §7.1).
    #[error("the server chose a compression that was not offered")]
    InvalidCompression,
    /// The server chose an extension that was not offered (§4.1).
    #[error("the server chose the extension {0:?}, which was not offered")]
    UnofferedExtension(String),
    /// The server chose no subprotocol although one is required.
    #[error("the server chose no subprotocol")]
    MissingSubprotocol,

    /// A subprotocol was chosen that was not offered (§4.1, §4.2.2): this one, and it may be a token.
    #[error("a subprotocol was chosen that was not offered")]
    UnofferedSubprotocol(HiddenText),

    /// The `Location` of a redirect is no URL to go to: another scheme, no host, a control character
    /// (RFC 9110 §10.2.2), or user information (§4.2.4).
    #[error("invalid Location of a redirect: {0}")]
    InvalidLocation(InvalidUrl),
    /// A redirect from `wss` to `ws`: what was asked for over TLS is not asked for without it.
    #[error("redirect from wss to ws")]
    InsecureRedirect,
    /// More redirects than `client::Client::max_redirects` allows.
    #[error("more than {limit} redirects")]
    TooManyRedirects {
        /// The limit.
        limit: u32,
    },
    /// There is no way through the proxy.
    #[error(transparent)]
    Proxy(#[from] ProxyError),

    /// The caller's URL.
    #[error("invalid WebSocket URL: {0}")]
    InvalidUrl(#[from] InvalidUrl),
    /// A header of the caller's that cannot be written, or that the handshake itself writes.
    #[error("the header {0:?} cannot be set")]
    InvalidHeader(String),
    /// A status of the caller's that is no final one (200 to 599).
    #[error("status {0} cannot answer a request")]
    InvalidStatus(u16),
}

/// Text that may be a secret: it has no `Display`, and its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct HiddenText(String);

impl Deref for HiddenText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for HiddenText {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for HiddenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// What is wrong with the URL of a WebSocket (RFC 6455 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// Something else than `ws://` or `wss://`, or their aliases `http://` and `https://`.
    #[error("the scheme is not ws or wss")]
    Scheme,
    /// A user name or a password that cannot be sent (RFC 7617 §2): percent-decoded, there is a
    /// control character in one of them or a colon in the user name; or a character in them must be
    /// percent-encoded, such as `@`.
    #[error("user information that cannot be sent")]
    UserInfo,
    /// No host, or a character that no host has. Names beyond ASCII are written in punycode.
    #[error("no valid host")]
    Host,
    /// A port that is not 1 to 65535.
    #[error("no valid port")]
    Port,
    /// A character that must be percent-encoded.
    #[error("a character that must be percent-encoded")]
    Resource,
    /// `wss`, without the feature for TLS (`rustls`, `tokio-rustls`) or without roots to trust
    /// (`webpki-roots`, `native-roots`, or a configuration of one's own). Or connect a TLS stream, and use
    /// `connect_over`.
    #[error("wss needs the feature rustls or tokio-rustls, and webpki-roots or native-roots")]
    NeedsTls,
    /// A fragment: `#` has no meaning here (§3).
    #[error("a fragment has no meaning for a WebSocket")]
    Fragment,
}

impl HandshakeError {
    /// The HTTP status that tells the client: 400, 403, 405, 426, 431, 501 or 505; 500 where the fault is
    /// not the client's.
    pub const fn status(&self) -> u16 {
        match self {
            Self::MalformedHead
            | Self::UnexpectedEnd
            | Self::InvalidTarget
            | Self::InvalidHost
            | Self::UnexpectedBody
            | Self::InvalidPseudoHeaders
            | Self::ConnectionSpecificHeader
            | Self::MissingConnectionUpgrade
            | Self::InvalidKey
            | Self::InvalidVersion
            | Self::InvalidSubprotocols
            | Self::InvalidExtensions => 400,
            Self::ForbiddenOrigin => 403,
            Self::MethodNotGet | Self::NotAnExtendedConnect => 405,
            Self::NotAnUpgrade | Self::UnsupportedVersion => 426,
            Self::HeadTooLong { .. } | Self::TooManyHeaders { .. } => 431,
            Self::UnknownProtocol => 501,
            Self::UnsupportedHttpVersion => 505,
            _ => 500,
        }
    }

    /// The answer that tells the client: the status, the reason as text, and the headers that the
    /// status asks for. [`ServerHandshake::refuse`](crate::ServerHandshake::refuse) leaves the text out
    /// where a HEAD request asked. Over HTTP/2 and HTTP/3, names are sent in lower case and `Upgrade` is
    /// left out (RFC 9113 §8.2).
    pub fn response(&self) -> Response {
        let status = self.status();
        // What is wrong with the server itself is for its log, not for the client.
        let text = if status == 500 { "internal error\n".into() } else { format!("{self}\n") };
        let response = Response::text(status, &text);
        match self {
            Self::MethodNotGet => response.header("Allow", "GET"),
            Self::NotAnExtendedConnect => response.header("Allow", "CONNECT"),
            // RFC 6455 §4.4: the versions that the server supports.
            Self::InvalidVersion => response.header("Sec-WebSocket-Version", super::VERSION),
            // RFC 9110 §15.5.22: a 426 names the protocol to upgrade to.
            Self::NotAnUpgrade | Self::UnsupportedVersion => response
                .header("Upgrade", "websocket")
                .header("Sec-WebSocket-Version", super::VERSION),
            _ => response,
        }
    }
}
