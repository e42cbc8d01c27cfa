//! Reports that the ledger generates (docs/contract.md §3).

use super::app::App;
use super::body::{Parameters, PathText};
use super::error::{ApiError, ErrorObject};
use super::reading::ReadError;
use super::registry::{RecordObject, ask_for, organisation_of};
use super::wait::shorten;
use crate::access::asker::{Asker, Concern};
use axum::Json;
use axum::extract::State;
use bencao_access::policy::Right;
use bencao_chaincode::query::{self, ReportCursor, ReportPart};
use bencao_chaincode::state::CaseNo;
use bencao_genesis::{CalendarDate, Role};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Which part of a report: its beginning, or one that goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PartQuery {
    /// `next` of the answer before: its products go on there.
    from: Option<String>,
    /// `recalls_next` of the answer before: its recalls go on there.
    recalls_before: Option<u32>,
}

impl PartQuery {
    fn part(&self) -> Result<ReportPart, ApiError> {
        match (&self.from, self.recalls_before) {
            (None, None) => Ok(ReportPart::Beginning),
            (None, Some(number)) => Ok(ReportPart::Recalls(CaseNo(number))),
            (Some(text), None) => ReportCursor::parse(text).map(ReportPart::Products).ok_or_else(|| {
                ApiError::bad_request("from", "numbers of a product and a batch, such as 12.1").actual(shorten(text))
            }),
            (Some(_), Some(_)) => Err(ApiError::bad_request("from", "either from or recalls_before")),
        }
    }
}

/// Facts of the 药品年度报告 of a holder for a year: its batches, contracts, recalls, inspections and penalties, and the
/// report that it filed. For the organisation itself and the drug regulators that answer for it.
#[utoipa::path(
    get, path = "/v1/organisations/{id}/annual-report/{year}", tag = "registry",
    params(
        ("id" = String, Path, description = "the holder"),
        ("year" = String, Path, description = "four digits"),
        PartQuery,
    ),
    responses(
        (status = 200, description = "the facts, totals of this part, and where to go on", body = RecordObject),
        (status = 400, description = "not a year, or not a part", body = ErrorObject),
        (status = 403, description = "it concerns others", body = ErrorObject),
        (status = 404, description = "not on record", body = ErrorObject),
    )
)]
pub(crate) async fn annual_report(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText((id, year)): PathText<(String, String)>,
    Parameters(query): Parameters<PartQuery>,
) -> Result<Json<RecordObject>, ApiError> {
    let organisation = organisation_of(&id)?;
    let digits = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    let known = digits.then(|| year.parse().ok()).flatten().filter(|year| CalendarDate::new(*year, 1, 1).is_some());
    let known = known.ok_or_else(|| ApiError::bad_request("year", "four digits, from 1970").actual(shorten(&year)))?;
    let part = query.part()?;
    ask_for(&app, id, move |view, _| {
        let concern = Concern { of: vec![&organisation], once: Vec::new(), owner: None };
        asker.check_department(view, Right::Registry, &concern, Role::DrugRegulator)?;
        Ok(query::annual_report(view, view, (&organisation, known), part).map_err(ReadError::from)?)
    })
    .await
}
