//! Tests and certificates.

use super::super::{Draft, Generator};
use crate::cast::*;
use crate::spec::Model;
use crate::spec::tcm::Lot;
use bencao_chaincode::tcm::*;
use bencao_chaincode::transaction::*;
use bencao_crypto::sm3;

impl Generator {
    pub(crate) fn request_test(&mut self, model: &Model) -> Draft {
        let Some((name, owner)) = self.some_lot(model, |l| l.mg.stock() > 0) else { return self.harvest(model) };
        let laboratory = self.somebody(&[LAB, LAB, LAB, CERT]);
        let bill = RequestTest { lot: self.lot_id(model, &name), laboratory };
        (self.mostly(model, owner), Operation::RequestTest(bill))
    }

    pub(crate) fn test_lot(&mut self, model: &Model) -> Draft {
        // Now and then of what has moved on since a laboratory was asked.
        let late = self.random.one_in(4);
        let right = |l: &Lot| match late {
            true => !l.laboratories.is_empty() || l.passed == Some(false),
            false => l.passed.is_none() && l.mg.stock() > 0 && l.way.is_none(),
        };
        let Some((name, owner)) = self.some_lot(model, right) else { return self.harvest(model) };
        let bill = TestLot {
            lot: self.lot_id(model, &name),
            method: "药典".into(),
            grade: String::new(),
            report_kind: ReportKind::Inspection,
            report: sm3(b"report"),
            passed: !self.random.one_in(if late { 3 } else { 12 }),
            sample_mg: if late && !self.random.one_in(8) { 0 } else { self.random.pick(&[0, 0, 10, 100]) },
            tested_on: self.on(model),
        };
        let by = if late || self.random.one_in(3) { LAB } else { owner };
        (self.mostly(model, by), Operation::TestLot(bill))
    }

    pub(crate) fn certify(&mut self, model: &Model) -> Draft {
        let Some((name, owner)) = self.some_lot(model, |l| !l.certified && !l.handed_over) else {
            return self.harvest(model);
        };
        let (certificate, qr_payload) = (sm3(b"certificate"), sm3(b"qr"));
        let bill = CertifyLot { lot: self.lot_id(model, &name), certificate, qr_payload };
        (self.mostly(model, owner), Operation::CertifyLot(bill))
    }
}
