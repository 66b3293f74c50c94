//! A peer's bytes, received by a connection and by its layers.

use fullduplex::{Assembler, Config, Part, ProtocolError, Receiver, Role};

use crate::common::{
    End, Seen, contents,
    pieces::{Piece, join, receive_chunks},
};

/// Events, and the error that ended them.
type Saw = (Vec<Seen>, Option<ProtocolError>);

/// What a connection sees, and the frames that it answers.
///
/// Asserts that no message passes the limit, and that an error is repeated.
pub fn connection(role: Role, config: &Config, pieces: &[&[u8]]) -> (String, String) {
    let mut end = End::with(role, config);
    let End { connection, output } = &mut end;
    let saw = drive(pieces, |input| Ok(connection.receive(input, output)?.map(Seen::from)));
    for seen in &saw.0 {
        let len = if let Seen::Message(message) = seen { message.as_bytes().len() } else { 0 };
        assert!(len as u64 <= config.max_message_len, "a message passes the limit");
    }
    if let Some(error) = &saw.1 {
        assert_eq!(end.receive(b"more"), [Seen::Failed(error.clone())], "an error is repeated");
    }
    (format!("{saw:?}"), format!("{:?}", contents(&end.frames())))
}

/// What the layers of a connection see, joined by hand.
pub fn layers(role: Role, config: &Config, pieces: &[&[u8]]) -> String {
    let (mut receiver, mut assembler) = (Receiver::new(role, config), Assembler::new());
    let saw: Saw = drive(pieces, |input| {
        while let Some(part) = receiver.receive(input)? {
            return Ok(Some(match part {
                Part::Data(chunk) => match assembler.push(chunk)? {
                    Some(message) => Seen::Message(message.into_owned()),
                    None => continue,
                },
                Part::Ping(payload) => Seen::Ping(payload.to_vec()),
                Part::Pong(payload) => Seen::Pong(payload.to_vec()),
                Part::Close(close) => Seen::Close(close),
            }));
        }
        Ok(None)
    });
    format!("{saw:?}")
}

/// What a connection sees that hands messages over chunk by chunk, each put together again.
pub fn chunks(role: Role, config: &Config, pieces: &[&[u8]]) -> String {
    let mut end = End::with(role, config);
    let mut received: Vec<_> =
        pieces.iter().flat_map(|bytes| receive_chunks(&mut end, bytes)).collect();
    // An error is the last thing that is seen; later calls repeat it.
    let is_error = |piece: &Piece| matches!(piece, Piece::Other(Seen::Failed(_)));
    let error = received.iter().position(is_error).map(|at| received.drain(at..).next());
    let error = error.flatten().map(|piece| match piece {
        Piece::Other(Seen::Failed(error)) => error,
        piece => unreachable!("{piece:?} is no error"),
    });
    format!("{:?}", (join(&received), error))
}

/// Hands the pieces to `receive` until it fails: what it returned, and the error.
///
/// Asserts that a call that returns something has used bytes up, and that one that does not has
/// used them all: so there are no more calls than bytes and pieces.
fn drive<T>(
    pieces: &[&[u8]],
    mut receive: impl FnMut(&mut &mut [u8]) -> Result<Option<T>, ProtocolError>,
) -> (Vec<T>, Option<ProtocolError>) {
    let mut returned = Vec::new();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        loop {
            let before = input.len();
            match receive(&mut input) {
                Ok(Some(value)) => returned.push(value),
                Ok(None) => break,
                Err(error) => return (returned, Some(error)),
            }
            assert!(input.len() < before, "something came of nothing");
        }
        assert!(input.is_empty(), "`None` means that the input is used up");
    }
    (returned, None)
}
