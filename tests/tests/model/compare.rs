//! Chaincode and model side by side: states, custody, holds, counts; and conservation, by the chaincode's own records.

use crate::ledger::{Ledger, Standing, org_no, product_no};
use crate::spec::quality::Hold;
use crate::spec::tcm::LotName;
use crate::spec::{BatchNo, FirmNo, Model, State};
use bencao_chaincode::custody::{Condition, Lifecycle};
use bencao_chaincode::limits::RECORD_BYTES_MAX;
use bencao_chaincode::state::{BatchRef, OrgNo, ProductNo, key};
use bencao_chaincode::tcm::{
    BatchLotsRecord, HarvestPeriod, LotHoldReason, LotHoldsRecord, LotKind, LotRecord, LotRef,
};
use bencao_chaincode::{StateKey, UnitKey};
use bencao_crypto::decode;
use bencao_genesis::{CalendarDate, RegionCode};
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
    let place = |number: OrgNo| number.0 as usize - 1;
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
        Hold::RegistrationCancelled => "registration_cancelled",
        Hold::LotReleaseRefused => "lot_release_refused",
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
pub(crate) fn touched(before: &Model, after: &Model, written: &BTreeSet<&StateKey>) -> BTreeSet<UnitKey> {
    let above = |m: &Model| -> Vec<BTreeSet<u32>> {
        let batches = m.batches.iter().map(|b| &b.holds);
        batches.chain(m.products.iter().map(|p| &p.holds)).chain(m.firms.iter().map(|f| &f.holds)).cloned().collect()
    };
    let released = |m: &Model| -> Vec<bool> { m.batches.iter().map(|b| b.released).collect() };
    let frozen = before.herbs.frozen != after.herbs.frozen;
    if frozen || above(before) != above(after) || released(before) != released(after) {
        return after.units.keys().copied().collect();
    }
    let changed =
        |code: &&UnitKey| before.units.get(*code) != after.units.get(*code) || written.contains(&key::unit(code));
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
pub(crate) fn packages<'a>(
    model: &Model,
    ledger: &Ledger,
    codes: impl Iterator<Item = &'a UnitKey>,
) -> Result<(), String> {
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
    let in_stock =
        matches!(state, Lifecycle::Commissioned | Lifecycle::InStock | Lifecycle::Partial | Lifecycle::Blocked);
    let places =
        [in_stock && !on_its_way, state == Lifecycle::InTransit && on_its_way, state.is_terminal() && !on_its_way];
    let nested = standing.unit.parent.is_none() || standing.unit.lifecycle == Lifecycle::InStock;
    if places.iter().filter(|p| **p).count() == 1 && nested {
        return Ok(());
    }
    Err(format!("{code} is in {} places: {state:?}", places.iter().filter(|p| **p).count()))
}

/// All that is compared of one lot.
#[derive(PartialEq, Debug)]
struct SeenLot {
    stage: String,
    owner: FirmNo,
    way: Option<FirmNo>,
    mg: [u64; 7],
    packed: u64,
    held_packets: Option<usize>,
    handed_over: bool,
    suppliers: Vec<FirmNo>,
    origins: Vec<(LotName, String, Option<FirstAndLast>)>,
    lineage: Vec<LotName>,
    claims: [bool; 2],
    incomplete: bool,
    own_use: bool,
    laboratories: Vec<FirmNo>,
    test: Option<(bool, FirmNo)>,
    standard: String,
    certified: bool,
    dates: [Option<CalendarDate>; 2],
    holds: Vec<(LotHoldReason, FirmNo)>,
}

/// First and last day of a time.
type FirstAndLast = (CalendarDate, CalendarDate);

/// 采收期 of what grew at an origin and is in a lot: the first and last day of the harvests of those plants that the lot
/// descends from, or is. Parts and blends of a harvest are of its kind, but descend from it.
fn harvested(model: &Model, name: &LotName, origin: &LotName) -> Option<FirstAndLast> {
    let lot = |name: &LotName| &model.herbs.lots[name];
    let is_harvest = |name: &LotName| lot(name).kind == LotKind::Harvest;
    let of_plants = |name: &&LotName| {
        let lineage = &lot(name).lineage;
        is_harvest(name) && lineage.contains(origin) && !lineage.iter().any(is_harvest)
    };
    if lot(origin).kind != LotKind::Plant {
        return None;
    }
    let descent = std::iter::once(name).chain(&lot(name).lineage);
    let days: BTreeSet<CalendarDate> = descent.filter(of_plants).map(|name| lot(name).made_on).collect();
    Some((*days.first()?, *days.last()?))
}

