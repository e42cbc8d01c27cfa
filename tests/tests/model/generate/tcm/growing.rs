//! From seed to harvest.

use super::super::{Draft, Generator};
use super::{county, household};
use crate::cast::*;
use crate::spec::Model;
use crate::spec::tcm::Stage;
use bencao_chaincode::tcm::*;
use bencao_chaincode::transaction::*;
use bencao_crypto::sm3;
use bencao_genesis::RegionCode;

impl Generator {
    pub(crate) fn record_seed(&mut self, model: &Model) -> Draft {
        let raised = self.random.one_in(3);
        let seeds = self.uses(model, 1, |l| l.stage == Stage::Seedling).filter(|_| raised);
        let (by, raised_from) = seeds.unwrap_or((self.random.pick(&[COOP, PIECES]), Vec::new()));
        let bill = RecordSeed {
            lot_no: self.local(),
            kind: LotKind::Seed,
            herb: self.some_herb(),
            source: SeedSource::Cultivated,
            region: county(),
            weight_mg: 1 + self.random.below(5_000) as u64,
            raised_from,
            made_on: self.on(model),
        };
        (self.mostly(model, by), Operation::RecordSeed(bill))
    }

    pub(crate) fn plant(&mut self, model: &Model) -> Draft {
        let sown = self.random.one_in(3);
        let seeds = self.uses(model, 1, |l| l.stage == Stage::Seedling).filter(|_| sown);
        let (by, seeds) = seeds.unwrap_or((self.random.pick(&[COOP, COOP, PIECES]), Vec::new()));
        let garden = Some(self.garden_id()).filter(|_| self.random.one_in(2));
        let claimed = garden.is_some() && self.random.one_in(2);
        let bill = Plant {
            lot_no: self.local(),
            herb: self.some_herb(),
            source: SeedSource::Cultivated,
            seeds,
            region: if self.random.one_in(12) { RegionCode::parse("650200").expect("a region") } else { county() },
            place: self.random.pick(&["吉木萨尔", "裕民"]).into(),
            area_mu_100: 100,
            cycle_months: 6,
            planted_on: self.on(model),
            base_no: if self.random.one_in(8) { "JD-2".into() } else { "JD-1".into() },
            garden,
            household: Some(household(self.random.below(4))).filter(|_| claimed),
            gap_audit: Some(sm3(b"gap")).filter(|_| self.random.one_in(2)),
            responsible: sm3(b"person"),
        };
        (self.mostly(model, by), Operation::Plant(bill))
    }

    pub(crate) fn field_work(&mut self, model: &Model) -> Draft {
        let found = self.some_lot(model, |l| matches!(l.stage, Stage::Planted | Stage::Growing));
        let Some((name, owner)) = found else { return self.plant(model) };
        let sprayed = self.random.one_in(2);
        let names = ["吡虫啉", "有机肥", "苦参碱", "40%甲胺磷乳油", "４０％甲 胺　磷", "DDT 粉"];
        let bill = FieldWork {
            lot: self.lot_id(model, &name),
            kind: if sprayed { FieldWorkKind::Pesticide } else { FieldWorkKind::Fertiliser },
            name: self.random.pick(&names).into(),
            amount: "10 kg".into(),
            safety_interval_days: if sprayed { self.random.pick(&[1, 2, 7]) } else { 0 },
            done_on: self.on(model),
            operator: sm3(b"person"),
        };
        (self.mostly(model, owner), Operation::FieldWork(bill))
    }

    pub(crate) fn harvest(&mut self, model: &Model) -> Draft {
        let found = self.some_lot(model, |l| matches!(l.stage, Stage::Planted | Stage::Growing));
        let Some((name, owner)) = found else { return self.plant(model) };
        let bill = Harvest {
            lot_no: self.local(),
            plants: self.lot_id(model, &name),
            harvested_on: self.on(model),
            expected_mg: 1,
            weight_mg: 10_000 + self.random.below(1_000_000) as u64,
        };
        (self.mostly(model, owner), Operation::Harvest(bill))
    }
}
