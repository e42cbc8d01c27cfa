//! 锁定, 解锁: of a lot, of single packages, and what bites in a lot from elsewhere.

use super::super::quality::Hold;
use super::super::{Batch, FirmNo, Model, Verdict, ensure};
use super::lots::Stopped;
use super::{LotName, REGULATORS};
use bencao_chaincode::UnitKey;
use bencao_chaincode::tcm::LotHoldReason;
use bencao_chaincode::transaction::{HoldLot, LiftLotHold};
use bencao_genesis::RegionCode;
use bencao_genesis::Role::{Customs, DrugRegulator};
use std::collections::BTreeSet;

impl Model {
    /// Packages of a lot that are held: with all around them they are of it.
    pub(crate) fn held_packets(&self, name: &LotName) -> usize {
        if self.lot(name).mg.stock() == 0 {
            return 0;
        }
        self.herbs.packets.iter().filter(|(c, p)| p.hold.is_some() && self.lot_of_packet(c) == *name).count()
    }

    fn lot_of_packet(&self, code: &UnitKey) -> LotName {
        let packet = &self.herbs.packets[code];
        packet.inside.map_or(packet.lot, |around| self.lot_of_packet(&around))
    }

    /// Freeze levels 1 and 2: of the owner and all who made the lot or what it descends from; of its product and its
    /// variety.
    fn holds_above_lots(&self, name: &LotName) -> BTreeSet<Hold> {
        let owner = self.lot(name).owner;
        let mut holds = self.holds_by_descent(name, Some(self.firms[owner].region));
        holds.extend(self.holds_of_firm(owner));
        holds
    }

    /// Levels 1 to 3. `but_of`: whose holds on lots are left out.
    pub(super) fn holds_above_packages(&self, name: &LotName, but_of: Option<FirmNo>) -> BTreeSet<Hold> {
        let mut holds = self.holds_above_lots(name);
        holds.extend(self.holds_on_lots(name, but_of));
        holds
    }

    /// The same whoever has it.
    pub(super) fn holds_of_goods(&self, name: &LotName) -> BTreeSet<Hold> {
        let mut holds = self.holds_by_descent(name, None);
        holds.extend(self.holds_on_lots(name, None));
        holds
    }

    fn descent(&self, name: &LotName) -> BTreeSet<LotName> {
        std::iter::once(*name).chain(self.lot(name).lineage.iter().copied()).collect()
    }

    fn holds_by_descent(&self, name: &LotName, at: Option<RegionCode>) -> BTreeSet<Hold> {
        let lot = self.lot(name);
        let makers: BTreeSet<FirmNo> = self.descent(name).into_iter().map(|(maker, _)| maker).collect();
        let mut holds: BTreeSet<Hold> = makers.into_iter().flat_map(|maker| self.holds_of_firm(maker)).collect();
        if let Some(product) = lot.product {
            holds.extend(self.kinds(&self.products[product].holds));
        }
        let mut regions: BTreeSet<RegionCode> = lot.origins.iter().map(|o| o.region).collect();
        regions.extend(at.into_iter().chain([lot.region]));
        holds.extend(self.kinds(&self.variety_holds(&lot.herb, &regions)));
        holds
    }

    /// Level 3: of itself and all that it descends from.
    fn holds_on_lots(&self, name: &LotName, but_of: Option<FirmNo>) -> BTreeSet<Hold> {
        let mut holds = BTreeSet::new();
        for (reason, by) in self.descent(name).iter().flat_map(|lot| &self.lot(lot).holds) {
            if Some(*by) != but_of {
                let suspect = *reason == LotHoldReason::QualitySuspect;
                holds.insert(if suspect { Hold::Suspect } else { Hold::Freeze });
            }
        }
        holds
    }

    /// All levels; a held package is as good as frozen.
    pub(super) fn holds_of_lot(&self, name: &LotName) -> BTreeSet<Hold> {
        let mut holds = self.holds_above_packages(name, None);
        if self.held_packets(name) > 0 {
            holds.insert(Hold::Freeze);
        }
        holds
    }

    pub(super) fn not_stopped(&self, name: &LotName, stopped: Stopped) -> Verdict {
        let holds = match stopped {
            Stopped::Never => return Ok(()),
            Stopped::AbovePackages => self.holds_above_packages(name, None),
            Stopped::ByOthers => {
                let mut holds = self.holds_above_packages(name, Some(self.lot(name).owner));
                holds.extend((self.held_packets(name) > 0).then_some(Hold::Freeze));
                holds
            }
            Stopped::ByAny => self.holds_of_lot(name),
            Stopped::ByAnyButRecalls => {
                // A lot that failed goes back with all that was made of it.
                let mut holds = self.holds_on_lots(name, None);
                holds.remove(&Hold::Suspect);
                holds.extend(self.holds_above_lots(name));
                holds.extend((self.held_packets(name) > 0).then_some(Hold::Freeze));
                holds.retain(|hold| !Hold::GOING_BACK.contains(hold));
                holds
            }
        };
        ensure(holds.is_empty(), "lot_held")
    }

