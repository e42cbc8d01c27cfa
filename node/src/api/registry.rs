//! The registers: organisations, law, standards, mandates, dossiers, alarms (docs/contract.md §3).

use super::app::App;
use super::body::{Parameters, PathText};
use super::error::{ApiError, ErrorObject, Fault};
use super::reading::ReadError;
use super::wait::shorten;
use crate::access::asker::{Asker, Concern};
use crate::stores::View;
use axum::Json;
use axum::extract::State;
use bencao_access::policy::{Reach, Right};
use bencao_chaincode::codes::HerbCode;
use bencao_chaincode::query::{self, QueryError};
use bencao_chaincode::receipt::Position;
use bencao_chaincode::transaction::DocumentNumber;
use bencao_genesis::{CalendarDate, Height, OrgId, RegionCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Rule sets of one answer.
const RULE_SETS_MAX: u32 = 50;

/// A record at the last final height.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RecordObject {
    /// Height of this answer.
    height: u64,
    /// Block time of that height; validity is judged by its date in UTC+8.
    block_time: String,
    /// Fields of the record.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    record: Value,
}

/// Answers a question about the state at the last final height, on its day.
pub(super) async fn ask<T: Serialize>(
    app: &Arc<App>,
    what: String,
    question: impl FnOnce(&View, CalendarDate) -> Result<Option<T>, QueryError> + Send + 'static,
) -> Result<Json<RecordObject>, ApiError> {
    ask_for(app, what, move |view, day| Ok(question(view, day).map_err(ReadError::from)?)).await
}

/// The same about what is not for everybody.
pub(super) async fn ask_for<T: Serialize>(
    app: &Arc<App>,
    what: String,
    question: impl FnOnce(&View, CalendarDate) -> Result<Option<T>, ApiError> + Send + 'static,
) -> Result<Json<RecordObject>, ApiError> {
    app.read(move |app| {
        let view = app.state.view();
        let record = *view.record();
        let found = question(&view, record.time.china_date())?;
        let found = found.ok_or_else(|| ApiError::new(Fault::UnknownRecord).actual(shorten(&what)))?;
        let value = serde_json::to_value(found).map_err(|e| ApiError::internal(&e))?;
        Ok(RecordObject { height: record.height.0, block_time: record.time.to_string(), record: value })
    })
    .await
    .map(Json)
}

pub(super) fn organisation_of(id: &str) -> Result<OrgId, ApiError> {
    OrgId::parse(id).map_err(|e| ApiError::bad_request("id", e.to_string()).actual(shorten(id)))
}

pub(super) fn number_of(no: String) -> Result<DocumentNumber, ApiError> {
    let number = DocumentNumber(no);
    if number.is_well_formed() {
        return Ok(number);
    }
    Err(ApiError::bad_request("no", "1 to 64 characters without spaces").actual(shorten(&number.0)))
}

/// An organisation with its licences, certificates and other filings, public lists, and sums of its file.
#[utoipa::path(
    get, path = "/v1/organisations/{id}", tag = "registry",
    params(("id" = String, Path, description = "统一社会信用代码, FOREIGN:… or PERSON:…")),
    responses(
        (status = 200, description = "the organisation", body = RecordObject),
        (status = 404, description = "not on record", body = ErrorObject),
    )
)]
pub(crate) async fn organisation(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(id): PathText<String>,
) -> Result<Json<RecordObject>, ApiError> {
    let organisation = organisation_of(&id)?;
    ask_for(&app, id, move |view, day| {
        let concern = Concern { of: vec![&organisation], once: Vec::new(), owner: Some(&organisation) };
        let whole = asker.check(view, Right::Registry, &concern);
        // What a member has to know of those that it trades with: that they may.
        let partly = asker.reach(Right::Registry) == Reach::Concerned;
        if !partly {
            whole.clone()?;
        }
        let found = query::organisation(view, &organisation, day).map_err(ReadError::from)?;
        found.map(|found| file(&found, whole.is_ok())).transpose()
    })
    .await
}

/// An organisation's file; without credit and counts for whom it does not concern.
fn file(found: &query::OrganisationView, whole: bool) -> Result<Value, ApiError> {
    let mut value = serde_json::to_value(found).map_err(|e| ApiError::internal(&e))?;
    if !whole && let Some(fields) = value.as_object_mut() {
        for name in ["credit_positive", "credit_negative", "inspections", "penalties", "events"] {
            fields.insert(name.to_owned(), Value::Null);
        }
    }
    Ok(value)
}

