//! Proposals: submitted, voted on, approved, withdrawn.
//!
//! The electorate is that of the moment of the proposal, without the organisation that it is about, and never shrinks: to
//! suspend or remove opponents does not lower what is needed. A vote counts only while its organisation still has one. It
//! is final. Which organisation votes is decided by the key of one of its administrators.
//!
//! Order of checks of a vote: proposal on record, open, in time, the content that the voter names, in the electorate, a
//! vote today, not cast before.

use super::events::{MotionApproved, MotionSettled, MotionSubmitted, VoteCast};
use super::records::{Ballot, GovernanceRecord, MotionRecord, MotionStatus, Pending};
use super::tally::{Verdict, verdict};
use crate::admission::check_text;
use crate::event::{EventBody, History, Subject};
use crate::execute::{ComesDue, Due};
use crate::limits::{EFFECTIVE_AHEAD_MAX, MOTIONS_PENDING_MAX, MOTIONS_PER_ORGANISATION_MAX};
use crate::receipt::Refusal;
use crate::registry::NumberRecord;
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{Body, CastVote, SubmitMotion, WithdrawMotion};
use bencao_genesis::{Height, KeyPurpose, ProposalKind, Role};
use bincode::{Decode, Encode};

impl Body for SubmitMotion {
    fn purpose(&self) -> KeyPurpose {
        KeyPurpose::Admin
    }

    fn delegable(&self) -> bool {
        false
    }

    /// The proposal, what is pending, a deadline.
    fn writes_bound(&self) -> u32 {
        3
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_reason(&self.reason)?;
        self.content.check_form()
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        submit(tx, self)
    }
}

fn check_reason(reason: &str) -> Result<(), Rejection> {
    check_text("reason", reason)?;
    match reason.is_empty() {
        true => Err(Rejection::FieldForm { field: "reason", expected: "not empty" }),
        false => Ok(()),
    }
}

/// Executes the operation. Order of checks: a vote of its own, term, height, not pending already, room; what is to be
/// executed at once has to be possible now.
fn submit(tx: &mut Tx, operation: &SubmitMotion) -> Result<(), Stop> {
    let mut governance: GovernanceRecord = tx.must_load(&key::governance())?;
    require_vote(tx, &governance)?;
    check_term(tx, operation)?;
    let content = operation.content.digest();
    if let Some(same) = governance.pending.iter().find(|p| p.content == content) {
        return Err(Rejection::MotionPending { motion: same.motion }.into());
    }
    check_room(tx, operation, &governance)?;
    governance.motions = governance.motions.saturating_add(1);
    let number = governance.motions;
    if operation.effective.is_none() {
        tx.attempt(|tx| operation.content.execute(tx, number))?;
    }
    let about = match operation.content.about() {
        Some(id) => tx.load::<NumberRecord>(&key::organisation_number(id))?.map(|n| OrgNo(n.number)),
        None => None,
    };
    let electorate: Vec<OrgNo> = governance.voters.iter().copied().filter(|v| Some(*v) != about).collect();
    let mut record = MotionRecord {
        version: 1,
        proposer: tx.principal,
        document: tx.document.clone(),
        position: tx.position,
        time: tx.context.time,
        content: operation.content.clone(),
        reason: operation.reason.clone(),
        voting_ends: operation.voting_ends,
        effective: operation.effective,
        approval: tx.context.params.governance.approvals.of(operation.content.kind()),
        electorate,
        ballots: Vec::new(),
        status: MotionStatus::Open,
        settled: None,
        failure: None,
        history: History::default(),
    };
    let (kind, voting_ends, effective) = (record.kind(), record.voting_ends, record.effective);
    let body = EventBody::MotionSubmitted(MotionSubmitted { kind, content, voting_ends, effective });
    tx.event(Subject::Motion(number), &mut record.history, body);
    governance.pending.push(Pending { motion: number, proposer: tx.principal, content, effective });
    tx.set_deadline(voting_ends, Due::VotingEnd(VotingEnd { motion: number }));
    if record.electorate.binary_search(&tx.principal).is_ok() {
        cast(tx, number, &mut record, true, operation.reason.clone());
    }
    count(tx, number, record, governance)
}

