//! Chaincode and model side by side: states, custody, holds, counts; and conservation, by the chaincode's own records.

use crate::ledger::{Ledger, Standing, org_no, product_no};
use crate::spec::quality::Hold;
use crate::spec::{BatchNo, FirmNo, Model, State};
use bencao_chaincode::custody::{Condition, Lifecycle};
use bencao_chaincode::state::BatchRef;
use bencao_chaincode::{StateKey, UnitKey, state::key};
use std::collections::{BTreeMap, BTreeSet};

/// All that is compared of one package.
#[derive(PartialEq, Debug)]
struct Seen {
    state: &'static str,
    custodian: FirmNo,
    /// To whom it is on its way.
    way: Option<FirmNo>,
    holds: BTreeSet<&'static str>,
    around: Vec<UnitKey>,
    children: usize,
    held_inside: usize,
    units: BTreeMap<(u32, u32), u32>,
    sales: u16,
    left: Option<u64>,
    bought: Vec<(FirmNo, Option<FirmNo>)>,
    condition: &'static str,
}

fn by_model(model: &Model, code: &UnitKey) -> Seen {
    let unit = &model.units[code];
    let state = match unit.state {
        State::InStock if !model.is_released(code) => "commissioned",
        State::InStock => "in_stock",
        State::InTransit => "in_transit",
        State::Partial => "partial",
        State::Dispensed => "dispensed",
        State::Blocked => "blocked",
        State::Sampled => "sampled",
        State::Destroyed => "destroyed",
        State::Lost => "lost",
        State::Exported => "exported",
        State::Consumed => "consumed",
        State::Voided => "voided",
    };
    let inside = model.with_contents(code);
    let units = if unit.level == 1 { BTreeMap::new() } else { model.units_in(code) };
    Seen {
        state,
        custodian: unit.custodian,
        way: unit.way.as_ref().map(|w| w.to),
        holds: model.holds_on(code).into_iter().map(hold_name).collect(),
        around: model.around(code),
        children: model.children(code).len(),
        held_inside: inside[1..].iter().filter(|c| !model.own_holds(c).is_empty()).count(),
        units: units.into_iter().map(|(batch, count)| (batch_ref(model, batch), count)).collect(),
        sales: u16::from(unit.sale.is_some()),
        left: unit.sale.and_then(|s| s.parts).map(|(left, _, _)| left),
        bought: unit.bought.iter().map(|leg| (leg.from, leg.through)).collect(),
        condition: match unit.condition {
            crate::spec::Condition::Sound => "sound",
            crate::spec::Condition::Damaged => "damaged",
            crate::spec::Condition::Recovered => "recovered",
        },
    }
}

fn by_ledger(standing: &Standing) -> Seen {
    let (unit, root) = (&standing.unit, &standing.root);
    let place = |number: bencao_chaincode::state::OrgNo| number.0 as usize - 1;
    let content = unit.content.as_ref();
    Seen {
        state: standing.lifecycle.name(),
        custodian: place(root.custodian),
        way: root.transit.map(|t| place(t.receiver)),
        holds: standing.holds.names().into_iter().collect(),
        around: standing.around.clone(),
        children: content.map_or(0, |c| c.children as usize),
        held_inside: content.map_or(0, |c| c.held as usize),
        units: content
            .map(|c| c.batches.iter().map(|s| ((s.batch.product.0, s.batch.number), s.units)).collect())
            .unwrap_or_default(),
        sales: unit.sale.map_or(0, |s| s.count),
        left: unit.sale.and_then(|s| s.parts).map(|p| p.remaining),
        bought: root.legs.iter().map(|leg| (place(leg.from), leg.through.map(place))).collect(),
        condition: condition(standing).name(),
    }
}

fn condition(standing: &Standing) -> Condition {
    standing.unit.condition.max(standing.root.condition)
}

fn hold_name(hold: Hold) -> &'static str {
    match hold {
        Hold::Recall(1) => "recall_1",
        Hold::Recall(2) => "recall_2",
        Hold::Recall(_) => "recall_3",
        Hold::Freeze => "regulator_freeze",
        Hold::Suspect => "quality_suspect",
        Hold::Dispute => "shipment_dispute",
        Hold::LicenceLock => "licence_lock",
        Hold::ImportRejected => "import_rejected",
    }
}

/// Product and batch as the chaincode numbers them: batches of each product in order of opening.
fn batch_ref(model: &Model, batch: BatchNo) -> (u32, u32) {
    let product = model.batches[batch].product;
    let number = model.batches[..=batch].iter().filter(|b| b.product == product).count();
    (product_no(product).0, number as u32)
}

