//! T17 and T18: holds by the holder's quality organisation, custodians, regulators and customs, and their end.

use super::freeze::term_days;
use super::jurisdiction::{regulates, require_regulator};
use super::records::{HoldKind, HoldRecord, OpenHold, QualityCounters, RecallRecord};
use super::target::{WRITES_PER_TARGET, lift_all, set};
use super::variety::{self, VarietyHold};
use super::{FreezeDecision, HoldLifted, HoldSet};
use crate::admission::check_batch_no;
use crate::codes::UnitKey;
use crate::custody::{Move, check_codes_differ, check_public_text};
use crate::event::{EventBody, History, Subject};
use crate::execute::{ComesDue, Due};
use crate::limits::HOLD_CODES_MAX;
use crate::production::{BatchRecord, is_abroad, region_of, responsible_for};
use crate::registry::NumberRecord;
use crate::rejection::Rejection;
use crate::state::{BatchRef, CaseNo, OrgNo, ProductNo, Stop, Tx, key};
use crate::transaction::{Body, HoldTarget, LiftHold, SetHold, count_writes};
use bencao_genesis::{OrgId, ProductId, RegionCode, Role};
use bincode::{Decode, Encode};

impl SetHold {
    fn target_codes(&self) -> &[UnitKey] {
        match &self.target {
            HoldTarget::Codes(target) => &target.codes,
            _ => &[],
        }
    }
}

impl Body for SetHold {
    fn codes(&self) -> Vec<UnitKey> {
        self.target_codes().to_vec()
    }

    fn codes_count(&self) -> usize {
        self.target_codes().len()
    }

    /// Each target, the hold, the counters, and two deadlines.
    fn writes_bound(&self) -> u32 {
        count_writes(self.target_codes().len().max(1)).saturating_mul(WRITES_PER_TARGET).saturating_add(4)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_reason(&self.reason)?;
        if self.kind.is_final() && (self.until.is_some() || self.evidence.is_none()) {
            return Err(Rejection::FieldForm { field: "evidence", expected: "SM3 of the decision, and no end" });
        }
        match &self.target {
            HoldTarget::Batch(target) => check_batch_no(&target.batch_no),
            HoldTarget::Codes(target) => check_hold_codes(&target.codes, 1),
            HoldTarget::Product(_) | HoldTarget::Organisation(_) | HoldTarget::Herb(_) => Ok(()),
        }
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        set_hold(tx, self)
    }
}

