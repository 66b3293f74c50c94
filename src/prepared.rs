//! A message for many connections: encoded once, then sent by reference.

use alloc::vec::Vec;

use bytes::Bytes;
use bytestring::ByteString;

#[cfg(feature = "deflate")]
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "deflate")]
use crate::deflate::{Deflater, Settings};

use crate::{
    FrameHeader, Kind, Message, Payload, Rsv, Text, frame::MAX_HEADER_LEN, hidden::Hidden,
    sender::opcode,
};

/// A message and the frame in which a server sends it, in one piece of memory.
///
/// [`Connection::send_prepared`](crate::Connection::send_prepared) sends it. However many
/// connections it waits in, it is held once; a clone counts references. Where messages are compressed
/// without context takeover, what each set of parameters makes of it is kept as well.
///
/// The example `chat_rooms` sends what one member says to all in a room; `broadcast` says what a message
/// to ten thousand connections takes.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Header and payload, without a mask (RFC 6455 §5.1).
    frame: Hidden<Bytes>,
    /// The message, which shares the frame's memory.
    message: Message<'static>,
    #[cfg(feature = "deflate")]
    compressed: Hidden<Arc<Mutex<Vec<Compressed>>>>,
}

/// The frame with the payload that a compressor with these settings makes; none, if the payload goes
/// better as it is.
#[cfg(feature = "deflate")]
type Compressed = (Settings, Option<Bytes>);

impl Prepared {
    /// Encodes a message, which copies it.
    pub fn new<'m>(message: impl Into<Message<'m>>) -> Self {
        let message = message.into();
        let kind = message.kind();
        let (frame, header_len) = frame(kind, Rsv::NONE, message.as_bytes());
        let message = match kind {
            Kind::Text => Message::Text(Text::Owned(text(frame.slice(header_len..)))),
            Kind::Binary => Message::Binary(Payload::Owned(frame.slice(header_len..))),
        };
        Self {
            frame: Hidden(frame),
            message,
            #[cfg(feature = "deflate")]
            compressed: Hidden::default(),
        }
    }

    /// The message.
    pub fn message(&self) -> Message<'_> {
        Message::from(&self.message)
    }

    /// The frame as `deflater` compresses it, once for all that have its settings. `None`, if
    /// messages depend on each other there.
    #[cfg(feature = "deflate")]
    #[allow(clippy::option_option, reason = "not shared; shared, and not compressed; compressed")]
    pub(crate) fn compressed(&self, deflater: &mut Deflater) -> Option<Option<Bytes>> {
        let settings = deflater.shared_settings()?;
        if deflater.is_short(self.message.as_bytes()) {
            return Some(None);
        }
        let mut known = self.compressed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, frame)) = known.iter().find(|(of, _)| *of == settings) {
            return Some(frame.clone());
        }
        let payload = deflater.message(self.message.as_bytes());
        let frame = payload.map(|payload| frame(self.message.kind(), Rsv::RSV1, &payload).0);
        known.push((settings, frame.clone()));
        Some(frame)
    }

    /// The frame, without a mask.
    pub(crate) const fn frame(&self) -> &Bytes {
        &self.frame.0
    }
}

/// A frame of a server's, and the length of its header.
fn frame(kind: Kind, rsv: Rsv, payload: &[u8]) -> (Bytes, usize) {
    let header = FrameHeader {
        fin: true,
        rsv,
        opcode: opcode(kind),
        mask: None,
        payload_len: payload.len() as u64,
    };
    let mut frame = Vec::with_capacity(MAX_HEADER_LEN + payload.len());
    header.encode(&mut frame);
    let header_len = frame.len();
    frame.extend_from_slice(payload);
    (frame.into(), header_len)
}

/// The payload of a text message as text; without unsafe code that takes a check, once.
fn text(payload: Bytes) -> ByteString {
    ByteString::try_from(payload).expect("a text message is UTF-8")
}
