//! What a program of a member embeds: typed API calls, importers of trade files, building and signing of transactions,
//! and offline verification of proof files. Links no node code and no consensus engine.

pub mod api;
pub mod bill;
pub mod documents;
pub mod plan;
pub mod relation;
pub mod verify;