/// A mandate or consent by principal and number.
#[utoipa::path(
    get, path = "/v1/organisations/{id}/mandates/{no}", tag = "registry",
    params(("id" = String, Path, description = "who gave it"), ("no" = String, Path, description = "its number")),
    responses(
        (status = 200, description = "the mandate", body = RecordObject),
        (status = 404, description = "not on record", body = ErrorObject),
    )
)]
pub(crate) async fn mandate(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText((id, no)): PathText<(String, String)>,
) -> Result<Json<RecordObject>, ApiError> {
    let (principal, number) = (organisation_of(&id)?, number_of(no.clone())?);
    ask_for(&app, no, move |view, day| {
        let found = query::mandate(view, &principal, &number, day).map_err(ReadError::from)?;
        let agent = found.iter().map(|mandate| &mandate.agent.id);
        let of = std::iter::once(&principal).chain(agent).collect();
        let concern = Concern { of, once: Vec::new(), owner: Some(&principal) };
        asker.check(view, Right::Registry, &concern)?;
        Ok(found)
    })
    .await
}

/// A dossier by who opened it and number.
#[utoipa::path(
    get, path = "/v1/organisations/{id}/dossiers/{no}", tag = "registry",
    params(("id" = String, Path, description = "who opened it"), ("no" = String, Path, description = "its number")),
    responses(
        (status = 200, description = "the dossier", body = RecordObject),
        (status = 404, description = "not on record", body = ErrorObject),
    )
)]
pub(crate) async fn dossier(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText((id, no)): PathText<(String, String)>,
) -> Result<Json<RecordObject>, ApiError> {
    let (author, number) = (organisation_of(&id)?, number_of(no.clone())?);
    ask_for(&app, no, move |view, day| {
        let found = query::dossier(view, &author, &number, day).map_err(ReadError::from)?;
        let opening = found.iter().map(|dossier| &dossier.opening);
        let named = opening.flat_map(|o| o.organisation.iter().chain(&o.parties));
        let of = std::iter::once(&author).chain(named).collect();
        let concern = Concern { of, once: Vec::new(), owner: None };
        asker.check(view, Right::Registry, &concern)?;
        Ok(found)
    })
    .await
}

/// A standard by id.
#[utoipa::path(
    get, path = "/v1/standards/{id}", tag = "registry",
    params(("id" = String, Path, description = "such as GB/T 31774-2015, percent-encoded")),
    responses(
        (status = 200, description = "the standard", body = RecordObject),
        (status = 404, description = "not on record", body = ErrorObject),
    )
)]
pub(crate) async fn standard(
    State(app): State<Arc<App>>,
    PathText(id): PathText<String>,
) -> Result<Json<RecordObject>, ApiError> {
    ask(&app, id.clone(), move |view, day| query::standard(view, &id, day)).await
}

/// A variety of herb with the holds on it and the standards about it.
#[utoipa::path(
    get, path = "/v1/herbs/{code}", tag = "registry",
    params(("code" = String, Path, description = "GB/T 31774, 17 digits")),
    responses(
        (status = 200, description = "the variety", body = RecordObject),
        (status = 400, description = "not a code of a herb", body = ErrorObject),
        (status = 404, description = "not on record", body = ErrorObject),
    )
)]
pub(crate) async fn herb(
    State(app): State<Arc<App>>,
    PathText(text): PathText<String>,
) -> Result<Json<RecordObject>, ApiError> {
    let code = HerbCode::new(&text)
        .ok_or_else(|| ApiError::bad_request("code", "17 digits (GB/T 31774)").actual(shorten(&text)))?;
    ask(&app, text, move |view, day| query::variety(view, code, day)).await
}

/// Of which region, and from which product on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KeyProductsQuery {
    /// GB/T 2260; the nation if absent.
    region: Option<String>,
    /// Number of the first product looked at, from 1.
    from: Option<u32>,
}

