//! What became of one transaction: hashed, so it holds numbers and typed arguments only; texts are rendered outside.

use crate::codes::UnitKey;
use crate::state::OrgNo;
use crate::transaction::TransactionId;
use bencao_crypto::{Digest, encode, merkle};
use bencao_genesis::{CalendarDate, Height, OrgId, TimestampMs};
use bincode::{Decode, Encode};
use std::fmt;

tagged_enum! {
    /// One argument of a rejection.
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub enum Arg: u8 {
        /// A package.
        Code(UnitKey) = 1 as "code",
        /// An organisation.
        Organisation(OrgId) = 2 as "organisation",
        /// A name, number or keyword.
        Text(String) = 3 as "text",
        /// A count or number.
        Number(u64) = 4 as "number",
        /// A date.
        Date(CalendarDate) = 5 as "date",
        /// An instant.
        Time(TimestampMs) = 6 as "time",
        /// A digest.
        Digest(Digest) = 7 as "digest",
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Code(code) => code.fmt(f),
            Arg::Organisation(id) => id.fmt(f),
            Arg::Text(text) => f.write_str(text),
            Arg::Number(number) => number.fmt(f),
            Arg::Date(date) => date.fmt(f),
            Arg::Time(time) => time.fmt(f),
            Arg::Digest(digest) => digest.fmt(f),
        }
    }
}

/// Position of a transaction in the chain: block, then index in execution order.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Position {
    /// Block.
    pub height: Height,
    /// From 0 within the block.
    pub index: u32,
}

/// A refusal: stable number and arguments, in the order of `docs/errors.md`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Refusal {
    /// Stable number.
    pub code: u16,
    /// In the order of the rule's fields.
    pub args: Vec<Arg>,
}

tagged_enum! {
    /// What became of it.
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub enum Outcome: u8 {
        /// Done, all of it.
        Applied(Done) = 0 as "applied",
        /// Nothing of it done.
        Rejected(Refusal) = 1 as "rejected",
        /// Executed before, or the same operation under the same document number was applied: see the receipt there.
        Repeated(Earlier) = 2 as "repeated",
    }
}

/// Payload of [`Outcome::Applied`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Done {
    /// State writes made.
    pub writes: u32,
    /// Number of the organisation that signed for the principal under a mandate, if any.
    pub agent: Option<OrgNo>,
}

/// Payload of [`Outcome::Repeated`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Earlier {
    /// The transaction whose receipt counts.
    pub transaction: TransactionId,
    /// Where it is.
    pub position: Position,
}

/// The outcome of one transaction at one place of the chain.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Receipt {
    /// Format: 1.
    pub version: u8,
    /// Whose. For bytes that hold no transaction, the id of those bytes.
    pub transaction: TransactionId,
    /// Where.
    pub position: Position,
    /// What.
    pub outcome: Outcome,
    /// Events it made.
    pub events: u32,
}

impl Receipt {
    /// Leaf of the block's receipts tree.
    pub fn leaf(&self) -> Digest {
        merkle::leaf(&encode(self))
    }

    /// Whether this receipt is the one that counts for its transaction id. A transaction refused before it could
    /// consume its id (rules below 2000), or met again, may have, or get, another receipt elsewhere.
    pub fn settles(&self) -> bool {
        match &self.outcome {
            Outcome::Applied(_) => true,
            Outcome::Rejected(refusal) => refusal.code >= crate::rejection::SETTLING_FROM,
            Outcome::Repeated(earlier) => earlier.transaction != self.transaction,
        }
    }

    /// Whether it was applied.
    pub fn is_applied(&self) -> bool {
        matches!(self.outcome, Outcome::Applied(_))
    }
}

/// Root over the receipts of a block, in order.
pub fn receipts_root(receipts: &[Receipt]) -> Digest {
    merkle::root(&merkle::leaves(receipts.iter().map(encode)))
}
