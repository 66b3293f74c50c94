//! Where what one says goes to all, and a newcomer gets the last of it: the base of the board and the chat.

use std::{collections::VecDeque, sync::Arc};

use fullduplex::{CloseCode, Error, Message, tokio::WebSocket};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::broadcast::{Receiver, Sender, channel},
};

/// How many lines somebody may be behind before he is sent away.
const MAX_BEHIND: usize = 1024;

pub type Line = Arc<str>;

#[derive(Debug)]
pub struct Room {
    kept: VecDeque<Line>,
    max_kept: usize,
    lines: Sender<Line>,
}

impl Room {
    pub fn new(max_kept: usize) -> Self {
        Self { kept: VecDeque::new(), max_kept, lines: channel(MAX_BEHIND).0 }
    }

    /// Says a line to all who are here.
    pub fn say(&self, line: impl Into<Line>) {
        let _ = self.lines.send(line.into()); // perhaps nobody is
    }

    /// Says a line to all who are here, and to newcomers as long as it is among the last.
    pub fn keep(&mut self, line: impl Into<Line>) {
        let line = line.into();
        if self.kept.len() == self.max_kept {
            self.kept.pop_front();
        }
        self.kept.push_back(line.clone());
        self.say(line);
    }

    /// Whether a line is among the last.
    pub fn keeps(&self, line: &str) -> bool {
        self.kept.iter().any(|kept| **kept == *line)
    }

    pub fn forget(&mut self) {
        self.kept.clear();
    }

    /// What is kept, and all that follows.
    pub fn join(&self) -> (Vec<Line>, Receiver<Line>) {
        (self.kept.iter().cloned().collect(), self.lines.subscribe())
    }

    /// How many are here.
    pub fn members(&self) -> usize {
        self.lines.receiver_count()
    }
}

/// Waits until a member says something, and meanwhile tells it what others say. `None` when it has left, or
/// was too slow.
pub async fn next_said<S: AsyncRead + AsyncWrite + Unpin>(
    ws: &mut WebSocket<S>,
    lines: &mut Receiver<Line>,
) -> Result<Option<Message<'static>>, Error> {
    loop {
        // A `receive` that is dropped loses nothing; what was fed it writes before it waits.
        tokio::select! {
            said = ws.receive() => return said,
            line = lines.recv() => {
                let Ok(line) = line else {
                    ws.close(CloseCode::POLICY_VIOLATION, "too slow").await?;
                    return Ok(None);
                };
                ws.feed(&*line).await?;
            }
        }
    }
}
