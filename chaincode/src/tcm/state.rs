//! The state machine of lots: domain §4.5 as data. The document's line reads
//! `PLANTED → GROWING → HARVESTED → INITIAL_PROCESSED → TESTED(pass|fail) → PACKED → TRADED* → PROCESSED → TESTED →
//! PACKED → DISTRIBUTED* → DISPENSED`, and `fail ⇒ BLOCKED → returned | destroyed`. Rows stand in that order; those
//! marked + are this ledger's. Everything not in the table is refused.

use super::kinds::LotKind;

byte_enum! {
    /// States of a lot.
    pub enum LotState {
        /// 选种育苗: seeds and seedlings in stock.
        Seedling = 0 as "seedling", "选种育苗",
        /// PLANTED
        Planted = 1 as "planted", "已种植",
        /// GROWING
        Growing = 2 as "growing", "田间管理",
        /// HARVESTED
        Harvested = 3 as "harvested", "已采收",
        /// INITIAL_PROCESSED
        InitialProcessed = 4 as "initial_processed", "产地初加工",
        /// TESTED(pass)
        Tested = 5 as "tested", "检验合格",
        /// PACKED
        Packed = 6 as "packed", "已包装",
        /// TRADED*
        Traded = 7 as "traded", "已交易",
        /// PROCESSED
        Processed = 8 as "processed", "已炮制",
        /// DISTRIBUTED*
        Distributed = 9 as "distributed", "饮片流通",
        /// DISPENSED: all of it.
        Dispensed = 10 as "dispensed", "已调剂",
        /// BLOCKED: a test failed.
        Blocked = 11 as "blocked", "检验不合格待处理",
        /// destroyed
        Destroyed = 12 as "destroyed", "已销毁",
        /// + all of it used, split, sold out of the system, or lost.
        Consumed = 13 as "consumed", "已用尽",
        /// + 出口
        Exported = 14 as "exported", "已出口",
    }
}

impl LotState {
    /// Nothing is left to happen.
    pub fn is_terminal(self) -> bool {
        use LotState::*;
        matches!(self, Dispensed | Destroyed | Consumed | Exported)
    }
}

/// What may be done with a lot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LotAction {
    /// 选种、育苗
    RecordSeed,
    /// 用种
    Sow,
    /// 种植
    Plant,
    /// 田间管理
    FieldWork,
    /// 采收
    Harvest,
    /// 产地初加工
    ProcessAtOrigin,
    /// 送检
    RequestTest,
    /// 检验
    Test,
    /// 检验报告 on what is no longer in stock as it was.
    Report,
    /// 合格证
    Certify,
    /// 包装
    Pack,
    /// 混批
    Blend,
    /// 分批
    Split,
    /// 销售出库
    Ship,
    /// 退货出库
    Return,
    /// 非溯源出库
    SellUntraced,
    /// 炮制投料
    Process,
    /// 成药或饮片投料
    UseInBatch,
    /// 调剂
    Dispense,
    /// 出口
    Export,
    /// 报损
    WriteOff,
    /// 抽检
    Sample,
    /// 销毁
    Destroy,
}

/// Holds that do not stand in the way of an action (rule 8 of domain §9).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tolerated {
    /// None.
    Nothing,
    /// Those of [`crate::custody::Holds::GOING_BACK`], and 质量可疑 of lots: what is recalled or failed goes back, what is
    /// frozen stays.
    GoingBack,
    /// Those that its owner has set on it: nobody else has asked for it yet.
    OwnersOwn,
    /// Those of its packages: they are parted from the others.
    Packages,
    /// All: the action says by itself what may be done about a held lot.
    Everything,
}

/// One row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LotTransition {
    /// `L1` …
    pub row: &'static str,
    /// What is done.
    pub action: LotAction,
    /// With lots of which kinds; empty: it makes a lot.
    pub kinds: &'static [LotKind],
    /// From which states; empty: it makes a lot.
    pub from: &'static [LotState],
    /// To which; empty: the same.
    pub to: &'static [LotState],
    /// When nothing is left of the lot.
    pub exhausted: LotState,
    /// Whether a held lot may take part.
    pub tolerates: Tolerated,
    /// Guards, shortened.
    pub guards: &'static str,
}

use LotState::*;

const SEEDS: &[LotKind] = &[LotKind::Seed, LotKind::Seedling];
const PLANTS: &[LotKind] = &[LotKind::Plant];
/// 中药材: 饮片 never become crude herb again (《药品管理法》 Art. 98; rules 8 and 9 of domain §9).
const HERBS: &[LotKind] = &[LotKind::Harvest, LotKind::Initial];
const PIECES: &[LotKind] = &[LotKind::Piece];
const GOODS: &[LotKind] = &[LotKind::Harvest, LotKind::Initial, LotKind::Piece];
/// All that has a weight.
const STOCK: &[LotKind] = &[LotKind::Seed, LotKind::Seedling, LotKind::Harvest, LotKind::Initial, LotKind::Piece];

