//! 中药材 and 中药饮片 from seed to slice: lots in whole milligrams, the seven stages 选种、育苗、大田栽培、采收、产地初加工、炮制、包装,
//! tests, trade, mass balance M1–M7, origins that are never lost, 定制药园 (domain §4, §5.6, §8; 《中医药法》;
//! 《药品管理法》 Art. 39, 44, 48, 55, 58, 60, 63; SB/T 11038-2013).
//!
//! A lot has one owner at a time. What leaves it in part becomes a lot of its own, so that one equation says all:
//! `received = used + sold + lost + sampled + destroyed + stock`. A lot knows every lot that it descends from; a hold on
//! any of them bites in it, in the block in which it is set, and costs two writes.

mod balance;
mod batches;
mod catalogue;
mod events;
mod gap;
mod gardens;
mod growing;
mod held;
mod holding;
mod kinds;
mod leaving;
mod lots;
mod making;
mod methods;
mod names;
mod packing;
mod records;
mod roles;
mod shipments;
mod state;
mod testing;
mod trade;
mod untraced;

pub use balance::Balance;
pub use batches::BatchFed;
pub use events::{
    BenefitRecorded, FieldWorked, GardenChanged, LotBoughtUntraced, LotCertified, LotDestroyed, LotDispensed,
    LotExported, LotHoldChanged, LotMade, LotPacked, LotReceived, LotRefused, LotSampled, LotShipped, LotSoldUntraced,
    LotTarget, LotTested, LotUsed, LotWrittenOff, PiecesProcessed, TestRequested,
};
pub use kinds::{
    BenefitKind, FieldWorkKind, FreezeLevel, LossReason, LotHoldReason, LotKind, LotMovement, PackKind, ReportKind,
    SeedSource, Weighing,
};
pub use methods::{Craft, Method, StepGroup};
pub use names::{GardenId, GardenRef, LocalNo, LotId, LotRef};
pub use records::{
    BatchInput, BatchLotsRecord, Claims, Consignment, ExitCertificate, Field, GardenRecord, HarvestPeriod, HerbRecord,
    HouseholdLot, HouseholdRecord, LotHold, LotHoldsRecord, LotInput, LotRecord, LotShipmentRecord, LotTest, Making,
    Origin, PackRecord, PieceRecord, Place, ScopeRecord,
};
pub use shipments::LotReceiptOverdue;
pub use state::{LOT_TRANSITIONS, LotAction, LotState, LotTransition, Tolerated};

pub(crate) use batches::{
    carry_over, check_best_before, check_descent, check_inputs_not_held, check_weight, has_lots_told, is_made_of_lots,
    is_traced_by_lots, passed_test,
};
pub(crate) use held::levels_held;
pub(crate) use packing::lot_of_pack;
