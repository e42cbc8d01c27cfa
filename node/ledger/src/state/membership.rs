//! What the records of the chain say about who takes part.

use super::{StateError, StateStore};
use crate::error::{Damage, StoreError};
use crate::kv::{Kv, Space};
use crate::record::number_key;
use bencao_chaincode::governance::{Membership, membership, revision};
use bencao_chaincode::limits::RECORD_BYTES_MAX;
use bencao_chaincode::registry::KeyRecord;
use bencao_chaincode::state::key;
use bencao_chaincode::{ExecutionError, StateView, ViewError};
use bencao_consensus::{Seat, Terms};
use bencao_crypto::{KeyId, codec};
use bencao_genesis::Height;
use std::sync::{Arc, Mutex, PoisonError};

/// The newest membership that was read.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Option<Arc<Membership>>>);

impl Known {
    /// Reads it, or gives what was read before if nothing has changed since.
    fn of(&self, view: &dyn StateView) -> Result<Arc<Membership>, ViewError> {
        let now = revision(view)?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|known| known.revision == now) {
            return Ok(Arc::clone(known));
        }
        let fresh = Arc::new(membership(view)?);
        *known = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    /// Blocks were taken back: the same number may come to mean something else.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn view_failed(error: ViewError) -> StateError {
    StateError::Execution(ExecutionError::View(error))
}

/// Terms of `start` by the state after the block of `height`, if that block has changed them.
pub(super) fn changed_terms(view: &dyn StateView, height: Height, start: Height) -> Result<Option<Terms>, StateError> {
    if revision(view).map_err(view_failed)?.changed_at != height {
        return Ok(None);
    }
    let membership = membership(view).map_err(view_failed)?;
    terms_of(&membership, start).map(Some)
}

fn terms_of(membership: &Membership, height: Height) -> Result<Terms, StateError> {
    let seats = membership.validators_at(height).map(|v| Seat {
        name: v.name.clone(),
        organisation: v.organisation.clone(),
        validator_key: v.validator_key,
        node_key: v.node_key,
        power: v.power,
    });
    let settings = membership.settings_at(height).map_err(view_failed)?;
    let terms = Terms::new(seats.collect(), settings.rule_version, settings.params.clone(), settings.limits.clone());
    // The rules vouch for the seats that they let come about.
    Ok(terms.map_err(|_| StoreError::damaged(Space::Terms, &number_key(height.0), Damage::Form))?)
}

impl<K: Kv> StateStore<K> {
    /// Validators, nodes and parameters by height, as of the last executed block. The same as long as nothing changes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn membership(&self) -> Result<Arc<Membership>, StoreError> {
        self.known.of(&self.view()).map_err(store_error)
    }

    /// A key that was ever registered, in force or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn key(&self, id: &KeyId) -> Result<Option<KeyRecord>, StoreError> {
        let key = key::signing_key(id);
        let Some(bytes) = self.view().get(&key).map_err(store_error)? else { return Ok(None) };
        let record = codec::decode(&bytes, RECORD_BYTES_MAX);
        record.map(Some).map_err(|_| StoreError::damaged(Space::Records, &key.to_bytes(), Damage::Form))
    }
}

fn store_error(error: ViewError) -> StoreError {
    match error {
        ViewError::Damaged | ViewError::NotProven => StoreError::damaged(Space::Records, &[], Damage::Form),
        ViewError::Unavailable(why) => StoreError::Failed { operation: crate::Operation::Read, source: why.into() },
    }
}
