//! What all participants agree on before block 1: identities, roles, keys, validators, parameters, limits and the
//! products registered from the start. Text in, checked value and chain id out; no files, no clock.

pub mod ceremony;
pub mod genesis;
pub mod ids;
pub mod organisation;
pub mod params;
pub mod product;
pub mod time;

pub use genesis::{Genesis, GenesisError, ValidatorEntry};
pub use ids::{ChainId, Height, IdError, OrgId, RegionCode};
pub use organisation::{KeyEntry, KeyPurpose, Licence, LicenceKind, LicenceStatus, Organisation, Role};
pub use params::{Limits, Params};
pub use product::{
    DrugClass, ExtensionField, PackageSpec, Product, ProductDetails, ProductId, RatioSemantics, TemperatureRange,
};
pub use time::{CalendarDate, TimestampMs};
