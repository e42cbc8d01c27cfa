//! One code: effective state, facts, history.

use super::history::{Chains, EventLog, Events, chain, entry};
use super::views::{BatchView, HistoryEntry, ProductView, TransitView, UnitView, Verdict};
use super::{BatchHerbsView, QueryError, batch_herbs, party};
use crate::codes::UnitKey;
use crate::custody::{Holds, Lifecycle, Replaced, Standing, standing};
use crate::event::{EventBody, EventRecord, EventSource, Subject};
use crate::limits::EVENTS_PER_HISTORY_MAX;
use crate::oversight::AttemptsRecord;
use crate::production::BatchRecord;
use crate::quality::variety_holds_of_batch;
use crate::registry::{OrganisationRecord, ProductRecord, class_name, class_name_zh};
use crate::state::{BatchRef, StateView, ViewError, key, load};
use crate::tcm::is_made_of_lots;
use bencao_genesis::{CalendarDate, TimestampMs};

/// Batch, product and holder of a unit, and the holds on the variety of herb that it is made of.
struct Facts {
    batch: BatchRecord,
    product: ProductRecord,
    holder: OrganisationRecord,
    variety: Holds,
}

fn facts(view: &dyn StateView, reference: BatchRef) -> Result<Facts, QueryError> {
    let batch: BatchRecord = load(view, &key::batch(reference))?.ok_or(ViewError::Damaged)?;
    let product: ProductRecord = load(view, &key::product(reference.product))?.ok_or(ViewError::Damaged)?;
    let holder: OrganisationRecord = load(view, &key::organisation(product.holder))?.ok_or(ViewError::Damaged)?;
    let variety = variety_holds_of_batch(&product, reference, holder.jurisdiction, |name| view.get(name))?;
    Ok(Facts { batch, product, holder, variety })
}

/// What a batch was made of, of a class whose batches are made of lots.
fn herbs_of(view: &dyn StateView, reference: BatchRef, facts: &Facts) -> Result<Option<BatchHerbsView>, QueryError> {
    match is_made_of_lots(facts.product.master.class) {
        true => batch_herbs(view, reference),
        false => Ok(None),
    }
}

/// A unit as it stands, with the facts of its own batch and the record of who has it.
struct Known {
    standing: Standing,
    own: Facts,
    custodian: OrganisationRecord,
}

fn known(view: &dyn StateView, code: &UnitKey) -> Result<Option<Known>, QueryError> {
    let found = standing::<ViewError>(code, |key| load(view, key))?;
    let Some(standing) = found else { return Ok(None) };
    let own = facts(view, standing.unit.batch)?;
    let custodian: OrganisationRecord =
        load(view, &key::organisation(standing.custodian()))?.ok_or(ViewError::Damaged)?;
    Ok(Some(Known { standing, own, custodian }))
}

/// Everything about a code at one state, as a proof says it: from whole chains of the unit, the packages that it was
/// in, its batch, product, holder and custodian; `None` if it was never commissioned. `at` is the time that expiry is
/// judged by: the block time of that state.
///
/// # Errors
/// [`QueryError`]; [`QueryError::TooLong`] if one of these chains is.
pub fn unit(
    view: &dyn StateView,
    source: &dyn EventSource,
    code: &UnitKey,
    at: TimestampMs,
) -> Result<Option<UnitView>, QueryError> {
    answer(view, Events::Whole(source), code, at)
}

/// The same as a node shows it, however long the chains are: state and holds from records alone, and of the history the
/// newest events, at most [`EVENTS_PER_HISTORY_MAX`] and the release. [`UnitView::truncated`] says whether any are left
/// out.
///
/// # Errors
/// [`QueryError`], never [`QueryError::TooLong`].
pub fn show_unit(
    view: &dyn StateView,
    log: &dyn EventLog,
    code: &UnitKey,
    at: TimestampMs,
) -> Result<Option<UnitView>, QueryError> {
    answer(view, Events::Newest(log), code, at)
}

