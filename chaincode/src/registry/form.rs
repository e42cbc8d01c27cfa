//! What a product's master data must look like, whatever the state (domain §1.1, §1.3, §1.4, §3.5).

use super::records::capacity;
use crate::admission::check_text;
use crate::codes::{approval_number_is_well_formed, mod10, mod10_is_valid, standard_code_is_valid};
use crate::limits::{EXTENSION_FIELDS_MAX, LEVELS_MAX};
use crate::registry::class_name;
use crate::rejection::Rejection;
use bencao_genesis::product::CONTENT_MAX;
use bencao_genesis::{DrugClass, Product, ProductDetails, TemperatureRange};

fn refuse(field: &'static str, expected: &'static str) -> Rejection {
    Rejection::FieldForm { field, expected }
}

pub(crate) fn check_product_form(product: &Product) -> Result<(), Rejection> {
    if !product.id.is_well_formed() {
        return Err(refuse("product.id", "A-Z a-z 0-9 . _ -, 1-32 characters"));
    }
    let texts = [
        ("product.generic_name", &product.generic_name),
        ("product.trade_name", &product.trade_name),
        ("product.dosage_form", &product.dosage_form),
        ("product.strength", &product.strength),
    ];
    texts.iter().try_for_each(|(field, text)| check_text(field, text))?;
    if product.generic_name.is_empty() {
        return Err(refuse("product.generic_name", "not empty"));
    }
    if product.content > CONTENT_MAX {
        return Err(refuse("product.content", "at most 10000000000: a million preparation units"));
    }
    if product.content == 0 && matches!(product.class, DrugClass::DecoctionPiece | DrugClass::CrudeHerb) {
        return Err(refuse("product.content", "of 饮片 and 药材: 装量 of the smallest package, in 10⁻⁴ of a gram"));
    }
    check_numbers(product)?;
    check_packages(product)?;
    check_details_form(&product.details)
}

/// The rest of the master data: bounded texts, a temperature range, extension fields in order.
pub(crate) fn check_details_form(details: &ProductDetails) -> Result<(), Rejection> {
    let texts = [
        ("details.name_en", &details.name_en),
        ("details.national_id", &details.national_id),
        ("details.sub_type_no", &details.sub_type_no),
        ("details.product_code", &details.product_code),
        ("details.packaging_material", &details.packaging_material),
        ("details.standard", &details.standard),
        ("details.unit_name", &details.unit_name),
        ("details.package_unit_name", &details.package_unit_name),
        ("details.ingredients", &details.ingredients),
        ("details.holder_address", &details.holder_address),
        ("details.producer_address", &details.producer_address),
    ];
    texts.iter().try_for_each(|(field, text)| check_text(field, text))?;
    if details.key_traced && details.scan_exempt {
        return Err(refuse("details.scan_exempt", "false, of a product that is traced with priority (重点追溯品种)"));
    }
    // −90.0 °C holds the coldest vaccine, 60.0 °C the warmest store.
    let temperature_ok =
        |t: &TemperatureRange| t.min_tenths <= t.max_tenths && t.min_tenths >= -900 && t.max_tenths <= 600;
    if !details.temperature.as_ref().is_none_or(temperature_ok) {
        return Err(refuse("details.temperature", "min_tenths ≤ max_tenths, between -900 and 600 tenths of a degree"));
    }
    let fields = &details.extension;
    fields.iter().try_for_each(|f| {
        check_text("details.extension", &f.name)?;
        check_text("details.extension", &f.value)
    })?;
    if fields.len() > EXTENSION_FIELDS_MAX || !fields.is_sorted_by(|a, b| a.name < b.name) {
        return Err(refuse("details.extension", "at most 32 fields, ascending by name, each once"));
    }
    Ok(())
}

fn check_numbers(product: &Product) -> Result<(), Rejection> {
    let approval = &product.approval_number;
    let own_number = product.class == DrugClass::HospitalPreparation;
    let may_be_empty = matches!(product.class, DrugClass::DecoctionPiece | DrugClass::CrudeHerb);
    check_text("product.approval_number", approval)?;
    match approval.is_empty() {
        true if !may_be_empty => {
            return Err(refuse("product.approval_number", "required for this class (《药品管理法》 Art. 24)"));
        }
        false if !own_number && !approval_number_is_well_formed(approval) => {
            return Err(refuse("product.approval_number", "国药准字, 1-2 letters, 8 digits"));
        }
        _ => {}
    }
    let code = &product.standard_code;
    if code.is_empty() || standard_code_is_valid(code) {
        return Ok(());
    }
    match code.as_bytes().split_last() {
        Some((actual, body))
            if code.len() == 14 && code.bytes().all(|b| b.is_ascii_digit()) && mod10(body) != *actual =>
        {
            Err(Rejection::CheckDigit {
                code: code.clone(),
                expected: char::from(mod10(body)).to_string(),
                actual: char::from(*actual).to_string(),
            })
        }
        _ => Err(refuse("product.standard_code", "14 digits beginning 869 (国家药品编码本位码)")),
    }
}

fn check_packages(product: &Product) -> Result<(), Rejection> {
    let packages = &product.packages;
    if packages.is_empty() || packages.len() > usize::from(LEVELS_MAX) {
        return Err(refuse("product.packages", "1 to 5 package levels"));
    }
    if !packages.is_sorted_by(|a, b| a.level < b.level) {
        return Err(refuse("product.packages", "ascending by level, one prefix a level"));
    }
    for package in packages {
        check_text("product.packages.description", &package.description)?;
        check_prefix(product, &package.prefix)?;
        let lowest = package.level == 1;
        let levels_ok = (1..=LEVELS_MAX).contains(&package.level) && lowest == (package.holds == 0);
        if !levels_ok || package.holds > 1_000_000 {
            return Err(refuse("product.packages.holds", "0 at level 1, else 1 to 1000000"));
        }
        if capacity(product, package.level).is_none_or(|c| c == 0 && !lowest) {
            return Err(refuse("product.packages.holds", "cumulative ratios that divide"));
        }
    }
    let prefixes: std::collections::BTreeSet<&str> = packages.iter().map(|p| p.prefix.as_str()).collect();
    if prefixes.len() != packages.len() {
        return Err(refuse("product.packages.prefix", "a different prefix for each level"));
    }
    match packages.first() {
        Some(first) if first.level == 1 => Ok(()),
        _ => Err(refuse("product.packages", "a smallest unit (level 1)")),
    }
}

/// Seven digits, where 89 ⇔ special class; or a GTIN-14 with a right check digit.
fn check_prefix(product: &Product, prefix: &str) -> Result<(), Rejection> {
    let digits = prefix.bytes().all(|b| b.is_ascii_digit());
    match prefix.len() {
        7 if digits => {
            if prefix.starts_with("89") == product.class.is_special() {
                return Ok(());
            }
            Err(Rejection::SpecialPrefix { prefix: prefix.to_owned(), class: class_name(product.class) })
        }
        14 if digits && !mod10_is_valid(prefix.as_bytes()) => {
            let (actual, body) = prefix.as_bytes().split_last().unwrap_or((&b'0', &[]));
            Err(Rejection::CheckDigit {
                code: prefix.to_owned(),
                expected: char::from(mod10(body)).to_string(),
                actual: char::from(*actual).to_string(),
            })
        }
        14 if digits => Ok(()),
        _ => Err(refuse("product.packages.prefix", "7 digits, or a GTIN-14")),
    }
}
