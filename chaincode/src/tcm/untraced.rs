//! Trade with parties outside the system (zstype 0): possible for crude herb, and visible for ever (M7; 《药品管理法》
//! Art. 55, 60).

use super::balance::Exit;
use super::events::{LotBoughtUntraced, LotSoldUntraced};
use super::kinds::LotKind;
use super::lots::{
    Descent, NewLot, begin, check_named, check_not_future, check_weight, document_digest, find_herb, owned, row,
};
use super::records::Origin;
use super::roles::require_role;
use super::state::{LotAction, LotState};
use super::testing::check_exit;
use crate::event::EventBody;
use crate::registry::require_optional_tracing;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};
use crate::transaction::{Body, BuyUntraced, SellUntraced};
use bencao_genesis::DrugClass;

impl Body for BuyUntraced {
    /// The lot.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        if !self.kind.is_crude_herb() {
            // Everything else is bought from licensed parties only (《药品管理法》 Art. 55).
            return Err(Rejection::FieldForm { field: "kind", expected: "harvest, initial" });
        }
        check_weight("weight_mg", self.weight_mg)?;
        check_named("place", &self.place)
    }

    /// Order of checks: role, catalogue (where tracing of crude herb is mandatory, nobody is outside it), date, herb, name
    /// free.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::SellUntraced)?;
        require_optional_tracing(tx, DrugClass::CrudeHerb)?;
        check_not_future(tx, "bought_on", self.bought_on)?;
        find_herb(tx, self.herb)?;
        let state = match self.kind {
            LotKind::Harvest => LotState::Harvested,
            _ => LotState::InitialProcessed,
        };
        let new = NewLot {
            number: self.lot_no,
            kind: self.kind,
            state,
            herb: self.herb,
            region: self.region,
            made_on: self.bought_on,
            weight_mg: self.weight_mg,
            descent: Descent { incomplete: true, ..Descent::default() },
        };
        let mut found = begin(tx, new, document_digest(self))?;
        found.record.handed_over = true;
        found.record.origins = vec![Origin {
            lot: found.lot,
            region: self.region,
            place: self.place.clone(),
            herb: self.herb,
            base_no: String::new(),
            garden: None,
            household: None,
            harvested: None,
        }];
        let body = LotBoughtUntraced { seller: self.seller, evidence: self.evidence, weighing: self.weighing };
        found.event(tx, EventBody::LotBoughtUntraced(body));
        found.store(tx);
        Ok(())
    }
}

impl Body for SellUntraced {
    /// The lot.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_weight("weight_mg", self.weight_mg)
    }

    /// Order of checks: role, the owner's table, crude herb, exit gate, stock.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_role(tx, LotAction::SellUntraced)?;
        let mut found = owned(tx, &self.lot, LotAction::SellUntraced)?;
        if !found.record.kind.is_crude_herb() {
            let actual = found.record.kind.name();
            return Err(Rejection::UntracedNotCrude { lot: found.name, actual }.into());
        }
        check_exit(tx, &found)?;
        found.take(Exit::Sold, self.weight_mg, row(LotAction::SellUntraced)?)?;
        found.record.incomplete = true;
        let body = LotSoldUntraced { weight_mg: self.weight_mg, buyer: self.buyer, weighing: self.weighing };
        found.event(tx, EventBody::LotSoldUntraced(body));
        found.store(tx);
        Ok(())
    }
}
