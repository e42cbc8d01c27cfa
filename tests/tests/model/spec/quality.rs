//! T8, T11–T13, T17, T18: what may not move, what leaves the loop, recalls with their duties (§3.10, §5.1, §5.3).

use super::bills::{self, Carrier};
use super::registry::DEPARTMENTS;
use super::{BatchNo, Condition, FirmNo, Model, ProductNo, Refusal, State, Verdict, codes_differ, ensure};
use bencao_chaincode::UnitKey;
use bencao_chaincode::quality::{HoldKind, RecallKind};
use bencao_chaincode::transaction::*;
use bencao_genesis::{DrugClass, RegionCode, Role};
use std::collections::{BTreeMap, BTreeSet};

/// A kind of hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Hold {
    Recall(u8),
    Freeze,
    Suspect,
    Dispute,
    LicenceLock,
    ImportRejected,
    RegistrationCancelled,
    LotReleaseRefused,
}

impl Hold {
    /// Rule 8: what only goes back, or to its destruction.
    pub(crate) const GOING_BACK: [Hold; 6] = [
        Hold::Recall(1),
        Hold::Recall(2),
        Hold::Recall(3),
        Hold::ImportRejected,
        Hold::RegistrationCancelled,
        Hold::LotReleaseRefused,
    ];

    /// What an authority keeps in sight.
    fn is_watched(&self) -> bool {
        matches!(self, Hold::Recall(_) | Hold::Freeze | Hold::LicenceLock | Hold::LotReleaseRefused)
    }
}

/// What a hold is on.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Target {
    Code(UnitKey),
    Batch(BatchNo),
    Product(ProductNo),
    Firm(FirmNo),
    /// A variety of herb in a region.
    Herb(String, RegionCode),
}

/// What has a number of its own.
#[derive(Clone, Debug)]
pub(crate) enum Case {
    Hold(HoldCase),
    Proposal(Proposal),
}

#[derive(Clone, Debug)]
pub(crate) struct HoldCase {
    pub(crate) kind: Hold,
    pub(crate) targets: Vec<Target>,
    pub(crate) setter: FirmNo,
    /// Set by an authority, or an ordered recall.
    pub(crate) official: bool,
    pub(crate) until: Option<u64>,
    /// Decided by the regulator who froze.
    pub(crate) decided: bool,
    /// Whose test report or expert conclusion is there.
    pub(crate) examined: bool,
    pub(crate) is_freeze: bool,
    pub(crate) lifted: bool,
    pub(crate) recall: Option<Recall>,
}

#[derive(Clone, Debug)]
pub(crate) struct Recall {
    pub(crate) product: ProductNo,
    /// Parties notified; whether they have answered.
    pub(crate) notices: BTreeMap<FirmNo, bool>,
    pub(crate) completed: bool,
    pub(crate) reported: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) proposer: FirmNo,
    pub(crate) countersigner: FirmNo,
    pub(crate) bill: CountersignedBill,
    pub(crate) lapses_at: u64,
    pub(crate) open: bool,
}

impl Case {
    pub(crate) fn as_hold(&self) -> Option<&HoldCase> {
        match self {
            Case::Hold(hold) => Some(hold),
            Case::Proposal(_) => None,
        }
    }
}

/// Open holds on one target, and those of firms among them.
const HOLDS_MAX: usize = 40;
const FIRMS_HOLDS_MAX: usize = 16;
const FIRMS_RECALLS_MAX: usize = 8;
/// Recalls of one product that are not completed.
const RECALLS_MAX: usize = 64;
/// Longest wait of a proposal: 30 days.
const PROPOSAL_MS: u64 = 30 * 24 * 3_600_000;

impl Model {
    fn next_case(&self) -> u32 {
        self.cases.keys().last().map_or(1, |last| last + 1)
    }

    fn hold_case(&self, case: u32) -> Result<&HoldCase, Refusal> {
        self.cases.get(&case).and_then(Case::as_hold).ok_or("unknown_case")
    }

