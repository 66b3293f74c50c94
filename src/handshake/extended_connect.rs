//! The client's side over HTTP/2 and HTTP/3: an extended CONNECT (RFC 8441 §4, RFC 9220 §3), which an
//! HTTP library sends.

use super::{
    Accepted, ClientRequest, HandshakeError, Headers, PseudoHeaders, Response, known::Known,
    subprotocols::Subprotocols,
};
use crate::Config;

/// Waits for the answer to an extended CONNECT.
///
/// ```
/// use fullduplex::{ClientRequest, Config, ExtendedConnect, Response};
///
/// let request = ClientRequest::new("wss://chat.example/rooms/1")?;
/// let (connect, pseudo, headers) = ExtendedConnect::start(&request, &Config::default())?;
/// assert_eq!((pseudo.method, pseudo.protocol), ("CONNECT", Some("websocket")));
/// assert_eq!(headers.text("sec-websocket-version"), Some("13"));
/// // … the HTTP library sends them, and has the answer:
/// let connection = connect.receive(&Response::new(200))?.into_connection();
/// # Ok::<(), fullduplex::HandshakeError>(())
/// ```
#[derive(Debug)]
pub struct ExtendedConnect {
    subprotocols: Subprotocols,
    config: Config,
}

impl ExtendedConnect {
    /// Says what to send: pseudo-headers, headers with names in lower case, and no body. Only to a server
    /// that sent `SETTINGS_ENABLE_CONNECT_PROTOCOL` (RFC 8441 §3, RFC 9220 §3).
    ///
    /// # Errors
    ///
    /// A header or a subprotocol that cannot be written.
    pub fn start<'a>(
        request: &'a ClientRequest,
        config: &Config,
    ) -> Result<(Self, PseudoHeaders<'a>, Headers), HandshakeError> {
        request.check()?;
        let mut headers = Headers::new();
        request.fields(config, |name, value| headers.push_lower_case(name, value));
        let pseudo = PseudoHeaders {
            method: "CONNECT",
            protocol: Some("websocket"),
            scheme: Some(if request.url.secure { "https" } else { "http" }),
            authority: Some(&request.url.authority),
            path: Some(&request.url.resource),
        };
        let subprotocols = request.subprotocols.clone();
        Ok((Self { subprotocols, config: config.clone() }, pseudo, headers))
    }

    /// Takes the answer: its status, its headers, and if it refuses its body.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::Refused`] for a status other than 200 to 299; another error when the answer
    /// breaks a rule of RFC 6455 §4.1. Reset the stream.
    pub fn receive(self, response: &Response) -> Result<Accepted, HandshakeError> {
        if !(200..=299).contains(&response.status) {
            return Err(HandshakeError::Refused(response.clone().into()));
        }
        Accepted::by_server(&Known::new(&response.headers), &self.subprotocols, &self.config)
    }
}
