//! Answers of the API, field by field as in `docs/contract.md`. Fields that a newer node adds are passed over.

use super::Fault;
use bencao_genesis::{CalendarDate, TimestampMs};
use serde::{Deserialize, Serialize};

/// `202` of `POST /v1/transactions`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Accepted {
    /// Name of the transaction.
    pub transaction_id: String,
    /// Who is bound.
    pub principal: String,
    /// Document number.
    pub document_no: String,
    /// `pending`.
    pub status: Outcome,
    /// `this_node`: until its batch has spread, the promise depends on this node's disk.
    pub durable: String,
    /// The node that promised.
    pub node: String,
}

/// What `POST /v1/transactions` gave.
#[derive(Debug, Clone)]
pub enum Submitted {
    /// Durable at a node, not yet final.
    Accepted(Accepted),
    /// It was final already.
    Known(Box<Bill>),
}

impl Submitted {
    /// Name of the transaction.
    pub fn transaction_id(&self) -> &str {
        match self {
            Submitted::Accepted(a) => &a.transaction_id,
            Submitted::Known(b) => &b.transaction_id,
        }
    }
}

/// How far a transaction came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Accepted, not yet executed.
    Pending,
    /// Executed and applied.
    Applied,
    /// Executed and refused by a rule.
    Rejected,
}

/// How firm an outcome is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finality {
    /// Executed in a decided block.
    Final,
    /// One block later: provable offline.
    Certified,
}

/// What to wait for.
pub type Until = Finality;

impl Finality {
    /// As in queries.
    pub fn name(self) -> &'static str {
        match self {
            Finality::Final => "final",
            Finality::Certified => "certified",
        }
    }
}

/// The transaction object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bill {
    /// Name of the transaction.
    pub transaction_id: String,
    /// How far it came.
    pub status: Outcome,
    /// How firm that is.
    pub finality: Option<Finality>,
    /// Who is bound.
    #[serde(default)]
    pub principal: String,
    /// Document number.
    #[serde(default)]
    pub document_no: String,
    /// Type of the operation.
    #[serde(default)]
    pub operation: String,
    /// Codes it names.
    #[serde(default)]
    pub codes: u64,
    /// Block.
    pub height: Option<u64>,
    /// Position in the block.
    pub index: Option<u64>,
    /// Time of the block, RFC 3339.
    pub block_time: Option<String>,
    /// Why it was rejected.
    pub error: Option<Fault>,
}

impl Bill {
    /// Whether it is as firm as `until`.
    pub fn has_reached(&self, until: Until) -> bool {
        match (self.finality, until) {
            (None, _) => false,
            (Some(_), Finality::Final) | (Some(Finality::Certified), Finality::Certified) => true,
            (Some(Finality::Final), Finality::Certified) => false,
        }
    }
}

/// Answer of `POST /v1/transactions/prepare`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Prepared {
    /// Name of the transaction.
    pub transaction_id: String,
    /// Canonical body, hexadecimal.
    pub body: String,
    /// SM2's message M, hexadecimal.
    pub sign_message: String,
    /// SM3(Z ‖ M), hexadecimal.
    pub sm2_digest: String,
}

