//! What is known of herbs: a lot with its tree backward and forward, a garden, the lots of a household, what a
//! production batch was made of (docs/contract.md §3).

use super::app::App;
use super::body::{Parameters, PathText};
use super::error::{ApiError, ErrorObject, Fault};
use super::proof;
use super::reading::ReadError;
use super::wait::WaitQuery;
use crate::access::asker::{Asker, Concern};
use crate::limits::HISTORY_EVENTS_MAX;
use crate::stores::View;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use bencao_access::policy::{Reach, Right};
use bencao_chaincode::query::{
    BatchHerbsView, GardenView, LotTrace, LotView, garden as garden_of, herbs_of, household_lots, lot_backward,
    lot_forward, lot_of_code, makers, show_lot,
};
use bencao_chaincode::tcm::{GardenId, LotId};
use bencao_chaincode::{UnitKey, codes};
use bencao_crypto::Digest;
use bencao_genesis::{Height, ProductId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::IntoParams;

/// An answer with the height it is true at.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct At<T> {
    /// Height of this answer.
    height: u64,
    /// Block time of that height.
    block_time: String,
    /// The answer.
    #[serde(flatten)]
    answer: T,
}

/// Which lots of a household.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstLot {
    /// Number of the first, from 1.
    #[serde(default)]
    from: u32,
}

/// Lots of a household, in the order they were planted.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HouseholdLots {
    lots: Vec<LotId>,
    /// Number to ask for next; absent after the last.
    next: Option<u32>,
}

fn missing(field: &'static str, actual: &str) -> ApiError {
    ApiError::new(Fault::UnknownRecord).at(field).actual(super::wait::shorten(actual))
}

fn answer<T>(
    app: &App,
    find: impl FnOnce(&View) -> Result<Option<T>, ReadError>,
    otherwise: impl FnOnce() -> ApiError,
) -> Result<At<T>, ApiError> {
    let view = app.state.view();
    let record = *view.record();
    let answer = find(&view)?.ok_or_else(otherwise)?;
    Ok(At { height: record.height.0, block_time: record.time.to_string(), answer })
}

/// Whom a lot concerns.
fn concern(lot: &LotView) -> Concern<'_> {
    let of = [&lot.maker, &lot.owner].into_iter().chain(&lot.receiver).map(|party| &party.id).collect();
    Concern { of, once: Vec::new(), owner: Some(&lot.owner.id) }
}

/// Whether the lot concerns who asks; one that is not there concerns nobody.
fn check(app: &App, asker: &Asker, id: &LotId) -> Result<(), ApiError> {
    let view = app.state.view();
    match show_lot(&view, app, id, view.record().time).map_err(ReadError::from)? {
        Some(lot) => asker.check(&view, Right::Lots, &concern(&lot)),
        None => Ok(()),
    }
}

/// What is left of a trace for who reads by consent: lots of who gave it, and not who else had what of them, nor how much
/// (docs/access.md). Others follow goods wherever they go.
fn within_consent(app: &App, asker: &Asker, trace: &mut LotTrace) {
    if asker.reach(Right::Lots) != Reach::Consent {
        return;
    }
    let view = app.state.view();
    let before = trace.lots.len();
    trace.lots.retain(|node| {
        let of = vec![&node.lot.organisation, &node.owner.id];
        let concern = Concern { of, once: Vec::new(), owner: Some(&node.owner.id) };
        asker.check(&view, Right::Lots, &concern).is_ok()
    });
    trace.truncated |= trace.lots.len() < before;
    let shown: BTreeSet<LotId> = trace.lots.iter().map(|node| node.lot.clone()).collect();
    for node in &mut trace.lots {
        let edges = (node.lots.len(), node.holders.len());
        node.lots.retain(|share| shown.contains(&share.lot));
        node.holders.retain(|party| party.id == node.owner.id);
        node.truncated |= edges != (node.lots.len(), node.holders.len());
    }
}

