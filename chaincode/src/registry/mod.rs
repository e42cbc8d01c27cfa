//! Who and what is registered: organisations, keys, licences, products, prefixes, coding rules, standards, certificates
//! and other filings, hosted participants, rule sets (domain §1.1, §3.5, §5.1, §8).

mod authority;
mod coding;
mod enrol;
mod events;
mod execution;
mod file;
mod filing;
mod form;
mod founding;
mod grant;
mod licence;
mod participant;
mod product;
mod records;
mod rules;
mod standard;
pub use coding::{CodingRecord, CodingScheme};
pub use events::{
    CodingFiled, Filed, FilingChanged, LawAmended, LicenceChanged, ParticipantRegistered, StandardChanged,
};
pub use execution::{Covered, CoveringRecord};
pub use file::OrganisationFile;
pub use filing::{Filing, FilingKind, FilingsRecord};
pub use founding::{GenesisStateError, genesis_state};
pub use grant::LicenceAction;
pub use licence::{class_name_zh, licence_name};
pub use records::{KeyRecord, OrganisationRecord, PrefixRecord, ProductRecord};
pub use standard::{StandardKind, StandardRecord};

pub(crate) use authority::{member, require_authority, require_optional_tracing};
pub(crate) use coding::{require_coding_rule, require_trace_policy};
pub(crate) use enrol::enrol;
pub(crate) use execution::{Execution, require_execution_standard};
pub(crate) use filing::{
    base_has_gap, change_filing_by_decision, file_by_decision, has_filing, is_admitted, require_agreement,
    require_platform,
};
pub(crate) use form::check_product_form;
pub(crate) use grant::{change_licence_by_decision, grant_by_decision, status_name};
pub(crate) use licence::{Capacity, class_name, require_licence};
pub(crate) use product::require_product_standard;
pub(crate) use records::{NumberRecord, RegistryCounters};
pub(crate) use rules::amend_by_decision;