/// What the records alone say of a code: no history, and of what is on its way no document number.
///
/// # Errors
/// [`QueryError`], never [`QueryError::TooLong`].
pub(super) fn unit_of_records(
    view: &dyn StateView,
    code: &UnitKey,
    at: TimestampMs,
) -> Result<Option<UnitView>, QueryError> {
    let Some(known) = known(view, code)? else { return Ok(None) };
    describe(view, &known, (Vec::new(), true), at).map(Some)
}

fn answer(
    view: &dyn StateView,
    events: Events<'_>,
    code: &UnitKey,
    at: TimestampMs,
) -> Result<Option<UnitView>, QueryError> {
    let Some(known) = known(view, code)? else { return Ok(None) };
    let (batch, own) = (known.standing.unit.batch, &known.own);
    let chains = Chains::load(view, events, code)?;
    let of_batch = events.chain(Subject::Batch(batch), own.batch.history, EVENTS_PER_HISTORY_MAX)?;
    // No event of these is shown. A proof has them, as what its holds come from; a node need not read them.
    if let Events::Whole(source) = events {
        chain(source, Subject::Product(batch.product), own.product.history)?;
        chain(source, Subject::Organisation(own.product.holder), own.holder.history)?;
        chain(source, Subject::Organisation(known.standing.custodian()), known.custodian.history)?;
    }
    let mut past = chains.of(code);
    let releases = of_batch.events.iter().filter(|e| matches!(e.body, EventBody::Released(_)));
    let releases: Vec<&EventRecord> = releases.collect();
    past.truncated |= of_batch.cut && own.batch.released && releases.is_empty();
    past.events.extend(releases);
    past.events.sort_by_key(|e| e.id);
    let history = past.events.into_iter().map(|e| entry(view, e, &own.batch.batch_no));
    let history = history.collect::<Result<Vec<_>, _>>()?;
    describe(view, &known, (history, past.truncated), at).map(Some)
}

fn describe(
    view: &dyn StateView,
    known: &Known,
    (history, truncated): (Vec<HistoryEntry>, bool),
    at: TimestampMs,
) -> Result<UnitView, QueryError> {
    let Known { standing, own, .. } = known;
    let mut holds = standing.own_holds().and(known.custodian.holds);
    let (mut released, mut expires) = (true, own.batch.expires_on);
    let mut herbs = herbs_of(view, standing.unit.batch, own)?;
    for reference in standing.batches() {
        let inside = facts(view, reference)?;
        // What is told is of its own batch; that another inside is not complete is told too (M7).
        if let (Some(herbs), true) = (&mut herbs, reference != standing.unit.batch) {
            herbs.chain_incomplete |= herbs_of(view, reference, &inside)?.is_some_and(|other| other.chain_incomplete);
        }
        holds = holds.and(inside.batch.holds).and(inside.product.holds).and(inside.holder.holds).and(inside.variety);
        released &= inside.batch.released;
        expires = expires.min(inside.batch.expires_on);
    }
    let unit = &standing.unit;
    let lifecycle = standing.lifecycle(released);
    let expired = at.china_date() > expires;
    let verdict = judge(lifecycle, holds, expired);
    let master = &own.product.master;
    let custodian = party(view, standing.custodian())?;
    let in_transit = match standing.transit() {
        Some(transit) => {
            let shipped = history.iter().rev().find(|e| e.kind == "shipped");
            let document_no = shipped.map(|e| e.document_no.clone()).unwrap_or_default();
            let (sender, receiver) = (custodian.clone(), party(view, transit.receiver)?);
            let disputed = transit.receiver == standing.custodian();
            Some(TransitView { sender, receiver, document_no, disputed })
        }
        None => None,
    };
    let sale = standing.sale();
    let seller = sale.map(|sale| party(view, sale.seller)).transpose()?;
    Ok(UnitView {
        code: standing.code,
        unit_key: standing.code.canonical(),
        verdict,
        verdict_zh: verdict.name_zh(),
        state: lifecycle.name(),
        state_zh: lifecycle.name_zh(),
        platform_status: lifecycle.platform_status(),
        level: unit.level,
        special: standing.code.says_special() || master.class.is_special(),
        holds: holds.names(),
        expired,
        days_left: days_left(expires, at),
        product: product_view(&own.product, unit.level),
        holder: party(view, own.product.holder)?,
        producer: party(view, own.product.producer)?,
        batch: BatchView {
            batch_no: own.batch.batch_no.clone(),
            made_on: own.batch.made_on,
            expires_on: Some(own.batch.expires_on),
            released: own.batch.released,
        },
        custodian,
        in_transit,
        parents: standing.ancestors.iter().map(|(code, _)| *code).collect(),
        children: unit.content.as_ref().map_or(0, |c| c.children),
        sale_count: sale.map_or(0, |s| s.count),
        first_sale_time: sale.map(|s| s.at),
        seller,
        remaining: unit.sale.and_then(|sale| sale.parts).map(|parts| parts.remaining),
        replaced_by: match unit.replaced {
            Some(Replaced::By(code)) => Some(code),
            _ => None,
        },
        replaces: match unit.replaced {
            Some(Replaced::Of(code)) => Some(code),
            _ => None,
        },
        herbs,
        truncated,
        history,
    })
}

