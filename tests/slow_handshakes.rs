//! A handshake with a peer that is slow ends by its limit, and a client that is refused while it is still
//! sending reads why.
#![cfg(feature = "tokio")]

mod common;

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use common::{
    handshake::{ANSWER, REQUEST, chat},
    ready::Ready,
    sockets::blocking_sockets,
};
use fullduplex::{
    Config, Error, HandshakeError, Timeout, blocking,
    tokio::{Incoming, accept, connect_over},
};
use tokio::{
    io::{AsyncWriteExt, DuplexStream, duplex},
    time::{Instant, sleep, timeout},
};

const SHORT: Duration = Duration::from_millis(50);

fn within(duration: Duration) -> Config {
    let mut config = Config::default();
    config.handshake_timeout = duration;
    config
}

fn assert_ends<T>(name: &str, result: Result<T, Error>) {
    match result {
        Err(Error::Timeout(Timeout::Handshake)) => {}
        Err(error) => panic!("{name}: {error}"),
        Ok(_) => panic!("{name}: it succeeded"),
    }
}

/// Writes a byte a second.
async fn drip(mut peer: DuplexStream, head: &'static str) {
    for byte in head.bytes() {
        if peer.write_all(&[byte]).await.is_err() {
            return;
        }
        sleep(Duration::from_secs(1)).await;
    }
    panic!("nobody gave it up");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_too_slowly_ends_the_handshake_in_both_roles() {
    let config = within(Duration::from_secs(10));
    let (peer, stream) = duplex(1024);
    let start = Instant::now();
    let dripping = tokio::spawn(drip(peer, REQUEST));
    assert_ends("server", Incoming::read(stream, &config).await);
    assert_eq!(start.elapsed().as_secs(), 10);
    dripping.await.unwrap();
    let (peer, stream) = duplex(1024);
    let start = Instant::now();
    let dripping = tokio::spawn(drip(peer, ANSWER));
    let ended = connect_over(stream, &chat(), &config).await;
    assert_ends("client", ended);
    assert_eq!(start.elapsed().as_secs(), 10);
    dripping.await.unwrap();
}

/// A server that refuses, with a body that does not end, a byte at a time.
struct Flood(&'static [u8], usize);

impl Read for Flood {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.1 += 1;
        assert!(self.1 < 1 << 30, "it reads for ever");
        std::mem::replace(&mut self.0, b"x").read(room)
    }
}

impl Write for Flood {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_stream_that_is_ready_for_ever_ends_the_handshake_in_time() {
    let mut config = within(SHORT);
    config.max_refusal_body_len = usize::MAX;
    let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 1000000000000\r\n\r\n";
    let ended = connect_over(Ready(Flood(refusal, 0)), &chat(), &config).await;
    // What came of the refusal says more than the limit.
    let Err(Error::Handshake(HandshakeError::Refused(response))) = ended else {
        panic!("no refusal")
    };
    assert_eq!(response.status, 403);
}

#[test]
fn a_runtime_without_timers_is_found_out_at_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handshake = std::panic::AssertUnwindSafe(|| {
        runtime.block_on(accept(Ready(Flood(REQUEST.as_bytes(), 0)))).is_ok()
    });
    std::panic::catch_unwind(handshake).unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_read_the_request_ends_the_handshake() {
    let (_peer, stream) = duplex(16);
    let config = within(Duration::from_secs(10));
    let ended = timeout(60 * Duration::from_secs(10), connect_over(stream, &chat(), &config))
        .await
        .expect("it ends");
    assert_ends("client", ended);
}

/// A stream on which a head comes a byte at a time, for ever; it cannot be told how long to wait.
struct Drip(std::iter::Cycle<std::str::Bytes<'static>>);

impl Read for Drip {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        thread::sleep(Duration::from_millis(5));
        room[0] = self.0.next().unwrap();
        Ok(1)
    }
}

impl Write for Drip {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_head_that_comes_too_slowly_ends_a_blocking_handshake_in_both_roles() {
    let config = within(SHORT);
    let drips = |head: &'static str| blocking::Untimed(Drip(head.bytes().cycle()));
    let ended = blocking::Incoming::read(drips(REQUEST), &config);
    assert_ends("server, untimed", ended);
    let ended = blocking::connect_over(drips(ANSWER), &chat(), &config);
    assert_ends("client, untimed", ended);

    let over_tcp = |head: &'static str, act: fn(TcpStream, &Config) -> Result<(), Error>| {
        let [mut peer, stream] = blocking_sockets();
        let dripping = thread::spawn(move || {
            for byte in head.bytes().cycle() {
                thread::sleep(Duration::from_millis(5));
                if peer.write_all(&[byte]).is_err() {
                    return;
                }
            }
        });
        let ended = act(stream, &within(SHORT));
        dripping.join().unwrap();
        ended
    };
    let ended =
        over_tcp(REQUEST, |stream, config| blocking::Incoming::read(stream, config).map(drop));
    assert_ends("server", ended);
    let ended = over_tcp(ANSWER, |stream, config| {
        blocking::connect_over(stream, &chat(), config).map(drop)
    });
    assert_ends("client", ended);
}

/// Sends a request and 4 MB behind it, more than all buffers hold; returns the whole refusal.
fn ask(mut stream: TcpStream, head: &str) -> io::Result<String> {
    stream.write_all(head.as_bytes())?;
    stream.write_all(&vec![7; 4_000_000])?;
    let mut refusal = String::new();
    stream.read_to_string(&mut refusal)?;
    Ok(refusal)
}

#[test]
fn a_client_that_is_still_sending_reads_the_whole_refusal() {
    let requests = [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n",
        &REQUEST.replace("Version: 13", "Version: 8"),
        "no HTTP\r\n\r\n",
    ];
    let refused = |serve: fn(TcpStream) -> Error| {
        for request in &requests {
            let [client, server] = blocking_sockets();
            let request = request.to_string();
            let client = thread::spawn(move || ask(client, &request));
            let error = serve(server);
            assert!(matches!(error, Error::Handshake(_)), "{error}");
            let refusal = client.join().unwrap().expect("no reset");
            assert!(refusal.starts_with("HTTP/1.1 4"), "{refusal}");
            let (head, body) = refusal.split_once("\r\n\r\n").expect("a whole head");
            assert!(head.contains(&format!("Content-Length: {}", body.len())), "{refusal}");
        }
    };
    refused(|stream| blocking::accept(stream).unwrap_err());
    refused(|stream| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            stream.set_nonblocking(true).unwrap();
            let stream = tokio::net::TcpStream::from_std(stream).unwrap();
            accept(stream).await.unwrap_err()
        })
    });
}
