//! Bills that came in at this node: what is pending, and which transaction carried a document number last.
//!
//! The ledger knows applied bills by number for ever. A rejected one leaves its number free, so that "the newest rejected
//! bill under this number" is something that only the node that took it knows, for a while.

use crate::limits::BILLS_REMEMBERED_MAX;
use bencao_chaincode::transaction::DocumentNumber;
use bencao_chaincode::{Admitted, SignedTransaction, TransactionId};
use bencao_crypto::Digest;
use bencao_genesis::OrgId;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a bill says about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Facts {
    pub(crate) principal: OrgId,
    /// Who signed: the principal, or its agent.
    pub(crate) signer: OrgId,
    pub(crate) document_number: DocumentNumber,
    pub(crate) operation: &'static str,
    pub(crate) codes: Vec<String>,
}

impl Facts {
    /// Reads them off a canonical transaction.
    pub(crate) fn read(transaction: &[u8]) -> Option<(TransactionId, Facts)> {
        let (signed, body) = SignedTransaction::decode(transaction, transaction.len()).ok()?;
        let codes = body.operation.codes().iter().map(ToString::to_string).collect();
        let operation = body.operation.name();
        let signer = body.mandate.map_or_else(|| body.principal.clone(), |mandate| mandate.agent);
        let facts =
            Facts { principal: body.principal, signer, document_number: body.document_number, operation, codes };
        Some((signed.id(), facts))
    }
}

/// One bill as remembered: enough to answer "pending".
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pending {
    pub(crate) principal: OrgId,
    pub(crate) signer: OrgId,
    pub(crate) document_number: DocumentNumber,
    pub(crate) operation: &'static str,
    pub(crate) codes: usize,
}

impl Pending {
    /// What admission read.
    pub(crate) fn of(admitted: &Admitted) -> Pending {
        Pending {
            principal: admitted.principal.clone(),
            signer: admitted.signer.clone(),
            document_number: admitted.document_number.clone(),
            operation: admitted.operation,
            codes: admitted.codes,
        }
    }

    /// What a transaction in the ingress log says.
    pub(crate) fn recovered(facts: Facts) -> Pending {
        let codes = facts.codes.len();
        let Facts { principal, signer, document_number, operation, .. } = facts;
        Pending { principal, signer, document_number, operation, codes }
    }
}

/// First in, first out.
#[derive(Debug, Default)]
pub(crate) struct Bills(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    by_id: BTreeMap<TransactionId, Pending>,
    by_number: BTreeMap<(OrgId, DocumentNumber), TransactionId>,
    order: VecDeque<TransactionId>,
}

impl Bills {
    /// A bill was taken here.
    pub(crate) fn taken(&self, id: TransactionId, bill: Pending) {
        let mut all = self.all();
        all.by_number.insert((bill.principal.clone(), bill.document_number.clone()), id);
        if all.by_id.insert(id, bill).is_none() {
            all.order.push_back(id);
        }
        while all.order.len() > BILLS_REMEMBERED_MAX {
            let oldest = all.order.pop_front().expect("not empty");
            all.remove(oldest);
        }
    }

    /// These left the ingress log without being executed.
    pub(crate) fn expired(&self, ids: impl IntoIterator<Item = Digest>) {
        let mut all = self.all();
        for id in ids {
            all.remove(TransactionId(id));
        }
    }

    /// A bill taken here, pending or not.
    pub(crate) fn get(&self, id: &TransactionId) -> Option<Pending> {
        self.all().by_id.get(id).cloned()
    }

    /// The last bill taken here under this number.
    pub(crate) fn last(&self, principal: &OrgId, number: &DocumentNumber) -> Option<TransactionId> {
        self.all().by_number.get(&(principal.clone(), number.clone())).copied()
    }

    fn all(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    /// The place in `order` stays until it is the oldest: an id that comes again meanwhile leaves a little early.
    fn remove(&mut self, id: TransactionId) {
        let Some(bill) = self.by_id.remove(&id) else { return };
        let number = (bill.principal, bill.document_number);
        if self.by_number.get(&number) == Some(&id) {
            self.by_number.remove(&number);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn bill(number: u32) -> (TransactionId, Pending) {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&number.to_le_bytes());
        let principal = OrgId::parse("FOREIGN:DE:1").unwrap();
        let document_number = DocumentNumber(format!("N{}", number % 10));
        let signer = principal.clone();
        (TransactionId(Digest(id)), Pending { principal, signer, document_number, operation: "ship", codes: 1 })
    }

    #[test]
    fn the_last_bill_under_a_number_is_found_until_it_expires() {
        let bills = Bills::default();
        let (first, second) = (bill(1), bill(11));
        bills.taken(first.0, first.1.clone());
        bills.taken(second.0, second.1.clone());
        let last = |b: &Pending| bills.last(&b.principal, &b.document_number);
        assert_eq!(last(&first.1), Some(second.0));
        bills.expired([first.0.0]);
        assert_eq!((bills.get(&first.0), last(&first.1)), (None, Some(second.0)));
        bills.expired([second.0.0]);
        assert_eq!(last(&first.1), None);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let bills = Bills::default();
        for n in 0..=BILLS_REMEMBERED_MAX as u32 {
            let (id, bill) = bill(n);
            bills.taken(id, bill);
        }
        assert_eq!(bills.get(&bill(0).0), None);
        assert!(bills.get(&bill(1).0).is_some());
        assert_eq!(bills.all().by_id.len(), BILLS_REMEMBERED_MAX);
    }
}
