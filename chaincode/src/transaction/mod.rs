//! What members sign (D5): body, wire form, id and signed message.

mod operation;
mod sealed;

pub use operation::*;
pub(crate) use operation::{Body, Countersigned, count_writes};
pub use sealed::{Sealed, SealedError};

use crate::limits::{DOCUMENT_NUMBER_CHARS_MAX, WRITES_MIN};
use bencao_crypto::{CodecError, Digest, KeyId, Signature, SigningKey, decode, encode, tagged};
use bencao_genesis::{ChainId, OrgId, TimestampMs};
use bincode::{Decode, Encode};
use std::fmt;

/// The only version of [`Transaction`].
pub const TRANSACTION_VERSION: u8 = 1;

/// `SM3("bencao/tx/1" ‖ 0x00 ‖ body bytes)`. The signature is no part of it: whoever re-signs the same body has the same
/// transaction.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct TransactionId(pub Digest);

impl TransactionId {
    /// The id of these body bytes.
    pub fn of_body(body: &[u8]) -> TransactionId {
        TransactionId(tagged("bencao/tx/1", &[body]))
    }

    /// The message M that the signer signs with SM2 and the default ID: `"bencao/tx-sign/1" ‖ 0x00 ‖ id`, 49 bytes.
    pub fn sign_message(&self) -> Vec<u8> {
        let mut message = b"bencao/tx-sign/1\0".to_vec();
        message.extend_from_slice(&self.0.0);
        message
    }
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number an organisation gives one of its documents (单据编号): 1 to 64 characters, no ASCII space or control.
/// Compared byte by byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct DocumentNumber(pub String);

impl DocumentNumber {
    /// Whether the text has the allowed form.
    pub fn is_well_formed(&self) -> bool {
        let characters = self.0.chars().take(DOCUMENT_NUMBER_CHARS_MAX.saturating_add(1)).count();
        (1..=DOCUMENT_NUMBER_CHARS_MAX).contains(&characters) && self.0.bytes().all(|b| b > b' ' && b != 0x7f)
    }
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who acts for the principal, and under which mandate. The key is then the agent's.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mandate {
    /// The organisation whose key signs.
    pub agent: OrgId,
    /// Number of the mandate given by the principal.
    pub number: DocumentNumber,
}

/// The signed part, in wire order. Canonical bytes: `docs/wire-format.md`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Transaction {
    /// [`TRANSACTION_VERSION`].
    pub version: u8,
    /// Which chain.
    pub chain: ChainId,
    /// On whose behalf: the custodian, holder or seller.
    pub principal: OrgId,
    /// Which key signs.
    pub key: KeyId,
    /// Present when an agent signs for the principal.
    pub mandate: Option<Mandate>,
    /// Last block time at which it may be executed.
    pub valid_until: TimestampMs,
    /// Number of the document, unique for the principal.
    pub document_number: DocumentNumber,
    /// Most state writes it may make (D6); at least [`WRITES_MIN`].
    pub writes_max: u32,
    /// What is to happen.
    pub operation: Operation,
}

impl Transaction {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Name of the transaction.
    pub fn id(&self) -> TransactionId {
        TransactionId::of_body(&self.to_bytes())
    }

    /// A number of writes that always suffices for `operation`.
    pub fn writes_for(operation: &Operation) -> u32 {
        operation.writes_bound().saturating_add(WRITES_MIN)
    }

    /// Signs with `key`, whose id must be the body's.
    pub fn sign(&self, key: &SigningKey) -> SignedTransaction {
        self.sign_with(|message| key.sign(message))
    }

    /// Signs by way of `sign`, which signs a message with the key of the body's key id.
    pub fn sign_with(&self, sign: impl FnOnce(&[u8]) -> Signature) -> SignedTransaction {
        let body = self.to_bytes();
        let signature = sign(&TransactionId::of_body(&body).sign_message());
        SignedTransaction { body, signature }
    }
}

/// The wire form: u64 length ‖ body bytes ‖ 64 bytes `r ‖ s`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SignedTransaction {
    /// Canonical bytes of a [`Transaction`]; hashed as received.
    pub body: Vec<u8>,
    /// Over [`TransactionId::sign_message`].
    pub signature: Signature,
}

impl SignedTransaction {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads both layers.
    ///
    /// # Errors
    /// [`CodecError`] if `bytes` is longer than `limit` or either layer is not canonical.
    pub fn decode(bytes: &[u8], limit: usize) -> Result<(SignedTransaction, Transaction), CodecError> {
        let signed: SignedTransaction = decode(bytes, limit)?;
        let body = decode(&signed.body, limit)?;
        Ok((signed, body))
    }

    /// Name of the transaction.
    pub fn id(&self) -> TransactionId {
        TransactionId::of_body(&self.body)
    }
}