impl Body for LiftHold {
    /// As many targets as a hold may have.
    fn writes_bound(&self) -> u32 {
        count_writes(HOLD_CODES_MAX).saturating_mul(WRITES_PER_TARGET).saturating_add(3)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_reason(&self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        lift_hold(tx, self)
    }
}

/// A reason that says something.
pub(super) fn check_reason(reason: &str) -> Result<(), Rejection> {
    check_public_text("reason", reason)
}

pub(super) fn check_hold_codes(codes: &[UnitKey], least: usize) -> Result<(), Rejection> {
    if (least..=HOLD_CODES_MAX).contains(&codes.len()) {
        return Ok(());
    }
    Err(Rejection::FieldForm { field: "codes", expected: "1 to 500 codes; for more, name the batch" })
}

/// The next number for a hold, recall or proposal. One write.
pub(super) fn next_case(tx: &mut Tx) -> Result<(CaseNo, QualityCounters), Stop> {
    let counters: Option<QualityCounters> = tx.load(&key::quality_counters())?;
    let mut counters = counters.unwrap_or(QualityCounters { version: 1, cases: 0, last_recall: CaseNo::default() });
    counters.cases = counters.cases.saturating_add(1);
    tx.store(key::quality_counters(), &counters);
    Ok((CaseNo(counters.cases), counters))
}

/// A product by name.
pub(crate) fn find_product(tx: &Tx, id: &ProductId) -> Result<ProductNo, Stop> {
    let number: Option<NumberRecord> = tx.load(&key::product_number(id))?;
    Ok(ProductNo(number.ok_or_else(|| Rejection::UnknownProduct { product: id.0.clone() })?.number))
}

/// A batch by product and 产品批号.
pub(crate) fn find_batch(tx: &Tx, id: &ProductId, batch_no: &str) -> Result<BatchRef, Stop> {
    let product = find_product(tx, id)?;
    let number: Option<NumberRecord> = tx.load(&key::batch_number(product, batch_no))?;
    let unknown = || Rejection::UnknownBatch { product: id.0.clone(), batch: batch_no.to_owned() };
    Ok(BatchRef { product, number: number.ok_or_else(unknown)?.number })
}

/// A member by identifier.
pub(crate) fn find_organisation(tx: &Tx, id: &OrgId) -> Result<OrgNo, Stop> {
    let number: Option<NumberRecord> = tx.load(&key::organisation_number(id))?;
    Ok(OrgNo(number.ok_or_else(|| Rejection::UnknownParty { actual: id.clone() })?.number))
}

/// A target with what decides who may hold it.
struct Aim {
    subject: Subject,
    /// Holder or who acts here for it, producer of the batch, custodian of what is not on its way, as far as there are
    /// any.
    parties: Vec<OrgNo>,
    /// Their regions; of a holder abroad also that of who is responsible for it here.
    regions: Vec<RegionCode>,
    /// Whether it is a batch that waits for its 批签发.
    awaits_lot_release: bool,
}

impl Aim {
    fn new(subject: Subject, parties: Vec<OrgNo>, regions: Vec<RegionCode>) -> Aim {
        Aim { subject, parties, regions, awaits_lot_release: false }
    }
}

/// Executes the operation. Order of checks: each target known, in the order of the bill; then who may set this kind on
/// it; not at its end; then the end is not past; then the number of holds on it.
fn set_hold(tx: &mut Tx, operation: &SetHold) -> Result<(), Stop> {
    let aims = aims(tx, operation)?;
    for aim in &aims {
        check_setter(tx, operation, aim)?;
    }
    let now = tx.context.time;
    if let Some(until) = operation.until.filter(|until| *until <= now) {
        return Err(Rejection::TimePast { expected: now, actual: until }.into());
    }
    let (case, _) = next_case(tx)?;
    let decision_due = term_days(tx, operation.kind, false).map(|days| now.plus_ms(days_ms(days)));
    let bit = operation.kind.bit();
    // A 批签发机构 decides as an authority does (《疫苗管理法》 Art. 26).
    let decides = operation.kind == HoldKind::LotReleaseRefused;
    let by_authority = decides || Role::DEPARTMENTS.iter().any(|r| tx.organisation.has_role(*r));
    let event = EventBody::HoldSet(HoldSet { case, kind: Some(operation.kind), recall_class: 0 });
    for aim in &aims {
        let hold = OpenHold { case, bit, by_authority };
        match (aim.subject, &operation.target) {
            (Subject::Herb(herb), HoldTarget::Herb(target)) => {
                variety::set(tx, herb, VarietyHold { hold, region: target.region }, event.clone())?;
            }
            (subject, _) => set(tx, subject, hold, event.clone())?,
        }
    }
    let record = HoldRecord {
        version: 1,
        kind: Some(operation.kind),
        bit,
        targets: aims.iter().map(|aim| aim.subject).collect(),
        setter: tx.principal,
        set_at: now,
        reason: operation.reason.clone(),
        evidence: operation.evidence,
        until: operation.until,
        decision_due,
        test_report: None,
        decision: None,
        lifted: None,
        history: History::default(),
    };
    tx.store(key::hold(case), &record);
    if let Some(until) = record.until {
        tx.set_deadline(until, Due::HoldEnd(HoldEnd { hold: case }));
    }
    if let Some(due) = decision_due {
        tx.set_deadline(due, Due::FreezeDecision(FreezeDecision { hold: case }));
    }
    Ok(())
}

pub(super) fn days_ms(days: u32) -> u64 {
    u64::from(days).saturating_mul(86_400_000)
}

fn aims(tx: &mut Tx, operation: &SetHold) -> Result<Vec<Aim>, Stop> {
    match &operation.target {
        HoldTarget::Codes(target) => {
            check_codes_differ(&target.codes)?;
            target.codes.iter().map(|code| unit_aim(tx, *code)).collect()
        }
        HoldTarget::Batch(target) => {
            let batch = find_batch(tx, &target.product_id, &target.batch_no)?;
            let awaits_lot_release = awaits_lot_release(tx, batch)?;
            let mut aim = Aim { awaits_lot_release, ..product_aim(tx, Subject::Batch(batch), batch.product)? };
            aim.parties.push(tx.must_load::<BatchRecord>(&key::batch(batch))?.producer);
            Ok(vec![aim])
        }
        HoldTarget::Product(target) => {
            let product = find_product(tx, &target.product_id)?;
            Ok(vec![product_aim(tx, Subject::Product(product), product)?])
        }
        HoldTarget::Organisation(target) => {
            let number = find_organisation(tx, &target.organisation)?;
            let region = tx.organisation_record(number)?.jurisdiction;
            Ok(vec![Aim::new(Subject::Organisation(number), Vec::new(), vec![region])])
        }
        HoldTarget::Herb(target) => {
            if !tx.exists(&key::herb(target.herb))? {
                return Err(Rejection::UnknownHerb { herb: target.herb.to_string() }.into());
            }
            let subject = Subject::Herb(target.herb);
            Ok(vec![Aim::new(subject, Vec::new(), vec![target.region])])
        }
    }
}

fn product_aim(tx: &mut Tx, subject: Subject, product: ProductNo) -> Result<Aim, Stop> {
    let record = tx.product(product)?;
    let (own, here) = (tx.organisation_record(record.holder)?.jurisdiction, region_of(tx, &record)?);
    let responsible = responsible_for(tx, &record)?;
    let parties = std::iter::once(record.holder).chain(responsible).collect();
    Ok(Aim::new(subject, parties, vec![own, here]))
}

/// Made here and not released, or released abroad: what came on this market is recalled instead.
fn awaits_lot_release(tx: &mut Tx, reference: BatchRef) -> Result<bool, Stop> {
    let batch: BatchRecord = tx.must_load(&key::batch(reference))?;
    let product = tx.product(reference.product)?;
    let on_market = batch.released && !is_abroad(&product.master.holder);
    let classes = &tx.law(RegionCode::NATION).production.lot_release_classes;
    Ok(classes.contains(&product.master.class) && !on_market)
}

fn unit_aim(tx: &mut Tx, code: UnitKey) -> Result<Aim, Stop> {
    let unit = Move::load(tx, code)?;
    if unit.lifecycle.is_terminal() {
        return Err(Rejection::WrongState { code, expected: "not terminal", actual: unit.lifecycle.name() }.into());
    }
    unit.not_inside_sold()?;
    // Of a logistic package that was used before, what is inside now.
    let own = unit.own()?;
    let (product, producer, custodian) = (own.reference.product, own.batch.producer, unit.standing.custodian());
    let mut aim = product_aim(tx, Subject::Unit(code), product)?;
    aim.parties.push(producer);
    // Nobody locks what it has sold and sent: on its way it is no longer in the sender's hands.
    if unit.standing.transit().is_none() {
        aim.parties.push(custodian);
    }
    aim.regions.push(tx.organisation_record(custodian)?.jurisdiction);
    Ok(aim)
}

/// Who may set which hold on what.
///
/// | Kind | Target | By |
/// |---|---|---|
/// | regulator_freeze | any | drug regulator of holder, custodian or organisation; of the whole region of a variety |
/// | emergency_control | any | the same, of a province or the nation |
/// | quality_suspect | codes, batch, product | holder; producer of the batch; custodian of codes not on their way |
/// | licence_lock | organisation | drug regulator of it |
/// | registration_cancelled | product | drug regulator of the nation, or of the province of the holder |
/// | lot_release_refused | unreleased batch of a class with 批签发 | the same; 批签发机构 that the nation's law names |
/// | foreign_notification | codes, batch, product | holder; drug regulator of it; customs |
/// | foreign_notification | herb | drug regulator or customs of the whole region |
fn check_setter(tx: &Tx, operation: &SetHold, aim: &Aim) -> Result<(), Rejection> {
    let on_organisation = matches!(aim.subject, Subject::Organisation(_));
    let is_party = aim.parties.contains(&tx.principal);
    let fits = match operation.kind {
        HoldKind::RegulatorFreeze => return require_regulator(&tx.organisation, &aim.regions),
        // By the drug regulators of the nation and the provinces only (《药品管理法》 Art. 81).
        HoldKind::EmergencyControl if tx.organisation.jurisdiction.is_provincial() => {
            return require_regulator(&tx.organisation, &aim.regions);
        }
        HoldKind::LicenceLock if on_organisation => return require_regulator(&tx.organisation, &aim.regions),
        HoldKind::QualitySuspect => is_party && !on_organisation,
        HoldKind::ForeignNotification if matches!(aim.subject, Subject::Herb(_)) => {
            let customs = tx.organisation.has_role(Role::Customs);
            let answers = aim.regions.iter().all(|region| tx.organisation.jurisdiction.contains(region));
            regulates(&tx.organisation, &aim.regions) || (customs && answers)
        }
        HoldKind::ForeignNotification => {
            let authority = tx.organisation.has_role(Role::Customs) || regulates(&tx.organisation, &aim.regions);
            (is_party || authority) && !on_organisation
        }
        HoldKind::RegistrationCancelled => decides(tx, aim) && matches!(aim.subject, Subject::Product(_)),
        HoldKind::LotReleaseRefused => {
            let institutions = &tx.law(RegionCode::NATION).production.lot_release_institutions;
            aim.awaits_lot_release && (decides(tx, aim) || institutions.contains(&tx.organisation.id))
        }
        HoldKind::LicenceLock | HoldKind::EmergencyControl => false,
    };
    if fits {
        return Ok(());
    }
    Err(Rejection::HoldNotAllowed { organisation: tx.organisation.id.clone(), actual: operation.kind.name() })
}

/// A drug regulator of the nation, or of the province of the holder: who registers drugs and orders their 批签发.
fn decides(tx: &Tx, aim: &Aim) -> bool {
    tx.organisation.jurisdiction.is_provincial() && regulates(&tx.organisation, &aim.regions)
}

/// Executes the operation. Order of checks: hold known, not lifted, who; a recall's only once it is completed.
fn lift_hold(tx: &mut Tx, operation: &LiftHold) -> Result<(), Stop> {
    let case = operation.hold;
    let record: Option<HoldRecord> = tx.load(&key::hold(case))?;
    let record = record.ok_or(Rejection::UnknownCase { actual: case.0 })?;
    if record.lifted.is_some() {
        return Err(Rejection::HoldEnded { actual: case.0 }.into());
    }
    check_lifter(tx, &record)?;
    if let Some(recall) = tx.load::<RecallRecord>(&key::recall(case))?
        && recall.completed_at.is_none()
    {
        return Err(Rejection::RecallOpen { actual: case.0 }.into());
    }
    let event = EventBody::HoldLifted(HoldLifted { case, reason: operation.reason.clone() });
    end(tx, case, record, &event)
}

/// Who set it, or [`is_above`] who did; of what the nation or a province decides, one of these.
fn check_lifter(tx: &mut Tx, record: &HoldRecord) -> Result<(), Stop> {
    if record.setter == tx.principal {
        return Ok(());
    }
    let high = tx.organisation.jurisdiction.is_provincial();
    let may = high || !record.kind.is_some_and(HoldKind::is_final);
    if may && is_above(tx, record.setter)? {
        return Ok(());
    }
    let expected = tx.organisation_record(record.setter)?.id.clone();
    Err(Rejection::NotHoldSetter { expected, actual: tx.organisation.id.clone() }.into())
}

/// Whether the principal is a drug regulator whose region contains that of the regulator who set a hold or ordered a
/// recall, and is wider; for one of an enterprise, a drug regulator of it.
pub(super) fn is_above(tx: &mut Tx, setter: OrgNo) -> Result<bool, Stop> {
    let setter = tx.organisation_record(setter)?;
    let (own, theirs) = (tx.organisation.jurisdiction, setter.jurisdiction);
    let peer = setter.has_role(Role::DrugRegulator) && own == theirs;
    Ok(regulates(&tx.organisation, &[theirs]) && !peer)
}

/// Takes it from its targets and clears its deadlines.
fn end(tx: &mut Tx, case: CaseNo, mut record: HoldRecord, event: &EventBody) -> Result<(), Stop> {
    lift_all(tx, case, &record, event)?;
    record.lifted = Some((tx.context.time, tx.principal));
    tx.store(key::hold(case), &record);
    if let Some(until) = record.until {
        tx.clear_deadline(until, &Due::HoldEnd(HoldEnd { hold: case }))?;
    }
    if let Some(due) = record.decision_due.filter(|_| record.decision.is_none()) {
        tx.clear_deadline(due, &Due::FreezeDecision(FreezeDecision { hold: case }))?;
    }
    Ok(())
}

/// The stated end of a hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct HoldEnd {
    /// The hold.
    pub hold: CaseNo,
}

impl ComesDue for HoldEnd {
    fn come_due(&self, tx: &mut Tx) -> Result<(), Stop> {
        let record: HoldRecord = tx.must_load(&key::hold(self.hold))?;
        let event = EventBody::HoldLifted(HoldLifted { case: self.hold, reason: String::new() });
        end(tx, self.hold, record, &event)
    }
}
