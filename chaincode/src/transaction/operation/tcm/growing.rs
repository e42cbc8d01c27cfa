//! 选种、育苗、大田栽培、采收.

use super::LotUse;
use crate::codes::HerbCode;
use crate::tcm::{FieldWorkKind, GardenId, LocalNo, LotId, LotKind, SeedSource};
use bencao_crypto::Digest;
use bencao_genesis::{CalendarDate, RegionCode};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// 选种、育苗: a lot of seeds or seedlings.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSeed {
    /// New number of the principal.
    pub lot_no: LocalNo,
    /// `seed` or `seedling`.
    pub kind: LotKind,
    /// Of which herb.
    pub herb: HerbCode,
    /// 种子来源
    pub source: SeedSource,
    /// County it comes from.
    pub region: RegionCode,
    /// Weight, milligrams.
    pub weight_mg: u64,
    /// Seeds that seedlings were raised from; their weight is used up, not part of the seedlings' weight.
    #[serde(default)]
    pub raised_from: Vec<LotUse>,
    /// When.
    pub made_on: CalendarDate,
}

/// 大田栽培: plants on a field.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plant {
    /// New number of the principal.
    pub lot_no: LocalNo,
    /// Of which herb.
    pub herb: HerbCode,
    /// 种子来源
    pub source: SeedSource,
    /// Seeds and seedlings used; may be empty for wild or bought-in ones.
    #[serde(default)]
    pub seeds: Vec<LotUse>,
    /// 产地, county (GB/T 2260).
    pub region: RegionCode,
    /// 产地 as labels print it.
    pub place: String,
    /// 种植区域, hundredths of a 亩.
    pub area_mu_100: u32,
    /// 种植周期, months.
    pub cycle_months: u16,
    /// When.
    pub planted_on: CalendarDate,
    /// 基地编码, may be empty.
    #[serde(default)]
    pub base_no: String,
    /// The 定制药园 it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub garden: Option<GardenId>,
    /// Keyed digest of the household that grows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<Digest>,
    /// SM3 of the audit that says it follows GAP (2022年第22号); absent: no such claim. A claim takes a base with an entry
    /// of the register of GAP in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap_audit: Option<Digest>,
    /// Keyed digest of 负责人.
    pub responsible: Digest,
}

/// 田间管理
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldWork {
    /// The plants.
    pub lot: LotId,
    /// 类型
    pub kind: FieldWorkKind,
    /// 名称, as on its label.
    pub name: String,
    /// 用量, with its unit.
    pub amount: String,
    /// 安全间隔期 of a pesticide as on its label, days; 0 for other work.
    #[serde(default)]
    pub safety_interval_days: u16,
    /// When.
    pub done_on: CalendarDate,
    /// Keyed digest of the operator.
    pub operator: Digest,
}

/// 采收: a lot of crude herb from plants.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Harvest {
    /// New number of the principal.
    pub lot_no: LocalNo,
    /// The plants.
    pub plants: LotId,
    /// When.
    pub harvested_on: CalendarDate,
    /// 预计产量, milligrams.
    pub expected_mg: u64,
    /// 实际产量, milligrams.
    pub weight_mg: u64,
}
