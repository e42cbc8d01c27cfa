//! What the ledger means: signed transactions, records, rules, receipts, alarms and what a status proof says.
//!
//! [`execute_block`] is a deterministic function of (state view, block context, transaction bytes): receipts, writes and
//! events come out, nothing else is touched. Rules live in one folder per module: [`codes`], [`registry`],
//! [`production`], [`custody`], [`dispensing`], [`quality`], [`oversight`], [`mandates`], [`tcm`], [`governance`]; what
//! law may change without code is [`law`]. [`query`] answers questions from records and events; [`proof`] is the same answer from proven
//! records, without a node.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

#[macro_use]
mod tags;

pub mod admission;
pub mod codes;
pub mod custody;
pub mod dispensing;
pub mod event;
pub mod execute;
pub mod governance;
pub mod law;
pub mod limits;
pub mod mandates;
pub mod oversight;
mod personal;
pub mod production;
pub mod proof;
pub mod quality;
pub mod query;
pub mod receipt;
pub mod registry;
pub mod rejection;
pub mod state;
pub mod tcm;
pub mod transaction;

#[cfg(test)]
mod tests;

pub use admission::{AdmitError, Admitted, admit};
pub use codes::{CodeError, UnitKey};
pub use event::{EventBody, EventId, EventRecord, EventSource, Subject};
pub use execute::{BlockContext, BlockCounts, BlockOutput, ExecutionError, execute_block};
pub use oversight::AlarmRecord;
pub use receipt::{Arg, Outcome, Receipt};
pub use registry::{GenesisStateError, genesis_state};
pub use rejection::Rejection;
pub use state::{StateKey, StateView, ViewError};
pub use transaction::{Operation, SignedTransaction, Transaction, TransactionId};
