//! Who may do what at the API: roles × rights, and which purposes of keys sign for which rights. `docs/access.md` shows the
//! same tables, and a test compares them.

use bencao_genesis::{KeyPurpose, OrgId, RegionCode};
use serde::{Deserialize, Serialize};

/// What an asker is to a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Anybody.
    Public,
    /// A member.
    Organisation,
    /// A member that is a 金融机构: reads of others by consent only.
    Bank,
    /// A member that is an authority: reads in its region and department, each entered in the access log.
    Regulator,
    /// Who runs the node.
    Admin,
}

impl Role {
    /// All of them, in the order of the table.
    pub const ALL: [Role; 5] = [Role::Public, Role::Organisation, Role::Bank, Role::Regulator, Role::Admin];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Public => "public",
            Role::Organisation => "organisation",
            Role::Bank => "bank",
            Role::Regulator => "regulator",
            Role::Admin => "admin",
        }
    }
}

/// What a request is about. Every path of the API has one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// That the process runs and is at the tip; the page and the description of the API.
    Health,
    /// Where the chain stands at this node.
    Status,
    /// What everybody may know of a code.
    Consumer,
    /// Law in force, rule sets, standards.
    Law,
    /// State, history and proof of a code.
    Trace,
    /// Lots of herbs, gardens, what a batch was made of.
    Lots,
    /// What became of bills.
    Bills,
    /// Preparing and sending bills.
    Submit,
    /// Files of organisations, mandates, dossiers.
    Registry,
    /// Alarms.
    Alarms,
    /// Recalls.
    Recalls,
    /// Blocks and events.
    Chain,
    /// Proposals, and keys of members.
    Governance,
    /// Signed head of the access log.
    Journal,
    /// Peers of the node.
    Operate,
    /// Prometheus text.
    Metrics,
}

impl Right {
    /// All of them, in the order of the table.
    pub const ALL: [Right; 16] = [
        Right::Health,
        Right::Status,
        Right::Consumer,
        Right::Law,
        Right::Trace,
        Right::Lots,
        Right::Bills,
        Right::Submit,
        Right::Registry,
        Right::Alarms,
        Right::Recalls,
        Right::Chain,
        Right::Governance,
        Right::Journal,
        Right::Operate,
        Right::Metrics,
    ];

    /// Stable name, also that of a token's scope.
    pub fn name(self) -> &'static str {
        match self {
            Right::Health => "health",
            Right::Status => "status",
            Right::Consumer => "consumer",
            Right::Law => "law",
            Right::Trace => "trace",
            Right::Lots => "lots",
            Right::Bills => "bills",
            Right::Submit => "submit",
            Right::Registry => "registry",
            Right::Alarms => "alarms",
            Right::Recalls => "recalls",
            Right::Chain => "chain",
            Right::Governance => "governance",
            Right::Journal => "journal",
            Right::Operate => "operate",
            Right::Metrics => "metrics",
        }
    }

    /// By name.
    pub fn find(name: &str) -> Option<Right> {
        Right::ALL.into_iter().find(|right| right.name() == name)
    }

    /// Whether everybody has it, so that no credentials are asked for and no query of an authority is entered.
    pub fn is_public(self) -> bool {
        reach(self, Role::Public) == Reach::All
    }
}

/// How far a role's right goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Not at all.
    Refused,
    /// To everything.
    All,
    /// To what concerns the asker: which organisations a record concerns is said with each path in `docs/access.md`.
    Concerned,
    /// To what concerns the asker, and to what an organisation has consented to by a mandate on the chain.
    Consent,
    /// To what concerns an organisation in the authority's region and department.
    Jurisdiction,
}

impl Reach {
    /// As the table shows it.
    pub fn name(self) -> &'static str {
        match self {
            Reach::Refused => "–",
            Reach::All => "all",
            Reach::Concerned => "concerned",
            Reach::Consent => "consent",
            Reach::Jurisdiction => "jurisdiction",
        }
    }

    /// Whether it is [`Reach::Refused`].
    pub fn is_refused(self) -> bool {
        self == Reach::Refused
    }
}

