//! Bills with two signatures: one party proposes, another countersigns, and only then is anything done.

use super::holds::{check_reason, find_organisation, next_case};
use super::records::{ProposalRecord, ProposalStatus};
use super::{ProposalClosed, Proposed};
use crate::codes::UnitKey;
use crate::event::{EventBody, History, Subject};
use crate::execute::{ComesDue, Due};
use crate::registry::OrganisationRecord;
use crate::rejection::Rejection;
use crate::state::{CaseNo, OrgNo, Stop, Tx, key};
use crate::transaction::{Body, CloseProposal, Countersign, CountersignedBill, DocumentNumber, Propose, count_writes};
use bencao_crypto::Digest;
use bincode::{Decode, Encode};
use std::rc::Rc;

/// The two who sign.
pub(crate) struct Parties {
    pub(crate) proposer: (OrgNo, Rc<OrganisationRecord>),
    pub(crate) countersigner: (OrgNo, Rc<OrganisationRecord>),
    /// The proposer's document: events of the bill name it.
    pub(crate) document: DocumentNumber,
}

impl Parties {
    fn load(tx: &mut Tx, proposer: OrgNo, countersigner: OrgNo, document: DocumentNumber) -> Result<Parties, Stop> {
        Ok(Parties {
            proposer: (proposer, tx.organisation_record(proposer)?),
            countersigner: (countersigner, tx.organisation_record(countersigner)?),
            document,
        })
    }
}

impl Body for Propose {
    fn names_codes(&self) -> bool {
        self.bill.body().names_codes()
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.bill.body().codes()
    }

    fn codes_count(&self) -> usize {
        self.bill.body().codes().len()
    }

    fn bill_type(&self) -> Option<u16> {
        self.bill.body().bill_type()
    }

    /// The proposal, the counters and a deadline; and what the bill would write, which is tried.
    fn writes_bound(&self) -> u32 {
        self.bill.body().writes_bound().saturating_add(3)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        self.bill.body().check_form()
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        propose(tx, self)
    }
}

/// Executes the operation. Order of checks: countersigner known, and another; its time; then the bill's own rules.
fn propose(tx: &mut Tx, operation: &Propose) -> Result<(), Stop> {
    let countersigner = find_organisation(tx, &operation.countersigner)?;
    if countersigner == tx.principal {
        return Err(Rejection::SameParty { actual: operation.countersigner.clone() }.into());
    }
    let (now, lapses_at) = (tx.context.time, operation.lapses_at);
    if lapses_at <= now {
        return Err(Rejection::TimePast { expected: now, actual: lapses_at }.into());
    }
    let hours = tx.law(tx.organisation.jurisdiction).quality.proposal_hours_max;
    let latest = now.plus_ms(u64::from(hours).saturating_mul(3_600_000));
    if lapses_at > latest {
        return Err(Rejection::TimeTooFar { expected: latest, actual: lapses_at }.into());
    }
    let document = tx.document.clone();
    let parties = Parties::load(tx, tx.principal, countersigner, document.clone())?;
    tx.attempt(|tx| operation.bill.body().execute(tx, &parties))?;
    let (case, _) = next_case(tx)?;
    let mut record = ProposalRecord {
        version: 1,
        proposer: tx.principal,
        document,
        countersigner,
        bill: operation.bill.tag(),
        content: operation.bill.content(),
        codes: count_writes(operation.codes_count()),
        lapses_at,
        status: ProposalStatus::Open,
        history: History::default(),
    };
    let event = Proposed { bill: record.bill, content: record.content, countersigner, lapses_at };
    tx.event(Subject::Case(case), &mut record.history, EventBody::Proposed(event));
    tx.store(key::proposal(case), &record);
    tx.set_deadline(lapses_at, Due::ProposalLapse(ProposalLapse { proposal: case }));
    Ok(())
}

impl Body for Countersign {
    fn names_codes(&self) -> bool {
        self.bill.body().names_codes()
    }

