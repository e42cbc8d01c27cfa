//! Offline verification of a proof file: the reader's genesis and the file decide, nothing else.
//!
//! The file leads from the genesis over certified headers to a state root (`bencao_consensus::proof`), from there to
//! records, and from the records to what they say about one code or one lot (`bencao_chaincode::proof`).

use bencao_chaincode::proof::{STATUS_PROOF_BYTES_MAX, StatusProof, StatusProofError, StatusReport, check};
use bencao_consensus::proof::{AnchoredProof, Check, PROOF_BYTES_MAX, ProofError};
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
    /// The same in Chinese.
    pub detail_zh: String,
}

impl Checked {
    fn of(check: &Check) -> Checked {
        let detail_zh = match check {
            Check::Anchor { chain } => format!("起点：链 {chain} 的创世文件"),
            Check::ValidatorSet { changes, validators } => {
                format!("验证节点：{validators} 个，自起点以来变更 {changes} 次")
            }
            Check::Header { height, time } => format!("区块头：高度 {height}，出块时间 {time}"),
            Check::Certificate { signatures } => format!("区块证书：{signatures} 个签名有效"),
            Check::Quorum { power, total } => format!("法定多数：投票权 {total} 中有 {power} 已签名"),
            Check::StatePath { present, absent } => {
                format!("状态路径：{present} 条记录存在，{absent} 条证明不存在")
            }
        };
        Checked { name: check.name(), detail: check.to_string(), detail_zh }
    }
}

/// Chinese for the name of a check.
pub fn check_name_zh(name: &str) -> &'static str {
    match name {
        "form" => "格式",
        "anchor" => "起点",
        "validator_set" => "验证节点",
        "header" => "区块头",
        "certificate" => "区块证书",
        "quorum" => "法定多数",
        "state_path" => "状态路径",
        _ => "经历",
    }
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
    let mut checks = vec![Checked {
        name: "form",
        detail: format!("form: {} bytes, canonical", file.len()),
        detail_zh: format!("格式：{} 字节，规范编码", file.len()),
    }];
    checks.extend(verified.checks.iter().map(Checked::of));
    checks.push(Checked {
        name: "history",
        detail: format!("history: {} events of {} records, complete", report.events, report.records),
        detail_zh: format!("经历：{} 条记录的 {} 个事件，完整", report.records, report.events),
    });
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
