//! The limits of a connection, each with its reason.

use core::time::Duration;

#[cfg(feature = "deflate")]
use crate::Compression;

/// The limits of a connection and of its handshake.
///
/// ```
/// let mut config = fullduplex::Config::default();
/// config.max_message_len = 1024 * 1024;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The longest message that is received, in bytes: 16 MiB.
    ///
    /// A frame that would pass it is refused on its header, before the payload is buffered (1009).
    /// No application protocol with larger messages should get them by default.
    /// [`Connection::receive_chunk`](crate::Connection::receive_chunk) holds no message, and has no
    /// such limit.
    pub max_message_len: u64,
    /// The most frames in one message that is received, empty ones counted: 131,072.
    ///
    /// Past it the connection fails (1008), or a peer could keep it busy with empty frames for ever.
    /// Nor does this limit [`Connection::receive_chunk`](crate::Connection::receive_chunk), whose
    /// caller can tell how long a message takes.
    pub max_message_frames: u32,
    /// The longest HTTP head of a handshake, in bytes: 16 KiB.
    ///
    /// A server answers 431 past it. A request that comes through a CDN with cookies has 9 KiB. At a
    /// client, informational answers (1xx) and the answer that follows them share it.
    pub max_head_len: usize,
    /// The most headers in the HTTP head of a handshake: 100. A server answers 431 past it.
    pub max_headers: usize,
    /// The longest body that a client reads of an answer that refuses the handshake: 64 KiB.
    ///
    /// What is longer is cut: the body is for a person who reads the error.
    pub max_refusal_body_len: usize,
    /// How to compress messages, if the peer can (RFC 7692): `None`, not at all.
    ///
    /// It costs time and memory, and tells the lengths of what it is given: see [`Compression`].
    #[cfg(feature = "deflate")]
    pub compression: Option<Compression>,
    /// How long nothing may come before the peer is asked with a Ping: 20 s. `None`: never.
    ///
    /// Proxies and routers forget connections that are silent for 30 s or 60 s, and a peer that lost
    /// its network says nothing at all.
    pub ping_interval: Option<Duration>,
    /// How long nothing may come after that Ping before the connection ends with
    /// [`Timeout::Pong`](crate::Timeout::Pong): 20 s. Any byte is a sign of life.
    pub pong_timeout: Duration,
    /// How long no message may come or go before the connection ends with
    /// [`Timeout::Idle`](crate::Timeout::Idle), at the latest after twice that: `None`, without a
    /// limit. A part of a message counts, a Ping does not.
    pub idle_timeout: Option<Duration>,
    /// How long after a Close was sent, and what stood before it, the peer may take to answer it, and
    /// then to end the transport, before [`Timeout::Close`](crate::Timeout::Close): 10 s.
    ///
    /// A peer that failed has that long to read why (RFC 6455 §7.1.1): a socket that is dropped with
    /// unread bytes is reset.
    pub close_timeout: Duration,
    /// How long the stream may take nothing of what is to be written before
    /// [`Timeout::Write`](crate::Timeout::Write): 20 s.
    ///
    /// A peer that sends and never reads is alive for all other limits. What a stream holds back for a
    /// while (TLS, a `BufWriter`) counts as taken when the stream takes it.
    pub write_timeout: Duration,
    /// How long a handshake may take from the first byte waited for to the last one written, before
    /// [`Timeout::Handshake`](crate::Timeout::Handshake): 10 s. The adapters keep it.
    ///
    /// A client that sends its head a byte at a time holds a socket, and nothing else, for that long.
    pub handshake_timeout: Duration,
    /// How many bytes wait to be written before `feed` waits: 64 KiB.
    ///
    /// Above it a ping is answered later, and only the latest one (RFC 6455 §5.5.3). A single
    /// message may pass it; a Close always does.
    pub write_high_water: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_message_len: 16 * 1024 * 1024,
            max_message_frames: 128 * 1024,
            max_head_len: 16 * 1024,
            max_headers: 100,
            max_refusal_body_len: 64 * 1024,
            #[cfg(feature = "deflate")]
            compression: None,
            ping_interval: Some(Duration::from_secs(20)),
            pong_timeout: Duration::from_secs(20),
            idle_timeout: None,
            close_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(20),
            handshake_timeout: Duration::from_secs(10),
            write_high_water: 64 * 1024,
        }
    }
}
