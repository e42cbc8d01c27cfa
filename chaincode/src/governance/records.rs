//! Records of governance that are not terms. Version byte first.

use crate::event::History;
use crate::receipt::{Position, Refusal};
use crate::state::{OrgNo, Record};
use crate::transaction::{Content, DocumentNumber, KeyChange};
use bencao_crypto::{Digest, KeyId};
use bencao_genesis::{Approval, Height, KeyPurpose, ProposalKind, RegionCode, TimestampMs};
use bincode::{Decode, Encode};

/// What governance keeps of the whole chain: who votes, what is open, what is to be executed, what is stopped.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct GovernanceRecord {
    /// Format: 1.
    pub version: u8,
    /// Proposals so far.
    pub motions: u32,
    /// Nodes on the list.
    pub nodes: u32,
    /// Organisations with a vote, ascending: the electorate of the next proposal.
    pub voters: Vec<OrgNo>,
    /// Those whose vote rests while they are frozen or suspended, ascending.
    pub resting: Vec<OrgNo>,
    /// Proposals that are voted on or approved and not executed, ascending.
    pub pending: Vec<Pending>,
}

/// A proposal that is not settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Pending {
    /// Its number.
    pub motion: u32,
    /// Who proposed it.
    pub proposer: OrgNo,
    /// Digest of what it is to do.
    pub content: Digest,
    /// The block that executes it: from approval on a number, before only where the proposal names one.
    pub effective: Option<Height>,
}

/// Everything that emergency freezes of operations stop.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FrozenRecord {
    /// Format: 1.
    pub version: u8,
    /// One entry a freeze.
    pub frozen: Vec<FrozenOperations>,
}

/// Operations that nobody of a region may submit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct FrozenOperations {
    /// The proposal that stopped them.
    pub motion: u32,
    /// For organisations of this region.
    pub region: RegionCode,
    /// Names of operations or of whole modules, ascending.
    pub operations: Vec<String>,
    /// Until when.
    pub until: TimestampMs,
}

/// The keys of an organisation.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct KeyringRecord {
    /// Format: 1.
    pub version: u8,
    /// Administrators that approve a change of administrators' keys; 0 = more than half of those in force.
    pub admin_quorum: u8,
    /// Every key that is not yet ended, in order of registration.
    pub keys: Vec<KeyringEntry>,
}

/// A key of a keyring; the rest is under its id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct KeyringEntry {
    /// Which.
    pub key: KeyId,
    /// For what.
    pub purpose: KeyPurpose,
}

/// A change of keys that waits for other administrators of the organisation.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct KeyOrderRecord {
    /// Format: 1.
    pub version: u8,
    /// What is to change.
    pub changes: Vec<KeyChange>,
    /// Administrators' keys that signed for it, the first being the one that asked.
    pub approved_by: Vec<KeyId>,
    /// When it lapses.
    pub lapses_at: TimestampMs,
    /// Whether it was carried out.
    pub done: bool,
}

byte_enum! {
    /// Where a proposal stands.
    pub enum MotionStatus {
        /// 表决中
        Open = 1 as "open", "表决中",
        /// 已通过，待执行
        Approved = 2 as "approved", "已通过待执行",
        /// 已执行
        Executed = 3 as "executed", "已执行",
        /// 执行失败: nothing of it holds.
        Failed = 4 as "failed", "执行失败",
        /// 未通过: so many are against it that it cannot be approved any more.
        Rejected = 5 as "rejected", "未通过",
        /// 逾期: not approved by its last moment.
        Lapsed = 6 as "lapsed", "逾期未通过",
        /// 已撤回
        Withdrawn = 7 as "withdrawn", "已撤回",
    }
}

/// One vote.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Ballot {
    /// Whose.
    pub organisation: OrgNo,
    /// Whether it is in favour.
    pub in_favour: bool,
    /// Which transaction.
    pub position: Position,
    /// Block time.
    pub time: TimestampMs,
    /// The administrator's key that signed.
    pub key: KeyId,
}

/// A proposal with everything that has happened to it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MotionRecord {
    /// Format: 1.
    pub version: u8,
    /// Who proposed it.
    pub proposer: OrgNo,
    /// Under which document.
    pub document: DocumentNumber,
    /// In which transaction.
    pub position: Position,
    /// Block time of the proposal.
    pub time: TimestampMs,
    /// What is to be done.
    pub content: Content,
    /// Why.
    pub reason: String,
    /// Last block time of the vote.
    pub voting_ends: TimestampMs,
    /// The block that is to execute it; none = the next block after approval.
    pub effective: Option<Height>,
    /// What it needs, by the parameters at the proposal.
    pub approval: Approval,
    /// Who may vote: the voters at the proposal but for whom it is about; ascending.
    pub electorate: Vec<OrgNo>,
    /// Votes in order.
    pub ballots: Vec<Ballot>,
    /// Where it stands.
    pub status: MotionStatus,
    /// The block that settled it, and its time.
    pub settled: Option<(Height, TimestampMs)>,
    /// Why its execution failed.
    pub failure: Option<Refusal>,
    /// Its own events.
    pub history: History,
}

impl Record for GovernanceRecord {}
impl Record for FrozenRecord {}
impl Record for KeyringRecord {}
impl Record for KeyOrderRecord {}
impl Record for MotionRecord {}

impl GovernanceRecord {
    pub(crate) fn new() -> GovernanceRecord {
        let (voters, resting, pending) = (Vec::new(), Vec::new(), Vec::new());
        GovernanceRecord { version: 1, motions: 0, nodes: 0, voters, resting, pending }
    }

    /// Whether an organisation votes on what is proposed now.
    pub(crate) fn votes(&self, organisation: OrgNo) -> bool {
        self.voters.binary_search(&organisation).is_ok()
    }

    /// Whether it has a vote, resting or not.
    pub(crate) fn has_vote(&self, organisation: OrgNo) -> bool {
        self.votes(organisation) || self.resting.binary_search(&organisation).is_ok()
    }

    /// Gives a vote, or takes it away.
    pub(crate) fn set_voter(&mut self, organisation: OrgNo, votes: bool) {
        place(&mut self.resting, organisation, false);
        place(&mut self.voters, organisation, votes);
    }

    /// The vote of a frozen or suspended organisation rests until it is restored.
    pub(crate) fn rest(&mut self, organisation: OrgNo) {
        if self.votes(organisation) {
            place(&mut self.voters, organisation, false);
            place(&mut self.resting, organisation, true);
        }
    }

    /// The vote of a restored organisation counts again.
    pub(crate) fn restore(&mut self, organisation: OrgNo) {
        if self.has_vote(organisation) {
            self.set_voter(organisation, true);
        }
    }

    pub(crate) fn settle(&mut self, motion: u32) {
        self.pending.retain(|p| p.motion != motion);
    }
}

fn place(list: &mut Vec<OrgNo>, organisation: OrgNo, present: bool) {
    match (list.binary_search(&organisation), present) {
        (Err(place), true) => list.insert(place, organisation),
        (Ok(place), false) => drop(list.remove(place)),
        _ => {}
    }
}

impl KeyringRecord {
    pub(crate) fn new() -> KeyringRecord {
        KeyringRecord { version: 1, admin_quorum: 0, keys: Vec::new() }
    }

    pub(crate) fn has(&self, purpose: KeyPurpose) -> bool {
        self.keys.iter().any(|k| k.purpose == purpose)
    }
}

impl MotionRecord {
    /// Kind of the proposal.
    pub fn kind(&self) -> ProposalKind {
        self.content.kind()
    }
}
