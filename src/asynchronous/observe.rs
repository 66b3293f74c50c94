//! What a connection tells `tracing` of itself: a span, and events in it. Without the feature,
//! `unobserved.rs` stands in the place of this file, and nothing is told.
//!
//! The levels: `WARN` for a peer that breaks a rule, `DEBUG` for what networks and peers do every day.
//! The span is at `WARN`, so that it is there wherever one of its events is. No event has what a header
//! or a message says, and none a subprotocol, for a token may travel as one.
//!
//! Events of an open connection are told while its state is locked: a subscriber must not use the
//! WebSocket that it is told of.

use std::io;

use tracing::{Span, debug, warn, warn_span};

use super::adapter::Runtime;
use crate::{Accepted, Closing, Error, HandshakeError, ProtocolError, Role, Timeout};

/// The span of a connection, and what was told of its end: each thing once.
#[derive(Debug)]
pub(super) struct Observer {
    /// None where nobody listens: an idle connection holds no memory for it.
    span: Option<Box<Span>>,
    told: u8,
}

impl Observer {
    /// Begins the span, in whichever one the caller is.
    pub(super) fn new(role: Role) -> Self {
        let role = match role {
            Role::Client => "client",
            Role::Server => "server",
        };
        let span = warn_span!(target: TARGET, "websocket", role);
        Self { span: (!span.is_disabled()).then(|| Box::new(span)), told: 0 }
    }

    pub(super) fn handshake_done(&self, accepted: &Accepted) {
        let subprotocol = accepted.subprotocol().is_some();
        #[cfg(feature = "deflate")]
        let compression = accepted.compression().is_some();
        #[cfg(not(feature = "deflate"))]
        let compression = false;
        self.tell(|| debug!(target: TARGET, subprotocol, compression, "handshake done"));
    }

    pub(super) fn handshake_failed(&self, error: &Error) {
        self.tell(|| match error {
            // A health check may do no more than connect.
            Error::Io(_) | Error::Timeout(_) | Error::Handshake(HandshakeError::UnexpectedEnd) => {
                debug!(target: TARGET, %error, "handshake failed");
            }
            error => warn!(target: TARGET, %error, "handshake failed"),
        });
    }

    /// The application said no.
    pub(super) fn handshake_rejected(&self, status: u16) {
        self.tell(|| debug!(target: TARGET, status, "handshake rejected"));
    }

    /// Tells what is new in the story.
    pub(super) fn closing(&mut self, closing: Option<&Closing>) {
        let Some(Closing { sent, received, .. }) = closing else { return };
        // If both are new, ours is the answer.
        if let Some(close) = received
            && self.is_new(CLOSE_RECEIVED)
        {
            let (code, reason) = (close.code.to_u16(), &close.reason);
            self.tell(|| debug!(target: TARGET, code, ?reason, "close received"));
        }
        if let Some(close) = sent
            && self.is_new(CLOSE_SENT)
        {
            let code = close.code.to_u16();
            self.tell(|| debug!(target: TARGET, code, "close sent"));
        }
    }

    /// An end without a Close is none here: something else may be behind it, and
    /// [`failed`](Self::failed) is told what.
    pub(super) fn protocol_error(&mut self, error: &ProtocolError) {
        if *error != ProtocolError::EndWithoutClose && self.is_new(PROTOCOL_ERROR) {
            let code = error.close_code().to_u16();
            self.tell(|| warn!(target: TARGET, code, %error, "protocol error"));
        }
    }

    pub(super) fn timed_out(&mut self, error: Timeout) {
        if self.is_new(TIMEOUT) {
            self.tell(|| debug!(target: TARGET, %error, "timeout"));
        }
    }

    /// After a timeout, this side itself ended the stream.
    pub(super) fn io_error(&mut self, error: &io::Error) {
        if self.told & TIMEOUT == 0 && self.is_new(IO_ERROR) {
            self.tell(|| debug!(target: TARGET, %error, "I/O error"));
        }
    }

    /// What the application is told of how the stream ended, if it did. After an I/O error, an end
    /// without a Close is no news.
    pub(super) fn failed<A: Runtime>(&mut self, error: &Error) {
        match error {
            Error::Io(error) if !A::is_temporary(error) => self.io_error(error),
            Error::Protocol(ProtocolError::EndWithoutClose)
                if self.told & IO_ERROR == 0 && self.is_new(PROTOCOL_ERROR) =>
            {
                self.tell(|| debug!(target: TARGET, "end without a close"));
            }
            _ => {}
        }
    }

    fn tell(&self, event: impl FnOnce()) {
        match &self.span {
            Some(span) => span.in_scope(event),
            None => event(),
        }
    }

    fn is_new(&mut self, what: u8) -> bool {
        let is_new = self.told & what == 0;
        self.told |= what;
        is_new
    }
}

const TARGET: &str = "fullduplex";

const CLOSE_RECEIVED: u8 = 1;
const CLOSE_SENT: u8 = 2;
const PROTOCOL_ERROR: u8 = 4;
const TIMEOUT: u8 = 8;
const IO_ERROR: u8 = 16;
