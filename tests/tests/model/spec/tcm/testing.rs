//! 检验 and 合格证.

use super::super::{FirmNo, Model, Verdict, ensure};
use super::lots::Act;
use super::{LotName, Stage, is_crude};
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
        self.lot_mut(&name).laboratory = Some(laboratory);
        Ok(())
    }

    pub(crate) fn test_lot(&mut self, by: FirmNo, bill: &TestLot) -> Verdict {
        let name = self.lot_name(&bill.lot)?;
        self.in_order(&name, Act::Test)?;
        let named = self.lot(&name).laboratory == Some(by) && self.firms[by].is(Laboratory);
        ensure(self.lot(&name).owner == by || named, "laboratory_not_named")?;
        self.past(bill.tested_on)?;
        self.after_made(&name, bill.tested_on)?;
        let lot = self.lot_mut(&name);
        lot.passed = Some(bill.passed);
        lot.stage = match lot.stage {
            _ if !bill.passed => Stage::Blocked,
            Stage::Harvested | Stage::InitialProcessed | Stage::Processed => Stage::Tested,
            same => same,
        };
        if bill.sample_mg > 0 {
            self.take(&name, bill.sample_mg, Stage::Consumed, |m| &mut m.sampled)?;
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