fn lot_by_model(model: &Model, name: &LotName) -> SeenLot {
    let lot = &model.herbs.lots[name];
    let mg = lot.mg;
    SeenLot {
        stage: format!("{:?}", lot.stage),
        owner: lot.owner,
        way: lot.way.as_ref().map(|(to, _, _)| *to),
        mg: [mg.received, mg.used, mg.sold, mg.lost, mg.sampled, mg.destroyed, mg.stock()],
        packed: lot.packed,
        held_packets: (mg.stock() > 0).then(|| model.held_packets(name)),
        handed_over: lot.handed_over,
        suppliers: lot.suppliers.clone(),
        origins: lot.origins.iter().map(|o| (o.lot, o.place.clone(), harvested(model, name, &o.lot))).collect(),
        lineage: lot.lineage.iter().copied().collect(),
        claims: [lot.gap, lot.garden],
        incomplete: lot.incomplete,
        own_use: lot.own_use,
        laboratories: lot.laboratories.clone(),
        test: lot.passed.zip(lot.tested_by),
        standard: lot.standard.clone(),
        certified: lot.certified,
        dates: [lot.best_before, lot.safe_from],
        holds: lot.holds.iter().copied().collect(),
    }
}

fn days(period: HarvestPeriod) -> (CalendarDate, CalendarDate) {
    (period.first, period.last)
}

fn lot_by_record(record: &LotRecord, holds: Option<LotHoldsRecord>) -> SeenLot {
    let place = |number: OrgNo| number.0 as usize - 1;
    let name = |lot: LotRef| (place(lot.organisation), lot.number);
    let b = record.balance;
    SeenLot {
        stage: format!("{:?}", record.state),
        owner: place(record.owner),
        way: record.transit.map(|t| place(t.receiver)),
        mg: [b.received, b.used, b.sold, b.lost, b.sampled, b.destroyed, b.stock],
        packed: record.packed_mg,
        held_packets: (b.stock > 0).then_some(record.held_packs as usize),
        handed_over: record.handed_over,
        suppliers: record.suppliers.iter().copied().map(place).collect(),
        origins: record.origins.iter().map(|o| (name(o.lot), o.place.clone(), o.harvested.map(days))).collect(),
        lineage: record.lineage.iter().copied().map(name).collect(),
        claims: [record.claims.gap, record.claims.garden],
        incomplete: record.incomplete,
        own_use: record.own_use,
        laboratories: record.laboratories.iter().copied().map(place).collect(),
        test: record.test.map(|t| (t.passed, place(t.by))),
        standard: record.standard.clone(),
        certified: record.certificate.is_some(),
        dates: [record.best_before, record.field.as_ref().and_then(|f| f.safe_from)],
        holds: holds.into_iter().flat_map(|h| h.holds).map(|hold| (hold.reason, place(hold.by))).collect(),
    }
}

/// Lots of which the chaincode wrote a record, or all.
pub(crate) fn lots(model: &Model, ledger: &Ledger, written: Option<&BTreeSet<&StateKey>>) -> Result<(), String> {
    for name in model.herbs.lots.keys() {
        let lot = LotRef { organisation: org_no(name.0), number: name.1 };
        let place = key::lot(lot);
        if written.is_some_and(|w| !w.contains(&place)) {
            continue;
        }
        let record = ledger.lot(&place).ok_or_else(|| format!("lot {name:?} is not on record"))?;
        let holds = ledger.state.get(&key::lot_holds(lot)).map(|bytes| decode(bytes, RECORD_BYTES_MAX));
        let holds = holds.transpose().map_err(|error| format!("holds of lot {name:?}: {error}"))?;
        let (expected, actual) = (lot_by_model(model, name), lot_by_record(&record, holds));
        if expected != actual {
            return Err(format!("lot {name:?}:\n model     {expected:?}\n chaincode {actual:?}"));
        }
        // Milligrams in = milligrams out + loss + stock (M1, M2).
        let [received, gone @ ..] = actual.mg;
        if received != gone.iter().sum::<u64>() || actual.packed > record.balance.stock {
            return Err(format!("lot {name:?} is out of balance: {:?}", record.balance));
        }
    }
    Ok(())
}

