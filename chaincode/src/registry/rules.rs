//! 规则发布: rule sets with legal basis, region and effective date (D19; domain §8.4 row 68, §8.1 row 20).

use super::events::LawAmended;
use super::{OrganisationFile, require_authority};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::law::{Chapter, RegionsRecord, RuleInForce, RuleSetRecord, RulesRecord};
use crate::limits::{LAW_CHAPTER_BYTES_MAX, LAW_PENDING_MAX, LAW_REGIONS_MAX};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{AmendLaw, Body, Operation};
use bencao_crypto::encode;
use bencao_genesis::Role;

impl Body for AmendLaw {
    fn delegable(&self) -> bool {
        false
    }

    /// Regions, the region's rules, the rule set, the authority's file.
    fn writes_bound(&self) -> u32 {
        4
    }

    fn check_form(&self) -> Result<(), Rejection> {
        let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
        check_text("title", &self.title)?;
        check_text("basis", &self.basis)?;
        if self.title.is_empty() || self.basis.is_empty() {
            return refuse("basis", "title and legal basis, not empty");
        }
        if self.chapters.is_empty() || !self.chapters.is_sorted_by(|a, b| a.tag() < b.tag()) {
            return refuse("chapters", "at least one, ascending by tag, each once");
        }
        if self.chapters.iter().any(|c| encode(c).len() > LAW_CHAPTER_BYTES_MAX) {
            return refuse("chapters", "at most 8192 canonical bytes a chapter");
        }
        self.chapters.iter().try_for_each(Chapter::check_numbers)?;
        let known = |name: &String| Operation::TAGS.iter().any(|(_, text)| text == name);
        let effects_known = |c: &Chapter| match c {
            Chapter::Oversight(law) => law.effects.iter().all(|e| known(&e.operation)),
            _ => true,
        };
        if !self.chapters.iter().all(effects_known) {
            return refuse("chapters", "effects of lists on operations that exist");
        }
        let in_order = |c: &Chapter| match c {
            Chapter::Catalogue(law) => law.key_products.is_sorted_by(|a, b| a < b),
            _ => true,
        };
        if !self.chapters.iter().all(in_order) {
            return refuse("chapters", "key_products ascending without repeats");
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        amend_law(tx, self)
    }
}

/// Executes the operation. Order of checks: authority, date, room.
fn amend_law(tx: &mut Tx, operation: &AmendLaw) -> Result<(), Stop> {
    require_authority(tx, &[Role::DrugRegulator], "drug_regulator", operation.region)?;
    amend_by_decision(tx, operation)
}

/// The same by a decision of the consortium, of which a regulator of the region approved. Order of checks: date, room.
pub(crate) fn amend_by_decision(tx: &mut Tx, operation: &AmendLaw) -> Result<(), Stop> {
    if operation.effective_on < tx.today() {
        return Err(Rejection::PastDated { expected: tx.today(), actual: operation.effective_on }.into());
    }
    let index: Option<RegionsRecord> = tx.load(&key::law_regions())?;
    let mut index = index.unwrap_or(RegionsRecord { version: 1, rule_sets: 0, regions: Vec::new() });
    index.rule_sets = index.rule_sets.saturating_add(1);
    let rules: Option<RulesRecord> = tx.load(&key::law_rules(operation.region))?;
    let mut rules = rules.unwrap_or(RulesRecord { version: 1, rules: Vec::new() });
    for chapter in &operation.chapters {
        let (effective_on, chapter) = (operation.effective_on, chapter.clone());
        if !rules.add(RuleInForce { effective_on, rule_set: index.rule_sets, chapter }, tx.today()) {
            return Err(full(LAW_PENDING_MAX).into());
        }
    }
    if let Err(place) = index.regions.binary_search(&operation.region) {
        index.regions.insert(place, operation.region);
    }
    if index.regions.len() > LAW_REGIONS_MAX {
        return Err(full(LAW_REGIONS_MAX).into());
    }
    let record = RuleSetRecord {
        version: 1,
        authority: tx.principal,
        position: tx.position,
        time: tx.context.time,
        rule_set: operation.clone(),
    };
    tx.store(key::law_regions(), &index);
    tx.store(key::law_rules(operation.region), &rules);
    tx.store(key::rule_set(index.rule_sets), &record);
    let file = OrganisationFile::load(tx, tx.principal)?;
    file.close(tx, tx.principal, EventBody::LawAmended(LawAmended { rule_set: index.rule_sets }));
    Ok(())
}

fn full(expected: usize) -> Rejection {
    Rejection::RegisterFull { register: "rule_sets", expected: u32::try_from(expected).unwrap_or(u32::MAX) }
}
