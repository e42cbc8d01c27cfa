//! 定制药园: sponsor, base, members, contract, and the benefits that reached them (domain §4.6).

use super::events::{BenefitRecorded, GardenChanged};
use super::lots::{check_count, check_named, document_digest, find_herb, member};
use super::names::{GardenId, GardenRef};
use super::records::GardenRecord;
use super::roles::require_one_of;
use crate::admission::check_text;
use crate::codes::HerbCode;
use crate::event::{EventBody, History, Subject};
use crate::limits::{GARDEN_GROWERS_MAX, GARDEN_HERBS_MAX, GARDEN_HOUSEHOLDS_MAX};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx, key};
use crate::transaction::{AmendGarden, Body, RecordBenefit, RegisterGarden};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, Role};
use std::collections::BTreeSet;

/// 医药企业 that sponsor a garden.
const SPONSORS: [Role; 4] = [Role::MarketingHolder, Role::Producer, Role::DecoctionProducer, Role::Hospital];

/// Departments that give benefits.
const BENEFACTORS: [Role; 5] = [
    Role::CommerceAuthority,
    Role::IndustryAuthority,
    Role::AgricultureAuthority,
    Role::HealthAuthority,
    Role::DrugRegulator,
];

fn check_ascending(field: &'static str, digests: &[Digest]) -> Result<(), Rejection> {
    check_count(field, digests.len(), 0, GARDEN_HOUSEHOLDS_MAX)?;
    if digests.is_sorted_by(|a, b| a < b) {
        return Ok(());
    }
    Err(Rejection::FieldForm { field, expected: "ascending without repeats" })
}

impl Body for RegisterGarden {
    /// The garden.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_named("base_no", &self.base_no)?;
        check_ascending("households", &self.households)?;
        check_count("growers", self.growers.len(), 0, GARDEN_GROWERS_MAX)?;
        check_count("herbs", self.herbs.len(), 1, GARDEN_HERBS_MAX)?;
        check_named("commitments", &self.commitments)?;
        check_text("certification", &self.certification)?;
        if self.area_mu_100 == 0 {
            return Err(Rejection::FieldForm { field: "area_mu_100", expected: "at least 1" });
        }
        if self.contract_from > self.contract_to {
            return Err(Rejection::FieldForm { field: "contract_to", expected: "not before contract_from" });
        }
        Ok(())
    }

    /// Order of checks: role, number free, growers known, herbs known and approved.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_one_of(tx, &SPONSORS, "marketing_holder, producer, decoction_producer, hospital")?;
        let garden = GardenRef { organisation: tx.principal, number: self.garden_no };
        if tx.exists(&key::garden(garden))? {
            return Err(Rejection::GardenExists { garden: name(tx, garden)? }.into());
        }
        let mut growers = BTreeSet::new();
        for grower in &self.growers {
            let unknown = || Rejection::NoSuchMember { actual: grower.clone() };
            growers.insert(member(tx, grower)?.ok_or_else(unknown)?);
        }
        let herbs: BTreeSet<HerbCode> = self.herbs.iter().copied().collect();
        herbs.iter().try_for_each(|herb| find_herb(tx, *herb).map(|_| ()))?;
        let mut record = GardenRecord {
            version: 1,
            base_no: self.base_no.clone(),
            county: self.county,
            poverty_county: self.poverty_county,
            households: self.households.clone(),
            growers: growers.into_iter().collect(),
            herbs: herbs.into_iter().collect(),
            area_mu_100: self.area_mu_100,
            contract_from: self.contract_from,
            contract_to: self.contract_to,
            contract: self.contract,
            commitments: self.commitments.clone(),
            certification: self.certification.clone(),
            benefits: 0,
            history: History::default(),
        };
        let body = EventBody::GardenRegistered(GardenChanged { document: document_digest(self) });
        tx.event(Subject::Garden(garden), &mut record.history, body);
        tx.store(key::garden(garden), &record);
        Ok(())
    }
}

fn name(tx: &mut Tx, garden: GardenRef) -> Result<String, Stop> {
    let organisation = tx.organisation_record(garden.organisation)?.id.clone();
    Ok(GardenId { number: garden.number, organisation }.to_string())
}

fn load(tx: &mut Tx, garden: GardenRef) -> Result<GardenRecord, Stop> {
    match tx.load(&key::garden(garden))? {
        Some(record) => Ok(record),
        None => Err(Rejection::UnknownGarden { garden: name(tx, garden)? }.into()),
    }
}

