//! Micro benchmarks; see the README. The programs are in `benches/`.
