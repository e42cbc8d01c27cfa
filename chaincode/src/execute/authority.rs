//! Check 4: who signs, and may this key do that? By the records before the block, so that the answer does not depend on
//! the order within it.

use crate::governance::check_standing;
use crate::registry::{KeyRecord, NumberRecord, OrganisationRecord};
use crate::rejection::Rejection;
use crate::state::{Actor, BlockState, OrgNo, ViewError, key};
use crate::transaction::Transaction;
use bencao_crypto::PublicKey;
use bencao_genesis::{Height, OrgId};

/// The acting parties and the signer's public key, or the first complaint: principal, signer, key known, in force, purpose,
/// scope; the principal may act, then the signer.
pub(super) fn check(
    state: &BlockState,
    height: Height,
    body: &Transaction,
) -> Result<Result<(Actor, PublicKey), Rejection>, ViewError> {
    let principal = match member(state, &body.principal)? {
        Ok(number) => number,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let signer_id = body.mandate.as_ref().map_or(&body.principal, |m| &m.agent);
    let signer = match member(state, signer_id)? {
        Ok(number) => number,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let name = || hex::encode(body.key.0);
    let record: Option<KeyRecord> = state.load(&key::signing_key(&body.key))?;
    let Some(record) = record.filter(|r| r.organisation == signer) else {
        return Ok(Err(Rejection::UnknownKey { organisation: signer_id.clone(), actual: name() }));
    };
    if !record.is_valid_at(height) {
        return Ok(Err(Rejection::KeyNotValid { actual: name(), height: height.0 }));
    }
    let expected = body.operation.purpose();
    if record.purpose != expected {
        let (expected, actual) = (expected.name(), record.purpose.name());
        return Ok(Err(Rejection::KeyPurpose { expected, actual }));
    }
    if !record.covers(&body.operation) {
        return Ok(Err(Rejection::KeyScope { actual: name(), operation: body.operation.name() }));
    }
    for number in [principal, signer] {
        let organisation: OrganisationRecord = state.load(&key::organisation(number))?.ok_or(ViewError::Damaged)?;
        if let Err(rejection) = check_standing(&organisation, &body.operation) {
            return Ok(Err(rejection));
        }
        if principal == signer {
            break;
        }
    }
    let agent = body.mandate.is_some().then_some(signer);
    Ok(Ok((Actor { principal, agent, key: body.key }, record.public_key)))
}

fn member(state: &BlockState, id: &OrgId) -> Result<Result<OrgNo, Rejection>, ViewError> {
    let number: Option<NumberRecord> = state.load(&key::organisation_number(id))?;
    Ok(number.map(|n| OrgNo(n.number)).ok_or_else(|| Rejection::UnknownOrganisation { actual: id.clone() }))
}
