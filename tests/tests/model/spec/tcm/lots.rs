//! What every rule about lots asks: the stages in which something may be done, the weight, and what a new lot inherits.

use super::super::{FirmNo, Model, Refusal, Verdict, ensure};
use super::{Lot, LotName, Milligrams, Stage, is_crude};
use bencao_chaincode::codes::HerbCode;
use bencao_chaincode::tcm::{LocalNo, LotId, LotKind};
use bencao_chaincode::transaction::LotUse;
use bencao_genesis::{CalendarDate, RegionCode, Role};
use std::collections::BTreeSet;

/// What may be done with a lot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    Sow,
    FieldWork,
    Harvest,
    ProcessAtOrigin,
    RequestTest,
    Test,
    /// A laboratory on what has moved on.
    Report,
    Certify,
    Pack,
    Blend,
    Split,
    Ship,
    Return,
    SellUntraced,
    Process,
    UseInBatch,
    Dispense,
    Export,
    WriteOff,
    Sample,
    Destroy,
}

/// Of which kinds: seeds are sown, plants are tended, 饮片 never become crude herb again.
fn fits(act: Act, kind: LotKind) -> bool {
    use Act::*;
    let seed = matches!(kind, LotKind::Seed | LotKind::Seedling);
    let (plant, piece) = (kind == LotKind::Plant, kind == LotKind::Piece);
    match act {
        Sow => seed,
        FieldWork | Harvest => plant,
        ProcessAtOrigin | Certify | Process => is_crude(kind),
        Dispense => piece,
        Pack | Blend | Split | SellUntraced | UseInBatch | Export => is_crude(kind) || piece,
        RequestTest | Test | Report | Ship | Return | WriteOff | Sample | Destroy => !plant,
    }
}

/// By whose holds an act is stopped (rule 8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stopped {
    ByAny,
    /// What is recalled or failed goes back.
    ByAnyButRecalls,
    /// Not by what its owner set on it.
    ByOthers,
    /// Held packages are parted from the others.
    AbovePackages,
    Never,
}

/// In which stages, and by which holds it is stopped.
fn allowed(act: Act) -> (&'static [Stage], Stopped) {
    use Act::*;
    use Stage::*;
    use Stopped::*;
    const USABLE: &[Stage] = &[Harvested, InitialProcessed, Tested, Packed, Traded];
    const STOCK: &[Stage] = &[Harvested, InitialProcessed, Tested, Packed, Traded, Processed, Distributed];
    const SOUND: &[Stage] = &[Seedling, Harvested, InitialProcessed, Tested, Packed, Traded, Processed, Distributed];
    const ANY: &[Stage] =
        &[Seedling, Harvested, InitialProcessed, Tested, Packed, Traded, Processed, Distributed, Blocked];
    const MOVED_ON: &[Stage] =
        &[Seedling, Packed, Traded, Distributed, Blocked, Dispensed, Destroyed, Consumed, Exported];
    match act {
        Sow => (&[Seedling], ByAny),
        FieldWork | Harvest => (&[Planted, Growing], ByAny),
        ProcessAtOrigin | Certify | SellUntraced => (USABLE, ByAny),
        RequestTest | Sample | Destroy => (ANY, Never),
        Test => (SOUND, Never),
        Report => (MOVED_ON, Never),
        // What failed is returned or destroyed.
        WriteOff => (SOUND, ByOthers),
        Pack => (&[Harvested, InitialProcessed, Tested, Packed, Traded, Distributed], ByAny),
        Blend => (&[Harvested, InitialProcessed, Tested, Packed, Traded, Processed], ByAny),
        Split => (STOCK, AbovePackages),
        Ship => (&[Seedling, Packed, Traded, Distributed], ByAny),
        Return => (&[Seedling, Blocked, Packed, Traded, Distributed], ByAnyButRecalls),
        Process => (&[Tested, Packed, Traded], ByAny),
        UseInBatch => (&[Tested, Packed, Traded, Distributed], ByAny),
        Dispense => (&[Tested, Packed, Distributed], ByAny),
        Export => (&[Packed, Traded, Distributed], ByAny),
    }
}

/// What a new lot has besides what it inherits.
pub(super) struct Begun {
    pub(super) number: LocalNo,
    pub(super) kind: LotKind,
    pub(super) herb: String,
    pub(super) region: RegionCode,
    pub(super) made_on: CalendarDate,
    pub(super) mg: u64,
}

fn first_stage(kind: LotKind) -> Stage {
    match kind {
        LotKind::Seed | LotKind::Seedling => Stage::Seedling,
        LotKind::Plant => Stage::Planted,
        LotKind::Harvest => Stage::Harvested,
        LotKind::Initial => Stage::InitialProcessed,
        LotKind::Piece => Stage::Processed,
    }
}

impl Model {
    pub(super) fn with_role(&self, firm: FirmNo, roles: &[Role]) -> Verdict {
        ensure(self.firms[firm].is_one_of(roles), "role_required")
    }

    pub(super) fn answers_for(&self, by: FirmNo, regions: &[RegionCode]) -> Verdict {
        ensure(regions.iter().any(|r| self.firms[by].region.contains(r)), "outside_jurisdiction")
    }

    pub(super) fn lot_name(&self, id: &LotId) -> Result<LotName, Refusal> {
        let name = (self.firm(&id.organisation).ok_or("unknown_lot")?, id.number);
        self.herbs.lots.contains_key(&name).then_some(name).ok_or("unknown_lot")
    }

    pub(super) fn lot(&self, name: &LotName) -> &Lot {
        &self.herbs.lots[name]
    }

