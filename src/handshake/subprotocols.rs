//! The subprotocols that a client offers, and the one that the server chose (RFC 6455 §1.9).

use alloc::{string::String, vec::Vec};

use super::{
    HandshakeError,
    headers::is_token,
    known::{Known, Name, Single},
};
use crate::hidden::Hidden;

/// What a client offers, the one that it likes best first. Hidden: tokens travel among them.
#[derive(Clone, Debug, Default)]
pub(super) struct Subprotocols {
    names: Hidden<Vec<String>>,
    /// Whether there is no connection without one.
    pub(super) is_required: bool,
}

impl Subprotocols {
    pub(super) fn push(&mut self, name: &str) {
        self.names.push(name.into());
    }

    /// The value of the header, if there is one.
    pub(super) fn list(&self) -> Option<String> {
        (!self.names.is_empty()).then(|| self.names.join(", "))
    }

    /// §4.1 #10: tokens, all different.
    pub(super) fn check(&self) -> Result<(), HandshakeError> {
        let mut names = self.names.iter();
        while let Some(name) = names.next() {
            if !is_token(name.as_bytes()) || names.as_slice().contains(name) {
                return Err(HandshakeError::InvalidSubprotocols);
            }
        }
        Ok(())
    }

    /// What an answer chose: one of those that were offered (§4.1 #6), once (§11.3.4).
    pub(super) fn chosen(&self, answer: &Known<'_>) -> Result<Option<String>, HandshakeError> {
        match answer.single(Name::Protocol) {
            Single::Value(chosen) => {
                let chosen = String::from_utf8_lossy(chosen).into_owned();
                if !self.names.contains(&chosen) {
                    return Err(HandshakeError::UnofferedSubprotocol(chosen.into()));
                }
                Ok(Some(chosen))
            }
            Single::Repeated => Err(HandshakeError::InvalidSubprotocols),
            Single::Missing if self.is_required => Err(HandshakeError::MissingSubprotocol),
            Single::Missing => Ok(None),
        }
    }
}
