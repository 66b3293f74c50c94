//! The client's side: a request out, the server's answer in and checked.
//!
//! [`ClientHandshake::check`] is the one place for the rules of RFC 6455 §4.1 for an answer.

use alloc::{string::String, vec::Vec};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    Accepted, HandshakeError, Headers, Response, VERSION, accept_value,
    agreed::Agreed,
    answer::AnswerReader,
    headers::is_token,
    is_handshake_header,
    known::{Known, Name, Single},
    response::{write_field, write_headers},
    url::Url,
};
use crate::{Config, Nonce, Role, WriteBuffer, hidden::Hidden};

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    pub(super) url: Url,
    pub(super) headers: Headers,
    pub(super) subprotocols: Hidden<Vec<String>>,
    pub(super) requires_subprotocol: bool,
}

/// Waits for the answer to a request that was written.
#[derive(Debug)]
pub struct ClientHandshake {
    accept: [u8; super::ACCEPT_LEN],
    subprotocols: Hidden<Vec<String>>,
    requires_subprotocol: bool,
    config: Config,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting(AnswerReader),
    Failed(HandshakeError),
}

impl ClientRequest {
    /// Makes a request for `url`: `ws://[user:password@]host[:port][/path][?query]`, or `wss`. `http`
    /// and `https` are taken for the same.
    ///
    /// User name and password, percent-decoded, are sent as Basic authentication (RFC 7617), unless
    /// the request has an `Authorization` header of your own.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::InvalidUrl`] says which part.
    pub fn new(url: &str) -> Result<Self, HandshakeError> {
        Ok(Self {
            url: Url::parse(url)?,
            headers: Headers::new(),
            subprotocols: Hidden::default(),
            requires_subprotocol: false,
        })
    }

    /// Adds a header, such as `Authorization`, `Cookie` or `Origin`.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push(name, value);
        self
    }

    /// Offers a subprotocol (RFC 6455 §1.9); the first one is the one that the client likes best.
    #[must_use]
    pub fn subprotocol(mut self, name: &str) -> Self {
        self.subprotocols.push(name.into());
        self
    }

    /// Makes an answer without a subprotocol an error, as in browsers (WHATWG); RFC 6455 allows it.
    #[must_use]
    pub fn require_subprotocol(mut self) -> Self {
        self.requires_subprotocol = true;
        self
    }

    /// Whether the URL asks for TLS (`wss`).
    pub fn is_secure(&self) -> bool {
        self.url.secure
    }

    /// The host to connect to: a name or an address, in lower case; one of IPv6 comes without its
    /// brackets.
    pub fn host(&self) -> &str {
        &self.url.host
    }

    /// The port to connect to: the URL's, or the scheme's default (80, 443).
    pub fn port(&self) -> u16 {
        self.url.port
    }

    fn write(
        &self,
        key: &[u8; KEY_LEN],
        extensions: Option<String>,
        output: &mut WriteBuffer,
    ) -> Result<(), HandshakeError> {
        self.headers
            .check(|name| is_handshake_header(name) || name.eq_ignore_ascii_case("host"))?;
        let mut offered = self.subprotocols.iter();
        while let Some(name) = offered.next() {
            // §4.1 #10: tokens, all different.
            if !is_token(name.as_bytes()) || offered.as_slice().contains(name) {
                return Err(HandshakeError::InvalidSubprotocols);
            }
        }
        output.append(REQUEST_LEN, |head| {
            let Url { resource, authority, .. } = &self.url;
            let start = ["GET ", resource, " HTTP/1.1\r\nHost: ", authority, "\r\n"];
            for part in start {
                head.extend_from_slice(part.as_bytes());
            }
            head.extend_from_slice(UPGRADE);
            head.extend_from_slice(key);
            write_field(b"\r\nSec-WebSocket-Version", VERSION.as_bytes(), head);
            if !self.subprotocols.is_empty() {
                let subprotocols = self.subprotocols.join(", ");
                write_field(b"Sec-WebSocket-Protocol", subprotocols.as_bytes(), head);
            }
            if let Some(extensions) = extensions {
                write_field(b"Sec-WebSocket-Extensions", extensions.as_bytes(), head);
            }
            if let Some(credentials) = &self.url.credentials
                && self.headers.values(AUTHORIZATION).next().is_none()
            {
                write_field(AUTHORIZATION.as_bytes(), credentials.basic().as_bytes(), head);
            }
            write_headers(&self.headers, head);
            head.extend_from_slice(b"\r\n");
        });
        Ok(())
    }
}

