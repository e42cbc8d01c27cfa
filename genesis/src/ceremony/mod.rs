//! The genesis ceremony: organisations that do not trust each other's machines agree on one genesis.
//!
//! ```text
//! coordinator   new ──► draft ──────── add ◄─────────────┐                 ┌──► seal ──► genesis.json
//! each founder             └──► join: keys made here, each proves itself ──┘  review, sign ──┘      └──► verify, by anybody
//! ```
//!
//! The coordinator carries files and is not believed. A [`Join`] is signed by every key in it, so nobody can put in
//! another key, organisation, power or node. Parameters, products and authorities are the coordinator's proposal; each founder's
//! admin key signs the [chain id](crate::Genesis::chain_id), which covers every byte that consensus depends on, and signs it
//! only for a [`Fingerprint`] that its operator names, having compared it with the others by voice. A [`Sealed`] genesis holds
//! requests and signatures, so that anybody can check all of it again, offline.
//!
//! Texts in, checked values out: no files, no clock, no randomness.

mod draft;
mod error;
mod fingerprint;
mod join;
mod review;
mod seal;
#[cfg(test)]
mod tests;

pub use draft::{Added, DRAFT_KIND, Draft};
pub use error::{CeremonyError, JoinFault};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use join::{JOIN_KIND, Join, JoinBody, KeyProof, NodeRequest};
pub use review::{Change, Fact, Remark, compare, remarks, review};
pub use seal::{FounderSignature, FounderStanding, SEALED_KIND, SIGNATURE_KIND, Sealed, Standing};

use crate::genesis::GENESIS_BYTES_MAX;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Format of all files of a ceremony.
pub const VERSION: u8 = 1;

/// What a file of a ceremony says it is; `None` for anything else, also for text that is not JSON.
pub fn kind_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    serde_json::from_str::<Kind>(text).ok().map(|k| k.kind)
}

/// Reads a file of `kind`.
fn read<T: DeserializeOwned>(text: &str, kind: &'static str) -> Result<T, CeremonyError> {
    if text.len() > GENESIS_BYTES_MAX {
        return Err(CeremonyError::TooLarge);
    }
    match kind_of(text) {
        Some(actual) if actual != kind => {
            return Err(CeremonyError::OtherFile { expected: kind, actual: actual.chars().take(64).collect() });
        }
        _ => {}
    }
    serde_json::from_str(text).map_err(|e| CeremonyError::Json {
        expected: kind,
        line: e.line(),
        column: e.column(),
        reason: e.to_string(),
    })
}

/// Human-readable JSON, ending in a newline.
fn write<T: serde::Serialize>(value: &T) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("plain data serialises");
    text.push('\n');
    text
}
