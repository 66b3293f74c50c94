//! The heap of a server, counted by its allocator and told to the process that measures.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use crate::process::Server;

/// What the programs that ask for the heap allocate with.
pub static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The heap at one moment.
pub struct Heap {
    /// Allocations and reallocations so far.
    pub allocations: f64,
    /// Bytes that are held.
    pub bytes: f64,
}

impl Heap {
    pub fn of(server: &mut Server) -> Self {
        let answer = server.ask();
        let mut numbers = answer.split(' ').map(|number| number.parse().expect("a number"));
        let mut next = || numbers.next().expect("two numbers");
        Self { allocations: next(), bytes: next() }
    }
}

/// Answers [`Heap::of`] in the server.
pub fn answer() -> String {
    let stats = ALLOCATOR.stats();
    let allocations = stats.allocations + stats.reallocations;
    format!("{allocations} {}", stats.bytes_allocated - stats.bytes_deallocated)
}