/// A garden by its name.
pub(super) fn find(tx: &mut Tx, id: &GardenId) -> Result<(GardenRef, GardenRecord), Stop> {
    let unknown = || Rejection::UnknownGarden { garden: id.to_string() };
    let organisation = member(tx, &id.organisation)?.ok_or_else(unknown)?;
    let garden = GardenRef { organisation, number: id.number };
    let record = load(tx, garden)?;
    Ok((garden, record))
}

impl Body for AmendGarden {
    /// The garden.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_ascending("households_added", &self.households_added)?;
        check_ascending("households_removed", &self.households_removed)
    }

    /// Order of checks: garden, contract term, number of households after it.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let garden = GardenRef { organisation: tx.principal, number: self.garden_no };
        let mut record = load(tx, garden)?;
        if self.contract_to < record.contract_from {
            let (from, expected) = (record.contract_from, record.contract_to);
            let garden = name(tx, garden)?;
            return Err(Rejection::GardenContract { garden, from, expected, actual: self.contract_to }.into());
        }
        let mut households: BTreeSet<Digest> = record.households.iter().copied().collect();
        households.retain(|h| self.households_removed.binary_search(h).is_err());
        households.extend(&self.households_added);
        check_count("households", households.len(), 0, GARDEN_HOUSEHOLDS_MAX)?;
        record.households = households.into_iter().collect();
        record.contract_to = self.contract_to;
        record.contract = self.contract;
        let body = EventBody::GardenAmended(GardenChanged { document: document_digest(self) });
        tx.event(Subject::Garden(garden), &mut record.history, body);
        tx.store(key::garden(garden), &record);
        Ok(())
    }
}

impl Body for RecordBenefit {
    /// The garden.
    fn writes_bound(&self) -> u32 {
        1
    }

    /// Order of checks: date, garden, giver (its sponsor, or a department that answers for its county), household.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        super::lots::check_not_future(tx, "granted_on", self.granted_on)?;
        let (garden, mut record) = find(tx, &self.garden)?;
        if garden.organisation != tx.principal {
            require_one_of(tx, &BENEFACTORS, "the sponsor, or a department")?;
            super::roles::require_jurisdiction(tx, &[record.county])?;
        }
        if let Some(household) = self.household.filter(|h| record.households.binary_search(h).is_err()) {
            return Err(Rejection::NotGardenMember { garden: self.garden.to_string(), actual: household }.into());
        }
        record.benefits = record.benefits.saturating_add(1);
        let (kind, household) = (self.kind, self.household);
        let body = BenefitRecorded { kind, household, granted_on: self.granted_on, details: self.details };
        tx.event(Subject::Garden(garden), &mut record.history, EventBody::BenefitRecorded(body));
        tx.store(key::garden(garden), &record);
        Ok(())
    }
}

/// Whether plants may carry a garden's name: contract, herb, county, and who grows them (domain §4.6).
pub(super) fn check_planting(
    tx: &mut Tx,
    id: &GardenId,
    herb: HerbCode,
    household: Option<Digest>,
    on: CalendarDate,
) -> Result<(GardenRef, GardenRecord), Stop> {
    let (garden, record) = find(tx, id)?;
    check_contract(id.to_string(), &record, on)?;
    if record.herbs.binary_search(&herb).is_err() {
        return Err(Rejection::GardenHerb { garden: id.to_string(), actual: herb.to_string() }.into());
    }
    if let Some(actual) = household.filter(|h| record.households.binary_search(h).is_err()) {
        return Err(Rejection::NotGardenMember { garden: id.to_string(), actual }.into());
    }
    // A claim is entered by those who answer for it: the sponsor, a grower of the garden, or the household itself.
    let itself = household.is_some_and(|h| tx.organisation.id.as_str() == format!("PERSON:{h}"));
    let answers = garden.organisation == tx.principal || record.growers.binary_search(&tx.principal).is_ok();
    if !itself && !answers {
        let actual = tx.organisation.id.clone();
        return Err(Rejection::NotGardenGrower { garden: id.to_string(), actual }.into());
    }
    Ok((garden, record))
}

/// Whether the contract is in force on that day.
pub(super) fn check_contract(garden: String, record: &GardenRecord, on: CalendarDate) -> Result<(), Rejection> {
    if record.contract_from <= on && on <= record.contract_to {
        return Ok(());
    }
    let (from, expected) = (record.contract_from, record.contract_to);
    Err(Rejection::GardenContract { garden, from, expected, actual: on })
}

/// Whether the contract of the garden of some plants is still in force on the day of harvest.
pub(super) fn check_harvest(tx: &mut Tx, garden: GardenRef, on: CalendarDate) -> Result<bool, Stop> {
    let record = load(tx, garden)?;
    Ok(record.contract_from <= on && on <= record.contract_to)
}
