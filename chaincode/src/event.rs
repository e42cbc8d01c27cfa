//! What happened, numbered and chained (D8).
//!
//! Each record whose change matters to others holds the count and head of a hash chain over its own events; the events
//! themselves are kept by the ledger. `head₀ = 0³²`, `headₙ = SM3("bencao/event/1" ‖ 0x00 ‖ headₙ₋₁ ‖ canonical eventₙ)`.

use crate::codes::{HerbCode, UnitKey};
use crate::governance::{
    KeyOrderApproved, KeyOrderOpened, KeysChanged, MotionApproved, MotionSettled, MotionSubmitted, OrganisationAdded,
    RolesChanged, StandingChanged, ValidatorChanged, VoteCast,
};
use crate::mandates::{MandateGiven, MandateRevoked};
use crate::oversight::{AlarmTriaged, CreditRecorded, Delisted, DossierOpened, DossierOverdue, DossierStepped, Listed};
use crate::production::{
    BatchReworked, BatchTestRequested, BatchTested, CodesAllocated, Imported, QualityFiled, Reworked, Voided,
};
use crate::quality::*;
use crate::receipt::Position;
use crate::registry::{
    CodingFiled, Filed, FilingChanged, LawAmended, LicenceChanged, ParticipantRegistered, StandardChanged,
};
use crate::state::{BatchRef, CaseNo, OrgNo, ProductNo, ViewError};
use crate::tcm::*;
use crate::transaction::{DocumentNumber, RefusalReason, ReturnReason};
use bencao_crypto::{Digest, KeyId, encode, tagged};
use bencao_genesis::{CalendarDate, Height, TimestampMs};
use bincode::{Decode, Encode};

/// Number of an event on the chain.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct EventId {
    /// Block.
    pub height: Height,
    /// Transaction in the block, from 0.
    pub transaction: u32,
    /// Event of the transaction, from 0.
    pub event: u32,
}

/// Count and head of a chain of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct History {
    /// Events so far.
    pub count: u32,
    /// Zero before the first.
    pub head: Digest,
}

impl History {
    /// Takes the next event.
    pub fn append(&mut self, event: &EventRecord) {
        self.count = self.count.saturating_add(1);
        self.head = tagged("bencao/event/1", &[&self.head.0, &encode(event)]);
    }
}

tagged_enum! {
    /// Whose event it is.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub enum Subject: u8 {
        /// A package.
        Unit(UnitKey) = 1 as "unit",
        /// A batch.
        Batch(BatchRef) = 2 as "batch",
        /// A product.
        Product(ProductNo) = 3 as "product",
        /// An organisation.
        Organisation(OrgNo) = 4 as "organisation",
        /// A lot of herbs or 饮片.
        Lot(LotRef) = 5 as "lot",
        /// A 定制药园.
        Garden(GardenRef) = 10 as "garden",
        /// A variety of herb.
        Herb(HerbCode) = 9 as "herb",
        /// A hold, recall or proposal.
        Case(CaseNo) = 6 as "case",
        /// 档案 of an organisation: registry, oversight, mandates.
        File(OrgNo) = 7 as "file",
        /// A proposal of governance, by number.
        Motion(u32) = 8 as "motion",
    }
}

/// A bond between a package and the one around it, at the moment it was made or broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Bond {
    /// The outer package.
    pub parent: UnitKey,
    /// Which use of it: 1 from its commissioning.
    pub instance: u32,
    /// Its chain at that moment.
    pub history: History,
}

/// A package came into being.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Commissioned {
    /// Its batch.
    pub batch: BatchRef,
    /// Its package level.
    pub level: u8,
    /// Children packed into it by the same bill.
    pub packed: u32,
    /// The package around it, if any.
    pub parent: Option<Bond>,
}

/// Children were added to, or taken out of, a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Repacked {
    /// How many by this bill.
    pub moved: u32,
    /// How many it holds after.
    pub children: u32,
}

