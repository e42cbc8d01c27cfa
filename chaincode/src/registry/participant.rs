//! 代管登记: small firms (经营户), farmers and foreign exporters that run no node (domain §8.1 rows 13, 23; §8.2 rows 45,
//! 46; D15). Others are admitted by governance.

use super::enrol::enrol;
use super::events::ParticipantRegistered;
use super::records::KeyRecord;
use super::{OrganisationFile, OrganisationRecord};
use crate::admission::check_text;
use crate::event::EventBody;
use crate::governance::Keyring;
use crate::limits::PARTICIPANTS_PER_HOST_MAX;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};
use crate::transaction::{Body, RegisterParticipant};
use bencao_genesis::{KeyPurpose, OrgId, Role};

/// Form of an identifier, who may host it, and which roles it may have.
struct HostRule {
    prefix: &'static str,
    hosts: &'static [Role],
    expected: &'static str,
    roles: &'static [Role],
}

/// Departments that admit who has a key of its own, in their region.
const ADMITTING: [Role; 3] = [Role::Customs, Role::CommerceAuthority, Role::AgricultureAuthority];

/// The first row whose prefix fits decides; the last fits every 统一社会信用代码.
const HOST_RULES: [HostRule; 3] = [
    HostRule { prefix: "FOREIGN:", hosts: &[Role::Customs], expected: "customs", roles: &[Role::MarketingHolder] },
    HostRule {
        prefix: "PERSON:",
        hosts: &[
            Role::Grower,
            Role::MarketOperator,
            Role::DecoctionProducer,
            Role::Agency,
            Role::Association,
            Role::CommerceAuthority,
            Role::AgricultureAuthority,
        ],
        expected: "grower, market_operator, decoction_producer, agency, association, commerce or agriculture authority",
        roles: &[Role::Grower, Role::HerbTrader],
    },
    HostRule {
        prefix: "",
        hosts: &[
            Role::MarketOperator,
            Role::Agency,
            Role::Association,
            Role::CommerceAuthority,
            Role::AgricultureAuthority,
        ],
        expected: "market_operator, agency, association, commerce or agriculture authority",
        roles: &[Role::Grower, Role::HerbTrader],
    },
];

fn rule(id: &OrgId) -> &'static HostRule {
    let [foreign, person, firm] = &HOST_RULES;
    [foreign, person].into_iter().find(|r| id.as_str().starts_with(r.prefix)).unwrap_or(firm)
}

impl Body for RegisterParticipant {
    fn delegable(&self) -> bool {
        false
    }

    /// Counters, organisation, its number, its key, keyring and file, the host's file.
    fn writes_bound(&self) -> u32 {
        7
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("name", &self.name)?;
        let rule = rule(&self.id);
        let foreign = rule.prefix == "FOREIGN:";
        let roles = self.roles.is_sorted_by(|a, b| a < b) && self.roles.iter().all(|r| rule.roles.contains(r));
        if self.name.is_empty() || !roles || (self.roles.is_empty() && !foreign) {
            let expected = "a name; grower or herb_trader; of a foreign exporter none or marketing_holder";
            return Err(Rejection::FieldForm { field: "roles", expected });
        }
        // A person is known by a keyed digest and an alias of ASCII characters, such as `NH-0007` (D20).
        if rule.prefix == "PERSON:" && !self.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(Rejection::PersonalData { field: "name", actual: "name" });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        register(tx, self)
    }
}

/// Refuses a region that the host does not answer for: a department admits within its own, and alone whoever has a key;
/// others host in their province, and who is registered for the nation in all of it, so that each participant is in
/// somebody's sight.
fn check_region(tx: &Tx, operation: &RegisterParticipant) -> Result<(), Rejection> {
    if operation.id.as_str().starts_with("FOREIGN:") {
        return Ok(());
    }
    let host = &tx.organisation;
    let department = ADMITTING.iter().any(|r| host.has_role(*r)) && host.jurisdiction.contains(&operation.region);
    let near = host.jurisdiction.same_province(&operation.region) || host.jurisdiction.contains(&operation.region);
    let province = operation.key.is_none() && near;
    if department || province {
        return Ok(());
    }
    let (organisation, region) = (host.id.clone(), operation.region.to_string());
    let expected = "commerce or agriculture authority of the region; without a key, a host of the province";
    Err(Rejection::NoAuthority { organisation, expected, region })
}

/// Executes the operation. Order of checks: host's role, region, number of participants hosted, identifier, key.
fn register(tx: &mut Tx, operation: &RegisterParticipant) -> Result<(), Stop> {
    let rule = rule(&operation.id);
    if !rule.hosts.iter().any(|r| tx.organisation.has_role(*r)) {
        let organisation = tx.organisation.id.clone();
        return Err(Rejection::RoleNotAllowed { organisation, expected: rule.expected, bill_type: 0 }.into());
    }
    check_region(tx, operation)?;
    let mut file = OrganisationFile::load(tx, tx.principal)?;
    if operation.key.is_none() {
        if file.hosted >= PARTICIPANTS_PER_HOST_MAX {
            let (register, expected) = ("participants", PARTICIPANTS_PER_HOST_MAX);
            return Err(Rejection::RegisterFull { register, expected }.into());
        }
        file.hosted = file.hosted.saturating_add(1);
    }
    let mut record = OrganisationRecord::new(operation.id.clone(), operation.name.clone(), operation.region);
    record.roles.clone_from(&operation.roles);
    record.host = operation.key.is_none().then_some(tx.principal);
    let number = enrol(tx, &record)?;
    if let Some(public_key) = operation.key {
        let record = KeyRecord {
            version: 1,
            organisation: number,
            purpose: KeyPurpose::Transact,
            public_key,
            valid_from: tx.position.height.next(),
            valid_to: None,
            scope: Vec::new(),
        };
        let mut keyring = Keyring::load(tx, number, &operation.id)?;
        keyring.register(tx, &record)?;
        keyring.close(tx)?;
    }
    let body = ParticipantRegistered {
        participant: number,
        consent: operation.consent,
        household: operation.household,
        sealed: operation.sealed.clone(),
    };
    file.close(tx, tx.principal, EventBody::ParticipantRegistered(body));
    Ok(())
}
