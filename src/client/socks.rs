//! SOCKS5 (RFC 1928) with a user name and a password (RFC 1929): the client's side of CONNECT.
//!
//! Nothing is asked before the last question was answered. Memory: one reply, at most 262 bytes.

use alloc::vec::Vec;
use core::{mem, net::IpAddr};

use super::ProxyError;
use crate::{WriteBuffer, handshake::Credentials};

/// Waits for the proxy's next reply.
#[derive(Debug)]
pub(super) struct Socks {
    stage: Stage,
    /// The reply, as far as it came.
    reply: Vec<u8>,
    credentials: Option<Credentials>,
    /// Asks for the connection, when the proxy has taken the client.
    request: Vec<u8>,
}

/// What the proxy was asked last.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Method,
    Login,
    Connect,
}

impl Socks {
    /// Writes the methods of authentication (RFC 1928 §3).
    pub(super) fn start(
        credentials: Option<&Credentials>,
        host: &str,
        port: u16,
        output: &mut WriteBuffer,
    ) -> Result<Self, ProxyError> {
        let request = request(host, port)?;
        let methods: &[u8] = match credentials {
            None => &[VERSION, 1, NO_AUTHENTICATION],
            Some(_) => &[VERSION, 2, NO_AUTHENTICATION, LOGIN],
        };
        output.put_slice(methods);
        Ok(Self {
            stage: Stage::Method,
            reply: Vec::new(),
            credentials: credentials.cloned(),
            request,
        })
    }

    /// Takes replies off the front of `input`; returns whether the last one came.
    pub(super) fn receive(
        &mut self,
        input: &mut &mut [u8],
        output: &mut WriteBuffer,
    ) -> Result<bool, ProxyError> {
        // A reply is short, and only its bytes tell how long it is.
        while let [byte, rest @ ..] = mem::take(input) {
            *input = rest;
            self.reply.push(*byte);
            if self.step(output)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Looks at the reply after each of its bytes; returns whether it is whole and the last one.
    fn step(&mut self, output: &mut WriteBuffer) -> Result<bool, ProxyError> {
        match self.stage {
            Stage::Method => self.take_method(output)?,
            Stage::Login => self.take_status(output)?,
            Stage::Connect => return is_connected(&self.reply),
        }
        Ok(false)
    }

    /// RFC 1928 §3: one of the methods that were offered, or none.
    fn take_method(&mut self, output: &mut WriteBuffer) -> Result<(), ProxyError> {
        match (&self.reply[..], &self.credentials) {
            ([VERSION], _) => {}
            ([VERSION, NO_AUTHENTICATION], _) => self.connect(output),
            ([VERSION, LOGIN], Some(credentials)) => {
                write_login(credentials, output);
                self.ask(Stage::Login);
            }
            ([VERSION, NO_METHOD], _) => return Err(ProxyError::NoAcceptableMethod),
            _ => return Err(ProxyError::MalformedReply),
        }
        Ok(())
    }

    /// RFC 1929 §2: any status but 0 is a failure.
    fn take_status(&mut self, output: &mut WriteBuffer) -> Result<(), ProxyError> {
        match self.reply[..] {
            [LOGIN_VERSION] => {}
            [LOGIN_VERSION, SUCCEEDED] => self.connect(output),
            [LOGIN_VERSION, _] => return Err(ProxyError::LoginRefused),
            _ => return Err(ProxyError::MalformedReply),
        }
        Ok(())
    }

    fn connect(&mut self, output: &mut WriteBuffer) {
        output.put_slice(&self.request);
        self.ask(Stage::Connect);
    }

    fn ask(&mut self, stage: Stage) {
        self.stage = stage;
        self.reply.clear();
    }
}

/// RFC 1928 §6: the reply, a zero, and the address that the proxy is bound to, which nobody needs.
fn is_connected(reply: &[u8]) -> Result<bool, ProxyError> {
    match reply {
        [VERSION] | [VERSION, SUCCEEDED] | [VERSION, SUCCEEDED, RESERVED] => Ok(false),
        [VERSION, code] => Err(refusal(*code)),
        [VERSION, SUCCEEDED, RESERVED, kind, bound @ ..] => {
            let address_len = match (*kind, bound) {
                (IPV4, _) => 4,
                (IPV6, _) => 16,
                (NAME, []) => return Ok(false),
                (NAME, [len, ..]) => 1 + usize::from(*len),
                _ => return Err(ProxyError::MalformedReply),
            };
            Ok(bound.len() == address_len + PORT_LEN)
        }
        _ => Err(ProxyError::MalformedReply),
    }
}

/// Tells user name and password (RFC 1929 §2); `Proxy::new` has bounded both.
fn write_login(Credentials { user, password }: &Credentials, output: &mut WriteBuffer) {
    let (user_len, password_len) = (user.len() as u8, password.len() as u8);
    output.put_slice(&[&[LOGIN_VERSION, user_len], &user[..], &[password_len], password].concat());
}

/// Asks for a connection to a host (RFC 1928 §4, §5): an address as such, a name for the proxy to
/// resolve.
fn request(host: &str, port: u16) -> Result<Vec<u8>, ProxyError> {
    let mut request = [VERSION, CONNECT, RESERVED].to_vec();
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend(address.octets());
        }
        Err(_) => {
            let len = u8::try_from(host.len()).map_err(|_| ProxyError::InvalidHost)?;
            request.extend([NAME, len]);
            request.extend(host.bytes());
        }
    }
    request.extend(port.to_be_bytes());
    Ok(request)
}

/// RFC 1928 §6.
const fn refusal(code: u8) -> ProxyError {
    match code {
        1 => ProxyError::GeneralFailure,
        2 => ProxyError::NotAllowed,
        3 => ProxyError::NetworkUnreachable,
        4 => ProxyError::HostUnreachable,
        5 => ProxyError::ConnectionRefused,
        6 => ProxyError::TtlExpired,
        7 => ProxyError::CommandNotSupported,
        8 => ProxyError::AddressTypeNotSupported,
        code => ProxyError::UnknownReply(code),
    }
}

/// Of SOCKS (RFC 1928 §3).
const VERSION: u8 = 5;
/// Methods of authentication (RFC 1928 §3).
const NO_AUTHENTICATION: u8 = 0;
const LOGIN: u8 = 2;
const NO_METHOD: u8 = 0xff;
/// Of the negotiation by user name and password (RFC 1929 §2).
const LOGIN_VERSION: u8 = 1;
/// RFC 1928 §4.
const CONNECT: u8 = 1;
const RESERVED: u8 = 0;
/// RFC 1928 §6, RFC 1929 §2.
const SUCCEEDED: u8 = 0;
/// Types of an address (RFC 1928 §5).
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
const PORT_LEN: usize = 2;
