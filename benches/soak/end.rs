//! One end of a connection: a socket and a plan in, what was sent and received out. One task or thread
//! receives while another one sends.

use std::{
    net::{Shutdown, TcpStream},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use fullduplex::{
    Answer, ClientRequest, CloseCode, Config, Error, Role, blocking, futures_io as futures_ws,
    tokio as tokio_ws,
};
use futures_util::future::{AbortHandle, AbortRegistration, Abortable, Aborted};
use smol::{Async, Timer};
use tokio::sync::oneshot;

use super::{
    halves::{Receive, Sent, Transmit},
    script::{Random, Script},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// On the two halves that a socket of tokio's has.
    Tokio,
    /// On one socket of tokio's, which the halves lock.
    TokioByLock,
    FuturesIo,
    Blocking,
}

/// When an end sends its Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closes {
    /// When it has sent its messages, whatever the peer still sends.
    WhenSent,
    /// When it has received the peer's as well.
    WhenReceived,
    Never,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub adapter: Adapter,
    pub role: Role,
    pub config: Config,
    /// Of the messages that this end sends, and how many.
    pub sends: (u64, usize),
    /// Of those that it receives.
    pub receives: (u64, usize),
    pub closes: Closes,
    pub code: CloseCode,
    pub is_slow: bool,
}

/// How far an end has come.
#[derive(Debug, Default)]
pub struct Tally {
    pub begun: AtomicUsize,
    /// Messages that the WebSocket took whole.
    pub sent: AtomicUsize,
    pub received: AtomicUsize,
    pub bytes: AtomicUsize,
    pub pings: AtomicUsize,
    /// What the tasks are doing.
    sending: Doing,
    receiving: Doing,
}

#[derive(Debug, Default)]
struct Doing(Mutex<&'static str>);

impl Doing {
    fn set(&self, what: &'static str) {
        *self.0.lock().expect("it does not panic") = what;
    }
}

/// An end at work.
pub struct End {
    pub tally: Arc<Tally>,
    sending: oneshot::Receiver<Sent>,
    receiving: oneshot::Receiver<Result<CloseCode, Error>>,
    abort: [AbortHandle; 2],
    /// A thread that waits cannot be aborted, but its socket can.
    clone: Option<TcpStream>,
}

/// How both tasks of an end ended: nothing for one that was killed or never began.
#[derive(Debug)]
pub struct Outcome {
    pub sending: Option<Sent>,
    /// With the code of the peer's Close.
    pub receiving: Option<Result<CloseCode, Error>>,
}

pub type Executor = Arc<smol::Executor<'static>>;
type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl End {
    /// Must be called within the runtime of tokio.
    pub fn start(executor: &Executor, stream: TcpStream, plan: Plan) -> Self {
        let (receiving_handle, registration) = AbortHandle::new_pair();
        let (sending_handle, sending_registration) = AbortHandle::new_pair();
        let (sent, sending) = oneshot::channel();
        let (received, receiving) = oneshot::channel();
        let tally = Arc::<Tally>::default();
        let adapter = plan.adapter;
        let clone = (adapter == Adapter::Blocking).then(|| stream.try_clone().expect("a clone"));
        let job = Job {
            executor: Arc::clone(executor),
            tally: Arc::clone(&tally),
            sent,
            received,
            sending_registration,
            plan: plan.clone(),
        };
        let task: Task = match adapter {
            Adapter::Tokio => Box::pin(job.run(async move {
                Ok(on_tokio(stream, &plan).await?.split_with(tokio::net::TcpStream::into_split))
            })),
            Adapter::TokioByLock => {
                Box::pin(job.run(async move { Ok(on_tokio(stream, &plan).await?.split()) }))
            }
            Adapter::FuturesIo => {
                Box::pin(job.run(async move { Ok(on_futures_io(stream, &plan).await?.split()) }))
            }
            Adapter::Blocking => Box::pin(job.run(async move { blocking(stream, &plan)?.split() })),
        };
        spawn(adapter, executor, Box::pin(unless_aborted(task, registration)));
        Self { tally, sending, receiving, abort: [receiving_handle, sending_handle], clone }
    }

    /// Drops both halves and the socket, wherever they are.
    pub fn kill(&mut self) {
        for handle in &self.abort {
            handle.abort();
        }
        if let Some(clone) = self.clone.take() {
            let _ = clone.shutdown(Shutdown::Both);
        }
    }

    /// Waits until it has ended.
    pub async fn outcome(self) -> Outcome {
        let Self { receiving, sending, .. } = self;
        Outcome { receiving: receiving.await.ok(), sending: sending.await.ok() }
    }
}

async fn unless_aborted(task: impl Future<Output = ()>, registration: AbortRegistration) {
    let _: Result<(), Aborted> = Abortable::new(task, registration).await;
}

fn spawn(adapter: Adapter, executor: &Executor, task: Task) {
    match adapter {
        Adapter::Tokio | Adapter::TokioByLock => drop(tokio::spawn(task)),
        Adapter::FuturesIo => executor.spawn(task).detach(),
        Adapter::Blocking => drop(thread::spawn(|| smol::block_on(task))),
    }
}

async fn on_tokio(
    stream: TcpStream,
    plan: &Plan,
) -> Result<tokio_ws::WebSocket<tokio::net::TcpStream>, Error> {
    stream.set_nonblocking(true)?;
    let stream = tokio::net::TcpStream::from_std(stream)?;
    if plan.role == Role::Client {
        return Ok(tokio_ws::connect_over(stream, &request(), &plan.config).await?.0);
    }
    match tokio_ws::Incoming::read(stream, &plan.config).await? {
        tokio_ws::Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new()).await,
        tokio_ws::Incoming::Http(_) => panic!("a plain request"),
    }
}

