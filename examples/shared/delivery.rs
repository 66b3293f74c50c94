//! Messages that outlive their connection: each arrives once, in order, however often the server ends.
//!
//! ```text
//! Outbox ── "session number text" ──► Inbox ──► its log
//!        ◄──────── "number" ─────────
//! ```
//!
//! A message stays in the outbox until it is acknowledged. On a new connection all that is there goes
//! again, and the inbox takes no number twice: it has what it took in its log, and acknowledges only
//! what stands there.

use std::{
    collections::{HashMap, VecDeque},
    fs::{self, File},
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use fullduplex::{
    CloseCode, Error, HandshakeError, Message, ReconnectDelays,
    tokio::{WebSocket, connect},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::sleep,
};

/// What a sender has to deliver yet.
#[derive(Debug)]
pub struct Outbox {
    /// Each sender's numbers begin with 1: another one has another session.
    session: u64,
    /// The number of the first that waits.
    first: u64,
    waiting: VecDeque<String>,
    /// How many of them went out on this connection.
    sent: usize,
}

impl Outbox {
    pub fn new(session: u64) -> Self {
        Self { session, first: 1, waiting: VecDeque::new(), sent: 0 }
    }

    /// Whether the sender should wait for acknowledgements first.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= MOST_WAITING
    }

    pub fn push(&mut self, text: String) {
        self.waiting.push_back(text);
    }

    /// A connection begins: nothing went out on it.
    pub fn restart(&mut self) {
        self.sent = 0;
    }

    /// The next message to send on this connection.
    pub fn next_message(&mut self) -> Option<String> {
        let text = self.waiting.get(self.sent)?;
        let number = self.first + self.sent as u64;
        self.sent += 1;
        Some(format!("{} {number} {text}", self.session))
    }

    /// All messages up to `number` have arrived. Says whether that is news.
    pub fn acknowledge(&mut self, number: u64) -> bool {
        let arrived = number.saturating_add(1).saturating_sub(self.first).min(self.sent as u64);
        self.waiting.drain(..arrived as usize);
        self.sent -= arrived as usize;
        self.first += arrived;
        arrived > 0
    }
}

/// What a server has received, in a log that outlives it: a message a line.
#[derive(Debug)]
pub struct Inbox {
    log: File,
    /// Up to here it has whole lines.
    log_len: u64,
    /// The last number of each session.
    last: HashMap<u64, u64>,
    /// How many messages came once more.
    pub repeated: usize,
}

impl Inbox {
    pub fn open(path: &Path) -> io::Result<Self> {
        let log = File::options().read(true).append(true).create(true).open(path)?;
        let text = fs::read_to_string(path)?;
        // A line that a crash cut off was not acknowledged.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let log_len = whole as u64;
        log.set_len(log_len)?;
        let numbers = text[..whole].lines().filter_map(numbers);
        Ok(Self { log, log_len, last: numbers.collect(), repeated: 0 })
    }

    /// Takes a message, unless it is there already, and returns the number to acknowledge: `None` if
    /// it is no message, or one before it is missing.
    pub fn take(&mut self, message: &str) -> io::Result<Option<u64>> {
        let Some((session, number)) = numbers(message).filter(|_| !message.contains('\n')) else {
            return Ok(None);
        };
        let last = self.last.get(&session).copied().unwrap_or(0);
        if number <= last {
            self.repeated += 1;
            return Ok(Some(last));
        }
        if number - last > 1 {
            return Ok(None);
        }
        // In one piece. Against the loss of power: `sync_data`, for many messages at once.
        let line = format!("{message}\n");
        if let Err(error) = self.log.write_all(line.as_bytes()) {
            // What is there of it would be the beginning of the next line.
            self.log.set_len(self.log_len)?;
            return Err(error);
        }
        self.log_len += line.len() as u64;
        self.last.insert(session, number);
        Ok(Some(number))
    }
}

/// The session and the number of a message.
fn numbers(message: &str) -> Option<(u64, u64)> {
    let mut words = message.splitn(3, ' ');
    let numbers = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    words.next().map(|_text| numbers)
}

/// Delivers `texts` until the last one is acknowledged, on as many connections as that takes.
///
/// # Errors
///
/// What the next attempt would not mend.
pub async fn deliver(
    url: &str,
    outbox: &mut Outbox,
    texts: &mut mpsc::Receiver<String>,
    mut delays: ReconnectDelays,
) -> Result<(), Error> {
    loop {
        match send_all(url, outbox, texts, &mut delays).await {
            Ok(true) => return Ok(()),
            Ok(false) => eprintln!("{url}: closed"),
            Err(error) if is_lasting(&error) => return Err(error),
            Err(error) => eprintln!("{url}: {error}"),
        }
        if let Some(delay) = delays.next() {
            sleep(delay).await;
        }
    }
}

/// Delivers on one connection. Says whether that was all, or the server closed before.
async fn send_all(
    url: &str,
    outbox: &mut Outbox,
    texts: &mut mpsc::Receiver<String>,
    delays: &mut ReconnectDelays,
) -> Result<bool, Error> {
    let mut ws = connect(url).await?;
    let mut is_all = false;
    outbox.restart();
    loop {
        while let Some(message) = outbox.next_message() {
            ws.feed(message).await?;
        }
        if is_all && outbox.waiting.is_empty() {
            // All has arrived, whatever becomes of this.
            let _ = ws.close(CloseCode::NORMAL, "").await;
            return Ok(true);
        }
        tokio::select! {
            text = texts.recv(), if !is_all && !outbox.is_full() => match text {
                Some(text) => outbox.push(text),
                None => is_all = true,
            },
            message = ws.receive() => {
                let Some(Message::Text(number)) = message? else { return Ok(false) };
                // A connection that delivered something has held.
                if number.parse().is_ok_and(|number| outbox.acknowledge(number)) {
                    delays.reset();
                }
            }
        }
    }
}

/// Whether another attempt would fail likewise: what is wrong with the URL, or with what answers there.
fn is_lasting(error: &Error) -> bool {
    match error {
        Error::Handshake(HandshakeError::Refused(response)) => {
            // Too late, too early, too often: not for ever.
            response.status < 500 && !matches!(response.status, 408 | 425 | 429)
        }
        Error::Handshake(HandshakeError::UnexpectedEnd) => false,
        Error::Handshake(_) => true,
        _ => false,
    }
}

/// Takes and acknowledges one message; `false`: the sender has closed, or had to be refused.
pub async fn receive_one<S: AsyncRead + AsyncWrite + Unpin>(
    ws: &mut WebSocket<S>,
    inbox: &Mutex<Inbox>,
) -> Result<bool, Error> {
    let Some(message) = ws.receive().await? else { return Ok(false) };
    let number = match &message {
        Message::Text(text) => inbox.lock().unwrap_or_else(PoisonError::into_inner).take(text)?,
        Message::Binary(_) => None,
    };
    match number {
        Some(number) => ws.feed(number.to_string()).await.map(|()| true),
        None => ws.close(CloseCode::POLICY_VIOLATION, "not the next message").await.map(|()| false),
    }
}

/// Messages that are sent before one of them has to be acknowledged.
const MOST_WAITING: usize = 64;
