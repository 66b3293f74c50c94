//! Deadlines without a clock: the driver says what time it is, and asks when to come back.
//!
//! ```text
//! open     nothing came for `ping_interval` ──► Ping ──► nothing came for `pong_timeout` ──► Pong
//!          no message for `idle_timeout` ──────► Close 1001 ───────────────────────────────► Idle
//!          the stream took nothing for `write_timeout` ──────────────────────────────────► Write
//! closing  a Close was sent ──► `close_timeout` ───────────────────────────────────────────► Close
//! ```
//!
//! Bytes and messages only leave a note. What that moves is looked at when the driver comes back.

use core::{mem, time::Duration};

use crate::{Config, Timeout};

/// What is to be done at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    /// To send a Ping with this payload.
    Ping([u8; PING_LEN]),
    /// To end the connection.
    End(Timeout),
}

/// Times are nanoseconds since the driver's origin, 500 years of them at most; [`NEVER`] is no time.
#[derive(Debug)]
pub(crate) struct Timers {
    ping_interval: Millis,
    pong_timeout: Millis,
    idle_timeout: Millis,
    close_timeout: Millis,
    write_timeout: Millis,
    /// `NEVER` until the driver has a clock: then nothing is waited for.
    now: u64,
    /// When bytes came last.
    received: u64,
    /// When it was last seen that messages came or went.
    active: u64,
    /// Messages came or went after that.
    is_active: bool,
    close_sent: u64,
    /// Since when a write has waited for the stream.
    write_stalled: u64,
    /// When the last Ping was sent to keep the connection alive, and its number.
    ping_sent: u64,
    ping_number: u32,
    /// How many microseconds its Pong took, or that of the one before.
    latency: u32,
    /// Nothing came after it.
    is_unanswered: bool,
    is_pong_awaited: bool,
    end: Option<Timeout>,
}

/// A limit in as few bytes as it needs: every connection has five. 49 days and more are no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Millis(u32);

