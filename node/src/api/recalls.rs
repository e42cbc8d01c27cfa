//! Recalls: the list of them and one with its parties and events (docs/contract.md §3).

use super::app::App;
use super::body::{Parameters, PathText};
use super::error::{ApiError, ErrorObject, Fault};
use super::reading::ReadError;
use super::wait::shorten;
use crate::access::asker::Asker;
use crate::limits::RECALLS_PER_ANSWER;
use axum::Json;
use axum::extract::State;
use bencao_access::policy::Right;
use bencao_chaincode::query::{RecallView, recall, recalls};
use bencao_chaincode::state::CaseNo;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Which part of the list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecallsQuery {
    /// Number of the last recall of the answer before; from the newest on if absent.
    pub(crate) before: Option<u32>,
}

/// Recalls, the newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RecallsObject {
    /// Height of this answer.
    height: u64,
    /// At most 50, without parties and events.
    #[schema(value_type = Vec<Object>)]
    recalls: Vec<RecallView>,
}

/// One recall.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RecallObject {
    /// Height of this answer.
    height: u64,
    /// Block time of that height.
    block_time: String,
    /// Scope, duties, quantities, parties, events.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    recall: RecallView,
}

/// Recalls, the newest first.
#[utoipa::path(
    get, path = "/v1/recalls", tag = "quality",
    params(RecallsQuery),
    responses((status = 200, description = "recalls with their numbers", body = RecallsObject))
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Parameters(query): Parameters<RecallsQuery>,
) -> Result<Json<RecallsObject>, ApiError> {
    let before = query.before.map(CaseNo);
    app.read(move |app| {
        let view = app.state.view();
        let recalls = recalls(&view, before, RECALLS_PER_ANSWER).map_err(ReadError::from)?;
        Ok(RecallsObject { height: view.record().height.0, recalls })
    })
    .await
    .map(Json)
}

/// One recall.
#[utoipa::path(
    get, path = "/v1/recalls/{id}", tag = "quality",
    params(("id" = String, Path, description = "number of the recall")),
    responses(
        (status = 200, description = "the recall", body = RecallObject),
        (status = 404, description = "no such recall", body = ErrorObject),
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(id): PathText<String>,
) -> Result<Json<RecallObject>, ApiError> {
    let digits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| id.parse().ok()).flatten();
    let number = number.ok_or_else(|| ApiError::bad_request("id", "a number").actual(shorten(&id)))?;
    app.read(move |app| {
        let view = app.state.view();
        let record = *view.record();
        let found = recall(&view, &view, CaseNo(number)).map_err(ReadError::from)?;
        let mut recall = found.ok_or_else(|| ApiError::new(Fault::UnknownRecall).actual(number.to_string()))?;
        // Everybody learns of a recall; who else was notified is for who answers for it.
        if !asker.sees(&view, Right::Recalls, &[&recall.holder.id, &recall.started_by.id])? {
            let mut notices = recall.notices.take().unwrap_or_default();
            let own: Result<Vec<bool>, ReadError> =
                notices.iter().map(|n| asker.sees(&view, Right::Recalls, &[&n.party.id])).collect();
            let mut own = own?.into_iter();
            notices.retain(|_| own.next().unwrap_or(false));
            (recall.notices, recall.history) = (Some(notices), None);
        }
        Ok(RecallObject { height: record.height.0, block_time: record.time.to_string(), recall })
    })
    .await
    .map(Json)
}
