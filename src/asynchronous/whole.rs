//! [`Whole`]: the way to the peer of a connection that is not split.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use super::{
    adapter::{Adapter, Runtime, WriteTo},
    link::{Link, Source, Turn, WRITE_LIMIT, Waiting},
    state::State,
    stream::{fit_output, poll_read, poll_write_all},
};

/// State and stream of a connection that is not split.
#[derive(Debug)]
pub(super) struct Whole<S, A: Runtime> {
    pub(super) stream: S,
    pub(super) state: State,
    pub(super) timer: Waiting<A>,
}

impl<S: Unpin, A: Adapter<S>> Whole<S, A> {
    pub(super) fn new(stream: S, mut state: State) -> Self {
        fit_output::<S, A>(&stream, &mut state.output);
        state.connection.set_now(A::now());
        Self { stream, state, timer: None }
    }
}

impl<S: Unpin, A: Adapter<S>> Link for Whole<S, A> {
    type Runtime = A;

    #[inline(always)]
    fn state<T>(&mut self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state)
    }

    fn timer(&mut self) -> &mut Waiting<A> {
        &mut self.timer
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, _: Turn) -> Poll<io::Result<()>> {
        let Self { stream, state, .. } = self;
        let before = state.output.len();
        state.unflushed = true;
        <A as WriteTo<S>>::wait_at_most(stream, WRITE_LIMIT);
        let written = poll_write_all::<S, A>(stream, &mut state.output, cx);
        state.wrote::<A>(before - state.output.len(), &written);
        written
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        A::poll_shutdown(Pin::new(&mut self.stream), cx)
    }

    fn abort(&mut self, cx: &mut Context<'_>) {
        A::abort(&mut self.stream);
        let _ = self.poll_shutdown(cx);
    }
}

impl<S: Unpin, A: Adapter<S>> Source for Whole<S, A> {
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        room: &mut [u8],
        limit: Option<Duration>,
    ) -> Poll<io::Result<usize>> {
        poll_read::<S, A>(&mut self.stream, cx, room, limit)
    }

    fn is_timed(&self) -> bool {
        A::is_timed(&self.stream)
    }
}
