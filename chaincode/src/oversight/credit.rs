//! 信用档案: positive and negative events of an organisation (《药品管理法》 Art. 105; domain §8.1 row 5, §8.3 rows 55, 56).
//! The sums stand in the organisation's file; the events are its history.

use super::events::CreditRecorded;
use crate::admission::check_text;
use crate::event::EventBody;
use crate::registry::{OrganisationFile, member, require_authority};
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};
use crate::transaction::{Body, RecordCredit};
use bencao_genesis::Role;

byte_enum! {
    /// Which side of the file.
    pub enum CreditKind {
        /// 守信
        Positive = 1 as "positive", "守信",
        /// 失信
        Negative = 2 as "negative", "失信",
    }
}

pub(super) const ANY_DEPARTMENT: &str = "an authority";

impl Body for RecordCredit {
    fn delegable(&self) -> bool {
        false
    }

    /// The file.
    fn writes_bound(&self) -> u32 {
        1
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("category", &self.category)?;
        check_text("basis", &self.basis)?;
        if self.category.is_empty() || self.basis.is_empty() || !(1..=1000).contains(&self.points) {
            return Err(Rejection::FieldForm { field: "points", expected: "1 to 1000, with category and basis" });
        }
        Ok(())
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        record(tx, self)
    }
}

/// Executes the operation. Order of checks: organisation, authority.
fn record(tx: &mut Tx, operation: &RecordCredit) -> Result<(), Stop> {
    let (number, organisation) = member(tx, &operation.organisation)?;
    require_authority(tx, &Role::DEPARTMENTS, ANY_DEPARTMENT, organisation.jurisdiction)?;
    let mut file = OrganisationFile::load(tx, number)?;
    let sum = match operation.kind {
        CreditKind::Positive => &mut file.credit_positive,
        CreditKind::Negative => &mut file.credit_negative,
    };
    *sum = sum.saturating_add(u32::from(operation.points));
    let body = CreditRecorded {
        kind: operation.kind,
        points: operation.points,
        category: operation.category.clone(),
        basis: operation.basis.clone(),
        document: operation.document,
    };
    file.close(tx, number, EventBody::CreditRecorded(body));
    Ok(())
}
