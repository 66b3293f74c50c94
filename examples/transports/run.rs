//! A run: simulated clients of every transport against a server of each, with the same settings.
//!
//! Each server has a listener and a thread of its own ([`Lane`]); all clients share another thread. So every
//! byte at a listener and all time of its thread are one transport's: connecting and handshakes included,
//! TCP's own headers not.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime::{self, Handle},
    task::JoinSet,
    time::sleep,
};

use crate::{
    client::{Client, Way},
    delivery,
    feed::Feed,
    lane::{Lane, Usage},
    settings::Settings,
    tally::Tally,
};

/// The servers, and where clients run.
pub struct Bench {
    lanes: Vec<(Way, Lane)>,
    clients: Handle,
    feed: Arc<Feed>,
}

pub struct Run<'a> {
    bench: &'a Bench,
    settings: Settings,
    began: Instant,
    before: Vec<Usage>,
    tallies: Vec<Arc<Mutex<Tally>>>,
    /// The clients; they end with the run.
    _clients: JoinSet<()>,
}

/// What one transport did in a run so far.
pub struct Figures {
    pub way: Way,
    pub clients: usize,
    pub time: Duration,
    pub tally: Tally,
    pub usage: Usage,
}

impl Bench {
    pub fn start(feed: &Arc<Feed>) -> io::Result<Self> {
        let lanes = Way::ALL.map(|way| {
            // To those who only speak no events come, which would count as theirs.
            let feed = if Way::DOWN.contains(&way) { feed.clone() } else { Arc::default() };
            Ok((way, Lane::start(delivery::routes(feed))?))
        });
        let lanes = lanes.into_iter().collect::<io::Result<_>>()?;
        Ok(Self { lanes, clients: clients_thread()?, feed: feed.clone() })
    }

    /// Begins when the clients of the last run have gone, but does not wait for long.
    pub async fn run(&self, settings: Settings) -> Run<'_> {
        for _ in 0..50 {
            if self.lanes.iter().all(|(_, lane)| lane.connections() == 0) {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        let before = self.lanes.iter().map(|(_, lane)| lane.usage()).collect();
        let began = Instant::now();
        let mut clients = JoinSet::new();
        let mut tallies = Vec::new();
        for (way, lane) in &self.lanes {
            let tally = Arc::new(Mutex::new(Tally::default()));
            for number in 0..settings.clients {
                let phase = number as f64 / settings.clients as f64;
                let client = self.client(lane.address, settings, &tally, phase);
                clients.spawn_on(client.run(*way), &self.clients);
            }
            tallies.push(tally);
        }
        Run { bench: self, settings, began, before, tallies, _clients: clients }
    }

    fn client(
        &self,
        server: SocketAddr,
        settings: Settings,
        tally: &Arc<Mutex<Tally>>,
        phase: f64,
    ) -> Client {
        Client { server, settings, tally: tally.clone(), after: self.feed.latest(), phase }
    }
}

impl Run<'_> {
    /// In the order of [`Way::ALL`].
    pub fn figures(&self) -> Vec<Figures> {
        let lanes = self.bench.lanes.iter().zip(&self.before).zip(&self.tallies);
        let figures = lanes.map(|(((way, lane), before), tally)| Figures {
            way: *way,
            clients: self.settings.clients,
            time: self.began.elapsed(),
            tally: tally.lock().expect("nobody panics while it is locked").clone(),
            usage: lane.usage().since(*before),
        });
        figures.collect()
    }
}

impl Figures {
    /// Of what was sent for one event, both ways together; `None` before the first.
    pub fn bytes_per_event(&self) -> Option<f64> {
        self.per_event((self.usage.bytes_in + self.usage.bytes_out) as f64)
    }

    /// Processor time of the server for one event, where it is measured.
    pub fn cpu_per_event(&self) -> Option<Duration> {
        self.per_event(self.usage.cpu?.as_secs_f64()).map(Duration::from_secs_f64)
    }

    pub fn requests_per_client(&self) -> f64 {
        self.tally.requests as f64 / self.clients as f64
    }

    fn per_event(&self, sum: f64) -> Option<f64> {
        (self.tally.events > 0).then(|| sum / self.tally.events as f64)
    }

    pub fn json(&self) -> String {
        let Tally { events, requests, delays } = &self.tally;
        let Usage { bytes_in, bytes_out, cpu } = self.usage;
        let number = |number: Option<u128>| number.map_or("null".into(), |n| n.to_string());
        let micros = |share| number(delays.quantile(share).map(|delay| delay.as_micros()));
        format!(
            r#"{{"events":{events},"requests":{requests},"up":{bytes_in},"down":{bytes_out},"p50":{},"p99":{},"cpu":{}}}"#,
            micros(0.5),
            micros(0.99),
            number(cpu.map(|cpu| cpu.as_nanos())),
        )
    }
}

/// A thread that runs the tasks it is given, as long as the program.
fn clients_thread() -> io::Result<Handle> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let (tell, told) = mpsc::channel();
    thread::Builder::new().name("clients".into()).spawn(move || {
        let _ = tell.send(runtime.handle().clone());
        runtime.block_on(std::future::pending::<()>());
    })?;
    told.recv().map_err(io::Error::other)
}