/// Sent to a receiver. The shipment is the position of the event's transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Shipped {
    /// 单据类型
    pub bill_type: u16,
    /// Who alone may receive.
    pub receiver: OrgNo,
    /// 直调企业
    pub through: Option<OrgNo>,
    /// 退货原因
    pub reason: Option<ReturnReason>,
}

/// Refused by its receiver, on its way back with a dispute on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Refused {
    /// The bill that shipped it.
    pub shipment: Position,
    /// Why.
    pub reason: RefusalReason,
}

/// No longer on its way: taken back by the sender, or the shipment cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Unshipped {
    /// The bill that shipped it.
    pub shipment: Position,
    /// To whom.
    pub receiver: OrgNo,
}

/// A side of a refused shipment gave it up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct LossAccepted {
    /// The bill that shipped it.
    pub shipment: Position,
    /// Whether the other side had before: it is lost.
    pub settled: bool,
}

/// Left the country.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Exported {
    /// 报关单号
    pub declaration: String,
    /// ISO 3166-1 alpha-2.
    pub destination: String,
}

/// Not let in.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ImportRejected {
    /// The bill that shipped it.
    pub shipment: Position,
    /// 报关单号
    pub declaration: String,
    /// Why.
    pub reason: String,
}

/// Moved inside the house, found again, or used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct StockMoved {
    /// 单据类型
    pub bill_type: u16,
}

/// Custody changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Received {
    /// 单据类型
    pub bill_type: u16,
    /// Custodian before.
    pub sender: OrgNo,
    /// The bill that shipped it.
    pub shipment: Position,
}

/// Sold, used or vaccinated, whole or in part. For a vaccination this is the record of 《疫苗管理法》 Art. 46: the unit with
/// its batch and expiry, site and time of the event, and these digests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Dispensed {
    /// 单据类型
    pub bill_type: u16,
    /// 10⁻⁴ of a smallest preparation unit; absent for the whole unit.
    pub quantity: Option<u64>,
    /// 第三方平台 of an online sale.
    pub platform: Option<OrgNo>,
    /// Keyed digest of the prescription.
    pub prescription: Option<Digest>,
    /// Keyed digest of the recipient of a vaccine.
    pub recipient: Option<Digest>,
    /// Keyed digest of who vaccinated.
    pub vaccinator: Option<Digest>,
    /// Last day that prescription or vaccination record must be kept, where the law says one.
    pub keep_until: Option<CalendarDate>,
}

/// A sale undone by its seller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SaleReversed {
    /// Block time of the sale.
    pub sold_at: TimestampMs,
    /// What came back, 10⁻⁴ of a smallest preparation unit; absent for the whole unit.
    pub quantity: Option<u64>,
}

/// Came back from a consumer.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ConsumerReturned {
    /// The complaint.
    pub reason: String,
}

/// A batch was opened by its first bill.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BatchOpened {
    /// 产品批号
    pub batch_no: String,
    /// 生产日期
    pub made_on: CalendarDate,
    /// 有效期至
    pub expires_on: CalendarDate,
    /// Smallest units declared.
    pub declared_units: u32,
}

/// A bill added packages to a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BatchFilled {
    /// Packages of all levels in this bill.
    pub packages: u32,
    /// Smallest units of the batch after it.
    pub units: u32,
}

/// 上市放行
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Released {
    /// 单据类型: 101 or 119.
    pub bill_type: u16,
    /// 批签发证明 number, or empty.
    pub lot_release: String,
    /// SM3 of the quality file.
    pub quality_file: Option<Digest>,
}

/// A product was registered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Registered {
    /// `SM3("bencao/product/1" ‖ 0x00 ‖ canonical master record)`.
    pub master: Digest,
}

