//! The same work for `fullduplex` and for other libraries, side by side.
//!
//! `cargo run --release --bin codecs` measures the codecs in one process; `--bin echo` measures
//! servers over loopback, `--bin idle` what an idle connection holds.

pub mod client;
pub mod codecs;
pub mod servers;
pub mod stream;
pub mod table;
