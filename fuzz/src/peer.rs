//! tungstenite, driven as the library is: bytes in, messages out. Included by the target that uses it.

use std::io::{self, Read, Write};

use tungstenite::{
    Error, Message, WebSocket,
    error::ProtocolError,
    protocol::{Role, WebSocketConfig},
};

use crate::common::{Seen, binary, close_frame, text};

/// How it ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Closed,
    Refused,
    /// For the rest of a frame or a message, or for another one.
    Waits,
}

/// What a server reads from `wire`, and how that ended.
pub(crate) fn receive(wire: &[u8], max_message_len: u64) -> (Vec<Seen>, Ended) {
    let limit = usize::try_from(max_message_len).ok();
    let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
    let mut ws = WebSocket::from_raw_socket(Wire(wire), Role::Server, Some(config));
    let mut messages = Vec::new();
    loop {
        match ws.read() {
            Ok(message) => messages.push(seen(message)),
            Err(Error::ConnectionClosed) => return (messages, Ended::Closed),
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                return (messages, Ended::Waits);
            }
            Err(Error::Protocol(_) | Error::Capacity(_) | Error::Utf8(_)) => {
                return (messages, Ended::Refused);
            }
            Err(error) => panic!("tungstenite: {error}"),
        }
    }
}

fn seen(message: Message) -> Seen {
    match message {
        Message::Text(it) => text(&it),
        Message::Binary(bytes) => binary(&bytes),
        Message::Ping(payload) => Seen::Ping(payload.to_vec()),
        Message::Pong(payload) => Seen::Pong(payload.to_vec()),
        Message::Close(it) => Seen::Close(it.map(|it| close_frame(it.code.into(), &it.reason))),
        Message::Frame(_) => panic!("a frame is not a message"),
    }
}

/// Can be read; takes what is written.
struct Wire<'a>(&'a [u8]);

impl Read for Wire<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read(room)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
