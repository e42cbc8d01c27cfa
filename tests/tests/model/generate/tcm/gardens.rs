//! 定制药园.

use super::super::{Draft, Generator};
use super::{county, herb, household};
use crate::cast::*;
use crate::spec::Model;
use bencao_chaincode::tcm::*;
use bencao_chaincode::transaction::*;
use bencao_crypto::sm3;
use bencao_genesis::CalendarDate;

impl Generator {
    pub(super) fn garden_id(&mut self) -> GardenId {
        let number = if self.random.one_in(10) { "YY-9" } else { "YY-1" };
        GardenId { number: LocalNo::new(number).expect("letters"), organisation: self.somebody(&[M]) }
    }

    pub(crate) fn register_garden(&mut self, model: &Model) -> Draft {
        let today = model.today().days();
        let mut households = vec![household(1), household(2)];
        households.sort();
        let number = self.random.pick(&["YY-1", "YY-1", "YY-2"]);
        let bill = RegisterGarden {
            garden_no: LocalNo::new(number).expect("letters"),
            base_no: "JD-1".into(),
            county: county(),
            poverty_county: true,
            households,
            growers: vec![self.somebody(&[COOP])],
            herbs: vec![herb(self.random.pick(&[1, 1, 1, 4]))],
            area_mu_100: 100,
            contract_from: CalendarDate::from_days(today - 60),
            contract_to: CalendarDate::from_days(today + self.random.pick(&[1, 300])),
            contract: sm3(b"contract"),
            commitments: "优质优价".into(),
            certification: String::new(),
        };
        (self.mostly(model, M), Operation::RegisterGarden(bill))
    }

    pub(crate) fn amend_garden(&mut self, model: &Model) -> Draft {
        let today = model.today().days();
        let mut added = vec![household(3)];
        added.retain(|_| self.random.one_in(2));
        let bill = AmendGarden {
            garden_no: LocalNo::new(self.random.pick(&["YY-1", "YY-1", "YY-9"])).expect("letters"),
            households_added: added,
            households_removed: vec![household(self.random.pick(&[2, 3]))],
            contract_to: CalendarDate::from_days(self.random.pick(&[today + 300, today, today - 100])),
            contract: sm3(b"amended"),
        };
        (self.mostly(model, M), Operation::AmendGarden(bill))
    }

    pub(crate) fn record_benefit(&mut self, model: &Model) -> Draft {
        let bill = RecordBenefit {
            garden: self.garden_id(),
            kind: BenefitKind::PremiumPrice,
            household: Some(household(self.random.below(4))).filter(|_| self.random.one_in(2)),
            granted_on: self.on(model),
            details: sm3(b"benefit"),
        };
        let by = self.random.pick(&[M, M, REG, HEALTH, ELSEWHERE]);
        (self.mostly(model, by), Operation::RecordBenefit(bill))
    }
}