    fn codes(&self) -> Vec<UnitKey> {
        self.bill.body().codes()
    }

    fn codes_count(&self) -> usize {
        self.bill.body().codes().len()
    }

    fn bill_type(&self) -> Option<u16> {
        self.bill.body().bill_type()
    }

    /// The bill's, the proposal and its deadline.
    fn writes_bound(&self) -> u32 {
        self.bill.body().writes_bound().saturating_add(2)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        self.bill.body().check_form()
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        countersign(tx, self)
    }
}

/// Executes the operation. Order of checks: proposal known, its countersigner, open, the same bill; then the bill's own
/// rules, now.
fn countersign(tx: &mut Tx, operation: &Countersign) -> Result<(), Stop> {
    let case = operation.proposal;
    let record = load(tx, case)?;
    check_countersigner(tx, &record)?;
    check_open(case, &record)?;
    let actual = operation.bill.content();
    if actual != record.content {
        return Err(Rejection::AnotherBill { expected: record.content, actual }.into());
    }
    let parties = Parties::load(tx, record.proposer, record.countersigner, record.document.clone())?;
    let own = (tx.principal, tx.document.clone());
    operation.bill.body().execute(tx, &parties)?;
    tx.act_as(own.0, own.1)?;
    close(tx, case, record, ProposalStatus::Effective, operation.evidence, String::new())
}

impl Body for CloseProposal {
    /// The proposal and its deadline.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_reason(&self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let record = load(tx, self.proposal)?;
        let status = match record.proposer == tx.principal {
            true => ProposalStatus::Withdrawn,
            false => ProposalStatus::Declined,
        };
        if status == ProposalStatus::Declined {
            check_countersigner(tx, &record)?;
        }
        check_open(self.proposal, &record)?;
        close(tx, self.proposal, record, status, None, self.reason.clone())
    }
}

fn load(tx: &Tx, case: CaseNo) -> Result<ProposalRecord, Stop> {
    let record: Option<ProposalRecord> = tx.load(&key::proposal(case))?;
    Ok(record.ok_or(Rejection::UnknownCase { actual: case.0 })?)
}

fn check_countersigner(tx: &mut Tx, record: &ProposalRecord) -> Result<(), Stop> {
    if record.countersigner == tx.principal {
        return Ok(());
    }
    let expected = tx.organisation_record(record.countersigner)?.id.clone();
    Err(Rejection::NotCountersigner { expected, actual: tx.organisation.id.clone() }.into())
}

fn check_open(case: CaseNo, record: &ProposalRecord) -> Result<(), Rejection> {
    if record.status == ProposalStatus::Open {
        return Ok(());
    }
    Err(Rejection::ProposalClosed { proposal: case.0, actual: record.status.name() })
}

fn close(
    tx: &mut Tx,
    case: CaseNo,
    mut record: ProposalRecord,
    status: ProposalStatus,
    evidence: Option<Digest>,
    reason: String,
) -> Result<(), Stop> {
    record.status = status;
    let event = ProposalClosed { status, evidence, reason };
    tx.event(Subject::Case(case), &mut record.history, EventBody::ProposalClosed(event));
    tx.store(key::proposal(case), &record);
    tx.clear_deadline(record.lapses_at, &Due::ProposalLapse(ProposalLapse { proposal: case }))
}

/// The end of a proposal that nobody countersigned.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct ProposalLapse {
    /// The proposal.
    pub proposal: CaseNo,
}

impl ComesDue for ProposalLapse {
    fn come_due(&self, tx: &mut Tx) -> Result<(), Stop> {
        let record = load(tx, self.proposal)?;
        check_open(self.proposal, &record)?;
        close(tx, self.proposal, record, ProposalStatus::Lapsed, None, String::new())
    }
}

impl CountersignedBill {
    /// Codes that it names.
    pub fn codes_count(&self) -> usize {
        self.body().codes().len()
    }
}
