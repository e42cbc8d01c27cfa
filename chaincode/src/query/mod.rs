//! Answers from records and events, ready for JSON. The same code answers on a node and from a proof ([`crate::proof`]):
//! every history that is read whole is checked against the count and head in its record before anything is said. Of a
//! code or a lot whose history is too long for one answer a node shows a part and says so ([`show_unit`], [`show_lot`],
//! [`lot_forward`]); a proof is of the whole ([`unit()`], [`lot()`]).

mod annual_report;
mod bill;
mod catalogue;
mod consumer;
mod governance;
mod history;
mod lot;
mod lot_views;
mod recall;
mod registry;
mod report_views;
mod unit;
mod views;

pub use annual_report::annual_report;
pub use bill::{bill, children, makers, product};
pub use catalogue::{KeyProductView, VarietyHoldView, VarietyView, key_products, variety};
pub use consumer::{consumer, public};
pub use governance::{
    BallotView, KeyOrderView, KeyView, KeysView, MotionView, NodeView, ParametersView, SettingsView, SettledView,
    ValidatorView, ValidatorsView, key_order, keys, motion, motions, parameters, validators,
};
pub use history::{EventLog, entry};
pub use lot::{
    batch_backward, batch_herbs, garden, herbs_of, household_lots, lot, lot_backward, lot_forward, lot_of_code,
    show_lot,
};
pub use lot_views::{
    BatchHerbsView, BatchShareView, ConsumerHerbsView, GardenView, HerbView, LotEventView, LotHeldView, LotHoldView,
    LotNode, LotShareView, LotTestView, LotTrace, LotView, OriginView, PlaceView,
};
pub use recall::{DutyView, NoticeView, Quantities, RecallView, ScopeView, recall, recalls};
pub use registry::{
    AlarmView, DossierView, FilingView, LicenceView, ListingView, MandateView, OrganisationView, RuleSetView,
    StandardView, alarm, dossier, law, mandate, member, organisation, rule_sets, standard,
};
pub use report_views::{
    AnnualReportView, ContractView, FiledReportView, ReportCursor, ReportPart, ReportTotals, ReportedBatchView,
    ReportedProductView, ReportedRecallView,
};
pub use unit::{attempts, show_unit, unit};
pub use views::{
    BatchView, BillView, ChildView, ConsumerStatus, ConsumerView, HistoryEntry, Party, ProductView, ShipmentView,
    TransitView, UnitView, Verdict,
};

use crate::event::Subject;
use crate::registry::OrganisationRecord;
use crate::state::{OrgNo, StateView, ViewError, key, load};

/// A question that could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Records or events could not be read.
    #[error(transparent)]
    View(#[from] ViewError),
    /// Events that do not give the count and head in the record.
    #[error("the events of {0:?} do not match their record")]
    History(Subject),
    /// More chains or events than one answer may hold.
    #[error("the history is too long for one answer")]
    TooLong,
}

/// Identifier and name of a member by number.
pub(crate) fn party(view: &dyn StateView, number: OrgNo) -> Result<Party, QueryError> {
    let record: OrganisationRecord = load(view, &key::organisation(number))?.ok_or(ViewError::Damaged)?;
    Ok(Party { id: record.id, name: record.name })
}
