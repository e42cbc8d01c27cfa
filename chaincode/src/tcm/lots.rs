//! What every rule about lots needs: finding one, the owner's table of checks, taking weight out, beginning a new one.

use super::balance::{Balance, Exit};
use super::events::{LotMade, LotTarget, LotUsed};
use super::held::levels_held;
use super::kinds::{FreezeLevel, LotKind};
use super::names::{LocalNo, LotId, LotRef};
use super::records::{Claims, HarvestPeriod, HerbRecord, LotInput, LotRecord, Making, Origin, new_ref};
use super::state::{LotAction, LotState, LotTransition, Tolerated};
use crate::admission::check_text;
use crate::codes::HerbCode;
use crate::custody::Holds;
use crate::event::{EventBody, History, Subject};
use crate::limits::{INPUTS_PER_LOT_MAX, LINEAGE_MAX, ORIGINS_PER_LOT_MAX, WEIGHT_MG_MAX};
use crate::registry::NumberRecord;
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, ViewError, key};
use crate::transaction::LotUse;
use bencao_crypto::{Digest, encode, tagged};
use bencao_genesis::{CalendarDate, OrgId, RegionCode};
use std::collections::{BTreeMap, BTreeSet};

/// A lot on the work bench: changed here, written by [`Found::store`].
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) lot: LotRef,
    pub(crate) name: String,
    pub(crate) record: LotRecord,
}

impl Found {
    pub(super) fn event(&mut self, tx: &mut Tx, body: EventBody) {
        tx.event(Subject::Lot(self.lot), &mut self.record.history, body);
    }

    pub(super) fn store(self, tx: &mut Tx) {
        debug_assert!(self.record.balance.is_balanced(), "M1: {}", self.name);
        tx.store(key::lot(self.lot), &self.record);
    }

    /// M1, M2: takes weight out of stock, never more than there is. Packages that it comes from are opened.
    pub(super) fn take(&mut self, exit: Exit, mg: u64, row: &LotTransition) -> Result<(), Rejection> {
        let expected = self.record.balance.stock;
        let short = || Rejection::LotStockExceeded { lot: self.name.clone(), expected, actual: mg };
        self.record.balance.take(exit, mg).ok_or_else(short)?;
        self.record.packed_mg = self.record.packed_mg.min(self.record.balance.stock);
        if self.record.balance.stock == 0 {
            self.record.state = row.exhausted;
            self.record.held_packs = 0;
        }
        Ok(())
    }

    /// Refuses what has passed its 保质期.
    pub(super) fn not_expired(&self, today: CalendarDate) -> Result<(), Rejection> {
        match self.record.best_before {
            Some(expected) if today > expected => {
                Err(Rejection::LotExpired { lot: self.name.clone(), expected, actual: today })
            }
            _ => Ok(()),
        }
    }

    /// A test that was failed, or none.
    pub(super) fn passed_test(&self) -> Result<(), Rejection> {
        match self.record.test {
            Some(test) if test.passed => Ok(()),
            Some(_) => Err(Rejection::LotTestFailed { lot: self.name.clone() }),
            None => Err(Rejection::LotTestRequired { lot: self.name.clone() }),
        }
    }
}

/// Name of a lot that a record points to.
pub(super) fn name_of(tx: &mut Tx, lot: LotRef) -> Result<String, Stop> {
    let organisation = tx.organisation_record(lot.organisation)?.id.clone();
    Ok(LotId { number: lot.number, organisation }.to_string())
}

/// The row of an action; every action has one.
pub(super) fn row(action: LotAction) -> Result<&'static LotTransition, Stop> {
    action.row().ok_or(Stop::View(ViewError::Damaged))
}

/// A member that an operation names.
pub(super) fn member(tx: &Tx, id: &OrgId) -> Result<Option<OrgNo>, Stop> {
    let number: Option<NumberRecord> = tx.load(&key::organisation_number(id))?;
    Ok(number.map(|n| OrgNo(n.number)))
}

/// A lot that must exist.
pub(crate) fn find(tx: &Tx, id: &LotId) -> Result<Found, Stop> {
    let name = id.to_string();
    let unknown = || Rejection::UnknownLot { lot: name.clone() };
    let organisation = member(tx, &id.organisation)?.ok_or_else(unknown)?;
    let lot = LotRef { organisation, number: id.number };
    let record = tx.load(&key::lot(lot))?.ok_or_else(unknown)?;
    Ok(Found { lot, name, record })
}

/// What every action of the owner asks of a lot, as a table: the first check that fails decides.
type LotCheck = fn(&mut Tx, &Found, &LotTransition) -> Result<(), Stop>;

