//! Offline verification of a proof file: the reader's genesis and the file decide, nothing else.
//!
//! The file leads from the genesis over certified headers to a state root (`bencao_consensus::proof`), from there to
//! records, and from the records to what they say about one code (`bencao_chaincode::proof`).

use bencao_chaincode::proof::{STATUS_PROOF_BYTES_MAX, StatusProof, StatusProofError, StatusReport, check};
use bencao_consensus::proof::{AnchoredProof, PROOF_BYTES_MAX, ProofError};
use bencao_crypto::{CodecError, Digest, KnownKeys};
use bencao_genesis::{ChainId, Genesis, Height, TimestampMs};

/// Longest proof file, bytes.
pub const FILE_BYTES_MAX: usize = PROOF_BYTES_MAX;

/// Something that was checked and held.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Checked {
    /// Stable name.
    pub name: &'static str,
    /// What was compared.
    pub detail: String,
}

/// What a proof file proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The chain, by its genesis.
    pub chain: ChainId,
    /// Height whose state is proven.
    pub height: Height,
    /// Block time of the header that certifies it.
    pub time: TimestampMs,
    /// Root of the state.
    pub state_root: Digest,
    /// What was checked, in order.
    pub checks: Vec<Checked>,
    /// What the records say.
    pub report: StatusReport,
}

/// The first check that failed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Down to the records.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The payload is no canonical status proof.
    #[error("the history is damaged or not in canonical form")]
    Payload(#[source] CodecError),
    /// The history does not follow from the records.
    #[error(transparent)]
    Status(#[from] StatusProofError),
}

impl VerifyError {
    /// Stable name of the check: `form`, `anchor`, `validator_set`, `header`, `certificate`, `quorum`, `state_path` or
    /// `history`.
    pub fn check_name(&self) -> &'static str {
        match self {
            VerifyError::Proof(error) => error.check_name(),
            VerifyError::Payload(_) | VerifyError::Status(_) => "history",
        }
    }
}

/// Verifies the bytes of a proof file from `genesis`.
///
/// # Errors
/// [`VerifyError`], at the first check that fails.
pub fn verify(genesis: &Genesis, file: &[u8], keys: &dyn KnownKeys) -> Result<Proven, VerifyError> {
    let proof = AnchoredProof::from_file(file)?;
    let verified = proof.verify(genesis, keys)?;
    let payload: StatusProof =
        bencao_crypto::decode(verified.payload, STATUS_PROOF_BYTES_MAX).map_err(VerifyError::Payload)?;
    let report = check(&payload, &verified.entries, verified.time)?;
    let mut checks = vec![Checked { name: "form", detail: format!("form: {} bytes, canonical", file.len()) }];
    checks.extend(verified.checks.iter().map(|c| Checked { name: c.name(), detail: c.to_string() }));
    let history = format!("history: {} events of {} records, complete", report.events, report.records);
    checks.push(Checked { name: "history", detail: history });
    Ok(Proven {
        chain: verified.chain,
        height: verified.height,
        time: verified.time,
        state_root: verified.state_root,
        checks,
        report,
    })
}

#[cfg(test)]
mod tests;
