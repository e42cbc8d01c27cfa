//! 选种、育苗、大田栽培、采收.

use super::super::{FirmNo, Model, Refusal, Verdict, ensure};
use super::lots::{Act, Begun};
use super::{Lot, LotName, Origin, Stage, folded};
use bencao_chaincode::tcm::{FieldWorkKind, GardenId, LocalNo, LotKind};
use bencao_chaincode::transaction::{FieldWork, Harvest, LotUse, Plant, RecordSeed};
use bencao_genesis::CalendarDate;
use bencao_genesis::Role::{self, *};

const GROWERS: &[Role] = &[Grower, DecoctionProducer, MarketingHolder, Producer];

/// 《中医药法》 Art. 22, in part: what the runs spray.
const BANNED: [&str; 3] = ["甲胺磷", "百草枯", "ddt"];

impl Model {
    fn seeds(&self, by: FirmNo, uses: &[LotUse], herb: &str) -> Result<Vec<LotName>, Refusal> {
        let seeds = self.inputs(by, uses, Act::Sow)?;
        ensure(seeds.iter().all(|s| self.lot(s).herb == herb), "lots_differ")?;
        Ok(seeds)
    }

    /// Lineage of what grows from seeds, whose weight is not that of what grows.
    fn grown(&self, seeds: &[LotName]) -> Result<Lot, Refusal> {
        let mut lot = self.blank();
        for seed in seeds {
            lot.lineage.insert(*seed);
            lot.lineage.extend(&self.lot(seed).lineage);
        }
        ensure(lot.lineage.len() <= 256, "lot_too_mixed")?;
        Ok(lot)
    }

    pub(crate) fn record_seed(&mut self, by: FirmNo, bill: &RecordSeed) -> Verdict {
        self.with_role(by, GROWERS)?;
        self.past(bill.made_on)?;
        let herb = self.herb(&bill.herb)?;
        let seeds = self.seeds(by, &bill.raised_from, &herb)?;
        let grown = self.grown(&seeds)?;
        let (number, kind, region, made_on) = (bill.lot_no, bill.kind, bill.region, bill.made_on);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: bill.weight_mg }, grown)?;
        self.use_up(&seeds, &bill.raised_from)
    }

    pub(crate) fn plant(&mut self, by: FirmNo, bill: &Plant) -> Verdict {
        self.with_role(by, GROWERS)?;
        self.past(bill.planted_on)?;
        let herb = self.herb(&bill.herb)?;
        let garden = bill.garden.as_ref().map(|id| self.may_claim(by, id, &herb, bill)).transpose()?;
        // 药材符合GAP要求 is claimed for a base with an entry in force, of who plants or of the garden's sponsor.
        let conforms = self.gap_holds(by, garden, &bill.base_no, bill.planted_on);
        ensure(bill.gap_audit.is_none() || conforms, "gap_filing_required")?;
        let seeds = self.seeds(by, &bill.seeds, &herb)?;
        let mut grown = self.grown(&seeds)?;
        let origin = Origin { lot: (by, bill.lot_no), place: bill.place.clone(), region: bill.region, garden };
        grown.origins.insert(origin);
        (grown.gap, grown.garden) = (bill.gap_audit.is_some(), garden.is_some());
        grown.base = bill.base_no.clone();
        let (number, kind, region, made_on) = (bill.lot_no, LotKind::Plant, bill.region, bill.planted_on);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: 0 }, grown)?;
        self.use_up(&seeds, &bill.seeds)
    }

    fn gap_holds(&self, grower: FirmNo, garden: Option<(FirmNo, LocalNo)>, base: &str, day: CalendarDate) -> bool {
        let sponsor = garden.map(|(sponsor, _)| sponsor);
        std::iter::once(grower).chain(sponsor).any(|firm| self.base_conforms(firm, base, day))
    }

    /// A claim of a garden: contract, herb, member, and who answers for it; then where it is.
    fn may_claim(&self, by: FirmNo, id: &GardenId, herb: &str, bill: &Plant) -> Result<LotName, Refusal> {
        let name = self.garden(id)?;
        let garden = &self.herbs.gardens[&name];
        ensure((garden.from..=garden.to).contains(&bill.planted_on), "garden_contract")?;
        ensure(garden.herbs.iter().any(|h| h == herb), "garden_herb")?;
        ensure(bill.household.is_none_or(|h| garden.households.contains(&h)), "not_garden_member")?;
        let itself = bill.household.is_some_and(|h| self.firms[by].id.as_str() == format!("PERSON:{h}"));
        ensure(itself || name.0 == by || garden.growers.contains(&by), "not_garden_grower")?;
        ensure(garden.county == bill.region, "garden_county")?;
        ensure(garden.base == bill.base_no, "garden_base")?;
        Ok(name)
    }

    pub(crate) fn field_work(&mut self, by: FirmNo, bill: &FieldWork) -> Verdict {
        self.with_role(by, GROWERS)?;
        let name = self.own_lot(by, &bill.lot, Act::FieldWork)?;
        self.past(bill.done_on)?;
        self.after_made(&name, bill.done_on)?;
        // Whatever it is said to be.
        ensure(!BANNED.iter().any(|b| folded(&bill.name).contains(b)), "banned_pesticide")?;
        let lot = self.lot_mut(&name);
        if bill.kind == FieldWorkKind::Pesticide {
            let safe = CalendarDate::from_days(bill.done_on.days() + u32::from(bill.safety_interval_days));
            lot.safe_from = lot.safe_from.max(Some(safe));
        }
        lot.stage = Stage::Growing;
        Ok(())
    }

    pub(crate) fn harvest(&mut self, by: FirmNo, bill: &Harvest) -> Verdict {
        self.with_role(by, GROWERS)?;
        let plants = self.own_lot(by, &bill.plants, Act::Harvest)?;
        self.past(bill.harvested_on)?;
        self.after_made(&plants, bill.harvested_on)?;
        let lot = self.lot(&plants).clone();
        ensure(lot.safe_from.is_none_or(|d| bill.harvested_on >= d), "safety_interval")?;
        let mut new = self.inherit(&[plants])?;
        // A claim ends with the contract.
        if let Some(garden) = lot.origins.first().and_then(|o| o.garden) {
            let contract = &self.herbs.gardens[&garden];
            new.garden &= (contract.from..=contract.to).contains(&bill.harvested_on);
        }
        let garden = lot.origins.first().and_then(|o| o.garden);
        new.gap &= self.gap_holds(plants.0, garden, &lot.base, bill.harvested_on);
        let (number, kind, made_on) = (bill.lot_no, LotKind::Harvest, bill.harvested_on);
        let (herb, region) = (lot.herb, lot.region);
        self.begin(by, Begun { number, kind, herb, region, made_on, mg: bill.weight_mg }, new)?;
        self.lot_mut(&plants).stage = Stage::Growing;
        Ok(())
    }
}