async fn on_futures_io(
    stream: TcpStream,
    plan: &Plan,
) -> Result<futures_ws::WebSocket<Async<TcpStream>>, Error> {
    let stream = Async::new(stream)?;
    if plan.role == Role::Client {
        return Ok(futures_ws::connect_over(stream, &request(), &plan.config).await?.0);
    }
    match futures_ws::Incoming::read(stream, &plan.config).await? {
        futures_ws::Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new()).await,
        futures_ws::Incoming::Http(_) => panic!("a plain request"),
    }
}

fn blocking(stream: TcpStream, plan: &Plan) -> Result<blocking::WebSocket<TcpStream>, Error> {
    if plan.role == Role::Client {
        return Ok(blocking::connect_over(stream, &request(), &plan.config)?.0);
    }
    match blocking::Incoming::read(stream, &plan.config)? {
        blocking::Incoming::Upgrade(upgrade) => upgrade.accept(&Answer::new()),
        blocking::Incoming::Http(_) => panic!("a plain request"),
    }
}

fn request() -> ClientRequest {
    ClientRequest::new("ws://localhost/soak").expect("a URL")
}

/// What both tasks of an end have to do, and where they report.
struct Job {
    executor: Executor,
    plan: Plan,
    tally: Arc<Tally>,
    sent: oneshot::Sender<Sent>,
    received: oneshot::Sender<Result<CloseCode, Error>>,
    sending_registration: AbortRegistration,
}

impl Job {
    async fn run<R: Receive, T: Transmit>(
        self,
        halves: impl Future<Output = Result<(R, T), Error>> + Send,
    ) {
        let Self { executor, plan, tally, sent, received, sending_registration } = self;
        let (mut receiving, mut sending) = match halves.await {
            Ok(halves) => halves,
            Err(error) => return drop(received.send(Err(error))),
        };
        let (all, all_received) = oneshot::channel();
        let sender = {
            let (plan, tally) = (plan.clone(), Arc::clone(&tally));
            async move {
                let result = send(&mut sending, &plan, &tally, all_received).await;
                tally.sending.set("ended");
                drop(sending);
                let _ = sent.send(result);
            }
        };
        let sender = unless_aborted(sender, sending_registration);
        spawn(plan.adapter, &executor, Box::pin(sender));
        let result = receive(&mut receiving, &plan, &tally, all).await;
        tally.receiving.set("ended");
        drop(receiving);
        let _ = received.send(result);
    }
}

async fn send(
    half: &mut impl Transmit,
    plan: &Plan,
    tally: &Tally,
    all_received: oneshot::Receiver<()>,
) -> Sent {
    let (seed, count) = plan.sends;
    let mut script = Script::new(seed);
    let mut random = Random::new(!seed);
    for _ in 0..count {
        let message = script.message();
        if random.one_in(16) {
            tally.sending.set("ping");
            half.ping(&b"are you there?"[..random.below(15)]).await?;
            tally.pings.fetch_add(1, Relaxed);
        }
        tally.begun.fetch_add(1, Relaxed);
        match random.below(8) {
            0 => {
                tally.sending.set("stream");
                // Not more than some frames a message, each of them a write: they take their time.
                let len = 4 + message.as_bytes().len() / 64 + random.below(16 * 1024);
                half.stream(&message, len).await?;
            }
            1..4 => {
                tally.sending.set("send");
                half.send(&message).await?;
            }
            _ => {
                tally.sending.set("feed");
                half.feed(&message).await?;
            }
        }
        tally.sent.fetch_add(1, Relaxed);
        if random.one_in(64) {
            tally.sending.set("pause");
            pause(random.below(20)).await;
        }
    }
    tally.sending.set("flush");
    half.flush().await?;
    tally.sending.set("wait");
    let is_time = match plan.closes {
        Closes::Never => false,
        Closes::WhenSent => true,
        Closes::WhenReceived => all_received.await.is_ok(),
    };
    tally.sending.set("close");
    if is_time { half.close(plan.code).await } else { Ok(()) }
}

async fn receive(
    half: &mut impl Receive,
    plan: &Plan,
    tally: &Tally,
    all: oneshot::Sender<()>,
) -> Result<CloseCode, Error> {
    let (seed, count) = plan.receives;
    let mut script = Script::new(seed);
    let mut random = Random::new(!seed);
    let mut all = Some(all);
    loop {
        let way = random.below(4);
        tally.receiving.set(["receive", "receive_ref", "receive_chunk", "dropped receive"][way]);
        let Some(message) = half.next(way).await? else { break };
        let expected = script.message();
        assert!(
            message == expected,
            "received {:.40?}, not {:.40?}, {plan:?} {tally:?}",
            message.as_bytes(),
            expected.as_bytes()
        );
        tally.bytes.fetch_add(message.as_bytes().len(), Relaxed);
        if tally.received.fetch_add(1, Relaxed) + 1 == count {
            let _ = all.take().map(|all| all.send(()));
        }
        if random.one_in(if plan.is_slow { 8 } else { 256 }) {
            tally.receiving.set("pause");
            pause(random.below(30)).await;
        }
    }
    let closing = half.closing().expect("it is closed");
    Ok(closing.received.expect("the peer sent a Close").code)
}

async fn pause(millis: usize) {
    Timer::after(Duration::from_millis(millis as u64)).await;
}
