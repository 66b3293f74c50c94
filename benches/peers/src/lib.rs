//! The same work for `fullduplex` and for other libraries, side by side.
//!
//! `codecs` measures in one process. The other programs measure servers over loopback: `echo` the
//! processor time of a message, `allocations` its allocations, `idle` what a connection holds.
//! `./run` prints all of it.

pub mod client;
pub mod codecs;
pub mod heap;
pub mod process;
pub mod servers;
pub mod stream;
pub mod table;
