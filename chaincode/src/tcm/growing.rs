//! 选种、育苗、大田栽培、田间管理、采收: how a harvest lot comes into being.

use super::events::{FieldWorked, LotTarget};
use super::gap;
use super::gardens::{check_harvest, check_planting};
use super::kinds::{FieldWorkKind, LotKind};
use super::lots::{
    Descent, Found, NewLot, begin, check_named, check_not_before, check_not_future, check_uses, check_weight,
    document_digest, find_herb, folded, legible, load_inputs, owned, use_up,
};
use super::names::{GardenRef, LotRef};
use super::records::{Claims, Field, HarvestPeriod, HouseholdLot, HouseholdRecord, LotInput, Making, Origin};
use super::roles::require_role;
use super::state::{LotAction, LotState};
use crate::admission::check_text;
use crate::codes::HerbCode;
use crate::event::EventBody;
use crate::limits::{INPUTS_PER_LOT_MAX, SAFETY_INTERVAL_DAYS_MAX};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{Body, FieldWork, Harvest, LotUse, Plant, RecordSeed, count_writes};
use bencao_crypto::Digest;
use bencao_genesis::CalendarDate;

/// Seeds and seedlings must be of the herb that grows from them.
fn check_seeds(seeds: &[Found], herb: HerbCode) -> Result<(), Rejection> {
    match seeds.iter().find(|s| s.record.herb != herb) {
        Some(other) => {
            let (expected, actual) = (herb.to_string(), other.record.herb.to_string());
            Err(Rejection::LotsDiffer { lot: other.name.clone(), what: "herb", expected, actual })
        }
        None => Ok(()),
    }
}

/// Lineage of what grows from seeds: their weight is not that of what grows.
fn from_seeds(seeds: &[Found], uses: &[LotUse]) -> Descent {
    let inputs = seeds.iter().zip(uses).map(|(s, u)| LotInput { lot: s.lot, weight_mg: u.weight_mg }).collect();
    let mut lineage: Vec<LotRef> =
        seeds.iter().flat_map(|s| s.record.lineage.iter().copied().chain(std::iter::once(s.lot))).collect();
    lineage.sort();
    lineage.dedup();
    Descent { lineage, making: Making { inputs, ..Making::default() }, ..Descent::default() }
}

impl Body for RecordSeed {
    /// The lot and the seeds it was raised from.
    fn writes_bound(&self) -> u32 {
        count_writes(self.raised_from.len()).saturating_add(1)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        if !matches!(self.kind, LotKind::Seed | LotKind::Seedling) {
            return Err(Rejection::FieldForm { field: "kind", expected: "seed, seedling" });
        }
        check_weight("weight_mg", self.weight_mg)?;
        check_uses("raised_from", &self.raised_from, 0, INPUTS_PER_LOT_MAX)
    }

    /// Order of checks: role, date, herb, seeds by the owner's table, same herb, lineage, name free.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::RecordSeed)?;
        check_not_future(tx, "made_on", self.made_on)?;
        find_herb(tx, self.herb)?;
        let seeds = load_inputs(tx, &self.raised_from, LotAction::Sow)?;
        check_seeds(&seeds, self.herb)?;
        let descent = from_seeds(&seeds, &self.raised_from);
        super::lots::check_lineage(self.lot_no.as_str(), descent.lineage.len())?;
        let new = NewLot {
            number: self.lot_no,
            kind: self.kind,
            state: LotState::Seedling,
            herb: self.herb,
            region: self.region,
            made_on: self.made_on,
            weight_mg: self.weight_mg,
            descent,
        };
        let found = begin(tx, new, document_digest(self))?;
        use_up(tx, seeds, &self.raised_from, LotTarget::Lot(found.lot), LotAction::Sow)?;
        found.store(tx);
        Ok(())
    }
}

impl Body for Plant {
    /// The lot, its seeds, and the household's two records.
    fn writes_bound(&self) -> u32 {
        count_writes(self.seeds.len()).saturating_add(3)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_uses("seeds", &self.seeds, 0, INPUTS_PER_LOT_MAX)?;
        check_named("place", &self.place)?;
        check_text("base_no", &self.base_no)?;
        if self.gap_audit.is_some() && self.base_no.is_empty() {
            return Err(Rejection::FieldForm { field: "base_no", expected: "the base, of plants that claim GAP" });
        }
        match self.area_mu_100 {
            0 => Err(Rejection::FieldForm { field: "area_mu_100", expected: "at least 1" }),
            _ => Ok(()),
        }
    }

