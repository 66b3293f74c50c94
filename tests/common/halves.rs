//! The two halves of a server on a script, of every adapter; an asynchronous call is dropped after some
//! polls, a blocking one waits.

use fullduplex::{CloseCode, Closing, Config, Connection, Counters, Error, Message, blocking};

use super::{Seen, closed, scripted::Scripted, shared::Shared};

/// What came of a call; `None` if it was dropped.
pub(crate) type Polled<T> = Option<Result<T, Error>>;

pub(crate) trait Halves {
    fn receive(&mut self, most: usize) -> Polled<Option<Message<'static>>>;
    fn feed(&mut self, message: &Message<'_>, most: usize) -> Polled<()>;
    fn flush(&mut self, most: usize) -> Polled<()>;
    fn send(&mut self, message: &Message<'_>, most: usize) -> Polled<()>;
    fn ping(&mut self, payload: &[u8], most: usize) -> Polled<()>;
    fn send_close(&mut self, code: CloseCode, reason: &str, most: usize) -> Polled<()>;
    /// What the receiving half and what the sending half tells.
    fn closing(&self) -> [Option<Closing>; 2];
    /// As each half tells it.
    fn counters(&self) -> [Counters; 2];
    /// One WebSocket again, and two halves of it again.
    fn reunited(self: Box<Self>) -> Box<dyn Halves>;
}

/// Both halves of a server, by the name of their adapter.
pub(crate) type Server = (&'static str, fn(Shared, &Config) -> Box<dyn Halves>);

pub(crate) const SERVERS: &[Server] = &[
    ("blocking", blocking_server),
    #[cfg(feature = "tokio")]
    ("tokio", polled::tokio_server),
    #[cfg(all(feature = "tokio", feature = "futures-io"))]
    ("futures-io", polled::futures_io_server),
];

/// Those whose calls can be dropped, and return while they wait.
pub(crate) fn asynchronous() -> &'static [Server] {
    &SERVERS[1..]
}

/// Runs `check` with the halves of a server of each adapter, with the default limits.
pub(crate) fn for_each(
    servers: &[Server],
    script: &Scripted,
    mut check: impl FnMut(&str, Box<dyn Halves>, &Shared),
) {
    for (name, server) in servers {
        let shared = Shared::new(script.clone());
        check(name, server(shared.clone(), &Config::default()), &shared);
    }
}

/// Calls until it is done.
pub(crate) fn until_ready<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(value) = attempt() {
            return value;
        }
    }
}

/// What an error says, as tests compare it.
pub(crate) fn failed(error: Error) -> Seen {
    match error {
        Error::Io(error) => Seen::Io(error.kind()),
        Error::Protocol(error) => Seen::Failed(error),
        error => panic!("{error}"),
    }
}

/// Receives a message and feeds it back, or tells how it ended; every future has `most` polls.
pub(crate) fn echo_once(halves: &mut dyn Halves, most: usize) -> Result<Seen, Seen> {
    let message = until_ready(|| halves.receive(most)).map_err(failed)?;
    let Some(message) = message else { return Err(closed(halves.closing()[0].as_ref())) };
    until_ready(|| halves.feed(&message, most)).map_err(failed)?;
    Ok(Seen::Message(message))
}

/// Echoes until the peer's Close or an error. Returns the messages, and how it ended.
pub(crate) fn echo(halves: &mut dyn Halves, most: usize) -> Vec<Seen> {
    let mut seen = Vec::new();
    loop {
        match echo_once(halves, most) {
            Ok(message) => seen.push(message),
            Err(end) => {
                seen.push(end);
                return seen;
            }
        }
    }
}

fn blocking_server(stream: Shared, config: &Config) -> Box<dyn Halves> {
    let ws = blocking::WebSocket::new(stream, Connection::server(config), &[]);
    Box::new(Blocking::new(ws))
}

struct Blocking {
    receive: blocking::ReceiveHalf<Shared>,
    send: blocking::SendHalf<Shared>,
}

impl Blocking {
    fn new(ws: blocking::WebSocket<Shared>) -> Self {
        let (receive, send) = ws.split().unwrap();
        Self { receive, send }
    }
}

