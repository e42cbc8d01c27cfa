//! What became of a bill: by transaction, or by document number (docs/contract.md §2).

use super::app::App;
use super::body::{Parameters, PathText};
use super::error::{ApiError, ErrorObject, Fault};
use super::events;
use super::reading::{self, ReadError};
use super::rejection;
use super::wait::{Finality, WaitQuery, shorten, watch};
use crate::access::asker::{Asker, Concern};
use axum::Json;
use axum::extract::State;
use bencao_access::policy::Right;
use bencao_chaincode::query::{ShipmentView, bill};
use bencao_chaincode::receipt::Position;
use bencao_chaincode::transaction::DocumentNumber;
use bencao_chaincode::{Outcome, TransactionId};
use bencao_crypto::Digest;
use bencao_genesis::OrgId;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// How far a transaction came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TransactionStatus {
    /// Accepted here, not executed.
    Pending,
    /// Executed, all of it done.
    Applied,
    /// Executed and refused by a rule: nothing of it done.
    Rejected,
}

/// A transaction and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TransactionObject {
    pub(crate) transaction_id: String,
    pub(crate) status: TransactionStatus,
    /// `null` while it is pending.
    pub(crate) finality: Option<Finality>,
    pub(crate) principal: String,
    pub(crate) document_no: String,
    pub(crate) operation: String,
    /// Number of codes named.
    pub(crate) codes: u64,
    pub(crate) height: Option<u64>,
    /// Place in the block, from 0.
    pub(crate) index: Option<u32>,
    pub(crate) block_time: Option<String>,
    /// Number of the hold, recall or proposal that an applied one opened or is about.
    pub(crate) case: Option<u32>,
    /// Why it was rejected.
    pub(crate) error: Option<ErrorObject>,
    /// What has become of the goods, if it shipped any; under a document number only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) shipment: Option<ShipmentView>,
    /// Whom it concerns.
    #[serde(skip)]
    pub(crate) parties: Parties,
}

/// Who may see a bill: on whose behalf it is, and who signed it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Parties {
    principal: Option<OrgId>,
    signer: Option<OrgId>,
}

/// What became of a transaction.
#[utoipa::path(
    get, path = "/v1/transactions/{id}", tag = "bills",
    params(("id" = String, Path, description = "transaction id, 64 hexadecimal digits"), WaitQuery),
    responses(
        (status = 200, description = "the transaction", body = TransactionObject),
        (status = 403, description = "it concerns others", body = ErrorObject),
        (status = 404, description = "unknown here", body = ErrorObject),
    )
)]
pub(crate) async fn by_id(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(id): PathText<String>,
    Parameters(query): Parameters<WaitQuery>,
) -> Result<Json<TransactionObject>, ApiError> {
    let id = Digest::from_hex(&id)
        .map(TransactionId)
        .ok_or_else(|| ApiError::bad_request("id", "64 hexadecimal digits").actual(shorten(&id)))?;
    let found = waited(&app, &query, move |app| object(app, &id)).await?;
    let found = found.ok_or_else(|| ApiError::new(Fault::UnknownTransaction).transaction(id))?;
    shown(&app, asker, found).await
}

/// The bill under a document number: the applied one; else one that is pending here; else the newest rejected one.
#[utoipa::path(
    get, path = "/v1/organisations/{id}/bills/{no}", tag = "bills",
    params(
        ("id" = String, Path, description = "统一社会信用代码 of the principal"),
        ("no" = String, Path, description = "document number"),
        WaitQuery,
    ),
    responses(
        (status = 200, description = "the transaction", body = TransactionObject),
        (status = 403, description = "it concerns others", body = ErrorObject),
        (status = 404, description = "unknown here", body = ErrorObject),
    )
)]
pub(crate) async fn by_number(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText((id, no)): PathText<(String, String)>,
    Parameters(query): Parameters<WaitQuery>,
) -> Result<Json<TransactionObject>, ApiError> {
    let principal = OrgId::parse(&id).map_err(|e| ApiError::bad_request("id", e.to_string()).actual(shorten(&id)))?;
    let number = DocumentNumber(no);
    if !number.is_well_formed() {
        return Err(ApiError::bad_request("no", "1 to 64 characters without spaces").actual(shorten(&number.0)));
    }
    let unknown = ApiError::new(Fault::UnknownBill).expected(principal.to_string()).actual(number.0.clone());
    let of = principal.clone();
    let found = waited(&app, &query, move |app| object_by_number(app, &principal, &number)).await?;
    match found {
        Some(found) => shown(&app, asker, found).await,
        // Whether a stranger has used a number is the stranger's affair.
        None => app.read(move |app| may_see(app, &asker, &of, None, &[]).and(Err(unknown))).await,
    }
}

/// A bill, for whom it concerns: its principal, who signed it, and to whom it shipped.
async fn shown(app: &Arc<App>, asker: Asker, found: TransactionObject) -> Result<Json<TransactionObject>, ApiError> {
    let look = move |app: &App| {
        let Parties { principal, signer } = &found.parties;
        // Bytes that hold no transaction are nobody's.
        let Some(principal) = principal else { return asker.may(Right::Bills).map(|()| found) };
        let number = DocumentNumber(found.document_no.clone());
        let shipment = bill(&app.state.view(), principal, &number).map_err(ReadError::from)?;
        let shipment = shipment.filter(|b| b.transaction_id.to_string() == found.transaction_id);
        let receiver = shipment.and_then(|b| b.shipment).map(|s| s.receiver.id);
        let receivers: Vec<&OrgId> = receiver.iter().collect();
        may_see(app, &asker, principal, signer.as_ref(), &receivers)?;
        Ok(found)
    };
    app.read(look).await.map(Json)
}

