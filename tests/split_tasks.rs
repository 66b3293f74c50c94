//! Two tasks on the two halves: each is woken when the other one did something that it waits for, and no
//! wakeup is lost.
#![cfg(feature = "tokio")]

mod common;

use std::{io::ErrorKind, time::Duration};

use common::{masked, scripted::Scripted, shared::Shared};
use fullduplex::{
    CloseCode, Config, Connection, Error, Message, Timeout,
    asynchronous::{ReadFrom, ReceiveHalf, Runtime, SendHalf, WriteTo},
    tokio::{Tokio, WebSocket},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

/// Far more than any test takes: a wakeup that is lost fails it.
const LONG: Duration = Duration::from_secs(60);
const MIB: usize = 1 << 20;

/// Nothing happens by itself.
fn without_pings() -> Config {
    let mut config = Config::default();
    config.ping_interval = None;
    config
}

fn server<S: AsyncRead + AsyncWrite + Unpin>(stream: S, config: &Config) -> WebSocket<S> {
    WebSocket::new(stream, Connection::server(config), &[])
}

#[tokio::test(start_paused = true)]
async fn a_close_of_the_sending_half_wakes_the_other_and_starts_the_close_timeout() {
    let (_peer, stream) = duplex(1024);
    let (mut receive, mut send) = server(stream, &without_pings()).split();
    let receiving = tokio::spawn(async move { receive.receive().await });
    tokio::time::sleep(Duration::from_secs(100)).await;
    let start = Instant::now();
    send.send_close(CloseCode::NORMAL, "").await.unwrap();
    let ended = timeout(LONG, receiving).await.expect("it was woken").unwrap();
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Close))), "{ended:?}");
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_dropped_before_it_was_written_is_written_by_the_other_half() {
    let (mut peer, stream) = duplex(16);
    let (mut receive, mut send) = server(stream, &without_pings()).split();
    let receiving = tokio::spawn(async move { receive.receive().await });
    tokio::task::yield_now().await;
    send.feed(vec![7; 100]).await.unwrap();
    let closed = timeout(Duration::ZERO, send.send_close(CloseCode::NORMAL, "")).await;
    assert!(closed.is_err(), "the pipe holds 16 bytes");
    let mut written = [0; 102 + 4];
    timeout(LONG, peer.read_exact(&mut written)).await.expect("it is written").unwrap();
    peer.write_all(&masked(0x88, &[0x03, 0xe8])).await.unwrap();
    assert_eq!(timeout(LONG, receiving).await.expect("it ends").unwrap().unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_half_way_is_written_on_by_the_half_that_waits_already() {
    let (mut peer, stream) = duplex(16);
    let (mut receive, mut send) = server(stream, &without_pings()).split();
    let receiving = tokio::spawn(async move { receive.receive().await });
    tokio::task::yield_now().await;
    let sent = timeout(Duration::ZERO, send.send(vec![7; 100])).await;
    assert!(sent.is_err(), "the pipe holds 16 bytes");
    let mut written = [0; 102];
    timeout(LONG, peer.read_exact(&mut written)).await.expect("it is written").unwrap();
    peer.write_all(&masked(0x81, b"text")).await.unwrap();
    let received = timeout(LONG, receiving).await.expect("it was woken").unwrap();
    assert_eq!(received.unwrap(), Some("text".into()));
}

#[tokio::test(start_paused = true)]
async fn what_the_sending_half_fed_before_it_was_dropped_is_written_by_the_half_that_waits_already()
{
    let (mut peer, stream) = duplex(1024);
    let (mut receive, mut send) = server(stream, &without_pings()).split();
    let receiving = tokio::spawn(async move { receive.receive().await });
    tokio::task::yield_now().await;
    send.feed("fed").await.unwrap();
    drop(send);
    let mut written = [0; 5];
    timeout(LONG, peer.read_exact(&mut written)).await.expect("it is written").unwrap();
    assert_eq!(written, *b"\x81\x03fed");
    assert!(!receiving.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_write_error_of_the_sending_half_wakes_the_other() {
    // The stream never wakes who reads.
    let script = Scripted::new().read_pending().read_pending().write_fails(ErrorKind::BrokenPipe);
    let (mut receive, mut send) = server(Shared::new(script), &without_pings()).split();
    let receiving = tokio::spawn(async move { receive.receive().await });
    tokio::task::yield_now().await;
    assert!(matches!(send.send("lost").await, Err(Error::Io(_))));
    let ended = timeout(LONG, receiving).await.expect("it was woken").unwrap();
    assert!(matches!(ended, Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe));
}

#[tokio::test(start_paused = true)]
async fn what_the_receiving_half_gave_up_ends_a_send_that_waits() {
    let (mut peer, stream) = duplex(16);
    let (mut receive, mut send) = server(stream, &without_pings()).split();
    let sending = tokio::spawn(async move { send.send(vec![7; 100]).await });
    tokio::task::yield_now().await;
    // It sends, so that it is alive, and never reads.
    peer.write_all(&masked(0x88, b"")).await.unwrap();
    let start = Instant::now();
    assert_eq!(timeout(LONG, receive.receive()).await.unwrap().unwrap(), None);
    assert_eq!(start.elapsed().as_secs(), 10, "the peer had its time to read the answer");
    let sent = timeout(LONG, sending).await.expect("it was woken").unwrap();
    assert!(matches!(sent, Err(Error::Io(error)) if error.kind() == ErrorKind::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_nothing_ends_both_halves_by_the_write_timeout() {
    let (_peer, stream) = duplex(16);
    let (mut receive, mut send) = server(stream, &without_pings()).split();
    let receiving = tokio::spawn(async move { receive.receive().await });
    tokio::task::yield_now().await;
    let start = Instant::now();
    let sent = timeout(LONG, send.send(vec![7; 100])).await.expect("it ends");
    assert!(matches!(sent, Err(Error::Timeout(Timeout::Write))), "{sent:?}");
    assert_eq!(start.elapsed().as_secs(), 20);
    let ended = timeout(LONG, receiving).await.expect("it was woken").unwrap();
    assert!(matches!(ended, Err(Error::Timeout(Timeout::Write))), "{ended:?}");
}

/// A piece of the bytes that are sent, of a length that looks random.
fn piece(at: usize, total: usize) -> Vec<u8> {
    let len = (at.wrapping_mul(0x9e37_79b9) >> 7) % 3000 + 1;
    (at..at + len.min(total - at)).map(|index| (index * 31 % 251) as u8).collect()
}

type Halves<R, W, A> = (ReceiveHalf<R, W, A>, SendHalf<W, A>);

/// Sends `total` bytes in pieces each way, with four tasks; now and then they only feed, or ping.
async fn exchange<R, W, A>(ends: [Halves<R, W, A>; 2], total: usize)
where
    R: Unpin + Send + 'static,
    W: Unpin + Send + 'static,
    A: ReadFrom<R> + WriteTo<W> + Runtime<Timer: Send> + 'static,
{
    let (mut sending, mut receiving) = (Vec::new(), Vec::new());
    for (mut receive, mut send) in ends {
        sending.push(tokio::spawn(async move {
            let mut at = 0;
            while at < total {
                let piece = piece(at, total);
                at += piece.len();
                match at % 4 {
                    0 => send.feed(piece).await.unwrap(),
                    1 => {
                        send.ping(b"?").await.unwrap();
                        send.send(piece).await.unwrap();
                    }
                    _ => send.send(piece).await.unwrap(),
                }
            }
            send.send("end").await.unwrap();
            send
        }));
        receiving.push(tokio::spawn(async move {
            let mut at = 0;
            while let Some(Message::Binary(bytes)) = receive.receive().await.unwrap() {
                assert!(bytes[..] == piece(at, total)[..], "the piece at {at}");
                at += bytes.len();
            }
            assert_eq!(at, total);
            receive
        }));
    }
    // A socket that is dropped with unread bytes, the last Pongs, is reset: all are kept to the end.
    let mut halves = (Vec::new(), Vec::new());
    for task in sending {
        halves.0.push(timeout(LONG, task).await.expect("no wakeup is lost").unwrap());
    }
    for task in receiving {
        halves.1.push(timeout(LONG, task).await.expect("no wakeup is lost").unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_and_no_wakeup_is_lost_over_pipes_of_few_bytes() {
    for (size, total) in [(1, MIB / 64), (13, MIB / 16), (1000, MIB), (65_536, MIB)] {
        let (one, other) = duplex(size);
        let one = WebSocket::new(one, Connection::client(&Config::default()), &[]);
        exchange([one.split(), server(other, &Config::default()).split()], total).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_and_no_wakeup_is_lost_over_the_halves_of_sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let one = WebSocket::new(stream, Connection::client(&Config::default()), &[]);
    let other = server(listener.accept().await.unwrap().0, &Config::default());
    let into_split = TcpStream::into_split;
    exchange([one.split_with(into_split), other.split_with(into_split)], MIB).await;
}

#[tokio::test]
async fn halves_of_sockets_are_reunited_to_the_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let address = stream.local_addr().unwrap();
    let ws = WebSocket::new(stream, Connection::client(&Config::default()), &[]);
    let (receive, mut send) = ws.split_with(TcpStream::into_split);
    send.feed("fed").await.unwrap();
    let joined = receive.reunite_with::<_, Tokio>(send, |read, write| read.reunite(write).unwrap());
    let mut ws = joined.unwrap();
    assert_eq!(ws.stream().local_addr().unwrap(), address);
    ws.flush().await.unwrap();
    let mut other = server(listener.accept().await.unwrap().0, &Config::default());
    assert_eq!(other.receive().await.unwrap(), Some("fed".into()));
}
