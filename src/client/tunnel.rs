//! The way through a proxy: bytes of its answers in, what it is asked out, and then the stream is
//! the server's.
//!
//! ```text
//! HTTP:    CONNECT host:port ──►   ◄── 2xx
//! SOCKS5:  methods ──►   ◄── method   [ user, password ──►   ◄── status ]   host, port ──►   ◄── reply
//! ```
//!
//! What follows the last answer stays in the input. Memory: one head within the limits of `Config` and
//! the body of a refusal, or a reply of at most 262 bytes.

use alloc::{boxed::Box, format};
use core::net::IpAddr;

use super::{
    Proxy, ProxyError,
    proxy::{HostPort, Protocol},
    socks::Socks,
};
use crate::{
    Config, HandshakeError, WriteBuffer,
    handshake::{AnswerReader, is_name},
};

/// A tunnel that a proxy opens: RFC 9110 §9.3.6 (CONNECT), or RFC 1928 (SOCKS5).
///
/// Write `output` after each call, and read for the next one; when the tunnel is open, the stream is
/// the server's.
#[derive(Debug)]
pub struct Tunnel(State);

#[derive(Debug)]
enum State {
    Http(AnswerReader),
    Socks(Socks),
    Open,
    Failed(ProxyError),
}

impl Tunnel {
    /// Writes what the proxy is asked first. `host`, a name or an address, and `port` are the server's:
    /// [`ClientRequest::host`](crate::ClientRequest::host) and
    /// [`port`](crate::ClientRequest::port).
    ///
    /// # Errors
    ///
    /// [`ProxyError::InvalidHost`]. Nothing is written then.
    pub fn start(
        proxy: &Proxy,
        host: &str,
        port: u16,
        config: &Config,
        output: &mut WriteBuffer,
    ) -> Result<Self, ProxyError> {
        // What may stand in a URL breaks out of no request.
        if host.parse::<IpAddr>().is_err() && !is_name(host.as_bytes()) {
            return Err(ProxyError::InvalidHost);
        }
        Ok(Self(match proxy.protocol {
            Protocol::Http => {
                write_connect(proxy, host, port, output);
                State::Http(AnswerReader::new(config))
            }
            Protocol::Socks5 => {
                State::Socks(Socks::start(proxy.credentials.as_ref(), host, port, output)?)
            }
        }))
    }

    /// Takes the proxy's answers off the front of `input`; may write to `output`. Returns whether the
    /// tunnel is open: what is left of `input` then is the server's.
    ///
    /// While it is not, `input` is used up.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Refused`] with the whole answer when CONNECT was answered with another status
    /// than 2xx; the variants for SOCKS5; [`ProxyError::Head`]. Close the transport. Later calls
    /// return the same error.
    pub fn receive(
        &mut self,
        input: &mut &mut [u8],
        output: &mut WriteBuffer,
    ) -> Result<bool, ProxyError> {
        self.step(input, output).inspect_err(|error| self.0 = State::Failed(error.clone()))
    }

    /// Takes the end of the transport: the error that says why there is no tunnel.
    pub fn receive_end(&mut self) -> ProxyError {
        let error = match &mut self.0 {
            State::Http(answer) => answer_error(answer.receive_end()),
            State::Socks(_) | State::Open => ProxyError::UnexpectedEnd,
            State::Failed(error) => error.clone(),
        };
        self.0 = State::Failed(error.clone());
        error
    }

    fn step(
        &mut self,
        input: &mut &mut [u8],
        output: &mut WriteBuffer,
    ) -> Result<bool, ProxyError> {
        let is_open = match &mut self.0 {
            // RFC 9110 §9.3.6: any 2xx, and no content follows it whatever its headers say.
            State::Http(answer) => answer
                .receive(input, |status| matches!(status, 200..=299))
                .map_err(answer_error)?
                .is_some(),
            State::Socks(socks) => socks.receive(input, output)?,
            State::Open => true,
            State::Failed(error) => return Err(error.clone()),
        };
        if is_open {
            self.0 = State::Open;
        }
        Ok(is_open)
    }
}

/// RFC 9110 §9.3.6: the target is host and port, always both; §7.2: so is Host.
fn write_connect(proxy: &Proxy, host: &str, port: u16, output: &mut WriteBuffer) {
    let place = HostPort(host, port);
    let mut head = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n");
    if let Some(credentials) = &proxy.credentials {
        head.extend(["Proxy-Authorization: ", &credentials.basic(), "\r\n"]);
    }
    head.push_str("\r\n");
    output.put_slice(head.as_bytes());
}

fn answer_error(error: HandshakeError) -> ProxyError {
    match error {
        HandshakeError::Refused(response) => ProxyError::Refused(response),
        HandshakeError::UnexpectedEnd => ProxyError::UnexpectedEnd,
        error => ProxyError::Head(Box::new(error)),
    }
}
