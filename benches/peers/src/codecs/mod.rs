//! The same work for each library, in memory: a file for each, and what they share.
//!
//! Each works as its own documentation advises; the first lines of its file say with which settings.
//! A library gets its bytes and gives its messages as it likes: a message that is lent, a reference
//! to a shared buffer and a copy are all an answer. What is received is dropped at once, which is the
//! best case for those that count references to their read buffer.

use std::{future::Future, hint::black_box, pin::pin};

use futures_util::FutureExt;

use crate::stream::{Answering, Replay, Wire};

#[path = "../../../common/mod.rs"]
pub mod common;

pub mod cases;
mod fastwebsockets;
mod fullduplex;
mod http;
pub mod measure;
mod sockudo_ws;
mod soketto;
mod tokio_tungstenite;
mod tokio_websockets;
mod tungstenite;
mod ws_tool;
mod wtx;
mod yawc;

/// Columns of the table, in order.
pub const CODECS: [Codec; 13] = [
    fullduplex::CORE_LENT,
    fullduplex::CORE_KEPT,
    fullduplex::TOKIO_LENT,
    fullduplex::TOKIO_KEPT,
    tungstenite::CODEC,
    tokio_tungstenite::CODEC,
    fastwebsockets::CODEC,
    tokio_websockets::CODEC,
    wtx::CODEC,
    yawc::CODEC,
    soketto::CODEC,
    ws_tool::CODEC,
    sockudo_ws::CODEC,
];

/// A library, or one way of using it. `None` instead of a [`Run`]: it cannot do that.
pub struct Codec {
    pub name: &'static str,
    pub style: Style,
    /// As what a text message arrives.
    pub text: Text,
    /// Received messages are lent; otherwise they are the caller's, to keep.
    pub lends: bool,
    /// Receives what is on the wire, as a server.
    pub receive: fn(&Input, Wire<Replay>) -> Option<Run>,
    /// Sends [`SENT`] binary messages, each written by itself.
    pub send: fn(Output, Wire<Replay>) -> Option<Run>,
    /// Accepts the request on the wire.
    pub accept: fn(Wire<Replay>) -> Option<Run>,
    /// Connects to [`URL`].
    pub connect: fn(Wire<Answering>) -> Option<Run>,
}

/// Does the work once; returns [`Tally::sum`] of what was received, how many bytes were sent, or 1 for
/// a connection.
pub type Run = Box<dyn FnMut() -> usize>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Ours,
    Blocking,
    Async,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Str,
    /// As bytes that were checked; a `&str` would cost a second check, or `unsafe`.
    Bytes,
    /// As bytes that nobody looked at.
    Unchecked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Client,
    Server,
}

/// Where clients connect to.
pub const URL: &str = "ws://server.example.com/chat?room=1";
pub const HOST: &str = "server.example.com";
pub const PATH: &str = "/chat?room=1";

/// As many messages does one [`Codec::send`] send.
pub const SENT: usize = 64;

/// What is on the wire.
#[derive(Debug)]
pub struct Input {
    pub messages: usize,
    pub is_text: bool,
    pub is_fragmented: bool,
}

/// What is to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub role: Role,
    pub len: usize,
    /// The caller needs the message again. Otherwise it may be masked where it is.
    pub is_kept: bool,
}

impl Input {
    pub fn tally(&self) -> Tally {
        Tally { left: self.messages, sum: 0 }
    }
}

/// Counts the messages that arrive.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    left: usize,
    /// Of the lengths, and of the last bytes: a message that was not unmasked would show.
    pub sum: usize,
}

impl Tally {
    pub fn is_open(&self) -> bool {
        self.left > 0
    }

    pub fn text(&mut self, text: &str) {
        self.bytes(black_box(text).as_bytes());
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.left -= 1;
        self.sum += sum(black_box(bytes));
    }
}

/// What a message adds to [`Tally::sum`].
pub fn sum(message: &[u8]) -> usize {
    message.len() + message.last().map_or(0, |&last| usize::from(last))
}

/// The result of a future that never has to wait; it may let others run now and then.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let first = future.as_mut().now_or_never();
    first.or_else(|| future.now_or_never()).expect("the bytes are there")
}