/// Crude herbs and pieces that are somebody's and in order.
const IN_STOCK: &[LotState] = &[Harvested, InitialProcessed, Tested, Packed, Traded, Processed, Distributed];
/// Crude herbs that may go into something else.
const USABLE: &[LotState] = &[Harvested, InitialProcessed, Tested, Packed, Traded];
/// What failed once stays blocked: it is returned or destroyed, neither tested again nor written off.
const NOT_FAILED: &[LotState] =
    &[Seedling, Harvested, InitialProcessed, Tested, Packed, Traded, Processed, Distributed];
const ANY_STOCK: &[LotState] =
    &[Seedling, Harvested, InitialProcessed, Tested, Packed, Traded, Processed, Distributed, Blocked];
/// States of what is on its way, and of what is blocked or at its end: a laboratory is not outrun.
const MOVED_ON: &[LotState] =
    &[Seedling, Packed, Traded, Distributed, Dispensed, Blocked, Destroyed, Consumed, Exported];

macro_rules! rows {
    ($($row:literal $action:ident $kinds:expr, $from:expr => $to:expr, $exhausted:ident, $held:ident, $guards:literal;)+) => {
        /// Every row.
        pub const LOT_TRANSITIONS: &[LotTransition] = &[
            $(LotTransition {
                row: $row, action: LotAction::$action, kinds: $kinds, from: $from, to: $to, exhausted: $exhausted,
                tolerates: Tolerated::$held, guards: $guards,
            },)+
        ];
    };
}

rows! {
    "L1+" RecordSeed &[], &[] => &[Seedling], Consumed, Nothing, "herb known and approved";
    "L2+" Sow SEEDS, &[Seedling] => &[], Consumed, Nothing, "same herb";
    "L3" Plant &[], &[] => &[Planted], Consumed, Nothing, "herb, garden contract, member, variety";
    "L4" FieldWork PLANTS, &[Planted, Growing] => &[Growing], Consumed, Nothing,
        "no banned pesticide; safety interval counts";
    "L5" Harvest PLANTS, &[Planted, Growing] => &[Growing], Consumed, Nothing,
        "safety interval over; makes HARVESTED";
    "L6" ProcessAtOrigin HERBS, USABLE => &[], Consumed, Nothing, "one herb; M3; makes INITIAL_PROCESSED";
    "L7+" RequestTest STOCK, ANY_STOCK => &[], Consumed, Everything, "owner names the laboratory";
    "L8" Test STOCK, NOT_FAILED => &[Tested, Blocked], Consumed, Everything,
        "owner or named laboratory; fail blocks and holds; no sample of what others hold";
    "L8+" Report STOCK, MOVED_ON => &[], Consumed, Everything,
        "named laboratory; in transit, at its end, or blocked and failed; no sample; fail holds";
    "L9+" Certify HERBS, USABLE => &[], Consumed, Nothing, "at its origin";
    "L10" Pack GOODS, &[Harvested, InitialProcessed, Tested, Packed, Traded, Distributed] => &[Packed], Consumed,
        Nothing, "pieces: passed test; label; M4";
    "L11+" Blend GOODS, &[Harvested, InitialProcessed, Tested, Packed, Traded, Processed] => &[], Consumed, Nothing,
        "one kind, herb and product; M6";
    "L12+" Split GOODS, IN_STOCK => &[], Consumed, Packages, "packages go with their weight";
    "L13" Ship STOCK, &[Seedling, Packed, Traded, Distributed] => &[Traded, Distributed], Consumed, Nothing,
        "parties active; exit gate; entry gate; licences of both sides for pieces";
    "L14" Return STOCK, &[Seedling, Blocked, Packed, Traded, Distributed] => &[], Consumed, GoingBack,
        "parties active; only to the one it came from";
    "L15+" SellUntraced GOODS, USABLE => &[], Consumed, Nothing,
        "crude herb only; marks the chain as incomplete";
    "L16" Process HERBS, &[Tested, Packed, Traded] => &[], Consumed, Nothing,
        "passed test; methods in the licence; yield band; M3; makes PROCESSED";
    "L17+" UseInBatch GOODS, &[Tested, Packed, Traded, Distributed] => &[], Consumed, Nothing,
        "passed test; open batch, of its product for pieces, of crude herb for crude herb";
    "L18" Dispense PIECES, &[Tested, Packed, Distributed] => &[], Dispensed, Nothing,
        "hospital or pharmacy; prescription";
    "L19+" Export GOODS, &[Packed, Traded, Distributed] => &[], Exported, Nothing, "filings and systems on record";
    "L20+" WriteOff STOCK, NOT_FAILED => &[], Consumed, OwnersOwn, "reason";
    "L21+" Sample STOCK, ANY_STOCK => &[], Consumed, Everything, "regulator of the region";
    "L22" Destroy STOCK, ANY_STOCK => &[Destroyed], Destroyed, Everything,
        "executor and supervisor differ; recalled or frozen: before an authority, recalled: or a notary";
}

impl LotAction {
    /// Its row.
    pub fn row(self) -> Option<&'static LotTransition> {
        LOT_TRANSITIONS.iter().find(|row| row.action == self)
    }
}
