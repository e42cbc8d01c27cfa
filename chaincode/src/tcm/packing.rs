//! 包装: labels and package codes of a lot (M4; 《药品管理法》 Art. 48, 58; 《中药饮片标签管理规定》).

use super::balance::{sum, within_share};
use super::events::LotPacked;
use super::kinds::{LotKind, PackKind};
use super::lots::{Found, check_named, check_weight, name_of, owned};
use super::names::LotRef;
use super::records::{HerbRecord, PackRecord};
use super::state::{LotAction, LotState};
use crate::admission::check_text;
use crate::codes::UnitKey;
use crate::event::EventBody;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, Label, LotPart, PackLot, PackedCode, count_writes};
use bencao_crypto::{encode, tagged};
use std::collections::BTreeMap;

impl PackKind {
    /// 箱 around 包 around 袋: what is around is of a higher rank, so that there are no cycles.
    fn rank(self) -> u8 {
        match self {
            PackKind::Bag => 1,
            PackKind::Pack => 2,
            PackKind::Box => 3,
        }
    }
}

impl Body for PackLot {
    fn codes(&self) -> Vec<UnitKey> {
        self.packs.iter().map(|p| p.code).collect()
    }

    fn codes_count(&self) -> usize {
        self.packs.len()
    }

    /// The lot and a package each.
    fn writes_bound(&self) -> u32 {
        count_writes(self.packs.len()).saturating_add(1)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        let label = &self.label;
        check_named("label.name", &label.name)?;
        check_named("label.origin", &label.origin)?;
        check_named("label.supplier", &label.supplier)?;
        check_text("label.specification", &label.specification)?;
        check_text("label.standard", &label.standard)?;
        check_text("label.storage", &label.storage)?;
        for pack in &self.packs {
            check_weight("packs.weight_mg", pack.weight_mg)?;
            if !matches!(pack.code, UnitKey::Tcm(_)) {
                return Err(Rejection::FieldForm { field: "packs.code", expected: "TCM: and 1-32 letters and digits" });
            }
        }
        Ok(())
    }

    /// Order of checks: the owner's table, passed test of 饮片, label (《药品管理法》 Art. 48), its GAP mark; then each package: repeated, seen before, the
    /// package around it; then weights around others, then the stock.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut found = owned(tx, &self.lot, LotAction::Pack)?;
        if found.record.kind == LotKind::Piece {
            found.passed_test()?;
        }
        check_label(tx, &found, &self.label)?;
        super::gap::check_label(&found, &self.label)?;
        let outer = self.check_packs(tx)?;
        let packed = sum([found.record.packed_mg, outer]);
        if packed > found.record.balance.stock {
            let expected = found.record.balance.stock.saturating_sub(found.record.packed_mg);
            return Err(Rejection::PacksExceedLot { lot: found.name, expected, actual: outer }.into());
        }
        found.record.packed_mg = packed;
        for pack in &self.packs {
            let PackedCode { kind, weight_mg, parent, .. } = *pack;
            let record = PackRecord { version: 1, lot: found.lot, kind, weight_mg, parent, hold: None, held: 0 };
            tx.store(key::tcm_pack(&pack.code), &record);
        }
        found.record.state = LotState::Packed;
        let label = tagged("bencao/label/1", &[&encode(&self.label)]);
        let packs = count_writes(self.packs.len());
        found.event(tx, EventBody::LotPacked(LotPacked { packs, weight_mg: outer, label }));
        found.store(tx);
        Ok(())
    }
}

impl PackLot {
    /// The packages by themselves; gives the weight of the outermost ones.
    fn check_packs(&self, tx: &mut Tx) -> Result<u64, Stop> {
        let mut by_code: BTreeMap<UnitKey, &PackedCode> = BTreeMap::new();
        for pack in &self.packs {
            if by_code.insert(pack.code, pack).is_some() {
                return Err(Rejection::CodeRepeated { code: pack.code }.into());
            }
            if let Some(known) = tx.load::<PackRecord>(&key::tcm_pack(&pack.code))? {
                let batch = name_of(tx, known.lot)?;
                return Err(Rejection::CodeExists { code: pack.code, product: "TCM".into(), batch }.into());
            }
        }
        let mut inside: BTreeMap<UnitKey, u64> = BTreeMap::new();
        let mut outer = 0u64;
        for pack in &self.packs {
            let Some(parent) = pack.parent else {
                outer = outer.saturating_add(pack.weight_mg);
                continue;
            };
            let unknown = || Rejection::ParentUnknown { code: pack.code, actual: parent };
            let around = by_code.get(&parent).ok_or_else(unknown)?;
            if around.kind.rank() <= pack.kind.rank() {
                let (expected, actual) = (pack.kind.name(), around.kind.name());
                return Err(Rejection::PackNesting { code: parent, expected, actual }.into());
            }
            let sum = inside.entry(parent).or_default();
            *sum = sum.saturating_add(pack.weight_mg);
        }
        let tolerance = tx.law(tx.organisation.jurisdiction).tcm.pack_tolerance_ppm;
        for (code, actual) in inside {
            let expected = by_code.get(&code).map_or(0, |p| p.weight_mg);
            if !within_share(expected.abs_diff(actual), expected, tolerance) {
                return Err(Rejection::PackWeight { code, expected, actual }.into());
            }
        }
        Ok(outer)
    }
}

