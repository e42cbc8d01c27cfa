//! Tests of the whole: a small consortium on a state in memory.

mod golden;
mod production;
mod proofs;
mod properties;
mod refusals;
mod replay;
mod scenario;
mod tcm;
mod texts;
mod world;
