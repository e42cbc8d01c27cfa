//! 锁定, 解锁: of a lot, of single packages, and what bites in a lot from elsewhere.

use super::super::{Batch, FirmNo, Model, Verdict, ensure};
use super::{LotName, REGULATORS};
use bencao_chaincode::UnitKey;
use bencao_chaincode::tcm::LotHoldReason;
use bencao_chaincode::transaction::{HoldLot, LiftLotHold};
use bencao_genesis::RegionCode;
use bencao_genesis::Role::Customs;
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

    /// Freeze levels 1 to 3: owner and maker, product, the lot and all that it descends from.
    pub(super) fn is_held_above_packages(&self, name: &LotName) -> bool {
        let lot = self.lot(name);
        let firms = [lot.owner, name.0].iter().any(|f| !self.firms[*f].holds.is_empty());
        let mut product = lot.product.is_some_and(|p| !self.products[p].holds.is_empty());
        let mut regions: BTreeSet<RegionCode> = lot.origins.iter().map(|o| o.region).collect();
        regions.extend([self.firms[lot.owner].region, lot.region]);
        product |= !self.variety_holds(&lot.herb, &regions).is_empty();
        let mut lots = std::iter::once(name).chain(&lot.lineage);
        firms || product || lots.any(|l| !self.lot(l).holds.is_empty())
    }

    /// Holds on a variety that bite in one of these regions.
    fn variety_holds(&self, herb: &str, regions: &BTreeSet<RegionCode>) -> BTreeSet<u32> {
        let bites = |at: &RegionCode| regions.iter().any(|region| at.contains(region));
        let of_herb = self.herbs.frozen.iter().filter(|((of, at), _)| of == herb && bites(at));
        of_herb.flat_map(|(_, cases)| cases.iter().copied()).collect()
    }

    /// Of 饮片 with codes: of the herb in their profile, where their holder is and where their lots grew.
    pub(crate) fn variety_holds_of(&self, batch: &Batch) -> BTreeSet<u32> {
        let Some(profile) = self.herbs.pieces.get(&batch.product) else { return BTreeSet::new() };
        let mut regions = BTreeSet::from([self.firms[self.products[batch.product].holder].region]);
        if let Some((_, _, grown)) = self.herbs.fed.get(&(batch.product, batch.number.clone())) {
            regions.extend(grown);
        }
        self.variety_holds(&profile.herb, &regions)
    }

    pub(super) fn is_held(&self, name: &LotName) -> bool {
        self.is_held_above_packages(name) || self.held_packets(name) > 0
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
            let before = self.lot_mut(&name).holds.insert(bill.reason, by);
            return ensure(before.is_none(), "lot_hold_exists");
        }
        for code in &bill.packs {
            self.packets_of(&name, std::slice::from_ref(code))?;
            let packet = self.herbs.packets.get_mut(code).expect("of the lot");
            ensure(packet.hold.is_none(), "lot_hold_exists")?;
            packet.hold = Some((bill.reason, by));
        }
        Ok(())
    }

    /// Who set it, or an authority of the same kind above it.
    fn may_lift(&self, by: FirmNo, setter: FirmNo) -> Verdict {
        let (own, other) = (&self.firms[by], &self.firms[setter]);
        let same_kind = REGULATORS.iter().any(|r| own.is(*r) && other.is(*r));
        ensure(by == setter || (same_kind && own.region.contains(&other.region)), "lot_hold_other")
    }

    pub(crate) fn lift_lot_hold(&mut self, by: FirmNo, bill: &LiftLotHold) -> Verdict {
        let name = self.lot_name(&bill.lot)?;
        if bill.packs.is_empty() {
            let setter = *self.lot(&name).holds.get(&bill.reason).ok_or("lot_hold_unknown")?;
            self.may_lift(by, setter)?;
            self.lot_mut(&name).holds.remove(&bill.reason);
            return Ok(());
        }
        for code in &bill.packs {
            self.packets_of(&name, std::slice::from_ref(code))?;
            let hold = self.herbs.packets[code].hold.filter(|(reason, _)| *reason == bill.reason);
            let (_, setter) = hold.ok_or("lot_hold_unknown")?;
            self.may_lift(by, setter)?;
            self.herbs.packets.get_mut(code).expect("of the lot").hold = None;
        }
        Ok(())
    }
}
