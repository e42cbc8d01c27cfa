//! Parameters of `production`.

use bencao_genesis::{CalendarDate, DrugClass, OrgId, ProductId};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A vaccine that an epidemic needs at once, freed of 批签发 (《疫苗管理法》 Art. 28).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotReleaseExemption {
    /// The product.
    pub product_id: ProductId,
    /// Number of the 批件 of the 国务院药品监督管理部门.
    pub approval: String,
    /// Last day of it.
    pub until: CalendarDate,
}

/// Which classes need what before a batch is made or released.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProductionLaw {
    /// Released only with a 批签发证明 (《疫苗管理法》 Art. 26).
    pub lot_release_classes: Vec<DrugClass>,
    /// Released without one (Art. 28). Read from the law of the nation, whatever a region says.
    pub lot_release_exemptions: Vec<LotReleaseExemption>,
    /// 批签发机构 that may refuse a batch (Art. 26), besides the drug regulators of nation and province; ascending. Read
    /// from the law of the nation.
    pub lot_release_institutions: Vec<OrgId>,
    /// Released only with a passed test on record (《药品管理法》 Art. 44, 47; domain §4.5).
    pub test_required_classes: Vec<DrugClass>,
    /// Never made under contract (《药品管理法》 Art. 32).
    pub contract_forbidden_classes: Vec<DrugClass>,
    /// Whether a batch expires at the latest when the 有效期 of its product has passed since it was made (《药品管理法》
    /// Art. 98: 更改有效期; 药品说明书和标签管理规定 Art. 23).
    pub term_bounds_expiry: bool,
    /// Imported batches that are released only with an inspection report (《药品管理法》 Art. 68).
    pub import_inspection_classes: Vec<DrugClass>,
}

impl Default for ProductionLaw {
    fn default() -> ProductionLaw {
        use DrugClass::*;
        ProductionLaw {
            lot_release_classes: vec![Vaccine],
            lot_release_exemptions: Vec::new(),
            lot_release_institutions: Vec::new(),
            test_required_classes: vec![DecoctionPiece, CrudeHerb],
            contract_forbidden_classes: vec![
                BloodProduct,
                Narcotic,
                PsychotropicI,
                PsychotropicII,
                MedicalToxic,
                Precursor,
            ],
            term_bounds_expiry: true,
            import_inspection_classes: vec![Biological, Vaccine, BloodProduct],
        }
    }
}