/// 重点追溯品种: products that the catalogue of a region, or their holders, name; with the number to go on from.
#[utoipa::path(
    get, path = "/v1/key-products", tag = "registry",
    params(KeyProductsQuery),
    responses(
        (status = 200, description = "products, and where to go on", body = RecordObject),
        (status = 400, description = "not a region", body = ErrorObject),
    )
)]
pub(crate) async fn key_products(
    State(app): State<Arc<App>>,
    Parameters(query): Parameters<KeyProductsQuery>,
) -> Result<Json<RecordObject>, ApiError> {
    let text = query.region.unwrap_or_else(|| "000000".to_owned());
    let region =
        RegionCode::parse(&text).map_err(|e| ApiError::bad_request("region", e.to_string()).actual(shorten(&text)))?;
    let from = query.from.unwrap_or(1);
    ask(&app, text, move |view, day| {
        bencao_chaincode::query::key_products(view, region, day, from)
            .map(|(products, next)| Some(json!({ "region": region, "products": products, "next": next })))
    })
    .await
}

/// The alarm of a refused transaction with its triage.
#[utoipa::path(
    get, path = "/v1/alarms/{height}/{index}", tag = "registry",
    params(("height" = u64, Path, description = "block"), ("index" = u32, Path, description = "transaction in it")),
    responses(
        (status = 200, description = "the alarm", body = RecordObject),
        (status = 404, description = "no alarm", body = ErrorObject),
    )
)]
pub(crate) async fn alarm(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText((height, index)): PathText<(u64, u32)>,
) -> Result<Json<RecordObject>, ApiError> {
    let position = Position { height: Height(height), index };
    ask_for(&app, format!("{height}/{index}"), move |view, _| {
        let found = query::alarm(view, position).map_err(ReadError::from)?;
        if let Some(alarm) = &found {
            let of = std::iter::once(&alarm.organisation).chain(&alarm.agent).map(|party| &party.id).collect();
            asker.check(view, Right::Alarms, &Concern { of, once: Vec::new(), owner: None })?;
        }
        Ok(found)
    })
    .await
}

/// On which day the law is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LawQuery {
    /// `YYYY-MM-DD`; the day of the last block if absent.
    on: Option<String>,
}

/// The parameters of the rules in a region on a day, as far as they are decided.
#[utoipa::path(
    get, path = "/v1/law/{region}", tag = "registry",
    params(("region" = String, Path, description = "GB/T 2260; 000000 = the nation"), LawQuery),
    responses(
        (status = 200, description = "all chapters", body = RecordObject),
        (status = 400, description = "not a region or a date", body = ErrorObject),
    )
)]
pub(crate) async fn law(
    State(app): State<Arc<App>>,
    PathText(region): PathText<String>,
    Parameters(query): Parameters<LawQuery>,
) -> Result<Json<RecordObject>, ApiError> {
    let place = RegionCode::parse(&region)
        .map_err(|e| ApiError::bad_request("region", e.to_string()).actual(shorten(&region)))?;
    let on = match &query.on {
        None => None,
        Some(text) => Some(
            CalendarDate::parse(text)
                .ok_or_else(|| ApiError::bad_request("on", "a date YYYY-MM-DD").actual(shorten(text)))?,
        ),
    };
    ask(&app, region, move |view, today| {
        let day = on.unwrap_or(today);
        bencao_chaincode::query::law(view, place, day)
            .map(|law| Some(json!({ "region": place, "on": day, "law": law })))
    })
    .await
}

/// From which rule set on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RuleSetsQuery {
    /// Number of the first, from 1.
    from: Option<u32>,
}

/// Rule sets as they were decided, with region, legal basis and effective date; fifty at a time.
#[utoipa::path(
    get, path = "/v1/rule-sets", tag = "registry",
    params(RuleSetsQuery),
    responses((status = 200, description = "rule sets and how many there are", body = RecordObject))
)]
pub(crate) async fn rule_sets(
    State(app): State<Arc<App>>,
    Parameters(query): Parameters<RuleSetsQuery>,
) -> Result<Json<RecordObject>, ApiError> {
    let first = query.from.unwrap_or(1);
    ask(&app, first.to_string(), move |view, _| {
        bencao_chaincode::query::rule_sets(view, first, RULE_SETS_MAX)
            .map(|(count, sets)| Some(json!({ "count": count, "rule_sets": sets })))
    })
    .await
}
