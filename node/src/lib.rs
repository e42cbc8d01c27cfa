//! The daemon: one home, one node.
//!
//! [`run`] reads a home, opens its stores, executes up to the tip, and then joins the network, serves the HTTP API of
//! `docs/contract.md` and turns the replica's effects into IO and IO into inputs, until it is told to stop.

pub mod access;
pub mod api;
mod bills;
pub mod config;
pub mod disk;
pub mod error;
pub mod home;
mod host;
pub mod inspect;
pub mod limits;
mod metrics;
mod payload;
mod refusals;
mod stores;

pub use error::NodeError;
pub use host::{Options, Running, run};
