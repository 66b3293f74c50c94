//! The opening handshake (RFC 6455 §4): an HTTP/1.1 request and its answer, without I/O; and the parts of
//! one whose bytes are an HTTP library's, of HTTP/2 (RFC 8441) too.
//!
//! Both sides take the head off the front of the input; what follows it stays there and goes
//! straight into [`Connection::receive`](crate::Connection::receive).
//!
//! ```text
//! server:  bytes ──► ServerHandshake ─┬─► Request::Upgrade(Offer) ─┬─► accept ──► Accepted ──► Connection
//!   HTTP library ──► RequestHead ─────┘                            ├─► accept_as_response ──┘
//!                                     └─► Request::Http(head)      └─► reject
//! client:  ClientRequest ─┬─► ClientHandshake ──► Accepted ──► Connection
//!           HTTP library  └─► ExtendedConnect ──┘
//! ```
//!
//! The rules stand each in one place: for a request in `rules.rs`, for an answer in `client.rs`, for the
//! grammar that both share in `head.rs` and `extensions.rs`.

mod agreed;
mod answer;
mod body;
mod client;
mod credentials;
mod error;
mod extended_connect;
mod extensions;
mod head;
mod headers;
mod known;
mod offer;
mod origin;
mod redirect;
mod request;
mod response;
mod rules;
mod server;
mod subprotocols;
mod url;

use alloc::string::String;

use base64::{Engine, prelude::BASE64_STANDARD};
use sha1::{Digest, Sha1};

pub(crate) use answer::AnswerReader;
pub(crate) use credentials::Credentials;
#[cfg(feature = "deflate")]
pub(crate) use extensions::{Extension, Parameter};
pub(crate) use url::{Authority, is_name, split_port, without_brackets};

pub use client::{ClientHandshake, ClientRequest};
pub use error::{HandshakeError, HiddenText, InvalidUrl};
pub use extended_connect::ExtendedConnect;
pub use headers::Headers;
pub use offer::{Answer, Offer};
pub use request::{PseudoHeaders, RequestHead};
pub use response::Response;
pub use server::{Request, ServerHandshake};

use crate::{Config, Connection, MaskSource, Role, hidden::Hidden};

/// A handshake that both sides agreed to: a [`Connection`] can begin.
#[derive(Debug)]
pub struct Accepted {
    role: Role,
    config: Config,
    subprotocol: Hidden<Option<String>>,
    agreed: agreed::Agreed,
}

impl Accepted {
    /// Which side this is.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The subprotocol that was agreed on, if any (RFC 6455 §1.9).
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The compression that was agreed on, if any (RFC 7692 §7.1).
    #[cfg(feature = "deflate")]
    pub fn compression(&self) -> Option<crate::Parameters> {
        self.agreed.compression.as_ref().map(|(parameters, _)| *parameters)
    }

    /// Begins the connection, a client's with mask keys from the thread's generator.
    #[cfg(feature = "std")]
    pub fn into_connection(self) -> Connection {
        self.into_connection_with(crate::ThreadRng)
    }

    /// Begins the connection, a client's with mask keys from `masks`.
    pub fn into_connection_with(self, masks: impl MaskSource + 'static) -> Connection {
        let mut connection = match self.role {
            Role::Server => Connection::server(&self.config),
            Role::Client => Connection::client_with(masks, &self.config),
        };
        self.agreed.apply(&mut connection);
        connection
    }
}

/// The connections of a client and of a server after a handshake between them, in that order.
#[cfg(feature = "std")]
pub(crate) fn connections(client: &Config, server: &Config) -> (Connection, Connection) {
    let (of_client, of_server) = agreed::Agreed::between(client, server);
    let (mut client, mut server) = (Connection::client(client), Connection::server(server));
    of_client.apply(&mut client);
    of_server.apply(&mut server);
    (client, server)
}

/// The proof that the server read the key (§4.2.2 step 5): base64 of the SHA-1 of key and GUID.
fn accept_value(key: &[u8]) -> [u8; ACCEPT_LEN] {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(GUID);
    let mut value = [0; ACCEPT_LEN];
    BASE64_STANDARD.encode_slice(hash.finalize(), &mut value).expect("20 bytes are 28 in base64");
    value
}

/// Whether the handshake itself writes the header, so that the application cannot.
fn is_handshake_header(name: &str) -> bool {
    let own = ["upgrade", "connection", "content-length", "transfer-encoding"];
    let is = |own: &str| name.eq_ignore_ascii_case(own);
    let prefix = name.get(..WEBSOCKET_PREFIX.len());
    own.into_iter().any(is) || prefix.is_some_and(|it| it.eq_ignore_ascii_case(WEBSOCKET_PREFIX))
}

const WEBSOCKET_PREFIX: &str = "sec-websocket-";
/// Fixed by RFC 6455 §1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const ACCEPT_LEN: usize = 28;
/// The only version there is (§4.1).
const VERSION: &str = "13";