impl Halves for Blocking {
    fn receive(&mut self, _: usize) -> Polled<Option<Message<'static>>> {
        Some(self.receive.receive())
    }
    fn feed(&mut self, message: &Message<'_>, _: usize) -> Polled<()> {
        Some(self.send.feed(message))
    }
    fn flush(&mut self, _: usize) -> Polled<()> {
        Some(self.send.flush())
    }
    fn send(&mut self, message: &Message<'_>, _: usize) -> Polled<()> {
        Some(self.send.send(message))
    }
    fn ping(&mut self, payload: &[u8], _: usize) -> Polled<()> {
        Some(self.send.ping(payload))
    }
    fn send_close(&mut self, code: CloseCode, reason: &str, _: usize) -> Polled<()> {
        Some(self.send.send_close(code, reason))
    }
    fn closing(&self) -> [Option<Closing>; 2] {
        [self.receive.closing(), self.send.closing()]
    }
    fn counters(&self) -> [Counters; 2] {
        [self.receive.counters(), self.send.counters()]
    }
    fn reunited(self: Box<Self>) -> Box<dyn Halves> {
        Box::new(Self::new(self.receive.reunite(self.send).unwrap()))
    }
}

#[cfg(feature = "tokio")]
mod polled {
    use fullduplex::{
        CloseCode, Closing, Config, Connection, Counters, Message,
        asynchronous::{Adapter, ReceiveHalfByLock, SendHalfByLock, WebSocket},
        tokio::Tokio,
    };

    use super::{super::polled, Halves, Polled, Shared};

    pub(super) fn tokio_server(stream: Shared, config: &Config) -> Box<dyn Halves> {
        let _guard = polled::enter();
        let ws = WebSocket::<_, Tokio>::new(stream, Connection::server(config), &[]);
        Box::new(Asynchronous::new(ws))
    }

    #[cfg(feature = "futures-io")]
    pub(super) fn futures_io_server(stream: Shared, config: &Config) -> Box<dyn Halves> {
        use fullduplex::futures_io::FuturesIo;
        let ws = WebSocket::<_, FuturesIo>::new(stream, Connection::server(config), &[]);
        Box::new(Asynchronous::new(ws))
    }

    struct Asynchronous<A: Adapter<Shared>> {
        receive: ReceiveHalfByLock<Shared, A>,
        send: SendHalfByLock<Shared, A>,
    }

    impl<A: Adapter<Shared>> Asynchronous<A> {
        fn new(ws: WebSocket<Shared, A>) -> Self {
            let (receive, send) = ws.split();
            Self { receive, send }
        }
    }

    impl<A: Adapter<Shared> + 'static> Halves for Asynchronous<A> {
        fn receive(&mut self, most: usize) -> Polled<Option<Message<'static>>> {
            polled::poll(self.receive.receive(), most)
        }
        fn feed(&mut self, message: &Message<'_>, most: usize) -> Polled<()> {
            polled::poll(self.send.feed(message), most)
        }
        fn flush(&mut self, most: usize) -> Polled<()> {
            polled::poll(self.send.flush(), most)
        }
        fn send(&mut self, message: &Message<'_>, most: usize) -> Polled<()> {
            polled::poll(self.send.send(message), most)
        }
        fn ping(&mut self, payload: &[u8], most: usize) -> Polled<()> {
            polled::poll(self.send.ping(payload), most)
        }
        fn send_close(&mut self, code: CloseCode, reason: &str, most: usize) -> Polled<()> {
            polled::poll(self.send.send_close(code, reason), most)
        }
        fn closing(&self) -> [Option<Closing>; 2] {
            [self.receive.closing(), self.send.closing()]
        }
        fn counters(&self) -> [Counters; 2] {
            [self.receive.counters(), self.send.counters()]
        }
        fn reunited(self: Box<Self>) -> Box<dyn Halves> {
            let _guard = polled::enter();
            Box::new(Self::new(self.receive.reunite(self.send).unwrap()))
        }
    }
}
