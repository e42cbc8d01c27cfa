//! Lots: state, history, trace backward and forward; gardens; households; what a production batch was made of.

use super::history::{EventLog, Events, chain, entry, oldest};
use super::lot_views::{
    BatchHerbsView, BatchShareView, GardenView, HerbView, LotEventView, LotHeldView, LotHoldView, LotNode,
    LotShareView, LotTestView, LotTrace, LotView, OriginView, PlaceView, chain_zh,
};
use super::unit::days_left;
use super::{QueryError, party};
use crate::codes::{HerbCode, UnitKey};
use crate::custody::Holds;
use crate::event::{EventBody, EventRecord, EventSource, Subject};
use crate::limits::{EDGES_PER_TRACE_MAX, EVENTS_PER_HISTORY_MAX, HOUSEHOLD_LOTS_PER_ANSWER_MAX, LOTS_PER_TRACE_MAX};
use crate::production::BatchRecord;
use crate::quality::VarietyHoldsRecord;
use crate::registry::{NumberRecord, OrganisationRecord, ProductRecord};
use crate::state::{BatchRef, OrgNo, ProductNo, StateView, ViewError, key, load};
use crate::tcm::*;
use bencao_crypto::Digest;
use bencao_genesis::{OrgId, ProductId, TimestampMs};
use std::collections::{BTreeSet, VecDeque};

fn number_of(view: &dyn StateView, id: &OrgId) -> Result<Option<OrgNo>, QueryError> {
    let number: Option<NumberRecord> = load(view, &key::organisation_number(id))?;
    Ok(number.map(|n| OrgNo(n.number)))
}

fn lot_id(view: &dyn StateView, lot: LotRef) -> Result<LotId, QueryError> {
    Ok(LotId { number: lot.number, organisation: party(view, lot.organisation)?.id })
}

fn garden_id(view: &dyn StateView, garden: GardenRef) -> Result<GardenId, QueryError> {
    Ok(GardenId { number: garden.number, organisation: party(view, garden.organisation)?.id })
}

pub(super) fn must(view: &dyn StateView, lot: LotRef) -> Result<LotRecord, QueryError> {
    Ok(load(view, &key::lot(lot))?.ok_or(ViewError::Damaged)?)
}

fn find(view: &dyn StateView, id: &LotId) -> Result<Option<(LotRef, LotRecord)>, QueryError> {
    let Some(organisation) = number_of(view, &id.organisation)? else { return Ok(None) };
    let lot = LotRef { organisation, number: id.number };
    Ok(load(view, &key::lot(lot))?.map(|record| (lot, record)))
}

pub(super) fn herb_view(view: &dyn StateView, code: HerbCode) -> Result<HerbView, QueryError> {
    let herb: HerbRecord = load(view, &key::herb(code))?.ok_or(ViewError::Damaged)?;
    Ok(HerbView { code, name: herb.name, species: herb.species, part: herb.part })
}

/// The lot that a package with a TCM code belongs to now.
///
/// # Errors
/// [`QueryError`].
pub fn lot_of_code(view: &dyn StateView, code: &UnitKey) -> Result<Option<LotId>, QueryError> {
    let found = lot_of_pack::<ViewError>(code, |name| load(view, name))?;
    found.map(|(lot, _)| lot_id(view, lot)).transpose()
}

/// Everything about a lot at one state, as a proof says it; `None` if there never was one. `at` is the block time of
/// that state. The events behind its holds are asked for too: those of its owner, its product and its variety.
///
/// # Errors
/// [`QueryError`]; [`QueryError::TooLong`] if one of these chains is.
pub fn lot(
    view: &dyn StateView,
    source: &dyn EventSource,
    id: &LotId,
    at: TimestampMs,
) -> Result<Option<LotView>, QueryError> {
    answer(view, Events::Whole(source), id, at)
}

/// The same as a node shows it, however long the chains are: state and holds from records alone, and of the history the
/// newest events, at most [`EVENTS_PER_HISTORY_MAX`]. [`LotView::truncated`] says whether any are left out.
///
/// # Errors
/// [`QueryError`], never [`QueryError::TooLong`].
pub fn show_lot(
    view: &dyn StateView,
    log: &dyn EventLog,
    id: &LotId,
    at: TimestampMs,
) -> Result<Option<LotView>, QueryError> {
    answer(view, Events::Newest(log), id, at)
}