    /// What comes due by itself: ends of holds, and proposals that nobody countersigned.
    pub(crate) fn come_due(&mut self) {
        for number in self.cases.keys().copied().collect::<Vec<_>>() {
            match &self.cases[&number] {
                Case::Hold(hold) if !hold.lifted && hold.until.is_some_and(|t| t <= self.now) => self.end_hold(number),
                Case::Proposal(p) if p.open && p.lapses_at <= self.now => self.close_case(number),
                _ => {}
            }
        }
    }

    fn close_case(&mut self, number: u32) {
        if let Some(Case::Proposal(proposal)) = self.cases.get_mut(&number) {
            proposal.open = false;
        }
    }

    fn end_hold(&mut self, number: u32) {
        let Some(Case::Hold(hold)) = self.cases.get_mut(&number) else { return };
        hold.lifted = true;
        for target in hold.targets.clone() {
            self.holds_at(&target).remove(&number);
        }
    }

    fn put_on_hold(&mut self, hold: HoldCase) -> Verdict {
        let number = self.next_case();
        for target in &hold.targets {
            let open = self.holds_at(target).clone();
            let alike = |h: &HoldCase| !h.official && h.recall.is_some() == hold.recall.is_some();
            let of_firms = open.iter().filter(|n| self.cases[n].as_hold().is_some_and(alike)).count();
            let most = if hold.recall.is_some() { FIRMS_RECALLS_MAX } else { FIRMS_HOLDS_MAX };
            ensure(hold.official || of_firms < most, "too_many_holds")?;
            ensure(open.len() < HOLDS_MAX, "too_many_holds")?;
            self.holds_at(target).insert(number);
        }
        self.cases.insert(number, Case::Hold(hold));
        Ok(())
    }

    // T17

    pub(crate) fn set_hold(&mut self, by: FirmNo, bill: &SetHold) -> Verdict {
        let (mut targets, mut aims) = (Vec::new(), Vec::new());
        match &bill.target {
            HoldTarget::Codes(target) => {
                codes_differ(&target.codes)?;
                for code in &target.codes {
                    let unit = self.unit(code)?;
                    ensure(!unit.state.is_terminal(), "wrong_state")?;
                    self.not_inside_sold(code)?;
                    // Of a package that was used before, what is inside now.
                    let own = &self.batches[self.batches_in(code)[0]];
                    let (mut parties, mut regions) = self.aim_at(own.product);
                    parties.push(own.producer);
                    // Who has sent it has it no more.
                    parties.extend(Some(unit.custodian).filter(|_| unit.way.is_none()));
                    regions.push(self.firms[unit.custodian].region);
                    aims.push((parties, regions));
                    targets.push(Target::Code(*code));
                }
            }
            HoldTarget::Batch(target) => {
                let batch = self.batch(&target.product_id, &target.batch_no)?;
                let (mut parties, regions) = self.aim_at(self.batches[batch].product);
                parties.push(self.batches[batch].producer);
                aims.push((parties, regions));
                targets.push(Target::Batch(batch));
            }
            HoldTarget::Product(target) => {
                let product = self.product(&target.product_id)?;
                aims.push(self.aim_at(product));
                targets.push(Target::Product(product));
            }
            HoldTarget::Organisation(target) => {
                let firm = self.firm(&target.organisation).ok_or("unknown_party")?;
                aims.push((Vec::new(), vec![self.firms[firm].region]));
                targets.push(Target::Firm(firm));
            }
            HoldTarget::Herb(target) => {
                let herb = target.herb.to_string();
                ensure(self.herbs.herbs.contains_key(&herb), "unknown_herb")?;
                self.may_hold_variety(by, bill.kind, target.region)?;
                targets.push(Target::Herb(herb, target.region));
            }
        }
        let on_firm = matches!(targets[0], Target::Firm(_));
        for (parties, regions) in &aims {
            self.may_hold(by, bill.kind, on_firm, parties, regions)?;
            self.may_decide(by, bill.kind, &targets[0], regions)?;
        }
        let until = bill.until.map(|t| t.0);
        ensure(until.is_none_or(|t| t > self.now), "time_past")?;
        let kind = match bill.kind {
            HoldKind::RegulatorFreeze | HoldKind::EmergencyControl => Hold::Freeze,
            HoldKind::LicenceLock => Hold::LicenceLock,
            HoldKind::QualitySuspect | HoldKind::ForeignNotification => Hold::Suspect,
            HoldKind::RegistrationCancelled => Hold::RegistrationCancelled,
            HoldKind::LotReleaseRefused => Hold::LotReleaseRefused,
        };
        let is_freeze = kind == Hold::Freeze;
        self.put_on_hold(HoldCase {
            kind,
            targets,
            setter: by,
            official: self.firms[by].is_one_of(&DEPARTMENTS),
            until,
            decided: false,
            examined: false,
            is_freeze,
            lifted: false,
            recall: None,
        })
    }

