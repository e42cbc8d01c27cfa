//! Giving and revoking mandates.

use super::events::{MandateGiven, MandateRevoked};
use super::{MandateRecord, is_grantable};
use crate::event::EventBody;
use crate::limits::MANDATE_NAMES_MAX;
use crate::registry::{OrganisationFile, OrganisationRecord, member};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{Body, DocumentNumber, GiveMandate, RevokeMandate};
use bencao_genesis::{OrgId, Role};

impl Body for GiveMandate {
    /// A mandate gives no mandates.
    fn delegable(&self) -> bool {
        false
    }

    /// The mandate, the file.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
        let names = self.operations.len() <= MANDATE_NAMES_MAX && self.operations.is_sorted_by(|a, b| a < b);
        if !names || !self.operations.iter().all(|name| is_grantable(name)) {
            return refuse("operations", "at most 32 names of operations or modules, ascending");
        }
        let products = self.products.len() <= MANDATE_NAMES_MAX && self.products.is_sorted_by(|a, b| a < b);
        if !products || !self.products.iter().all(bencao_genesis::ProductId::is_well_formed) {
            return refuse("products", "at most 32 product ids, ascending");
        }
        if !self.reads.is_sorted_by(|a, b| a < b) || (self.operations.is_empty() && self.reads.is_empty()) {
            return refuse("reads", "ascending; something to do or to read");
        }
        if self.valid_from > self.valid_to || self.uses_max == Some(0) {
            return refuse("valid_to", "valid_from ≤ valid_to, and at least one use");
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        give(tx, self)
    }
}

/// Executes the operation. Order of checks: participant is the principal's own, agent known and another, its role, the
/// period.
fn give(tx: &mut Tx, operation: &GiveMandate) -> Result<(), Stop> {
    let (principal, giver) = on_behalf(tx, operation.participant.as_ref())?;
    let (agent, agent_record) = member(tx, &operation.agent)?;
    if agent == principal {
        return Err(Rejection::ReceiverIsSender { actual: operation.agent.clone() }.into());
    }
    check_role(tx, operation, &giver, &agent_record)?;
    let days_max = tx.law(giver.jurisdiction).mandates.days_max;
    if operation.valid_to < tx.today() {
        return Err(Rejection::PastDated { expected: tx.today(), actual: operation.valid_to }.into());
    }
    let last = operation.valid_from.days().saturating_add(days_max);
    if operation.valid_to.days() > last {
        let expected = bencao_genesis::CalendarDate::from_days(last);
        return Err(Rejection::TooLong { expected, actual: operation.valid_to }.into());
    }
    let number = tx.document.clone();
    // Free: a document number is applied once, and a participant without a key has one host for ever.
    let record = MandateRecord {
        version: 1,
        agent,
        operations: operation.operations.clone(),
        products: operation.products.clone(),
        reads: operation.reads.clone(),
        valid_from: operation.valid_from,
        valid_to: operation.valid_to,
        uses_max: operation.uses_max,
        used: 0,
        revoked: false,
        document: operation.document,
    };
    tx.store(key::mandate(principal, &number), &record);
    let body = MandateGiven { agent, number, valid_to: operation.valid_to };
    OrganisationFile::load(tx, principal)?.close(tx, principal, EventBody::MandateGiven(body));
    Ok(())
}

/// Whose mandate: the principal's own, or that of a participant that it hosts and that has no key.
fn on_behalf(tx: &Tx, participant: Option<&OrgId>) -> Result<(OrgNo, OrganisationRecord), Stop> {
    let Some(id) = participant else { return Ok((tx.principal, tx.organisation.clone())) };
    let (number, record) = member(tx, id)?;
    if record.host == Some(tx.principal) {
        return Ok((number, record));
    }
    let (host, participant) = (tx.organisation.id.clone(), id.clone());
    Err(Rejection::NotHost { organisation: host, participant }.into())
}

/// An agent's role may act; a reader's may read.
fn check_role(
    tx: &Tx,
    operation: &GiveMandate,
    giver: &OrganisationRecord,
    agent: &OrganisationRecord,
) -> Result<(), Rejection> {
    let law = tx.law(giver.jurisdiction);
    let has = |roles: &[Role]| roles.iter().any(|r| agent.has_role(*r));
    let may_act = has(&law.mandates.agent_roles);
    let may = if operation.operations.is_empty() { may_act || has(&law.mandates.reader_roles) } else { may_act };
    if may {
        return Ok(());
    }
    let expected = "an agency, association, market operator or co-operative; for reading, also a financial institution";
    Err(Rejection::RoleNotAllowed { organisation: agent.id.clone(), expected, bill_type: 0 })
}

impl Body for RevokeMandate {
    fn delegable(&self) -> bool {
        false
    }

    fn documents_named(&self) -> Vec<&DocumentNumber> {
        vec![&self.number]
    }

    /// The mandate, the file.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        revoke(tx, self)
    }
}

/// Executes the operation. Order of checks: participant is the principal's own, mandate on record, not revoked.
fn revoke(tx: &mut Tx, operation: &RevokeMandate) -> Result<(), Stop> {
    let (principal, giver) = on_behalf(tx, operation.participant.as_ref())?;
    let place = key::mandate(principal, &operation.number);
    let mandate = operation.number.0.clone();
    let record: Option<MandateRecord> = tx.load(&place)?;
    let agent = giver.id.clone();
    let unknown = Rejection::UnknownMandate { organisation: giver.id, agent, mandate: mandate.clone() };
    let mut record = record.ok_or(unknown)?;
    if record.revoked {
        return Err(Rejection::MandateRevoked { mandate }.into());
    }
    record.revoked = true;
    tx.store(place, &record);
    let body = MandateRevoked { agent: record.agent, number: operation.number.clone(), used: record.used };
    OrganisationFile::load(tx, principal)?.close(tx, principal, EventBody::MandateRevoked(body));
    Ok(())
}
