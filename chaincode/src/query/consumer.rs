//! What everybody may know of a package (NMPAB/T 1009, 1012; domain §3.8): a code of a batch, or a TCM code of a lot.

use super::lot::{herb_view, must};
use super::lot_views::{ConsumerHerbsView, PlaceView, chain_zh};
use super::unit::{product_view, unit_of_records};
use super::views::{BatchView, ConsumerStatus, ConsumerView, UnitView, Verdict};
use super::{QueryError, attempts, party};
use crate::codes::UnitKey;
use crate::custody::Holds;
use crate::limits::LINEAGE_MAX;
use crate::registry::{ProductRecord, class_name};
use crate::state::{StateView, ViewError, key, load};
use crate::tcm::{
    FreezeLevel, LotKind, LotRecord, LotRef, LotState, PackRecord, Place, Tolerated, levels_held, lot_of_pack,
};
use bencao_genesis::{CalendarDate, DrugClass, TimestampMs};

/// What everybody may know of a code at one state; `at` is its block time. All of it is in records, so that no chain of
/// events can be too long for it.
///
/// # Errors
/// [`QueryError`], never [`QueryError::TooLong`].
pub fn public(view: &dyn StateView, code: &UnitKey, at: TimestampMs) -> Result<ConsumerView, QueryError> {
    let (_, confirmed) = attempts(view, code)?;
    if matches!(code, UnitKey::Tcm(_))
        && let Some((lot, packs)) = lot_of_pack::<ViewError>(code, |name| load(view, name))?
    {
        let shown = of_lot(view, code, (lot, &packs), at)?;
        return Ok(ConsumerView { confirmed_attempts: confirmed, ..shown });
    }
    let found = unit_of_records(view, code, at)?;
    Ok(consumer(code, found.as_ref(), confirmed))
}

/// The public projection of an answer; `None` is a code never commissioned. `confirmed_attempts` is of [`attempts`].
pub fn consumer(code: &UnitKey, unit: Option<&UnitView>, confirmed_attempts: u16) -> ConsumerView {
    let status = match unit.map(|u| u.verdict) {
        None => ConsumerStatus::NotFound,
        Some(Verdict::Normal | Verdict::InTransit) => ConsumerStatus::Normal,
        Some(Verdict::Sold) => ConsumerStatus::Sold,
        Some(Verdict::Recalled) => ConsumerStatus::Recalled,
        Some(Verdict::Expired) => ConsumerStatus::Expired,
        Some(Verdict::Withdrawn) => ConsumerStatus::Withdrawn,
        Some(Verdict::Held | Verdict::NotReleased) => ConsumerStatus::Suspended,
    };
    ConsumerView {
        code: *code,
        status,
        status_zh: status.name_zh(),
        product: unit.map(|u| u.product.clone()),
        holder: unit.map(|u| u.holder.name.clone()),
        producer: unit.map(|u| u.producer.name.clone()),
        batch: unit.map(|u| u.batch.clone()),
        sale_count: unit.map_or(0, |u| u.sale_count),
        first_sale_time: unit.filter(|u| u.sale_count > 0).and_then(|u| u.first_sale_time),
        seller: unit.filter(|u| u.sale_count > 0).and_then(|u| u.seller.as_ref()).map(|s| s.name.clone()),
        confirmed_attempts,
        herbs: unit.and_then(herbs),
    }
}

/// Of 饮片 and 药材 always, of other products if their batch declares its lots. What is not declared is not complete.
fn herbs(unit: &UnitView) -> Option<ConsumerHerbsView> {
    let herbal =
        [DrugClass::DecoctionPiece, DrugClass::CrudeHerb].map(class_name).contains(&unit.product.class.as_str());
    let declared = unit.herbs.as_ref();
    if !herbal && declared.is_none() {
        return None;
    }
    let standards = declared.map(|d| d.standards.clone()).unwrap_or_default();
    let chain_incomplete = declared.is_none_or(|d| d.chain_incomplete);
    let terms = unit.batch.expires_on.into_iter().chain(declared.and_then(|d| d.best_before));
    Some(ConsumerHerbsView {
        herb: None,
        origins: declared.map(|d| d.places.clone()).unwrap_or_default(),
        standards: or_of_product(standards, &unit.product.standard),
        best_before: terms.min(),
        shelf_life_months: Some(unit.product.shelf_life_months).filter(|months| *months > 0),
        chain_incomplete,
        chain_zh: chain_zh(chain_incomplete),
    })
}

