//! Tests of the whole: a small consortium on a state in memory.

mod dispensing;
mod golden;
mod mandates;
mod oversight;
mod production;
mod proofs;
mod properties;
mod refusals;
mod registry;
mod replay;
mod scenario;
mod texts;
mod trade;
mod world;