/// Checks the chains behind the holds of a lot. No event of these is shown: a proof has them, a node need not read
/// them.
fn check_behind_holds(
    view: &dyn StateView,
    source: &dyn EventSource,
    record: &LotRecord,
    product: Option<&ProductRecord>,
) -> Result<(), QueryError> {
    let owner: OrganisationRecord = load(view, &key::organisation(record.owner))?.ok_or(ViewError::Damaged)?;
    chain(source, Subject::Organisation(record.owner), owner.history)?;
    let variety: Option<VarietyHoldsRecord> = load(view, &key::variety_holds(record.herb))?;
    chain(source, Subject::Herb(record.herb), variety.map(|v| v.history).unwrap_or_default())?;
    if let (Some(number), Some(product)) = (record.product, product) {
        chain(source, Subject::Product(number), product.history)?;
    }
    Ok(())
}

fn answer(
    view: &dyn StateView,
    events: Events<'_>,
    id: &LotId,
    at: TimestampMs,
) -> Result<Option<LotView>, QueryError> {
    let Some((lot, record)) = find(view, id)? else { return Ok(None) };
    let own = events.chain(Subject::Lot(lot), record.history, EVENTS_PER_HISTORY_MAX)?;
    let history = own.events.iter().map(|e| lot_event(view, e, id)).collect::<Result<_, _>>()?;
    let product: Option<ProductRecord> = match record.product {
        Some(number) => Some(load(view, &key::product(number))?.ok_or(ViewError::Damaged)?),
        None => None,
    };
    if let Events::Whole(source) = events {
        check_behind_holds(view, source, &record, product.as_ref())?;
    }
    let test = match record.test {
        Some(t) => {
            let by = party(view, t.by)?;
            Some(LotTestView { passed: t.passed, by, report: t.report, tested_on: t.tested_on })
        }
        None => None,
    };
    Ok(Some(LotView {
        lot: id.clone(),
        kind: record.kind.name(),
        kind_zh: record.kind.name_zh(),
        state: record.state.name(),
        state_zh: record.state.name_zh(),
        herb: herb_view(view, record.herb)?,
        product_id: product.as_ref().map(|p| p.master.id.0.clone()),
        product_name: product.map(|p| p.master.generic_name),
        standard: Some(record.standard.clone()).filter(|s| !s.is_empty()),
        maker: party(view, lot.organisation)?,
        owner: party(view, record.owner)?,
        receiver: record.transit.map(|t| party(view, t.receiver)).transpose()?,
        handed_over: record.handed_over,
        region: record.region,
        made_on: record.made_on,
        best_before: record.best_before,
        expired: record.best_before.is_some_and(|last| at.china_date() > last),
        days_left: record.best_before.map(|last| days_left(last, at)),
        origins: record.origins.iter().map(|o| origin_view(view, o)).collect::<Result<_, _>>()?,
        claims: record.claims,
        chain_incomplete: record.incomplete,
        chain_zh: chain_zh(record.incomplete),
        own_use: record.own_use,
        balance: record.balance,
        packed_mg: record.packed_mg,
        inputs: shares(view, &record.making.inputs)?,
        auxiliaries_mg: record.making.auxiliaries_mg,
        loss_mg: record.making.loss_mg,
        test,
        certificate: record.certificate.map(|c| c.certificate),
        safe_from: record.field.as_ref().and_then(|f| f.safe_from),
        held: held_views(view, lot, &record)?,
        holds: hold_views(view, lot, &record)?,
        truncated: own.cut,
        history,
    }))
}

fn shares(view: &dyn StateView, inputs: &[LotInput]) -> Result<Vec<LotShareView>, QueryError> {
    let share = |i: &LotInput| Ok(LotShareView { lot: lot_id(view, i.lot)?, weight_mg: i.weight_mg });
    inputs.iter().map(share).collect()
}

fn origin_view(view: &dyn StateView, origin: &Origin) -> Result<OriginView, QueryError> {
    Ok(OriginView {
        lot: lot_id(view, origin.lot)?,
        region: origin.region,
        place: origin.place.clone(),
        base_no: origin.base_no.clone(),
        garden: origin.garden.map(|g| garden_id(view, g)).transpose()?,
        household: origin.household,
        harvested: origin.harvested,
    })
}