/// In this order.
const OWNER_CHECKS: [LotCheck; 5] = [in_ownership, not_in_transit, of_kind, in_state, not_held];

/// [`find`], then the table for this action.
pub(super) fn owned(tx: &mut Tx, id: &LotId, action: LotAction) -> Result<Found, Stop> {
    let found = find(tx, id)?;
    let row = row(action)?;
    OWNER_CHECKS.iter().try_for_each(|check| check(tx, &found, row))?;
    Ok(found)
}

/// The table without ownership: for a laboratory or a regulator.
pub(super) fn present(tx: &mut Tx, id: &LotId, action: LotAction) -> Result<Found, Stop> {
    let found = find(tx, id)?;
    check_present(tx, &found, action)?;
    Ok(found)
}

/// The same of a lot that was found.
pub(super) fn check_present(tx: &mut Tx, found: &Found, action: LotAction) -> Result<(), Stop> {
    let row = row(action)?;
    OWNER_CHECKS.iter().skip(1).try_for_each(|check| check(tx, found, row))
}

/// The table wherever the lot is, on its way too.
pub(super) fn check_wherever(tx: &mut Tx, found: &Found, action: LotAction) -> Result<(), Stop> {
    let row = row(action)?;
    OWNER_CHECKS.iter().skip(2).try_for_each(|check| check(tx, found, row))
}

fn in_ownership(tx: &mut Tx, found: &Found, _: &LotTransition) -> Result<(), Stop> {
    if found.record.owner == tx.principal {
        return Ok(());
    }
    let expected = tx.organisation_record(found.record.owner)?.id.clone();
    let actual = tx.organisation.id.clone();
    Err(Rejection::NotLotOwner { lot: found.name.clone(), expected, actual }.into())
}

fn not_in_transit(tx: &mut Tx, found: &Found, _: &LotTransition) -> Result<(), Stop> {
    let Some(transit) = found.record.transit else { return Ok(()) };
    let expected = tx.organisation_record(transit.receiver)?.id.clone();
    Err(Rejection::LotInTransit { lot: found.name.clone(), expected, actual: tx.organisation.id.clone() }.into())
}

/// What one kind of lot may become, another may not: the table says which.
fn of_kind(_: &mut Tx, found: &Found, row: &LotTransition) -> Result<(), Stop> {
    if row.kinds.contains(&found.record.kind) {
        return Ok(());
    }
    let expected: Vec<&str> = row.kinds.iter().map(|kind| kind.name()).collect();
    let (expected, actual) = (expected.join(", "), found.record.kind.name());
    Err(Rejection::LotKindDiffers { lot: found.name.clone(), expected, actual }.into())
}

fn in_state(_: &mut Tx, found: &Found, row: &LotTransition) -> Result<(), Stop> {
    if row.from.contains(&found.record.state) {
        return Ok(());
    }
    let expected: Vec<&str> = row.from.iter().map(|s| s.name()).collect();
    let (expected, actual) = (expected.join(", "), found.record.state.name());
    Err(Rejection::LotState { lot: found.name.clone(), expected, actual }.into())
}

fn not_held(tx: &mut Tx, found: &Found, row: &LotTransition) -> Result<(), Stop> {
    check_holds(tx, found, row.tolerates)
}

/// Holds win (rule 8 of domain §9): refuses a lot that is held by more than an action tolerates, and names the highest
/// freeze level that does.
pub(super) fn check_holds(tx: &Tx, found: &Found, tolerated: Tolerated) -> Result<(), Stop> {
    match holds(tx, found, tolerated)?.into_iter().next() {
        None => Ok(()),
        Some((level, holds)) => {
            let (level, actual) = (level.name(), holds.to_string());
            Err(Rejection::LotHeld { lot: found.name.clone(), level, actual }.into())
        }
    }
}

/// Every freeze level at which a lot is held by more than is tolerated, the highest first.
pub(super) fn holds(tx: &Tx, found: &Found, tolerated: Tolerated) -> Result<Vec<(FreezeLevel, Holds)>, Stop> {
    levels_held(found.lot, &found.record, tolerated, |name| tx.bytes(name))
}

/// A herb that must be on record, and approved if it is new (《药品管理法》 Art. 63).
pub(super) fn find_herb(tx: &Tx, code: HerbCode) -> Result<HerbRecord, Stop> {
    let herb: Option<HerbRecord> = tx.load(&key::herb(code))?;
    let herb = herb.ok_or_else(|| Rejection::UnknownHerb { herb: code.to_string() })?;
    if herb.newly_introduced && herb.approval_number.is_empty() {
        return Err(Rejection::HerbNotApproved { herb: code.to_string() }.into());
    }
    Ok(herb)
}

