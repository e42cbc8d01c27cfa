//! Governance as people watch it: proposals with their votes, validators, parameters, keys.

use super::history::chain;
use super::views::{HistoryEntry, Party};
use super::{QueryError, entry, party};
use crate::event::{EventSource, Subject};
use crate::execute::BlockContext;
use crate::governance::{
    self, GovernanceRecord, KeyOrderRecord, KeyringRecord, MotionRecord, MotionStatus, Parameter, SettingsTerm,
};
use crate::registry::{KeyRecord, NumberRecord};
use crate::rejection::{ErrorView, render};
use crate::state::{OrgNo, StateView, ViewError, key, load};
use crate::transaction::{ChangeKeys, Content, DocumentNumber, KeyChange};
use bencao_crypto::{Digest, KeyId, PublicKey};
use bencao_genesis::{Approvals, Height, KeyPurpose, OrgId, TimestampMs};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

fn instant<S: Serializer>(time: &TimestampMs, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(time)
}

/// One vote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BallotView {
    /// Whose.
    pub organisation: Party,
    /// In favour or against.
    pub in_favour: bool,
    /// Whether it counts: its organisation still has a vote.
    pub counts: bool,
    /// Block of the vote.
    pub height: Height,
    /// Transaction in the block.
    pub index: u32,
    /// Block time.
    #[serde(serialize_with = "instant")]
    pub time: TimestampMs,
    /// The administrator's key that signed.
    pub key_id: KeyId,
}

/// How a proposal ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SettledView {
    /// Block.
    pub height: Height,
    /// Block time.
    #[serde(serialize_with = "instant")]
    pub time: TimestampMs,
    /// Why its execution failed.
    pub failure: Option<ErrorView>,
}

/// A proposal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MotionView {
    /// Its number.
    pub motion: u32,
    /// Kind: which rule of approval it falls under.
    pub kind: &'static str,
    /// The same in Chinese.
    pub kind_zh: &'static str,
    /// `open`, `approved`, `executed`, `failed`, `rejected`, `lapsed` or `withdrawn`.
    pub status: &'static str,
    /// The same in Chinese.
    pub status_zh: &'static str,
    /// Who proposed it.
    pub proposer: Party,
    /// Under which document.
    pub document_no: String,
    /// Block of the proposal.
    pub height: Height,
    /// Transaction in the block.
    pub index: u32,
    /// Block time of the proposal.
    #[serde(serialize_with = "instant")]
    pub time: TimestampMs,
    /// What is to be done.
    pub content: Content,
    /// Digest of it: what a vote names.
    pub content_digest: Digest,
    /// Why.
    pub reason: String,
    /// Last block time of the vote.
    #[serde(serialize_with = "instant")]
    pub voting_ends: TimestampMs,
    /// The block that executes it, if that is known.
    pub effective: Option<Height>,
    /// Share that has to be in favour.
    pub share: &'static str,
    /// The same in Chinese.
    pub share_zh: &'static str,
    /// Whether a drug regulator has to be among them.
    pub regulator: bool,
    /// Organisations that may vote.
    pub electors: u32,
    /// Votes in favour that it needs.
    pub needed: u32,
    /// Votes in favour that count.
    pub in_favour: u32,
    /// Votes against that count.
    pub against: u32,
    /// Votes in order.
    pub ballots: Vec<BallotView>,
    /// Who may vote and has not; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<Party>>,
    /// How it ended.
    pub settled: Option<SettledView>,
    /// Why it would fail if it were executed now; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_fail: Option<ErrorView>,
    /// Everything that happened to it; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<HistoryEntry>>,
}

