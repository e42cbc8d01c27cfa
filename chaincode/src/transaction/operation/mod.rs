//! The operations of this rule version. Codes travel in packed canonical form; JSON shows them as text.
//!
//! One file a module holds what is on the wire; the module itself says, by [`Body`], what form, key, room and rules an
//! operation has. The high byte of a tag is the module: 01 registry, 02 production, 03 custody, 04 dispensing,
//! 05 quality, 06 oversight, 07 tcm, 08 governance.

mod countersigned;
mod custody;
mod dispensing;
mod governance;
mod mandates;
mod oversight;
mod production;
mod quality;
mod registry;
mod tcm;

pub(crate) use countersigned::Countersigned;
pub use countersigned::CountersignedBill;
pub use custody::{
    AcceptLoss, CancelShipment, Disaggregate, Evidence, Export, ImportPapers, Instruct, MoveStock, OrderRef, Receive,
    RefusalReason, Refuse, RejectImport, ReturnReason, Ship, ShipTerms, TakeBack, Temperature,
};
pub use dispensing::{ConsumerReturn, Dispense, DispensePart, Part, Patient, Prescription, ReverseSale};
pub use governance::{
    ActivateRules, AdminQuorum, ApprovalOfKind, ApproveKeys, CastVote, ChangeApprovals, ChangeKeys, ChangeParameters,
    ChangePower, ChangeRoles, Content, FreezeOperations, FreezeOrganisation, KeyChange, KeyGrant, KeyRevocation,
    KeyRotation, LiftFreeze, NewOrganisation, NewValidator, OrganisationNamed, ParameterValue, RecoverKeys,
    SubmitMotion, ValidatorNamed, WithdrawMotion,
};
pub use mandates::{GiveMandate, RevokeMandate};
pub use oversight::{FollowUp, ListOrganisation, OpenDossier, RecordCredit, RemoveFromList, TriageAlarm};
pub use production::{
    AllocateCodes, CodeRange, Commission, CommissionedUnit, FileQualityDocument, ImportClearance, NameResponsible,
    Pack, RecordBatchTest, RegisterContract, Release, ReplaceCodes, Replacement, RequestBatchTest, Rework, VoidCodes,
};
pub use quality::{
    AcknowledgeRecall, BatchTarget, CloseProposal, CodesTarget, CompleteRecall, Countersign, DecideFreeze, Destroy,
    HerbTarget, HoldTarget, LiftHold, NotifyRecall, OrganisationTarget, ProductTarget, Propose, QualityAccept,
    ReportLoss, ReportRecallProgress, Sample, SetHold, StartRecall,
};
pub use registry::{
    AmendLaw, ChangeFiling, ChangeLicence, FileCodingRule, GrantLicence, RegisterParticipant, RegisterProduct,
    RegisterStandard, SubmitFiling, UpdateProduct, WithdrawStandard,
};
pub use tcm::*;

use super::DocumentNumber;
use crate::codes::UnitKey;
use crate::rejection::Rejection;
use crate::state::{Stop, Tx};
use bencao_crypto::{Digest, tagged};
use bencao_genesis::{KeyPurpose, ProductId};

/// What each operation says of itself, next to its rules.
pub(crate) trait Body {
    /// Purpose of the key that signs it (D15).
    fn purpose(&self) -> KeyPurpose {
        KeyPurpose::Transact
    }

    /// Whether an agent may sign it under a mandate. Never release or governance (D15).
    fn delegable(&self) -> bool {
        true
    }

    /// Whether it is a bill of codes, which must name at least one.
    fn names_codes(&self) -> bool {
        false
    }

    /// The codes in the order of the bill.
    fn codes(&self) -> Vec<UnitKey> {
        Vec::new()
    }

    /// Number of [`Body::codes`].
    fn codes_count(&self) -> usize {
        0
    }

    /// The bill type of domain §3.1, for operations that are bills.
    fn bill_type(&self) -> Option<u16> {
        None
    }

    /// The product that it names, for operations that name one.
    fn product_named(&self) -> Option<&ProductId> {
        None
    }