fn held_views(view: &dyn StateView, lot: LotRef, record: &LotRecord) -> Result<Vec<LotHeldView>, QueryError> {
    let levels = levels_held::<ViewError>(lot, record, Tolerated::Nothing, |name| view.get(name))?;
    let shown = |(level, holds): (FreezeLevel, Holds)| LotHeldView {
        level: level.name(),
        level_zh: level.name_zh(),
        holds: holds.names(),
    };
    Ok(levels.into_iter().map(shown).collect())
}

fn hold_views(view: &dyn StateView, lot: LotRef, record: &LotRecord) -> Result<Vec<LotHoldView>, QueryError> {
    let mut views = Vec::new();
    for held in std::iter::once(&lot).chain(&record.lineage) {
        let holds: Option<LotHoldsRecord> = load(view, &key::lot_holds(*held))?;
        for hold in holds.iter().flat_map(|h| &h.holds) {
            views.push(LotHoldView {
                lot: lot_id(view, *held)?,
                reason: hold.reason.name(),
                reason_zh: hold.reason.name_zh(),
                by: party(view, hold.by)?,
                document: hold.document,
            });
        }
    }
    Ok(views)
}

fn batch_name(view: &dyn StateView, batch: BatchRef) -> Result<(String, String), QueryError> {
    let product: ProductRecord = load(view, &key::product(batch.product))?.ok_or(ViewError::Damaged)?;
    let record: BatchRecord = load(view, &key::batch(batch))?.ok_or(ViewError::Damaged)?;
    Ok((product.master.id.0, record.batch_no))
}

fn lot_event(view: &dyn StateView, event: &EventRecord, id: &LotId) -> Result<LotEventView, QueryError> {
    let (weight_mg, into) = match &event.body {
        EventBody::LotMade(e) => (Some(e.weight_mg), None),
        EventBody::LotUsed(e) => {
            let into = match e.into {
                LotTarget::Lot(lot) => lot_id(view, lot)?.to_string(),
                LotTarget::Batch(batch) => {
                    let (product, batch_no) = batch_name(view, batch)?;
                    format!("{product} {batch_no}")
                }
            };
            (Some(e.weight_mg), Some(into))
        }
        EventBody::LotPacked(e) => (Some(e.weight_mg), None),
        EventBody::LotShipped(e) => (Some(e.weight_mg), None),
        EventBody::LotReceived(e) => (Some(e.weight_mg), None),
        EventBody::LotSoldUntraced(e) => (Some(e.weight_mg), None),
        EventBody::LotDispensed(e) => (Some(e.weight_mg), None),
        EventBody::LotWrittenOff(e) => (Some(e.weight_mg), None),
        EventBody::LotSampled(e) => (Some(e.weight_mg), None),
        EventBody::LotDestroyed(e) => (Some(e.weight_mg), None),
        EventBody::LotExported(e) => (Some(e.weight_mg), None),
        EventBody::LotTested(e) => (Some(e.sample_mg), None),
        _ => (None, None),
    };
    Ok(LotEventView { entry: entry(view, event, &id.to_string())?, weight_mg, into })
}

fn node(view: &dyn StateView, lot: LotRef, record: &LotRecord, depth: u32) -> Result<LotNode, QueryError> {
    Ok(LotNode {
        lot: lot_id(view, lot)?,
        depth,
        kind: record.kind.name(),
        kind_zh: record.kind.name_zh(),
        herb: herb_view(view, record.herb)?.name,
        region: record.region,
        made_on: record.made_on,
        owner: party(view, record.owner)?,
        chain_incomplete: record.incomplete,
        lots: Vec::new(),
        batches: Vec::new(),
        holders: Vec::new(),
        sold_mg: record.balance.sold,
        truncated: false,
    })
}

/// Nearest first, each lot once, at most [`LOTS_PER_TRACE_MAX`]. `visit` is told how many edges and holders there is
/// still room for, [`EDGES_PER_TRACE_MAX`] in all, takes off what it adds, and marks the node that it leaves any out
/// of.
fn walk(
    from: Vec<LotRef>,
    mut visit: impl FnMut(LotRef, u32, &mut usize) -> Result<(LotNode, Vec<LotRef>), QueryError>,
) -> Result<LotTrace, QueryError> {
    let mut seen: BTreeSet<LotRef> = from.iter().copied().collect();
    let mut wanted: VecDeque<(LotRef, u32)> = from.into_iter().map(|lot| (lot, 0)).collect();
    let mut trace = LotTrace { lots: Vec::new(), truncated: false };
    let mut room = EDGES_PER_TRACE_MAX;
    while let Some((lot, depth)) = wanted.pop_front() {
        if trace.lots.len() >= LOTS_PER_TRACE_MAX {
            trace.truncated = true;
            break;
        }
        let (node, next) = visit(lot, depth, &mut room)?;
        trace.truncated |= node.truncated;
        trace.lots.push(node);
        for lot in next {
            if seen.insert(lot) {
                wanted.push_back((lot, depth.saturating_add(1)));
            }
        }
    }
    Ok(trace)
}

