//! What clients of one transport saw: how much, and how late.

use std::time::Duration;

#[derive(Clone, Default)]
pub struct Tally {
    /// Events that came, or messages that were answered.
    pub events: u64,
    /// HTTP requests; a WebSocket's handshake is one.
    pub requests: u64,
    pub delays: Histogram,
}

/// Durations to about 5 %, in constant memory: 16 steps from each power of two microseconds to the next.
#[derive(Clone)]
pub struct Histogram {
    counts: Vec<u32>,
    total: u64,
}

const STEPS: u32 = 16;
/// Up to a day; what is longer counts as that.
const POWERS: u32 = 37;

impl Histogram {
    pub fn add(&mut self, delay: Duration) {
        let micros = delay.as_micros() as f64;
        let step = (micros.max(1.0).log2() * f64::from(STEPS)).round() as usize;
        let step = step.min(self.counts.len() - 1);
        self.counts[step] = self.counts[step].saturating_add(1);
        self.total += 1;
    }

    /// The duration that `share` of all, at least 0 and at most 1, do not exceed; `None` while there are
    /// none.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let step = self.counts.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        })?;
        Some(Duration::from_secs_f64((step as f64 / f64::from(STEPS)).exp2() / 1e6))
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; (STEPS * POWERS) as usize], total: 0 }
    }
}
