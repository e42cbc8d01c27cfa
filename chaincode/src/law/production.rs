//! Parameters of `production`.

use bencao_genesis::DrugClass;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Which classes need what before a batch is made or released.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProductionLaw {
    /// Released only with a 批签发证明 (《疫苗管理法》 Art. 26).
    pub lot_release_classes: Vec<DrugClass>,
    /// Released only with a passed test on record (《药品管理法》 Art. 44, 47; domain §4.5).
    pub test_required_classes: Vec<DrugClass>,
    /// Never made under contract (《药品管理法》 Art. 32).
    pub contract_forbidden_classes: Vec<DrugClass>,
    /// Imported batches that are released only with an inspection report (《药品管理法》 Art. 68).
    pub import_inspection_classes: Vec<DrugClass>,
}

impl Default for ProductionLaw {
    fn default() -> ProductionLaw {
        use DrugClass::*;
        ProductionLaw {
            lot_release_classes: vec![Vaccine],
            test_required_classes: vec![DecoctionPiece, CrudeHerb],
            contract_forbidden_classes: vec![
                BloodProduct,
                Narcotic,
                PsychotropicI,
                PsychotropicII,
                MedicalToxic,
                Precursor,
            ],
            import_inspection_classes: vec![Biological, Vaccine, BloodProduct],
        }
    }
}
