//! Many connections for a long time, over real sockets, split, both ways at once, all adapters with each
//! other: slow readers, pings, fragments, closes at any moment and resets.
//!
//! `cargo bench --all-features --bench soak -- [SECONDS [SEED]]`, 10 s by default.
//!
//! On a connection that was not reset, what arrives is what was sent, up to the Close; on one that was,
//! it is the beginning of that. At the end no task, no thread, no file descriptor and no heap is left.
//! The first thing that is not so ends the process with status 1.

use std::{
    alloc::System,
    env, fs, panic, process,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use connection::{Story, connection};
use end::{Executor, Tally};
use script::Random;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::{sync::oneshot, task::JoinSet};

mod connection;
mod end;
mod halves;
mod script;

/// Counts the heap of all threads.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let arguments = env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let numbers = arguments.map(|argument| argument.parse::<u64>().expect("a number"));
    let numbers = numbers.collect::<Vec<_>>();
    let seconds = numbers.first().copied().unwrap_or(10);
    let seed = numbers.get(1).copied().unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.map_or(0, |now| now.as_nanos() as u64)
    });
    println!("seed {seed}, {CONNECTIONS} connections at a time, {seconds} s");
    // A task that panics would only look killed.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        hook(info);
        eprintln!("failed: seed {seed}");
        process::exit(1);
    }));

    // What is made once for the process is made in a first round.
    drop(soak(!seed, Duration::from_secs(1)));
    let before = Left::measure();
    let figures = soak(seed, Duration::from_secs(seconds));
    figures.print();
    drop(figures);
    let after = Left::measure();
    println!("before: {before:?}");
    println!("after:  {after:?}");
    assert!(after.threads <= before.threads, "a thread is left");
    assert!(after.files <= before.files, "a file descriptor is left");
    assert!(after.heap <= before.heap + MAX_HEAP_MORE, "heap is left");
    println!("ok");
}

/// Opens connections, one after the other in each place, for so long; returns when all have ended, and
/// what ran them too.
fn soak(seed: u64, time: Duration) -> Arc<Figures> {
    let figures = Arc::<Figures>::default();
    let executor = Executor::default();
    let (stop, stopped) = oneshot::channel::<()>();
    let on_smol = {
        let executor = Arc::clone(&executor);
        thread::spawn(move || drop(smol::block_on(executor.run(stopped))))
    };
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let tokio = tokio.expect("a runtime");
    let end = Instant::now() + time;
    tokio.block_on(async {
        let mut places = JoinSet::new();
        for index in 0..CONNECTIONS {
            let (executor, figures) = (Arc::clone(&executor), Arc::clone(&figures));
            let mut random = Random::new(seed ^ Random::new(index as u64).number());
            places.spawn(async move {
                while Instant::now() < end {
                    let (story, tallies) = connection(index, &mut random, &executor).await;
                    figures.add(story, &tallies);
                }
            });
        }
        places.join_all().await;
    });
    // A task that has reported may not have returned yet.
    let began = Instant::now();
    while !executor.is_empty() || tokio.metrics().num_alive_tasks() > 0 {
        assert!(began.elapsed() < PATIENCE, "a task is left");
        thread::sleep(Duration::from_millis(1));
    }
    drop(tokio);
    let _ = stop.send(());
    on_smol.join().expect("it does not panic");
    figures
}

/// What happened.
#[derive(Debug, Default)]
struct Figures {
    finished: AtomicUsize,
    cut_short: AtomicUsize,
    resets: AtomicUsize,
    messages: AtomicUsize,
    bytes: AtomicUsize,
    pings: AtomicUsize,
}

impl Figures {
    fn add(&self, story: Story, tallies: &[Arc<Tally>; 2]) {
        let count = match story {
            Story::Finished => &self.finished,
            Story::CutShort { .. } => &self.cut_short,
            Story::Reset { .. } => &self.resets,
        };
        count.fetch_add(1, Relaxed);
        for tally in tallies {
            self.messages.fetch_add(tally.received.load(Relaxed), Relaxed);
            self.bytes.fetch_add(tally.bytes.load(Relaxed), Relaxed);
            self.pings.fetch_add(tally.pings.load(Relaxed), Relaxed);
        }
    }

    fn print(&self) {
        let Self { finished, cut_short, resets, messages, bytes, pings } = self;
        println!(
            "connections: {finished:?} finished, {cut_short:?} closed while sending, {resets:?} reset"
        );
        println!("received: {messages:?} messages, {bytes:?} bytes; sent: {pings:?} pings");
    }
}

/// What a process has while nothing runs.
#[derive(Debug)]
struct Left {
    heap: usize,
    threads: usize,
    files: usize,
}

impl Left {
    fn measure() -> Self {
        // A thread that has reported may not have ended yet.
        thread::sleep(Duration::from_millis(500));
        let count = |path| fs::read_dir(path).map_or(0, Iterator::count);
        let (threads, files) = (count("/proc/self/task"), count("/proc/self/fd"));
        let stats = ALLOCATOR.stats();
        Self { heap: stats.bytes_allocated - stats.bytes_deallocated, threads, files }
    }
}

/// Connections that are open at the same time.
const CONNECTIONS: usize = 200;
/// Nothing takes longer than that, even on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the timers and the poller that the process shares may have grown by, in bytes.
const MAX_HEAP_MORE: usize = 64 * 1024;
