//! Bytes that wait to be written: small frames side by side in one block, large payloads by
//! reference between them.
//!
//! ```text
//! block   [ header, frame, frame, header | header, frame … ]
//! shared                                ^ payload (Bytes)
//! ```
//!
//! Nothing is moved when a part was written. Only whole frames and whole heads enter, so whoever
//! drains the buffer never leaves half of one behind that somebody else could follow.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::mem;

use bytes::{Buf, Bytes};

use crate::hidden::Hidden;

/// The bytes that wait to be written to the peer, in order; drain it as a [`Buf`].
///
/// The application owns it: a [`Connection`](crate::Connection) only appends. With feature `std`,
/// [`Buf::chunks_vectored`] hands out all parts for one vectored write.
#[derive(Debug)]
pub struct WriteBuffer {
    block: Hidden<Vec<u8>>,
    /// The front of `block` that was written already.
    written: usize,
    /// One word in a connection that shares nothing.
    shared: Option<Box<Queue>>,
    share_from: usize,
}

/// The payloads that were not copied into the block, in order.
#[derive(Debug, Default)]
struct Queue {
    payloads: VecDeque<Shared>,
    /// Bytes of all of them.
    len: usize,
    /// Bytes of the block that come before the last one.
    gaps: usize,
}

/// A payload that was not copied into the block.
#[derive(Debug)]
struct Shared {
    /// Bytes of the block that come before it, counted from the shared payload before.
    gap: usize,
    payload: Hidden<Bytes>,
}

impl Default for WriteBuffer {
    fn default() -> Self {
        Self { block: Hidden::default(), written: 0, shared: None, share_from: SHARE_FROM }
    }
}

impl WriteBuffer {
    /// Makes an empty buffer, which holds no memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies shared payloads below `len` bytes into the block: 4 KiB by default.
    ///
    /// For a stream that writes one slice at a time (TLS), 16 KiB saves a write for each payload.
    pub const fn share_from(&mut self, len: usize) {
        self.share_from = len;
    }

    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.block.len() - self.written + self.shared.as_ref().map_or(0, |shared| shared.len)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives up the memory of an empty buffer, until something is appended again.
    ///
    /// With feature `std` it goes to a small pool of the thread's, from which a buffer without memory
    /// takes it: connections that are idle hold none.
    pub fn release(&mut self) {
        if self.is_empty() {
            self.shared = None;
            let block = mem::take(&mut *self.block);
            #[cfg(feature = "std")]
            crate::pool::give_write_block(block);
            #[cfg(not(feature = "std"))]
            drop(block);
        }
    }

    /// Appends `bytes` by copying them.
    #[inline]
    pub(crate) fn put_slice(&mut self, bytes: &[u8]) {
        self.append(bytes.len(), |block| block.extend_from_slice(bytes));
    }

    /// Whether a payload of `len` bytes is kept by reference: copying it would not be cheaper.
    #[inline]
    pub(crate) const fn shares(&self, len: usize) -> bool {
        len >= self.share_from
    }

    /// Appends `bytes` by reference.
    pub(crate) fn put_shared(&mut self, bytes: Bytes) {
        let queue = self.shared.get_or_insert_default();
        let gap = self.block.len() - self.written - queue.gaps;
        queue.len += bytes.len();
        queue.gaps += gap;
        queue.payloads.push_back(Shared { gap, payload: Hidden(bytes) });
    }

    /// Appends all that waits in `other`, by copying it.
    #[cfg(feature = "std")]
    pub(crate) fn append_all(&mut self, other: &mut Self) {
        while other.has_remaining() {
            let len = other.chunk().len();
            self.put_slice(other.chunk());
            other.advance(len);
        }
    }

    /// Appends `bytes` by reference, unless copying them is cheaper. Counts a reference only if it
    /// keeps one: many threads may share the count.
    pub(crate) fn put_shared_ref(&mut self, bytes: &Bytes) {
        if self.shares(bytes.len()) {
            self.put_shared(bytes.clone());
        } else {
            self.put_slice(bytes);
        }
    }