tagged_enum! {
    /// What happened.
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub enum EventBody: u8 {
        /// 激活
        Commissioned(Commissioned) = 1 as "commissioned",
        /// 装箱: a later bill added children.
        Packed(Repacked) = 2 as "packed",
        /// 拆箱, seen from the package.
        Opened(Repacked) = 3 as "opened",
        /// 拆箱, seen from the child.
        Left(Bond) = 4 as "left",
        /// 发货
        Shipped(Shipped) = 5 as "shipped",
        /// 收货
        Received(Received) = 6 as "received",
        /// 售出、使用、接种
        Dispensed(Dispensed) = 7 as "dispensed",
        /// 拒收、短少
        Refused(Refused) = 8 as "refused",
        /// 拒收货物退回发货方
        TakenBack(Unshipped) = 9 as "taken_back",
        /// 撤销发货
        ShipmentCancelled(Unshipped) = 10 as "shipment_cancelled",
        /// 确认丢失
        LossAccepted(LossAccepted) = 11 as "loss_accepted",
        /// 出口
        Exported(Exported) = 12 as "exported",
        /// 进口不合格
        ImportRejected(ImportRejected) = 13 as "import_rejected",
        /// 库内移动、盘盈、耗用
        StockMoved(StockMoved) = 14 as "stock_moved",
        /// 撤销销售
        SaleReversed(SaleReversed) = 15 as "sale_reversed",
        /// 建批
        BatchOpened(BatchOpened) = 16 as "batch_opened",
        /// 批内激活
        BatchFilled(BatchFilled) = 17 as "batch_filled",
        /// 放行
        Released(Released) = 18 as "released",
        /// 关联: a later bill put the unit into a package.
        Joined(Bond) = 19 as "joined",
        /// 出厂放行 by a producer that is not the holder.
        ProducerReleased(Released) = 20 as "producer_released",
        /// 质量档案: a document of the batch.
        QualityFiled(QualityFiled) = 21 as "quality_filed",
        /// 批检验结论
        BatchTested(BatchTested) = 22 as "batch_tested",
        /// 批送检: the laboratory that may report on the batch.
        BatchTestRequested(BatchTestRequested) = 31 as "batch_test_requested",
        /// 换码, seen from the old code.
        Replaced(UnitKey) = 23 as "replaced",
        /// 换码, seen from the new code.
        Replaces(UnitKey) = 24 as "replaces",
        /// 码作废
        Voided(Voided) = 25 as "voided",
        /// 返工出库
        Reworked(Reworked) = 26 as "reworked",
        /// Units of other batches were reworked into this one.
        BatchReworked(BatchReworked) = 27 as "batch_reworked",
        /// 进口通关
        Imported(Imported) = 28 as "imported",
        /// 申码
        CodesAllocated(CodesAllocated) = 29 as "codes_allocated",
        /// 品种备案
        Registered(Registered) = 32 as "registered",
        /// 规则发布
        LawAmended(LawAmended) = 33 as "law_amended",
        /// 品种信息变更
        ProductUpdated(Registered) = 34 as "product_updated",
        /// 许可证核发、变更
        LicenceChanged(LicenceChanged) = 35 as "licence_changed",
        /// 编码规则备案
        CodingFiled(CodingFiled) = 36 as "coding_filed",
        /// 标准登记、废止
        StandardChanged(StandardChanged) = 37 as "standard_changed",
        /// 登记、备案、认证
        Filed(Filed) = 38 as "filed",
        /// 登记变更
        FilingChanged(FilingChanged) = 39 as "filing_changed",
        /// 代管登记
        ParticipantRegistered(ParticipantRegistered) = 40 as "participant_registered",
        /// 授权委托
        MandateGiven(MandateGiven) = 44 as "mandate_given",
        /// 撤销授权
        MandateRevoked(MandateRevoked) = 45 as "mandate_revoked",
        /// 预警核查
        AlarmTriaged(AlarmTriaged) = 48 as "alarm_triaged",
        /// 信用记录
        CreditRecorded(CreditRecorded) = 49 as "credit_recorded",
        /// 列入名录
        Listed(Listed) = 50 as "listed",
        /// 移出名录
        Delisted(Delisted) = 51 as "delisted",
        /// 立卷
        DossierOpened(DossierOpened) = 52 as "dossier_opened",
        /// 卷宗办理
        DossierStepped(DossierStepped) = 53 as "dossier_stepped",
        /// 整改逾期
        DossierOverdue(DossierOverdue) = 54 as "dossier_overdue",
        /// 消费者退货
        ConsumerReturned(ConsumerReturned) = 64 as "consumer_returned",
        /// 锁定
        HoldSet(HoldSet) = 80 as "hold_set",
        /// 解除锁定
        HoldLifted(HoldLifted) = 81 as "hold_lifted",
        /// 冻结处理决定
        FreezeDecided(FreezeDecided) = 82 as "freeze_decided",
        /// 冻结逾期未决定
        FreezeOverdue(FreezeOverdue) = 83 as "freeze_overdue",
        /// 召回启动
        RecallStarted(RecallStarted) = 84 as "recall_started",
        /// 召回通知、备案
        RecallNotified(RecallNotified) = 85 as "recall_notified",
        /// 召回通知确认
        RecallAcknowledged(RecallAcknowledged) = 86 as "recall_acknowledged",
        /// 召回进展
        RecallProgressed(RecallProgressed) = 87 as "recall_progressed",
        /// 召回完成、总结
        RecallCompleted(RecallCompleted) = 88 as "recall_completed",
        /// 召回义务逾期
        RecallOverdue(RecallOverdue) = 89 as "recall_overdue",
        /// 单据待会签
        Proposed(Proposed) = 90 as "proposed",
        /// 会签、撤回、拒绝、失效
        ProposalClosed(ProposalClosed) = 91 as "proposal_closed",
        /// 抽检
        Sampled(Sampled) = 92 as "sampled",
        /// 销毁
        Destroyed(Destroyed) = 93 as "destroyed",
        /// 盘亏、损坏
        LossReported(LossReported) = 94 as "loss_reported",
        /// 验收合格
        QualityAccepted(QualityAccepted) = 30 as "quality_accepted",

        /// 建立批次: a lot of herbs or 饮片 came into being.
        LotMade(LotMade) = 96 as "lot_made",
        /// 投料、用种、分批: weight of a lot went into something else.
        LotUsed(LotUsed) = 97 as "lot_used",
        /// 田间管理
        FieldWorked(FieldWorked) = 98 as "field_worked",
        /// 炮制
        PiecesProcessed(PiecesProcessed) = 99 as "pieces_processed",
        /// 送检
        TestRequested(TestRequested) = 100 as "test_requested",
        /// 检验
        LotTested(LotTested) = 101 as "lot_tested",
        /// 合格证
        LotCertified(LotCertified) = 102 as "lot_certified",
        /// 包装赋码
        LotPacked(LotPacked) = 103 as "lot_packed",
        /// 交易出库
        LotShipped(LotShipped) = 104 as "lot_shipped",
        /// 交易入库
        LotReceived(LotReceived) = 105 as "lot_received",
        /// 拒收、撤回
        LotRefused(LotRefused) = 106 as "lot_refused",
        /// 非溯源企业入库
        LotBoughtUntraced(LotBoughtUntraced) = 107 as "lot_bought_untraced",
        /// 非溯源企业出库
        LotSoldUntraced(LotSoldUntraced) = 108 as "lot_sold_untraced",
        /// 调剂、代煎
        LotDispensed(LotDispensed) = 109 as "lot_dispensed",
        /// 报损
        LotWrittenOff(LotWrittenOff) = 110 as "lot_written_off",
        /// 抽检
        LotSampled(LotSampled) = 111 as "lot_sampled",
        /// 销毁
        LotDestroyed(LotDestroyed) = 112 as "lot_destroyed",
        /// 出口
        LotExported(LotExported) = 113 as "lot_exported",
        /// 锁定
        LotHeld(LotHoldChanged) = 114 as "lot_held",
        /// 解锁
        LotHoldLifted(LotHoldChanged) = 115 as "lot_hold_lifted",
        /// 批次投料: lots went into a production batch.
        BatchFed(BatchFed) = 116 as "batch_fed",
        /// 药园备案
        GardenRegistered(GardenChanged) = 117 as "garden_registered",
        /// 药园变更
        GardenAmended(GardenChanged) = 118 as "garden_amended",
        /// 政策支持
        BenefitRecorded(BenefitRecorded) = 119 as "benefit_recorded",

        /// 提案
        MotionSubmitted(MotionSubmitted) = 128 as "motion_submitted",
        /// 表决
        VoteCast(VoteCast) = 129 as "vote_cast",
        /// 提案通过
        MotionApproved(MotionApproved) = 130 as "motion_approved",
        /// 提案执行、失败、否决、逾期、撤回
        MotionSettled(MotionSettled) = 131 as "motion_settled",
        /// 加入组织
        OrganisationAdded(OrganisationAdded) = 132 as "organisation_added",
        /// 组织冻结、暂停、恢复、移除
        StandingChanged(StandingChanged) = 133 as "standing_changed",
        /// 角色、管辖、表决权变更
        RolesChanged(RolesChanged) = 134 as "roles_changed",
        /// 密钥变更
        KeysChanged(KeysChanged) = 135 as "keys_changed",
        /// 密钥变更待会签
        KeyOrderOpened(KeyOrderOpened) = 136 as "key_order_opened",
        /// 密钥变更会签
        KeyOrderApproved(KeyOrderApproved) = 137 as "key_order_approved",
        /// 共识节点变更
        ValidatorChanged(ValidatorChanged) = 138 as "validator_changed",
    }
}

