//! 编码规则备案: which prefixes an organisation may code under, by which scheme and issuer (NMPAB/T 1001; domain §1.1 C8,
//! C9). Commissioning asks for it; the prefixes of genesis products are filed by the genesis file.

use super::events::CodingFiled;
use super::product::HOLDER_ROLES;
use super::records::PrefixRecord;
use super::{OrganisationFile, OrganisationRecord, ProductRecord};
use crate::admission::check_text;
use crate::codes::{mod10, mod10_is_valid};
use crate::event::EventBody;
use crate::limits::CODING_PREFIXES_MAX;
use crate::rejection::Rejection;
use crate::state::{OrgNo, Record, Stop, Tx, key};
use crate::transaction::{Body, FileCodingRule, count_writes};
use bencao_genesis::Role;
use bincode::{Decode, Encode};

byte_enum! {
    /// How codes are made (domain §1.1).
    pub enum CodingScheme {
        /// 20 digits of the platform, beginning with 8.
        Platform = 1 as "platform", "码上放心",
        /// 20 digits under a rule of the enterprise's own.
        Enterprise = 2 as "enterprise", "企业自建",
        /// GTIN with serial (ISO/IEC 15459).
        Gs1 = 3 as "gs1", "GS1",
    }
}

/// The rule under which a prefix is coded.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct CodingRecord {
    /// Format: 1.
    pub version: u8,
    /// Who filed it, and alone may register products under the prefix.
    pub holder: OrgNo,
    /// Scheme.
    pub scheme: CodingScheme,
    /// 发码机构
    pub issuer: String,
    /// 备案号
    pub filing_no: String,
}

impl Record for CodingRecord {}

impl Body for FileCodingRule {
    /// Each prefix, and the file.
    fn writes_bound(&self) -> u32 {
        count_writes(self.prefixes.len()).saturating_add(1)
    }

    fn check_form(&self) -> Result<(), Rejection> {
        check_text("issuer", &self.issuer)?;
        check_text("filing_no", &self.filing_no)?;
        let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
        if self.issuer.is_empty() || self.filing_no.is_empty() {
            return refuse("filing_no", "issuer and filing number, not empty");
        }
        let count_ok = (1..=CODING_PREFIXES_MAX).contains(&self.prefixes.len());
        if !count_ok || !self.prefixes.is_sorted_by(|a, b| a < b) {
            return refuse("prefixes", "1 to 64, ascending without repeats");
        }
        self.prefixes.iter().try_for_each(|prefix| check_scheme(self.scheme, prefix))
    }

    fn execute(&self, tx: &mut Tx) -> Result<(), Stop> {
        file(tx, self)
    }
}

fn check_scheme(scheme: CodingScheme, prefix: &str) -> Result<(), Rejection> {
    let digits = prefix.bytes().all(|b| b.is_ascii_digit());
    let fits = match scheme {
        CodingScheme::Platform => prefix.len() == 7 && prefix.starts_with('8'),
        CodingScheme::Enterprise => prefix.len() == 7,
        CodingScheme::Gs1 => prefix.len() == 14,
    };
    if !digits || !fits {
        let expected = "platform: 7 digits beginning 8; enterprise: 7 digits; gs1: a GTIN-14";
        return Err(Rejection::FieldForm { field: "prefixes", expected });
    }
    match prefix.as_bytes().split_last() {
        Some((actual, body)) if scheme == CodingScheme::Gs1 && !mod10_is_valid(prefix.as_bytes()) => {
            Err(Rejection::CheckDigit {
                code: prefix.to_owned(),
                expected: char::from(mod10(body)).to_string(),
                actual: char::from(*actual).to_string(),
            })
        }
        _ => Ok(()),
    }
}

/// Executes the operation. Order of checks: role, each prefix free or its own.
fn file(tx: &mut Tx, operation: &FileCodingRule) -> Result<(), Stop> {
    let roles = HOLDER_ROLES.iter().chain(&[Role::Producer]);
    if !roles.into_iter().any(|r| tx.organisation.has_role(*r)) {
        return Err(Rejection::RoleNotAllowed {
            organisation: tx.organisation.id.clone(),
            expected: "marketing_holder, producer, decoction_producer, hospital",
            bill_type: 0,
        }
        .into());
    }
    for prefix in &operation.prefixes {
        let taken: Option<CodingRecord> = tx.load(&key::coding(prefix))?;
        // First come is first served: what is registered is filed by its holder, or the producer that this one names.
        let registered: Option<PrefixRecord> = tx.load(&key::prefix(prefix))?;
        let product = registered.map(|r| tx.product(r.product)).transpose()?;
        let owner = product.filter(|p| ![p.holder, p.producer].contains(&tx.principal)).map(|p| p.holder);
        if let Some(taken) = taken.map(|t| t.holder).filter(|h| *h != tx.principal).or(owner) {
            let expected = tx.organisation_record(taken)?.id.clone();
            let actual = tx.organisation.id.clone();
            return Err(Rejection::CodingPrefixTaken { prefix: prefix.clone(), expected, actual }.into());
        }
        let record = CodingRecord {
            version: 1,
            holder: tx.principal,
            scheme: operation.scheme,
            issuer: operation.issuer.clone(),
            filing_no: operation.filing_no.clone(),
        };
        tx.store(key::coding(prefix), &record);
    }
    let body = CodingFiled {
        scheme: operation.scheme,
        filing_no: operation.filing_no.clone(),
        prefixes: u32::try_from(operation.prefixes.len()).unwrap_or(u32::MAX),
    };
    OrganisationFile::load(tx, tx.principal)?.close(tx, tx.principal, EventBody::CodingFiled(body));
    Ok(())
}

/// Refuses a prefix under which neither the holder of the product has filed a coding rule, nor the producer who uses it
/// now, unless the law of the holder's region asks for none: naming a firm as producer does not lend its prefix.
pub(crate) fn require_coding_rule(tx: &mut Tx, product: &ProductRecord, prefix: &str) -> Result<(), Stop> {
    let holder = tx.organisation_record(product.holder)?;
    if !tx.law(holder.jurisdiction).registry.coding_rule_required {
        return Ok(());
    }
    let filed: Option<CodingRecord> = tx.load(&key::coding(prefix))?;
    let own = |filer| filer == product.holder || (filer == product.producer && filer == tx.principal);
    if let Some(filer) = filed.map(|f| f.holder) {
        if own(filer) {
            return Ok(());
        }
        let (expected, actual) = (tx.organisation_record(filer)?.id.clone(), tx.organisation.id.clone());
        return Err(Rejection::CodingPrefixTaken { prefix: prefix.to_owned(), expected, actual }.into());
    }
    Err(Rejection::CodingRuleNotFiled { prefix: prefix.to_owned(), expected: holder.id.clone() }.into())
}

/// Refuses commissioning of what must be traced, by its class or as a 重点追溯品种, by a firm without a trace policy, where
/// the law of its region asks for one (《药品管理法》 Art. 36; domain §8.2 row 43).
pub(crate) fn require_trace_policy(tx: &Tx, firm: &OrganisationRecord, product: &ProductRecord) -> Result<(), Stop> {
    let law = tx.law(firm.jurisdiction);
    let class = product.master.class;
    if !law.registry.trace_policy_required || law.mandatory_product(&product.master, &firm.id, tx.today()).is_none() {
        return Ok(());
    }
    if super::has_filing(tx, tx.principal, super::FilingKind::TracePolicy, class)? {
        return Ok(());
    }
    Err(Rejection::TracePolicyRequired { organisation: firm.id.clone(), class: super::class_name(class) }.into())
}