/// No member fills the list; and no number of them keeps a regulator from stopping something at once, for which as much
/// room again is kept.
fn check_room(tx: &Tx, operation: &SubmitMotion, governance: &GovernanceRecord) -> Result<(), Rejection> {
    let freezes = matches!(operation.content.kind(), ProposalKind::EmergencyFreeze | ProposalKind::LiftFreeze);
    let room = if freezes && tx.organisation.has_role(Role::DrugRegulator) { 2 } else { 1 };
    let (own_max, all_max) =
        (MOTIONS_PER_ORGANISATION_MAX.saturating_mul(room), MOTIONS_PENDING_MAX.saturating_mul(room));
    let own = governance.pending.iter().filter(|p| p.proposer == tx.principal).count();
    if own >= own_max || governance.pending.len() >= all_max {
        return Err(Rejection::RegisterFull { register: "motions", expected: own_max as u32 });
    }
    Ok(())
}

fn require_vote(tx: &Tx, governance: &GovernanceRecord) -> Result<(), Rejection> {
    match governance.votes(tx.principal) {
        true => Ok(()),
        false => Err(Rejection::NoVote { organisation: tx.organisation.id.clone() }),
    }
}

fn check_term(tx: &Tx, operation: &SubmitMotion) -> Result<(), Rejection> {
    let (now, ends) = (tx.context.time, operation.voting_ends);
    if ends <= now {
        return Err(Rejection::TimePast { expected: now, actual: ends });
    }
    let hours = u64::from(tx.context.params.governance.voting_hours_max);
    let latest = now.plus_ms(hours.saturating_mul(3_600_000));
    if ends > latest {
        return Err(Rejection::TimeTooFar { expected: latest, actual: ends });
    }
    let height = tx.position.height;
    let last = height.0.saturating_add(EFFECTIVE_AHEAD_MAX);
    match operation.effective.filter(|at| *at <= height || at.0 > last) {
        Some(at) => Err(Rejection::EffectiveHeight { expected: height.next().0, limit: last, actual: at.0 }),
        None => Ok(()),
    }
}

impl Body for CastVote {
    fn purpose(&self) -> KeyPurpose {
        KeyPurpose::Admin
    }

    fn delegable(&self) -> bool {
        false
    }

