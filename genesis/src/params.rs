//! Parameters and limits that are part of the agreement. Everything a byzantine member could otherwise choose freely.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Pace and timeouts. Milliseconds.
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
        }
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
