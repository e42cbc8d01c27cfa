//! Building and signing transactions.

use bencao_chaincode::transaction::{DocumentNumber, Mandate, TRANSACTION_VERSION};
use bencao_chaincode::{Operation, Transaction, TransactionId};
use bencao_crypto::hmac::hmac_sm3;
use bencao_crypto::{Digest, Signature, SigningKey, TableSigner, tagged};
use bencao_genesis::{ChainId, OrgId, TimestampMs};
use zeroize::Zeroizing;

/// Who signs, for which chain.
pub struct Signer {
    /// Which chain.
    pub chain: ChainId,
    /// In whose name.
    pub principal: OrgId,
    /// With which key.
    pub key: SigningKey,
    /// Who signs for the principal under which mandate; the principal itself without it.
    pub mandate: Option<Mandate>,
}

/// A signed transaction, ready to send.
#[derive(Debug, Clone)]
pub struct SignedBill {
    /// Name.
    pub id: TransactionId,
    /// Document number.
    pub document_no: String,
    /// Codes named.
    pub codes: usize,
    /// Wire form.
    pub bytes: Vec<u8>,
}

/// An operation under its document number, not yet signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Document number.
    pub document_no: String,
    /// What is to happen.
    pub operation: Operation,
}

impl Signer {
    /// Signs `planned`, which may be executed until `valid_until`.
    pub fn sign(&self, planned: &Planned, valid_until: TimestampMs) -> SignedBill {
        self.sign_with(planned, valid_until, |message| self.key.sign(message))
    }

    fn sign_with(
        &self,
        planned: &Planned,
        valid_until: TimestampMs,
        sign: impl FnOnce(&[u8]) -> Signature,
    ) -> SignedBill {
        let body = Transaction {
            version: TRANSACTION_VERSION,
            chain: self.chain,
            principal: self.principal.clone(),
            key: self.key.public().id(),
            mandate: self.mandate.clone(),
            valid_until,
            document_number: DocumentNumber(planned.document_no.clone()),
            writes_max: Transaction::writes_for(&planned.operation),
            operation: planned.operation.clone(),
        };
        let signed = body.sign_with(sign);
        SignedBill {
            id: signed.id(),
            document_no: planned.document_no.clone(),
            codes: planned.operation.codes_count(),
            bytes: signed.to_bytes(),
        }
    }

    /// The key of this organisation's commitments.
    pub fn commitment_key(&self) -> CommitmentKey {
        CommitmentKey::of(&self.key)
    }
}

/// A [`Signer`] that signs all day, with its key prepared: the same bills in a fraction of the time.
pub struct BusySigner {
    signer: Signer,
    prepared: TableSigner,
}

impl BusySigner {
    /// Prepares the key.
    pub fn new(signer: Signer) -> BusySigner {
        BusySigner { prepared: TableSigner::new(signer.key.clone()), signer }
    }

    /// Signs `planned`, which may be executed until `valid_until`.
    pub fn sign(&self, planned: &Planned, valid_until: TimestampMs) -> SignedBill {
        self.signer.sign_with(planned, valid_until, |message| self.prepared.sign(message))
    }
}

/// A secret that salts commitments to persons, addresses and prescriptions (D20).
pub struct CommitmentKey(Zeroizing<[u8; 32]>);

impl CommitmentKey {
    /// Of who signs with `key`: what stays off the ledger can be shown to somebody later, and guessed by nobody who lacks
    /// the key. It follows from the signing key, so that sending a file again gives the same bill.
    pub fn of(key: &SigningKey) -> CommitmentKey {
        let scalar = key.to_bytes();
        CommitmentKey(Zeroizing::new(tagged("bencao/commitment-key/1", &[scalar.as_slice()]).0))
    }

    /// HMAC-SM3 over `kind`, a zero byte and the parts, each after its length (u64, little endian).
    pub fn commit(&self, kind: &str, parts: &[&str]) -> Digest {
        let lengths: Vec<[u8; 8]> = parts.iter().map(|p| (p.len() as u64).to_le_bytes()).collect();
        let mut message: Vec<&[u8]> = vec![kind.as_bytes(), &[0]];
        for (part, length) in parts.iter().zip(&lengths) {
            message.push(length);
            message.push(part.as_bytes());
        }
        hmac_sm3(self.0.as_slice(), &message)
    }
}
