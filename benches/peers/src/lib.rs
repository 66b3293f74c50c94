//! The benchmarks are in `benches/`: `cargo bench` here.