/// What a warning of 近效期 is made of (GSP 附录《药品经营企业计算机系统》, domain §5.4 G2).
pub(super) fn days_left(last: CalendarDate, at: TimestampMs) -> i64 {
    i64::from(last.days()).saturating_sub(i64::from(at.china_date().days()))
}

fn judge(lifecycle: Lifecycle, holds: Holds, expired: bool) -> Verdict {
    match lifecycle {
        _ if holds.is_recalled() => Verdict::Recalled,
        _ if holds != Holds::NONE => Verdict::Held,
        Lifecycle::Dispensed | Lifecycle::Partial => Verdict::Sold,
        other if other.is_terminal() => Verdict::Withdrawn,
        _ if expired => Verdict::Expired,
        Lifecycle::Allocated | Lifecycle::Commissioned => Verdict::NotReleased,
        Lifecycle::InTransit => Verdict::InTransit,
        Lifecycle::Blocked => Verdict::Held,
        _ => Verdict::Normal,
    }
}

pub(super) fn product_view(product: &ProductRecord, level: u8) -> ProductView {
    let master = &product.master;
    let package = master.packages.iter().find(|p| p.level == level);
    ProductView {
        id: master.id.0.clone(),
        generic_name: master.generic_name.clone(),
        trade_name: master.trade_name.clone(),
        dosage_form: master.dosage_form.clone(),
        strength: master.strength.clone(),
        package: package.map(|p| p.description.clone()).unwrap_or_default(),
        approval_number: master.approval_number.clone(),
        standard_code: master.standard_code.clone(),
        class: class_name(master.class).to_owned(),
        class_zh: class_name_zh(master.class),
        prescription_only: master.prescription_only,
        standard: master.details.standard.clone(),
        shelf_life_months: master.shelf_life_months,
        ingredients: master.details.ingredients.clone(),
        holder_address: master.details.holder_address.clone(),
        producer_address: master.details.producer_address.clone(),
        key_traced: master.details.key_traced,
    }
}

/// Recorded illegal attempts on a code, for regulators, and those of them that were confirmed, for everybody (D9).
///
/// # Errors
/// [`QueryError`].
pub fn attempts(view: &dyn StateView, code: &UnitKey) -> Result<(u16, u16), QueryError> {
    let record: Option<AttemptsRecord> = load(view, &key::attempts(code))?;
    Ok(record.map_or((0, 0), |r| (r.count, r.confirmed)))
}
