//! Licences on record: granted, renewed, narrowed, suspended and revoked by the department that grants their kind
//! (《药品管理法》 Art. 41, 51; domain §5.4; design: part 2 of the registry).

use super::events::LicenceChanged;
use super::licence::licence_name;
use super::{OrganisationFile, OrganisationRecord, member, require_authority};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::limits::LICENCES_MAX;
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{Body, ChangeLicence, GrantLicence};
use bencao_genesis::{CalendarDate, Licence, LicenceKind, LicenceStatus, Role};

byte_enum! {
    /// What happens to a licence or filing.
    pub enum LicenceAction {
        /// 核发
        Grant = 0 as "grant", "核发",
        /// 换发: a later last day.
        Renew = 1 as "renew", "换发",
        /// 核减范围
        Narrow = 2 as "narrow", "核减范围",
        /// 核增范围
        Widen = 3 as "widen", "核增范围",
        /// 暂扣
        Suspend = 4 as "suspend", "暂扣",
        /// 恢复
        Restore = 5 as "restore", "恢复",
        /// 吊销、撤销、注销
        Revoke = 6 as "revoke", "吊销",
    }
}

/// Which status an action takes, and what it leaves. Every other combination is refused.
pub(super) const LICENCE_ACTIONS: [(LicenceAction, LicenceStatus, LicenceStatus); 9] = {
    use LicenceAction::*;
    use LicenceStatus::*;
    [
        (Renew, InForce, InForce),
        (Renew, Suspended, Suspended),
        (Narrow, InForce, InForce),
        (Narrow, Suspended, Suspended),
        (Widen, InForce, InForce),
        (Suspend, InForce, Suspended),
        (Restore, Suspended, InForce),
        (Revoke, InForce, Revoked),
        (Revoke, Suspended, Revoked),
    ]
};

/// The department that grants a kind of licence.
fn department(kind: LicenceKind) -> (Role, &'static str) {
    use LicenceKind::*;
    match kind {
        // Granted by health authorities: 《医疗机构管理条例》; 印鉴卡 and 接种单位 of domain §5.4, 《疫苗管理法》 Art. 44.
        MedicalInstitution | NarcoticPurchaseCard | VaccinationPoint => (Role::HealthAuthority, "health_authority"),
        Business => (Role::MarketRegulator, "market_regulator"),
        ExportFiling => (Role::Customs, "customs"),
        _ => (Role::DrugRegulator, "drug_regulator"),
    }
}

impl Body for GrantLicence {
    fn delegable(&self) -> bool {
        false
    }

    /// The organisation and its file.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("licence.number", &self.licence.number)?;
        if self.licence.is_well_formed() && self.licence.status == LicenceStatus::InForce {
            return Ok(());
        }
        let expected = "in force; scope and class letters in order without repeats; valid_from ≤ valid_to";
        Err(Rejection::FieldForm { field: "licence", expected })
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        grant(tx, self)
    }
}

/// Executes the operation. Order of checks: organisation, authority, number, validity, room.
fn grant(tx: &mut Tx, operation: &GrantLicence) -> Result<(), Stop> {
    let (_, organisation) = member(tx, &operation.organisation)?;
    check_department(tx, operation.licence.kind, &organisation)?;
    grant_by_decision(tx, operation)
}

/// The same by a decision of the consortium. Order of checks: organisation, number, validity, room.
pub(crate) fn grant_by_decision(tx: &mut Tx, operation: &GrantLicence) -> Result<(), Stop> {
    let (number, mut organisation) = member(tx, &operation.organisation)?;
    let licence = &operation.licence;
    if find(&organisation, licence.kind, &licence.number).is_some() {
        return Err(Rejection::LicenceExists {
            organisation: organisation.id.clone(),
            licence: licence_name(licence.kind),
            number: licence.number.clone(),
        }
        .into());
    }
    check_years(tx, &organisation, licence.valid_from, licence.valid_to)?;
    // What was revoked or ended long ago makes room; its events stay.
    if organisation.licences.len() >= LICENCES_MAX {
        let today = tx.today();
        organisation.licences.retain(|l| l.status != LicenceStatus::Revoked && l.valid_to >= today);
    }
    if organisation.licences.len() >= LICENCES_MAX {
        return Err(Rejection::RegisterFull { register: "licences", expected: LICENCES_MAX as u32 }.into());
    }
    organisation.licences.push(licence.clone());
    record(tx, number, &organisation, licence, LicenceAction::Grant)
}

impl Body for ChangeLicence {
    fn delegable(&self) -> bool {
        false
    }

    /// The organisation and its file.
    fn writes_bound(&self) -> u32 {
        2
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("number", &self.number)?;
        check_text("basis", &self.basis)?;
        let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
        if self.basis.is_empty() {
            return refuse("basis", "not empty");
        }
        if self.valid_to.is_some() != (self.action == LicenceAction::Renew) {
            return refuse("valid_to", "with renew, and only with it");
        }
        let rescopes = matches!(self.action, LicenceAction::Narrow | LicenceAction::Widen);
        if rescopes == self.scope.is_empty() || !self.scope.is_sorted_by(|a, b| a < b) {
            return refuse("scope", "with narrow and widen, and only with them; ascending without repeats");
        }
        match self.action {
            LicenceAction::Grant => refuse("action", "renew, narrow, widen, suspend, restore or revoke"),
            _ => Ok(()),
        }
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        change(tx, self)
    }
}

