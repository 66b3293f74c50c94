//! The block that an adapter reads into: held only while bytes are in it or a read is going on.

use std::mem;

use crate::{
    hidden::Hidden,
    pool::{READ_BLOCK_LEN, give_read_block, take_read_block},
};

/// Bytes that were read and not yet used up.
#[derive(Debug, Default)]
pub(crate) struct ReadBuffer {
    /// Empty, or from the pool, or bytes that were read elsewhere.
    block: Hidden<Box<[u8]>>,
    start: usize,
    end: usize,
}

impl ReadBuffer {
    /// All that was read, and where in it the unused bytes begin.
    #[inline]
    pub(crate) fn parts(&mut self) -> (&mut [u8], &mut usize) {
        (&mut self.block[..self.end], &mut self.start)
    }

    /// All that was read: what events that were located in [`parts`](Self::parts) are lent from.
    #[inline]
    pub(crate) fn read(&self) -> &[u8] {
        &self.block[..self.end]
    }

    /// The unused bytes.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.block[self.start..self.end]
    }

    /// Lets `take` use up unused bytes from the front.
    pub(crate) fn consume<T>(&mut self, take: impl FnOnce(&mut &mut [u8]) -> T) -> T {
        let mut unread = &mut self.block[self.start..self.end];
        let taken = take(&mut unread);
        self.start = self.end - unread.len();
        taken
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Makes room for so many bytes behind the unused ones; `false` if the block is too small.
    pub(crate) fn make_room(&mut self, len: usize) -> bool {
        let unused = self.end - self.start;
        if self.block.len() < READ_BLOCK_LEN || len > self.block.len() - unused {
            return false;
        }
        if len > self.block.len() - self.end {
            self.block.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, unused);
        }
        true
    }

    /// Room to read into: a whole block, or what is left of it behind the unused bytes.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
            if self.block.len() < READ_BLOCK_LEN {
                *self.block = take_read_block();
            }
        }
        &mut self.block[self.end..]
    }

    /// Says how many bytes were read into [`room`](Self::room).
    pub(crate) fn filled(&mut self, len: usize) {
        self.end += len;
    }

    /// Drops the unused bytes, and gives the block back.
    pub(crate) fn discard(&mut self) {
        self.start = self.end;
        self.release();
    }

    /// Gives the block back, if all that was read is used up.
    #[inline]
    pub(crate) fn release(&mut self) {
        if self.is_empty() && !self.block.is_empty() {
            (self.start, self.end) = (0, 0);
            give_read_block(mem::take(&mut *self.block));
        }
    }
}

impl Drop for ReadBuffer {
    fn drop(&mut self) {
        give_read_block(mem::take(&mut *self.block));
    }
}

impl From<&[u8]> for ReadBuffer {
    /// Takes bytes that were read elsewhere, however many.
    fn from(bytes: &[u8]) -> Self {
        Self { block: Hidden(bytes.into()), start: 0, end: bytes.len() }
    }
}
