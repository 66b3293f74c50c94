//! The example `reconnecting_client`: its messages arrive once and in order, however often the server
//! ends in the middle of them.
#![cfg(feature = "tokio")]

#[path = "../examples/shared/delivery.rs"]
mod delivery;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use delivery::{Inbox, Outbox, deliver, receive_one};
use fullduplex::{
    CloseCode, Config, Error, HandshakeError, Message, ReconnectDelays, Response,
    tokio::{Incoming, WebSocket, accept, pair},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// Far more than any test takes.
const LONG: Duration = Duration::from_secs(60);

/// A log that is empty at first.
fn log(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.log"));
    let _ = fs::remove_file(&path);
    path
}

/// Hundreds of times as fast as a client should be.
fn delays() -> ReconnectDelays {
    let mut delays = ReconnectDelays::new();
    delays.max_first_delay = Duration::from_millis(2);
    delays.max_delay = Duration::from_millis(20);
    delays
}

fn text(number: usize) -> String {
    format!("the text of {number}")
}

/// A client of session 7 that delivers so many texts.
fn client(address: SocketAddr, count: usize) -> JoinHandle<Result<(), Error>> {
    let (sender, mut texts) = mpsc::channel(1);
    tokio::spawn(async move {
        for number in 1..=count {
            sender.send(text(number)).await.expect("the client takes them all");
        }
    });
    tokio::spawn(async move {
        deliver(&format!("ws://{address}"), &mut Outbox::new(7), &mut texts, delays()).await
    })
}

/// What a server does before it ends.
#[derive(Clone, Copy, Debug)]
enum Until {
    /// Ends in the middle of the handshake.
    Accepted,
    /// Takes so many messages; the last of them it does not acknowledge any more.
    Received(usize),
    /// The same, and then it says that it goes away.
    Closed(usize),
    /// Cannot serve yet, or not so often: the status says which.
    Unavailable(u16),
    /// All has come, and the client closes.
    Done,
}

/// A server from its start to its end. Returns how many messages came to it once more.
async fn serve(listener: TcpListener, log: &Path, until: Until) -> usize {
    let inbox = Mutex::new(Inbox::open(log).unwrap());
    let (stream, _) = listener.accept().await.unwrap();
    match until {
        Until::Accepted => {}
        Until::Received(count) => drop(receive(stream, &inbox, count).await),
        Until::Closed(count) => {
            let mut ws = receive(stream, &inbox, count).await;
            // The client may be about to send, and is gone then.
            let _ = ws.close(CloseCode::SERVICE_RESTART, "").await;
        }
        Until::Unavailable(status) => {
            let incoming = Incoming::read(stream, &Config::default()).await.unwrap();
            let Incoming::Upgrade(upgrade) = incoming else { panic!("an upgrade") };
            upgrade.reject(&Response::text(status, "not yet\n")).await.unwrap();
        }
        Until::Done => {
            let mut ws = accept(stream).await.unwrap();
            while receive_one(&mut ws, &inbox).await.unwrap() {}
        }
    }
    inbox.into_inner().unwrap().repeated
}

async fn receive(stream: TcpStream, inbox: &Mutex<Inbox>, count: usize) -> WebSocket<TcpStream> {
    let mut ws = accept(stream).await.unwrap();
    for _ in 0..count {
        assert!(receive_one(&mut ws, inbox).await.unwrap());
    }
    ws
}

#[tokio::test]
async fn every_message_arrives_once_and_in_order_although_the_server_ends_in_the_middle() {
    const COUNT: usize = 1000;
    let log = log("restarts");
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = client(address, COUNT);
    let lives = [
        Until::Received(1),
        Until::Accepted,
        Until::Received(100),
        Until::Closed(50),
        Until::Unavailable(503),
        Until::Received(64),
        Until::Received(65),
        Until::Received(200),
        Until::Unavailable(408),
        Until::Unavailable(425),
        Until::Unavailable(429),
        Until::Closed(1),
        Until::Done,
    ];
    let mut repeated = Vec::new();
    for until in lives {
        repeated.push(timeout(LONG, serve(listener, &log, until)).await.expect("a client came"));
        // It is away for a while: attempts to connect are refused.
        sleep(Duration::from_millis(5)).await;
        listener = TcpListener::bind(address).await.unwrap();
    }
    timeout(LONG, client).await.expect("it ends").unwrap().unwrap();
    let received = fs::read_to_string(&log).unwrap();
    let lines: Vec<_> = (1..=COUNT).map(|number| format!("7 {number} {}", text(number))).collect();
    assert_eq!(received.lines().collect::<Vec<_>>(), lines);
    // What was received and not acknowledged was sent again.
    assert!(repeated[2] > 0 && repeated[6] > 0 && repeated[7] > 0, "{repeated:?}");
}

#[tokio::test]
async fn a_refusal_that_will_last_ends_the_client() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(listener.local_addr().unwrap(), 1);
    let incoming = Incoming::read(listener.accept().await.unwrap().0, &Config::default()).await;
    let Ok(Incoming::Upgrade(upgrade)) = incoming else { panic!("an upgrade") };
    upgrade.reject(&Response::text(404, "nothing here\n")).await.unwrap();
    let ended = timeout(LONG, client).await.expect("it ends").unwrap();
    let Err(Error::Handshake(HandshakeError::Refused(response))) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(response.status, 404);
}