/// M1 over all lots: what one lot or batch got of another is what that other says it gave.
fn herbs_are_conserved(model: &Model, ledger: &Ledger) -> Result<(), String> {
    let mut given: BTreeMap<LotName, u64> = BTreeMap::new();
    let place = |number: OrgNo| number.0 as usize - 1;
    for name in model.herbs.lots.keys() {
        let key = key::lot(LotRef { organisation: org_no(name.0), number: name.1 });
        let record = ledger.lot(&key).ok_or_else(|| format!("lot {name:?} is not on record"))?;
        let making = &record.making;
        let input: u64 = making.inputs.iter().map(|i| i.weight_mg).sum();
        let made = matches!(record.kind, LotKind::Initial | LotKind::Piece) && !making.inputs.is_empty();
        if made && input + making.auxiliaries_mg != record.balance.received + making.loss_mg {
            return Err(format!("lot {name:?} weighs more or less than what went in (M3): {making:?}"));
        }
        for used in &making.inputs {
            *given.entry((place(used.lot.organisation), used.lot.number)).or_default() += used.weight_mg;
        }
    }
    for (product, number) in model.herbs.fed.keys() {
        let batch = model.find_batch(*product, number).ok_or("a batch that was fed")?;
        let (product, number) = batch_ref(model, batch);
        let batch = BatchRef { product: ProductNo(product), number };
        let record = ledger.batch_lots(batch).ok_or("what a batch was fed")?;
        grown_where_its_lots_were(model, &record)?;
        // What comes from a batch that was reworked was taken then.
        for used in record.inputs.into_iter().filter(|input| !input.reworked) {
            *given.entry((place(used.lot.organisation), used.lot.number)).or_default() += used.weight_mg;
        }
    }
    for (name, lot) in &model.herbs.lots {
        let taken = given.get(name).copied().unwrap_or_default();
        if lot.kind != LotKind::Plant && taken != lot.mg.used {
            return Err(format!("lot {name:?} gave {} mg, others got {taken} of it", lot.mg.used));
        }
    }
    Ok(())
}

/// M6: a batch tells every 产地 of its lots, with the first and last day of all their harvests there.
fn grown_where_its_lots_were(model: &Model, record: &BatchLotsRecord) -> Result<(), String> {
    type Seen = (BTreeSet<CalendarDate>, bool);
    let mut places: BTreeMap<(RegionCode, String), Seen> = BTreeMap::new();
    for used in &record.inputs {
        let name = (used.lot.organisation.0 as usize - 1, used.lot.number);
        for origin in &model.herbs.lots[&name].origins {
            let (days, unknown) = places.entry((origin.region, origin.place.clone())).or_default();
            match harvested(model, &name, &origin.lot) {
                Some((first, last)) => days.extend([first, last]),
                None => *unknown = true,
            }
        }
    }
    let ends = |days: BTreeSet<CalendarDate>| Some((*days.first()?, *days.last()?));
    let expected: Vec<_> =
        places.into_iter().map(|(place, (harvests, unknown))| (place, ends(harvests), unknown)).collect();
    let told = record.places.iter();
    let actual: Vec<_> =
        told.map(|p| ((p.region, p.place.clone()), p.harvested.map(days), p.harvest_unknown)).collect();
    if expected == actual {
        return Ok(());
    }
    Err(format!("places of a batch:\n model     {expected:?}\n chaincode {actual:?}"))
}

/// Everything: packages, batches, shipments with their accounts, lots with their balances.
pub(crate) fn everything(model: &Model, ledger: &Ledger) -> Result<(), String> {
    packages(model, ledger, model.units.keys())?;
    lots(model, ledger, None)?;
    herbs_are_conserved(model, ledger)?;
    for (number, batch) in model.batches.iter().enumerate() {
        let (product, of_product) = batch_ref(model, number);
        let record = ledger.batch(BatchRef { product: ProductNo(product), number: of_product });
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
