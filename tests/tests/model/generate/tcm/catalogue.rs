//! Herbs, 饮片 and who may process.

use super::super::{Draft, Generator};
use super::herb;
use crate::cast::*;
use crate::spec::Model;
use bencao_chaincode::tcm::*;
use bencao_chaincode::transaction::*;
use bencao_genesis::{CalendarDate, ProductId};

impl Generator {
    pub(crate) fn register_herbs(&mut self, model: &Model) -> Draft {
        let n = self.random.pick(&[1, 1, 2, 3]);
        let new = n == 3;
        let bill = RegisterHerbs {
            herbs: vec![Herb {
                code: herb(n),
                name: if self.random.one_in(20) { "甘草".into() } else { "红花".into() },
                species: "Carthamus tinctorius L.".into(),
                part: "花".into(),
                newly_introduced: new,
                approval_number: if new && self.random.one_in(3) {
                    "国药准字Z20260009".into()
                } else {
                    String::new()
                },
            }],
        };
        (self.mostly(model, REG), Operation::RegisterHerbs(bill))
    }

    pub(crate) fn define_piece(&mut self, model: &Model) -> Draft {
        let (name, by) = self.random.pick(&[("HH", PIECES), ("HH", PIECES), ("HO", H), ("X", M), ("UNKNOWN", M)]);
        let least = self.random.pick(&[400_000, 400_000, 400_000, 50_000]);
        let bill = DefinePiece {
            product_id: ProductId(name.into()),
            herb: self.some_herb(),
            standard: self.standard_name(model),
            yield_ppm_min: least,
            yield_ppm_max: 1_200_000,
        };
        (self.mostly(model, by), Operation::DefinePiece(bill))
    }

    pub(crate) fn set_scope(&mut self, model: &Model) -> Draft {
        let today = model.today().days();
        let wide = !self.random.one_in(4);
        let crafts = if wide { vec![Craft::Cleaning, Craft::Cutting, Craft::Frying] } else { vec![Craft::Cleaning] };
        let bill = SetProcessingScope {
            organisation: self.somebody(&[PIECES, PIECES, H, W]),
            licence_no: "新20260001".into(),
            crafts,
            valid_from: CalendarDate::from_days(today - 1),
            valid_to: CalendarDate::from_days(today + self.random.pick(&[1, 400])),
        };
        let by = self.random.pick(&[REG, CITY, ELSEWHERE]);
        (self.mostly(model, by), Operation::SetProcessingScope(bill))
    }
}