    /// Order of checks: role, date, herb, garden (contract, herb, member), its county, its base, GAP of the base, seeds by
    /// the owner's table, same herb, lineage, name free.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::Plant)?;
        check_not_future(tx, "planted_on", self.planted_on)?;
        find_herb(tx, self.herb)?;
        let garden = match &self.garden {
            Some(id) => {
                let (garden, record) = check_planting(tx, id, self.herb, self.household, self.planted_on)?;
                if record.county != self.region {
                    let (expected, actual) = (record.county.to_string(), self.region.to_string());
                    return Err(Rejection::GardenCounty { garden: id.to_string(), expected, actual }.into());
                }
                // The plants of a garden stand where the garden is (domain §4.6).
                if record.base_no != self.base_no {
                    let (expected, actual) = (record.base_no, self.base_no.clone());
                    return Err(Rejection::GardenBase { garden: id.to_string(), expected, actual }.into());
                }
                Some(garden)
            }
            None => None,
        };
        if self.gap_audit.is_some() {
            gap::check_planting(tx, garden, &self.base_no, self.planted_on)?;
        }
        let seeds = load_inputs(tx, &self.seeds, LotAction::Sow)?;
        check_seeds(&seeds, self.herb)?;
        let mut descent = from_seeds(&seeds, &self.seeds);
        super::lots::check_lineage(self.lot_no.as_str(), descent.lineage.len())?;
        descent.claims = Claims { gap: self.gap_audit.is_some(), garden: garden.is_some() };
        let new = NewLot {
            number: self.lot_no,
            kind: LotKind::Plant,
            state: LotState::Planted,
            herb: self.herb,
            region: self.region,
            made_on: self.planted_on,
            weight_mg: 0,
            descent,
        };
        let mut found = begin(tx, new, document_digest(self))?;
        found.record.origins = vec![self.origin(found.lot, garden)];
        found.record.field = Some(Field {
            source: self.source,
            area_mu_100: self.area_mu_100,
            cycle_months: self.cycle_months,
            safe_from: None,
        });
        use_up(tx, seeds, &self.seeds, LotTarget::Lot(found.lot), LotAction::Sow)?;
        if let Some(household) = self.household {
            remember_household(tx, household, found.lot)?;
        }
        found.store(tx);
        Ok(())
    }
}

impl Plant {
    fn origin(&self, lot: LotRef, garden: Option<GardenRef>) -> Origin {
        Origin {
            lot,
            region: self.region,
            place: self.place.clone(),
            herb: self.herb,
            base_no: self.base_no.clone(),
            garden,
            household: self.household,
            harvested: None,
        }
    }
}

/// household → lot (domain §8 row 46).
fn remember_household(tx: &mut Tx, household: Digest, lot: LotRef) -> Result<(), Stop> {
    let name = key::household(&household);
    let record: Option<HouseholdRecord> = tx.load(&name)?;
    let lots = record.map_or(0, |r| r.lots).saturating_add(1);
    tx.store(name, &HouseholdRecord { version: 1, lots });
    tx.store(key::household_lot(&household, lots), &HouseholdLot { version: 1, lot });
    Ok(())
}

/// The prohibited pesticide whose name a name contains (《中医药法》 Art. 22): a trade name such as 40%甲基异柳磷乳油
/// contains that of what is in it, however it is spaced and in whatever width it is written. Of numbers such as 1605 the
/// whole number counts, not a part of that of a registration.
fn banned_in<'a>(banned: &'a [String], name: &str) -> Option<&'a String> {
    let (spaced, name) = (legible(name), folded(name));
    banned.iter().find(|one| {
        let one = folded(one);
        match one.bytes().all(|b| b.is_ascii_digit()) {
            false => name.contains(one.as_str()),
            true => !one.is_empty() && (has_number(&spaced, &one) || has_number(&name, &one)),
        }
    })
}

