//! Two tasks that wait for one stream: whatever happens to it wakes both.

use std::{
    sync::Arc,
    task::{Wake, Waker},
};

use crate::sync::{Mutex, lock};

/// The tasks that wait for the stream or for the other half.
#[derive(Debug, Default)]
pub(super) struct Wakers(Mutex<[Option<Waker>; 2]>);

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Receive,
    Send,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Receive => Self::Send,
            Self::Send => Self::Receive,
        }
    }
}

impl Wakers {
    pub(super) fn set(&self, side: Side, waker: &Waker) {
        let mut slots = lock(&self.0);
        let slot = &mut slots[side as usize];
        if !slot.as_ref().is_some_and(|old| old.will_wake(waker)) {
            let old = slot.replace(waker.clone());
            // A waker may do anything when it is dropped.
            drop(slots);
            drop(old);
        }
    }

    pub(super) fn forget(&self, side: Side) {
        let old = lock(&self.0)[side as usize].take();
        drop(old);
    }

    pub(super) fn wake_half(&self, side: Side) {
        let waker = lock(&self.0)[side as usize].take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_half(Side::Receive);
        self.wake_half(Side::Send);
    }
}
