//! What can go wrong with durable truth.

use crate::kv::Space;
use std::fmt;

/// What the store was doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Opening files.
    Open,
    /// Reading one or more values.
    Read,
    /// Writing, not yet durable.
    Write,
    /// Making written data durable.
    Sync,
    /// Removing files or ranges.
    Remove,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operation::Open => "open",
            Operation::Read => "read",
            Operation::Write => "write",
            Operation::Sync => "sync",
            Operation::Remove => "remove",
        })
    }
}

/// How a stored record is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Damage {
    /// Not the form this build writes.
    Form,
    /// A format version this build does not read.
    Version(u8),
    /// The content does not have the name it is stored under.
    Name,
    /// Something that another record promises is not there.
    Missing,
    /// The authenticated map's pages do not give the root that was stored with them.
    Root,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Form => f.write_str("malformed"),
            Damage::Version(v) => write!(f, "format version {v} is unknown"),
            Damage::Name => f.write_str("content and name differ"),
            Damage::Missing => f.write_str("missing"),
            Damage::Root => f.write_str("root differs"),
        }
    }
}

/// Failure of a store. After a failed write the process stops (D17): what is on disk is known again only after reopening.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No space left on the device.
    #[error("disk is full")]
    Full,
    /// The operating system or the database refused.
    #[error("storage failed to {operation}")]
    Failed {
        /// What was tried.
        operation: Operation,
        /// Cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An earlier write failed; this handle does nothing any more.
    #[error("storage stopped after an earlier failure")]
    Stopped,
    /// A record is not what was written.
    #[error("record {} in {space} is damaged: {damage}", hex(.key))]
    Damaged {
        /// Where.
        space: Space,
        /// Key of the record.
        key: Vec<u8>,
        /// In which way.
        damage: Damage,
    },
    /// A log is damaged before its end; a torn end alone is repaired silently.
    #[error("log is damaged at byte {offset}")]
    LogDamaged {
        /// Position of the first bad frame.
        offset: u64,
    },
}

impl StoreError {
    pub(crate) fn damaged(space: Space, key: &[u8], damage: Damage) -> StoreError {
        StoreError::Damaged { space, key: key.to_vec(), damage }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