/// 品名 of a lot: of 饮片 that of its product, else that of its herb.
fn name_on_label(tx: &Tx, found: &Found) -> Result<String, Stop> {
    match found.record.product {
        Some(product) => Ok(tx.product(product)?.master.generic_name),
        None => Ok(tx.must_load::<HerbRecord>(&key::herb(found.record.herb))?.name),
    }
}

/// What each package must show: 品名, 产地 of every place that the lot's herb came from, 日期, 供货单位, which is its owner, and
/// the mark of quality.
fn check_label(tx: &Tx, found: &Found, label: &Label) -> Result<(), Stop> {
    let refuse =
        |field, expected| Err(Stop::from(Rejection::LabelIncomplete { lot: found.name.clone(), field, expected }));
    let name = name_on_label(tx, found)?;
    if label.name != name {
        return refuse("name", name);
    }
    if let Some(origin) = found.record.origins.iter().find(|o| !label.origin.contains(&o.place)) {
        return refuse("origin", origin.place.clone());
    }
    if !label.supplier.contains(&tx.organisation.name) {
        return refuse("supplier", tx.organisation.name.clone());
    }
    if !label.quality_mark {
        return refuse("quality_mark", "true".into());
    }
    if label.date < found.record.made_on {
        return refuse("date", found.record.made_on.to_string());
    }
    if found.record.kind != LotKind::Piece {
        return Ok(());
    }
    let texts = [("specification", &label.specification), ("standard", &label.standard), ("storage", &label.storage)];
    if let Some((field, _)) = texts.iter().find(|(_, text)| text.is_empty()) {
        return refuse(field, "not empty".into());
    }
    if label.standard != found.record.standard {
        return refuse("standard", found.record.standard.clone());
    }
    if label.best_before != found.record.best_before {
        let expected = found.record.best_before.map_or_else(|| "absent".into(), |d| d.to_string());
        return refuse("best_before", expected);
    }
    Ok(())
}

/// The outermost package around a code, and the lot it belongs to now.
pub(crate) fn lot_of_pack<E: From<crate::state::ViewError>>(
    code: &UnitKey,
    mut load: impl FnMut(&crate::state::StateKey) -> Result<Option<PackRecord>, E>,
) -> Result<Option<(LotRef, Vec<PackRecord>)>, E> {
    let mut packs = Vec::new();
    let mut next = Some(*code);
    while let Some(code) = next {
        let Some(pack) = load(&key::tcm_pack(&code))? else { break };
        next = pack.parent.filter(|_| packs.len() < 3);
        packs.push(pack);
    }
    Ok(packs.last().map(|outermost| outermost.lot).map(|lot| (lot, packs)))
}

/// Packages that go with a part: outermost ones of the lot, of the part's weight together. A part without packages is
/// of what is not packed.
pub(super) fn move_packs(tx: &mut Tx, from: &mut Found, to: &mut Found, part: &LotPart) -> Result<(), Stop> {
    let loose = from.record.balance.stock.saturating_sub(from.record.packed_mg);
    if part.packs.is_empty() {
        if part.weight_mg > loose && from.record.packed_mg > 0 {
            let lot = from.name.clone();
            return Err(Rejection::PacksRequired { lot, expected: loose, actual: part.weight_mg }.into());
        }
        return Ok(());
    }
    let (mut moved, mut held) = (0u64, 0u32);
    for code in &part.packs {
        let record: Option<PackRecord> = tx.load(&key::tcm_pack(code))?;
        let own = record.filter(|p| p.lot == from.lot && p.parent.is_none());
        let Some(mut pack) = own else {
            return Err(Rejection::PackNotOfLot { code: *code, lot: from.name.clone() }.into());
        };
        moved = moved.saturating_add(pack.weight_mg);
        held = held.saturating_add(pack.held);
        pack.lot = to.lot;
        tx.store(key::tcm_pack(code), &pack);
    }
    if moved != part.weight_mg {
        let lot = to.name.clone();
        return Err(Rejection::PartWeight { lot, expected: moved, actual: part.weight_mg }.into());
    }
    from.record.packed_mg = from.record.packed_mg.saturating_sub(moved);
    to.record.packed_mg = moved;
    from.record.held_packs = from.record.held_packs.saturating_sub(held);
    to.record.held_packs = held;
    Ok(())
}
