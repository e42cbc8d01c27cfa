//! What is known of a code, and its proof (docs/contract.md §3).

use super::app::App;
use super::body::{Parameters, PathText};
use super::error::{ApiError, ErrorObject, Fault};
use super::reading::ReadError;
use super::wait::WaitQuery;
use super::{proof, rejection};
use crate::access::asker::{Asker, Concern};
use crate::limits::HISTORY_EVENTS_MAX;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use bencao_access::policy::Right;
use bencao_chaincode::query::{ConsumerView, HistoryEntry, UnitView, public, show_unit};
use bencao_chaincode::receipt::Position;
use bencao_chaincode::{UnitKey, codes};
use bencao_genesis::Height;
use serde::Serialize;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;
use utoipa::ToSchema;

/// The effective state of a code and its history, oldest first, at the last final height.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CodeObject {
    /// Height of this answer.
    height: u64,
    /// Block time of that height.
    block_time: String,
    /// State, product, batch, custodian, history.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    unit: UnitView,
}

/// What is known of a code.
#[utoipa::path(
    get, path = "/v1/codes/{code}", tag = "codes",
    params(("code" = String, Path, description = "as a scanner gives it, percent-encoded")),
    responses(
        (status = 200, description = "state and history", body = CodeObject),
        (status = 400, description = "not a trace code", body = ErrorObject),
        (status = 403, description = "it concerns others", body = ErrorObject),
        (status = 404, description = "never commissioned", body = ErrorObject),
    )
)]
pub(crate) async fn code(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(text): PathText<String>,
) -> Result<Json<CodeObject>, ApiError> {
    let key = parse(&text)?;
    app.read(move |app| describe(app, &asker, &key)).await.map(Json)
}

fn parse(text: &str) -> Result<UnitKey, ApiError> {
    match codes::parse(text) {
        Ok(parsed) => Ok(parsed.key),
        Err(error) => Err(rejection::bad_code(text, error).at("code")),
    }
}

/// Whom a code concerns.
fn concern(unit: &UnitView) -> Concern<'_> {
    let mut of = vec![&unit.holder.id, &unit.producer.id, &unit.custodian.id];
    of.extend(unit.in_transit.as_ref().map(|transit| &transit.receiver.id));
    let parties = unit.history.iter().flat_map(|e| std::iter::once(&e.by).chain(&e.to));
    let once = parties.chain(&unit.seller).map(|party| &party.id).collect();
    Concern { of, once, owner: Some(&unit.custodian.id) }
}

fn describe(app: &App, asker: &Asker, key: &UnitKey) -> Result<CodeObject, ApiError> {
    let view = app.state.view();
    let record = *view.record();
    let found = show_unit(&view, app, key, record.time).map_err(ReadError::from)?;
    let mut unit = found.ok_or_else(|| {
        ApiError::new(Fault::UnknownCode).at("code").expected(key.to_string()).actual(record.height.to_string())
    })?;
    asker.check(&view, Right::Trace, &concern(&unit))?;
    if unit.history.len() > HISTORY_EVENTS_MAX {
        unit.history.drain(..unit.history.len() - HISTORY_EVENTS_MAX);
        unit.truncated = true;
    }
    name_transactions(app, &mut unit.history)?;
    Ok(CodeObject { height: record.height.0, block_time: record.time.to_string(), unit })
}

/// Events know their place; here they learn the transaction's id.
fn name_transactions(app: &App, history: &mut [HistoryEntry]) -> Result<(), ReadError> {
    let mut known = BTreeMap::new();
    for entry in history.iter_mut().filter(|e| e.height > Height::GENESIS) {
        let position = Position { height: entry.height, index: entry.transaction };
        entry.transaction_id = match known.entry(position) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(place) => *place.insert(app.state.receipt(position)?.map(|r| r.transaction)),
        };
    }
    Ok(())
}

/// What everybody may know of a code.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ConsumerObject {
    /// Height of this answer.
    height: u64,
    /// Block time of that height.
    block_time: String,
    /// Status, product, batch and sale: no partners, no patients.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    consumer: ConsumerView,
}

/// What everybody may know of a code; one that was never commissioned is `not_found`.
#[utoipa::path(
    get, path = "/v1/codes/{code}/consumer", tag = "codes",
    params(("code" = String, Path, description = "as a scanner gives it, percent-encoded")),
    responses(
        (status = 200, description = "status, product, batch, sale, herbs", body = ConsumerObject),
        (status = 400, description = "not a trace code", body = ErrorObject),
        (status = 429, description = "too many requests", body = ErrorObject),
    )
)]
pub(crate) async fn consumer(
    State(app): State<Arc<App>>,
    PathText(text): PathText<String>,
) -> Result<Json<ConsumerObject>, ApiError> {
    let key = parse(&text)?;
    let look = move |app: &App| {
        let view = app.state.view();
        let record = *view.record();
        let consumer = public(&view, &key, record.time).map_err(ReadError::from)?;
        Ok(ConsumerObject { height: record.height.0, block_time: record.time.to_string(), consumer })
    };
    app.read(look).await.map(Json)
}

/// A file that proves what is known of a code, or that it was never commissioned, to whoever has the genesis.
#[utoipa::path(
    get, path = "/v1/codes/{code}/proof", tag = "codes",
    params(("code" = String, Path, description = "as a scanner gives it, percent-encoded"), WaitQuery),
    responses(
        (status = 200, description = "the proof file", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 400, description = "not a trace code", body = ErrorObject),
        (status = 403, description = "it concerns others", body = ErrorObject),
        (status = 503, description = "not certified yet", body = ErrorObject),
    )
)]
pub(crate) async fn proof(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(text): PathText<String>,
    Parameters(query): Parameters<WaitQuery>,
) -> Result<Response, ApiError> {
    let key = parse(&text)?;
    let wait = query.parse()?;
    proof::covering(&app, wait, "code", move |app| Ok(((&key).into(), last_event(app, &asker, &key)?))).await
}

/// Height of the last event in the code's history, for whom the code concerns; 0 if it has none.
fn last_event(app: &App, asker: &Asker, key: &UnitKey) -> Result<Height, ApiError> {
    let view = app.state.view();
    let found = show_unit(&view, app, key, view.record().time).map_err(ReadError::from)?;
    if let Some(unit) = &found {
        asker.check(&view, Right::Trace, &concern(unit))?;
    }
    let in_history = found.and_then(|u| u.history.last().map(|e| e.height));
    Ok(in_history.unwrap_or(Height::GENESIS))
}
