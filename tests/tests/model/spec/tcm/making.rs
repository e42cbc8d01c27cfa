//! Lots made of lots (M1, M3, M6): 产地初加工、混批、分批、炮制.

use super::super::registry::{Capacity, own};
use super::super::{FirmNo, Model, Refusal, Verdict, ensure};
use super::lots::{Act, Begun};
use super::{HANDLERS, Lot, LotName, Milligrams, Profile, Stage, day, folded, within};
use bencao_chaincode::tcm::LotKind;
use bencao_chaincode::transaction::{BlendLots, LotPart, ProcessAtOrigin, ProcessPieces, ProcessStep, SplitLot};
use bencao_genesis::Role::{DecoctionProducer, Hospital};
use bencao_genesis::{DrugClass, LicenceKind};
use std::collections::BTreeSet;

const PIECE_MAKERS: [Capacity; 2] =
    [own(DecoctionProducer, LicenceKind::DrugProduction), own(Hospital, LicenceKind::MedicalInstitution)];

/// Least output of 产地初加工 and of blending.
const ORIGIN_YIELD_PPM: u32 = 50_000;
const BLEND_YIELD_PPM: u32 = 950_000;
/// From this production date on 饮片 state their 保质期.
const LABEL_RULE: &str = "2025-08-01";

impl Model {
    fn alike<T: PartialEq>(&self, inputs: &[LotName], of: impl Fn(&Lot) -> T) -> Verdict {
        ensure(inputs.iter().all(|i| of(self.lot(i)) == of(self.lot(&inputs[0]))), "lots_differ")
    }

