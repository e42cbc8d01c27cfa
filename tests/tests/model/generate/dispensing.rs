//! Bills at the counter.

use super::{Draft, Generator};
use crate::cast::*;
use crate::spec::{Model, State};
use bencao_chaincode::transaction::*;

/// Where goods end at a person.
const COUNTERS: [usize; 5] = [P, P2, H, H2, SITE];

impl Generator {
    fn prescription(&mut self) -> Option<Prescription> {
        if self.random.one_in(4) {
            return None;
        }
        // Now and then one that was filled before.
        let again = self.random.one_in(6).then(|| bencao_crypto::sm3(&[self.random.below(3) as u8]));
        Some(Prescription {
            number: again.unwrap_or_else(|| self.digest()),
            reviewer: Some(self.digest()).filter(|_| !self.random.one_in(8)),
            patient: self.random.pick(&[Patient::Ordinary, Patient::ChronicPain, Patient::Inpatient]),
            days: self.random.pick(&[None, Some(0), Some(1), Some(3), Some(7), Some(15)]),
            quantity: self.random.pick(&[None, Some(100_000), Some(400_000), Some(400_000), Some(400_000)]),
            minor: self.random.one_in(10),
        })
    }

    fn bill_type(&mut self, by: usize) -> u16 {
        let usual = match by {
            SITE => 322,
            P | P2 => self.random.pick(&[321, 321, 326, 326]),
            _ => self.random.pick(&[321, 323, 323, 327]),
        };
        if self.random.one_in(10) { self.random.pick(&[321, 322, 323, 326, 327, 320]) } else { usual }
    }

    /// 第三方平台, of a sale online.
    fn platform(&mut self, bill_type: u16) -> Option<bencao_genesis::OrgId> {
        (bill_type == 326 && self.random.one_in(3)).then(|| self.somebody(&[PLATFORM, PLATFORM, PLATFORM, MARKET]))
    }

    pub(crate) fn dispense(&mut self, model: &Model) -> Draft {
        let any_level = self.random.one_in(15);
        let codes = self.codes(model, |_, u| {
            u.state == State::InStock && COUNTERS.contains(&u.custodian) && (u.level == 1 || any_level)
        });
        let by = self.custodian(model, &codes);
        let bill_type = self.bill_type(by);
        let bill = Dispense {
            bill_type,
            bill_time: None,
            prescription: self.prescription(),
            customer: Some(self.digest()),
            vaccinator: Some(self.digest()),
            platform: self.platform(bill_type),
            codes,
        };
        (self.mostly(model, by), Operation::Dispense(bill))
    }

    pub(crate) fn dispense_part(&mut self, model: &Model) -> Draft {
        let begun = self.random.one_in(2);
        let from = if begun { State::Partial } else { State::InStock };
        // Now and then a package: of what is exempt from scanning each unit, or not.
        let any_level = self.random.one_in(5);
        let codes = self.codes(model, |_, u| {
            let exempt = model.products[model.batches[u.batch].product].scan_exempt;
            u.state == from && COUNTERS.contains(&u.custodian) && (u.level == 1 || exempt || any_level)
        });
        let by = self.custodian(model, &codes);
        let part =
            |code| Part { code, quantity: self.random.pick(&[10_000, 40_000, 50_000, 60_000, 100_000, 100_001]) };
        let parts = codes.into_iter().map(part).collect();
        let bill_type = self.bill_type(by);
        let bill = DispensePart {
            bill_type,
            bill_time: None,
            prescription: self.prescription(),
            customer: Some(self.digest()),
            vaccinator: Some(self.digest()),
            platform: self.platform(bill_type),
            parts,
        };
        (self.mostly(model, by), Operation::DispensePart(bill))
    }

    pub(crate) fn reverse(&mut self, model: &Model) -> Draft {
        let codes = self.codes(model, |_, u| u.sale.is_some() && matches!(u.state, State::Dispensed | State::Partial));
        let by = self.custodian(model, &codes);
        (self.mostly(model, by), Operation::ReverseSale(ReverseSale { reason: "录入错误".into(), codes }))
    }

    pub(crate) fn consumer_return(&mut self, model: &Model) -> Draft {
        let codes = self.codes(model, |_, u| u.sale.is_some() && u.state == State::Dispensed);
        let by = self.custodian(model, &codes);
        let bill = ConsumerReturn { reason: "质量问题".into(), details: None, codes };
        (self.mostly(model, by), Operation::ConsumerReturn(bill))
    }
}
