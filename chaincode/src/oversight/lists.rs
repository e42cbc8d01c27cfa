//! 经营异常名录 and 严重违法失信名单: entry with authority, reason and period, removal, effect on permissions, public view
//! (domain §8.3 rows 56, 60). What a list bars from is law, read by [`check_lists`] before every operation.

use super::dossier::is_superior;
use super::events::{Delisted, Listed};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::registry::{OrganisationFile, OrganisationRecord, member, require_authority};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{Body, ListOrganisation, Operation, RemoveFromList};
use bencao_genesis::{CalendarDate, Role};
use bincode::{Decode, Encode};

byte_enum! {
    /// A public list.
    pub enum PublicList {
        /// 经营异常名录
        Abnormal = 1 as "abnormal", "经营异常名录",
        /// 严重违法失信名单
        SeriousViolation = 2 as "serious_violation", "严重违法失信名单",
    }
}

/// An entry of a list, in the record of the organisation, where every operation sees it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Listing {
    /// Which list.
    pub list: PublicList,
    /// Who listed it.
    pub authority: OrgNo,
    /// 列入事由
    pub reason: String,
    /// 依据
    pub basis: String,
    /// First day.
    pub since: CalendarDate,
    /// Last day.
    pub until: CalendarDate,
}

impl Listing {
    /// Whether it counts on `day`.
    pub fn is_in_force(&self, day: CalendarDate) -> bool {
        self.since <= day && day <= self.until
    }
}

/// Market regulators keep the lists of all firms, drug regulators those of drug firms.
const AUTHORITIES: [Role; 2] = [Role::MarketRegulator, Role::DrugRegulator];
const EXPECTED: &str = "market_regulator, drug_regulator";

/// Refuses an operation that the law of the principal's region bars firms of its list from.
pub(crate) fn check_lists(tx: &Tx, operation: &Operation) -> Result<(), Rejection> {
    check_barred(tx, &tx.organisation, operation.name(), operation.bill_type())
}

/// Refuses an operation in which a firm takes part, as its principal or behind it, that its list bars it from.
pub(crate) fn check_barred(
    tx: &Tx,
    organisation: &OrganisationRecord,
    operation: &'static str,
    bill_type: Option<u16>,
) -> Result<(), Rejection> {
    if organisation.listings.is_empty() {
        return Ok(());
    }
    let law = tx.law(organisation.jurisdiction);
    let barring = organisation.listings.iter().find(|listing| {
        let bars = law.oversight.bars(listing.list, operation, bill_type);
        bars && listing.is_in_force(tx.today())
    });
    match barring {
        Some(listing) => Err(Rejection::Barred {
            organisation: organisation.id.clone(),
            list: listing.list.name(),
            expected: listing.until,
            operation,
        }),
        None => Ok(()),
    }
}

impl Body for ListOrganisation {
    fn delegable(&self) -> bool {
        false
    }

    /// The organisation, its file.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("reason", &self.reason)?;
        check_text("basis", &self.basis)?;
        if self.reason.is_empty() || self.basis.is_empty() {
            return Err(Rejection::FieldForm { field: "reason", expected: "reason and basis, not empty" });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        list(tx, self)
    }
}

/// Executes the operation. Order of checks: organisation, authority, last day, not on that list.
fn list(tx: &mut Tx, operation: &ListOrganisation) -> Result<(), Stop> {
    let (number, mut organisation) = member(tx, &operation.organisation)?;
    require_authority(tx, &AUTHORITIES, EXPECTED, organisation.jurisdiction)?;
    let today = tx.today();
    if operation.until < today {
        return Err(Rejection::PastDated { expected: today, actual: operation.until }.into());
    }
    if let Some(standing) = on_list(&organisation, operation.list, today) {
        let (list, expected) = (operation.list.name(), standing.until);
        return Err(Rejection::AlreadyListed { organisation: organisation.id, list, expected }.into());
    }
    organisation.listings.retain(|l| l.list != operation.list && l.until >= today);
    organisation.listings.push(Listing {
        list: operation.list,
        authority: tx.principal,
        reason: operation.reason.clone(),
        basis: operation.basis.clone(),
        since: today,
        until: operation.until,
    });
    organisation.listings.sort_by_key(|l| l.list);
    tx.store(key::organisation(number), &organisation);
    let body = Listed { list: operation.list, reason: operation.reason.clone(), until: operation.until };
    OrganisationFile::load(tx, number)?.close(tx, number, EventBody::Listed(body));
    Ok(())
}

fn on_list(organisation: &OrganisationRecord, list: PublicList, today: CalendarDate) -> Option<Listing> {
    organisation.listings.iter().find(|l| l.list == list && l.until >= today).cloned()
}

impl Body for RemoveFromList {
    fn delegable(&self) -> bool {
        false
    }

    /// The organisation, its file.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("reason", &self.reason)
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        remove(tx, self)
    }
}

/// Executes the operation. Order of checks: organisation, on the list, who listed it or a superior authority.
fn remove(tx: &mut Tx, operation: &RemoveFromList) -> Result<(), Stop> {
    let (number, mut organisation) = member(tx, &operation.organisation)?;
    let standing = on_list(&organisation, operation.list, tx.today());
    let not_listed =
        || Rejection::NotListed { organisation: operation.organisation.clone(), list: operation.list.name() };
    let standing = standing.ok_or_else(not_listed)?;
    let author = tx.organisation_record(standing.authority)?;
    if standing.authority != tx.principal && !is_superior(tx, &author) {
        let (region, expected) = (organisation.jurisdiction.to_string(), "who listed it, or its superior");
        return Err(Rejection::NoAuthority { organisation: tx.organisation.id.clone(), expected, region }.into());
    }
    organisation.listings.retain(|l| l.list != operation.list);
    tx.store(key::organisation(number), &organisation);
    let body = Delisted { list: operation.list, reason: operation.reason.clone() };
    OrganisationFile::load(tx, number)?.close(tx, number, EventBody::Delisted(body));
    Ok(())
}
