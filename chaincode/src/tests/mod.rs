//! Tests of the whole: a small consortium on a state in memory.

mod closed_loop;
mod deadlines;
mod dispensing;
mod golden;
mod governance;
mod holds_win;
mod large_bills;
mod law_golden;
mod law_world;
mod making;
mod mandates;
mod mutants;
mod oversight;
mod packages;
mod production;
mod proofs;
mod properties;
mod quality;
mod refusals;
mod registry;
mod replay;
mod scenario;
mod tcm;
mod texts;
mod trade;
mod world;