impl ClientHandshake {
    /// Writes the request. `nonce` is for this handshake alone (§4.1 #7).
    ///
    /// # Errors
    ///
    /// A header or a subprotocol that cannot be written. Nothing is written then.
    pub fn start(
        request: &ClientRequest,
        nonce: Nonce,
        config: &Config,
        output: &mut WriteBuffer,
    ) -> Result<Self, HandshakeError> {
        let key = key(nonce);
        request.write(&key, Agreed::offer(config), output)?;
        Ok(Self {
            accept: accept_value(&key),
            subprotocols: request.subprotocols.clone(),
            requires_subprotocol: request.requires_subprotocol,
            config: config.clone(),
            state: State::Waiting(AnswerReader::new(config)),
        })
    }

    /// Takes the answer off the front of `input`; what follows it stays there. Returns what was
    /// agreed on, and the answer with its headers.
    ///
    /// Returns `None` when `input` is used up and the answer is not whole.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::Refused`] with the whole answer when the server said something else than
    /// 101; another error when its 101 breaks a rule of §4.1. Close the transport. Later calls
    /// return the same error.
    pub fn receive(
        &mut self,
        input: &mut &mut [u8],
    ) -> Result<Option<(Accepted, Response)>, HandshakeError> {
        self.step(input).inspect_err(|error| self.state = State::Failed(error.clone()))
    }

    /// Takes the end of the transport: the error that says why there is no connection.
    pub fn receive_end(&mut self) -> HandshakeError {
        let error = match &mut self.state {
            State::Waiting(answer) => answer.receive_end(),
            State::Failed(error) => error.clone(),
        };
        self.state = State::Failed(error.clone());
        error
    }

    /// What to report when the stream failed: the refusal, as far as it came, or else that.
    #[cfg(feature = "std")]
    pub(crate) fn receive_failure(&mut self, error: crate::Error) -> crate::Error {
        match &self.state {
            State::Waiting(answer) if answer.is_refused() => self.receive_end().into(),
            _ => error,
        }
    }

    fn step(
        &mut self,
        input: &mut &mut [u8],
    ) -> Result<Option<(Accepted, Response)>, HandshakeError> {
        match &mut self.state {
            State::Waiting(answer) => match answer.receive(input, |status| status == 101)? {
                Some(response) => self.accept(response).map(Some),
                None => Ok(None),
            },
            State::Failed(error) => Err(error.clone()),
        }
    }

    fn accept(&mut self, response: Response) -> Result<(Accepted, Response), HandshakeError> {
        let known = Known::new(&response.headers);
        let subprotocol = self.check(&known)?;
        // #5: only what was offered.
        let agreed = Agreed::take(&known, &self.config)?;
        let accepted = Accepted {
            role: Role::Client,
            config: self.config.clone(),
            subprotocol: Hidden(subprotocol),
            agreed,
        };
        Ok((accepted, response))
    }

    /// The rules of §4.1 for a 101; returns the chosen subprotocol.
    fn check(&self, known: &Known<'_>) -> Result<Option<String>, HandshakeError> {
        // #2, #3: in any letter case.
        if !known.has_token(Name::Upgrade, "websocket") {
            return Err(HandshakeError::MissingUpgrade);
        }
        if !known.has_token(Name::Connection, "Upgrade") {
            return Err(HandshakeError::MissingConnectionUpgrade);
        }
        // #4: exactly the value, once (§11.3.3).
        match known.single(Name::Accept) {
            Single::Value(value) if value == self.accept => {}
            _ => return Err(HandshakeError::InvalidAccept),
        }
        // #6: one of those that were offered, once (§11.3.4).
        match known.single(Name::Protocol) {
            Single::Value(chosen) => {
                let chosen = String::from_utf8_lossy(chosen).into_owned();
                if !self.subprotocols.contains(&chosen) {
                    return Err(HandshakeError::UnofferedSubprotocol(chosen.into()));
                }
                Ok(Some(chosen))
            }
            Single::Repeated => Err(HandshakeError::InvalidSubprotocols),
            Single::Missing if self.requires_subprotocol => Err(HandshakeError::MissingSubprotocol),
            Single::Missing => Ok(None),
        }
    }
}

/// The nonce as it is written (§4.1 #7).
fn key(nonce: Nonce) -> [u8; KEY_LEN] {
    let mut key = [0; KEY_LEN];
    BASE64_STANDARD.encode_slice(nonce.bytes(), &mut key).expect("16 bytes are 24 in base64");
    key
}

const AUTHORIZATION: &str = "Authorization";
/// What stands between the host and the key (§4.1 #5 to #7).
const UPGRADE: &[u8] = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ";
/// Of 16 bytes in base64.
const KEY_LEN: usize = 24;
/// What a common request takes, in bytes.
const REQUEST_LEN: usize = 256;