/// A proposal with its history. `context` is that of a block that could come next: by it the proposal is tried out, as
/// long as it is not settled.
///
/// # Errors
/// [`QueryError`].
pub fn motion(
    view: &dyn StateView,
    source: &dyn EventSource,
    context: &BlockContext,
    number: u32,
) -> Result<Option<MotionView>, QueryError> {
    let Some(record) = load::<MotionRecord>(view, &key::motion(number))? else { return Ok(None) };
    let events = chain(source, Subject::Motion(number), record.history)?.events;
    let governance = governance_record(view)?;
    let mut shown = describe(view, number, &record, &governance)?;
    shown.history = Some(events.iter().map(|e| entry(view, e, "")).collect::<Result<_, _>>()?);
    let voted = |n: &&OrgNo| !record.ballots.iter().any(|b| b.organisation == **n);
    let missing = record.electorate.iter().filter(voted).map(|n| party(view, *n));
    shown.missing = Some(missing.collect::<Result<_, _>>()?);
    if matches!(record.status, MotionStatus::Open | MotionStatus::Approved) {
        let refusal = governance::would_fail(view, context, number)?;
        shown.would_fail = refusal.map(|r| render(&r.refusal()));
    }
    Ok(Some(shown))
}

/// Proposals, the newest first: at most `limit`, from the one before `before` on.
///
/// # Errors
/// [`QueryError`].
pub fn motions(view: &dyn StateView, before: Option<u32>, limit: usize) -> Result<Vec<MotionView>, QueryError> {
    let governance = governance_record(view)?;
    let last = before.map_or(governance.motions, |n| n.saturating_sub(1).min(governance.motions));
    let mut found = Vec::new();
    for number in (1..=last).rev().take(limit) {
        let record: MotionRecord = load(view, &key::motion(number))?.ok_or(ViewError::Damaged)?;
        found.push(describe(view, number, &record, &governance)?);
    }
    Ok(found)
}

fn governance_record(view: &dyn StateView) -> Result<GovernanceRecord, QueryError> {
    Ok(load(view, &key::governance())?.ok_or(ViewError::Damaged)?)
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn describe(
    view: &dyn StateView,
    number: u32,
    record: &MotionRecord,
    governance: &GovernanceRecord,
) -> Result<MotionView, QueryError> {
    let ballots = record.ballots.iter().map(|b| {
        Ok(BallotView {
            organisation: party(view, b.organisation)?,
            in_favour: b.in_favour,
            counts: governance.votes(b.organisation),
            height: b.position.height,
            index: b.position.index,
            time: b.time,
            key_id: b.key,
        })
    });
    let ballots: Vec<BallotView> = ballots.collect::<Result<_, QueryError>>()?;
    let counted = |in_favour| count(ballots.iter().filter(|b| b.counts && b.in_favour == in_favour).count());
    let pending = governance.pending.iter().find(|p| p.motion == number).and_then(|p| p.effective);
    let settled =
        record.settled.map(|(height, time)| SettledView { height, time, failure: record.failure.as_ref().map(render) });
    let electors = count(record.electorate.len());
    Ok(MotionView {
        motion: number,
        kind: record.kind().name(),
        kind_zh: record.kind().name_zh(),
        status: record.status.name(),
        status_zh: record.status.name_zh(),
        proposer: party(view, record.proposer)?,
        document_no: record.document.0.clone(),
        height: record.position.height,
        index: record.position.index,
        time: record.time,
        content: record.content.clone(),
        content_digest: record.content.digest(),
        reason: record.reason.clone(),
        voting_ends: record.voting_ends,
        effective: pending.or(record.effective),
        share: record.approval.share.name(),
        share_zh: record.approval.share.name_zh(),
        regulator: record.approval.regulator,
        electors,
        needed: record.approval.share.needed(electors),
        in_favour: counted(true),
        against: counted(false),
        ballots,
        missing: None,
        settled,
        would_fail: None,
        history: None,
    })
}

/// A validator or another node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ValidatorView {
    /// Short name.
    pub name: String,
    /// Who runs it.
    pub organisation: OrgId,
    /// Id of the key that votes.
    pub validator_key_id: KeyId,
    /// Key that votes.
    pub validator_key: PublicKey,
    /// Key of its node.
    pub node_key: PublicKey,
    /// Voting power.
    pub power: u64,
    /// First height that it votes on.
    pub since: Height,
    /// First height that it no longer votes on.
    pub until: Option<Height>,
}

