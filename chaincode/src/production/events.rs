//! Payloads of the events of `production` beyond commissioning and release.

use crate::state::OrgNo;
use crate::transaction::ImportClearance;
use bencao_crypto::Digest;
use bincode::{Decode, Encode};

byte_enum! {
    /// What a document of a quality file is.
    pub enum QualityDocumentKind {
        /// 批生产记录
        BatchRecord = 1 as "batch_record", "批生产记录",
        /// 批检验记录、检验报告书
        TestReport = 2 as "test_report", "检验报告书",
        /// 批签发证明
        LotRelease = 3 as "lot_release", "批签发证明",
        /// 上市放行审核记录
        ReleaseReview = 4 as "release_review", "放行审核记录",
        /// 偏差、变更、调查
        Deviation = 5 as "deviation", "偏差与调查",
        /// 通关单、口岸检验报告
        Import = 6 as "import", "进口文件",
        /// 稳定性考察
        Stability = 7 as "stability", "稳定性考察",
        /// Anything else.
        Other = 9 as "other", "其他",
    }
}

/// A document entered the quality file of a batch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct QualityFiled {
    /// What it is.
    pub kind: QualityDocumentKind,
    /// Its number.
    pub number: String,
    /// SM3 of it.
    pub digest: Digest,
}

/// A laboratory was named for a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BatchTestRequested {
    /// Who may report on it.
    pub laboratory: OrgNo,
}

/// A batch was tested.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BatchTested {
    /// 合格
    pub passed: bool,
    /// SM3 of the 检验报告书.
    pub report: Digest,
}

/// A code was voided.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Voided {
    /// 原因
    pub reason: String,
}

/// A package went into rework, its code voided.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Reworked {
    /// 产品批号 of the batch that it becomes.
    pub into_batch: String,
    /// 原因
    pub reason: String,
}

/// A batch was opened with goods of rework.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BatchReworked {
    /// Smallest units that went into rework for it.
    pub units: u32,
}

/// The papers of an imported batch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Imported {
    /// As given at release.
    pub clearance: ImportClearance,
}

/// Codes of a product were allocated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct CodesAllocated {
    /// How many.
    pub codes: u64,
}
