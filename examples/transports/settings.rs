//! What the sliders set, for all who watch.

use std::{str::FromStr, time::Duration};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Events a second.
    pub rate: f64,
    /// Bytes of an event.
    pub payload_len: usize,
    /// From one poll to the next.
    pub interval: Duration,
    /// Simulated clients of each transport.
    pub clients: usize,
}

/// Room for the number of an event and its time.
const MIN_PAYLOAD_LEN: usize = 32;
const MAX_PAYLOAD_LEN: usize = 512;

impl Settings {
    pub const DEFAULT: Self =
        Self { rate: 2.0, payload_len: 64, interval: Duration::from_secs(1), clients: 5 };

    /// Takes words such as `rate=0.5`: of each the nearest value that is allowed. What says nothing is
    /// left out.
    pub fn set(&mut self, words: &str) {
        for (name, value) in words.split_whitespace().filter_map(|word| word.split_once('=')) {
            match name {
                "rate" => set(&mut self.rate, value, 1.0 / 60.0, 100.0),
                "payload" => set(&mut self.payload_len, value, MIN_PAYLOAD_LEN, MAX_PAYLOAD_LEN),
                "interval" => {
                    let mut millis = self.interval.as_millis() as u64;
                    set(&mut millis, value, 100, 30_000);
                    self.interval = Duration::from_millis(millis);
                }
                "clients" => set(&mut self.clients, value, 1, 50),
                _ => {}
            }
        }
    }

    pub fn json(&self) -> String {
        let Self { rate, payload_len, interval, clients } = self;
        let interval = interval.as_millis();
        format!(
            r#"{{"rate":{rate},"payload":{payload_len},"interval":{interval},"clients":{clients}}}"#
        )
    }
}

/// What is no number, `nan` too, leaves a setting as it was.
fn set<T: Copy + FromStr + PartialOrd>(setting: &mut T, value: &str, least: T, most: T) {
    if let Ok(value) = value.parse::<T>()
        && value.partial_cmp(&least).is_some()
    {
        *setting = if value < least {
            least
        } else if value > most {
            most
        } else {
            value
        };
    }
}
