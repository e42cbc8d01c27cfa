//! The operations of this rule version. Codes travel in packed canonical form; JSON shows them as text.
//!
//! One file a module holds what is on the wire; the module itself says, by [`Body`], what form, key, room and rules an
//! operation has. The high byte of a tag is the module: 01 registry, 02 production, 03 custody, 04 dispensing,
//! 05 quality, 06 oversight, 07 tcm, 08 governance.

mod custody;
mod dispensing;
mod mandates;
mod oversight;
mod production;
mod registry;

pub use custody::{Disaggregate, Receive, Ship};
pub use dispensing::Dispense;
pub use mandates::{GiveMandate, RevokeMandate};
pub use oversight::{FollowUp, ListOrganisation, OpenDossier, RecordCredit, RemoveFromList, TriageAlarm};
pub use production::{Commission, CommissionedUnit, Release};
pub use registry::{
    AmendLaw, ChangeFiling, ChangeLicence, FileCodingRule, GrantLicence, RegisterParticipant, RegisterProduct,
    RegisterStandard, SubmitFiling, UpdateProduct, WithdrawStandard,
};

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

    // custody
    /// 出库
    Ship = 0x0301 as "ship",
    /// 入库
    Receive = 0x0302 as "receive",
    /// 拆箱
    Disaggregate = 0x0303 as "disaggregate",

    // dispensing
    /// 零售、使用、接种
    Dispense = 0x0401 as "dispense",

    // quality

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

    // governance
}

impl Operation {
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

    /// Writes of the operation itself at most: each code, the package it leaves or joins, and the packages around that.
    pub(crate) fn writes_bound(&self) -> u32 {
        self.body().writes_bound()
    }
}
