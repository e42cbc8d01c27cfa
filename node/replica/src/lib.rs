//! One node's brain without IO: inputs in, effects out, no clock, file, socket or thread.
//!
//! [`Replica::step`] composes small machines: the mempool of this node's own transactions, the pool of batches,
//! proposals under judgement, the pace of heights, catching up, and the gate that holds back what was signed until the
//! write-ahead log is durable. The node turns effects into IO and IO into inputs; the simulator does the same over
//! faulty stores and a virtual clock.

pub mod catch_up;
pub mod effect;
pub mod gate;
mod inquiry;
pub mod limits;
pub mod mempool;
pub mod message;
pub mod pace;
pub mod pool;
pub mod presence;
pub mod proposals;
mod replica;
mod verdict;
pub mod wal;

pub use effect::{Audience, Effect, Executed, Input, Note, Refusal, SubmitOutcome, Timer};
pub use mempool::{Payload, Peek};
pub use message::{Class, Message};
pub use presence::{Said, Sight};
pub use replica::{Config, Member, Now, Replica, ReplicaError, Start, Status};
