//! 检验 and 合格证.

use super::super::{FirmNo, Model, Verdict, ensure};
use super::lots::{Act, Stopped};
use super::{LotName, Stage, is_crude};
use bencao_chaincode::tcm::LotHoldReason;
use bencao_chaincode::transaction::{CertifyLot, RequestTest, TestLot};
use bencao_genesis::Role::Laboratory;

impl Model {
    /// 产地准出
    pub(super) fn may_leave_origin(&self, name: &LotName) -> Verdict {
        let lot = self.lot(name);
        ensure(!is_crude(lot.kind) || lot.handed_over || lot.certified, "exit_certificate_required")
    }

    pub(crate) fn request_test(&mut self, by: FirmNo, bill: &RequestTest) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::RequestTest)?;
        let laboratory = self.firm(&bill.laboratory).ok_or("no_such_member")?;
        self.with_role(laboratory, &[Laboratory])?;
        let named = &mut self.lot_mut(&name).laboratories;
        named.retain(|l| *l != laboratory);
        named.push(laboratory);
        ensure(named.len() <= 4, "entry_count")
    }

    pub(crate) fn test_lot(&mut self, by: FirmNo, bill: &TestLot) -> Verdict {
        let name = self.lot_name(&bill.lot)?;
        let lot = self.lot(&name);
        let failed_by = lot.failed_by();
        // The newest is asked for any report, those before it for failures, who found one for what became of it.
        let named = lot.laboratories.last() == Some(&by) || (!bill.passed && lot.laboratories.contains(&by));
        let asked = self.firms[by].is(Laboratory) && (named || failed_by == Some(by));
        let moved_on = match lot.stage {
            Stage::Blocked => !bill.passed,
            Stage::Destroyed => lot.mg.used + lot.mg.sold > 0,
            Stage::Dispensed | Stage::Consumed | Stage::Exported => true,
            _ => lot.way.is_some(),
        };
        let late = asked && moved_on && bill.sample_mg == 0;
        if late {
            self.in_order_anywhere(&name, Act::Report)?;
        } else {
            self.in_order(&name, Act::Test)?;
        }
        ensure(asked || self.lot(&name).owner == by, "laboratory_not_named")?;
        ensure(!bill.passed || failed_by.is_none_or(|firm| firm == by), "lot_test_failed")?;
        self.past(bill.tested_on)?;
        self.after_made(&name, bill.tested_on)?;
        let lot = self.lot_mut(&name);
        lot.laboratories.retain(|l| *l != by);
        (lot.passed, lot.tested_by) = (Some(bill.passed), Some(by));
        lot.stage = match lot.stage {
            same if late => same,
            _ if !bill.passed => Stage::Blocked,
            Stage::Harvested | Stage::InitialProcessed | Stage::Processed => Stage::Tested,
            same => same,
        };
        if bill.sample_mg > 0 {
            // What others hold does not leave as samples.
            self.not_stopped(&name, Stopped::ByOthers)?;
            self.take(&name, bill.sample_mg, Stage::Consumed, |m| &mut m.sampled)?;
        }
        // A failure holds all that was made of it, until who found it finds otherwise.
        let (reason, lot) = (LotHoldReason::QualitySuspect, self.lot_mut(&name));
        if !bill.passed && lot.has_room(reason) {
            lot.holds.insert((reason, by));
        }
        if bill.passed && failed_by == Some(by) {
            lot.holds.remove(&(reason, by));
        }
        Ok(())
    }

    pub(crate) fn certify(&mut self, by: FirmNo, bill: &CertifyLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Certify)?;
        ensure(!self.lot(&name).handed_over, "lot_left_origin")?;
        self.lot_mut(&name).certified = true;
        Ok(())
    }
}
