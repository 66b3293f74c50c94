//! hyper, for the libraries whose handshakes are made with it: its futures are polled by hand, so
//! that no runtime's cost is theirs.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Future, ready},
    pin::{Pin, pin},
    sync::{Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use http_body_util::Empty;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;

use super::now;
use crate::stream::{Replay, Wire};

/// Reads a request, answers with what `upgrade` makes of it, and then waits for the future that
/// `upgrade` returns beside it.
pub fn accept<F: Future<Output = ()>>(
    wire: Wire<Replay>,
    upgrade: impl Fn(Request<Incoming>) -> (Response<Empty<Bytes>>, F),
) {
    let upgraded = Cell::new(None);
    let service = service_fn(|request| {
        let (response, then) = upgrade(request);
        upgraded.set(Some(then));
        ready(Ok::<_, Infallible>(response))
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(wire), service);
    now(connection.with_upgrades()).expect("a good request");
    now(upgraded.take().expect("one request"));
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs the one task that a client's handshake spawns.
#[derive(Default)]
pub struct Executor(Mutex<Option<Task>>);

impl hyper::rt::Executor<Task> for Executor {
    fn execute(&self, task: Task) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }
}

impl Executor {
    /// Polls `future` and the task in turn until `future` is ready.
    pub fn drive<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..TURNS {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
            let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(task) = &mut *slot
                && task.as_mut().poll(&mut cx).is_ready()
            {
                *slot = None;
            }
        }
        panic!("the answer is there");
    }
}

/// Far more than it takes.
const TURNS: usize = 100;
