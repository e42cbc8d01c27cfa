//! Bills about herbs: one file a file of the model's rules.

mod catalogue;
mod gardens;
mod growing;
mod holding;
mod leaving;
mod making;
mod packing;
mod testing;
mod trade;

use super::Generator;
use crate::cast::{COOP, id};
use crate::spec::Model;
use crate::spec::tcm::{Lot, LotName};
use bencao_chaincode::UnitKey;
use bencao_chaincode::codes::HerbCode;
use bencao_chaincode::tcm::{LocalNo, LotId};
use bencao_chaincode::transaction::LotUse;
use bencao_crypto::{Digest, sm3};
use bencao_genesis::{CalendarDate, OrgId, RegionCode};

pub(super) fn herb(n: usize) -> HerbCode {
    HerbCode::new(&format!("0616041100000000{n}")).expect("17 digits")
}

fn household(n: usize) -> Digest {
    sm3(&[b'h', n as u8])
}

fn county() -> RegionCode {
    RegionCode::parse("650100").expect("a region")
}

fn tcm_code(serial: u64) -> UnitKey {
    UnitKey::parse_canonical(&format!("TCM:A{serial}")).expect("letters and digits")
}

/// The identifier of a household that is a participant itself.
pub(crate) fn person(n: usize) -> OrgId {
    OrgId::parse(&format!("PERSON:{}", household(n))).expect("64 digits")
}

impl Generator {
    fn local(&mut self) -> LocalNo {
        self.documents += 1;
        let n = if self.random.one_in(40) { 1 } else { self.documents };
        LocalNo::new(&format!("L{n}")).expect("letters and digits")
    }

    fn some_herb(&mut self) -> HerbCode {
        herb(self.random.pick(&[1, 1, 1, 1, 2, 3, 4]))
    }

    fn on(&mut self, model: &Model) -> CalendarDate {
        let today = model.today().days();
        CalendarDate::from_days(match self.random.below(25) {
            0 => today + 1,
            1 => today - 40,
            _ => today,
        })
    }

    fn id_of(&self, model: &Model, name: &LotName) -> LotId {
        LotId { number: name.1, organisation: model.firms[name.0].id.clone() }
    }

    /// A lot that fits, or any; its owner with it.
    fn some_lot(&mut self, model: &Model, fits: impl Fn(&Lot) -> bool) -> Option<(LotName, usize)> {
        let fitting: Vec<(LotName, usize)> =
            model.herbs.lots.iter().filter(|(_, l)| fits(l)).map(|(n, l)| (*n, l.owner)).collect();
        let all: Vec<(LotName, usize)> = model.herbs.lots.iter().map(|(n, l)| (*n, l.owner)).collect();
        if all.is_empty() {
            return None;
        }
        let any = self.random.pick(&all);
        Some(if self.random.one_in(15) { any } else { self.random.pick_or(&fitting, any) })
    }

    fn lot_id(&mut self, model: &Model, name: &LotName) -> LotId {
        let nowhere = LotId { number: LocalNo::new("NONE").expect("letters"), organisation: id(COOP) };
        if self.random.one_in(60) { nowhere } else { self.id_of(model, name) }
    }

    fn mg(&mut self, model: &Model, name: &LotName) -> u64 {
        let stock = model.herbs.lots[name].mg.stock().max(1);
        match self.random.below(20) {
            0 => stock + 1,
            1..=8 => stock,
            _ => 1 + self.random.below(stock as usize) as u64,
        }
    }

    /// Lots of one owner, each with a weight.
    fn uses(&mut self, model: &Model, count: usize, fits: impl Fn(&Lot) -> bool) -> Option<(usize, Vec<LotUse>)> {
        let (first, owner) = self.some_lot(model, &fits)?;
        let mut names = vec![first];
        let like = model.herbs.lots[&first].clone();
        while names.len() < count {
            let same = |l: &Lot| l.owner == owner && l.kind == like.kind && l.herb == like.herb && fits(l);
            let (next, _) = self.some_lot(model, same)?;
            names.push(next);
            if !self.random.one_in(12) {
                names.dedup();
                if self.random.one_in(4) {
                    break;
                }
            }
        }
        let mut uses = Vec::new();
        for name in &names {
            uses.push(LotUse { lot: self.lot_id(model, name), weight_mg: self.mg(model, name) });
        }
        Some((owner, uses))
    }
}