    pub(super) fn lot_mut(&mut self, name: &LotName) -> &mut Lot {
        self.herbs.lots.get_mut(name).expect("known")
    }

    pub(super) fn herb(&self, code: &HerbCode) -> Result<String, Refusal> {
        let code = code.to_string();
        let herb = self.herbs.herbs.get(&code).ok_or("unknown_herb")?;
        // 《药品管理法》 Art. 63
        ensure(!herb.newly_introduced || !herb.approval_number.is_empty(), "herb_not_approved")?;
        Ok(code)
    }

    pub(super) fn past(&self, date: CalendarDate) -> Verdict {
        ensure(date <= self.today(), "date_in_future")
    }

    pub(super) fn after_made(&self, name: &LotName, date: CalendarDate) -> Verdict {
        ensure(date >= self.lot(name).made_on, "date_before_lot")
    }

    pub(super) fn in_order(&self, name: &LotName, act: Act) -> Verdict {
        ensure(self.lot(name).way.is_none(), "lot_in_transit")?;
        self.in_order_anywhere(name, act)
    }

    /// On its way, too.
    pub(super) fn in_order_anywhere(&self, name: &LotName, act: Act) -> Verdict {
        let lot = self.lot(name);
        ensure(fits(act, lot.kind), "lot_kind_differs")?;
        let (stages, stopped) = allowed(act);
        ensure(stages.contains(&lot.stage), "lot_state")?;
        self.not_stopped(name, stopped)
    }

    pub(super) fn own_lot(&self, by: FirmNo, id: &LotId, act: Act) -> Result<LotName, Refusal> {
        let name = self.lot_name(id)?;
        ensure(self.lot(&name).owner == by, "not_lot_owner")?;
        self.in_order(&name, act)?;
        Ok(name)
    }

    pub(super) fn fresh(&self, name: &LotName) -> Verdict {
        ensure(self.lot(name).best_before.is_none_or(|d| self.today() <= d), "lot_expired")
    }

    pub(super) fn passed(&self, name: &LotName) -> Verdict {
        ensure(self.lot(name).passed.ok_or("lot_test_required")?, "lot_test_failed")
    }

    /// M1, M2: weight leaves a lot by one of its columns; the packages that it comes from are opened.
    pub(super) fn take(
        &mut self,
        name: &LotName,
        mg: u64,
        last: Stage,
        column: fn(&mut Milligrams) -> &mut u64,
    ) -> Verdict {
        let lot = self.lot_mut(name);
        ensure(mg <= lot.mg.stock(), "lot_stock_exceeded")?;
        *column(&mut lot.mg) += mg;
        lot.packed = lot.packed.min(lot.mg.stock());
        if lot.mg.stock() == 0 {
            lot.stage = last;
        }
        Ok(())
    }

    /// Inputs by the owner's table: each once, none past its 保质期.
    pub(super) fn inputs(&self, by: FirmNo, uses: &[LotUse], act: Act) -> Result<Vec<LotName>, Refusal> {
        let mut names = Vec::new();
        for used in uses {
            let name = self.own_lot(by, &used.lot, act)?;
            ensure(!names.contains(&name), "lot_repeated")?;
            self.fresh(&name)?;
            names.push(name);
        }
        Ok(names)
    }

    pub(super) fn use_up(&mut self, names: &[LotName], uses: &[LotUse]) -> Verdict {
        names.iter().zip(uses).try_for_each(|(name, u)| self.take(name, u.weight_mg, Stage::Consumed, |m| &mut m.used))
    }

    /// M6: origins and lineage of all inputs; a claim survives if all carry it, an incomplete chain if any does.
    pub(super) fn inherit(&self, inputs: &[LotName]) -> Result<Lot, Refusal> {
        let mut lot = self.blank();
        (lot.gap, lot.garden) = (!inputs.is_empty(), !inputs.is_empty());
        for name in inputs {
            let input = self.lot(name);
            lot.origins.extend(input.origins.iter().cloned());
            lot.lineage.insert(*name);
            lot.lineage.extend(&input.lineage);
            lot.gap &= input.gap;
            lot.garden &= input.garden;
            lot.incomplete |= input.incomplete;
        }
        ensure(lot.origins.len() <= 64 && lot.lineage.len() <= 256, "lot_too_mixed")?;
        Ok(lot)
    }

    pub(super) fn blank(&self) -> Lot {
        Lot {
            kind: LotKind::Seed,
            stage: Stage::Seedling,
            owner: 0,
            handed_over: false,
            suppliers: Vec::new(),
            way: None,
            herb: String::new(),
            product: None,
            standard: String::new(),
            region: self.firms[0].region,
            made_on: self.today(),
            best_before: None,
            origins: BTreeSet::new(),
            lineage: BTreeSet::new(),
            mg: Milligrams::default(),
            packed: 0,
            gap: false,
            garden: false,
            incomplete: false,
            own_use: false,
            laboratories: Vec::new(),
            passed: None,
            tested_by: None,
            certified: false,
            safe_from: None,
            base: String::new(),
            holds: BTreeSet::new(),
        }
    }

    pub(super) fn begin(&mut self, by: FirmNo, new: Begun, inherited: Lot) -> Result<LotName, Refusal> {
        let name = (by, new.number);
        ensure(!self.herbs.lots.contains_key(&name), "lot_exists")?;
        let lot = Lot {
            kind: new.kind,
            stage: first_stage(new.kind),
            owner: by,
            herb: new.herb,
            region: new.region,
            made_on: new.made_on,
            mg: Milligrams { received: new.mg, ..Milligrams::default() },
            ..inherited
        };
        self.herbs.lots.insert(name, lot);
        Ok(name)
    }
}
