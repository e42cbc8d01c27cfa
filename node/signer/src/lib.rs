//! Keys in use: where their passphrases come from, and signing in another process than the node's.
//!
//! ```text
//! node ── KeyHolder ──► Remote ═══ Unix socket ═══► Server ── Guard (what a key may sign; the mark, durable) ── Device
//! ```
//!
//! The node hands over whole messages, never digests. The signer reads them: a validator key signs votes and proposals of one
//! chain, each at most once for its height, round and kind, and nothing below what it has signed; a node key signs batches of that
//! chain and TLS handshakes. So a node that is taken over cannot make its key contradict itself, even with all of its own files.
//!
//! What signs in the end is a [`Device`]: a digest in, a signature out: a key in memory, or one in a 密码机 by the calls of GM/T 0018
//! ([`sdf`]), made by a helper beside the vendor's library ([`helper`]).

pub mod client;
pub mod device;
pub mod guard;
pub mod helper;
pub mod mark;
pub mod passphrase;
pub mod sdf;
#[cfg(unix)]
pub mod server;
pub mod soft;
pub mod wire;

pub use client::Remote;
pub use device::{Device, DeviceError, SoftwareKey};
pub use guard::{Guard, Purpose, Refusal};
