//! How the consortium governs itself: proposals, validators, parameters, keys (docs/contract.md §3).

use super::app::App;
use super::body::{Parameters, PathText};
use super::error::{ApiError, ErrorObject, Fault};
use super::reading::ReadError;
use super::registry::{RecordObject, ask, number_of, organisation_of};
use super::wait::shorten;
use crate::limits::MOTIONS_PER_ANSWER;
use axum::Json;
use axum::extract::State;
use bencao_chaincode::query::{self, MotionView, ParametersView, ValidatorsView};
use bencao_chaincode::{BlockContext, governance};
use bencao_genesis::{ChainId, Height, TimestampMs};
use bencao_ledger::state::HeightRecord;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Which part of the list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProposalsQuery {
    /// Number of the last proposal of the answer before; from the newest on if absent.
    pub(crate) before: Option<u32>,
}

/// Proposals, the newest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProposalsObject {
    /// Height of this answer.
    height: u64,
    /// At most 50, without events.
    #[schema(value_type = Vec<Object>)]
    proposals: Vec<MotionView>,
}

/// One proposal.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProposalObject {
    /// Height of this answer; `height` is that of the proposal.
    answer_height: u64,
    /// Block time of that height.
    block_time: String,
    /// Content, votes, outcome, events.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    proposal: MotionView,
}

/// Validators and other nodes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ValidatorsObject {
    /// Height of this answer.
    height: u64,
    /// Those that count at the next height, or later.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    validators: ValidatorsView,
}

/// Voters and parameters.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ParametersObject {
    /// Height of this answer.
    height: u64,
    /// Those that count at the next height, or later.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    parameters: ParametersView,
}

/// Proposals of governance, the newest first.
#[utoipa::path(
    get, path = "/v1/governance/proposals", tag = "governance",
    params(ProposalsQuery),
    responses((status = 200, description = "proposals with their votes", body = ProposalsObject))
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Parameters(query): Parameters<ProposalsQuery>,
) -> Result<Json<ProposalsObject>, ApiError> {
    app.read(move |app| {
        let view = app.state.view();
        let proposals = query::motions(&view, query.before, MOTIONS_PER_ANSWER).map_err(ReadError::from)?;
        Ok(ProposalsObject { height: view.record().height.0, proposals })
    })
    .await
    .map(Json)
}

/// One proposal, with who has voted how, who has not, and whether it could be executed now.
#[utoipa::path(
    get, path = "/v1/governance/proposals/{id}", tag = "governance",
    params(("id" = String, Path, description = "number of the proposal")),
    responses(
        (status = 200, description = "the proposal", body = ProposalObject),
        (status = 404, description = "no such proposal", body = ErrorObject),
    )
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    PathText(id): PathText<String>,
) -> Result<Json<ProposalObject>, ApiError> {
    let digits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    let number: Option<u32> = digits.then(|| id.parse().ok()).flatten();
    let number = number.ok_or_else(|| ApiError::bad_request("id", "a number").actual(shorten(&id)))?;
    app.read(move |app| {
        let view = app.state.view();
        let record = *view.record();
        let context = next_block(&view, app.facts.chain, &record).map_err(ReadError::from)?;
        let found = query::motion(&view, &view, &context, number).map_err(ReadError::from)?;
        let proposal = found.ok_or_else(|| ApiError::new(Fault::UnknownRecord).actual(number.to_string()))?;
        Ok(ProposalObject { answer_height: record.height.0, block_time: record.time.to_string(), proposal })
    })
    .await
    .map(Json)
}

/// What a block that comes next would be executed under.
fn next_block(
    view: &dyn bencao_chaincode::StateView,
    chain: ChainId,
    tip: &HeightRecord,
) -> Result<BlockContext, query::QueryError> {
    let height = tip.height.next();
    let membership = governance::membership(view)?;
    let settings = membership.settings_at(height)?;
    let (rule_version, limits, params) = (settings.rule_version, settings.limits.clone(), settings.params.clone());
    Ok(BlockContext { chain, height, time: TimestampMs(tip.time.0 + 1), rule_version, limits, params })
}

/// Validators and other nodes that count at the next height or later.
#[utoipa::path(
    get, path = "/v1/validators", tag = "governance",
    responses((status = 200, description = "validators with keys and powers, other nodes", body = ValidatorsObject))
)]
pub(crate) async fn validators(State(app): State<Arc<App>>) -> Result<Json<ValidatorsObject>, ApiError> {
    app.read(|app| {
        let view = app.state.view();
        let height: Height = view.record().height;
        let validators = query::validators(&view, height).map_err(ReadError::from)?;
        Ok(ValidatorsObject { height: height.0, validators })
    })
    .await
    .map(Json)
}

/// Who votes in governance, and the chain's parameters in force and to come.
#[utoipa::path(
    get, path = "/v1/governance/parameters", tag = "governance",
    responses((status = 200, description = "voters, parameters, approvals by kind", body = ParametersObject))
)]
pub(crate) async fn parameters(State(app): State<Arc<App>>) -> Result<Json<ParametersObject>, ApiError> {
    app.read(|app| {
        let view = app.state.view();
        let height: Height = view.record().height;
        let parameters = query::parameters(&view, height).map_err(ReadError::from)?;
        Ok(ParametersObject { height: height.0, parameters })
    })
    .await
    .map(Json)
}

/// The keys of an organisation: purpose, scope, heights.
#[utoipa::path(
    get, path = "/v1/organisations/{id}/keys", tag = "governance",
    params(("id" = String, Path, description = "统一社会信用代码, FOREIGN:… or PERSON:…")),
    responses(
        (status = 200, description = "its keys", body = RecordObject),
        (status = 404, description = "not on record", body = ErrorObject),
    )
)]
pub(crate) async fn keys(
    State(app): State<Arc<App>>,
    PathText(id): PathText<String>,
) -> Result<Json<RecordObject>, ApiError> {
    let organisation = organisation_of(&id)?;
    let height = app.progress().executed;
    ask(&app, id, move |view, _| query::keys(view, &organisation, height)).await
}

/// A change of keys that waits, or waited, for other administrators.
#[utoipa::path(
    get, path = "/v1/organisations/{id}/key-orders/{no}", tag = "governance",
    params(("id" = String, Path, description = "whose keys"), ("no" = String, Path, description = "document that asked for it")),
    responses(
        (status = 200, description = "the change and who approved it", body = RecordObject),
        (status = 404, description = "not on record", body = ErrorObject),
    )
)]
pub(crate) async fn key_order(
    State(app): State<Arc<App>>,
    PathText((id, no)): PathText<(String, String)>,
) -> Result<Json<RecordObject>, ApiError> {
    let (organisation, number) = (organisation_of(&id)?, number_of(no.clone())?);
    ask(&app, no, move |view, _| query::key_order(view, &organisation, &number)).await
}