/// A lot by its name, or by a TCM code on one of its packages.
fn name(app: &App, text: &str) -> Result<LotId, ApiError> {
    if let Some(id) = LotId::parse(text) {
        return Ok(id);
    }
    match codes::parse(text).map(|parsed| parsed.key) {
        Ok(key @ UnitKey::Tcm(_)) => {
            let found = lot_of_code(&app.state.view(), &key).map_err(ReadError::from)?;
            found.ok_or_else(|| missing("lot", text))
        }
        _ => Err(ApiError::bad_request("lot", "number@organisation, or a TCM code").actual(super::wait::shorten(text))),
    }
}

/// A lot: state, weights, origins, holds and history, at the last final height.
#[utoipa::path(
    get, path = "/v1/lots/{id}", tag = "lots",
    params(("id" = String, Path, description = "number@organisation, or TCM: and a package code, percent-encoded")),
    responses(
        (status = 200, description = "the lot"),
        (status = 400, description = "not a name of a lot", body = ErrorObject),
        (status = 404, description = "no such lot", body = ErrorObject),
    )
)]
pub(crate) async fn lot(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(text): PathText<String>,
) -> Result<Json<At<LotView>>, ApiError> {
    let work = move |app: &App| {
        let id = name(app, &text)?;
        let find = |view: &View| show_lot(view, app, &id, view.record().time).map_err(ReadError::from);
        let mut found = answer(app, find, || missing("lot", &text))?;
        asker.check(&app.state.view(), Right::Lots, &concern(&found.answer))?;
        let shown = &mut found.answer;
        if shown.history.len() > HISTORY_EVENTS_MAX {
            shown.history.drain(..shown.history.len() - HISTORY_EVENTS_MAX);
            shown.truncated = true;
        }
        Ok(found)
    };
    app.read(work).await.map(Json)
}

/// A file that proves what is known of a lot, or that there never was one, to whoever has the genesis.
#[utoipa::path(
    get, path = "/v1/lots/{id}/proof", tag = "lots",
    params(("id" = String, Path, description = "as for the lot"), WaitQuery),
    responses(
        (status = 200, description = "the proof file", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 400, description = "not a name of a lot", body = ErrorObject),
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
    let wait = query.parse()?;
    let look = move |app: &App| {
        let id = name(app, &text)?;
        let last = last_event(app, &asker, &id)?;
        Ok(((&id).into(), last))
    };
    proof::covering(&app, wait, "lot", look).await
}

/// Height of the last event in the lot's history, for whom the lot concerns; 0 if it has none.
fn last_event(app: &App, asker: &Asker, id: &LotId) -> Result<Height, ApiError> {
    let view = app.state.view();
    let Some(lot) = show_lot(&view, app, id, view.record().time).map_err(ReadError::from)? else {
        return Ok(Height::GENESIS);
    };
    asker.check(&view, Right::Lots, &concern(&lot))?;
    Ok(lot.history.last().map_or(Height::GENESIS, |event| event.entry.height))
}

/// Back from a lot to fields, seeds, and what came from outside the system.
#[utoipa::path(
    get, path = "/v1/lots/{id}/backward", tag = "lots",
    params(("id" = String, Path, description = "as for the lot")),
    responses(
        (status = 200, description = "lots, nearest first"),
        (status = 404, description = "no such lot", body = ErrorObject),
    )
)]
pub(crate) async fn backward(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(text): PathText<String>,
) -> Result<Json<At<LotTrace>>, ApiError> {
    let work = move |app: &App| {
        let id = name(app, &text)?;
        check(app, &asker, &id)?;
        let mut trace = answer(app, |view| Ok(lot_backward(view, &id)?), || missing("lot", &text))?;
        within_consent(app, &asker, &mut trace.answer);
        Ok(trace)
    };
    app.read(work).await.map(Json)
}

/// On from a lot to everything it went into and everybody who had any of it.
#[utoipa::path(
    get, path = "/v1/lots/{id}/forward", tag = "lots",
    params(("id" = String, Path, description = "as for the lot")),
    responses(
        (status = 200, description = "lots, nearest first"),
        (status = 404, description = "no such lot", body = ErrorObject),
    )
)]
pub(crate) async fn forward(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(text): PathText<String>,
) -> Result<Json<At<LotTrace>>, ApiError> {
    let work = move |app: &App| {
        let id = name(app, &text)?;
        check(app, &asker, &id)?;
        let mut trace = answer(app, |view| Ok(lot_forward(view, view, &id)?), || missing("lot", &text))?;
        within_consent(app, &asker, &mut trace.answer);
        Ok(trace)
    };
    app.read(work).await.map(Json)
}

