//! What lies between a URL and a WebSocket: [`Client`] says how to connect, and the `connect_with` of an
//! adapter does it.
//!
//! ```text
//! Client ──► addresses, or Proxies ──► Proxy ──► Tunnel ──► TLS ──► ClientHandshake ──► a redirect?
//! ```
//!
//! The rest is what it is made of, without I/O. CONNECT by hand, over any stream:
//!
//! ```
//! use std::io::{self, Read, Write};
//! use bytes::Buf;
//! use fullduplex::{
//!     ClientRequest, Config, HandshakeError, WriteBuffer,
//!     client::{Proxy, Tunnel},
//! };
//!
//! /// Opens a tunnel; returns what was read of the server's bytes.
//! fn tunnel(
//!     stream: &mut (impl Read + Write),
//!     proxy: &Proxy,
//!     request: &ClientRequest,
//! ) -> io::Result<Vec<u8>> {
//!     let failed = |error| io::Error::other(HandshakeError::Proxy(error));
//!     let (mut output, config) = (WriteBuffer::new(), Config::default());
//!     let mut tunnel = Tunnel::start(proxy, request.host(), request.port(), &config, &mut output)
//!         .map_err(failed)?;
//!     let mut block = [0; 4096];
//!     loop {
//!         while output.has_remaining() {
//!             let written = stream.write(output.chunk())?;
//!             output.advance(written);
//!         }
//!         let len = stream.read(&mut block)?;
//!         if len == 0 {
//!             return Err(failed(tunnel.receive_end()));
//!         }
//!         let mut input = &mut block[..len];
//!         if tunnel.receive(&mut input, &mut output).map_err(failed)? {
//!             return Ok(input.to_vec()); // none where the client speaks first, as in TLS and HTTP
//!         }
//!     }
//! }
//!
//! # struct Stream(io::Cursor<&'static [u8]>, Vec<u8>);
//! # impl Read for Stream { fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> { self.0.read(buf) } }
//! # impl Write for Stream {
//! #     fn write(&mut self, buf: &[u8]) -> io::Result<usize> { self.1.write(buf) }
//! #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
//! # }
//! # let mut stream = Stream(io::Cursor::new(b"HTTP/1.1 200 OK\r\n\r\n"), Vec::new());
//! let proxy = Proxy::new("http://me:secret@proxy.example:3128").map_err(HandshakeError::from)?;
//! let request = ClientRequest::new("wss://server.example/chat")?;
//! assert!(tunnel(&mut stream, &proxy, &request)?.is_empty());
//! # assert!(stream.1.starts_with(b"CONNECT server.example:443 HTTP/1.1\r\nHost: server.example:443\r\nProxy-Auth"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "std")]
mod attempts;
#[cfg(feature = "std")]
mod builder;
mod error;
mod no_proxy;
mod proxies;
mod proxy;
mod socks;
#[cfg(feature = "std")]
#[cfg_attr(not(feature = "rustls"), path = "no_tls.rs")]
mod tls;
mod tunnel;

#[cfg(feature = "std")]
pub(crate) use attempts::{ATTEMPT_DELAY, in_order};
#[cfg(feature = "std")]
pub use builder::Client;
#[cfg(feature = "std")]
pub(crate) use builder::{Route, tunnel_error};
pub use error::ProxyError;
pub use proxies::Proxies;
pub use proxy::Proxy;
#[cfg(feature = "std")]
pub(crate) use tls::Tls;
#[cfg(feature = "http2")]
pub(crate) use tls::over_http2;
pub use tunnel::Tunnel;