    pub(crate) fn process_at_origin(&mut self, by: FirmNo, bill: &ProcessAtOrigin) -> Verdict {
        self.with_role(by, HANDLERS)?;
        self.past(bill.done_on)?;
        let inputs = self.inputs(by, &bill.inputs, Act::ProcessAtOrigin)?;
        self.alike(&inputs, |l| l.herb.clone())?;
        inputs.iter().try_for_each(|i| self.after_made(i, bill.done_on))?;
        let input: u64 = bill.inputs.iter().map(|u| u.weight_mg).sum();
        ensure(bill.weight_mg + bill.loss_mg == input, "mass_balance")?;
        ensure(within(bill.weight_mg, input, ORIGIN_YIELD_PPM, 1_000_000), "yield_out_of_band")?;
        let mut new = self.inherit(&inputs)?;
        new.handed_over = inputs.iter().all(|i| self.lot(i).handed_over);
        let first = self.lot(&inputs[0]).clone();
        let (number, kind, made_on) = (bill.lot_no, LotKind::Initial, bill.done_on);
        let (herb, region) = (first.herb, first.region);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: bill.weight_mg }, new)?;
        self.use_up(&inputs, &bill.inputs)
    }

    pub(crate) fn blend(&mut self, by: FirmNo, bill: &BlendLots) -> Verdict {
        self.with_role(by, HANDLERS)?;
        self.past(bill.done_on)?;
        let inputs = self.inputs(by, &bill.inputs, Act::Blend)?;
        self.alike(&inputs, |l| (l.kind, l.herb.clone(), l.product, l.standard.clone(), l.own_use))?;
        inputs.iter().try_for_each(|i| self.after_made(i, bill.done_on))?;
        let input: u64 = bill.inputs.iter().map(|u| u.weight_mg).sum();
        ensure(bill.loss_mg < input, "mass_balance")?;
        let mg = input - bill.loss_mg;
        ensure(within(mg, input, BLEND_YIELD_PPM, 1_000_000), "yield_out_of_band")?;
        let mut new = self.inherit(&inputs)?;
        new.handed_over = inputs.iter().all(|i| self.lot(i).handed_over);
        new.best_before = inputs.iter().filter_map(|i| self.lot(i).best_before).min();
        let first = self.lot(&inputs[0]).clone();
        (new.product, new.standard, new.own_use) = (first.product, first.standard, first.own_use);
        let (number, kind, made_on) = (bill.lot_no, first.kind, bill.done_on);
        let (herb, region) = (first.herb, first.region);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg }, new)?;
        self.use_up(&inputs, &bill.inputs)
    }

    pub(crate) fn split(&mut self, by: FirmNo, bill: &SplitLot) -> Verdict {
        let name = self.own_lot(by, &bill.lot, Act::Split)?;
        bill.parts.iter().try_for_each(|part| self.part(by, &name, part).map(|_| ()))
    }

    /// A part is what the whole was, and packages go with their weight.
    pub(super) fn part(&mut self, by: FirmNo, from: &LotName, part: &LotPart) -> Result<LotName, Refusal> {
        let inherited = self.inherit(&[*from])?;
        let whole = self.lot(from).clone();
        let to = (by, part.lot_no);
        ensure(!self.herbs.lots.contains_key(&to), "lot_exists")?;
        let new = Lot {
            lineage: inherited.lineage,
            mg: Milligrams { received: part.weight_mg, ..Milligrams::default() },
            packed: part.packs.iter().filter_map(|c| self.herbs.packets.get(c)).map(|p| p.mg).sum(),
            safe_from: None,
            holds: BTreeSet::new(),
            ..whole.clone()
        };
        let loose = whole.mg.stock() - whole.packed;
        if part.packs.is_empty() {
            ensure(part.weight_mg <= loose || whole.packed == 0, "packs_required")?;
        }
        for code in &part.packs {
            let packet = self.herbs.packets.get_mut(code).filter(|p| p.lot == *from && p.inside.is_none());
            packet.ok_or("pack_not_of_lot")?.lot = to;
        }
        ensure(part.packs.is_empty() || new.packed == part.weight_mg, "part_weight")?;
        let packed_left = whole.packed.saturating_sub(new.packed);
        self.herbs.lots.insert(to, new);
        self.take(from, part.weight_mg, Stage::Consumed, |m| &mut m.used)?;
        let lot = self.lot_mut(from);
        lot.packed = packed_left.min(lot.mg.stock());
        Ok(to)
    }

    pub(crate) fn process_pieces(&mut self, by: FirmNo, bill: &ProcessPieces) -> Verdict {
        self.with_role(by, &[DecoctionProducer, Hospital])?;
        self.past(bill.made_on)?;
        let product = self.product(&bill.product_id)?;
        self.licensed(by, product, &PIECE_MAKERS, "not_producer")?;
        let Profile { herb, standard, least, most } =
            self.herbs.pieces.get(&product).ok_or("piece_not_defined")?.clone();
        // 辅料 are something else than what is sliced.
        let own = [&self.herbs.herbs[&herb].name, &self.products[product].generic_name].map(|name| folded(name));
        let is_own = |given: &str| own.iter().any(|name| !name.is_empty() && folded(given).contains(name.as_str()));
        ensure(!bill.auxiliaries.iter().any(|a| is_own(&a.name)), "lots_differ")?;
        self.execution_standard((by, by), &standard, DrugClass::DecoctionPiece, Some(&herb), bill.made_on)?;
        let scope = self.herbs.scopes.get(&by).filter(|(_, from, to)| (*from..=*to).contains(&self.today()));
        let (crafts, _, _) = scope.ok_or("no_processing_scope")?;
        let covered = |s: &ProcessStep| s.method.craft().is_none_or(|c| crafts.contains(&c));
        ensure(bill.steps.iter().all(covered), "method_out_of_scope")?;
        match bill.best_before {
            Some(day) => ensure(day > bill.made_on, "expiry_before_production")?,
            None => ensure(bill.made_on < day(LABEL_RULE), "best_before_required")?,
        }
        let inputs = self.inputs(by, &bill.inputs, Act::Process)?;
        for input in &inputs {
            self.passed(input)?;
            self.after_made(input, bill.made_on)?;
            let lot = self.lot(input);
            ensure(lot.herb == herb, "lots_differ")?;
        }
        let input: u64 = bill.inputs.iter().map(|u| u.weight_mg).sum();
        let auxiliaries: u64 = bill.auxiliaries.iter().map(|a| a.weight_mg).sum();
        ensure(bill.weight_mg + bill.loss_mg == input + auxiliaries, "mass_balance")?;
        ensure(within(bill.weight_mg, input, least, most), "yield_out_of_band")?;
        let mut new = self.inherit(&inputs)?;
        (new.product, new.best_before, new.handed_over) = (Some(product), bill.best_before, true);
        new.standard = standard;
        new.own_use = !self.firms[by].is(DecoctionProducer);
        let (number, kind, made_on) = (bill.lot_no, LotKind::Piece, bill.made_on);
        let region = self.firms[by].region;
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: bill.weight_mg }, new)?;
        self.use_up(&inputs, &bill.inputs)
    }
}
