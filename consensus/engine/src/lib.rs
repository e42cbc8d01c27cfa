//! Orders opaque block ids: Tendermint as Malachite core computes it, behind inputs and actions of our own.
//!
//! Nothing outside this package names a type of that library. The engine is pure: one [`Engine::step`] runs to completion and
//! returns [`Action`]s, which the caller carries out **in order**. Rules for the caller:
//!
//! - [`Action::Append`] → [`Action::Flush`] → [`Action::Broadcast`]: nothing is sent before the flush that precedes it is on
//!   disk. A body is on disk before [`Input::Built`] or [`Input::Verdict`] names it.
//! - If a log write fails, the process stops and the engine is not used again; the same if [`Engine::step`] returns an error.
//! - [`Engine::start`] of the next height comes only after [`Action::Finalized`], or after the chain moved on without the
//!   engine. The log is emptied for the new height before its first record.
//! - After a restart, [`Engine::start`] gets the records of the undecided height, and [`Action::Build`] for the same height
//!   and round is answered with the same block as before.
//! - Messages come from authenticated peers, bounded per peer; those of other heights are dropped here.
//!
//! What the engine answers for: a replay derives and re-sends the signatures in the log and signs nothing that contradicts
//! them; certificates it returns pass [`bencao_consensus::CommitCertificate::verify`]; no message makes it panic.

mod action;
mod certificates;
mod context;
mod convert;
mod engine;
mod host;
mod log;
mod message;
mod status;
mod timeouts;

pub use action::{Action, Input};
pub use engine::{Config, Engine, EngineError, SignedKind, Signer};
pub use log::{LogEntry, LogError};
pub use message::{
    CertificateKind, MESSAGE_BYTES_MAX, Message, PolkaCertificate, PolkaSignature, RoundCertificate, RoundSignature,
};
pub use status::{RoundStatus, Step};
pub use timeouts::{TIMEOUT_MS_MAX, TimeoutId, TimeoutKind, Timeouts};