/// The table.
pub fn reach(right: Right, role: Role) -> Reach {
    use Reach::{All, Concerned, Consent, Jurisdiction, Refused};
    let [public, organisation, bank, regulator, admin] = match right {
        Right::Health | Right::Status | Right::Consumer | Right::Law => [All, All, All, All, All],
        Right::Trace | Right::Lots | Right::Bills | Right::Registry => {
            [Refused, Concerned, Consent, Jurisdiction, Refused]
        }
        Right::Submit => [Refused, All, All, All, Refused],
        Right::Alarms => [Refused, Concerned, Concerned, Jurisdiction, Refused],
        Right::Recalls => [Refused, Concerned, Concerned, Jurisdiction, Refused],
        Right::Chain => [Refused, Concerned, Concerned, Jurisdiction, Refused],
        Right::Governance => [Refused, All, All, All, All],
        Right::Journal => [Refused, Refused, Refused, All, All],
        Right::Operate | Right::Metrics => [Refused, Refused, Refused, Refused, All],
    };
    match role {
        Role::Public => public,
        Role::Organisation => organisation,
        Role::Bank => bank,
        Role::Regulator => regulator,
        Role::Admin => admin,
    }
}

/// Whether a key of this purpose signs requests for this right (D15). A key that votes, authenticates a node or opens envelopes
/// signs none.
pub fn may_sign(purpose: KeyPurpose, right: Right) -> bool {
    match purpose {
        KeyPurpose::Transact | KeyPurpose::Admin => true,
        KeyPurpose::Query => right != Right::Submit,
        // The 质量受权人 sends a release and looks what became of it.
        KeyPurpose::Release => right.is_public() || matches!(right, Right::Submit | Right::Bills),
        KeyPurpose::Validator | KeyPurpose::Node | KeyPurpose::Encrypt => false,
    }
}

/// Purposes of keys, in the order of the table.
pub const PURPOSES: [KeyPurpose; 7] = [
    KeyPurpose::Transact,
    KeyPurpose::Release,
    KeyPurpose::Admin,
    KeyPurpose::Query,
    KeyPurpose::Validator,
    KeyPurpose::Node,
    KeyPurpose::Encrypt,
];

/// What a member with these roles on the chain is to a node. An authority is nothing else besides.
pub fn role_of(roles: &[bencao_genesis::Role]) -> Role {
    if roles.iter().any(|r| bencao_genesis::Role::DEPARTMENTS.contains(r)) {
        return Role::Regulator;
    }
    match roles.contains(&bencao_genesis::Role::FinancialInstitution) {
        true => Role::Bank,
        false => Role::Organisation,
    }
}

/// A member, as far as jurisdiction goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subject<'a> {
    /// Identifier: one abroad has no region of ours.
    pub id: &'a OrgId,
    /// What it does.
    pub roles: &'a [bencao_genesis::Role],
    /// Where.
    pub region: RegionCode,
}

/// Whether an authority with these roles and this region answers for the subject: by department (domain §8.1), then by
/// region (属地管理). Members abroad are those of the national drug regulator and of customs.
pub fn answers_for(authority: &[bencao_genesis::Role], region: RegionCode, subject: &Subject<'_>) -> bool {
    let abroad = subject.id.as_str().starts_with("FOREIGN:");
    let in_place = if abroad { region.contains_all() } else { region.contains(&subject.region) };
    authority.iter().any(|department| match department {
        bencao_genesis::Role::Customs => abroad || (in_place && oversees(*department, subject.roles)),
        _ => in_place && oversees(*department, subject.roles),
    })
}

