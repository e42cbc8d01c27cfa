//! Vector kernels for public data: sums of points of the SM2 curve eight at a time, and SM3 of many messages at a time.
//!
//! Every kernel is written once, generic over a few lane operations (`lanes`), and compiled for each kind of lanes:
//!
//! - vector registers, if the processor has them, which is asked at run time;
//! - plain arrays, which any processor has. They are slow and exist so that every line of every kernel is tested everywhere.
//!
//! `unsafe` occurs in the modules that wrap vector instructions and nowhere else. What makes it sound is said there once: a
//! value of the type of some lanes is evidence that the processor has the instructions.
//!
//! Time depends on the data. Nothing secret may pass here.

mod field;
mod lanes;
mod point;
mod sm3;
mod sums;
#[cfg(test)]
mod tests;

pub use point::Point;
pub use sm3::{Messages, Sm3Lanes};
pub use sums::{LANES, Row, SumLanes, x_coordinates};
