//! Rule sets on record, and the law that follows from them in a region on a day.
//!
//! A block reads the book once, from the state before it: a rule set counts from the block after its own, on or after
//! its effective date. A region's record holds what is in force and what is to come; every rule set stays on record by
//! number for ever.

use super::{Chapter, Law};
use crate::limits::{LAW_PENDING_MAX, RECORD_BYTES_MAX};
use crate::receipt::Position;
use crate::state::{OrgNo, Record, StateView, ViewError, key, load, to_record};
use crate::transaction::AmendLaw;
use bencao_genesis::{CalendarDate, RegionCode, TimestampMs};
use bincode::{Decode, Encode};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// One chapter of a rule set, in force or to come.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RuleInForce {
    /// First day.
    pub effective_on: CalendarDate,
    /// Number of the rule set: of two with one effective date the later wins.
    pub rule_set: u32,
    /// What it says.
    pub chapter: Chapter,
}

/// What a region has decided, ascending by effective date and number.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct RulesRecord {
    /// Format: 1.
    pub(crate) version: u8,
    pub(crate) rules: Vec<RuleInForce>,
}

/// Regions that have decided something, ascending, and the number of rule sets so far.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct RegionsRecord {
    /// Format: 1.
    pub(crate) version: u8,
    pub(crate) rule_sets: u32,
    pub(crate) regions: Vec<RegionCode>,
}

/// A rule set as it was decided.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct RuleSetRecord {
    /// Format: 1.
    pub version: u8,
    /// Who decided it.
    pub authority: OrgNo,
    /// In which transaction.
    pub position: Position,
    /// Block time.
    pub time: TimestampMs,
    /// What was decided, with region, basis and date.
    pub rule_set: AmendLaw,
}

impl Record for RulesRecord {}
impl Record for RegionsRecord {}
impl Record for RuleSetRecord {}

impl RulesRecord {
    /// Adds a rule, and drops those that a newer one in force today has replaced. `false` if there is no room: more
    /// than [`LAW_PENDING_MAX`] rules to come in one chapter, or more than half a record.
    pub(crate) fn add(&mut self, rule: RuleInForce, today: CalendarDate) -> bool {
        self.rules.push(rule);
        self.rules.sort_by_key(|r| (r.effective_on, r.rule_set));
        let newest = |tag| {
            let in_force = self.rules.iter().filter(|r| r.chapter.tag() == tag && r.effective_on <= today);
            in_force.map(|r| (r.effective_on, r.rule_set)).max()
        };
        let kept: Vec<bool> = self
            .rules
            .iter()
            .map(|r| r.effective_on > today || newest(r.chapter.tag()) == Some((r.effective_on, r.rule_set)))
            .collect();
        let mut kept = kept.into_iter();
        self.rules.retain(|_| kept.next().unwrap_or(true));
        let pending = |tag| self.rules.iter().filter(|r| r.chapter.tag() == tag && r.effective_on > today).count();
        let crowded = self.rules.iter().any(|r| pending(r.chapter.tag()) > LAW_PENDING_MAX);
        !crowded && to_record(self).len() <= RECORD_BYTES_MAX / 2
    }
}

/// The rule sets of all regions on one day.
pub(crate) struct LawBook {
    today: CalendarDate,
    rules: BTreeMap<RegionCode, Vec<RuleInForce>>,
    known: RefCell<BTreeMap<RegionCode, Rc<Law>>>,
}

impl LawBook {
    /// Reads the book: one record if nothing was ever decided, else one more a region that has.
    pub(crate) fn load(view: &dyn StateView, today: CalendarDate) -> Result<LawBook, ViewError> {
        let index: Option<RegionsRecord> = load(view, &key::law_regions())?;
        let mut rules = BTreeMap::new();
        for region in index.map(|i| i.regions).unwrap_or_default() {
            let record: RulesRecord = load(view, &key::law_rules(region))?.ok_or(ViewError::Damaged)?;
            rules.insert(region, record.rules);
        }
        Ok(LawBook { today, rules, known: RefCell::default() })
    }

    /// The law of a region: the defaults, then nation, province, prefecture and county, each in order of dates; a narrower
    /// one keeps what a wider one protects.
    pub(crate) fn of(&self, region: RegionCode) -> Rc<Law> {
        if let Some(law) = self.known.borrow().get(&region) {
            return Rc::clone(law);
        }
        let mut law = Law::default();
        for level in region.from_nation() {
            let rules = self.rules.get(&level).map(Vec::as_slice).unwrap_or_default();
            if rules.is_empty() {
                continue;
            }
            let wider = law.clone();
            rules.iter().filter(|r| r.effective_on <= self.today).for_each(|r| law.apply(&r.chapter));
            if level != RegionCode::NATION {
                law.keep(&wider);
            }
        }
        let law = Rc::new(law);
        self.known.borrow_mut().insert(region, Rc::clone(&law));
        law
    }
}
