//! The events, the same for all transports: whoever asks says which one it had last.
//!
//! The latest of them are held once for everybody. A client that is slower than that misses some; none has a
//! queue of its own.

use std::{
    collections::VecDeque,
    sync::{LazyLock, Mutex},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytestring::ByteString;
use fullduplex::Prepared;
use tokio::{
    sync::watch,
    time::{Instant as Deadline, sleep_until},
};

use crate::settings::Settings;

/// At 100 events a second, more than the longest polling interval.
const MAX_HELD: usize = 4096;

#[derive(Clone)]
pub struct Event {
    pub id: u64,
    /// The number, when it happened, and padding.
    pub text: ByteString,
    /// The frame of a WebSocket, encoded once for all.
    pub frame: Prepared,
}

#[derive(Default)]
pub struct Feed {
    held: Mutex<VecDeque<Event>>,
    latest: watch::Sender<u64>,
}

impl Feed {
    /// Makes events at the rate of `settings`, for ever: each after half to one and a half times the mean, so
    /// that no poll keeps step with them.
    pub async fn fill(&self, mut settings: watch::Receiver<Settings>) {
        loop {
            let Settings { rate, payload_len, .. } = *settings.borrow_and_update();
            let mut due = Deadline::now();
            loop {
                due += Duration::from_secs_f64(rand::random_range(0.5..1.5) / rate);
                tokio::select! {
                    () = sleep_until(due) => self.publish(payload_len),
                    changed = settings.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return,
                    },
                }
            }
        }
    }

    fn publish(&self, len: usize) {
        let id = self.latest() + 1;
        let text = ByteString::from(format!("{:x<len$}", format!("{id} {} ", now())));
        let event = Event { id, frame: Prepared::new(&*text), text };
        let mut held = self.held.lock().expect("nobody panics while it is locked");
        if held.len() == MAX_HELD {
            held.pop_front();
        }
        held.push_back(event);
        drop(held);
        self.latest.send_replace(id);
    }

    /// The number of the latest event; 0 before the first.
    pub fn latest(&self) -> u64 {
        *self.latest.borrow()
    }

    /// The events after one, as far as they are held.
    pub fn since(&self, after: u64) -> Vec<Event> {
        let held = self.held.lock().expect("nobody panics while it is locked");
        held.range(held.partition_point(|event| event.id <= after)..).cloned().collect()
    }

    /// The events after one; waits until there are some.
    pub async fn wait(&self, after: u64) -> Vec<Event> {
        let mut latest = self.latest.subscribe();
        let _ = latest.wait_for(|latest| *latest > after).await;
        self.since(after)
    }
}

/// Microseconds since 1970, by a clock that does not jump while the program runs.
pub fn now() -> u64 {
    static ORIGIN: LazyLock<(Instant, Duration)> = LazyLock::new(|| {
        (Instant::now(), SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    });
    (ORIGIN.1 + ORIGIN.0.elapsed()).as_micros() as u64
}

/// When the event with this text happened, in microseconds since 1970.
pub fn time_of(text: &str) -> Option<u64> {
    text.split(' ').nth(1)?.parse().ok()
}
