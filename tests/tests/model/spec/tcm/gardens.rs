//! 定制药园: sponsor, members, contract and benefits.

use super::super::{FirmNo, Model, Refusal, Verdict, ensure};
use super::Garden;
use bencao_chaincode::tcm::{GardenId, LocalNo};
use bencao_chaincode::transaction::{AmendGarden, RecordBenefit, RegisterGarden};
use bencao_genesis::Role::*;
use std::collections::BTreeSet;

impl Model {
    pub(crate) fn register_garden(&mut self, by: FirmNo, bill: &RegisterGarden) -> Verdict {
        self.with_role(by, &[MarketingHolder, Producer, DecoctionProducer, Hospital])?;
        let name = (by, bill.garden_no);
        ensure(!self.herbs.gardens.contains_key(&name), "garden_exists")?;
        let growers = bill.growers.iter().map(|g| self.firm(g).ok_or("no_such_member")).collect::<Result<_, _>>()?;
        let codes: BTreeSet<_> = bill.herbs.iter().copied().collect();
        let herbs = codes.iter().map(|h| self.herb(h)).collect::<Result<_, _>>()?;
        let households = bill.households.clone();
        let (county, from, to) = (bill.county, bill.contract_from, bill.contract_to);
        self.herbs.gardens.insert(name, Garden { households, growers, herbs, county, from, to });
        Ok(())
    }

    pub(super) fn garden(&self, id: &GardenId) -> Result<(FirmNo, LocalNo), Refusal> {
        let name = (self.firm(&id.organisation).ok_or("unknown_garden")?, id.number);
        self.herbs.gardens.contains_key(&name).then_some(name).ok_or("unknown_garden")
    }

    pub(crate) fn amend_garden(&mut self, by: FirmNo, bill: &AmendGarden) -> Verdict {
        let garden = self.herbs.gardens.get_mut(&(by, bill.garden_no)).ok_or("unknown_garden")?;
        ensure(bill.contract_to >= garden.from, "garden_contract")?;
        garden.households.retain(|h| !bill.households_removed.contains(h));
        garden.households.extend(&bill.households_added);
        garden.households.sort();
        garden.households.dedup();
        garden.to = bill.contract_to;
        Ok(())
    }

    pub(crate) fn record_benefit(&mut self, by: FirmNo, bill: &RecordBenefit) -> Verdict {
        self.past(bill.granted_on)?;
        let name = self.garden(&bill.garden)?;
        let garden = &self.herbs.gardens[&name];
        if name.0 != by {
            let givers = [CommerceAuthority, IndustryAuthority, AgricultureAuthority, HealthAuthority, DrugRegulator];
            self.with_role(by, &givers)?;
            self.answers_for(by, &[garden.county])?;
        }
        ensure(bill.household.is_none_or(|h| garden.households.contains(&h)), "not_garden_member")
    }
}
