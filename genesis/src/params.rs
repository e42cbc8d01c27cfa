//! Parameters and limits that are part of the agreement. Everything a byzantine member could otherwise choose freely.

use crate::genesis::{GenesisError, field};
use crate::governance::Governance;
use bencao_crypto::codec::WIRE_BYTES_MAX;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Pace and timeouts in milliseconds, and how the consortium decides.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// Least time between the starts of two heights under load.
    pub block_interval_ms: u64,
    /// An idle chain makes a block this long after the last one.
    pub heartbeat_ms: u64,
    /// Round 0 wait for a proposal: batch fetch and execution of the previous block fit in half of it.
    pub propose_timeout_ms: u64,
    /// Round 0 wait for votes after a quorum of differing ones.
    pub vote_timeout_ms: u64,
    /// Added to each timeout per round.
    pub timeout_step_ms: u64,
    /// How far ahead of a validator's clock a fresh proposal's time may be in round 0 (D11).
    pub clock_ahead_ms: u64,
    /// How far ahead of block time a transaction's valid-until may lie (D5: 72 h).
    pub valid_until_ahead_ms: u64,
    /// Approvals, terms and what no decision may do to the validators.
    pub governance: Governance,
}

impl Default for Params {
    fn default() -> Params {
        Params {
            block_interval_ms: 200,
            heartbeat_ms: 60_000,
            propose_timeout_ms: 1_000,
            vote_timeout_ms: 300,
            timeout_step_ms: 200,
            clock_ahead_ms: 30_000,
            valid_until_ahead_ms: 72 * 3_600_000,
            governance: Governance::default(),
        }
    }
}

impl Params {
    /// Whether every value is within its documented range.
    ///
    /// # Errors
    /// [`GenesisError::Field`], naming the first that is not.
    pub fn check(&self) -> Result<(), GenesisError> {
        let ranges: [(&str, u64, std::ops::RangeInclusive<u64>); 7] = [
            ("params.block_interval_ms", self.block_interval_ms, 10..=60_000),
            ("params.heartbeat_ms", self.heartbeat_ms, 1_000..=3_600_000),
            ("params.propose_timeout_ms", self.propose_timeout_ms, 50..=60_000),
            ("params.vote_timeout_ms", self.vote_timeout_ms, 10..=60_000),
            ("params.timeout_step_ms", self.timeout_step_ms, 1..=60_000),
            ("params.clock_ahead_ms", self.clock_ahead_ms, 100..=3_600_000),
            ("params.valid_until_ahead_ms", self.valid_until_ahead_ms, 60_000..=72 * 3_600_000),
        ];
        if let Some((name, _, _)) = ranges.into_iter().find(|(_, value, range)| !range.contains(value)) {
            return Err(field(name, "a number of milliseconds within the documented range"));
        }
        self.governance.check().map_err(|(name, expected)| field(format!("params.governance.{name}"), expected))
    }
}

/// Sizes and counts.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Canonical bytes of one signed transaction.
    pub transaction_bytes_max: u32,
    /// Codes named by one bill (domain §3.1: 3 500 or 10 000 on the national platform).
    pub codes_per_bill_max: u32,
    /// State writes one transaction may declare (D6).
    pub writes_per_transaction_max: u32,
    /// Bytes of one batch, all transactions together.
    pub batch_bytes_max: u32,
    /// Transactions in one batch.
    pub batch_transactions_max: u32,
    /// Batches named by one block.
    pub block_batches_max: u32,
    /// Bytes of all batches of one block.
    pub block_bytes_max: u32,
    /// Declared state writes of all transactions of one block.
    pub block_writes_max: u32,
    /// Un-ordered batch bytes a validator stores for one author.
    pub unordered_bytes_per_author_max: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            transaction_bytes_max: 1 << 20,
            codes_per_bill_max: 10_000,
            writes_per_transaction_max: 24_000,
            batch_bytes_max: 2 << 20,
            batch_transactions_max: 2_000,
            block_batches_max: 64,
            block_bytes_max: 8 << 20,
            block_writes_max: 60_000,
            unordered_bytes_per_author_max: 64 << 20,
        }
    }
}

impl Limits {
    /// Whether the sizes allow a chain to work, and fit each other.
    ///
    /// # Errors
    /// [`GenesisError::Field`], naming the first that does not.
    pub fn check(&self) -> Result<(), GenesisError> {
        let checks = [
            (self.transaction_bytes_max >= 1024, "limits.transaction_bytes_max", "at least 1024"),
            (self.codes_per_bill_max >= 1, "limits.codes_per_bill_max", "at least 1"),
            (self.codes_per_bill_max <= 10_000, "limits.codes_per_bill_max", "at most 10000 (domain §3.1)"),
            (self.writes_per_transaction_max >= 16, "limits.writes_per_transaction_max", "at least 16"),
            (self.batch_bytes_max > self.transaction_bytes_max, "limits.batch_bytes_max", "more than one transaction"),
            (self.batch_transactions_max >= 1, "limits.batch_transactions_max", "at least 1"),
            (self.block_batches_max >= 1, "limits.block_batches_max", "at least 1"),
            (self.block_bytes_max >= self.batch_bytes_max, "limits.block_bytes_max", "at least one batch"),
            (self.block_bytes_max as usize <= WIRE_BYTES_MAX / 4, "limits.block_bytes_max", "at most 16 MiB"),
            (
                self.block_writes_max >= self.writes_per_transaction_max,
                "limits.block_writes_max",
                "at least one transaction's writes",
            ),
            (
                self.unordered_bytes_per_author_max >= self.batch_bytes_max,
                "limits.unordered_bytes_per_author_max",
                "at least one batch",
            ),
        ];
        checks.into_iter().find(|(ok, _, _)| !ok).map_or(Ok(()), |(_, name, expected)| Err(field(name, expected)))
    }
}