    fn aim_at(&self, product: ProductNo) -> (Vec<FirmNo>, Vec<RegionCode>) {
        let product = &self.products[product];
        let responsible = self.production.responsible.get(&product.holder);
        let here = *responsible.filter(|_| self.firms[product.holder].is_abroad()).unwrap_or(&product.holder);
        let regions = vec![self.firms[product.holder].region, self.firms[here].region];
        (vec![product.holder, here], regions)
    }

    /// What the nation, or the province of the holder, decides about a product, or a batch that waits for its 批签发.
    fn may_decide(&self, by: FirmNo, kind: HoldKind, target: &Target, regions: &[RegionCode]) -> Verdict {
        let fits = match (kind, target) {
            (HoldKind::RegistrationCancelled, Target::Product(_)) => true,
            (HoldKind::LotReleaseRefused, Target::Batch(batch)) => {
                let batch = &self.batches[*batch];
                let product = &self.products[batch.product];
                let on_market = batch.released && !self.firms[product.holder].is_abroad();
                product.class == DrugClass::Vaccine && !on_market
            }
            (HoldKind::RegistrationCancelled | HoldKind::LotReleaseRefused, _) => false,
            _ => return Ok(()),
        };
        let high = self.firms[by].region.to_string().ends_with("0000");
        ensure(fits && high && self.regulates(by, regions), "hold_not_allowed")
    }

    /// A variety is frozen by who answers for the whole region.
    fn may_hold_variety(&self, by: FirmNo, kind: HoldKind, region: RegionCode) -> Verdict {
        let (regulator, customs) = (self.regulates(by, &[region]), self.firms[by].is(Role::Customs));
        match kind {
            HoldKind::RegulatorFreeze => ensure(regulator, "no_jurisdiction"),
            HoldKind::EmergencyControl => self.may_control(by, regulator),
            HoldKind::ForeignNotification => {
                let answers = self.firms[by].region.contains(&region);
                ensure(regulator || (customs && answers), "hold_not_allowed")
            }
            HoldKind::QualitySuspect
            | HoldKind::LicenceLock
            | HoldKind::RegistrationCancelled
            | HoldKind::LotReleaseRefused => Err("hold_not_allowed"),
        }
    }

    /// Nation and provinces (《药品管理法》 Art. 81).
    fn may_control(&self, by: FirmNo, regulator: bool) -> Verdict {
        ensure(self.firms[by].region.to_string().ends_with("0000"), "hold_not_allowed")?;
        ensure(regulator, "no_jurisdiction")
    }

