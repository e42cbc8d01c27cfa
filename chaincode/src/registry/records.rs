//! Records of the registry. Version byte first.

use crate::custody::Holds;
use crate::event::History;
use crate::governance::Standing;
use crate::oversight::Listing;
use crate::state::{OrgNo, ProductNo, Record};
use crate::transaction::Operation;
use bencao_crypto::PublicKey;
use bencao_genesis::{Height, KeyPurpose, Licence, OrgId, Product, RegionCode, Role};
use bincode::{Decode, Encode};

/// A member.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct OrganisationRecord {
    /// Format: 1.
    pub version: u8,
    /// 统一社会信用代码 or another form of identifier.
    pub id: OrgId,
    /// Registered name.
    pub name: String,
    /// Ascending without repeats.
    pub roles: Vec<Role>,
    /// GB/T 2260.
    pub jurisdiction: RegionCode,
    /// With scope and validity.
    pub licences: Vec<Licence>,
    /// Holds on all that it has (licence lock, freeze of an enterprise).
    pub holds: Holds,
    /// Its own events.
    pub history: History,
    /// Who registered it and gives mandates for it, if it has no key of its own (代管).
    pub host: Option<OrgNo>,
    /// Public lists it stands on, one entry a list; ended ones leave at the next change.
    pub listings: Vec<Listing>,
    /// Where it stands in the consortium.
    pub standing: Standing,
    /// Number of the proposal that decided so; 0 if none ever did.
    pub standing_by: u32,
}

impl OrganisationRecord {
    /// A member without roles, licences and history.
    pub(crate) fn new(id: OrgId, name: String, jurisdiction: RegionCode) -> OrganisationRecord {
        OrganisationRecord {
            version: 1,
            id,
            name,
            roles: Vec::new(),
            jurisdiction,
            licences: Vec::new(),
            holds: Holds::NONE,
            history: History::default(),
            host: None,
            listings: Vec::new(),
            standing: Standing::Active,
            standing_by: 0,
        }
    }

    /// Whether it has `role`.
    pub fn has_role(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// A signing key.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct KeyRecord {
    /// Format: 1.
    pub version: u8,
    /// Whose.
    pub organisation: OrgNo,
    /// For what.
    pub purpose: KeyPurpose,
    /// The key.
    pub public_key: PublicKey,
    /// First height at which it counts.
    pub valid_from: Height,
    /// First height at which it no longer counts.
    pub valid_to: Option<Height>,
    /// Names of operations or modules that it may sign, ascending; all of its purpose if empty.
    pub scope: Vec<String>,
}

impl KeyRecord {
    /// Whether an operation is within its scope.
    pub fn covers(&self, operation: &Operation) -> bool {
        self.covers_name(operation.name())
    }

    /// Whether the operation of this name is within its scope.
    pub fn covers_name(&self, operation: &str) -> bool {
        let module = Operation::module_of(operation);
        self.scope.is_empty() || self.scope.iter().any(|name| name == operation || Some(name.as_str()) == module)
    }

    /// Whether the key counts at `height`.
    pub fn is_valid_at(&self, height: Height) -> bool {
        self.valid_from <= height && self.valid_to.is_none_or(|end| height < end)
    }
}

/// A product.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ProductRecord {
    /// Format: 1.
    pub version: u8,
    /// Number of the holder.
    pub holder: OrgNo,
    /// Number of the producer.
    pub producer: OrgNo,
    /// Batches opened so far.
    pub batches: u32,
    /// Holds on every unit of it.
    pub holds: Holds,
    /// Its own events.
    pub history: History,
    /// Master data.
    pub master: Product,
}

impl ProductRecord {
    /// How many children a full package of `level` holds directly; 0 at the lowest level.
    ///
    /// With cumulative ratios `holds` counts smallest units in total (1:5:10 = one large of five middle of ten small
    /// altogether), so that the direct number is a quotient; registration refuses one with a remainder.
    pub fn capacity(&self, level: u8) -> u32 {
        capacity(&self.master, level).unwrap_or(0)
    }

    /// 装量 of a smallest package, 10⁻⁴ of a smallest preparation unit; 0 if nothing of it is dispensed in parts.
    pub fn content(&self) -> u64 {
        self.master.content
    }

    /// The next higher level above `level`, if the product has one.
    pub fn level_above(&self, level: u8) -> Option<u8> {
        self.master.packages.iter().map(|p| p.level).filter(|l| *l > level).min()
    }
}

/// See [`ProductRecord::capacity`]; `None` if cumulative numbers do not divide.
pub(super) fn capacity(product: &Product, level: u8) -> Option<u32> {
    let holds = |l: u8| product.packages.iter().find(|p| p.level == l).map_or(0, |p| p.holds);
    let below = product.packages.iter().map(|p| p.level).filter(|l| *l < level).max();
    match (product.ratio_semantics, below) {
        (_, None) => Some(0),
        (bencao_genesis::RatioSemantics::PerLevel, Some(_)) => Some(holds(level)),
        (bencao_genesis::RatioSemantics::Cumulative, Some(below)) => {
            let inner = holds(below).max(1);
            (holds(level).checked_rem(inner)? == 0).then(|| holds(level).checked_div(inner)).flatten()
        }
    }
}

/// What a 药品标识码 or GTIN stands for: exactly one product and package level (NMPAB/T 1002 C4).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PrefixRecord {
    /// Format: 1.
    pub version: u8,
    /// The product.
    pub product: ProductNo,
    /// The level.
    pub level: u8,
}

/// The number behind a name.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct NumberRecord {
    /// Format: 1.
    pub(crate) version: u8,
    pub(crate) number: u32,
}

/// The last numbers given.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct RegistryCounters {
    /// Format: 1.
    pub(crate) version: u8,
    pub(crate) organisations: u32,
    pub(crate) products: u32,
}

impl Record for OrganisationRecord {}
impl Record for KeyRecord {}
impl Record for ProductRecord {}
impl Record for PrefixRecord {}
impl Record for NumberRecord {}
impl Record for RegistryCounters {}
