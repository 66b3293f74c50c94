//! How a connection ended, or is about to: for a log, and for who has to decide what comes next.

use core::fmt;

use crate::CloseFrame;

/// An end of a connection, seen from the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// This end.
    Us,
    /// The other end.
    Peer,
}

/// The story of a closing, as far as it has come (RFC 6455 §7.1).
///
/// A Close without a body has code [`NO_STATUS`](crate::CloseCode::NO_STATUS), 1005; one that there
/// is not (1006) is `None` (§7.1.5). Its `Display` tells the story in one line:
///
/// ```text
/// closed by the peer with 1001 "going away", answered with 1001
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closing {
    /// Who sent the first Close; of two that cross, our own. Without a Close: the peer, when the
    /// transport ended from its side, and nobody, when it fell silent
    /// ([`Timeout::Pong`](crate::Timeout::Pong)).
    pub first: Option<Side>,
    /// The Close that was put into the output. A failure of the peer's has its code and reason here.
    pub sent: Option<CloseFrame>,
    /// The Close that the peer sent.
    pub received: Option<CloseFrame>,
}

impl Closing {
    /// Begins the story.
    pub(crate) const fn new(first: Option<Side>) -> Self {
        Self { first, sent: None, received: None }
    }

    /// Whether a Close went both ways (§7.1.4).
    pub const fn is_clean(&self) -> bool {
        self.sent.is_some() && self.received.is_some()
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Us => "us",
            Self::Peer => "the peer",
        })
    }
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.first else { return f.write_str("ended without a close") };
        let (close, answer) = match first {
            Side::Us => (&self.sent, &self.received),
            Side::Peer => (&self.received, &self.sent),
        };
        match (close, answer) {
            (None, _) => write!(f, "ended by {first} without a close"),
            (Some(close), None) => write!(f, "closed by {first} with {close}, not answered"),
            (Some(close), Some(answer)) => {
                write!(f, "closed by {first} with {close}, answered with {answer}")
            }
        }
    }
}
