//! Who has what: unit records, the state machine, effective state through ancestors, two-phase transfer (domain §3.10;
//! D7, D8).

mod bond;
mod checks;
mod holds;
mod lifecycle;
mod receive;
mod route;
mod ship;
mod standing;
mod unit;

pub use holds::Holds;
pub use lifecycle::{Availability, Lifecycle, Origin, TRANSITIONS, Transition};
pub use unit::{Condition, Content, Membership, Replaced, Sale, Share, Transit, UnitRecord};

pub(crate) use bond::{Load, Repacking, put_in};
pub(crate) use checks::{Move, check_codes_differ};
pub(crate) use route::NOT_AT_RETAIL;
pub(crate) use standing::{Standing, load_standing, standing};
pub(crate) use unit::class_bit;
