//! What carries the chat's lines to every process that serves it. Here there is one, and it is a queue; with
//! several, these two would publish to a broker and subscribe to it.

use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Lines on their way. Beyond that, who speaks waits.
const MAX_QUEUED: usize = 256;

#[derive(Clone)]
pub struct Publisher(Sender<String>);

pub struct Published(Receiver<String>);

/// Carries lines within this process.
pub fn in_process() -> (Publisher, Published) {
    let (publisher, published) = channel(MAX_QUEUED);
    (Publisher(publisher), Published(published))
}

impl Publisher {
    /// Has every process get a line of text, this one too.
    pub async fn publish(&self, line: String) {
        let _ = self.0.send(line).await; // nobody serves the chat any more
    }
}

impl Published {
    /// Waits for the next line, whoever published it. `None` when there will be no more.
    pub async fn next(&mut self) -> Option<String> {
        self.0.recv().await
    }
}
