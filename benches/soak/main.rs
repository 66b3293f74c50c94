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
    fs,
    net::{TcpListener, TcpStream},
    panic, process,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use end::{Adapter, Closes, End, Executor, Outcome, Plan, Tally};
use fullduplex::{CloseCode, Config, Error, HandshakeError, ProtocolError, Role};
use script::Random;
use socket2::SockRef;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::{
    sync::oneshot,
    task::JoinSet,
    time::{sleep, timeout},
};

mod end;
mod halves;
mod script;

/// Counts the heap of all threads.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
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
                    connection(index, &mut random, &executor, &figures).await;
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

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    /// With a Close, after all was received.
    Finished,
    /// With a Close of one side, or of both, while the other one still sends.
    CutShort { by_both: bool },
    /// Without a Close: one side or both are dropped at any moment.
    Reset { both: bool },
}

/// One connection, from its sockets to its end.
async fn connection(index: usize, random: &mut Random, executor: &Executor, figures: &Figures) {
    let story = match random.below(8) {
        0..3 => Story::Finished,
        3..5 => Story::CutShort { by_both: random.one_in(3) },
        _ => Story::Reset { both: random.one_in(2) },
    };
    let [one, other] = plans(index, random, story);
    let (client, server) = sockets(random, story);
    let about = format!("{story:?}, {one:?}, {other:?}");
    let code = if one.closes == Closes::Never { other.code } else { one.code };
    let (closes, counts) = ([one.closes, other.closes], [one.sends.1, other.sends.1]);
    let mut ends = [End::start(executor, client, one), End::start(executor, server, other)];
    let tallies = ends.each_ref().map(|end| Arc::clone(&end.tally));

    if let Story::Reset { both } = story {
        sleep(Duration::from_millis(random.below(1500) as u64)).await;
        let first = random.below(2);
        ends[first].kill();
        if both {
            ends[1 - first].kill();
        }
    }
    let outcomes = timeout(PATIENCE, async {
        let [one, other] = ends;
        [one.outcome().await, other.outcome().await]
    });
    let Ok(outcomes) = outcomes.await else { panic!("it does not end: {about}, {tallies:?}") };
    let fail = |what: &str| panic!("{what}: {about}, {tallies:?}, {outcomes:?}");

    let count = |count: &AtomicUsize| count.load(Relaxed);
    for (end, peer) in [(0, 1), (1, 0)] {
        let Outcome { sending, receiving } = &outcomes[end];
        let (received, peer) = (count(&tallies[end].received), &tallies[peer]);
        if let Story::Reset { .. } = story {
            // That each one was the next was checked as it came.
            if !receiving.as_ref().is_none_or(is_reset) || !sending.as_ref().is_none_or(is_reset) {
                fail("it ended otherwise");
            }
            if received > count(&peer.begun) {
                fail("more arrived than was sent");
            }
            continue;
        }
        if received != count(&peer.sent) {
            fail("a message is lost");
        }
        let is_cut = matches!(story, Story::CutShort { .. });
        let is_sent = match sending {
            Some(Ok(())) => true,
            Some(Err(Error::Closed(_))) => is_cut,
            _ => false,
        };
        if !is_sent || (!is_cut && received != counts[1 - end]) {
            fail("sending ended so");
        }
        match receiving {
            Some(Ok(received)) if *received == code || closes[end] != Closes::Never => {}
            _ => fail("receiving ended so"),
        }
    }
    figures.add(story, &tallies);
}

/// What both ends are to do.
fn plans(index: usize, random: &mut Random, story: Story) -> [Plan; 2] {
    let adapters = [Adapter::Tokio, Adapter::Blocking, Adapter::TokioByLock, Adapter::FuturesIo];
    let counts = match story {
        // Until it is killed.
        Story::Reset { .. } => [usize::MAX; 2],
        _ => [0; 2].map(|_| 1 + random.below(400)),
    };
    let directions = counts.map(|count| (random.number(), count));
    let closer = random.below(2);
    [Role::Client, Role::Server].map(|role| {
        let end = role as usize;
        let mut config = Config::default();
        config.ping_interval = Some(Duration::from_millis(50 + random.below(500) as u64));
        // It takes that long until all that was sent before the answer was received.
        config.close_timeout = PATIENCE;
        config.write_high_water = 1 << (10 + random.below(8));
        Plan {
            adapter: adapters[[index, index / 4][end] % 4],
            role,
            config,
            sends: directions[end],
            receives: directions[1 - end],
            closes: match story {
                Story::Finished if end == closer => Closes::WhenReceived,
                Story::CutShort { by_both } if by_both || end == closer => Closes::WhenSent,
                _ => Closes::Never,
            },
            code: CloseCode::new(3000 + random.below(2000) as u16),
            is_slow: random.one_in(8),
        }
    })
}

/// The two ends of a TCP connection.
fn sockets(random: &mut Random, story: Story) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = TcpStream::connect(listener.local_addr().expect("a port")).expect("a socket");
    let (server, _) = listener.accept().expect("a socket");
    let are_small = random.one_in(2);
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("a TCP socket");
        let stream = SockRef::from(stream);
        if are_small {
            // Not for receiving: windows smaller than loopback's segments make the kernel wait.
            stream.set_send_buffer_size(8 * 1024).expect("a TCP socket");
        }
        if matches!(story, Story::Reset { .. }) && random.one_in(2) {
            stream.set_linger(Some(Duration::ZERO)).expect("a TCP socket");
        }
    }
    (client, server)
}

/// Whether this is how sending or receiving may end when a connection was reset.
fn is_reset<T>(result: &Result<T, Error>) -> bool {
    match result {
        Ok(_) | Err(Error::Io(_) | Error::Closed(_)) => true,
        Err(Error::Protocol(error)) => *error == ProtocolError::EndWithoutClose,
        Err(Error::Handshake(error)) => *error == HandshakeError::UnexpectedEnd,
        Err(_) => false,
    }
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
