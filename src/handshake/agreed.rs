//! The extensions that both sides agreed to: permessage-deflate, or none.

use alloc::string::String;

use super::{
    HandshakeError, Headers,
    extensions::{self, Extension},
    known::{Known, Name},
};
use crate::{Config, Connection};

#[cfg(feature = "deflate")]
use crate::deflate::{self, Compression, Parameters};

/// What was agreed on.
#[derive(Clone, Debug, Default)]
pub(super) struct Agreed {
    #[cfg(feature = "deflate")]
    pub(super) compression: Option<(Parameters, Compression)>,
}

impl Agreed {
    /// Chooses from a client's offers; also returns what the answer says, if it says anything.
    #[cfg(feature = "deflate")]
    pub(super) fn choose(headers: &Headers, config: &Config) -> (Self, Option<String>) {
        let chosen = config.compression.as_ref().and_then(|policy| {
            // RFC 7692 §5: in the order of preference. The grammar was checked before.
            let offers =
                headers.values("Sec-WebSocket-Extensions").flat_map(extensions::parse).flatten();
            deflate::accept(offers, policy).map(|(agreed, answer)| ((agreed, policy), answer))
        });
        match chosen {
            Some(((parameters, policy), answer)) => {
                (Self { compression: Some((parameters, policy.clone())) }, Some(answer))
            }
            None => (Self::default(), None),
        }
    }

    #[cfg(not(feature = "deflate"))]
    pub(super) fn choose(_: &Headers, _: &Config) -> (Self, Option<String>) {
        (Self {}, None)
    }

    /// What a client and a server with these limits agree on, each with its own policy.
    #[cfg(feature = "std")]
    pub(super) fn between(client: &Config, server: &Config) -> (Self, Self) {
        let mut request = Headers::new();
        if let Some(offer) = Self::offer(client) {
            request.push("Sec-WebSocket-Extensions", offer);
        }
        let (of_server, answer) = Self::choose(&request, server);
        let mut of_client = Self::default();
        let mut answer = answer.iter().flat_map(|answer| extensions::parse(answer.as_bytes()));
        match answer.try_for_each(|it| of_client.add(it.map_err(|_| ())?, client).map_err(drop)) {
            Ok(()) => (of_client, of_server),
            // A server that answers what the client cannot take gets no connection from it.
            Err(()) => Default::default(),
        }
    }

    /// What a client offers.
    pub(super) fn offer(config: &Config) -> Option<String> {
        #[cfg(feature = "deflate")]
        return config.compression.as_ref().map(deflate::offer);
        #[cfg(not(feature = "deflate"))]
        return {
            let _ = config;
            None
        };
    }

    /// Takes a server's answer to that (RFC 6455 §4.1 #5: only what was offered, RFC 7692 §5.1).
    pub(super) fn take(known: &Known<'_>, config: &Config) -> Result<Self, HandshakeError> {
        let mut agreed = Self::default();
        for value in known.values(Name::Extensions) {
            extensions::check(value).map_err(|_| HandshakeError::InvalidExtensions)?;
            for extension in extensions::parse(value).flatten() {
                agreed.add(extension, config)?;
            }
        }
        Ok(agreed)
    }

    #[cfg(feature = "deflate")]
    fn add(&mut self, extension: Extension<'_>, config: &Config) -> Result<(), HandshakeError> {
        match &config.compression {
            Some(policy)
                if extension.name == deflate::NAME.as_bytes() && self.compression.is_none() =>
            {
                let agreed = deflate::agree(extension, policy);
                let parameters = agreed.map_err(|_| HandshakeError::InvalidCompression)?;
                self.compression = Some((parameters, policy.clone()));
                Ok(())
            }
            _ => Err(unoffered(extension)),
        }
    }

    #[cfg(not(feature = "deflate"))]
    fn add(&mut self, extension: Extension<'_>, _: &Config) -> Result<(), HandshakeError> {
        let Self {} = self;
        Err(unoffered(extension))
    }

    /// Tells the connection.
    #[cfg_attr(not(feature = "deflate"), allow(clippy::unused_self, reason = "nothing to tell"))]
    pub(super) fn apply(self, connection: &mut Connection) {
        #[cfg(feature = "deflate")]
        if let Some((parameters, policy)) = self.compression {
            connection.set_compression(parameters, &policy);
        }
        #[cfg(not(feature = "deflate"))]
        let _ = connection;
    }
}

fn unoffered(extension: Extension<'_>) -> HandshakeError {
    HandshakeError::UnofferedExtension(String::from_utf8_lossy(extension.name).into())
}