/// Nothing is made, grown or bought tomorrow.
pub(super) fn check_not_future(tx: &Tx, field: &'static str, date: CalendarDate) -> Result<(), Rejection> {
    if date > tx.today() {
        return Err(Rejection::DateInFuture { field, expected: tx.today(), actual: date });
    }
    Ok(())
}

/// Nothing is done to a lot before it was made.
pub(super) fn check_not_before(found: &Found, field: &'static str, date: CalendarDate) -> Result<(), Rejection> {
    let expected = found.record.made_on;
    if date < expected {
        return Err(Rejection::DateBeforeLot { lot: found.name.clone(), field, expected, actual: date });
    }
    Ok(())
}

/// The parts of a new lot that differ from one operation to the next.
pub(super) struct NewLot {
    pub(super) number: LocalNo,
    pub(super) kind: LotKind,
    pub(super) state: LotState,
    pub(super) herb: HerbCode,
    pub(super) region: RegionCode,
    pub(super) made_on: CalendarDate,
    pub(super) weight_mg: u64,
    pub(super) descent: Descent,
}

/// What a lot inherits of those it is made of.
#[derive(Clone, Default)]
pub(super) struct Descent {
    pub(super) origins: Vec<Origin>,
    pub(super) lineage: Vec<LotRef>,
    pub(super) making: Making,
    pub(super) claims: Claims,
    pub(super) incomplete: bool,
}

/// The name of a new lot of the principal, which must be free.
pub(super) fn new_name(tx: &Tx, number: LocalNo) -> Result<(LotRef, String), Stop> {
    let lot = new_ref(tx.principal, number);
    let name = LotId { number, organisation: tx.organisation.id.clone() }.to_string();
    if tx.exists(&key::lot(lot))? {
        return Err(Rejection::LotExists { lot: name }.into());
    }
    Ok((lot, name))
}

/// Begins a lot with its first event; the caller adds what is particular and stores it.
pub(super) fn begin(tx: &mut Tx, new: NewLot, document: Digest) -> Result<Found, Stop> {
    let (lot, name) = new_name(tx, new.number)?;
    let Descent { origins, lineage, making, claims, incomplete } = new.descent;
    let record = LotRecord {
        version: 1,
        kind: new.kind,
        state: new.state,
        owner: tx.principal,
        handed_over: false,
        suppliers: Vec::new(),
        transit: None,
        herb: new.herb,
        product: None,
        standard: String::new(),
        region: new.region,
        made_on: new.made_on,
        best_before: None,
        origins,
        lineage,
        making: making.clone(),
        balance: Balance::new(new.weight_mg),
        packed_mg: 0,
        held_packs: 0,
        claims,
        incomplete,
        own_use: false,
        laboratories: Vec::new(),
        test: None,
        certificate: None,
        field: None,
        history: History::default(),
    };
    let mut found = Found { lot, name, record };
    let made = LotMade { kind: new.kind, weight_mg: new.weight_mg, making, incomplete, document };
    found.event(tx, EventBody::LotMade(made));
    Ok(found)
}

/// Digest of all that a document said.
pub(super) fn document_digest(operation: &impl bincode::Encode) -> Digest {
    tagged("bencao/operation/1", &[&encode(operation)])
}

/// Loads the inputs of a new lot by the owner's table, in the order of the document.
pub(super) fn load_inputs(tx: &mut Tx, inputs: &[LotUse], action: LotAction) -> Result<Vec<Found>, Stop> {
    let mut seen = BTreeSet::new();
    let mut loaded = Vec::with_capacity(inputs.len());
    for input in inputs {
        let found = owned(tx, &input.lot, action)?;
        if !seen.insert(found.lot) {
            return Err(Rejection::LotRepeated { lot: found.name }.into());
        }
        found.not_expired(tx.today())?;
        loaded.push(found);
    }
    Ok(loaded)
}