    /// The proposal, what is pending, its deadline.
    fn writes_bound(&self) -> u32 {
        3
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("reason", &self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        vote(tx, self)
    }
}

fn vote(tx: &mut Tx, operation: &CastVote) -> Result<(), Stop> {
    let number = operation.motion;
    let mut record = load(tx, number)?;
    check_open(tx, number, &record)?;
    let expected = record.content.digest();
    if operation.content != expected {
        return Err(Rejection::OtherContent { motion: number, expected, actual: operation.content }.into());
    }
    let organisation = tx.organisation.id.clone();
    if record.electorate.binary_search(&tx.principal).is_err() {
        return Err(Rejection::NotElector { organisation, motion: number }.into());
    }
    let governance: GovernanceRecord = tx.must_load(&key::governance())?;
    require_vote(tx, &governance)?;
    if record.ballots.iter().any(|b| b.organisation == tx.principal) {
        return Err(Rejection::AlreadyVoted { organisation, motion: number }.into());
    }
    cast(tx, number, &mut record, operation.in_favour, operation.reason.clone());
    count(tx, number, record, governance)
}

/// A proposal by number.
pub(super) fn load(tx: &Tx, number: u32) -> Result<MotionRecord, Stop> {
    let record: Option<MotionRecord> = tx.load(&key::motion(number))?;
    Ok(record.ok_or(Rejection::UnknownMotion { motion: number })?)
}

/// Open, and not past its last moment: that runs before the transactions of a block, but so many at a time.
fn check_open(tx: &Tx, number: u32, record: &MotionRecord) -> Result<(), Rejection> {
    if record.status != MotionStatus::Open {
        return Err(Rejection::MotionClosed { motion: number, actual: record.status.name() });
    }
    match tx.context.time > record.voting_ends {
        true => Err(Rejection::MotionClosed { motion: number, actual: MotionStatus::Lapsed.name() }),
        false => Ok(()),
    }
}

fn cast(tx: &mut Tx, number: u32, record: &mut MotionRecord, in_favour: bool, reason: String) {
    let (organisation, key) = (tx.principal, tx.actor.key);
    record.ballots.push(Ballot { organisation, in_favour, position: tx.position, time: tx.context.time, key });
    let body = EventBody::VoteCast(VoteCast { in_favour, reason });
    tx.event(Subject::Motion(number), &mut record.history, body);
}

/// After a vote: approved, rejected, or still open.
fn count(tx: &mut Tx, number: u32, mut record: MotionRecord, mut governance: GovernanceRecord) -> Result<(), Stop> {
    match verdict(tx, &record, &governance)? {
        Verdict::Open(_) => {}
        Verdict::Approved => {
            let effective = record.effective.unwrap_or(tx.position.height.next());
            record.status = MotionStatus::Approved;
            if let Some(pending) = governance.pending.iter_mut().find(|p| p.motion == number) {
                pending.effective = Some(effective);
            }
            let body = EventBody::MotionApproved(MotionApproved { effective });
            tx.event(Subject::Motion(number), &mut record.history, body);
            clear_voting_end(tx, number, &record)?;
        }
        Verdict::Rejected(_) => {
            clear_voting_end(tx, number, &record)?;
            settle(tx, number, &mut record, &mut governance, (MotionStatus::Rejected, None, String::new()));
        }
    }
    tx.store(key::motion(number), &record);
    tx.store(key::governance(), &governance);
    Ok(())
}

fn clear_voting_end(tx: &mut Tx, number: u32, record: &MotionRecord) -> Result<(), Stop> {
    tx.clear_deadline(record.voting_ends, &Due::VotingEnd(VotingEnd { motion: number }))
}

/// Ends a proposal. The caller stores both records.
pub(super) fn settle(
    tx: &mut Tx,
    number: u32,
    record: &mut MotionRecord,
    governance: &mut GovernanceRecord,
    (status, failure, reason): (MotionStatus, Option<Refusal>, String),
) {
    record.status = status;
    record.settled = Some((tx.position.height, tx.context.time));
    record.failure.clone_from(&failure);
    governance.settle(number);
    let body = EventBody::MotionSettled(MotionSettled { status, failure, reason });
    tx.event(Subject::Motion(number), &mut record.history, body);
}

impl Body for WithdrawMotion {
    fn purpose(&self) -> KeyPurpose {
        KeyPurpose::Admin
    }

    fn delegable(&self) -> bool {
        false
    }

    /// The proposal, what is pending, its deadline.
    fn writes_bound(&self) -> u32 {
        3
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_reason(&self.reason)
    }

    /// Order of checks: proposal on record, its proposer, open.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut record = load(tx, self.motion)?;
        if record.proposer != tx.principal {
            let expected = tx.organisation_record(record.proposer)?.id.clone();
            return Err(Rejection::NotProposer { expected, actual: tx.organisation.id.clone() }.into());
        }
        check_open(tx, self.motion, &record)?;
        clear_voting_end(tx, self.motion, &record)?;
        lapse(tx, self.motion, &mut record, (MotionStatus::Withdrawn, self.reason.clone()))
    }
}

/// Ends a proposal without execution.
pub(super) fn lapse(
    tx: &mut Tx,
    number: u32,
    record: &mut MotionRecord,
    (status, reason): (MotionStatus, String),
) -> Result<(), Stop> {
    let mut governance: GovernanceRecord = tx.must_load(&key::governance())?;
    settle(tx, number, record, &mut governance, (status, None, reason));
    tx.store(key::motion(number), record);
    tx.store(key::governance(), &governance);
    Ok(())
}

/// The last moment of a vote.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct VotingEnd {
    /// The proposal.
    pub motion: u32,
}

impl ComesDue for VotingEnd {
    fn come_due(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut record = load(tx, self.motion)?;
        if record.status != MotionStatus::Open {
            return Err(Rejection::MotionClosed { motion: self.motion, actual: record.status.name() }.into());
        }
        lapse(tx, self.motion, &mut record, (MotionStatus::Lapsed, String::new()))
    }
}

/// The block that a proposal is to be executed by, as far as it is known.
pub(super) fn is_due(pending: &Pending, height: Height) -> bool {
    pending.effective.is_some_and(|at| at <= height)
}