fn has_number(text: &str, number: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|part| part == number)
}

impl Body for FieldWork {
    /// The plants.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_named("name", &self.name)?;
        check_named("amount", &self.amount)?;
        let days = self.safety_interval_days;
        let ok = match self.kind {
            FieldWorkKind::Pesticide => (1..=SAFETY_INTERVAL_DAYS_MAX).contains(&days),
            _ => days == 0,
        };
        if ok {
            return Ok(());
        }
        Err(Rejection::FieldForm { field: "safety_interval_days", expected: "1 to 365 for a pesticide, else 0" })
    }

    /// Order of checks: role, the owner's table, dates, banned pesticides, whatever the work is said to be: what is
    /// sprayed as a fertiliser is sprayed.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::FieldWork)?;
        let mut found = owned(tx, &self.lot, LotAction::FieldWork)?;
        check_not_future(tx, "done_on", self.done_on)?;
        check_not_before(&found, "done_on", self.done_on)?;
        let book = tx.law(found.record.region);
        if let Some(expected) = banned_in(&book.tcm.banned_pesticides, &self.name) {
            let (expected, actual) = (expected.clone(), self.name.clone());
            return Err(Rejection::BannedPesticide { lot: found.name, expected, actual }.into());
        }
        let days = self.done_on.days().saturating_add(u32::from(self.safety_interval_days));
        let safe_from = (self.kind == FieldWorkKind::Pesticide).then(|| CalendarDate::from_days(days));
        if let Some(field) = found.record.field.as_mut() {
            field.safe_from = field.safe_from.max(safe_from);
        }
        found.record.state = LotState::Growing;
        let body = FieldWorked {
            kind: self.kind,
            name: self.name.clone(),
            amount: self.amount.clone(),
            done_on: self.done_on,
            safe_from,
            operator: self.operator,
        };
        found.event(tx, EventBody::FieldWorked(body));
        found.store(tx);
        Ok(())
    }
}

impl Body for Harvest {
    /// The lot and the plants.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_weight("weight_mg", self.weight_mg)?;
        check_weight("expected_mg", self.expected_mg)
    }

    /// Order of checks: role, the owner's table, dates, safety interval, lineage, name free. A garden claim ends with
    /// the contract, a GAP claim with the entry of the base: what is harvested after it no longer carries it.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::Harvest)?;
        let mut plants = owned(tx, &self.plants, LotAction::Harvest)?;
        check_not_future(tx, "harvested_on", self.harvested_on)?;
        check_not_before(&plants, "harvested_on", self.harvested_on)?;
        let safe_from = plants.record.field.as_ref().and_then(|f| f.safe_from);
        if let Some(expected) = safe_from.filter(|day| self.harvested_on < *day) {
            return Err(Rejection::SafetyInterval { lot: plants.name, expected, actual: self.harvested_on }.into());
        }
        let uses = [(&plants, 0)];
        let mut descent = super::lots::descend(self.lot_no.as_str(), &uses, super::lots::making_of(&uses, 0, 0))?;
        if let Some(origin) = plants.record.origins.first() {
            if let Some(garden) = origin.garden {
                descent.claims.garden &= check_harvest(tx, garden, self.harvested_on)?;
            }
            if descent.claims.gap {
                descent.claims.gap = gap::holds_at_harvest(tx, &plants, origin, self.harvested_on)?;
            }
        }
        for origin in &mut descent.origins {
            origin.harvested = Some(HarvestPeriod::on(self.harvested_on));
        }
        let new = NewLot {
            number: self.lot_no,
            kind: LotKind::Harvest,
            state: LotState::Harvested,
            herb: plants.record.herb,
            region: plants.record.region,
            made_on: self.harvested_on,
            weight_mg: self.weight_mg,
            descent,
        };
        let found = begin(tx, new, document_digest(self))?;
        plants.record.state = LotState::Growing;
        let used = super::events::LotUsed { into: LotTarget::Lot(found.lot), weight_mg: self.weight_mg };
        plants.event(tx, EventBody::LotUsed(used));
        plants.store(tx);
        found.store(tx);
        Ok(())
    }
}
