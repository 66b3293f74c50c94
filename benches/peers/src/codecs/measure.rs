//! Medians of rounds in which every library has its turn, so that what disturbs the machine for a
//! while disturbs all of them. A turn is shorter than a time slice: on a machine that has other work
//! most turns are not interrupted, and the median is one of those.

use std::time::{Duration, Instant};

use super::cases::Bench;

/// Nanoseconds for one run of each.
pub fn medians(rounds: usize, benches: &mut [Bench]) -> Vec<f64> {
    let counts: Vec<u32> = benches.iter_mut().map(calibrate).collect();
    let mut times = vec![Vec::with_capacity(rounds); benches.len()];
    for round in 0..rounds {
        // Nobody always follows the same neighbour after the same pause.
        for turn in 0..benches.len() {
            let index = (turn + round) % benches.len();
            // The caches are full of what the last one did.
            benches[index].run();
            let time = time(&mut benches[index], counts[index]);
            times[index].push(time.as_nanos() as f64 / f64::from(counts[index]));
        }
    }
    times.iter_mut().map(|times| median(times)).collect()
}

/// How many runs take [`TURN`].
fn calibrate(bench: &mut Bench) -> u32 {
    let mut count = 1;
    loop {
        let time = time(bench, count);
        if time >= TURN / 2 {
            return (f64::from(count) * TURN.div_duration_f64(time)).ceil() as u32;
        }
        count *= 2;
    }
}

fn time(bench: &mut Bench, count: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        bench.run();
    }
    start.elapsed()
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len() % 2 == 1 { times[middle] } else { (times[middle - 1] + times[middle]) / 2.0 }
}

const TURN: Duration = Duration::from_micros(250);
