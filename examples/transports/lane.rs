//! A listener with a thread of its own, whose bytes and processor time are all one transport's.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use axum::Router;
use tokio::runtime;

use crate::counted::{Counted, Wire};

pub struct Lane {
    pub address: SocketAddr,
    wire: Arc<Wire>,
    /// Where the system says how long the thread has run.
    schedstat: Option<PathBuf>,
}

/// What has gone through a lane since it began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// From clients.
    pub bytes_in: u64,
    /// To clients.
    pub bytes_out: u64,
    /// Processor time, where the system tells it.
    pub cpu: Option<Duration>,
}

impl Lane {
    /// Serves on a free port of this machine, for as long as the program runs.
    pub fn start(routes: Router) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let wire = Arc::new(Wire::default());
        let counts = wire.clone();
        let (tell, told) = mpsc::channel();
        thread::Builder::new().name("lane".into()).spawn(move || -> io::Result<()> {
            let _ = tell.send(schedstat());
            runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(Counted { listener, wire: counts }, routes).await
            })
        })?;
        Ok(Self { address, wire, schedstat: told.recv().ok().flatten() })
    }

    pub fn usage(&self) -> Usage {
        Usage { bytes_in: self.wire.bytes_in(), bytes_out: self.wire.bytes_out(), cpu: self.cpu() }
    }

    /// Connections that are open.
    pub fn connections(&self) -> usize {
        self.wire.connections()
    }

    /// Linux counts a thread's nanoseconds in the first field.
    fn cpu(&self) -> Option<Duration> {
        let schedstat = fs::read_to_string(self.schedstat.as_ref()?).ok()?;
        schedstat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    }
}

impl Usage {
    pub fn since(self, earlier: Self) -> Self {
        Self {
            bytes_in: self.bytes_in - earlier.bytes_in,
            bytes_out: self.bytes_out - earlier.bytes_out,
            cpu: self.cpu.zip(earlier.cpu).map(|(cpu, earlier)| cpu.saturating_sub(earlier)),
        }
    }
}

/// The file of this thread, if there is such a one.
fn schedstat() -> Option<PathBuf> {
    let thread = fs::read_link("/proc/thread-self").ok()?;
    let schedstat = PathBuf::from("/proc").join(thread).join("schedstat");
    schedstat.exists().then_some(schedstat)
}
