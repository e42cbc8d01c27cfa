//! 品种目录, 饮片工艺档案, 炮制范围; whom a market has admitted.

use super::lots::{check_count, check_named, member};
use super::records::{HerbRecord, PieceRecord, ScopeRecord};
use super::roles::require_one_of;
use crate::admission::check_text;
use crate::codes::HerbCode;
use crate::limits::HERBS_PER_BILL_MAX;
use crate::registry::{Execution, FilingKind, NumberRecord, is_admitted, require_execution_standard};
use crate::rejection::Rejection;
use crate::state::{OrgNo, ProductNo, Stop, Tx, key};
use crate::transaction::{Body, DefinePiece, Herb, RegisterHerbs, SetProcessingScope, count_writes};
use bencao_genesis::{DrugClass, OrgId, ProductId, Role};
use std::collections::BTreeSet;

impl Body for RegisterHerbs {
    /// What an authority does, it does itself.
    fn delegable(&self) -> bool {
        false
    }

    /// A herb each.
    fn writes_bound(&self) -> u32 {
        count_writes(self.herbs.len())
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_count("herbs", self.herbs.len(), 1, HERBS_PER_BILL_MAX)?;
        for herb in &self.herbs {
            check_named("herbs.name", &herb.name)?;
            check_named("herbs.species", &herb.species)?;
            check_named("herbs.part", &herb.part)?;
            check_text("herbs.approval_number", &herb.approval_number)?;
        }
        let codes: BTreeSet<HerbCode> = self.herbs.iter().map(|h| h.code).collect();
        if codes.len() == self.herbs.len() {
            return Ok(());
        }
        Err(Rejection::FieldForm { field: "herbs", expected: "each code once" })
    }

    /// Order of checks: role; then each herb in the order of the bill: nothing but the approval differs from the record.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_one_of(tx, &[Role::DrugRegulator], "drug_regulator")?;
        for herb in &self.herbs {
            let record = herb_record(herb, tx.principal);
            if let Some(known) = tx.load::<HerbRecord>(&key::herb(herb.code))? {
                let as_known =
                    HerbRecord { approval_number: known.approval_number.clone(), by: known.by, ..record.clone() };
                let approval_gained =
                    known.approval_number.is_empty() || known.approval_number == record.approval_number;
                if as_known != known || !approval_gained {
                    return Err(Rejection::HerbExists { herb: herb.code.to_string(), expected: known.name }.into());
                }
            }
            tx.store(key::herb(herb.code), &record);
        }
        Ok(())
    }
}

fn herb_record(herb: &Herb, by: OrgNo) -> HerbRecord {
    HerbRecord {
        version: 1,
        name: herb.name.clone(),
        species: herb.species.clone(),
        part: herb.part.clone(),
        newly_introduced: herb.newly_introduced,
        approval_number: herb.approval_number.clone(),
        by,
    }
}

/// A product by its name.
pub(super) fn find_product(tx: &Tx, id: &ProductId) -> Result<ProductNo, Stop> {
    let number: Option<NumberRecord> = tx.load(&key::product_number(id))?;
    let unknown = || Rejection::UnknownProduct { product: id.0.clone() };
    Ok(ProductNo(number.ok_or_else(unknown)?.number))
}

impl Body for DefinePiece {
    /// The profile.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_named("standard", &self.standard)?;
        if 0 < self.yield_ppm_min && self.yield_ppm_min <= self.yield_ppm_max {
            return Ok(());
        }
        Err(Rejection::FieldForm { field: "yield_ppm_min", expected: "1 to yield_ppm_max" })
    }

    /// Order of checks: product, holder, class, herb, band within the one of the law, 执行标准.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        let number = find_product(tx, &self.product_id)?;
        let product = tx.product(number)?;
        let name = self.product_id.0.clone();
        if product.holder != tx.principal {
            let (expected, actual) = (product.master.holder, tx.organisation.id.clone());
            return Err(Rejection::NotHolder { product: name, expected, actual }.into());
        }
        if product.master.class != DrugClass::DecoctionPiece {
            let actual = crate::registry::class_name(product.master.class);
            return Err(Rejection::NotAPiece { product: name, actual }.into());
        }
        super::lots::find_herb(tx, self.herb)?;
        let book = tx.law(tx.organisation.jurisdiction);
        let law = &book.tcm;
        let (minimum, expected) = (law.piece_yield_ppm_min, law.piece_yield_ppm_max);
        for actual in [self.yield_ppm_min, self.yield_ppm_max] {
            if !(minimum..=expected).contains(&actual) {
                return Err(Rejection::YieldBandTooWide { product: name, minimum, expected, actual }.into());
            }
        }
        require_execution_standard(
            tx,
            &Execution {
                standard: &self.standard,
                firm: tx.principal,
                class: DrugClass::DecoctionPiece,
                herb: Some(self.herb),
                region: tx.organisation.jurisdiction,
                day: tx.today(),
            },
        )?;
        let record = PieceRecord {
            version: 1,
            herb: self.herb,
            standard: self.standard.clone(),
            yield_ppm_min: self.yield_ppm_min,
            yield_ppm_max: self.yield_ppm_max,
        };
        tx.store(key::piece(number), &record);
        Ok(())
    }
}

/// A member that must exist.
fn known(tx: &Tx, id: &OrgId) -> Result<OrgNo, Stop> {
    member(tx, id)?.ok_or_else(|| Rejection::NoSuchMember { actual: id.clone() }.into())
}

impl Body for SetProcessingScope {
    /// What an authority does, it does itself.
    fn delegable(&self) -> bool {
        false
    }

    /// The scope.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_named("licence_no", &self.licence_no)?;
        if !self.crafts.is_sorted_by(|a, b| a < b) || self.crafts.is_empty() {
            return Err(Rejection::FieldForm { field: "crafts", expected: "ascending without repeats, not empty" });
        }
        if self.valid_from > self.valid_to {
            return Err(Rejection::FieldForm { field: "valid_to", expected: "not before valid_from" });
        }
        Ok(())
    }

    /// Order of checks: role, member, jurisdiction over it, it makes pieces.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        require_one_of(tx, &[Role::DrugRegulator], "drug_regulator")?;
        let number = known(tx, &self.organisation)?;
        let organisation = tx.organisation_record(number)?;
        super::roles::require_jurisdiction(tx, &[organisation.jurisdiction])?;
        if ![Role::DecoctionProducer, Role::Hospital].iter().any(|r| organisation.has_role(*r)) {
            let expected = "decoction_producer, hospital";
            return Err(Rejection::RoleRequired { organisation: self.organisation.clone(), expected }.into());
        }
        let record = ScopeRecord {
            version: 1,
            licence_no: self.licence_no.clone(),
            crafts: self.crafts.clone(),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            by: tx.principal,
        };
        tx.store(key::processing_scope(number), &record);
        Ok(())
    }
}

/// Whether the market's operator has admitted a merchant, by its entry in the register of admissions (domain §8 row 11).
pub(super) fn check_admitted(tx: &Tx, market: (OrgNo, &OrgId), merchant: (OrgNo, &OrgId)) -> Result<(), Stop> {
    if is_admitted(tx, merchant.0, FilingKind::MarketAdmission, market.0, None)? {
        return Ok(());
    }
    Err(Rejection::NotAdmitted { market: market.1.clone(), actual: merchant.1.clone() }.into())
}
