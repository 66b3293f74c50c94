//! The block that an adapter reads into, from a small pool of the thread's.
//!
//! A connection holds a block only while bytes are in it or a read is going on, so that idle ones
//! cost nothing. Blocks are cleared once, when they are made.

use std::{cell::RefCell, mem};

/// Bytes that were read and not yet used up.
#[derive(Debug, Default)]
pub(crate) struct ReadBuffer {
    /// Empty, or `BLOCK_LEN` bytes.
    block: Box<[u8]>,
    start: usize,
    end: usize,
}

impl ReadBuffer {
    /// All that was read, and where in it the unused bytes begin.
    pub(crate) fn parts(&mut self) -> (&mut [u8], &mut usize) {
        (&mut self.block[..self.end], &mut self.start)
    }

    /// All that was read: what events that were located in [`parts`](Self::parts) are lent from.
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

    /// Room to read into. All that was read must be used up.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        debug_assert!(self.is_empty(), "unused bytes would be lost");
        (self.start, self.end) = (0, 0);
        if self.block.is_empty() {
            self.block = take_block();
        }
        &mut self.block
    }

    /// Says how many bytes were read into [`room`](Self::room).
    pub(crate) fn filled(&mut self, len: usize) {
        self.end = len;
    }

    /// Gives the block back, if all that was read is used up.
    pub(crate) fn release(&mut self) {
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
            give_back(mem::take(&mut self.block));
        }
    }
}

impl Drop for ReadBuffer {
    fn drop(&mut self) {
        give_back(mem::take(&mut self.block));
    }
}

impl From<&[u8]> for ReadBuffer {
    /// Takes bytes that were read elsewhere, however many.
    fn from(bytes: &[u8]) -> Self {
        Self { block: bytes.into(), start: 0, end: bytes.len() }
    }
}

fn take_block() -> Box<[u8]> {
    // The pool is gone while a thread exits: then a block is made.
    let pooled = POOL.try_with(|pool| pool.borrow_mut().pop()).ok().flatten();
    pooled.unwrap_or_else(|| vec![0; BLOCK_LEN].into())
}

fn give_back(block: Box<[u8]>) {
    if block.len() == BLOCK_LEN {
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < POOLED {
                pool.push(block);
            }
        });
    }
}

thread_local! {
    static POOL: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// Bytes in a block: what one read can take.
pub(crate) const BLOCK_LEN: usize = 64 * 1024;
/// Blocks that a thread keeps.
const POOLED: usize = 4;
