//! A message for many connections: encoded once, then sent by reference.

use alloc::vec::Vec;

use bytes::Bytes;
use bytestring::ByteString;

use crate::{
    FrameHeader, Kind, Message, Payload, Rsv, Text, frame::MAX_HEADER_LEN, hidden::Hidden,
    sender::opcode,
};

/// A message and the frame in which a server sends it, in one piece of memory.
///
/// [`Connection::send_prepared`](crate::Connection::send_prepared) sends it. However many
/// connections it waits in, it is held once; a clone counts references.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Header and payload, without a mask (RFC 6455 §5.1).
    frame: Hidden<Bytes>,
    /// The message, which shares the frame's memory.
    message: Message<'static>,
}

impl Prepared {
    /// Encodes a message, which copies it.
    pub fn new<'m>(message: impl Into<Message<'m>>) -> Self {
        let message = message.into();
        let (kind, payload) = (message.kind(), message.as_bytes());
        let header = FrameHeader {
            fin: true,
            rsv: Rsv::NONE,
            opcode: opcode(kind),
            mask: None,
            payload_len: payload.len() as u64,
        };
        let mut frame = Vec::with_capacity(MAX_HEADER_LEN + payload.len());
        header.encode(&mut frame);
        let header_len = frame.len();
        frame.extend_from_slice(payload);
        let frame = Bytes::from(frame);
        let message = match kind {
            Kind::Text => Message::Text(Text::Owned(text(frame.slice(header_len..)))),
            Kind::Binary => Message::Binary(Payload::Owned(frame.slice(header_len..))),
        };
        Self { frame: Hidden(frame), message }
    }

    /// The message.
    pub fn message(&self) -> Message<'_> {
        Message::from(&self.message)
    }

    /// The frame, without a mask.
    pub(crate) const fn frame(&self) -> &Bytes {
        &self.frame.0
    }
}

/// The payload of a text message as text; without unsafe code that takes a check, once.
fn text(payload: Bytes) -> ByteString {
    ByteString::try_from(payload).expect("a text message is UTF-8")
}
