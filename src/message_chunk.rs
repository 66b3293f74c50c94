//! A message that is handed over piece by piece, as it arrives.

use crate::{CloseFrame, Message, Payload};

/// A piece of a message, as it arrives.
///
/// Where it is cut carries no meaning (RFC 6455 §5.4): frames and reads decide that. A message has
/// one piece that is `first`, one that is `last`, and only its last one may be empty.
///
/// The example `stream_file` receives a file of any length so, and sends it back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageChunk<'a> {
    /// The piece, of the message's kind: a text is cut between characters.
    pub content: Message<'a>,
    /// The piece begins its message.
    pub first: bool,
    /// The piece ends its message.
    pub last: bool,
}

/// What the peer said, with messages piece by piece: an [`Event`](crate::Event) without gathering.
#[derive(Debug, PartialEq, Eq)]
pub enum ChunkEvent<'a> {
    /// A piece of a message.
    Chunk(MessageChunk<'a>),
    /// A Ping; its Pong is in the output already, or will be when there is room (§5.5.3).
    Ping(Payload<'a>),
    /// A Pong (§5.5.3).
    Pong(Payload<'a>),
    /// The peer will send nothing more, also of an unfinished message; the answer is in the output
    /// already (§5.5.1).
    Close(Option<CloseFrame>),
}