/// Packages that a step may have changed: those that the model changed or the chaincode wrote, with all around and
/// inside them; all, if something above packages changed.
pub(crate) fn touched<'a>(before: &Model, after: &Model, written: impl Iterator<Item = &'a StateKey>) -> BTreeSet<UnitKey> {
    let above = |m: &Model| -> Vec<BTreeSet<u32>> {
        let batches = m.batches.iter().map(|b| &b.holds);
        batches.chain(m.products.iter().map(|p| &p.holds)).chain(m.firms.iter().map(|f| &f.holds)).cloned().collect()
    };
    let released = |m: &Model| -> Vec<bool> { m.batches.iter().map(|b| b.released).collect() };
    if above(before) != above(after) || released(before) != released(after) {
        return after.units.keys().copied().collect();
    }
    let written: BTreeSet<&StateKey> = written.collect();
    let changed = |code: &&UnitKey| {
        before.units.get(*code) != after.units.get(*code) || written.contains(&key::unit(code))
    };
    let roots: BTreeSet<UnitKey> = after
        .units
        .keys()
        .filter(changed)
        .flat_map(|code| {
            let was = before.units.contains_key(code).then(|| before.around(code).last().copied()).flatten();
            [Some(after.around(code).last().copied().unwrap_or(*code)), was]
        })
        .flatten()
        .collect();
    roots.iter().flat_map(|root| after.with_contents(root)).collect()
}

/// What differs about these packages, if anything.
pub(crate) fn packages<'a>(model: &Model, ledger: &Ledger, codes: impl Iterator<Item = &'a UnitKey>) -> Result<(), String> {
    for code in codes {
        let Some(standing) = ledger.standing(code) else { return Err(format!("{code}: not on record")) };
        let (expected, actual) = (by_model(model, code), by_ledger(&standing));
        if expected != actual {
            return Err(format!("{code}:\n model     {expected:?}\n chaincode {actual:?}"));
        }
        in_one_place(code, &standing)?;
    }
    Ok(())
}

/// Conservation: a package is in somebody's stock, on its way, or at its end, and in exactly one of these.
fn in_one_place(code: &UnitKey, standing: &Standing) -> Result<(), String> {
    let on_its_way = standing.root.transit.is_some();
    let state = standing.lifecycle;
    let in_stock = matches!(
        state,
        Lifecycle::Commissioned | Lifecycle::InStock | Lifecycle::Partial | Lifecycle::Blocked
    );
    let places = [in_stock && !on_its_way, state == Lifecycle::InTransit && on_its_way, state.is_terminal() && !on_its_way];
    let nested = standing.unit.parent.is_none() || standing.unit.lifecycle == Lifecycle::InStock;
    if places.iter().filter(|p| **p).count() == 1 && nested {
        return Ok(());
    }
    Err(format!("{code} is in {} places: {state:?}", places.iter().filter(|p| **p).count()))
}

/// Everything: packages, batches, shipments with their accounts.
pub(crate) fn everything(model: &Model, ledger: &Ledger) -> Result<(), String> {
    packages(model, ledger, model.units.keys())?;
    for (number, batch) in model.batches.iter().enumerate() {
        let (product, of_product) = batch_ref(model, number);
        let record = ledger.batch(BatchRef { product: bencao_chaincode::state::ProductNo(product), number: of_product });
        // What a batch holds is settled by its release.
        let open = !batch.released;
        let counted = |units: u32, incomplete: usize| open.then_some((units, incomplete));
        let of_model = counted(model.units_of(number), model.incomplete(number));
        let expected = (of_model, batch.released, batch.producer_released, batch.number.clone());
        let of_record = counted(record.units, record.incomplete as usize);
        let actual = (of_record, record.released, record.producer_released, record.batch_no);
        if expected != actual {
            return Err(format!("batch {}:\n model     {expected:?}\n chaincode {actual:?}", batch.number));
        }
    }
    shipments(model, ledger)
}

/// Each account, and that it says what the packages say: outstanding and refused are on their way, the rest is not.
pub(crate) fn shipments(model: &Model, ledger: &Ledger) -> Result<(), String> {
    let mut open: BTreeMap<_, (u32, u32)> = BTreeMap::new();
    for record in model.units.keys().filter_map(|code| ledger.unit(code)).filter(|r| r.parent.is_none()) {
        let Some(transit) = record.transit else { continue };
        let count = open.entry((record.custodian, transit.shipment)).or_default();
        match transit.receiver == record.custodian {
            true => count.1 += 1,
            false => count.0 += 1,
        }
    }
    for ((sender, number), shipment) in &model.shipments {
        let document = ledger.document(*sender, number).ok_or_else(|| format!("shipment {number} is not on record"))?;
        let record = document.shipment.ok_or_else(|| format!("document {number} is no shipment"))?;
        let expected = [
            shipment.shipped,
            shipment.received,
            shipment.disputed,
            shipment.taken_back,
            shipment.lost,
            shipment.cancelled,
        ];
        let actual =
            [record.shipped, record.received, record.disputed, record.taken_back, record.lost, record.cancelled];
        if expected != actual {
            return Err(format!("shipment {number} of {sender}: model {expected:?}, chaincode {actual:?}"));
        }
        let on_the_way = open.get(&(org_no(*sender), document.position)).copied().unwrap_or_default();
        if on_the_way != (record.outstanding(), record.disputed) {
            return Err(format!("shipment {number} of {sender}: {on_the_way:?} packages on their way, {actual:?}"));
        }
    }
    Ok(())
}