/// Back to plants, seeds, and what was bought from outside the system; `None` if there never was such a lot.
///
/// # Errors
/// [`QueryError`].
pub fn lot_backward(view: &dyn StateView, id: &LotId) -> Result<Option<LotTrace>, QueryError> {
    let Some((lot, _)) = find(view, id)? else { return Ok(None) };
    backward(view, vec![lot]).map(Some)
}

fn backward(view: &dyn StateView, from: Vec<LotRef>) -> Result<LotTrace, QueryError> {
    walk(from, |lot, depth, room| {
        let record = must(view, lot)?;
        let mut node = node(view, lot, &record, depth)?;
        let inputs = &record.making.inputs;
        let told = inputs.get(..*room).unwrap_or(inputs);
        *room = room.saturating_sub(told.len());
        node.truncated = told.len() < inputs.len();
        node.lots = shares(view, told)?;
        Ok((node, told.iter().map(|i| i.lot).collect()))
    })
}

/// On to every lot and production batch that it went into and everybody who had any of it. Of a lot with more than
/// [`EVENTS_PER_HISTORY_MAX`] events the oldest are read and the node is marked: what its later owners add hides
/// nothing of what was there before them, and the lots beside it are traced all the same.
///
/// # Errors
/// [`QueryError`].
pub fn lot_forward(view: &dyn StateView, source: &dyn EventSource, id: &LotId) -> Result<Option<LotTrace>, QueryError> {
    let Some((lot, _)) = find(view, id)? else { return Ok(None) };
    let trace = walk(vec![lot], |lot, depth, room| {
        let record = must(view, lot)?;
        let mut node = node(view, lot, &record, depth)?;
        let mut next = Vec::new();
        // Once the answer is full nothing more is read: each lot left is marked, to be asked about by itself.
        let most = if *room == 0 { 0 } else { EVENTS_PER_HISTORY_MAX };
        let (events, cut) = oldest(source, Subject::Lot(lot), record.history, most)?;
        node.truncated = cut;
        for event in events.into_iter().filter(|e| leads_on(&e.body)) {
            let Some(left) = room.checked_sub(1) else {
                node.truncated = true;
                break;
            };
            *room = left;
            match event.body {
                EventBody::LotMade(_) | EventBody::LotReceived(_) => node.holders.push(party(view, event.actor)?),
                EventBody::LotUsed(LotUsed { into: LotTarget::Lot(into), weight_mg }) => {
                    node.lots.push(LotShareView { lot: lot_id(view, into)?, weight_mg });
                    next.push(into);
                }
                EventBody::LotUsed(LotUsed { into: LotTarget::Batch(batch), weight_mg }) => {
                    let (product_id, batch_no) = batch_name(view, batch)?;
                    node.batches.push(BatchShareView { product_id, batch_no, weight_mg });
                }
                _ => {}
            }
        }
        Ok((node, next))
    })?;
    Ok(Some(trace))
}

/// Whether a forward trace tells of it.
fn leads_on(body: &EventBody) -> bool {
    matches!(body, EventBody::LotMade(_) | EventBody::LotReceived(_) | EventBody::LotUsed(_))
}