/// `GET /v1/status`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// Version of the node's program.
    pub version: String,
    /// Which chain.
    pub chain_id: String,
    /// Its name.
    pub chain_name: String,
    /// The node's name.
    pub node: String,
    /// `validator`, `observer` or `follower`.
    pub kind: String,
    /// Whether it is at the tip and accepts bills.
    pub ready: bool,
    /// Whether it votes.
    pub voting: bool,
    /// Whether its root differs from a certified one.
    pub diverged: bool,
    /// Last final block.
    pub height: u64,
    /// Last height whose results are certified.
    pub certified_height: u64,
    /// Time of the last final block, RFC 3339.
    pub block_time: String,
    /// Root after `height`.
    pub state_root: String,
    /// Connected peers.
    pub peers_connected: u64,
    /// Heights it lacks, as far as it knows.
    pub behind: u64,
    /// Accepted, not yet final.
    pub pending_transactions: u64,
    /// The set that decides the next height.
    pub validators: Vec<ValidatorInfo>,
    /// Limits that a client must know.
    pub limits: NodeLimits,
    /// Counts since genesis.
    pub totals: Totals,
    /// From acceptance to execution at this node; `None` if it accepted nothing.
    #[serde(default)]
    pub finality_ms: Option<FinalityTimes>,
    /// Which code of the node computes.
    pub crypto: CryptoInfo,
    /// The node's clock, RFC 3339; empty from a node that does not tell.
    #[serde(default)]
    pub time: String,
    /// The undecided height as the node sees it, if it takes part in one.
    #[serde(default)]
    pub consensus: Option<Consensus>,
    /// Certificates that the node uses.
    #[serde(default)]
    pub certificates: Vec<CertificateInfo>,
    /// Keys that a signer holds.
    #[serde(default)]
    pub signers: Vec<SignerHealth>,
}

/// A key that another process holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignerHealth {
    /// Where the signer listens.
    pub socket: String,
    /// Which key.
    pub key_id: String,
    /// Whether the last call was answered.
    pub reachable: bool,
    /// Why the last call gave no signature.
    #[serde(default)]
    pub last_failure: Option<String>,
    /// Calls that gave no signature.
    #[serde(default)]
    pub failures: u64,
}

/// Who is in which round, and whose votes are missing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Consensus {
    /// Height being decided.
    pub height: u64,
    /// Round.
    pub round: u32,
    /// `unstarted`, `propose`, `prevote`, `precommit` or `commit`.
    pub step: String,
    /// When the round began at the node, RFC 3339.
    #[serde(default)]
    pub since: Option<String>,
    /// Whose turn it is.
    pub proposer: String,
    /// Whether its proposal is there and judged.
    #[serde(default)]
    pub proposed: bool,
    /// Prevotes seen.
    pub prevotes: u64,
    /// Precommits seen.
    pub precommits: u64,
    /// Validators without a prevote in this round.
    pub prevotes_missing: Vec<String>,
    /// Validators without a precommit in this round.
    pub precommits_missing: Vec<String>,
}

/// A certificate that a node uses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CertificateInfo {
    /// `node`, `chain` or `authority`.
    pub place: String,
    /// Its common name.
    pub name: String,
    /// First moment, RFC 3339.
    pub not_before: String,
    /// Last moment, RFC 3339.
    pub not_after: String,
    /// Negative once it has expired.
    pub days_left: i64,
    /// `90_days`, `30_days`, `7_days`, `expired` or `not_yet_valid`.
    #[serde(default)]
    pub warning: Option<String>,
}

/// Which code computes at a node; all give the same results.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CryptoInfo {
    /// SM2 verification: `reference`, `portable` or `ifma`.
    pub verify: String,
    /// SM3 of many messages: `reference`, `avx2` or `avx512`.
    pub sm3: String,
}

impl Status {
    /// Time of the last final block; `None` if the node wrote another form.
    pub fn block_time(&self) -> Option<TimestampMs> {
        instant(&self.block_time)
    }
}

/// Reads `2026-11-23T09:30:00.000+08:00`, the one form that the API writes.
pub fn instant(text: &str) -> Option<TimestampMs> {
    let (date, rest) = text.split_once('T')?;
    let clock = rest.strip_suffix("+08:00")?;
    let bytes = clock.as_bytes();
    let shape = bytes.len() == 12 && bytes[2] == b':' && bytes[5] == b':' && bytes[8] == b'.';
    let number = |range: std::ops::Range<usize>| {
        let digits = clock.get(range).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
        digits.parse::<u64>().ok()
    };
    if !shape {
        return None;
    }
    let (h, m, s, ms) = (number(0..2)?, number(3..5)?, number(6..8)?, number(9..12)?);
    let day_ms = ((h * 60 + m) * 60 + s) * 1_000 + ms;
    let local = u64::from(CalendarDate::parse(date)?.days()) * 86_400_000 + day_ms;
    local.checked_sub(8 * 3_600_000).map(TimestampMs)
}

