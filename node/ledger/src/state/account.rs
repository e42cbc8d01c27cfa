//! What one block did, as one node computed it. Two nodes whose roots differ compare their accounts to find the records
//! that differ (D18).

use super::undo::{Replaced, Undo, changes_of, load_undo};
use super::{StateError, StateStore};
use crate::error::{Damage, StoreError};
use crate::kv::{Kv, KvRead, Space};
use crate::record::{must, number_key};
use bencao_chaincode::Receipt;
use bencao_chaincode::receipt::receipts_root;
use bencao_consensus::Results;
use bencao_crypto::codec::{CodecError, WIRE_BYTES_MAX, decode};
use bencao_crypto::sparse::value_hash;
use bencao_crypto::{Digest, encode};
use bencao_genesis::Height;
use bincode::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// Format of [`Account`].
const VERSION: u8 = 1;

/// Receipts and written records of a block.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Account {
    /// Which block.
    pub height: Height,
    /// Roots after it.
    pub results: Results,
    /// One a transaction, in order.
    pub receipts: Vec<Receipt>,
    /// Every record that the block wrote, ascending by key: raw key ([`bencao_chaincode::StateKey::to_bytes`]) and digest of the
    /// new value, `None` if it was removed.
    pub writes: Vec<(Vec<u8>, Option<Digest>)>,
}

impl Account {
    /// Version byte and canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&(VERSION, self))
    }

    /// # Errors
    /// [`CodecError`] for anything but the canonical bytes of an account of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Account, CodecError> {
        let (version, account): (u8, Account) = decode(bytes, WIRE_BYTES_MAX)?;
        let ascending = account.writes.is_sorted_by(|a, b| a.0 < b.0);
        if version == VERSION && ascending { Ok(account) } else { Err(CodecError::Malformed) }
    }
}

/// A record before and after a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordChange {
    /// Raw key.
    pub key: Vec<u8>,
    /// Before the block.
    pub before: Option<Vec<u8>>,
    /// After it.
    pub after: Option<Vec<u8>>,
}

/// A record that two nodes hold differently after the same block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DifferingRecord {
    /// Raw key.
    pub key: Vec<u8>,
    /// Digest of this node's value, `None` if it has no such record.
    pub own: Option<Digest>,
    /// Digest of the other's value.
    pub theirs: Option<Digest>,
}

/// What comparing with another node's account gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comparison {
    /// The other's writes, applied to the state before the block, give the certified state root: what it says about records
    /// is what the validators certified, whoever it is.
    pub state_proven: bool,
    /// The other's receipts have the certified root.
    pub receipts_proven: bool,
    /// Records that differ, ascending by key.
    pub records: Vec<DifferingRecord>,
    /// Indexes of transactions whose receipts differ, or that only one of the two has.
    pub receipts: Vec<u32>,
}

impl<K: Kv> StateStore<K> {
    /// What a block did; `None` if the undo log does not hold it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn account(&self, height: Height) -> Result<Option<Account>, StoreError> {
        let Some(undo) = load_undo(&self.kv, height)? else { return Ok(None) };
        let record = must(self.height_record(height)?, Space::Heights, &number_key(height.0))?;
        let writes = undo.records.into_iter().map(|r| (r.key, r.after)).collect();
        Ok(Some(Account { height, results: record.results, receipts: self.receipts(height)?, writes }))
    }

    /// What the last executed block did to each record, ascending by key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn changes_of_tip(&self) -> Result<Vec<RecordChange>, StoreError> {
        let undo = load_undo(&self.kv, self.tip().height)?.unwrap_or_default();
        let change = |replaced: Replaced| {
            let after = self.kv.get(Space::Records, &replaced.key)?;
            Ok(RecordChange { key: replaced.key, before: replaced.before, after })
        };
        undo.records.into_iter().map(change).collect()
    }

    /// Compares this node's account of the last executed block with another's. Nothing of `theirs` is believed: the
    /// `certified` roots tell whether it is the truth.
    ///
    /// # Errors
    /// [`StateError::NotNext`] if the account is of another height than the last executed one, [`StateError::Store`].
    pub fn compare(&self, certified: &Results, theirs: &Account) -> Result<Comparison, StateError> {
        let tip = self.view();
        let height = tip.height();
        if theirs.height != height {
            return Err(StateError::NotNext { tip: height, actual: theirs.height });
        }
        let undo = must(load_undo(&self.kv, height)?, Space::Undo, &number_key(height.0))?;
        let before = height.previous().map(|h| self.view_at(h)).transpose()?.flatten();
        let before = must(before, Space::Undo, &number_key(height.0))?;
        let state_proven = match changes_of(height, theirs.writes.iter().map(|(key, value)| (key, *value))) {
            Ok(changes) => before.tree().update(&before, &changes)?.tree.root() == certified.state_root,
            // A key that is none: not the truth.
            Err(StoreError::Damaged { damage: Damage::Form, .. }) => false,
            Err(error) => return Err(error.into()),
        };
        Ok(Comparison {
            state_proven,
            receipts_proven: receipts_root(&theirs.receipts) == certified.receipts_root,
            records: self.differing(&undo, theirs)?,
            receipts: differing_receipts(&self.receipts(height)?, &theirs.receipts),
        })
    }

    /// Who did not write a record has it as it was before the block: the undo log knows, if this node wrote it, else the store.
    fn differing(&self, undo: &Undo, theirs: &Account) -> Result<Vec<DifferingRecord>, StoreError> {
        let ours: BTreeMap<&Vec<u8>, &Replaced> = undo.records.iter().map(|r| (&r.key, r)).collect();
        let others: BTreeMap<&Vec<u8>, Option<Digest>> =
            theirs.writes.iter().map(|(key, value)| (key, *value)).collect();
        let all: BTreeSet<&Vec<u8>> = ours.keys().chain(others.keys()).copied().collect();
        let mut differing = Vec::new();
        for key in all {
            let (before, own) = match ours.get(key) {
                Some(replaced) => (replaced.before.as_deref().map(value_hash), replaced.after),
                None => {
                    let value = self.kv.get(Space::Records, key)?.as_deref().map(value_hash);
                    (value, value)
                }
            };
            let theirs = others.get(key).copied().unwrap_or(before);
            if own != theirs {
                differing.push(DifferingRecord { key: key.clone(), own, theirs });
            }
        }
        Ok(differing)
    }
}

fn differing_receipts(own: &[Receipt], theirs: &[Receipt]) -> Vec<u32> {
    let count = u32::try_from(own.len().max(theirs.len())).unwrap_or(u32::MAX);
    (0..count).filter(|i| own.get(*i as usize) != theirs.get(*i as usize)).collect()
}
