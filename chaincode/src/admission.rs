//! What can be said about a transaction without any state: the first rows of the order of checks.

use crate::limits::{BATCH_NUMBER_BYTES_MAX, TEXT_CHARS_MAX, VALID_UNTIL_AHEAD_MS_MAX, WRITES_MIN};
use crate::rejection::Rejection;
use crate::transaction::{DocumentNumber, SignedTransaction, TRANSACTION_VERSION, Transaction, TransactionId};
use bencao_crypto::{KeyId, Signature};
use bencao_genesis::{ChainId, Limits, OrgId, TimestampMs};

/// A transaction that passed the stateless checks. Its signature has not been verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// Name.
    pub id: TransactionId,
    /// On whose behalf.
    pub principal: OrgId,
    /// Who signs: the principal, or the agent of a mandate.
    pub signer: OrgId,
    /// Which key signs.
    pub key_id: KeyId,
    /// Document number of the principal.
    pub document_number: DocumentNumber,
    /// Last block time at which it may be executed.
    pub valid_until: TimestampMs,
    /// Most state writes it may make; what batches and blocks sum up.
    pub writes_max: u32,
    /// Number of codes named.
    pub codes: usize,
    /// Name of the operation.
    pub operation: &'static str,
    /// The message M to verify with SM2.
    pub message: Vec<u8>,
    /// The claimed signature.
    pub signature: Signature,
}

/// A transaction that no state could make acceptable, or not now.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", .0.name())]
pub struct AdmitError(pub Rejection);

/// Decodes and checks form, chain, sizes and time against this node's clock.
///
/// # Errors
/// [`AdmitError`] with a rule below 2000.
pub fn admit(bytes: &[u8], limits: &Limits, chain: ChainId, now: TimestampMs) -> Result<Admitted, AdmitError> {
    let (signed, body) = check_form(bytes, limits, chain).map_err(AdmitError)?;
    check_time(&body, now, VALID_UNTIL_AHEAD_MS_MAX).map_err(AdmitError)?;
    let id = signed.id();
    Ok(Admitted {
        id,
        signer: body.mandate.as_ref().map_or_else(|| body.principal.clone(), |m| m.agent.clone()),
        key_id: body.key,
        valid_until: body.valid_until,
        writes_max: body.writes_max,
        codes: body.operation.codes_count(),
        operation: body.operation.name(),
        principal: body.principal,
        document_number: body.document_number,
        message: id.sign_message(),
        signature: signed.signature,
    })
}

/// A check of the body alone.
type BodyCheck = fn(&Transaction, &Limits, ChainId) -> Result<(), Rejection>;

/// In this order; the first that fails decides.
const BODY_CHECKS: [BodyCheck; 6] =
    [check_version, check_chain, check_document_number, check_codes_count, check_fields, check_writes];

/// Size, canonical encoding, then [`BODY_CHECKS`].
pub(crate) fn check_form(
    bytes: &[u8],
    limits: &Limits,
    chain: ChainId,
) -> Result<(SignedTransaction, Transaction), Rejection> {
    let limit = limits.transaction_bytes_max as usize;
    if bytes.len() > limit {
        return Err(Rejection::TransactionTooLarge { expected: limit as u64, actual: bytes.len() as u64 });
    }
    let (signed, body) = SignedTransaction::decode(bytes, limit).map_err(|_| Rejection::Malformed {})?;
    BODY_CHECKS.iter().try_for_each(|check| check(&body, limits, chain))?;
    Ok((signed, body))
}

/// Valid-until against a time: not past, not too far ahead.
pub(crate) fn check_time(body: &Transaction, now: TimestampMs, ahead_ms: u64) -> Result<(), Rejection> {
    let latest = now.plus_ms(ahead_ms);
    if body.valid_until < now {
        return Err(Rejection::TransactionExpired { expected: body.valid_until, actual: now });
    }
    if body.valid_until > latest {
        return Err(Rejection::ValidUntilTooFar { expected: latest, actual: body.valid_until });
    }
    Ok(())
}

fn check_version(body: &Transaction, _: &Limits, _: ChainId) -> Result<(), Rejection> {
    if body.version != TRANSACTION_VERSION {
        return Err(Rejection::UnsupportedVersion { expected: TRANSACTION_VERSION, actual: body.version });
    }
    Ok(())
}

fn check_chain(body: &Transaction, _: &Limits, chain: ChainId) -> Result<(), Rejection> {
    if body.chain != chain {
        return Err(Rejection::WrongChain { expected: chain.0, actual: body.chain.0 });
    }
    Ok(())
}

fn check_document_number(body: &Transaction, _: &Limits, _: ChainId) -> Result<(), Rejection> {
    let mandate = body.mandate.iter().map(|m| &m.number);
    let named = body.operation.body().documents_named();
    if std::iter::once(&body.document_number).chain(mandate).chain(named).all(DocumentNumber::is_well_formed) {
        return Ok(());
    }
    Err(Rejection::FieldForm { field: "document_no", expected: "1-64 characters without spaces or controls" })
}

fn check_codes_count(body: &Transaction, limits: &Limits, _: ChainId) -> Result<(), Rejection> {
    let actual = body.operation.codes_count();
    if actual > limits.codes_per_bill_max as usize {
        return Err(Rejection::TooManyCodes { expected: u64::from(limits.codes_per_bill_max), actual: actual as u64 });
    }
    if actual == 0 && body.operation.names_codes() {
        return Err(Rejection::NoCodes {});
    }
    Ok(())
}

fn check_fields(body: &Transaction, _: &Limits, _: ChainId) -> Result<(), Rejection> {
    body.operation.body().check_form()?;
    crate::personal::check(&body.operation)?;
    crate::personal::check_document_number(&body.document_number.0)
}

/// 产品批号
pub(crate) fn check_batch_no(text: &str) -> Result<(), Rejection> {
    if (1..=BATCH_NUMBER_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Rejection::FieldForm { field: "batch_no", expected: "1-30 printable ASCII characters" })
}

/// A text field that may be empty: bounded, without control characters of ASCII.
pub(crate) fn check_text(field: &'static str, text: &str) -> Result<(), Rejection> {
    let short = text.chars().take(TEXT_CHARS_MAX.saturating_add(1)).count() <= TEXT_CHARS_MAX;
    if short && !text.bytes().any(|b| b.is_ascii_control()) {
        return Ok(());
    }
    Err(Rejection::FieldForm { field, expected: "at most 128 characters without controls" })
}

/// What is declared bounds the work of a block: a bill of many codes looks each of them up, whatever becomes of it (D6).
fn check_writes(body: &Transaction, limits: &Limits, _: ChainId) -> Result<(), Rejection> {
    let codes = u32::try_from(body.operation.codes_count()).unwrap_or(u32::MAX);
    let minimum = codes.min(Transaction::writes_for(&body.operation)).max(WRITES_MIN);
    if (minimum..=limits.writes_per_transaction_max).contains(&body.writes_max) {
        return Ok(());
    }
    Err(Rejection::WritesDeclared { minimum, expected: limits.writes_per_transaction_max, actual: body.writes_max })
}
