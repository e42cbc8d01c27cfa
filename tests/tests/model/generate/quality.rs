//! Bills of quality organisations and regulators.

use super::{Draft, Generator};
use crate::cast::*;
use crate::spec::quality::Case;
use crate::spec::{Model, State, Unit};
use bencao_chaincode::quality::{HoldKind, RecallKind};
use bencao_chaincode::state::CaseNo;
use bencao_chaincode::transaction::*;
use bencao_crypto::sm3;
use bencao_genesis::{ProductId, RegionCode, TimestampMs};

const REGULATORS: [usize; 5] = [REG, REG, CITY, NATION, ELSEWHERE];

impl Generator {
    pub(crate) fn set_hold(&mut self, model: &Model) -> Draft {
        let kind = self.random.pick(&[
            HoldKind::RegulatorFreeze,
            HoldKind::EmergencyControl,
            HoldKind::QualitySuspect,
            HoldKind::QualitySuspect,
            HoldKind::LicenceLock,
            HoldKind::ForeignNotification,
            HoldKind::RegistrationCancelled,
            HoldKind::LotReleaseRefused,
        ]);
        let batch = model.batches.get(self.random.below(model.batches.len().max(1)));
        let product = batch.map_or(ProductId("X".into()), |b| model.products[b.product].id.clone());
        let product = if self.random.one_in(40) { ProductId("UNKNOWN".into()) } else { product };
        let number = batch.filter(|_| !self.random.one_in(30)).map_or("B0".into(), |b| b.number.clone());
        let at = match kind {
            HoldKind::RegistrationCancelled if !self.random.one_in(6) => 1,
            HoldKind::LotReleaseRefused if !self.random.one_in(6) => 0,
            _ => self.random.below(10),
        };
        let (target, custodian) = match at {
            0 => (HoldTarget::Batch(BatchTarget { product_id: product, batch_no: number }), M),
            1 => (HoldTarget::Product(ProductTarget { product_id: product }), M),
            2 | 3 => {
                let organisation = self.somebody(&[W, P, H, M, KEEPER]);
                (HoldTarget::Organisation(OrganisationTarget { organisation }), M)
            }
            4 => {
                let region = self.random.pick(&["000000", "650000", "650100", "110000"]);
                let region = RegionCode::parse(region).expect("a region");
                let herb = super::tcm::herb(self.random.pick(&[1, 1, 2, 4]));
                (HoldTarget::Herb(HerbTarget { herb, region }), CUSTOMS)
            }
            _ => {
                let codes = self.codes(model, |_, u| !u.state.is_terminal());
                let custodian = self.custodian(model, &codes);
                (HoldTarget::Codes(CodesTarget { codes }), custodian)
            }
        };
        let by = match kind {
            HoldKind::RegulatorFreeze | HoldKind::EmergencyControl | HoldKind::LicenceLock => {
                self.random.pick(&REGULATORS)
            }
            HoldKind::RegistrationCancelled | HoldKind::LotReleaseRefused => self.random.pick(&REGULATORS),
            HoldKind::QualitySuspect => self.random.pick(&[M, custodian]),
            HoldKind::ForeignNotification => self.random.pick(&[M, CUSTOMS, REG]),
        };
        // What is wide ends soon, or nothing would move any more.
        let wide = !matches!(target, HoldTarget::Codes(_));
        let until = match self.random.below(40) {
            0 => Some(TimestampMs(model.now)),
            _ if wide || self.random.one_in(3) => {
                Some(TimestampMs(model.now + self.random.pick(&[9_000, 20_000, DAY])))
            }
            _ => None,
        };
        let (until, evidence) = if kind.is_final() { (None, Some(self.digest())) } else { (until, None) };
        let bill = SetHold { kind, target, reason: "检查发现问题".into(), evidence, until };
        (self.mostly(model, by), Operation::SetHold(bill))
    }

    /// Number and setter of a hold; mostly an open one.
    fn some_hold(&mut self, model: &Model, fits: impl Fn(&crate::spec::quality::HoldCase) -> bool) -> (u32, usize) {
        let fitting = |(number, case): (&u32, &Case)| case.as_hold().filter(|h| fits(h)).map(|h| (*number, h.setter));
        let all: Vec<(u32, usize)> = model.cases.iter().filter_map(fitting).collect();
        if self.random.one_in(30) {
            return (self.random.below(model.cases.len() + 2) as u32, M);
        }
        self.random.pick_or(&all, (1, M))
    }