/// What a production batch was made of; its garden share is `garden_mg / total_mg`.
#[utoipa::path(
    get, path = "/v1/products/{id}/batches/{no}/herbs", tag = "lots",
    params(
        ("id" = String, Path, description = "product"),
        ("no" = String, Path, description = "产品批号"),
    ),
    responses(
        (status = 200, description = "inputs and garden share"),
        (status = 404, description = "nothing was declared", body = ErrorObject),
    )
)]
pub(crate) async fn batch(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText((product, no)): PathText<(String, String)>,
) -> Result<Json<At<BatchHerbsView>>, ApiError> {
    let work = move |app: &App| {
        let id = ProductId(product);
        let view = app.state.view();
        if let Some((holder, producer)) = makers(&view, &id).map_err(ReadError::from)? {
            let concern = Concern { of: vec![&holder, &producer], once: Vec::new(), owner: Some(&holder) };
            asker.check(&view, Right::Lots, &concern)?;
        }
        answer(app, |view| Ok(herbs_of(view, &id, &no)?), || missing("batch_no", &no))
    };
    app.read(work).await.map(Json)
}

/// A 定制药园 with its history.
#[utoipa::path(
    get, path = "/v1/gardens/{id}", tag = "lots",
    params(("id" = String, Path, description = "number@sponsor")),
    responses(
        (status = 200, description = "the garden"),
        (status = 400, description = "not a name of a garden", body = ErrorObject),
        (status = 404, description = "no such garden", body = ErrorObject),
    )
)]
pub(crate) async fn garden(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(text): PathText<String>,
) -> Result<Json<At<GardenView>>, ApiError> {
    let id = GardenId::parse(&text)
        .ok_or_else(|| ApiError::bad_request("garden", "number@sponsor").actual(super::wait::shorten(&text)))?;
    let work = move |app: &App| {
        let found = answer(app, |view| Ok(garden_of(view, view, &id)?), || missing("garden", &id.to_string()))?;
        let (sponsor, growers) = (&found.answer.sponsor, &found.answer.growers);
        let of = std::iter::once(sponsor).chain(growers).map(|party| &party.id).collect();
        let concern = Concern { of, once: Vec::new(), owner: Some(&sponsor.id) };
        asker.check(&app.state.view(), Right::Lots, &concern)?;
        Ok(found)
    };
    app.read(work).await.map(Json)
}

/// Lots that a household grew; each leads on by its forward trace.
#[utoipa::path(
    get, path = "/v1/households/{digest}/lots", tag = "lots",
    params(("digest" = String, Path, description = "keyed digest of the household, 64 hexadecimal digits"), FirstLot),
    responses(
        (status = 200, description = "lots, in order"),
        (status = 400, description = "not a digest", body = ErrorObject),
    )
)]
pub(crate) async fn household(
    State(app): State<Arc<App>>,
    asker: Asker,
    PathText(text): PathText<String>,
    Parameters(query): Parameters<FirstLot>,
) -> Result<Json<At<HouseholdLots>>, ApiError> {
    let digest = Digest::from_hex(&text).ok_or_else(|| ApiError::bad_request("digest", "64 hexadecimal digits"))?;
    let first = query.from.max(1);
    let find = move |view: &View| {
        let lots = household_lots(view, &digest, first)?;
        let next = first.saturating_add(u32::try_from(lots.len()).unwrap_or(u32::MAX));
        let next = (!household_lots(view, &digest, next)?.is_empty()).then_some(next);
        let mut shown = Vec::with_capacity(lots.len());
        for lot in lots {
            if asker.sees(view, Right::Lots, &[&lot.organisation])? {
                shown.push(lot);
            }
        }
        Ok(Some(HouseholdLots { lots: shown, next }))
    };
    app.read(move |app| answer(app, find, || missing("digest", &text))).await.map(Json)
}
