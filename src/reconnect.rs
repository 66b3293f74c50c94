//! How long a client waits before it connects again (RFC 6455 §7.2.3): two limits and random numbers
//! in, delays out. Nothing here waits or reads a clock.
//!
//! ```text
//! delay   0 … 5 s │ 5 … 10 s │ 10 … 20 s │ 20 … 40 s │ 30 … 60 s │ 30 … 60 s │ …
//! ```

use core::{fmt, iter::FusedIterator, time::Duration};

/// The delays before each attempt to connect again, without an end (RFC 6455 §7.2.3).
///
/// A server that restarts loses all its clients at once; without a delay they all come back at once.
/// So the first delay is random. Those after it are truncated exponential back-off: the most that
/// a delay can be doubles each time up to [`max_delay`](Self::max_delay), and of it one half is random,
/// so that clients that failed together drift apart. Before the limit is reached no delay is shorter
/// than the one before.
///
/// ```
/// use std::{io, net::TcpStream, thread, time::Duration};
/// use fullduplex::ReconnectDelays;
///
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let address = listener.local_addr()?;
/// let mut delays = ReconnectDelays::new();
/// delays.max_delay = Duration::from_secs(20);
/// # delays.max_delay = Duration::ZERO;
/// for delay in &mut delays {
///     thread::sleep(delay);
///     if let Ok(stream) = TcpStream::connect(address) {
///         // Make a WebSocket of it, and use it until it ends.
/// #       drop(stream);
///         break;
///     }
/// }
/// delays.reset(); // if it did what it was for; a server may accept, and fail at once
/// # Ok::<(), io::Error>(())
/// ```
#[derive(Clone)]
pub struct ReconnectDelays<R = fn() -> u64> {
    /// The most that the first delay can be: 5 s, which the RFC finds reasonable. It is spread evenly
    /// from zero; zero connects again at once.
    ///
    /// More of it spares a server with many clients when it comes back; less is quicker for a client
    /// that only lost its network for a moment.
    pub max_first_delay: Duration,
    /// The most that any delay can be: 60 s.
    ///
    /// So long can a client be away after its server is back. More of it costs less where a server is
    /// away for long and clients run on batteries.
    pub max_delay: Duration,
    /// The most that the last delay could be.
    last: Option<Duration>,
    random: R,
}

#[cfg(feature = "std")]
impl ReconnectDelays {
    /// Delays with the default limits, and with random numbers from the thread's generator.
    pub fn new() -> Self {
        Self::with_random(rand::random)
    }
}

#[cfg(feature = "std")]
impl Default for ReconnectDelays {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: FnMut() -> u64> ReconnectDelays<R> {
    /// Delays with the default limits. `random` is asked once for each delay, for any of all numbers;
    /// two clients with the same numbers would march in step.
    pub const fn with_random(random: R) -> Self {
        Self {
            max_first_delay: Duration::from_secs(5),
            max_delay: Duration::from_secs(60),
            last: None,
            random,
        }
    }

    /// Begins anew with a first delay. Call it when a connection has held, which is for the
    /// application to say: it was told what it had to know, or a minute has passed. A connection that
    /// was merely made is none: of a server that accepts and then fails, the delays should grow.
    pub const fn reset(&mut self) {
        self.last = None;
    }

    /// A random part of `duration`.
    fn part_of(&mut self, duration: Duration) -> Duration {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        // Below `nanos`, so that it fits.
        Duration::from_nanos(((u128::from(nanos) * u128::from((self.random)())) >> 64) as u64)
    }
}

impl<R: FnMut() -> u64> Iterator for ReconnectDelays<R> {
    type Item = Duration;

    /// How long to wait before the next attempt: always `Some`.
    fn next(&mut self) -> Option<Duration> {
        Some(match self.last {
            None => {
                let most = self.max_first_delay.min(self.max_delay);
                self.last = Some(most);
                self.part_of(most)
            }
            Some(last) => {
                let most = last.max(MIN_STEP).saturating_mul(2).min(self.max_delay);
                self.last = Some(most);
                most / 2 + self.part_of(most / 2)
            }
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl<R: FnMut() -> u64> FusedIterator for ReconnectDelays<R> {}

impl<R> fmt::Debug for ReconnectDelays<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReconnectDelays")
            .field("max_first_delay", &self.max_first_delay)
            .field("max_delay", &self.max_delay)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

/// What doubles where the first delay is none.
const MIN_STEP: Duration = Duration::from_millis(1);