    pub(crate) fn lift_hold(&mut self, model: &Model) -> Draft {
        let open = !self.random.one_in(12);
        let (number, setter) = self.some_hold(model, |h| h.lifted != open);
        let by = if self.random.one_in(6) { self.random.pick(&REGULATORS) } else { setter };
        let bill = LiftHold { hold: CaseNo(number), reason: "问题已排除".into() };
        (self.mostly(model, by), Operation::LiftHold(bill))
    }

    pub(crate) fn decide_freeze(&mut self, model: &Model) -> Draft {
        let (number, setter) = self.some_hold(model, |h| h.is_freeze);
        let decided = self.random.one_in(2);
        let bill = DecideFreeze {
            hold: CaseNo(number),
            test_report: Some(self.digest()).filter(|_| !decided),
            decision: Some(self.digest()).filter(|_| decided),
        };
        (self.mostly(model, setter), Operation::DecideFreeze(bill))
    }

    pub(crate) fn start_recall(&mut self, model: &Model) -> Draft {
        let opened: Vec<&Unit> = model.units.values().filter(|u| u.state == State::Partial).collect();
        let mut number = self.random.below(model.batches.len().max(1));
        // What was opened goes back, too.
        let of_opened = !opened.is_empty() && self.random.one_in(3);
        if of_opened {
            number = self.random.pick(&opened).batch;
        }
        let Some(batch) = model.batches.get(number) else { return self.commission(model) };
        let product = &model.products[batch.product];
        let kind = self.random.pick(&[RecallKind::Voluntary, RecallKind::Voluntary, RecallKind::Ordered]);
        let (mut batches, mut codes) = (Vec::new(), Vec::new());
        match self.random.below(8) {
            0 => {}
            1 => batches.push(if self.random.one_in(4) { "B0".into() } else { batch.number.clone() }),
            _ => {
                codes = self.codes(model, |_, u| {
                    model.batches[u.batch].product == batch.product && (!of_opened || u.state == State::Partial)
                });
            }
        }
        let bill = StartRecall {
            kind,
            class: 1 + self.random.below(3) as u8,
            product_id: if self.random.one_in(40) { ProductId("UNKNOWN".into()) } else { product.id.clone() },
            batches,
            codes,
            territory: vec![],
            sold_from: None,
            sold_to: None,
            reason: "含量不合格".into(),
            report: None,
            plan: None,
        };
        let by = if kind == RecallKind::Ordered { self.random.pick(&REGULATORS) } else { product.holder };
        (self.mostly(model, by), Operation::StartRecall(bill))
    }

    pub(crate) fn follow_recall(&mut self, model: &Model) -> Draft {
        let open = !self.random.one_in(6);
        let (number, starter) = self.some_hold(model, |h| h.recall.as_ref().is_some_and(|r| r.reported != open));
        let recall = CaseNo(number);
        match self.random.below(4) {
            0 => {
                let parties = vec![self.somebody(&[W, P, H, P2, SITE])];
                let bill = NotifyRecall { recall, parties, publication: None, report: None, plan: None };
                (self.mostly(model, starter), Operation::NotifyRecall(bill))
            }
            1 => {
                let by = self.random.pick(&[W, P, H, P2, SITE]);
                let bill = AcknowledgeRecall { recall, on_hand: 3, note: None };
                (id(by), Operation::AcknowledgeRecall(bill))
            }
            2 => {
                let bill = ReportRecallProgress { recall, report: self.digest() };
                (self.mostly(model, starter), Operation::ReportRecallProgress(bill))
            }
            _ => {
                let report = Some(self.digest()).filter(|_| self.random.one_in(2));
                (self.mostly(model, starter), Operation::CompleteRecall(CompleteRecall { recall, report }))
            }
        }
    }

    fn destruction(&mut self, model: &Model) -> (usize, Destroy) {
        let opened = self.random.one_in(4);
        let codes = self.codes(model, |_, u| match opened {
            true => u.state == State::Partial,
            false => matches!(u.state, State::InStock | State::Blocked),
        });
        let bill = Destroy {
            bill_type: self.random.pick(&[205, 205, 205, 216, 219, 206]),
            reason: 1 + self.random.below(4) as u8,
            executor: sm3(b"executor"),
            supervisor: if self.random.one_in(20) { sm3(b"executor") } else { sm3(b"supervisor") },
            evidence: Some(self.digest()).filter(|_| self.random.one_in(2)),
            codes,
        };
        (self.custodian(model, &bill.codes), bill)
    }

