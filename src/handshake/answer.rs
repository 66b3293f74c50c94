//! Bytes in, one HTTP answer out: the head of one that is awaited, or one that refuses, with its body.

use alloc::{boxed::Box, vec::Vec};

use super::{
    HandshakeError, Headers, Response,
    body::BodyReader,
    head::{FEW_HEADERS, HeadReader, Start, fields, header_room},
};
use crate::Config;

/// Reads the answer to one request. After an error it is of no use.
#[derive(Debug)]
pub(crate) struct AnswerReader {
    state: State,
    max_headers: usize,
    max_body_len: usize,
}

#[derive(Debug)]
enum State {
    Head(HeadReader),
    /// The head of an answer that refuses, and its body as it comes.
    Refused(Box<Response>, BodyReader),
}

impl AnswerReader {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            state: State::Head(HeadReader::new(Start::Status, config)),
            max_headers: config.max_headers,
            max_body_len: config.max_refusal_body_len,
        }
    }

    /// Takes the answer off the front of `input`: the head of one whose status `is_awaited`, and
    /// what follows it stays there.
    ///
    /// # Errors
    ///
    /// [`HandshakeError::Refused`] with the whole answer for another status; what is wrong with the
    /// head.
    pub(crate) fn receive(
        &mut self,
        input: &mut &mut [u8],
        is_awaited: impl Fn(u16) -> bool,
    ) -> Result<Option<Response>, HandshakeError> {
        loop {
            match &mut self.state {
                State::Head(reader) => {
                    let Some(head) = reader.receive(input)? else { return Ok(None) };
                    let response = parse(head, self.max_headers)?;
                    match response.status {
                        status if is_awaited(status) => return Ok(Some(response)),
                        // RFC 9110 §15.2: informational; the answer itself follows.
                        100..=199 => {}
                        _ => {
                            let body = BodyReader::new(&response, self.max_body_len);
                            self.state = State::Refused(Box::new(response), body);
                        }
                    }
                }
                State::Refused(response, body) => {
                    return if body.receive(input) {
                        Err(refused(response, body))
                    } else {
                        Ok(None)
                    };
                }
            }
        }
    }

    /// Takes the end of the transport: a refusal is told as far as it came.
    pub(crate) fn receive_end(&mut self) -> HandshakeError {
        match &mut self.state {
            State::Head(_) => HandshakeError::UnexpectedEnd,
            State::Refused(response, body) => refused(response, body),
        }
    }

    /// Whether the head of a refusal came.
    #[cfg(feature = "std")]
    pub(crate) const fn is_refused(&self) -> bool {
        matches!(self.state, State::Refused(..))
    }
}

fn parse(head: Vec<u8>, max_headers: usize) -> Result<Response, HandshakeError> {
    let (mut few, mut many) = (FEW_HEADERS, Vec::new());
    let room = header_room(&head, max_headers, &mut few, &mut many);
    let mut response = httparse::Response::new(&mut []);
    let parser = httparse::ParserConfig::default();
    match parser.parse_response_with_uninit_headers(&mut response, &head, room) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::Version) => return Err(HandshakeError::UnsupportedHttpVersion),
        _ => return Err(HandshakeError::MalformedHead),
    }
    let status = response.code.unwrap_or_default();
    // RFC 6455 §4.1: the answer to an upgrade comes in HTTP/1.1.
    if status == 101 && response.version != Some(1) {
        return Err(HandshakeError::UnsupportedHttpVersion);
    }
    let fields = fields(&head, response.headers);
    Ok(Response { status, headers: Headers::parsed(head, fields), body: Vec::new() })
}

fn refused(response: &mut Response, body: &mut BodyReader) -> HandshakeError {
    response.body = body.take();
    HandshakeError::Refused(Box::new(response.clone()))
}