    fn may_hold(
        &self,
        by: FirmNo,
        kind: HoldKind,
        on_firm: bool,
        parties: &[FirmNo],
        regions: &[RegionCode],
    ) -> Verdict {
        let (party, regulator) = (parties.contains(&by), self.regulates(by, regions));
        match kind {
            HoldKind::RegulatorFreeze => ensure(regulator, "no_jurisdiction"),
            HoldKind::EmergencyControl => self.may_control(by, regulator),
            HoldKind::LicenceLock if on_firm => ensure(regulator, "no_jurisdiction"),
            HoldKind::LicenceLock => Err("hold_not_allowed"),
            HoldKind::QualitySuspect => ensure(party && !on_firm, "hold_not_allowed"),
            HoldKind::RegistrationCancelled | HoldKind::LotReleaseRefused => Ok(()),
            HoldKind::ForeignNotification => {
                let may = party || regulator || self.firms[by].is(Role::Customs);
                ensure(may && !on_firm, "hold_not_allowed")
            }
        }
    }

    // T18

    pub(crate) fn lift_hold(&mut self, by: FirmNo, number: u32) -> Verdict {
        let hold = self.hold_case(number)?;
        ensure(!hold.lifted, "hold_ended")?;
        // What the nation or a province decides, one of these takes back.
        let decided = matches!(hold.kind, Hold::RegistrationCancelled | Hold::LotReleaseRefused);
        let high = self.firms[by].region.to_string().ends_with("0000");
        let superior = (high || !decided) && self.is_above(by, hold.setter);
        ensure(hold.setter == by || superior, "not_hold_setter")?;
        ensure(hold.recall.as_ref().is_none_or(|r| r.completed), "recall_open")?;
        self.end_hold(number);
        Ok(())
    }

    /// A drug regulator of where the other is, and no peer of it.
    fn is_above(&self, by: FirmNo, other: FirmNo) -> bool {
        let (own, other) = (&self.firms[by], &self.firms[other]);
        let peer = other.is(Role::DrugRegulator) && other.region == own.region;
        self.regulates(by, &[other.region]) && !peer
    }

    pub(crate) fn decide_freeze(&mut self, by: FirmNo, bill: &DecideFreeze) -> Verdict {
        let hold = self.hold_case(bill.hold.0)?;
        ensure(hold.is_freeze, "unknown_case")?;
        ensure(!hold.lifted, "hold_ended")?;
        ensure(hold.setter == by, "not_hold_setter")?;
        // Art. 81, 100: the term runs from one report.
        let again = hold.examined && bill.test_report.is_some();
        ensure(!hold.decided && !again, "already_decided")?;
        if let Some(Case::Hold(hold)) = self.cases.get_mut(&bill.hold.0) {
            hold.decided = bill.decision.is_some();
            hold.examined |= bill.test_report.is_some();
        }
        Ok(())
    }

    // Recall (§5.3).