    pub(crate) fn destroy(&mut self, model: &Model) -> Draft {
        let (by, bill) = self.destruction(model);
        (self.mostly(model, by), Operation::Destroy(bill))
    }

    pub(crate) fn propose(&mut self, model: &Model) -> Draft {
        let (custodian, bill) = self.destruction(model);
        let witness = self.somebody(&[NOTARY, REG, CITY, NATION, ELSEWHERE, W]);
        let of_lot = self.lot_destruction(model).filter(|_| self.random.one_in(3));
        let (by, countersigner, bill) = match (self.random.below(3), of_lot) {
            (_, Some((owner, bill))) => (owner, witness, CountersignedBill::DestroyLot(bill)),
            (0, None) => (custodian, witness, CountersignedBill::Destroy(bill)),
            (taken, None) => {
                let sample = CountersignedBill::Sample(Sample { document: self.digest(), codes: bill.codes });
                let regulator = self.random.pick(&[REG, CITY, NATION, ELSEWHERE]);
                let holder = model.firms[custodian].id.clone();
                if taken == 1 { (regulator, holder, sample) } else { (custodian, id(regulator), sample) }
            }
        };
        let countersigner = if self.random.one_in(40) { model.firms[by].id.clone() } else { countersigner };
        let lapses_at = TimestampMs(match self.random.below(30) {
            0 => model.now,
            1 => model.now + 31 * DAY,
            2 => model.now + 4_000,
            _ => model.now + DAY,
        });
        (self.mostly(model, by), Operation::Propose(Propose { countersigner, lapses_at, bill }))
    }

    fn some_proposal(&mut self, model: &Model, open: bool) -> Option<(u32, crate::spec::quality::Proposal)> {
        let found = |(number, case): (&u32, &Case)| match case {
            Case::Proposal(p) if p.open == open => Some((*number, p.clone())),
            _ => None,
        };
        let all: Vec<_> = model.cases.iter().filter_map(found).collect();
        if all.is_empty() { None } else { Some(self.random.pick(&all)) }
    }

    pub(crate) fn countersign(&mut self, model: &Model) -> Draft {
        let open = !self.random.one_in(10);
        let Some((mut number, proposal)) = self.some_proposal(model, open) else { return self.propose(model) };
        let mut bill = proposal.bill.clone();
        match self.random.below(30) {
            0 => number = 0,
            1 => {
                if let CountersignedBill::Sample(sample) = &mut bill {
                    sample.document = sm3(b"another");
                }
            }
            _ => {}
        }
        let by = self.mostly(model, proposal.countersigner);
        (by, Operation::Countersign(Countersign { proposal: CaseNo(number), evidence: None, bill }))
    }

    pub(crate) fn close_proposal(&mut self, model: &Model) -> Draft {
        let open = !self.random.one_in(5);
        let Some((number, proposal)) = self.some_proposal(model, open) else { return self.propose(model) };
        let by = self.random.pick(&[proposal.proposer, proposal.countersigner]);
        let bill = CloseProposal { proposal: CaseNo(number), reason: "不再需要".into() };
        (self.mostly(model, by), Operation::CloseProposal(bill))
    }

    pub(crate) fn report_loss(&mut self, model: &Model) -> Draft {
        let from = if self.random.one_in(4) { State::Partial } else { State::InStock };
        let codes = self.codes(model, |_, u| u.state == from);
        let by = self.custodian(model, &codes);
        let bill_type = self.random.pick(&[214, 214, 214, 215, 220, 205]);
        let bill = ReportLoss { bill_type, reason: self.note(), codes };
        (self.mostly(model, by), Operation::ReportLoss(bill))
    }

    pub(crate) fn accept(&mut self, model: &Model) -> Draft {
        let codes = self.codes(model, |_, u| u.state == State::Blocked);
        let by = self.custodian(model, &codes);
        let bill = QualityAccept { record: self.digest(), codes };
        (self.mostly(model, by), Operation::QualityAccept(bill))
    }
}