/// What a production batch was made of. If nothing was declared, `None`; but for 饮片 and 药材, which are nothing but their
/// lots, an incomplete chain (M7).
///
/// # Errors
/// [`QueryError`].
pub fn batch_herbs(view: &dyn StateView, batch: BatchRef) -> Result<Option<BatchHerbsView>, QueryError> {
    let record: Option<BatchLotsRecord> = load(view, &key::batch_lots(batch))?;
    let record = match record {
        Some(record) => record,
        None => {
            let product: ProductRecord = load(view, &key::product(batch.product))?.ok_or(ViewError::Damaged)?;
            if !is_traced_by_lots(product.master.class) {
                return Ok(None);
            }
            BatchLotsRecord { incomplete: true, ..BatchLotsRecord::default() }
        }
    };
    let share = |i: &BatchInput| Ok(LotShareView { lot: lot_id(view, i.lot)?, weight_mg: i.weight_mg });
    Ok(Some(BatchHerbsView {
        garden_mg: record.garden_mg,
        total_mg: record.total_mg,
        chain_incomplete: record.incomplete,
        inputs: record.inputs.iter().map(share).collect::<Result<_, QueryError>>()?,
        places: record.places.into_iter().map(PlaceView::from).collect(),
        standards: record.standards,
        best_before: record.best_before,
    }))
}

fn find_batch(view: &dyn StateView, product: &ProductId, batch_no: &str) -> Result<Option<BatchRef>, QueryError> {
    let number: Option<NumberRecord> = load(view, &key::product_number(product))?;
    let Some(product) = number.map(|n| ProductNo(n.number)) else { return Ok(None) };
    let index: Option<NumberRecord> = load(view, &key::batch_number(product, batch_no))?;
    Ok(index.map(|i| BatchRef { product, number: i.number }))
}

/// [`batch_herbs`] by names.
///
/// # Errors
/// [`QueryError`].
pub fn herbs_of(view: &dyn StateView, product: &ProductId, batch: &str) -> Result<Option<BatchHerbsView>, QueryError> {
    match find_batch(view, product, batch)? {
        Some(reference) => batch_herbs(view, reference),
        None => Ok(None),
    }
}

/// Back from a production batch to the fields (domain §6.5 number 5).
///
/// # Errors
/// [`QueryError`].
pub fn batch_backward(view: &dyn StateView, product: &ProductId, batch: &str) -> Result<Option<LotTrace>, QueryError> {
    let Some(reference) = find_batch(view, product, batch)? else { return Ok(None) };
    let record: Option<BatchLotsRecord> = load(view, &key::batch_lots(reference))?;
    let Some(record) = record else { return Ok(None) };
    let lots: BTreeSet<LotRef> = record.inputs.iter().map(|i| i.lot).collect();
    backward(view, lots.into_iter().collect()).map(Some)
}

/// A garden with its history.
///
/// # Errors
/// [`QueryError`].
pub fn garden(view: &dyn StateView, source: &dyn EventSource, id: &GardenId) -> Result<Option<GardenView>, QueryError> {
    let Some(organisation) = number_of(view, &id.organisation)? else { return Ok(None) };
    let garden = GardenRef { organisation, number: id.number };
    let record: Option<GardenRecord> = load(view, &key::garden(garden))?;
    let Some(record) = record else { return Ok(None) };
    let events = chain(source, Subject::Garden(garden), record.history)?.events;
    Ok(Some(GardenView {
        garden: id.clone(),
        sponsor: party(view, organisation)?,
        base_no: record.base_no,
        county: record.county,
        poverty_county: record.poverty_county,
        households: record.households.len() as u64,
        growers: record.growers.iter().map(|g| party(view, *g)).collect::<Result<_, _>>()?,
        herbs: record.herbs,
        area_mu_100: record.area_mu_100,
        contract_from: record.contract_from,
        contract_to: record.contract_to,
        contract: record.contract,
        commitments: record.commitments,
        certification: record.certification,
        benefits: record.benefits,
        history: events.iter().map(|e| entry(view, e, &id.to_string())).collect::<Result<_, _>>()?,
    }))
}

/// Lots that a household grew, from number `from` (the first is 1); each leads on by [`lot_forward`] to its sale.
///
/// # Errors
/// [`QueryError`].
pub fn household_lots(view: &dyn StateView, household: &Digest, from: u32) -> Result<Vec<LotId>, QueryError> {
    let record: Option<HouseholdRecord> = load(view, &key::household(household))?;
    let last = record.map_or(0, |r| r.lots).min(from.saturating_add(HOUSEHOLD_LOTS_PER_ANSWER_MAX));
    let mut lots = Vec::new();
    for number in from.max(1)..=last {
        let known: Option<HouseholdLot> = load(view, &key::household_lot(household, number))?;
        lots.push(lot_id(view, known.ok_or(ViewError::Damaged)?.lot)?);
    }
    Ok(lots)
}
