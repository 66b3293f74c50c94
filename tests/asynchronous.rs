//! The tokio adapter tells the same stories as the blocking one, dropped at every poll.
#![cfg(feature = "tokio")]

mod common;

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::{Pin, pin},
    task::{Context, Poll, Waker, ready},
};

use common::{Seen, scripted::Scripted, stories::stories};
use fullduplex::{Config, Connection, Error, tokio::WebSocket};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The script as tokio sees a stream.
struct Polled(Scripted);

impl AsyncRead for Polled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = ready!(self.0.poll_read(room.initialize_unfilled()))?;
        room.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Polled {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_write(&[bytes])
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let slices: Vec<&[u8]> = slices.iter().map(|slice| &**slice).collect();
        self.0.poll_write(&slices)
    }
    fn is_write_vectored(&self) -> bool {
        true
    }
    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush()
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Polls `future` up to `most` times; `None` if it was dropped then.
fn poll<T>(future: impl Future<Output = T>, most: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..most {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return Some(value);
        }
    }
    None
}

fn echo(ws: &mut WebSocket<Polled>, most: usize) -> Vec<Seen> {
    let mut seen = Vec::new();
    loop {
        let received = loop {
            if let Some(received) = poll(ws.receive(), most) {
                break received;
            }
        };
        match received {
            Ok(Some(message)) => {
                while poll(ws.feed(&message), most).is_none() {}
                seen.push(Seen::Message(message));
                continue;
            }
            Ok(None) => seen.push(Seen::Close(ws.peer_close().cloned())),
            Err(Error::Protocol(error)) => seen.push(Seen::Failed(error)),
            Err(Error::Io(error)) => seen.push(Seen::Io(error.kind())),
            Err(error) => panic!("{error}"),
        }
        return seen;
    }
}

#[test]
fn an_echo_sees_and_writes_what_each_story_tells_wherever_its_futures_are_dropped() {
    for story in stories() {
        for most in [1, 2, 3, 5, usize::MAX] {
            let config = Config::default();
            let script = Polled(story.script.clone());
            let mut ws = WebSocket::new(script, Connection::server(&config), &[], &config);
            assert_eq!(echo(&mut ws, most), story.seen, "{}, {most}", story.name);
            assert!(ws.stream().0.written == story.written, "{}, {most}", story.name);
            assert_eq!(ws.stream().0.unflushed, 0, "{}", story.name);
        }
    }
}