#[test]
fn an_inbox_takes_each_number_of_a_session_once_and_none_before_its_turn() {
    let log = log("inbox");
    let cases = [
        ("the first", "7 1 one", Some(1)),
        ("again", "7 1 one", Some(1)),
        ("one is missing", "7 3 three", None),
        ("another session", "8 1 eins", Some(1)),
        ("the next", "7 2 and\ttabs  and blanks", Some(2)),
        ("an old one", "7 1 one", Some(2)),
        ("an empty one", "7 3 ", Some(3)),
        ("two lines", "7 4 four\n7 5 five", None),
        ("no number", "7 x four", None),
        ("no text", "7 4", None),
        ("nothing", "", None),
    ];
    for (name, message, acknowledged) in cases {
        // As after a restart, each time.
        let mut inbox = Inbox::open(&log).unwrap();
        assert_eq!(inbox.take(message).unwrap(), acknowledged, "{name}");
    }
    let lines = "7 1 one\n8 1 eins\n7 2 and\ttabs  and blanks\n7 3 \n";
    assert_eq!(fs::read_to_string(&log).unwrap(), lines);
}

#[test]
fn a_line_that_a_crash_cut_off_is_received_again() {
    let log = log("cut");
    fs::write(&log, "7 1 one\n7 2 tw").unwrap();
    let mut inbox = Inbox::open(&log).unwrap();
    assert_eq!(inbox.take("7 2 two").unwrap(), Some(2));
    assert_eq!(inbox.repeated, 0);
    assert_eq!(fs::read_to_string(&log).unwrap(), "7 1 one\n7 2 two\n");
}

/// The log is as long as it may be, and then there is room for less than a line.
#[cfg(unix)]
#[test]
fn a_line_that_is_written_half_is_taken_out_again() {
    use std::{env, process::Command};

    const PATH: &str = "FULL_LOG";
    let Some(path) = env::var_os(PATH).map(PathBuf::from) else {
        // Of this test's own, in a process that may write 512 or 1024 bytes to a file.
        let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
        let mut test = Command::new("sh");
        test.args(["-c", script]).arg(env::current_exe().unwrap());
        test.args(["--exact", "a_line_that_is_written_half_is_taken_out_again", "--nocapture"]);
        let output = test.env(PATH, log("full")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    };
    let mut inbox = Inbox::open(&path).unwrap();
    let long = "x".repeat(300);
    let mut lines = Vec::new();
    let mut number = 1;
    while inbox.take(&format!("7 {number} {long}")).is_ok() {
        lines.push(format!("7 {number} {long}\n"));
        number += 1;
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), lines.concat());
    assert_eq!(inbox.take(&format!("7 {number} short")).unwrap(), Some(number));
    lines.push(format!("7 {number} short\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), lines.concat());
}

#[test]
fn an_outbox_sends_again_what_was_not_acknowledged() {
    let mut outbox = Outbox::new(7);
    for text in ["one", "two", "three"] {
        outbox.push(text.into());
    }
    assert!(!outbox.acknowledge(1), "nothing was sent");
    let sent: Vec<_> = std::iter::from_fn(|| outbox.next_message()).collect();
    assert_eq!(sent, ["7 1 one", "7 2 two", "7 3 three"]);
    assert!(outbox.acknowledge(2) && !outbox.acknowledge(2) && !outbox.acknowledge(0));
    assert_eq!(outbox.next_message(), None);
    outbox.restart();
    assert_eq!(outbox.next_message().as_deref(), Some("7 3 three"));
    assert!(outbox.acknowledge(u64::MAX), "no more than was sent");
    outbox.push("four".into());
    assert_eq!(outbox.next_message().as_deref(), Some("7 4 four"));
}

#[tokio::test]
async fn what_is_no_next_message_is_refused() {
    let inbox = Mutex::new(Inbox::open(&log("refused")).unwrap());
    for message in [Message::from("7 2 two"), Message::from(b"7 1 one")] {
        let (mut client, mut server) = pair();
        client.send(message).await.unwrap();
        let (ended, _) = tokio::join!(receive_one(&mut server, &inbox), client.receive());
        assert!(!ended.unwrap());
        let close = client.closing().unwrap().received.clone().unwrap();
        assert_eq!(close.code, CloseCode::POLICY_VIOLATION);
    }
}
