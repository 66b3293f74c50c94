//! One connection, from a plan to the check of what came of it.

use std::{
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use fullduplex::{CloseCode, Config, Error, HandshakeError, ProtocolError, Role};
use socket2::SockRef;
use tokio::time::{sleep, timeout};

use super::{
    PATIENCE,
    end::{Adapter, Closes, End, Executor, Outcome, Plan, Tally},
    script::Random,
};

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// With a Close, after all was received.
    Finished,
    /// With a Close of one side, or of both, while the other one still sends.
    CutShort { by_both: bool },
    /// Without a Close: one side or both are dropped at any moment.
    Reset { both: bool },
}

/// One connection, from its sockets to its end; the first thing that is not as it should be panics.
pub async fn connection(
    index: usize,
    random: &mut Random,
    executor: &Executor,
) -> (Story, [Arc<Tally>; 2]) {
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
            if !is_reset(receiving.as_ref()) || !is_reset(sending.as_ref()) {
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
    (story, tallies)
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
    [(0, Role::Client), (1, Role::Server)].map(|(end, role)| {
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

/// Whether this is how sending or receiving may end when a connection was reset; nothing for what was
/// killed.
fn is_reset<T>(result: Option<&Result<T, Error>>) -> bool {
    match result {
        None | Some(Err(Error::Io(_) | Error::Closed(_))) => true,
        Some(Err(Error::Protocol(error))) => *error == ProtocolError::EndWithoutClose,
        Some(Err(Error::Handshake(error))) => *error == HandshakeError::UnexpectedEnd,
        Some(_) => false,
    }
}
