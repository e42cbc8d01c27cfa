//! Arithmetic, certificates, evidence, turns and proofs, from outside.

mod chain;
mod evidence;
mod golden;
mod proof;
mod sets;
mod turns;
