//! What a receiver must have in hand: papers of the supplier, of an import, and the temperature on the way.

use super::route::is_foreign;
use super::{BillType, Lifecycle};
use crate::admission::check_text;
use crate::codes::UnitKey;
use crate::law::{CustodyLaw, ProductionLaw};
use crate::registry::{OrganisationRecord, ProductRecord, class_name};
use crate::rejection::Rejection;
use crate::state::{Facts, Stop};
use crate::transaction::Evidence;

/// Texts that stand on public record: bounded, not empty, and without what looks like a number of a person. A telephone
/// number has 11 digits, a 身份证 18 (《个人信息保护法》; domain §9 rule 15).
pub(crate) fn check_public_text(field: &'static str, text: &str) -> Result<(), Rejection> {
    check_text(field, text)?;
    if text.trim().is_empty() {
        return Err(Rejection::FieldForm { field, expected: "not empty" });
    }
    let mut run = 0u32;
    for byte in text.bytes() {
        run = if byte.is_ascii_digit() { run.saturating_add(1) } else { 0 };
        if run >= 11 {
            return Err(Rejection::FieldForm { field, expected: "no telephone or identity number" });
        }
    }
    Ok(())
}

/// Numbers of papers: bounded, not empty.
pub(super) fn check_paper_number(field: &'static str, text: &str) -> Result<(), Rejection> {
    check_text(field, text)?;
    if text.trim().is_empty() {
        return Err(Rejection::FieldForm { field, expected: "not empty" });
    }
    Ok(())
}

/// What evidence must look like, whatever the state.
pub(super) fn check_form(evidence: &Evidence) -> Result<(), Rejection> {
    if let Some(papers) = &evidence.import {
        check_paper_number("evidence.import.declaration", &papers.declaration)?;
        check_paper_number("evidence.import.clearance", &papers.clearance)?;
        check_paper_number("evidence.import.port", &papers.port)?;
        check_text("evidence.import.permit", &papers.permit)?;
    }
    match evidence.temperature {
        Some(t) if t.lowest > t.highest => {
            Err(Rejection::FieldForm { field: "evidence.temperature", expected: "lowest not above highest" })
        }
        _ => Ok(()),
    }
}

/// 随货同行单 of what goes into saleable stock; 通关单 and declaration of what comes from abroad, by a port that is
/// open to drugs (《药品管理法》 Art. 64).
pub(super) fn check_papers(
    bill: &BillType,
    sending: &OrganisationRecord,
    evidence: &Evidence,
    law: &CustodyLaw,
) -> Result<(), Rejection> {
    let for_sale = bill.to == Some(Lifecycle::InStock);
    if for_sale && law.delivery_note_required && evidence.delivery_note.is_none() {
        return Err(Rejection::DeliveryNoteRequired { bill_type: bill.code });
    }
    if for_sale && is_foreign(sending) && evidence.import.is_none() {
        return Err(Rejection::ImportPapersRequired { organisation: sending.id.clone() });
    }
    evidence.import.as_ref().map_or(Ok(()), |papers| law.check_port(&papers.port))
}

/// 口岸检验报告 of a batch of a class that is inspected before it is sold (《药品管理法》 Art. 68): what a holder abroad
/// released there has been inspected by nobody here yet. Asked where the papers of the import are.
pub(super) fn check_inspection(facts: &Facts, evidence: &Evidence, law: &ProductionLaw) -> Result<(), Rejection> {
    let inspected = law.import_inspection_classes.contains(&facts.product.master.class);
    match &evidence.import {
        Some(papers) if inspected && papers.inspection_report.is_none() => {
            Err(Rejection::ImportInspectionRequired { batch: facts.batch.batch_no.clone() })
        }
        _ => Ok(()),
    }
}

/// 进口准许证 of a narcotic or psychotropic drug that comes from abroad (《药品管理法》 Art. 66).
pub(super) fn check_import_permit(
    product: &ProductRecord,
    code: UnitKey,
    evidence: &Evidence,
    law: &CustodyLaw,
) -> Result<(), Stop> {
    let class = product.master.class;
    match &evidence.import {
        Some(papers) if papers.permit.is_empty() && law.import_permit.contains(&class) => {
            Err(Rejection::PermitRequired { code, class: class_name(class) }.into())
        }
        _ => Ok(()),
    }
}

/// Ranges of the law and of the master data, in tenths of a degree, as far as either has one: a holder does not widen what
/// the law allows (《药品管理法》 Art. 58, 59).
fn ranges(product: &ProductRecord, law: &CustodyLaw) -> impl Iterator<Item = (i16, i16)> {
    let master = &product.master;
    let own = master.details.temperature.map(|range| (range.min_tenths, range.max_tenths));
    law.temperature_range(&master.id, master.class).into_iter().chain(own)
}

/// Whether a product must be kept within a range of temperature.
pub(super) fn has_range(product: &ProductRecord, law: &CustodyLaw) -> bool {
    ranges(product, law).next().is_some()
}

/// The full record of the temperature on the way, within every range that there is (《疫苗管理法》 Art. 39).
pub(super) fn check_temperature(
    product: &ProductRecord,
    code: UnitKey,
    evidence: &Evidence,
    law: &CustodyLaw,
) -> Result<(), Stop> {
    for (lowest, highest) in ranges(product, law) {
        let Some(measured) = evidence.temperature else { return Err(Rejection::TemperatureRequired { code }.into()) };
        if measured.lowest < lowest || highest < measured.highest {
            let (expected, actual) = (range_text(lowest, highest), range_text(measured.lowest, measured.highest));
            return Err(Rejection::TemperatureOutOfRange { code, expected, actual }.into());
        }
    }
    Ok(())
}

/// `2.0…8.0 °C` of tenths.
fn range_text(lowest: i16, highest: i16) -> String {
    format!("{}…{} °C", degrees(lowest), degrees(highest))
}

fn degrees(tenths: i16) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let size = tenths.unsigned_abs();
    format!("{sign}{}.{}", size / 10, size % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_are_shown_in_degrees() {
        assert_eq!(range_text(20, 80), "2.0…8.0 °C");
        assert_eq!(range_text(-205, -5), "-20.5…-0.5 °C");
    }

    #[test]
    fn numbers_of_persons_do_not_pass_for_reasons() {
        assert!(check_public_text("reason", "外包装破损 3 盒，批号 20261123").is_ok());
        for bad in ["", "  ", "联系 13800138000", "650102199001011234", "a\u{7}"] {
            assert!(check_public_text("reason", bad).is_err(), "{bad}");
        }
    }
}