    /// Holds on a variety that bite in one of these regions.
    fn variety_holds(&self, herb: &str, regions: &BTreeSet<RegionCode>) -> BTreeSet<u32> {
        let bites = |at: &RegionCode| regions.iter().any(|region| at.contains(region));
        let of_herb = self.herbs.frozen.iter().filter(|((of, at), _)| of == herb && bites(at));
        of_herb.flat_map(|(_, cases)| cases.iter().copied()).collect()
    }

    /// Of 饮片 with codes: of the herb in their profile; of 药材: of that of their lots. Where their holder is and where
    /// their lots grew.
    pub(crate) fn variety_holds_of(&self, batch: &Batch) -> BTreeSet<u32> {
        let fed = self.herbs.fed.get(&(batch.product, batch.number.clone()));
        let of_pieces = self.herbs.pieces.get(&batch.product).map(|profile| &profile.herb);
        let Some(herb) = of_pieces.or(fed.and_then(|fed| fed.herb.as_ref())) else { return BTreeSet::new() };
        let mut regions = BTreeSet::from([self.firms[self.products[batch.product].holder].region]);
        if let Some(fed) = fed {
            regions.extend(&fed.grown);
        }
        self.variety_holds(herb, &regions)
    }

    fn packets_of(&self, name: &LotName, codes: &[UnitKey]) -> Verdict {
        let of = |c: &UnitKey| self.herbs.packets.contains_key(c) && self.lot_of_packet(c) == *name;
        ensure(codes.iter().all(of), "pack_not_of_lot")
    }

    pub(crate) fn hold_lot(&mut self, by: FirmNo, bill: &HoldLot) -> Verdict {
        let name = self.lot_name(&bill.lot)?;
        let lot = self.lot(&name);
        match bill.reason {
            LotHoldReason::QualitySuspect => ensure(lot.owner == by, "not_lot_owner")?,
            reason => {
                let foreign = reason == LotHoldReason::ForeignNotification;
                self.with_role(by, if foreign { &[Customs] } else { REGULATORS })?;
                self.answers_for(by, &[self.firms[lot.owner].region, lot.region])?;
            }
        }
        if bill.packs.is_empty() {
            ensure(!lot.holds.contains(&(bill.reason, by)), "lot_hold_exists")?;
            ensure(lot.has_room(bill.reason), "too_many_holds")?;
            self.lot_mut(&name).holds.insert((bill.reason, by));
            return Ok(());
        }
        for code in &bill.packs {
            self.packets_of(&name, std::slice::from_ref(code))?;
            let packet = self.herbs.packets.get_mut(code).expect("of the lot");
            ensure(packet.hold.is_none(), "lot_hold_exists")?;
            packet.hold = Some((bill.reason, by));
        }
        Ok(())
    }

    /// Who set it, or an authority of the same kind above it; a firm's also a drug regulator of it.
    fn may_lift(&self, by: FirmNo, reason: LotHoldReason, setter: FirmNo) -> Verdict {
        let (own, other) = (&self.firms[by], &self.firms[setter]);
        let same_kind = REGULATORS.iter().any(|r| own.is(*r) && other.is(*r));
        let of_firm = reason == LotHoldReason::QualitySuspect && own.is(DrugRegulator);
        ensure(by == setter || ((same_kind || of_firm) && own.region.contains(&other.region)), "lot_hold_other")
    }

    pub(crate) fn lift_lot_hold(&mut self, by: FirmNo, bill: &LiftLotHold) -> Verdict {
        let name = self.lot_name(&bill.lot)?;
        if bill.packs.is_empty() {
            let holds = self.lot(&name).holds.iter().filter(|(reason, _)| *reason == bill.reason);
            let setters: Vec<FirmNo> = holds.map(|(_, by)| *by).collect();
            let first = *setters.first().ok_or("lot_hold_unknown")?;
            // One's own, else the first that may be lifted.
            let may = |setter: &FirmNo| self.may_lift(by, bill.reason, *setter).is_ok();
            let own = setters.contains(&by).then_some(by);
            let setter = own.or_else(|| setters.iter().copied().find(may)).unwrap_or(first);
            self.may_lift(by, bill.reason, setter)?;
            self.lot_mut(&name).holds.remove(&(bill.reason, setter));
            return Ok(());
        }
        for code in &bill.packs {
            self.packets_of(&name, std::slice::from_ref(code))?;
            let hold = self.herbs.packets[code].hold.filter(|(reason, _)| *reason == bill.reason);
            let (_, setter) = hold.ok_or("lot_hold_unknown")?;
            self.may_lift(by, bill.reason, setter)?;
            self.herbs.packets.get_mut(code).expect("of the lot").hold = None;
        }
        Ok(())
    }
}
