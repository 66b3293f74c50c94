//! What carries the chat to every process that serves it. In one process it is a queue; several share a Redis
//! server.

use tokio::sync::{mpsc, watch};

mod redis;

pub use redis::over_redis;

/// Lines on their way. Beyond that, who speaks waits.
const MAX_QUEUED: usize = 256;

/// Members of rooms: room and name of each.
pub type Members = Vec<(String, String)>;

/// A room, and a line that is told in it.
pub struct Said {
    pub room: String,
    pub line: String,
}

/// Who is in the rooms at another process: nobody any more when it has ended, or cannot be reached.
pub struct There {
    pub process: u64,
    pub members: Members,
}

pub enum Heard {
    /// In whichever process it was said. That one hears it twice happens, if rarely.
    Said(Said),
    There(There),
}

pub struct Publisher {
    said: mpsc::Sender<Said>,
    here: watch::Sender<Members>,
}

pub struct Published {
    said: mpsc::Receiver<Said>,
    there: mpsc::Receiver<There>,
}

/// Carries lines within this process, which is the only one.
pub fn in_process() -> (Publisher, Published) {
    let (said, heard) = mpsc::channel(MAX_QUEUED);
    let (_, there) = mpsc::channel(1);
    (Publisher { said, here: watch::Sender::default() }, Published { said: heard, there })
}

impl Publisher {
    /// Has every process hear a line, this one too.
    pub async fn say(&self, said: Said) {
        let _ = self.said.send(said).await; // nobody serves the chat any more
    }

    /// Has every other process know who is in the rooms here, instead of what it knew.
    pub fn here(&self, members: Members) {
        self.here.send_replace(members);
    }
}

impl Published {
    /// Waits for what is heard next. `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Heard> {
        tokio::select! {
            Some(said) = self.said.recv() => Some(Heard::Said(said)),
            Some(there) = self.there.recv() => Some(Heard::There(there)),
            else => None,
        }
    }
}
