//! The extension header of permessage-deflate (RFC 7692 §5, §7.1): a policy and what the other side
//! said in, what both will do out. Nothing else is decided anywhere else.
//!
//! ```text
//! server:  offers ──► accept(policy) ──► Parameters ──► answer
//! client:  offer(policy) ──► … ──► answer ──► agree(policy) ──► Parameters
//! ```
//!
//! An offer that is not understood to the letter is declined, and the next one looked at; an answer
//! that does not fit the offer fails the handshake.

use alloc::string::{String, ToString};
use core::fmt;

use super::{Compression, MAX_WINDOW_BITS, MIN_WINDOW_BITS};
use crate::handshake::{Extension, Parameter};

/// What both sides agreed on (§7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameters {
    /// The server begins each message with an empty window (§7.1.1.1).
    pub server_no_context_takeover: bool,
    /// The client begins each message with an empty window (§7.1.1.2).
    pub client_no_context_takeover: bool,
    /// The server's window has at most 2 to the power of this many bytes: 8 to 15 (§7.1.2.1).
    pub server_max_window_bits: u8,
    /// The client's window has at most 2 to the power of this many bytes: 8 to 15 (§7.1.2.2).
    pub client_max_window_bits: u8,
}

/// What an answer without parameters means: both keep a window of 32 KiB.
impl Default for Parameters {
    fn default() -> Self {
        Said::default().parameters()
    }
}

/// The parameters of one offer or answer, as they were said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    #[allow(clippy::option_option, reason = "not said; said without a value; with one")]
    client_max_window_bits: Option<Option<u8>>,
}

/// A parameter that there is not, that is repeated, or that has a value it cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Invalid;

/// Chooses the first offer that can be kept, for a server; `None` declines them all.
pub(crate) fn accept<'a>(
    mut offers: impl Iterator<Item = Extension<'a>>,
    policy: &Compression,
) -> Option<(Parameters, String)> {
    offers.find_map(
        |offer| if offer.name == NAME.as_bytes() { accept_one(offer, policy) } else { None },
    )
}

fn accept_one(offer: Extension<'_>, policy: &Compression) -> Option<(Parameters, String)> {
    let offered = Said::parse(offer).ok()?;
    // §7.1.2.1: the compressor has no window of 256 bytes, and 512 would not be what was asked for.
    let most = offered.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS);
    if most < MIN_WINDOW_BITS {
        return None;
    }
    // §7.1.2.2: only a client that mentions its window can be asked to make it smaller.
    let client_bits = offered
        .client_max_window_bits
        .map(|hint| hint.unwrap_or(MAX_WINDOW_BITS).min(policy.peer_window_bits()));
    let answer = Said {
        // §7.1.1.1: what was asked for is kept, and said.
        server_no_context_takeover: offered.server_no_context_takeover || !policy.context_takeover,
        client_no_context_takeover: offered.client_no_context_takeover
            || !policy.peer_context_takeover,
        server_max_window_bits: offered
            .server_max_window_bits
            .map(|most| most.min(policy.window_bits())),
        client_max_window_bits: client_bits.filter(|bits| *bits < MAX_WINDOW_BITS).map(Some),
    };
    Some((answer.parameters(), answer.to_string()))
}

/// What a client offers.
pub(crate) fn offer(policy: &Compression) -> String {
    Said::offer(policy).to_string()
}

/// Takes a server's answer, for a client that made the [`offer`].
pub(crate) fn agree(answer: Extension<'_>, policy: &Compression) -> Result<Parameters, Invalid> {
    let offered = Said::offer(policy);
    let said = Said::parse(answer)?;
    // §7.1.1.1, §7.1.2.1: an answer that leaves out what was asked for does not accept it.
    if offered.server_no_context_takeover && !said.server_no_context_takeover {
        return Err(Invalid);
    }
    if let Some(most) = offered.server_max_window_bits
        && said.server_max_window_bits.is_none_or(|bits| bits > most)
    {
        return Err(Invalid);
    }
    // §7.1.2.2: in an answer it must have a value.
    if said.client_max_window_bits == Some(None) {
        return Err(Invalid);
    }
    let mut parameters = said.parameters();
    // The client keeps what it said of itself, whether or not the answer says it again.
    parameters.client_no_context_takeover |= offered.client_no_context_takeover;
    Ok(parameters)
}

impl Said {
    /// §7.1: only the four parameters, each at most once, with a value that it may have.
    fn parse(extension: Extension<'_>) -> Result<Self, Invalid> {
        let mut said = Self::default();
        for parameter in extension.parameters() {
            let Parameter { name, value } = parameter.map_err(|_| Invalid)?;
            let value = value.as_deref();
            match name {
                b"server_no_context_takeover" => {
                    set(&mut said.server_no_context_takeover, value)?;
                }
                b"client_no_context_takeover" => {
                    set(&mut said.client_no_context_takeover, value)?;
                }
                b"server_max_window_bits" if said.server_max_window_bits.is_none() => {
                    said.server_max_window_bits = Some(bits(value.ok_or(Invalid)?)?);
                }
                b"client_max_window_bits" if said.client_max_window_bits.is_none() => {
                    said.client_max_window_bits = Some(value.map(bits).transpose()?);
                }
                _ => return Err(Invalid),
            }
        }
        Ok(said)
    }

    fn offer(policy: &Compression) -> Self {
        let smaller = |bits| (bits < MAX_WINDOW_BITS).then_some(bits);
        Self {
            server_no_context_takeover: !policy.peer_context_takeover,
            client_no_context_takeover: !policy.context_takeover,
            server_max_window_bits: smaller(policy.peer_window_bits()),
            client_max_window_bits: Some(smaller(policy.window_bits())),
        }
    }

    /// What it means as an answer.
    fn parameters(self) -> Parameters {
        Parameters {
            server_no_context_takeover: self.server_no_context_takeover,
            client_no_context_takeover: self.client_no_context_takeover,
            server_max_window_bits: self.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS),
            client_max_window_bits: self
                .client_max_window_bits
                .flatten()
                .unwrap_or(MAX_WINDOW_BITS),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        if self.server_no_context_takeover {
            f.write_str("; server_no_context_takeover")?;
        }
        if self.client_no_context_takeover {
            f.write_str("; client_no_context_takeover")?;
        }
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; server_max_window_bits={bits}")?;
        }
        match self.client_max_window_bits {
            Some(Some(bits)) => write!(f, "; client_max_window_bits={bits}"),
            Some(None) => f.write_str("; client_max_window_bits"),
            None => Ok(()),
        }
    }
}

/// §7.1.1: these have no value.
fn set(flag: &mut bool, value: Option<&[u8]>) -> Result<(), Invalid> {
    if *flag || value.is_some() {
        return Err(Invalid);
    }
    *flag = true;
    Ok(())
}

/// §7.1.2: a decimal number from 8 to 15, without leading zeros.
fn bits(value: &[u8]) -> Result<u8, Invalid> {
    match value {
        b"8" => Ok(8),
        b"9" => Ok(9),
        b"10" => Ok(10),
        b"11" => Ok(11),
        b"12" => Ok(12),
        b"13" => Ok(13),
        b"14" => Ok(14),
        b"15" => Ok(15),
        _ => Err(Invalid),
    }
}

/// The extension's name (§7).
pub(crate) const NAME: &str = "permessage-deflate";
