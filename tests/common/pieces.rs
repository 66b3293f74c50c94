//! Messages in pieces, as `receive_chunk` hands them over, and how they are put together.

use fullduplex::{ChunkEvent, Message, MessageChunk};

use super::{End, Seen};

/// What an endpoint saw, in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The piece; it begins its message; it ends it.
    Chunk(Message<'static>, bool, bool),
    Other(Seen),
}

/// Takes all of `bytes` in pieces, in one read.
pub(crate) fn receive_chunks(end: &mut End, bytes: &[u8]) -> Vec<Piece> {
    let mut bytes = bytes.to_vec();
    let mut input = &mut bytes[..];
    let mut pieces = Vec::new();
    loop {
        pieces.push(match end.connection.receive_chunk(&mut input, &mut end.output) {
            Ok(Some(ChunkEvent::Chunk(MessageChunk { content, first, last, .. }))) => {
                Piece::Chunk(content.into_owned(), first, last)
            }
            Ok(Some(ChunkEvent::Ping(payload))) => Piece::Other(Seen::Ping(payload.to_vec())),
            Ok(Some(ChunkEvent::Pong(payload))) => Piece::Other(Seen::Pong(payload.to_vec())),
            Ok(Some(ChunkEvent::Close(close))) => Piece::Other(Seen::Close(close)),
            Ok(None) => break,
            Err(error) => {
                pieces.push(Piece::Other(Seen::Failed(error)));
                break;
            }
        });
    }
    assert!(input.is_empty(), "the input is used up after None and after an error");
    pieces
}

/// Joins the pieces of each message; asserts that they are marked right, and empty only at an end.
pub(crate) fn join(pieces: &[Piece]) -> Vec<Seen> {
    let mut unfinished: Option<Message<'static>> = None;
    let mut seen = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Chunk(content, first, last) => {
                assert_eq!(*first, unfinished.is_none(), "{pieces:?}");
                assert!(*last || !content.as_bytes().is_empty(), "{pieces:?}");
                let message = match (unfinished.take(), content) {
                    (None, content) => content.clone(),
                    (Some(Message::Text(before)), Message::Text(text)) => {
                        Message::from(before.to_string() + text)
                    }
                    (Some(Message::Binary(before)), Message::Binary(bytes)) => {
                        Message::from([&before[..], bytes].concat())
                    }
                    (Some(_), _) => panic!("a message of two kinds: {pieces:?}"),
                };
                if *last {
                    seen.push(Seen::Message(message));
                } else {
                    unfinished = Some(message);
                }
            }
            Piece::Other(other) => seen.push(other.clone()),
        }
    }
    seen
}

pub(crate) fn chunk(content: &'static str, first: bool, last: bool) -> Piece {
    Piece::Chunk(content.into(), first, last)
}