    pub(crate) fn start_recall(&mut self, by: FirmNo, bill: &StartRecall) -> Verdict {
        let product = self.product(&bill.product_id)?;
        let holder = self.products[product].holder;
        match bill.kind {
            RecallKind::Ordered => {
                let responsible = self.production.responsible.get(&holder).filter(|_| self.firms[holder].is_abroad());
                let regions = [self.firms[holder].region, self.firms[*responsible.unwrap_or(&holder)].region];
                ensure(self.regulates(by, &regions), "no_jurisdiction")?;
            }
            RecallKind::Voluntary => ensure(self.acts_for_holder(by, product), "not_holder")?,
        }
        let mut targets = Vec::new();
        for number in &bill.batches {
            targets.push(Target::Batch(self.find_batch(product, number).ok_or("unknown_batch")?));
        }
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            let unit = self.unit(code)?;
            ensure(self.products_in(code) == [product], "wrong_product")?;
            // What is at its end is listed for outreach; no state changes.
            if !unit.state.is_terminal() {
                self.not_inside_sold(code)?;
                targets.push(Target::Code(*code));
            }
        }
        if bill.batches.is_empty() && bill.codes.is_empty() {
            targets.push(Target::Product(product));
        }
        let open = |c: &&Case| {
            let recall = c.as_hold().and_then(|h| h.recall.as_ref());
            recall.is_some_and(|r| r.product == product && !r.completed)
        };
        let ordered = bill.kind == RecallKind::Ordered;
        ensure(ordered || self.cases.values().filter(open).count() < RECALLS_MAX, "too_many_recalls")?;
        let recall = Recall { product, notices: BTreeMap::new(), completed: false, reported: false };
        self.put_on_hold(HoldCase {
            kind: Hold::Recall(bill.class),
            targets,
            setter: by,
            official: bill.kind == RecallKind::Ordered,
            until: None,
            decided: false,
            examined: false,
            is_freeze: false,
            lifted: false,
            recall: Some(recall),
        })
    }

    fn recall(&mut self, number: u32) -> Result<&mut Recall, Refusal> {
        match self.cases.get_mut(&number) {
            Some(Case::Hold(HoldCase { recall: Some(recall), .. })) => Ok(recall),
            _ => Err("unknown_case"),
        }
    }

    /// The holder, who acts for it, who started it, or who is above that authority.
    fn may_run_recall(&mut self, by: FirmNo, number: u32) -> Verdict {
        let product = self.recall(number)?.product;
        let case = self.hold_case(number)?;
        let authority = case.official && self.is_above(by, case.setter);
        ensure(by == case.setter || authority || self.acts_for_holder(by, product), "not_holder")
    }

    pub(crate) fn notify(&mut self, by: FirmNo, bill: &NotifyRecall) -> Verdict {
        let number = bill.recall.0;
        self.may_run_recall(by, number)?;
        ensure(!self.recall(number)?.reported, "recall_closed")?;
        for party in &bill.parties {
            let party = self.firm(party).ok_or("unknown_party")?;
            let before = self.recall(number)?.notices.insert(party, false);
            ensure(before.is_none(), "already_notified")?;
        }
        Ok(())
    }

    pub(crate) fn acknowledge(&mut self, by: FirmNo, number: u32) -> Verdict {
        let notice = self.recall(number)?.notices.get_mut(&by).ok_or("not_notified")?;
        ensure(!*notice, "already_acknowledged")?;
        *notice = true;
        Ok(())
    }

    pub(crate) fn report_progress(&mut self, by: FirmNo, number: u32) -> Verdict {
        self.may_run_recall(by, number)?;
        ensure(!self.recall(number)?.completed, "recall_closed")
    }

    /// Completes an open recall, or files the report of a completed one.
    pub(crate) fn complete(&mut self, by: FirmNo, bill: &CompleteRecall) -> Verdict {
        self.may_run_recall(by, bill.recall.0)?;
        let ordered = self.hold_case(bill.recall.0)?.official;
        let starter = self.hold_case(bill.recall.0)?.setter;
        let decides = !ordered || starter == by || self.is_above(by, starter);
        let recall = self.recall(bill.recall.0)?;
        ensure(!recall.reported, "recall_closed")?;
        ensure(recall.completed || decides, "not_hold_setter")?;
        ensure(!recall.completed || bill.report.is_some(), "recall_closed")?;
        (recall.completed, recall.reported) = (true, bill.report.is_some());
        Ok(())
    }

    // What a bill about goods in the custodian's own hands asks of each code, whatever holds are on it.

    pub(crate) fn at_hand(&self, by: FirmNo, code: &UnitKey) -> Verdict {
        let unit = self.unit(code)?;
        ensure(unit.state != State::Dispensed, "already_dispensed")?;
        self.not_retired(code)?;
        ensure(unit.custodian == by, "not_custodian")?;
        ensure(unit.way.is_none(), "in_transit")?;
        self.not_inside_held(code)?;
        ensure(!self.is_empty_package(code), "empty_package")
    }

    /// The same of what ends before a witness, who sees what is taken out of a package on hold.
    fn ending_in(&self, by: FirmNo, code: &UnitKey, from: &[State]) -> Verdict {
        let unit = self.unit(code)?;
        ensure(unit.state != State::Dispensed, "already_dispensed")?;
        self.not_retired(code)?;
        ensure(unit.custodian == by, "not_custodian")?;
        ensure(unit.way.is_none(), "in_transit")?;
        ensure(!self.is_empty_package(code), "empty_package")?;
        ensure(from.contains(&unit.state), "wrong_state")?;
        self.not_inside_sold(code)
    }

    /// What is left of a package that was handed out by quantity is known of the whole only.
    pub(crate) fn not_inside_sold(&self, code: &UnitKey) -> Verdict {
        ensure(self.units[code].sale.is_some() || self.sale_of(code).is_none(), "inside_package")
    }

    /// Rule 12: what is recalled, frozen or a special drug goes before a witness only; so does what a frozen firm has,
    /// or another keeps for it, and what is in a package on hold.
    pub(crate) fn may_go(&self, by: FirmNo, code: &UnitKey, witnessed: bool) -> Verdict {
        let holds: BTreeSet<Hold> = self.holds_with_owner(by, code);
        ensure(!holds.contains(&Hold::Dispute), "held")?;
        let watched = holds.iter().any(Hold::is_watched);
        let inside = self.not_inside_held(code).is_err() || self.holds_held_unit(code);
        let grave = watched || inside || self.holds_special(code);
        ensure(!grave || witnessed, "countersignature_required")
    }

    pub(crate) fn holds_special(&self, code: &UnitKey) -> bool {
        self.products_in(code).iter().any(|p| self.products[*p].class.is_special())
    }

    /// T13: a special drug, and recalled or frozen goods that are gone, are told at once.
    pub(crate) fn tell_if_grave(&mut self, by: FirmNo, code: &UnitKey, gone: bool) {
        let watched = self.holds_with_owner(self.units[code].custodian, code).iter().any(Hold::is_watched);
        if self.holds_special(code) || (gone && watched) {
            self.tell(by);
        }
    }

    pub(crate) fn at_hand_in(&self, by: FirmNo, code: &UnitKey, from: &[State]) -> Verdict {
        self.at_hand(by, code)?;
        ensure(from.contains(&self.units[code].state), "wrong_state")?;
        self.not_inside_sold(code)
    }

    // T8

    pub(crate) fn accept(&mut self, by: FirmNo, codes: &[UnitKey]) -> Verdict {
        codes_differ(codes)?;
        for code in codes {
            self.at_hand_in(by, code, &[State::Blocked])?;
            ensure(self.holds_with_owner(by, code).is_empty(), "held")?;
            ensure(!self.holds_held_unit(code), "holds_held_unit")?;
            self.not_expired(code)?;
            let unit = &self.units[code];
            ensure(self.sale_of(code).is_none() && unit.condition == Condition::Sound, "not_acceptable")?;
            self.take_out(code);
            self.each(code, |u| u.state = State::InStock);
        }
        Ok(())
    }

    // T12

    pub(crate) fn destroy(&mut self, by: FirmNo, bill: &Destroy, witnessed: bool) -> Verdict {
        let row = bills::bill(bill.bill_type, Carrier::Destroy, &self.firms[by])?;
        ensure(bill.executor != bill.supervisor, "same_person")?;
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            self.ending_in(by, code, &[State::InStock, State::Blocked, State::Partial])?;
            self.may_go(by, code, witnessed)?;
            let expired = self.batches_in(code).iter().any(|b| self.batches[*b].expires_on < self.today());
            let harmless = expired || self.holds_on(code).contains(&Hold::RegistrationCancelled);
            ensure(!harmless || bill.evidence.is_some() || witnessed, "countersignature_required")?;
            self.take_out(code);
            self.each(code, |u| u.state = row.3);
        }
        Ok(())
    }

    // T13

    pub(crate) fn report_loss(&mut self, by: FirmNo, bill: &ReportLoss) -> Verdict {
        let row = bills::bill(bill.bill_type, Carrier::Loss, &self.firms[by])?;
        codes_differ(&bill.codes)?;
        for code in &bill.codes {
            self.at_hand_in(by, code, &[State::InStock, State::Partial])?;
            self.tell_if_grave(by, code, row.3 == State::Lost);
            self.take_out(code);
            self.each(code, |u| {
                u.state = row.3;
                if row.3 == State::Blocked {
                    u.condition = Condition::Damaged;
                }
            });
        }
        Ok(())
    }

    // T11, and bills with two signatures.

    fn sample(&mut self, custodian: FirmNo, codes: &[UnitKey]) -> Verdict {
        codes_differ(codes)?;
        for code in codes {
            self.ending_in(custodian, code, &[State::InStock, State::Blocked, State::Partial])?;
            self.take_out(code);
            self.each(code, |u| u.state = State::Sampled);
        }
        Ok(())
    }

    fn may_witness(&self, witness: FirmNo, owner: FirmNo) -> Verdict {
        let authority = self.regulates(witness, &[self.firms[owner].region]);
        ensure(self.firms[witness].is(Role::Notary) || authority, "not_supervisor")
    }

    /// The bill as it takes effect: of the custodian, before a regulator of its region, or for destruction a notary.
    fn with_two(&mut self, proposer: FirmNo, countersigner: FirmNo, bill: &CountersignedBill) -> Verdict {
        match bill {
            CountersignedBill::Destroy(destroy) => {
                self.may_witness(countersigner, proposer)?;
                self.destroy(proposer, destroy, true)
            }
            CountersignedBill::DestroyLot(destroy) => {
                self.may_witness(countersigner, proposer)?;
                self.destroy_lot(proposer, destroy, Some(countersigner))
            }
            CountersignedBill::Sample(sample) => {
                let region = |firm: FirmNo| [self.firms[firm].region];
                let by_regulator = self.regulates(proposer, &region(countersigner));
                let (regulator, custodian) =
                    if by_regulator { (proposer, countersigner) } else { (countersigner, proposer) };
                ensure(self.regulates(regulator, &region(custodian)), "no_jurisdiction")?;
                self.sample(custodian, &sample.codes)
            }
        }
    }

    pub(crate) fn propose(&mut self, by: FirmNo, bill: &Propose) -> Verdict {
        let countersigner = self.firm(&bill.countersigner).ok_or("unknown_party")?;
        ensure(countersigner != by, "same_party")?;
        ensure(bill.lapses_at.0 > self.now, "time_past")?;
        ensure(bill.lapses_at.0 <= self.now + PROPOSAL_MS, "time_too_far")?;
        self.clone().with_two(by, countersigner, &bill.bill)?;
        let proposal =
            Proposal { proposer: by, countersigner, bill: bill.bill.clone(), lapses_at: bill.lapses_at.0, open: true };
        self.cases.insert(self.next_case(), Case::Proposal(proposal));
        Ok(())
    }

    fn proposal(&self, number: u32) -> Result<Proposal, Refusal> {
        match self.cases.get(&number) {
            Some(Case::Proposal(proposal)) => Ok(proposal.clone()),
            _ => Err("unknown_case"),
        }
    }

    pub(crate) fn countersign(&mut self, by: FirmNo, bill: &Countersign) -> Verdict {
        let proposal = self.proposal(bill.proposal.0)?;
        ensure(proposal.countersigner == by, "not_countersigner")?;
        ensure(proposal.open, "proposal_closed")?;
        ensure(proposal.bill == bill.bill, "another_bill")?;
        self.with_two(proposal.proposer, by, &bill.bill)?;
        self.close_case(bill.proposal.0);
        Ok(())
    }

    /// Withdrawn by its proposer, or declined by its countersigner.
    pub(crate) fn close_proposal(&mut self, by: FirmNo, number: u32) -> Verdict {
        let proposal = self.proposal(number)?;
        ensure(proposal.proposer == by || proposal.countersigner == by, "not_countersigner")?;
        ensure(proposal.open, "proposal_closed")?;
        self.close_case(number);
        Ok(())
    }
}
