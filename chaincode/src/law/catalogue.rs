//! The dynamic catalogue of traced categories (动态目录管理) and pilots (domain §8.1 row 29, §8.2 rows 35, 41, 42).
//!
//! While a class is not in force in a region, its events may be recorded, and what was not recorded stays visible as an
//! incomplete chain. Once it is in force, or a pilot names it for a region or an organisation, events are mandatory:
//! a lot of the class from an untraced source is refused, and, where the registry's law asks for it, commissioning
//! waits for the firm's trace policy.

use bencao_genesis::{CalendarDate, DrugClass, OrgId, Product, ProductId};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

byte_enum! {
    /// How a class is traced (domain §8.4 row 72).
    pub enum Tracing {
        /// Each smallest unit by its own code.
        Serial = 1 as "serial", "一物一码",
        /// Quantities of a coded lot.
        Lot = 2 as "lot", "批次追溯",
        /// Documents of purchase and sale.
        Document = 3 as "document", "单据追溯",
    }
}

/// A class of the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueEntry {
    /// The class.
    pub class: DrugClass,
    /// First day on which its events are mandatory.
    pub since: CalendarDate,
    /// How it is traced.
    pub tracing: Tracing,
}

/// Parameters of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CatalogueLaw {
    /// Classes, one entry each at most; a class without an entry is not traced mandatorily.
    pub entries: Vec<CatalogueEntry>,
    /// 重点追溯品种 of the region, ascending: their events are mandatory whatever the day of their class (domain §3.5).
    pub key_products: Vec<ProductId>,
}

impl Default for CatalogueLaw {
    /// 制剂 → 饮片 → 中药材 (domain §8.2 row 42). The days are proposals until an authority sets others: 制剂 from the
    /// day of 《药品管理法》 (Art. 36), 饮片 from the mandatory marking of their 保质期 (2025-08-01, domain §4.1), 药材
    /// from the year 2028.
    fn default() -> CatalogueLaw {
        use DrugClass::*;
        let preparations = [
            Chemical,
            ProprietaryChinese,
            Biological,
            Vaccine,
            BloodProduct,
            Narcotic,
            PsychotropicI,
            PsychotropicII,
            MedicalToxic,
            Radioactive,
            Precursor,
            AnabolicOrPeptide,
            HospitalPreparation,
        ];
        // Days since 1970-01-01: 2019-12-01, 2025-08-01, 2028-01-01.
        let entry = |class, days, tracing| CatalogueEntry { class, since: CalendarDate::from_days(days), tracing };
        let mut entries: Vec<_> = preparations.iter().map(|class| entry(*class, 18_231, Tracing::Serial)).collect();
        entries.push(entry(DecoctionPiece, 20_301, Tracing::Lot));
        entries.push(entry(CrudeHerb, 21_184, Tracing::Lot));
        CatalogueLaw { entries, key_products: Vec::new() }
    }
}

/// Something tried out, in the region of the rule set or by some organisations of it, for a time.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pilot {
    /// Name of what is tried, such as `mandatory`, which brings a class into force early.
    pub feature: String,
    /// Of which class; of all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<DrugClass>,
    /// By whom; by everybody in the region if empty.
    #[serde(default)]
    pub organisations: Vec<OrgId>,
    /// First day.
    pub from: CalendarDate,
    /// Last day.
    pub to: CalendarDate,
}

/// Pilots of a region.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PilotLaw {
    /// Each by itself.
    pub pilots: Vec<Pilot>,
}

/// Name of the pilot that makes events of a class mandatory before the catalogue does.
pub const PILOT_MANDATORY: &str = "mandatory";

impl PilotLaw {
    /// Whether `organisation` takes part in the pilot of `feature` for `class` on `day`.
    pub fn is_active(&self, feature: &str, class: DrugClass, organisation: &OrgId, day: CalendarDate) -> bool {
        self.pilots.iter().any(|p| {
            p.feature == feature
                && p.class.is_none_or(|c| c == class)
                && (p.organisations.is_empty() || p.organisations.contains(organisation))
                && p.from <= day
                && day <= p.to
        })
    }
}

impl CatalogueLaw {
    /// Whether a product is a 重点追溯品种: by its holder's own word, or because the catalogue names it.
    pub fn is_key_traced(&self, product: &Product) -> bool {
        product.details.key_traced || self.key_products.contains(&product.id)
    }
}

impl super::Law {
    /// [`Law::mandatory`](super::Law::mandatory) of one product: a 重点追溯品种 is traced whatever the day of its class.
    pub fn mandatory_product(&self, product: &Product, organisation: &OrgId, day: CalendarDate) -> Option<Tracing> {
        let by_class = self.mandatory(product.class, organisation, day);
        by_class.or_else(|| self.catalogue.is_key_traced(product).then_some(Tracing::Serial))
    }

    /// How events of `class` are mandatory for `organisation` on `day`; `None` while they are optional.
    pub fn mandatory(&self, class: DrugClass, organisation: &OrgId, day: CalendarDate) -> Option<Tracing> {
        let entry = self.catalogue.entries.iter().find(|e| e.class == class);
        match entry {
            Some(entry) if entry.since <= day => Some(entry.tracing),
            _ if self.pilot.is_active(PILOT_MANDATORY, class, organisation, day) => {
                Some(entry.map_or(Tracing::Serial, |e| e.tracing))
            }
            _ => None,
        }
    }
}