fn or_of_product(standards: Vec<String>, of_product: &str) -> Vec<String> {
    match standards.is_empty() && !of_product.is_empty() {
        true => vec![of_product.to_owned()],
        false => standards,
    }
}

/// A package of a lot, with the packages around it, nearest first. Who grew, sold or has it is nobody's business.
fn of_lot(
    view: &dyn StateView,
    code: &UnitKey,
    (lot, packs): (LotRef, &[PackRecord]),
    at: TimestampMs,
) -> Result<ConsumerView, QueryError> {
    let record = must(view, lot)?;
    let product: Option<ProductRecord> = match record.product {
        Some(number) => Some(load(view, &key::product(number))?.ok_or(ViewError::Damaged)?),
        None => None,
    };
    let status = lot_status(view, (lot, &record), packs, at.china_date())?;
    let mut origins = Vec::new();
    record.origins.iter().for_each(|origin| Place::add(&mut origins, origin));
    let standards = Some(record.standard.clone()).filter(|s| !s.is_empty()).into_iter().collect();
    let of_product = product.as_ref().map_or("", |p| p.master.details.standard.as_str());
    let months = product.as_ref().map(|p| p.master.shelf_life_months);
    let batch = match product {
        Some(_) => Some(lot_batch(view, (lot, &record))?),
        None => None,
    };
    Ok(ConsumerView {
        code: *code,
        status,
        status_zh: status.name_zh(),
        holder: product.as_ref().map(|p| party(view, p.holder)).transpose()?.map(|p| p.name),
        producer: product.as_ref().map(|p| party(view, p.producer)).transpose()?.map(|p| p.name),
        product: product.as_ref().map(|p| product_view(p, 0)),
        batch,
        sale_count: 0,
        first_sale_time: None,
        seller: None,
        confirmed_attempts: 0,
        herbs: Some(ConsumerHerbsView {
            herb: Some(herb_view(view, record.herb)?),
            origins: origins.into_iter().map(PlaceView::from).collect(),
            standards: or_of_product(standards, of_product),
            best_before: record.best_before,
            shelf_life_months: months.filter(|months| *months > 0),
            chain_incomplete: record.incomplete,
            chain_zh: chain_zh(record.incomplete),
        }),
    })
}

fn lot_status(
    view: &dyn StateView,
    (lot, record): (LotRef, &LotRecord),
    packs: &[PackRecord],
    today: CalendarDate,
) -> Result<ConsumerStatus, QueryError> {
    let levels = levels_held::<ViewError>(lot, record, Tolerated::Nothing, |name| view.get(name))?;
    // That other packages of the lot are held says nothing of this one.
    let above = levels.iter().filter(|(level, _)| *level != FreezeLevel::Package);
    let holds = above.fold(Holds::NONE, |all, (_, holds)| all.and(*holds));
    let pack_held = packs.first().is_some_and(|p| p.held > 0) || packs.iter().any(|p| p.hold.is_some());
    let untested = record.kind == LotKind::Piece && !record.passed_test();
    Ok(match record.state {
        _ if holds.is_recalled() => ConsumerStatus::Recalled,
        _ if holds != Holds::NONE || pack_held => ConsumerStatus::Suspended,
        LotState::Dispensed => ConsumerStatus::Sold,
        state if state.is_terminal() => ConsumerStatus::Withdrawn,
        _ if record.best_before.is_some_and(|last| today > last) => ConsumerStatus::Expired,
        LotState::Blocked => ConsumerStatus::Suspended,
        _ if untested => ConsumerStatus::Suspended,
        _ => ConsumerStatus::Normal,
    })
}

/// 产品批号 is the number of the lot as it was made: its parts are the same batch.
fn lot_batch(view: &dyn StateView, (lot, record): (LotRef, &LotRecord)) -> Result<BatchView, QueryError> {
    let (mut made_as, mut inputs) = (lot, record.making.inputs.clone());
    for _ in 0..LINEAGE_MAX {
        let [only] = inputs.as_slice() else { break };
        let before = must(view, only.lot)?;
        if before.kind != record.kind {
            break;
        }
        (made_as, inputs) = (only.lot, before.making.inputs);
    }
    Ok(BatchView {
        batch_no: made_as.number.to_string(),
        made_on: record.made_on,
        expires_on: record.best_before,
        released: record.passed_test(),
    })
}
