//! Stores in memory with a model of what a crash loses: for tests and for the cluster simulator, which seeds the choices.
//!
//! Handles are shared: clones see the same content, so "reopening after a crash" is [`MemoryKv::crash`] and another clone.

mod files;
mod kv;

pub use files::{MemoryCell, MemoryDirectory, MemoryLog};
pub use kv::{MemoryKv, UNSYNCED_WRITES_MAX};

/// The error that an injected fault shows as cause.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("injected fault")]
pub struct InjectedFault;
