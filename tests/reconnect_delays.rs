//! The delays before a client connects again (RFC 6455 §7.2.3), over many seeds: their bounds, how they
//! grow, and that two clients do not march in step.

use std::time::Duration;

use fullduplex::ReconnectDelays;

const SEEDS: u64 = 10_000;
/// The first delay is in the first one's, the last one's are all that follow; in seconds.
const BOUNDS: [(u64, u64); 7] = [(0, 5), (5, 10), (10, 20), (20, 40), (30, 60), (30, 60), (30, 60)];

/// Numbers that a seed determines (splitmix64).
fn random(mut seed: u64) -> impl FnMut() -> u64 {
    move || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn delays(seed: u64) -> ReconnectDelays<impl FnMut() -> u64> {
    ReconnectDelays::with_random(random(seed))
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn each_delay_is_within_its_bounds_and_they_end_never() {
    for seed in 0..SEEDS {
        for (index, (delay, (least, most))) in delays(seed).zip(BOUNDS).enumerate() {
            assert!(secs(least) <= delay && delay < secs(most), "seed {seed}: {index}: {delay:?}");
        }
        let late = delays(seed).nth(1000).expect("they end never");
        assert!(secs(30) <= late && late < secs(60), "seed {seed}: {late:?}");
    }
}

#[test]
fn the_smallest_and_the_largest_random_number_give_the_bounds() {
    let delays = |number| ReconnectDelays::with_random(move || number).zip(BOUNDS);
    for (delay, (least, _)) in delays(0) {
        assert_eq!(delay, secs(least));
    }
    for (delay, (_, most)) in delays(u64::MAX) {
        assert_eq!(delay + Duration::from_nanos(1), secs(most));
    }
}

#[test]
fn no_delay_is_shorter_than_the_one_before_until_the_limit_is_near() {
    for seed in 0..SEEDS {
        let first: Vec<_> = delays(seed).take(4).collect();
        assert!(first.is_sorted(), "seed {seed}: {first:?}");
    }
}

#[test]
fn delays_are_spread_evenly_over_their_bounds() {
    for (index, (least, most)) in BOUNDS.into_iter().enumerate() {
        let mut tenths = [0_u32; 10];
        for seed in 0..SEEDS {
            let beyond = delays(seed).nth(index).unwrap().saturating_sub(secs(least));
            tenths[(beyond.as_nanos() * 10 / secs(most - least).as_nanos()) as usize] += 1;
        }
        // 1000 are expected of each; a deviation of 200 is more than six times the usual one.
        assert!(tenths.iter().all(|count| (800..1200).contains(count)), "{index}: {tenths:?}");
    }
}

#[test]
fn clients_that_failed_together_do_not_march_in_step() {
    // A thousand clients, in slots of 50 ms: the fullest one has a small part of them, attempt by attempt.
    let mut clients: Vec<_> = (0..1000).map(|seed| (Duration::ZERO, delays(seed))).collect();
    for attempt in 0..7 {
        let mut slots = std::collections::BTreeMap::<_, u32>::new();
        for (at, delays) in &mut clients {
            *at += delays.next().unwrap();
            *slots.entry(at.as_millis() / 50).or_default() += 1;
        }
        let fullest = slots.values().max().unwrap();
        assert!(*fullest <= 30, "attempt {attempt}: {fullest} at once");
    }
}

#[test]
fn the_first_delay_comes_again_after_a_reset_with_another_number() {
    let mut delays = delays(7);
    let first: Vec<_> = delays.by_ref().take(6).collect();
    delays.reset();
    let again: Vec<_> = delays.by_ref().take(6).collect();
    for (delay, (least, most)) in again.iter().zip(BOUNDS) {
        assert!((secs(least)..secs(most)).contains(delay), "{again:?}");
    }
    assert_ne!(first, again);
}

#[test]
fn limits_of_any_length_are_kept() {
    let cases = [
        ("a first delay beyond the limit", secs(9), secs(3)),
        ("both the same", secs(3), secs(3)),
        ("a tiny limit", secs(5), Duration::from_nanos(1)),
        ("none", Duration::ZERO, Duration::ZERO),
        ("the longest", Duration::MAX, Duration::MAX),
    ];
    for (name, max_first_delay, max_delay) in cases {
        for seed in 0..100 {
            let mut delays = delays(seed);
            (delays.max_first_delay, delays.max_delay) = (max_first_delay, max_delay);
            let all: Vec<_> = delays.take(100).collect();
            assert!(all[0] <= max_first_delay, "{name}, seed {seed}: {:?}", all[0]);
            assert!(all.iter().all(|it| *it <= max_delay), "{name}, seed {seed}: {all:?}");
            let late = all[1..].iter().all(|it| *it >= max_delay.min(max_first_delay) / 2);
            assert!(late, "{name}, seed {seed}: {all:?}");
        }
    }
}

#[test]
fn without_a_first_delay_they_grow_all_the_same() {
    let mut delays = delays(7);
    delays.max_first_delay = Duration::ZERO;
    assert_eq!(delays.next(), Some(Duration::ZERO));
    let second = delays.next().unwrap();
    assert!(second >= Duration::from_millis(1), "{second:?}");
    let late = delays.nth(20).unwrap();
    assert!(late >= secs(30), "{late:?}");
}

#[test]
fn a_limit_that_is_changed_holds_for_the_next_delay() {
    let mut delays = delays(7);
    assert!(delays.nth(6).unwrap() >= secs(30));
    delays.max_delay = secs(4);
    let next = delays.next().unwrap();
    assert!(secs(2) <= next && next < secs(4), "{next:?}");
}

#[test]
fn the_generator_of_the_thread_gives_each_client_its_own() {
    let [one, other] = [ReconnectDelays::new(), ReconnectDelays::default()];
    let [one, other] = [one, other].map(|delays| delays.take(4).collect::<Vec<_>>());
    assert_ne!(one, other);
}