    /// Numbers of other documents that it names.
    fn documents_named(&self) -> Vec<&DocumentNumber> {
        Vec::new()
    }

    /// State writes of the operation itself at most.
    fn writes_bound(&self) -> u32;

    /// What its fields must look like, whatever the state.
    fn check_form(&self) -> Result<(), Rejection> {
        Ok(())
    }

    /// Executes it on the transaction's overlay.
    fn execute(&self, tx: &mut Tx) -> Result<(), Stop>;
}

/// The number of codes, or of anything else in a bill, as a number of writes.
pub(crate) fn count_writes(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Codes of one bill for which room is declared around their package: fewer lie that deep in a real bill, which would
/// otherwise be split.
const DEEP_MAX: u32 = 1_000;
/// What those additions do not go beyond.
const MOST: u32 = 19_000;

/// [`json_tagged_enum`] of operations, each with its [`Body`].
macro_rules! operations {
    ($($(#[$meta:meta])* $variant:ident = $tag:literal as $text:literal,)+) => {
        json_tagged_enum! {
            /// One operation: u16 tag, then its fields.
            #[derive(Clone, PartialEq, Eq, Debug)]
            #[allow(clippy::large_enum_variant, reason = "one a transaction; its lists are on the heap anyway")]
            pub enum Operation: u16 {
                $($(#[$meta])* $variant($variant) = $tag as $text,)+
            }
        }

        impl Operation {
            pub(crate) fn body(&self) -> &dyn Body {
                match self { $(Operation::$variant(o) => o,)+ }
            }
        }
    };
}

operations! {
    // registry
    /// 品种备案
    RegisterProduct = 0x0101 as "register_product",
    /// 规则发布
    AmendLaw = 0x0102 as "amend_law",
    /// 品种信息变更
    UpdateProduct = 0x0103 as "update_product",
    /// 许可证核发
    GrantLicence = 0x0104 as "grant_licence",
    /// 许可证变更
    ChangeLicence = 0x0105 as "change_licence",
    /// 编码规则备案
    FileCodingRule = 0x0106 as "file_coding_rule",
    /// 标准登记
    RegisterStandard = 0x0107 as "register_standard",
    /// 标准废止
    WithdrawStandard = 0x0108 as "withdraw_standard",
    /// 登记、备案、认证
    SubmitFiling = 0x0109 as "submit_filing",
    /// 登记变更
    ChangeFiling = 0x010a as "change_filing",
    /// 代管登记
    RegisterParticipant = 0x010b as "register_participant",
    /// 授权委托
    GiveMandate = 0x0110 as "give_mandate",
    /// 撤销授权
    RevokeMandate = 0x0111 as "revoke_mandate",

    // production
    /// 码激活
    Commission = 0x0201 as "commission",
    /// 上市放行
    Release = 0x0202 as "release",
    /// 申码
    AllocateCodes = 0x0203 as "allocate_codes",
    /// 关联
    Pack = 0x0204 as "pack",
    /// 码作废
    VoidCodes = 0x0205 as "void_codes",
    /// 码替换
    ReplaceCodes = 0x0206 as "replace_codes",
    /// 返工出库
    Rework = 0x0207 as "rework",
    /// 委托生产协议
    RegisterContract = 0x0208 as "register_contract",
    /// 批检验
    RecordBatchTest = 0x0209 as "record_batch_test",
    /// 质量档案
    FileQualityDocument = 0x020a as "file_quality_document",
    /// 境内责任人
    NameResponsible = 0x020b as "name_responsible",
    /// 批送检
    RequestBatchTest = 0x020c as "request_batch_test",

    // custody
    /// 出库
    Ship = 0x0301 as "ship",
    /// 入库
    Receive = 0x0302 as "receive",
    /// 拆箱
    Disaggregate = 0x0303 as "disaggregate",
    /// 拒收、短少
    Refuse = 0x0304 as "refuse",
    /// 收回拒收货物
    TakeBack = 0x0305 as "take_back",
    /// 确认丢失
    AcceptLoss = 0x0306 as "accept_loss",
    /// 撤销发货
    CancelShipment = 0x0307 as "cancel_shipment",
    /// 库内移动、盘盈、耗用
    MoveStock = 0x0308 as "move_stock",
    /// 出口
    Export = 0x0309 as "export",
    /// 进口不合格
    RejectImport = 0x030a as "reject_import",
    /// 委托指令
    Instruct = 0x030b as "instruct",

    // dispensing
    /// 零售、使用、接种
    Dispense = 0x0401 as "dispense",
    /// 拆零、按量调剂
    DispensePart = 0x0402 as "dispense_part",
    /// 撤销销售
    ReverseSale = 0x0403 as "reverse_sale",
    /// 消费者退货
    ConsumerReturn = 0x0404 as "consumer_return",

    // quality
    /// 锁定
    SetHold = 0x0501 as "set_hold",
    /// 解除锁定
    LiftHold = 0x0502 as "lift_hold",
    /// 冻结处理决定
    DecideFreeze = 0x0503 as "decide_freeze",
    /// 启动召回
    StartRecall = 0x0504 as "start_recall",
    /// 召回通知、备案、公告
    NotifyRecall = 0x0505 as "notify_recall",
    /// 召回通知确认
    AcknowledgeRecall = 0x0506 as "acknowledge_recall",
    /// 召回进展报告
    ReportRecallProgress = 0x0507 as "report_recall_progress",
    /// 召回完成、总结
    CompleteRecall = 0x0508 as "complete_recall",
    /// 提交待会签单据
    Propose = 0x0509 as "propose",
    /// 会签
    Countersign = 0x050a as "countersign",
    /// 撤回或拒绝待会签单据
    CloseProposal = 0x050b as "close_proposal",
    /// 销毁、报废出库
    Destroy = 0x050c as "destroy",
    /// 盘亏、损坏、报损
    ReportLoss = 0x050d as "report_loss",
    /// 验收合格
    QualityAccept = 0x050e as "quality_accept",

    // oversight
    /// 预警核查
    TriageAlarm = 0x0601 as "triage_alarm",
    /// 信用记录
    RecordCredit = 0x0602 as "record_credit",
    /// 列入名录
    ListOrganisation = 0x0603 as "list_organisation",
    /// 移出名录
    RemoveFromList = 0x0604 as "remove_from_list",
    /// 立卷
    OpenDossier = 0x0605 as "open_dossier",
    /// 卷宗办理
    FollowUp = 0x0606 as "follow_up",

    // tcm
    /// 中药材品种目录
    RegisterHerbs = 0x0701 as "register_herbs",
    /// 饮片工艺档案
    DefinePiece = 0x0702 as "define_piece",
    /// 炮制范围
    SetProcessingScope = 0x0703 as "set_processing_scope",
    /// 定制药园备案
    RegisterGarden = 0x0704 as "register_garden",
    /// 药园变更
    AmendGarden = 0x0705 as "amend_garden",
    /// 政策支持记录
    RecordBenefit = 0x0706 as "record_benefit",
    /// 选种、育苗
    RecordSeed = 0x0711 as "record_seed",
    /// 大田栽培
    Plant = 0x0712 as "plant",
    /// 田间管理
    FieldWork = 0x0713 as "field_work",
    /// 采收
    Harvest = 0x0714 as "harvest",
    /// 产地初加工
    ProcessAtOrigin = 0x0715 as "process_at_origin",
    /// 送检
    RequestTest = 0x0716 as "request_test",
    /// 检验
    TestLot = 0x0717 as "test_lot",
    /// 农产品质量合格证
    CertifyLot = 0x0718 as "certify_lot",
    /// 混批
    BlendLots = 0x0721 as "blend_lots",
    /// 分批
    SplitLot = 0x0722 as "split_lot",
    /// 炮制
    ProcessPieces = 0x0723 as "process_pieces",
    /// 包装赋码
    PackLot = 0x0724 as "pack_lot",
    /// 交易出库
    ShipLots = 0x0731 as "ship_lots",
    /// 交易入库
    ReceiveLots = 0x0732 as "receive_lots",
    /// 拒收、撤回
    RefuseLots = 0x0733 as "refuse_lots",
    /// 非溯源企业入库
    BuyUntraced = 0x0734 as "buy_untraced",
    /// 非溯源企业出库
    SellUntraced = 0x0735 as "sell_untraced",
    /// 调剂、代煎
    DispenseLots = 0x0741 as "dispense_lots",
    /// 报损
    WriteOffLot = 0x0742 as "write_off_lot",
    /// 抽检
    SampleLot = 0x0743 as "sample_lot",
    /// 销毁
    DestroyLot = 0x0744 as "destroy_lot",
    /// 出口
    ExportLot = 0x0745 as "export_lot",
    /// 锁定批次
    HoldLot = 0x0746 as "hold_lot",
    /// 解锁批次
    LiftLotHold = 0x0747 as "lift_lot_hold",
    /// 投料
    UseLots = 0x0751 as "use_lots",

    // governance
    /// 提案
    SubmitMotion = 0x0801 as "submit_motion",
    /// 表决
    CastVote = 0x0802 as "cast_vote",
    /// 撤回提案
    WithdrawMotion = 0x0803 as "withdraw_motion",
    /// 密钥变更
    ChangeKeys = 0x0804 as "change_keys",
    /// 密钥变更会签
    ApproveKeys = 0x0805 as "approve_keys",
}

/// Modules by the high byte of an operation's tag.
const MODULES: [(u8, &str); 8] = [
    (1, "registry"),
    (2, "production"),
    (3, "custody"),
    (4, "dispensing"),
    (5, "quality"),
    (6, "oversight"),
    (7, "tcm"),
    (8, "governance"),
];

impl Operation {
    /// Name of the module that it belongs to.
    pub fn module(&self) -> &'static str {
        Operation::module_of(self.name()).unwrap_or("")
    }

    /// Name of the module that the operation of this name belongs to.
    pub fn module_of(name: &str) -> Option<&'static str> {
        let (tag, _) = Operation::TAGS.iter().find(|(_, text)| *text == name)?;
        let [high, _] = tag.to_be_bytes();
        MODULES.iter().find(|(byte, _)| *byte == high).map(|(_, module)| *module)
    }

    /// Whether there is an operation or a module of this name.
    pub fn is_name(name: &str) -> bool {
        MODULES.iter().any(|(_, module)| *module == name) || Operation::TAGS.iter().any(|(_, text)| *text == name)
    }

    /// Number of codes that the bill names; 0 for operations that name none.
    pub fn codes_count(&self) -> usize {
        self.body().codes_count()
    }

    /// Whether it is a bill of codes, which must name at least one.
    pub fn names_codes(&self) -> bool {
        self.body().names_codes()
    }

    /// The codes in the order of the bill.
    pub fn codes(&self) -> Vec<UnitKey> {
        self.body().codes()
    }

    /// The bill type of domain §3.1, for operations that are bills.
    pub fn bill_type(&self) -> Option<u16> {
        self.body().bill_type()
    }

    /// Purpose of the key that signs it (D15).
    pub fn purpose(&self) -> KeyPurpose {
        self.body().purpose()
    }

    /// `SM3("bencao/operation/1" ‖ 0x00 ‖ canonical operation)`: whether two transactions under one document number
    /// say the same.
    pub fn content(&self) -> Digest {
        tagged("bencao/operation/1", &[&bencao_crypto::encode(self)])
    }

    /// Writes of the operation itself at most; for a bill of codes also those of the packages around the one that each
    /// leaves or joins (at most three more, and no bill opens more than [`DEEP_MAX`] packages that deep) and of the
    /// counters of each batch.
    pub(crate) fn writes_bound(&self) -> u32 {
        let own = self.body().writes_bound();
        if !self.names_codes() {
            return own;
        }
        let codes = count_writes(self.codes_count());
        own.saturating_add(codes.min(DEEP_MAX).saturating_mul(4)).min(own.max(MOST))
    }
}
