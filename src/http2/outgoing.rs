//! [`Outgoing`]: bytes on their way to the connection, and whether they have come there.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::{Buf, Bytes};

use crate::{
    hidden::Hidden,
    sync::{Mutex, lock},
};

/// A piece of what was written to a stream. HTTP/2 drops it when it has handed it to the connection, or
/// when it gives the stream up.
#[derive(Debug)]
pub(super) struct Outgoing {
    piece: Hidden<Bytes>,
    queue: Queue,
}

/// The pieces of one stream that are on their way.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    pieces: usize,
    /// A piece was given up.
    is_broken: bool,
    waker: Option<Waker>,
}

impl Queue {
    pub(super) fn piece(&self, bytes: &[u8]) -> Outgoing {
        lock(&self.0).pieces += 1;
        Outgoing { piece: Hidden(Bytes::copy_from_slice(bytes)), queue: self.clone() }
    }

    /// Ready when no piece is on its way; says whether all have come to the connection.
    pub(super) fn poll_empty(&self, cx: &Context<'_>) -> Poll<bool> {
        let mut state = lock(&self.0);
        if state.pieces == 0 || state.is_broken {
            return Poll::Ready(!state.is_broken);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        let mut state = lock(&self.queue.0);
        state.pieces -= 1;
        state.is_broken |= self.piece.has_remaining();
        let is_awaited = state.pieces == 0 || state.is_broken;
        let waker = if is_awaited { state.waker.take() } else { None };
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Buf for Outgoing {
    fn remaining(&self) -> usize {
        self.piece.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.piece.chunk()
    }

    fn advance(&mut self, len: usize) {
        self.piece.advance(len);
    }
}
