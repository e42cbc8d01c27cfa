//! Who and what is registered: organisations, keys, licences, products, prefixes (domain §1.1, §3.5, §5.1).

mod form;
mod founding;
mod licence;
mod product;
mod records;
pub use founding::{GenesisStateError, genesis_state};
pub use licence::{class_name_zh, licence_name};
pub use records::{KeyRecord, OrganisationRecord, PrefixRecord, ProductRecord};

pub(crate) use form::check_product_form;
pub(crate) use licence::{Capacity, class_name, require_licence};
pub(crate) use records::NumberRecord;