/// Chinese name of an event by its English one.
pub fn name_zh(name: &str) -> &'static str {
    match name {
        "commissioned" => "赋码激活",
        "packed" => "装箱",
        "opened" => "拆箱(取出)",
        "left" => "移出外包装",
        "shipped" => "发货出库",
        "received" => "收货入库",
        "dispensed" => "售出/使用",
        "refused" => "拒收/短少",
        "taken_back" => "拒收货物退回",
        "shipment_cancelled" => "撤销发货",
        "loss_accepted" => "确认丢失",
        "exported" => "出口",
        "import_rejected" => "进口不合格",
        "stock_moved" => "库内移动/耗用",
        "sale_reversed" => "撤销销售",
        "consumer_returned" => "消费者退货",
        "batch_opened" => "建立批次",
        "batch_filled" => "批内激活",
        "released" => "上市放行",
        "joined" => "装入外包装",
        "producer_released" => "出厂放行",
        "quality_filed" => "质量档案归档",
        "batch_tested" => "批检验",
        "batch_test_requested" => "批送检",
        "replaced" => "换码(旧码作废)",
        "replaces" => "换码(新码启用)",
        "voided" => "码作废",
        "reworked" => "返工出库",
        "batch_reworked" => "返工入批",
        "imported" => "进口通关",
        "codes_allocated" => "申码",
        "quality_accepted" => "验收合格",
        "registered" => "品种备案",
        "law_amended" => "规则发布",
        "product_updated" => "品种信息变更",
        "licence_changed" => "许可证变更",
        "coding_filed" => "编码规则备案",
        "standard_changed" => "标准登记",
        "filed" => "登记备案",
        "filing_changed" => "登记变更",
        "participant_registered" => "代管登记",
        "mandate_given" => "授权委托",
        "mandate_revoked" => "撤销授权",
        "alarm_triaged" => "预警核查",
        "credit_recorded" => "信用记录",
        "listed" => "列入名录",
        "delisted" => "移出名录",
        "dossier_opened" => "立卷",
        "dossier_stepped" => "卷宗办理",
        "dossier_overdue" => "整改逾期",
        "hold_set" => "锁定",
        "hold_lifted" => "解除锁定",
        "freeze_decided" => "冻结处理决定",
        "freeze_overdue" => "冻结逾期未决定",
        "recall_started" => "召回启动",
        "recall_notified" => "召回通知",
        "recall_acknowledged" => "召回通知确认",
        "recall_progressed" => "召回进展报告",
        "recall_completed" => "召回完成",
        "recall_overdue" => "召回义务逾期",
        "proposed" => "单据待会签",
        "proposal_closed" => "会签结束",
        "sampled" => "抽检出库",
        "destroyed" => "销毁",
        "loss_reported" => "盘亏/损坏",
        "lot_made" => "建立批次",
        "lot_used" => "投料",
        "field_worked" => "田间管理",
        "pieces_processed" => "炮制",
        "test_requested" => "送检",
        "lot_tested" => "检验",
        "lot_certified" => "合格证",
        "lot_packed" => "包装赋码",
        "lot_shipped" => "交易出库",
        "lot_received" => "交易入库",
        "lot_refused" => "拒收/撤回",
        "lot_bought_untraced" => "非溯源企业入库",
        "lot_sold_untraced" => "非溯源企业出库",
        "lot_dispensed" => "调剂/代煎",
        "lot_written_off" => "报损",
        "lot_sampled" => "抽检",
        "lot_destroyed" => "销毁",
        "lot_exported" => "出口",
        "lot_held" => "锁定",
        "lot_hold_lifted" => "解锁",
        "batch_fed" => "批次投料",
        "garden_registered" => "药园备案",
        "garden_amended" => "药园变更",
        "benefit_recorded" => "政策支持",
        "motion_submitted" => "提案",
        "vote_cast" => "表决",
        "motion_approved" => "提案通过",
        "motion_settled" => "提案办结",
        "organisation_added" => "加入组织",
        "standing_changed" => "组织状态变更",
        "roles_changed" => "角色变更",
        "keys_changed" => "密钥变更",
        "key_order_opened" => "密钥变更待会签",
        "key_order_approved" => "密钥变更会签",
        "validator_changed" => "共识节点变更",
        _ => "其他",
    }
}