/// A node on the list that is no validator's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NodeView {
    /// Who runs it.
    pub organisation: OrgId,
    /// Its key.
    pub node_key: PublicKey,
    /// First height at which it is on the list.
    pub since: Height,
    /// First height at which it no longer is.
    pub until: Option<Height>,
}

/// Validators and nodes around a height.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ValidatorsView {
    /// Number of the last change; 0 at genesis.
    pub revision: u64,
    /// The block that made it.
    pub changed_at: Height,
    /// Sum of the powers of those that vote on the next height.
    pub total_power: u64,
    /// Those that vote on the next height or later, in order of names.
    pub validators: Vec<ValidatorView>,
    /// Other nodes that may connect at the next height or later.
    pub observers: Vec<NodeView>,
}

/// Validators and nodes that count at the height after `height`, or later.
///
/// # Errors
/// [`QueryError`].
pub fn validators(view: &dyn StateView, height: Height) -> Result<ValidatorsView, QueryError> {
    let next = height.next();
    let all = governance::membership(view)?;
    let lasts = |until: Option<Height>| until.is_none_or(|end| end > next);
    let total_power = all.validators_at(next).fold(0u64, |sum, v| sum.saturating_add(v.power));
    let seated: Vec<PublicKey> = all.validators.iter().filter(|v| lasts(v.until)).map(|v| v.node_key).collect();
    let validators = all.validators.iter().filter(|v| lasts(v.until)).map(|v| ValidatorView {
        name: v.name.clone(),
        organisation: v.organisation.clone(),
        validator_key_id: v.validator_key.id(),
        validator_key: v.validator_key,
        node_key: v.node_key,
        power: v.power,
        since: v.since,
        until: v.until,
    });
    let mut validators: Vec<ValidatorView> = validators.collect();
    validators.sort_by(|a, b| (&a.name, a.since).cmp(&(&b.name, b.since)));
    let others = all.nodes.iter().filter(|n| lasts(n.until) && !seated.contains(&n.node_key));
    let observers = others.map(|n| NodeView {
        organisation: n.organisation.clone(),
        node_key: n.node_key,
        since: n.since,
        until: n.until,
    });
    Ok(ValidatorsView {
        revision: all.revision.number,
        changed_at: all.revision.changed_at,
        total_power,
        validators,
        observers: observers.collect(),
    })
}

/// Parameters from a height on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SettingsView {
    /// First height.
    pub since: Height,
    /// Rules that blocks execute.
    pub rule_version: u32,
    /// Every parameter that a decision may change.
    pub parameters: BTreeMap<&'static str, u64>,
    /// What each kind of proposal needs.
    pub approvals: Approvals,
}

/// Who votes, and the parameters in force and to come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ParametersView {
    /// Organisations with a vote.
    pub voters: Vec<Party>,
    /// Those whose vote rests, because they are frozen or suspended.
    pub resting: Vec<Party>,
    /// Ascending by first height: the first is in force.
    pub settings: Vec<SettingsView>,
}

/// Who votes, and the parameters that count at the height after `height`, or later.
///
/// # Errors
/// [`QueryError`].
pub fn parameters(view: &dyn StateView, height: Height) -> Result<ParametersView, QueryError> {
    let record = governance_record(view)?;
    let all = governance::membership(view)?;
    let current = all.settings_at(height.next())?.since;
    let shown = |term: &SettingsTerm| SettingsView {
        since: term.since,
        rule_version: term.rule_version,
        parameters: Parameter::ALL.iter().map(|p| (p.name(), p.of(&term.params, &term.limits))).collect(),
        approvals: term.params.governance.approvals.clone(),
    };
    let parties = |list: &[OrgNo]| list.iter().map(|n| party(view, *n)).collect::<Result<Vec<_>, _>>();
    Ok(ParametersView {
        voters: parties(&record.voters)?,
        resting: parties(&record.resting)?,
        settings: all.settings.iter().filter(|t| t.since >= current).map(shown).collect(),
    })
}

