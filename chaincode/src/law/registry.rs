//! Parameters of `registry`: contract manufacture, filings that commissioning needs, extension schemas.

use crate::rejection::Rejection;
use bencao_genesis::{DrugClass, ExtensionField};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Parameters of `registry`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegistryLaw {
    /// Classes that may not be made under contract (《药品管理法》 Art. 32, unless the NMPA provides otherwise).
    pub contract_manufacture_banned: Vec<DrugClass>,
    /// Whether codes are commissioned only under a filed coding rule (NMPAB/T 1001: 备案; domain §1.1 C8).
    pub coding_rule_required: bool,
    /// Whether classes of the catalogue in force are commissioned only by firms that filed their trace policy (《药品管理法》
    /// Art. 36; domain §8.2 row 43). Off until an authority turns it on.
    pub trace_policy_required: bool,
    /// Longest validity of a licence, years (domain §5.4: 5).
    pub licence_years_max: u8,
    /// Extension schemas, one a class at most (domain §8.4 row 70).
    pub schemas: Vec<ExtensionSchema>,
}

/// Fields that products of a class may or must carry beyond the common schema.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionSchema {
    /// The class.
    pub class: DrugClass,
    /// Its fields.
    pub fields: Vec<ExtensionRule>,
}

/// A field of a schema.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRule {
    /// Name.
    pub name: String,
    /// Whether it must be there.
    #[serde(default)]
    pub required: bool,
}

impl Default for RegistryLaw {
    fn default() -> RegistryLaw {
        use DrugClass::*;
        RegistryLaw {
            contract_manufacture_banned: vec![
                BloodProduct,
                Narcotic,
                PsychotropicI,
                PsychotropicII,
                MedicalToxic,
                Precursor,
            ],
            coding_rule_required: true,
            trace_policy_required: false,
            licence_years_max: 5,
            schemas: Vec::new(),
        }
    }
}

impl RegistryLaw {
    /// Fields of a product, or of anything else of a class, against the schema of the class: no unknown field, none
    /// missing. Without a schema there are no extension fields.
    pub(crate) fn check_extension(&self, class: DrugClass, fields: &[ExtensionField]) -> Result<(), Rejection> {
        let schema = self.schemas.iter().find(|s| s.class == class).map(|s| s.fields.as_slice()).unwrap_or_default();
        let refuse = |field: &str, expected| Err(Rejection::ExtensionField { field: field.to_owned(), expected });
        for field in fields {
            if !schema.iter().any(|rule| rule.name == field.name) {
                return refuse(&field.name, "a field of the schema in force");
            }
        }
        match schema.iter().find(|r| r.required && !fields.iter().any(|f| f.name == r.name)) {
            Some(missing) => refuse(&missing.name, "required by the schema in force"),
            None => Ok(()),
        }
    }
}