/// Executes the operation. Order of checks: organisation, authority, licence on record, status, new date or scope.
fn change(tx: &mut Tx, operation: &ChangeLicence) -> Result<(), Stop> {
    let (_, organisation) = member(tx, &operation.organisation)?;
    check_department(tx, operation.kind, &organisation)?;
    change_licence_by_decision(tx, operation)
}

/// The same by a decision of the consortium. Order of checks: organisation, licence on record, status, new date or scope.
pub(crate) fn change_licence_by_decision(tx: &mut Tx, operation: &ChangeLicence) -> Result<(), Stop> {
    let (number, mut organisation) = member(tx, &operation.organisation)?;
    let place = find(&organisation, operation.kind, &operation.number);
    let unknown = || Rejection::NotLicensed {
        organisation: operation.organisation.clone(),
        expected: licence_name(operation.kind),
    };
    let mut licence = place.and_then(|i| organisation.licences.get(i)).cloned().ok_or_else(unknown)?;
    licence.status = next_status(operation.action, licence.status)?;
    match operation.action {
        LicenceAction::Renew => {
            let valid_to = operation.valid_to.unwrap_or(licence.valid_to);
            if valid_to <= licence.valid_to {
                return Err(Rejection::PastDated { expected: licence.valid_to, actual: valid_to }.into());
            }
            let renewed_on = tx.today().max(licence.valid_from);
            check_years(tx, &organisation, renewed_on, valid_to)?;
            licence.valid_to = valid_to;
        }
        LicenceAction::Narrow if !is_less(&operation.scope, &licence.scope) => return Err(bad_scope(operation)),
        LicenceAction::Widen if !is_less(&licence.scope, &operation.scope) => return Err(bad_scope(operation)),
        LicenceAction::Narrow | LicenceAction::Widen => licence.scope = operation.scope.clone(),
        _ => {}
    }
    if let Some(stored) = place.and_then(|i| organisation.licences.get_mut(i)) {
        *stored = licence.clone();
    }
    record(tx, number, &organisation, &licence, operation.action)
}

/// The row of [`LICENCE_ACTIONS`].
pub(super) fn next_status(action: LicenceAction, status: LicenceStatus) -> Result<LicenceStatus, Rejection> {
    let row = LICENCE_ACTIONS.iter().find(|(a, from, _)| (*a, *from) == (action, status));
    let refused = Rejection::StatusNotAllowed { action: action.name(), actual: status_name(status) };
    row.map(|(_, _, to)| *to).ok_or(refused)
}

/// Name of a status in JSON and texts.
pub(crate) fn status_name(status: LicenceStatus) -> &'static str {
    match status {
        LicenceStatus::InForce => "in_force",
        LicenceStatus::Suspended => "suspended",
        LicenceStatus::Revoked => "revoked",
    }
}

fn find(organisation: &OrganisationRecord, kind: LicenceKind, number: &str) -> Option<usize> {
    organisation.licences.iter().position(|l| l.kind == kind && l.number == number)
}

fn check_department(tx: &Tx, kind: LicenceKind, organisation: &OrganisationRecord) -> Result<(), Rejection> {
    let (role, name) = department(kind);
    require_authority(tx, &[role], name, organisation.jurisdiction)
}

/// At most the years that the law of the organisation's region allows.
fn check_years(
    tx: &Tx,
    organisation: &OrganisationRecord,
    from: CalendarDate,
    to: CalendarDate,
) -> Result<(), Rejection> {
    let years = tx.law(organisation.jurisdiction).registry.licence_years_max;
    let (year, month, day) = from.parts();
    let year = year.saturating_add(u32::from(years));
    // A licence that begins on 29 February ends with February at the latest.
    let end =
        CalendarDate::new(year, month, day).or_else(|| CalendarDate::new(year, month, 1).map(CalendarDate::month_end));
    match end {
        Some(expected) if to > expected => Err(Rejection::TooLong { expected, actual: to }),
        _ => Ok(()),
    }
}

fn is_less(smaller: &[bencao_genesis::DrugClass], larger: &[bencao_genesis::DrugClass]) -> bool {
    smaller.len() < larger.len() && smaller.iter().all(|c| larger.contains(c))
}

fn bad_scope(operation: &ChangeLicence) -> Stop {
    let field = if operation.action == LicenceAction::Narrow { "narrower" } else { "wider" };
    Rejection::ScopeNotChanged { number: operation.number.clone(), expected: field }.into()
}

fn record(
    tx: &mut Tx,
    number: OrgNo,
    organisation: &OrganisationRecord,
    licence: &Licence,
    action: LicenceAction,
) -> Result<(), Stop> {
    tx.store(key::organisation(number), organisation);
    let body = LicenceChanged { action, licence: licence.clone() };
    let file = OrganisationFile::load(tx, number)?;
    file.close(tx, number, EventBody::LicenceChanged(body));
    Ok(())
}
