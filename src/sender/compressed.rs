//! The messages of a [`Sender`] that go compressed (RFC 7692 §7.2.1).

use alloc::vec::Vec;

use super::{Sender, opcode};
use crate::{Fin, Message, Opcode, Payload, Prepared, Rsv, WriteBuffer, deflate::Deflater, pool};

impl Sender {
    pub(crate) fn set_compression(&mut self, deflater: Option<Deflater>) {
        self.deflater = deflater;
    }

    /// Sends a message compressed, if that is worth it.
    pub(super) fn send_compressed(
        &mut self,
        message: &Message<'_>,
        output: &mut WriteBuffer,
    ) -> bool {
        let bytes = message.as_bytes();
        let compressed = self.deflater.as_mut().and_then(|deflater| deflater.message(bytes));
        let Some(compressed) = compressed else { return false };
        self.count(bytes.len(), Fin::Last);
        self.compressed(Fin::Last, Rsv::RSV1, opcode(message.kind()), compressed, output);
        true
    }

    pub(super) fn send_compressed_chunk(
        &mut self,
        chunk: &Message<'_>,
        fin: Fin,
        opcode: Opcode,
        output: &mut WriteBuffer,
    ) -> bool {
        if opcode != Opcode::Continuation && fin == Fin::Last {
            return self.send_compressed(chunk, output);
        }
        let Some(deflater) = &mut self.deflater else { return false };
        let compressed = deflater.chunk(chunk.as_bytes(), fin);
        self.count(chunk.as_bytes().len(), fin);
        // RFC 7692 §6: the bit stands on the first frame.
        let rsv = if opcode == Opcode::Continuation { Rsv::NONE } else { Rsv::RSV1 };
        self.compressed(fin, rsv, opcode, compressed, output);
        true
    }

    /// Sends what others with the same settings share, compressed once.
    pub(super) fn send_prepared_compressed(
        &mut self,
        message: &Prepared,
        output: &mut WriteBuffer,
    ) -> bool {
        if let Some(frame) = self.deflater.as_mut().and_then(|it| message.compressed(it)) {
            if let Some(frame) = &frame {
                output.put_shared_ref(frame);
                self.sent.message(message.message().as_bytes().len(), frame.len());
            }
            return frame.is_some();
        }
        self.send_compressed(&message.message(), output)
    }

    /// Writes a frame of compressed bytes.
    fn compressed(
        &mut self,
        fin: Fin,
        rsv: Rsv,
        opcode: Opcode,
        bytes: Vec<u8>,
        output: &mut WriteBuffer,
    ) {
        if self.masks.is_none() && bytes.len() >= SHARE_COMPRESSED {
            return self.frame(fin, rsv, opcode, bytes.into(), output);
        }
        self.frame(fin, rsv, opcode, Payload::Lent(&bytes), output);
        pool::give_write_block(bytes);
    }
}

/// From this many bytes on, what was compressed is not copied.
const SHARE_COMPRESSED: usize = 16 * 1024;
