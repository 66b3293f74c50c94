//! The same work for `fullduplex` and for other libraries, side by side.
//!
//! `cargo bench` measures the codecs in one process; `cargo run --release --bin echo` measures
//! servers over loopback, `--bin idle` what an idle connection holds.

pub mod client;
pub mod servers;