impl Timers {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            ping_interval: Millis::new(config.ping_interval),
            pong_timeout: Millis::new(Some(config.pong_timeout)),
            idle_timeout: Millis::new(config.idle_timeout),
            close_timeout: Millis::new(Some(config.close_timeout)),
            write_timeout: Millis::new(Some(config.write_timeout)),
            now: NEVER,
            received: 0,
            active: 0,
            is_active: false,
            close_sent: NEVER,
            write_stalled: NEVER,
            ping_sent: 0,
            ping_number: 0,
            latency: u32::MAX,
            is_unanswered: false,
            is_pong_awaited: false,
            end: None,
        }
    }

    /// The clock of a driver never goes back.
    pub(crate) fn set_now(&mut self, now: Duration) {
        let now = u64::try_from(now.as_nanos()).unwrap_or(NEVER - 1);
        if self.now == NEVER {
            (self.now, self.received, self.active) = (now, now, now);
        }
        self.now = self.now.max(now);
    }

    /// Bytes came.
    #[inline]
    pub(crate) fn received(&mut self) {
        self.received = self.now;
        self.is_unanswered = false;
    }

    /// A message came or went.
    #[inline]
    pub(crate) fn message(&mut self) {
        self.is_active = true;
    }

    /// A Pong came.
    pub(crate) fn pong(&mut self, payload: &[u8]) {
        if self.is_pong_awaited && payload == self.ping_number.to_be_bytes() {
            self.is_pong_awaited = false;
            let micros = (self.now - self.ping_sent) / NANOS_PER_MICRO;
            self.latency = u32::try_from(micros).unwrap_or(u32::MAX - 1);
        }
    }

    /// A Close was sent, or the connection failed.
    pub(crate) fn close_sent(&mut self) {
        self.close_sent = self.close_sent.min(self.now);
    }

    /// The stream takes nothing more at the moment.
    pub(crate) fn write_stalled(&mut self) {
        self.write_stalled = self.write_stalled.min(self.now);
    }

    /// The stream took something.
    pub(crate) fn wrote(&mut self, has_failed: bool) {
        if self.write_stalled == NEVER {
            return;
        }
        // The peer reads on, and so a message is on its way; a Ping stands behind it.
        self.write_stalled = NEVER;
        self.is_active = true;
        if self.is_unanswered {
            self.ping_sent = self.now;
            self.is_pong_awaited = false;
        }
        // One that broke a rule is not waited for any longer because it reads slowly.
        if self.is_closing() && !has_failed {
            self.close_sent = self.now;
        }
    }

    #[cfg(feature = "std")]
    pub(crate) fn is_write_stalled(&self) -> bool {
        self.write_stalled != NEVER
    }

    /// Lets the time to close begin now, if it runs.
    #[cfg(feature = "std")]
    pub(crate) fn restart_closing(&mut self) {
        if self.is_closing() {
            self.close_sent = self.now;
        }
    }

    /// Lets the time to close, if it runs, be over when `limit` has passed from now on.
    #[cfg(feature = "std")]
    pub(crate) fn shorten_closing(&mut self, limit: Duration) {
        let limit = Millis::new(Some(limit));
        if self.is_closing() && limit < self.close_timeout {
            (self.close_timeout, self.close_sent) = (limit, self.now);
        }
    }

    pub(crate) fn latency(&self) -> Option<Duration> {
        (self.latency != u32::MAX).then(|| Duration::from_micros(self.latency.into()))
    }

    /// When [`due`](Self::due) may have something to do.
    pub(crate) fn next(&self) -> Option<Duration> {
        time(match self.end {
            Some(_) => self.now,
            None if self.now == NEVER => NEVER,
            None if self.is_closing() => self.close_deadline().min(self.write_deadline()),
            None => self.idle_deadline().min(self.alive_deadline()).min(self.write_deadline()),
        })
    }

    /// Whether [`due`](Self::due) may have something to do now.
    #[cfg(feature = "std")]
    pub(crate) fn is_due(&self) -> bool {
        self.next().is_some_and(|next| next <= Duration::from_nanos(self.now))
    }

    /// When a write that waits has waited too long.
    #[cfg(feature = "std")]
    pub(crate) fn next_write(&self) -> Option<Duration> {
        time(self.write_deadline())
    }

    /// What is to be done now; a Ping counts as sent.
    pub(crate) fn due(&mut self) -> Due {
        if mem::take(&mut self.is_active) {
            self.active = self.now;
        }
        let end = if self.is_closing() && self.close_deadline() <= self.now {
            Some(Timeout::Close)
        } else if self.write_deadline() <= self.now {
            Some(Timeout::Write)
        } else if self.is_closing() {
            None
        } else if self.idle_deadline() <= self.now {
            Some(Timeout::Idle)
        } else if self.is_unanswered && self.alive_deadline() <= self.now {
            Some(Timeout::Pong)
        } else {
            None
        };
        self.end = self.end.or(end);
        if let Some(end) = self.end {
            return Due::End(end);
        }
        if self.is_closing() || self.alive_deadline() > self.now {
            return Due::Nothing;
        }
        self.ping_number = self.ping_number.wrapping_add(1);
        self.ping_sent = self.now;
        (self.is_unanswered, self.is_pong_awaited) = (true, true);
        Due::Ping(self.ping_number.to_be_bytes())
    }

    fn is_closing(&self) -> bool {
        self.close_sent != NEVER
    }

    fn close_deadline(&self) -> u64 {
        self.close_timeout.after(self.close_sent)
    }

    fn write_deadline(&self) -> u64 {
        self.write_timeout.after(self.write_stalled)
    }

    fn idle_deadline(&self) -> u64 {
        self.idle_timeout.after(self.active)
    }

    /// When the peer is pinged, or given up since it did not answer.
    fn alive_deadline(&self) -> u64 {
        if self.is_unanswered {
            self.pong_timeout.after(self.ping_sent)
        } else {
            self.ping_interval.after(self.received)
        }
    }
}

impl Millis {
    /// `None` is no limit. A part of a millisecond counts as a whole one.
    fn new(duration: Option<Duration>) -> Self {
        let millis = duration.and_then(|duration| {
            let part = duration.subsec_nanos().div_ceil(NANOS_PER_MILLI as u32);
            u32::try_from(duration.as_secs()).ok()?.checked_mul(1000)?.checked_add(part)
        });
        Self(millis.unwrap_or(u32::MAX))
    }

    fn after(self, start: u64) -> u64 {
        match self.0 {
            u32::MAX => NEVER,
            millis => start.saturating_add(u64::from(millis) * NANOS_PER_MILLI),
        }
    }
}

fn time(nanos: u64) -> Option<Duration> {
    (nanos != NEVER).then(|| Duration::from_nanos(nanos))
}

const NEVER: u64 = u64::MAX;
const NANOS_PER_MILLI: u64 = 1_000_000;
const NANOS_PER_MICRO: u64 = 1_000;
/// Bytes of a Ping's number.
const PING_LEN: usize = 4;
