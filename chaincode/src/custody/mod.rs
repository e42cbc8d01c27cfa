//! Who has what: unit records, the state machine, effective state through ancestors, bill types, two-phase transfer with
//! its disputes, orders, the border (domain §3.1, §3.10, §5.6; D7, D8).

mod bills;
mod bond;
mod border;
mod checks;
mod dispute;
mod evidence;
mod holds;
mod lifecycle;
mod order;
mod receive;
mod route;
mod ship;
mod shipment;
mod standing;
mod stock;
mod unit;

pub use bills::{BILL_TYPES, BillType, Effect};
pub use holds::Holds;
pub use lifecycle::{Availability, Lifecycle, Origin, TRANSITIONS, Transition};
pub use order::OrderRecord;
pub use shipment::{ReceiptOverdue, ShipmentRecord};
pub use unit::{Condition, Content, Leg, Membership, PartsSold, Replaced, Sale, Share, Transit, UnitRecord};

pub(crate) use bond::{Incomplete, Load, Repacking, put_in};
pub(crate) use checks::{Allowance, Move, check_codes_differ};
pub(crate) use evidence::check_public_text;
pub(crate) use shipment::check_active;
pub(crate) use standing::{Standing, load_standing, standing};
pub(crate) use unit::class_bit;
