//! The example `graceful_shutdown`, as a process of its own that gets a signal.
#![cfg(all(feature = "tokio", unix))]

use std::{
    io::Read,
    net::TcpStream,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use fullduplex::{CloseCode, blocking};

#[path = "common/examples.rs"]
mod examples;

use examples::Server;

impl Server {
    fn interrupt(&self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    }

    /// Waits for the end, which must be a success, and returns all that was printed since the start.
    fn end(mut self) -> String {
        let mut printed = String::new();
        self.prints.read_to_string(&mut printed).unwrap();
        assert_eq!(self.process.wait().unwrap().code(), Some(0));
        printed
    }
}

#[test]
fn a_server_that_is_interrupted_tells_every_client_and_ends_with_them() {
    let server = Server::start("graceful_shutdown");
    let clients: Vec<_> = (0..8).map(|_| blocking::connect(&server.url).unwrap()).collect();
    // Each is served: it has echoed something.
    let clients = clients.into_iter().map(|mut ws| {
        ws.send("Hello").unwrap();
        assert_eq!(ws.receive().unwrap(), Some("Hello".into()));
        ws
    });
    let clients = clients.collect::<Vec<_>>();
    server.interrupt();
    let began = Instant::now();
    let waiting = clients.into_iter().map(|mut ws| {
        thread::spawn(move || {
            assert_eq!(ws.receive().unwrap(), None);
            let close = ws.closing().unwrap().received.clone().unwrap();
            assert_eq!(close.code, CloseCode::GOING_AWAY);
        })
    });
    for client in waiting.collect::<Vec<_>>() {
        client.join().unwrap();
    }
    assert_eq!(server.end(), "closing 8 connections\n8 closed cleanly, 0 dropped\n");
    assert!(began.elapsed() < Duration::from_secs(4), "nobody was waited for in vain");
}

#[test]
fn a_client_that_does_not_answer_is_dropped_at_the_deadline() {
    let server = Server::start("graceful_shutdown");
    let mut good = blocking::connect(&server.url).unwrap();
    let silent = blocking::connect(&server.url).unwrap();
    server.interrupt();
    let began = Instant::now();
    assert_eq!(good.receive().unwrap(), None);
    let address = server.url.strip_prefix("ws://").unwrap().to_owned();
    assert_eq!(server.end(), "closing 2 connections\n1 closed cleanly, 1 dropped\n");
    assert!((4..9).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert!(TcpStream::connect(address).is_err(), "nobody listens");
    drop(silent);
}