/// A key of an organisation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KeyView {
    /// Its id.
    pub key_id: KeyId,
    /// The key.
    pub public_key: PublicKey,
    /// What it may do.
    pub purpose: KeyPurpose,
    /// Operations or modules that it may sign; all of its purpose if empty.
    pub scope: Vec<String>,
    /// First height at which it counts.
    pub valid_from: Height,
    /// First height at which it no longer counts.
    pub valid_to: Option<Height>,
    /// Whether it counts at the next height.
    pub in_force: bool,
}

/// The keys of an organisation that have not ended, or not long ago.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KeysView {
    /// Whose.
    pub organisation: Party,
    /// `active`, `frozen`, `suspended` or `removed`.
    pub standing: &'static str,
    /// Whether it has a vote in governance.
    pub votes: bool,
    /// Administrators that approve a change of administrators' keys; 0 = more than half.
    pub admin_quorum: u8,
    /// Keys in order of registration.
    pub keys: Vec<KeyView>,
}

/// Keys of an organisation, as they stand for the height after `height`; `None` if it is not on record.
///
/// # Errors
/// [`QueryError`].
pub fn keys(view: &dyn StateView, id: &OrgId, height: Height) -> Result<Option<KeysView>, QueryError> {
    let Some(number) = number(view, id)? else { return Ok(None) };
    let record: crate::registry::OrganisationRecord =
        load(view, &key::organisation(number))?.ok_or(ViewError::Damaged)?;
    let keyring: Option<KeyringRecord> = load(view, &key::keyring(number))?;
    let keyring = keyring.unwrap_or(KeyringRecord { version: 1, admin_quorum: 0, keys: Vec::new() });
    let mut keys = Vec::with_capacity(keyring.keys.len());
    for listed in &keyring.keys {
        let record: KeyRecord = load(view, &key::signing_key(&listed.key))?.ok_or(ViewError::Damaged)?;
        keys.push(KeyView {
            key_id: listed.key,
            public_key: record.public_key,
            purpose: record.purpose,
            in_force: record.is_valid_at(height.next()),
            valid_from: record.valid_from,
            valid_to: record.valid_to,
            scope: record.scope,
        });
    }
    Ok(Some(KeysView {
        organisation: Party { id: record.id, name: record.name },
        standing: record.standing.name(),
        votes: governance_record(view)?.has_vote(number),
        admin_quorum: keyring.admin_quorum,
        keys,
    }))
}

fn number(view: &dyn StateView, id: &OrgId) -> Result<Option<OrgNo>, QueryError> {
    let number: Option<NumberRecord> = load(view, &key::organisation_number(id))?;
    Ok(number.map(|n| OrgNo(n.number)))
}

/// A change of keys that waits for other administrators.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KeyOrderView {
    /// Document that asked for it.
    pub order: String,
    /// What is to change.
    pub changes: Vec<KeyChange>,
    /// Digest of it: what an approval names.
    pub content_digest: Digest,
    /// Keys of administrators that signed for it.
    pub approved_by: Vec<KeyId>,
    /// When it lapses.
    #[serde(serialize_with = "instant")]
    pub lapses_at: TimestampMs,
    /// Whether it was carried out.
    pub done: bool,
}

/// A change of keys by organisation and document; `None` if nothing waited under it.
///
/// # Errors
/// [`QueryError`].
pub fn key_order(view: &dyn StateView, id: &OrgId, order: &DocumentNumber) -> Result<Option<KeyOrderView>, QueryError> {
    let Some(number) = number(view, id)? else { return Ok(None) };
    let record: Option<KeyOrderRecord> = load(view, &key::key_order(number, order))?;
    Ok(record.map(|r| KeyOrderView {
        order: order.0.clone(),
        content_digest: ChangeKeys::digest(&r.changes),
        changes: r.changes,
        approved_by: r.approved_by,
        lapses_at: r.lapses_at,
        done: r.done,
    }))
}
