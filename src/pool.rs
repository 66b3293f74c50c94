//! Blocks of memory that a thread's connections take turns with: an idle connection holds none.

use std::{cell::RefCell, thread::LocalKey};

use crate::write_buffer::MAX_KEPT;

/// The free blocks of a thread.
type Pool<T> = RefCell<Vec<T>>;

#[cfg(feature = "deflate")]
use zlib_rs::Deflate;

#[cfg(feature = "deflate")]
use crate::deflate::{BLOCK_LEN, Inflater, Settings};

#[cfg(feature = "deflate")]
thread_local! {
    static INFLATERS: Pool<Box<Inflater>> = const { RefCell::new(Vec::new()) };
    static INFLATED: Pool<Box<[u8]>> = const { RefCell::new(Vec::new()) };
    static DEFLATE: Pool<(Settings, Box<Deflate>)> = const { RefCell::new(Vec::new()) };
}

thread_local! {
    static READ: Pool<Box<[u8]>> = const { RefCell::new(Vec::new()) };
    static WRITE: Pool<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A block to read into, cleared once, when it was made.
pub(crate) fn take_read_block() -> Box<[u8]> {
    take(&READ).unwrap_or_else(|| vec![0; READ_BLOCK_LEN].into())
}

/// Gives back a block of [`READ_BLOCK_LEN`] bytes; drops any other.
pub(crate) fn give_read_block(block: Box<[u8]>) {
    if block.len() == READ_BLOCK_LEN {
        give(&READ, block);
    }
}

/// An empty block to write into.
pub(crate) fn take_write_block() -> Vec<u8> {
    take(&WRITE).unwrap_or_default()
}

/// Gives back a block of at most [`MAX_KEPT`] bytes; drops any other.
pub(crate) fn give_write_block(mut block: Vec<u8>) {
    if (1..=MAX_KEPT).contains(&block.capacity()) {
        block.clear();
        give(&WRITE, block);
    }
}

fn take<T>(pool: &'static LocalKey<Pool<T>>) -> Option<T> {
    // While a thread exits its pool is gone: then a block is made.
    pool.try_with(|pool| pool.borrow_mut().pop()).ok().flatten()
}

fn give<T>(pool: &'static LocalKey<Pool<T>>, block: T) {
    let _ = pool.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        if pool.len() < MAX_POOLED {
            pool.push(block);
        }
    });
}

/// A decompressor that is as good as new.
#[cfg(feature = "deflate")]
pub(crate) fn take_inflater() -> Option<Box<Inflater>> {
    take(&INFLATERS)
}

/// Gives back a decompressor that was reset.
#[cfg(feature = "deflate")]
pub(crate) fn give_inflater(inflater: Box<Inflater>) {
    give(&INFLATERS, inflater);
}

/// A block to inflate into, cleared once, when it was made.
#[cfg(feature = "deflate")]
pub(crate) fn take_inflated_block() -> Box<[u8]> {
    take(&INFLATED).unwrap_or_else(|| vec![0; BLOCK_LEN].into())
}

/// Gives back a block of [`BLOCK_LEN`] bytes.
#[cfg(feature = "deflate")]
pub(crate) fn give_inflated_block(block: Box<[u8]>) {
    give(&INFLATED, block);
}

/// A compressor that is as good as new, if there is one with these settings.
#[cfg(feature = "deflate")]
pub(crate) fn take_deflate(settings: Settings) -> Option<Box<Deflate>> {
    let of_settings = |pool: &Pool<(Settings, Box<Deflate>)>| {
        let mut pool = pool.borrow_mut();
        let at = pool.iter().position(|(of, _)| *of == settings)?;
        Some(pool.swap_remove(at).1)
    };
    DEFLATE.try_with(of_settings).ok().flatten()
}

/// Gives back a compressor that was reset.
#[cfg(feature = "deflate")]
pub(crate) fn give_deflate(settings: Settings, stream: Box<Deflate>) {
    let _ = DEFLATE.try_with(|pool| {
        let mut pool = pool.borrow_mut();
        if pool.len() == MAX_POOLED {
            // Of settings that are used no more, perhaps.
            pool.remove(0);
        }
        pool.push((settings, stream));
    });
}

/// What one read can take, in bytes.
pub(crate) const READ_BLOCK_LEN: usize = 128 * 1024;
/// Blocks of each kind that a thread keeps.
const MAX_POOLED: usize = 4;