/// One event of one subject.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EventRecord {
    /// Format: 1.
    pub version: u8,
    /// Number on the chain.
    pub id: EventId,
    /// Block time.
    pub time: TimestampMs,
    /// Who acted and answers for it; 0 for genesis.
    pub actor: OrgNo,
    /// Who signed for the actor under a mandate, if anybody.
    pub agent: Option<OrgNo>,
    /// The key that signed: the first responsible signer, kept for ever.
    pub key: KeyId,
    /// Under which document of the actor.
    pub document: DocumentNumber,
    /// Whose chain it belongs to.
    pub subject: Subject,
    /// Place in that chain, from 1.
    pub sequence: u32,
    /// What happened.
    pub body: EventBody,
}

impl EventRecord {
    /// The package that its subject joined, for an index of children.
    pub fn joined(&self) -> Option<(UnitKey, UnitKey)> {
        match (&self.subject, &self.body) {
            (Subject::Unit(child), EventBody::Commissioned(c)) => c.parent.map(|bond| (bond.parent, *child)),
            (Subject::Unit(child), EventBody::Joined(bond)) => Some((bond.parent, *child)),
            _ => None,
        }
    }

    /// The package that its subject left, for an index of children.
    pub fn left(&self) -> Option<(UnitKey, UnitKey)> {
        match (&self.subject, &self.body) {
            (Subject::Unit(child), EventBody::Left(bond)) => Some((bond.parent, *child)),
            _ => None,
        }
    }
}

/// Where the events of a subject are kept: the ledger, or the payload of a proof.
pub trait EventSource {
    /// The first `limit` events of `subject`, in order of `sequence`.
    ///
    /// # Errors
    /// [`ViewError`].
    fn events(&self, subject: &Subject, limit: usize) -> Result<Vec<EventRecord>, ViewError>;
}
