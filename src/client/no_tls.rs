//! The twin of tls.rs without rustls: there is no TLS.

use core::convert::Infallible;

use crate::{Error, HandshakeError, InvalidUrl};

pub(crate) type Tls = Infallible;

#[cfg(feature = "http2")]
pub(crate) fn over_http2(tls: Tls) -> Tls {
    tls
}

/// Whom a client trusts: nobody.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust(Option<Tls>);

impl Trust {
    pub(super) fn tls(&self, _: &str) -> Result<Tls, Error> {
        self.0.ok_or(HandshakeError::from(InvalidUrl::NeedsTls).into())
    }
}
