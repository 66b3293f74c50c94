//! The client's side: a request out, the server's answer in and checked.
//!
//! [`ClientHandshake::check`] and [`Accepted::by_server`] are the places for the rules of RFC 6455 §4.1
//! for an answer.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    Accepted, HandshakeError, Headers, Response, VERSION, accept_value,
    agreed::Agreed,
    answer::AnswerReader,
    is_handshake_header,
    known::{Known, Name, Single},
    response::write_field,
    subprotocols::Subprotocols,
    url::Url,
};
use crate::{Config, Nonce, Role, WriteBuffer, hidden::Hidden};

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    pub(super) url: Url,
    pub(super) headers: Headers,
    pub(super) subprotocols: Subprotocols,
}

/// Waits for the answer to a request that was written.
#[derive(Debug)]
pub struct ClientHandshake {
    accept: [u8; super::ACCEPT_LEN],
    subprotocols: Subprotocols,
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
            subprotocols: Subprotocols::default(),
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
        self.subprotocols.push(name);
        self
    }

    /// Makes an answer without a subprotocol an error, as in browsers (WHATWG); RFC 6455 allows it.
    #[must_use]
    pub fn require_subprotocol(mut self) -> Self {
        self.subprotocols.is_required = true;
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

    /// Writes the request of HTTP/1.1 (§4.1).
    fn write(
        &self,
        key: &[u8; KEY_LEN],
        config: &Config,
        output: &mut WriteBuffer,
    ) -> Result<(), HandshakeError> {
        self.check()?;
        output.append(REQUEST_LEN, |head| {
            let Url { resource, authority, .. } = &self.url;
            let start = ["GET ", resource, " HTTP/1.1\r\nHost: ", authority, "\r\n"];
            for part in start {
                head.extend_from_slice(part.as_bytes());
            }
            head.extend_from_slice(UPGRADE);
            head.extend_from_slice(key);
            head.extend_from_slice(b"\r\n");
            self.fields(config, |name, value| write_field(name, value, head));
            head.extend_from_slice(b"\r\n");
        });
        Ok(())
    }

    /// Whether it can be written.
    pub(super) fn check(&self) -> Result<(), HandshakeError> {
        self.headers
            .check(|name| is_handshake_header(name) || name.eq_ignore_ascii_case("host"))?;
        self.subprotocols.check()
    }

    /// The fields that it has in every version of HTTP.
    pub(super) fn fields(&self, config: &Config, mut put: impl FnMut(&[u8], &[u8])) {
        put(b"Sec-WebSocket-Version", VERSION.as_bytes());
        if let Some(subprotocols) = self.subprotocols.list() {
            put(b"Sec-WebSocket-Protocol", subprotocols.as_bytes());
        }
        if let Some(extensions) = Agreed::offer(config) {
            put(b"Sec-WebSocket-Extensions", extensions.as_bytes());
        }
        if let Some(credentials) = &self.url.credentials
            && self.headers.values(AUTHORIZATION).next().is_none()
        {
            put(AUTHORIZATION.as_bytes(), credentials.basic().as_bytes());
        }
        for (name, value) in self.headers.fields() {
            put(name, value);
        }
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
        request.write(&key, config, output)?;
        Ok(Self {
            accept: accept_value(&key),
            subprotocols: request.subprotocols.clone(),
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
        self.check(&known)?;
        let accepted = Accepted::by_server(&known, &self.subprotocols, &self.config)?;
        Ok((accepted, response))
    }

    /// The rules of §4.1 for what only a 101 has.
    fn check(&self, known: &Known<'_>) -> Result<(), HandshakeError> {
        // #2, #3: in any letter case.
        if !known.has_token(Name::Upgrade, "websocket") {
            return Err(HandshakeError::MissingUpgrade);
        }
        if !known.has_token(Name::Connection, "Upgrade") {
            return Err(HandshakeError::MissingConnectionUpgrade);
        }
        // #4: exactly the value, once (§11.3.3).
        match known.single(Name::Accept) {
            Single::Value(value) if value == self.accept => Ok(()),
            _ => Err(HandshakeError::InvalidAccept),
        }
    }
}

impl Accepted {
    /// The rules of §4.1 for what an answer chose, in every version of HTTP: a subprotocol (#6), and
    /// extensions (#5).
    pub(super) fn by_server(
        answer: &Known<'_>,
        subprotocols: &Subprotocols,
        config: &Config,
    ) -> Result<Self, HandshakeError> {
        let subprotocol = Hidden(subprotocols.chosen(answer)?);
        let agreed = Agreed::take(answer, config)?;
        Ok(Self { role: Role::Client, config: config.clone(), subprotocol, agreed })
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