/// Whether a department oversees members with one of these roles.
fn oversees(department: bencao_genesis::Role, roles: &[bencao_genesis::Role]) -> bool {
    use bencao_genesis::Role as R;
    let of: &[R] = match department {
        // Whatever touches drugs and herbs, and who oversees them beside it.
        R::DrugRegulator => return true,
        R::HealthAuthority => &[R::Hospital, R::VaccinationSite, R::DiseaseControl],
        R::AgricultureAuthority => &[R::Grower],
        R::CommerceAuthority => &[R::Wholesaler, R::Pharmacy, R::HerbTrader, R::MarketOperator, R::TradingPlatform],
        R::IndustryAuthority => &[R::MarketingHolder, R::Producer, R::DecoctionProducer],
        R::MarketRegulator => {
            &[R::Pharmacy, R::HerbTrader, R::MarketOperator, R::Laboratory, R::Certifier, R::TradingPlatform]
        }
        R::Customs => &[R::MarketingHolder, R::Producer, R::Wholesaler, R::DecoctionProducer, R::Grower, R::HerbTrader],
        _ => &[],
    };
    roles.iter().any(|r| of.contains(r))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_genesis::Role as R;

    const DOCUMENT: &str = include_str!("../../docs/access.md");

    /// Rows of the table behind a marker, as cells.
    fn table(marker: &str) -> Vec<Vec<String>> {
        let (_, rest) = DOCUMENT.split_once(&format!("<!-- {marker}: begin -->\n")).expect(marker);
        let (table, _) = rest.split_once(&format!("<!-- {marker}: end -->")).expect(marker);
        let cells = |line: &str| line.trim_matches('|').split('|').map(|c| c.trim().replace('`', "")).collect();
        table.lines().filter(|l| l.starts_with('|')).skip(2).map(cells).collect()
    }

    #[test]
    fn the_document_shows_the_table_of_roles() {
        let ours: Vec<Vec<String>> = Right::ALL
            .iter()
            .map(|right| {
                let cells = Role::ALL.iter().map(|role| reach(*right, *role).name().to_owned());
                std::iter::once(right.name().to_owned()).chain(cells).collect()
            })
            .collect();
        assert_eq!(table("roles"), ours);
    }

    #[test]
    fn the_document_shows_the_table_of_purposes() {
        let shown = |yes| if yes { "yes" } else { "–" }.to_owned();
        let ours: Vec<Vec<String>> = Right::ALL
            .iter()
            .map(|right| {
                let cells = PURPOSES.iter().map(|purpose| shown(may_sign(*purpose, *right)));
                std::iter::once(right.name().to_owned()).chain(cells).collect()
            })
            .collect();
        assert_eq!(table("purposes"), ours);
    }

    #[test]
    fn the_document_shows_the_table_of_departments() {
        let name = |role: R| serde_json::to_value(role).unwrap().as_str().unwrap().to_owned();
        let all = [
            R::MarketingHolder,
            R::Producer,
            R::Wholesaler,
            R::Pharmacy,
            R::Hospital,
            R::VaccinationSite,
            R::DiseaseControl,
            R::Grower,
            R::HerbTrader,
            R::MarketOperator,
            R::DecoctionProducer,
            R::Laboratory,
            R::Certifier,
            R::TradingPlatform,
        ];
        let ours: Vec<Vec<String>> = R::DEPARTMENTS
            .iter()
            .map(|department| {
                let overseen: Vec<String> =
                    all.iter().filter(|r| oversees(*department, &[**r])).map(|r| name(*r)).collect();
                let shown = if overseen.len() == all.len() { "everybody".into() } else { overseen.join(", ") };
                vec![name(*department), shown]
            })
            .collect();
        assert_eq!(table("departments"), ours);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for right in Right::ALL {
            assert_eq!(Right::find(right.name()), Some(right));
            assert_eq!(serde_json::to_value(right).unwrap(), right.name());
        }
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        for purpose in PURPOSES {
            assert_eq!(serde_json::to_value(purpose).unwrap(), purpose.name());
        }
        assert_eq!(Right::find("everything"), None);
    }

    #[test]
    fn jurisdiction_is_department_and_region() {
        let region = |text| RegionCode::parse(text).unwrap();
        let org = OrgId::parse("91350100M000100Y43").unwrap();
        let foreign = OrgId::parse("FOREIGN:KZ:1").unwrap();
        let subject = |id, roles, place| Subject { id, roles, region: region(place) };
        let hospital = subject(&org, &[R::Hospital], "650104");
        assert!(answers_for(&[R::DrugRegulator], region("650000"), &hospital));
        assert!(answers_for(&[R::HealthAuthority], region("650100"), &hospital));
        assert!(!answers_for(&[R::HealthAuthority], region("654200"), &hospital), "another prefecture");
        assert!(!answers_for(&[R::CommerceAuthority], region("650000"), &hospital), "another department");
        assert!(answers_for(&[R::CommerceAuthority, R::HealthAuthority], region("650000"), &hospital));
        assert!(!answers_for(&[R::Hospital], region("000000"), &hospital), "no authority at all");
        let abroad = subject(&foreign, &[R::Producer], "000000");
        assert!(answers_for(&[R::Customs], region("650000"), &abroad));
        assert!(answers_for(&[R::DrugRegulator], region("000000"), &abroad));
        assert!(!answers_for(&[R::DrugRegulator], region("650000"), &abroad));
    }

    #[test]
    fn a_member_is_one_thing_to_a_node() {
        assert_eq!(role_of(&[R::Pharmacy]), Role::Organisation);
        assert_eq!(role_of(&[]), Role::Organisation);
        assert_eq!(role_of(&[R::Agency, R::FinancialInstitution]), Role::Bank);
        assert_eq!(role_of(&[R::FinancialInstitution, R::Customs]), Role::Regulator);
    }
}
