//! What is traced and what is held by kind: a variety of herb with its holds and standards, and 重点追溯品种.

use super::registry::StandardView;
use super::{Party, QueryError, party, standard};
use crate::codes::HerbCode;
use crate::law::{LawBook, Tracing};
use crate::limits::PRODUCTS_PER_ANSWER_MAX;
use crate::quality::{HoldRecord, VarietyHoldsRecord};
use crate::registry::{Covered, CoveringRecord, ProductRecord, RegistryCounters, class_name};
use crate::state::{ProductNo, StateView, ViewError, key, load};
use crate::tcm::HerbRecord;
use bencao_genesis::{CalendarDate, RegionCode, TimestampMs};
use serde::Serialize;

/// A hold on a variety.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VarietyHoldView {
    /// Its number, to lift it by.
    pub hold: u32,
    /// Which.
    pub kind: &'static str,
    /// The same in Chinese.
    pub kind_zh: &'static str,
    /// Where it bites; `000000` = everywhere.
    pub region: RegionCode,
    /// Who set it.
    pub by: Party,
    /// Block time.
    pub since: TimestampMs,
    /// When it ends by itself.
    pub until: Option<TimestampMs>,
    /// Why.
    pub reason: String,
}

/// A variety of herb.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VarietyView {
    /// GB/T 31774 code.
    pub code: HerbCode,
    /// 品名
    pub name: String,
    /// 基源
    pub species: String,
    /// 药用部位
    pub part: String,
    /// 新发现或从境外引种
    pub newly_introduced: bool,
    /// Number of the approval, or empty.
    pub approval_number: String,
    /// Who registered it.
    pub registered_by: Party,
    /// Open holds on the variety, in order of their numbers.
    pub holds: Vec<VarietyHoldView>,
    /// Standards about it, in order of registration.
    pub standards: Vec<StandardView>,
}

/// A variety by its code; `None` if it is not on record.
///
/// # Errors
/// [`QueryError`].
pub fn variety(view: &dyn StateView, code: HerbCode, day: CalendarDate) -> Result<Option<VarietyView>, QueryError> {
    let herb: Option<HerbRecord> = load(view, &key::herb(code))?;
    let Some(herb) = herb else { return Ok(None) };
    let open: Option<VarietyHoldsRecord> = load(view, &key::variety_holds(code))?;
    let mut holds = Vec::new();
    for open in open.map(|o| o.open).unwrap_or_default() {
        let hold: HoldRecord = load(view, &key::hold(open.hold.case))?.ok_or(ViewError::Damaged)?;
        let kind = hold.kind.ok_or(ViewError::Damaged)?;
        holds.push(VarietyHoldView {
            hold: open.hold.case.0,
            kind: kind.name(),
            kind_zh: kind.name_zh(),
            region: open.region,
            by: party(view, hold.setter)?,
            since: hold.set_at,
            until: hold.until,
            reason: hold.reason,
        });
    }
    let covering: Option<CoveringRecord> = load(view, &key::standards_covering(&Covered::Herb(code)))?;
    let mut standards = Vec::new();
    for id in covering.map(|c| c.standards).unwrap_or_default() {
        standards.push(standard(view, &id, day)?.ok_or(ViewError::Damaged)?);
    }
    Ok(Some(VarietyView {
        code,
        name: herb.name,
        species: herb.species,
        part: herb.part,
        newly_introduced: herb.newly_introduced,
        approval_number: herb.approval_number,
        registered_by: party(view, herb.by)?,
        holds,
        standards,
    }))
}

/// One line of 重点追溯品种明细.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KeyProductView {
    /// Chain-wide name.
    pub product_id: String,
    /// 药品通用名称
    pub generic_name: String,
    /// Class.
    pub class: &'static str,
    /// 上市许可持有人
    pub holder: Party,
    /// `catalogue` if the region's catalogue names it, else `holder`.
    pub named_by: &'static str,
    /// How its events are mandatory for its holder on the day asked for.
    pub tracing: Option<Tracing>,
}

/// 重点追溯品种 of a region among the products from number `from` on (the first is 1), at most
/// [`PRODUCTS_PER_ANSWER_MAX`] of which are looked at; and the number to go on from, if there are more.
///
/// # Errors
/// [`QueryError`].
pub fn key_products(
    view: &dyn StateView,
    region: RegionCode,
    day: CalendarDate,
    from: u32,
) -> Result<(Vec<KeyProductView>, Option<u32>), QueryError> {
    let counters: Option<RegistryCounters> = load(view, &key::registry_counters())?;
    let count = counters.map_or(0, |c| c.products);
    let law = LawBook::load(view, day)?.of(region);
    let first = from.max(1);
    let last = count.min(first.saturating_add(PRODUCTS_PER_ANSWER_MAX).saturating_sub(1));
    let mut found = Vec::new();
    for number in first..=last {
        let record: ProductRecord = load(view, &key::product(ProductNo(number)))?.ok_or(ViewError::Damaged)?;
        let master = &record.master;
        if !law.catalogue.is_key_traced(master) {
            continue;
        }
        found.push(KeyProductView {
            product_id: master.id.0.clone(),
            generic_name: master.generic_name.clone(),
            class: class_name(master.class),
            holder: party(view, record.holder)?,
            named_by: if law.catalogue.key_products.contains(&master.id) { "catalogue" } else { "holder" },
            tracing: law.mandatory_product(master, &master.holder, day),
        });
    }
    Ok((found, (last < count).then(|| last.saturating_add(1))))
}