/// M6: origins and lineage are the union of the inputs', with all harvests of an origin; claims survive only if all carry
/// them, 链条不完整 if any is.
pub(super) fn descend(name: &str, inputs: &[(&Found, u64)], making: Making) -> Result<Descent, Rejection> {
    let mut origins: BTreeMap<LotRef, Origin> = BTreeMap::new();
    let mut lineage = BTreeSet::new();
    let mut claims = Claims { gap: !inputs.is_empty(), garden: !inputs.is_empty() };
    let mut incomplete = false;
    for (found, _) in inputs {
        for origin in &found.record.origins {
            let known = origins.entry(origin.lot).or_insert_with(|| origin.clone());
            known.harvested = HarvestPeriod::join(known.harvested, origin.harvested);
        }
        lineage.insert(found.lot);
        lineage.extend(found.record.lineage.iter().copied());
        claims.gap &= found.record.claims.gap;
        claims.garden &= found.record.claims.garden;
        incomplete |= found.record.incomplete;
    }
    check_mixed(name, "origins", ORIGINS_PER_LOT_MAX, origins.len())?;
    check_lineage(name, lineage.len())?;
    let (origins, lineage) = (origins.into_values().collect(), lineage.into_iter().collect());
    Ok(Descent { origins, lineage, making, claims, incomplete })
}

pub(super) fn check_mixed(name: &str, what: &'static str, expected: usize, actual: usize) -> Result<(), Rejection> {
    if actual <= expected {
        return Ok(());
    }
    let (expected, actual) = (expected as u64, actual as u64);
    Err(Rejection::LotTooMixed { lot: name.to_owned(), what, expected, actual })
}

/// No lot descends from more lots than one question may look at.
pub(super) fn check_lineage(name: &str, actual: usize) -> Result<(), Rejection> {
    check_mixed(name, "lineage", LINEAGE_MAX, actual)
}

/// [`Making`] of these inputs.
pub(super) fn making_of(inputs: &[(&Found, u64)], auxiliaries_mg: u64, loss_mg: u64) -> Making {
    let inputs = inputs.iter().map(|(found, mg)| LotInput { lot: found.lot, weight_mg: *mg }).collect();
    Making { inputs, auxiliaries_mg, loss_mg }
}

/// Takes each weight out of its lot, tells the lot where it went, and writes it.
pub(super) fn use_up(
    tx: &mut Tx,
    inputs: Vec<Found>,
    uses: &[LotUse],
    into: LotTarget,
    action: LotAction,
) -> Result<(), Stop> {
    let row = row(action)?;
    for (mut found, used) in inputs.into_iter().zip(uses) {
        found.take(Exit::Used, used.weight_mg, row)?;
        found.event(tx, EventBody::LotUsed(LotUsed { into, weight_mg: used.weight_mg }));
        found.store(tx);
    }
    Ok(())
}

/// Form of a weight: something, and not more than all the herb there is.
pub(super) fn check_weight(field: &'static str, mg: u64) -> Result<(), Rejection> {
    if (1..=WEIGHT_MG_MAX).contains(&mg) {
        return Ok(());
    }
    Err(Rejection::FieldForm { field, expected: "1 to 1000000000000000 milligrams" })
}

/// Form of a loss: may be nothing.
pub(super) fn check_loss(field: &'static str, mg: u64) -> Result<(), Rejection> {
    if mg == 0 { Ok(()) } else { check_weight(field, mg) }
}

/// Form of a list of inputs.
pub(super) fn check_uses(field: &'static str, uses: &[LotUse], min: usize, max: usize) -> Result<(), Rejection> {
    check_count(field, uses.len(), min, max)?;
    uses.iter().try_for_each(|u| check_weight("weight_mg", u.weight_mg))
}

/// Form of inputs of a lot.
pub(super) fn check_inputs(uses: &[LotUse], min: usize) -> Result<(), Rejection> {
    check_uses("inputs", uses, min, INPUTS_PER_LOT_MAX)
}

/// Number of entries of a list.
pub(super) fn check_count(field: &'static str, actual: usize, min: usize, max: usize) -> Result<(), Rejection> {
    if (min..=max).contains(&actual) {
        return Ok(());
    }
    Err(Rejection::EntryCount { field, minimum: min as u64, expected: max as u64, actual: actual as u64 })
}

/// A text that must not be empty.
pub(super) fn check_named(field: &'static str, text: &str) -> Result<(), Rejection> {
    if text.is_empty() {
        return Err(Rejection::FieldForm { field, expected: "not empty" });
    }
    check_text(field, text)
}

/// A name as names are told apart: full-width ASCII as ASCII, small letters, and nothing that nobody sees.
pub(super) fn legible(name: &str) -> String {
    let unseen = |c: &char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    let half_width = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        other => other,
    };
    name.chars().filter(|c| !unseen(c)).map(|c| half_width(c).to_ascii_lowercase()).collect()
}

/// The same without white space: how a name is spaced makes it no other.
pub(super) fn folded(name: &str) -> String {
    legible(name).chars().filter(|c| !c.is_whitespace()).collect()
}
