//! The server's side: a request in, an [`Offer`] out, which the application accepts or rejects.
//!
//! The rules for a request are in `rules.rs`.

use alloc::vec::Vec;

use super::{
    HandshakeError, Offer, RequestHead,
    head::{HeadReader, Start, is_head},
    request::Version,
    rules::{self, Wish},
};
use crate::{Config, WriteBuffer};

/// Reads a request.
#[derive(Debug)]
pub struct ServerHandshake {
    reader: HeadReader,
    config: Config,
    is_head: bool,
    failed: Option<HandshakeError>,
}

/// A whole request.
#[derive(Debug)]
pub enum Request {
    /// It asks for a WebSocket, and follows the rules.
    Upgrade(Offer),
    /// It is good HTTP and asks for no WebSocket: answer it with [`RequestHead::respond`].
    Http(RequestHead),
}

impl ServerHandshake {
    /// Makes a handshake that waits for a request.
    pub fn new(config: &Config) -> Self {
        let reader = HeadReader::new(Start::Request, config);
        Self { reader, config: config.clone(), is_head: false, failed: None }
    }

    /// Takes the request's head off the front of `input`; what follows it stays there.
    ///
    /// Returns `None` when `input` is used up and the head is not whole.
    ///
    /// # Errors
    ///
    /// The request is not HTTP/1.1, breaks a rule of RFC 6455 §4.2.1, or passes a limit.
    /// [`refuse`](Self::refuse) it, and close the transport. Later calls return the same error.
    pub fn receive(&mut self, input: &mut &mut [u8]) -> Result<Option<Request>, HandshakeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let request = match self.reader.receive(input) {
            Ok(None) => return Ok(None),
            Ok(Some(head)) => self.request(head),
            Err(error) => Err(error),
        };
        request.map(Some).inspect_err(|error| self.failed = Some(error.clone()))
    }

    /// Takes the end of the transport before the request was whole: an error.
    pub fn receive_end(&mut self) -> HandshakeError {
        self.failed.get_or_insert(HandshakeError::UnexpectedEnd).clone()
    }

    /// Writes the answer that tells the client of `error`: [`HandshakeError::response`], but no body
    /// follows a HEAD request (RFC 9110 §9.3.2), and nothing where nothing came: a health check that
    /// only connects.
    ///
    /// # Errors
    ///
    /// As [`Response::write`](crate::Response::write), and so none for an error of the handshake's own.
    pub fn refuse(
        &self,
        error: &HandshakeError,
        output: &mut WriteBuffer,
    ) -> Result<(), HandshakeError> {
        if self.reader.is_untouched() {
            return Ok(());
        }
        let response = error.response();
        if self.is_head || self.reader.is_head() {
            response.write_head(output)
        } else {
            response.write(output)
        }
    }

    fn request(&mut self, head: Vec<u8>) -> Result<Request, HandshakeError> {
        self.is_head = is_head(&head);
        Request::new(RequestHead::parse(head, self.config.max_headers)?, &self.config)
    }
}

impl Request {
    /// Takes a request that an HTTP library has read, over whichever version of HTTP; the limits of a
    /// head are that library's.
    ///
    /// # Errors
    ///
    /// It breaks a rule: of RFC 6455 §4.2.1, or over HTTP/2 and HTTP/3 of RFC 8441 §4 and §5. Answer
    /// with the error's [`response`](HandshakeError::response).
    pub fn new(head: RequestHead, config: &Config) -> Result<Self, HandshakeError> {
        Ok(match rules::check(&head)? {
            Wish::WebSocket => Self::Upgrade(Offer { head, config: config.clone() }),
            Wish::Other => Self::Http(head),
        })
    }

    /// The offer, if the request is one.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::NotAnUpgrade`] (426) for any other request, over HTTP/2 and HTTP/3
    /// [`HandshakeError::NotAnExtendedConnect`] (405).
    pub fn into_offer(self) -> Result<Offer, HandshakeError> {
        match self {
            Self::Upgrade(offer) => Ok(offer),
            Self::Http(RequestHead { version: Version::Http1(_), .. }) => {
                Err(HandshakeError::NotAnUpgrade)
            }
            Self::Http(_) => Err(HandshakeError::NotAnExtendedConnect),
        }
    }
}
