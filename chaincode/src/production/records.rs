//! Records of `production`.

use crate::custody::Holds;
use crate::event::History;
use crate::state::{OrgNo, Record};
use crate::tcm::BatchLotsRecord;
use bencao_crypto::Digest;
use bencao_genesis::CalendarDate;
use bincode::{Decode, Encode};

byte_enum! {
    /// What the test of a batch that counts said.
    pub enum TestState {
        /// None on record.
        Untested = 0 as "untested", "未检验",
        /// 合格
        Passed = 1 as "passed", "合格",
        /// 不合格
        Failed = 2 as "failed", "不合格",
    }
}

/// A batch. Number, dates and product never change after the first bill (《药品管理法》 Art. 98).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BatchRecord {
    /// Format: 1.
    pub version: u8,
    /// 产品批号
    pub batch_no: String,
    /// 生产日期
    pub made_on: CalendarDate,
    /// 有效期至, inclusive.
    pub expires_on: CalendarDate,
    /// Day of the block that opened it: what its maker cannot date back.
    pub opened_on: CalendarDate,
    /// 生产车间
    pub workshop: String,
    /// 生产线
    pub line: String,
    /// Who commissions it.
    pub producer: OrgNo,
    /// Smallest units declared.
    pub declared_units: u32,
    /// Smallest units commissioned, less those voided before release.
    pub units: u32,
    /// Packages of all levels commissioned, less those voided before release.
    pub packages: u32,
    /// Packages neither full nor marked 零头.
    pub incomplete: u32,
    /// 出厂放行 by a producer that is not the holder.
    pub producer_released: bool,
    /// Released: open to circulation, closed to commissioning.
    pub released: bool,
    /// What its last test said.
    pub test: TestState,
    /// Who said so.
    pub tested_by: Option<OrgNo>,
    /// The laboratory that holder or producer named for it.
    pub laboratory: Option<OrgNo>,
    /// Documents in its quality file.
    pub documents: u32,
    /// Holds on every unit of it.
    pub holds: Holds,
    /// Its own events.
    pub history: History,
}

/// A range of serials, both ends in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SerialRange {
    /// First.
    pub from: u64,
    /// Last.
    pub to: u64,
}

/// What was allocated and voided under one prefix. Once anything is, only allocated codes of it are commissioned.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct AllocationRecord {
    /// Format: 1.
    pub version: u8,
    /// Ascending, apart from one another, at most [`crate::limits::RANGES_PER_PREFIX_MAX`].
    pub ranges: Vec<SerialRange>,
    /// Codes allocated one by one.
    pub listed: u64,
    /// Codes voided that were never commissioned.
    pub voided: u64,
}

/// A code allocated by itself, or voided before it was ever used. Under a key of its own: that of the unit's record stays
/// free, whose absence proves that the code was never commissioned (D8).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct IssuedRecord {
    /// Format: 1.
    pub version: u8,
    /// By whom.
    pub organisation: OrgNo,
    /// Voided, for ever.
    pub voided: bool,
}

/// What went into rework for a batch that is not opened yet.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ReworkRecord {
    /// Format: 1.
    pub version: u8,
    /// Smallest units.
    pub units: u32,
    /// The earliest expiry among them: the new batch's is not later.
    pub expires_on: CalendarDate,
    /// Numbers of batches among them that lots are on record of, in order of their rework.
    pub batches: Vec<u32>,
    /// What those were made of.
    pub lots: BatchLotsRecord,
    /// Whether any of it was recalled: what is made of it is not scrapped, as that would not have been (rule 12 of
    /// domain §9).
    pub recalled: bool,
}

/// A contract of manufacture in force between two dates.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ContractRecord {
    /// Format: 1.
    pub version: u8,
    /// SM3 of the agreement.
    pub agreement: Digest,
    /// First day.
    pub valid_from: CalendarDate,
    /// Last day.
    pub valid_to: CalendarDate,
}

impl Record for BatchRecord {}
impl Record for AllocationRecord {}
impl Record for IssuedRecord {}
impl Record for ReworkRecord {}
impl Record for ContractRecord {}