fn may_see(
    app: &App,
    asker: &Asker,
    principal: &OrgId,
    signer: Option<&OrgId>,
    receivers: &[&OrgId],
) -> Result<(), ApiError> {
    let of = std::iter::once(principal).chain(signer).chain(receivers.iter().copied()).collect();
    asker.check(&app.state.view(), Right::Bills, &Concern { of, once: Vec::new(), owner: Some(principal) })
}

async fn waited(
    app: &Arc<App>,
    query: &WaitQuery,
    find: impl Fn(&App) -> Result<Option<TransactionObject>, ReadError> + Clone + Send + 'static,
) -> Result<Option<TransactionObject>, ApiError> {
    let wait = query.parse()?;
    let look = move |app: &App| {
        let found = find(app)?;
        let enough = found.as_ref().is_some_and(|o| o.finality.is_some_and(|f| f >= wait.until));
        Ok((found, enough))
    };
    watch(app, wait, look).await
}

fn object_by_number(
    app: &App,
    principal: &OrgId,
    number: &DocumentNumber,
) -> Result<Option<TransactionObject>, ReadError> {
    let placed = app.state.document(principal, number)?;
    if let Some(placed) = placed.filter(|p| p.applied) {
        let view = app.state.view();
        let shipment = bill(&view, principal, number)?.and_then(|bill| bill.shipment);
        return Ok(Some(TransactionObject { shipment, ..at(app, placed.position)? }));
    }
    let pending = app.bills.last(principal, number);
    if let Some(object) = pending.map(|id| object(app, &id)).transpose()?.flatten() {
        return Ok(Some(object));
    }
    placed.map(|p| at(app, p.position)).transpose()
}

/// The transaction if it is final: its receipt settles it.
pub(crate) fn settled(app: &App, id: &TransactionId) -> Result<Option<TransactionObject>, ReadError> {
    let placed = app.state.transaction(id)?.filter(|p| p.settled);
    placed.map(|p| at(app, p.position)).transpose()
}

fn object(app: &App, id: &TransactionId) -> Result<Option<TransactionObject>, ReadError> {
    if let Some(object) = settled(app, id)? {
        return Ok(Some(object));
    }
    if let Some(pending) = app.bills.get(id) {
        return Ok(Some(TransactionObject {
            transaction_id: id.to_string(),
            status: TransactionStatus::Pending,
            finality: None,
            principal: pending.principal.to_string(),
            document_no: pending.document_number.to_string(),
            operation: pending.operation.to_owned(),
            codes: pending.codes as u64,
            height: None,
            index: None,
            block_time: None,
            case: None,
            error: None,
            shipment: None,
            parties: Parties { principal: Some(pending.principal), signer: Some(pending.signer) },
        }));
    }
    // Refused in a way that does not settle its fate, and not pending here: that refusal is all there is to say.
    app.state.transaction(id)?.map(|p| at(app, p.position)).transpose()
}

/// The transaction at a place, with its receipt. One that was met again shows the receipt that counts.
fn at(app: &App, position: Position) -> Result<TransactionObject, ReadError> {
    let missing = |height| ReadError::Missing { what: "receipt", height };
    let receipt = app.state.receipt(position)?.ok_or(missing(position.height))?;
    let counting = match &receipt.outcome {
        Outcome::Repeated(earlier) => app.state.receipt(earlier.position)?.ok_or(missing(earlier.position.height))?,
        _ => receipt.clone(),
    };
    let facts = reading::facts_at(app, position)?.map(|(_, facts)| facts);
    let parties =
        facts.as_ref().map(|f| Parties { principal: Some(f.principal.clone()), signer: Some(f.signer.clone()) });
    let codes = facts.as_ref().map(|f| f.codes.as_slice()).unwrap_or_default();
    let place = counting.position;
    let (status, case, error) = match &counting.outcome {
        Outcome::Rejected(refusal) => {
            (TransactionStatus::Rejected, None, Some(rejection::object(refusal, &receipt.transaction, codes)))
        }
        Outcome::Applied(_) | Outcome::Repeated(_) => (TransactionStatus::Applied, events::case_at(app, place)?, None),
    };
    let time = reading::summary(app, place.height)?.block_time;
    let certified = place.height <= app.progress().certified;
    Ok(TransactionObject {
        transaction_id: receipt.transaction.to_string(),
        status,
        finality: Some(if certified { Finality::Certified } else { Finality::Final }),
        codes: codes.len() as u64,
        principal: facts.as_ref().map(|f| f.principal.to_string()).unwrap_or_default(),
        document_no: facts.as_ref().map(|f| f.document_number.to_string()).unwrap_or_default(),
        operation: facts.map(|f| f.operation.to_owned()).unwrap_or_default(),
        height: Some(place.height.0),
        index: Some(place.index),
        block_time: Some(time.to_string()),
        case,
        error,
        shipment: None,
        parties: parties.unwrap_or_default(),
    })
}