    /// Lets `write` append about `len` bytes to the block, and says how many it did.
    #[inline]
    pub(crate) fn append(&mut self, len: usize, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.make_room(len);
        let before = self.block.len();
        write(&mut self.block);
        self.block.len() - before
    }

    /// Moves what waits to the front of the block where that saves growing it, and where it moves
    /// no more bytes than were written since the last time: the cost stays linear.
    #[inline]
    fn make_room(&mut self, len: usize) {
        if self.block.capacity() - self.block.len() < len {
            if self.written > self.block.len() / 2 {
                self.block.drain(..self.written);
                self.written = 0;
            }
            #[cfg(feature = "std")]
            if self.block.capacity() == 0 {
                *self.block = crate::pool::take_write_block();
            }
            let before = self.block.len();
            if before + len <= MAX_KEPT {
                // Up to what is kept, and not a little beyond it.
                self.block.reserve_exact((before + len).next_power_of_two() - before);
            } else {
                self.block.reserve(len);
            }
        }
    }

    fn release_if_empty(&mut self) {
        if self.is_empty() {
            self.written = 0;
            if self.block.capacity() > MAX_KEPT {
                *self.block = Vec::new();
            } else {
                self.block.clear();
            }
            if let Some(queue) = &mut self.shared
                && queue.payloads.capacity() > KEEP_SHARED
            {
                queue.payloads.shrink_to(KEEP_SHARED);
            }
        }
    }
}

#[cfg(feature = "std")]
impl Drop for WriteBuffer {
    fn drop(&mut self) {
        crate::pool::give_write_block(mem::take(&mut *self.block));
    }
}

impl Buf for WriteBuffer {
    fn remaining(&self) -> usize {
        self.len()
    }

    fn chunk(&self) -> &[u8] {
        match self.shared.as_ref().and_then(|queue| queue.payloads.front()) {
            None => &self.block[self.written..],
            Some(shared) if shared.gap == 0 => &shared.payload,
            Some(shared) => &self.block[self.written..self.written + shared.gap],
        }
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let mut rest = &self.block[self.written..];
        let mut slices = slices.iter_mut();
        let free = slices.len();
        let payloads = self.shared.iter().flat_map(|queue| &queue.payloads);
        let gaps = payloads.map(|shared| (Some(shared.gap), &shared.payload[..]));
        for (gap, payload) in gaps.chain([(None, &[][..])]) {
            let gap = gap.unwrap_or(rest.len());
            let (before, after) = rest.split_at(gap);
            rest = after;
            for bytes in [before, payload] {
                if !bytes.is_empty() {
                    let Some(slice) = slices.next() else { return free };
                    *slice = std::io::IoSlice::new(bytes);
                }
            }
        }
        free - slices.len()
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.len(), "cannot advance past what waits");
        if let Some(queue) = &mut self.shared {
            while let Some(shared) = queue.payloads.front_mut() {
                let from_block = count.min(shared.gap);
                let from_payload = (count - from_block).min(shared.payload.len());
                shared.gap -= from_block;
                shared.payload.advance(from_payload);
                self.written += from_block;
                queue.gaps -= from_block;
                queue.len -= from_payload;
                count -= from_block + from_payload;
                if shared.gap > 0 || !shared.payload.is_empty() {
                    return;
                }
                queue.payloads.pop_front();
            }
        }
        self.written += count;
        self.release_if_empty();
    }
}

/// Below this many bytes, copying a payload costs less than one more slice to write.
const SHARE_FROM: usize = 4 * 1024;
/// The largest block that is kept for the next burst, in bytes: one that was filled up to
/// `Config::write_high_water` (64 KiB), and by the message that passed it.
pub(crate) const MAX_KEPT: usize = 128 * 1024;
/// The most shared payloads that an empty buffer keeps room for.
const KEEP_SHARED: usize = 64;