/// A validator of the next height.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ValidatorInfo {
    /// Name in genesis.
    #[serde(default)]
    pub name: String,
    /// Id of its validator key.
    pub key_id: String,
    /// Voting power.
    pub power: u64,
    /// The newest statement that the node has heard from it.
    #[serde(default)]
    pub last_heard: Option<Heard>,
}

/// A validator's statement.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Heard {
    /// Height that it is at.
    pub height: u64,
    /// Round that it is in.
    pub round: u32,
    /// `proposal`, `prevote` or `precommit`.
    pub said: String,
    /// When it came, RFC 3339.
    pub time: String,
}

/// Limits of the chain.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct NodeLimits {
    /// Bytes of a signed transaction.
    pub transaction_bytes_max: u64,
    /// Codes of one bill.
    pub codes_per_bill_max: u64,
    /// How far ahead valid-until may lie, milliseconds.
    pub valid_until_ahead_ms: u64,
    /// State writes of one transaction.
    #[serde(default)]
    pub writes_per_transaction_max: u64,
}

/// Counts since genesis.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Blocks.
    pub blocks: u64,
    /// Transactions in them.
    pub transactions: u64,
    /// Applied ones.
    pub applied: u64,
    /// Rejected ones.
    pub rejected: u64,
    /// Codes on record.
    pub codes: u64,
    /// Alarms recorded.
    pub alarms: u64,
}

/// Times from acceptance to execution, milliseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct FinalityTimes {
    /// How many were measured.
    pub count: u64,
    /// Median.
    pub p50: f64,
    /// 90 of 100 were faster.
    #[serde(default)]
    pub p90: f64,
    /// 99 of 100 were faster.
    pub p99: f64,
}

/// `GET /v1/peers`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peers {
    /// Configured peers.
    pub peers: Vec<Peer>,
    /// Connections refused since the node's start, by reason and address.
    #[serde(default)]
    pub refusals: Vec<RefusedConnections>,
}

/// Connections refused for one reason.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefusedConnections {
    /// Stable name.
    pub reason: String,
    /// Whose.
    pub address: String,
    /// What was said last.
    pub detail: String,
    /// How often.
    pub count: u64,
    /// When last, RFC 3339.
    pub last: String,
}

/// How a connected peer's certificate stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PeerCertificate {
    /// `valid`, `expired` or `not_yet_valid`.
    pub standing: String,
    /// Days left, or since the end.
    #[serde(default)]
    pub days: Option<u64>,
}

/// A configured peer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peer {
    /// Its name.
    pub name: String,
    /// Whether there is a connection.
    pub connected: bool,
    /// Its address.
    #[serde(default)]
    pub address: String,
    /// Its height, if it said so.
    #[serde(default)]
    pub height: Option<u64>,
    /// How its certificate stood when it connected.
    #[serde(default)]
    pub certificate: Option<PeerCertificate>,
}

/// `GET /v1/blocks/{height}`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Block {
    /// Height.
    pub height: u64,
    /// Name of the header.
    pub id: String,
    /// Block time, RFC 3339.
    pub time: String,
    /// Key id of the proposer.
    pub proposer: String,
    /// Round in which it was decided.
    pub round: u32,
    /// Root after this block.
    pub state_root: String,
    /// Root over its receipts.
    pub receipts_root: String,
    /// Whether the next block, which carries the roots, is decided.
    pub certified: bool,
    /// Its transactions.
    pub transactions: Vec<BlockTransaction>,
    /// Its certificate.
    #[serde(default)]
    pub signatures: Vec<BlockSignature>,
}

/// A transaction of a block.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BlockTransaction {
    /// Name.
    pub transaction_id: String,
    /// Outcome.
    pub status: Outcome,
    /// Name of the rule that rejected it.
    #[serde(default)]
    pub name: Option<String>,
}

/// A precommit of a block's certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BlockSignature {
    /// Key id.
    pub voter: String,
    /// Hexadecimal.
    pub signature: String,
}
