//! Operations of `tcm`: the seven stages 选种、育苗、大田栽培、采收、产地初加工、炮制、包装, trade, and the ends of a lot.

mod catalogue;
mod growing;
mod leaving;
mod making;
mod trading;

pub use catalogue::{AmendGarden, DefinePiece, Herb, RecordBenefit, RegisterGarden, RegisterHerbs, SetProcessingScope};
pub use growing::{FieldWork, Harvest, Plant, RecordSeed};
pub use leaving::{DestroyLot, DispenseLots, ExportLot, HoldLot, LiftLotHold, SampleLot, UseLots, WriteOffLot};
pub use making::{
    Auxiliary, BlendLots, CertifyLot, Label, LotPart, LotUse, PackLot, PackedCode, ProcessAtOrigin, ProcessPieces,
    ProcessStep, RequestTest, SplitLot, TestLot,
};
pub use trading::{BuyUntraced, LotLine, ReceiveLots, ReceivedLine, RefuseLots, SellUntraced, ShipLots};
