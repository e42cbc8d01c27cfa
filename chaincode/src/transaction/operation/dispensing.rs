//! Operations of `dispensing`.

use crate::codes::UnitKey;
use bencao_crypto::Digest;
use bencao_genesis::{OrgId, TimestampMs};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

byte_enum! {
    /// Kind of patient that quantity limits ask for (处方管理办法; domain §5.4).
    pub enum Patient {
        /// 门（急）诊一般患者
        Ordinary = 0 as "ordinary", "门（急）诊一般患者",
        /// 癌症疼痛及中、重度慢性疼痛患者
        ChronicPain = 1 as "chronic_pain", "癌症疼痛及慢性疼痛患者",
        /// 住院患者
        Inpatient = 2 as "inpatient", "住院患者",
    }
}

/// What a prescription says that a rule asks for. Persons appear as keyed digests only (D20).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prescription {
    /// Keyed digest of its number.
    pub number: Digest,
    /// Keyed digest of the 药师 who reviewed it, at a pharmacy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<Digest>,
    /// Kind of patient.
    #[serde(default = "ordinary")]
    pub patient: Patient,
    /// Days of treatment that the bill hands out; 0 is one single dose (一次常用量). Asked for where a limit exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
    /// How much it is for, all that the bill hands out of classes with a limit together, in 10⁻⁴ of a smallest preparation
    /// unit. Asked for where a limit exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// Whether the patient is under 18.
    #[serde(default)]
    pub minor: bool,
}

fn ordinary() -> Patient {
    Patient::Ordinary
}

/// 零售、使用、接种: the end of a smallest unit's way.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispense {
    /// 单据类型: 321, 322, 323, 326 or 327 (domain §3.1).
    pub bill_type: u16,
    /// 单据时间 as the seller states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_time: Option<TimestampMs>,
    /// A pharmacy sells 处方药 only with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescription: Option<Prescription>,
    /// Keyed digest of the buyer, patient or recipient; never the number itself. A vaccination needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Digest>,
    /// Keyed digest of who vaccinated; a vaccination needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vaccinator: Option<Digest>,
    /// 第三方平台 through which it was sold online (326).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<OrgId>,
    /// Smallest units.
    pub codes: Vec<UnitKey>,
}

/// A part of one smallest unit; of a product that is exempt from scanning each, also of a package.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The unit that the part is taken from.
    pub code: UnitKey,
    /// How much, in 10⁻⁴ of a smallest preparation unit (n16,4 of the insurance interface): 12 tablets are 120000.
    pub quantity: u64,
}

/// 拆零、按量调剂: parts of smallest units, and quantities of packages that are exempt from scanning each unit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispensePart {
    /// 单据类型: 321, 322, 323, 326 or 327 (domain §3.1).
    pub bill_type: u16,
    /// 单据时间 as the seller states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_time: Option<TimestampMs>,
    /// As in [`Dispense`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prescription: Option<Prescription>,
    /// As in [`Dispense`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Digest>,
    /// As in [`Dispense`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vaccinator: Option<Digest>,
    /// As in [`Dispense`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<OrgId>,
    /// What is taken, each unit once.
    pub parts: Vec<Part>,
}

/// 撤销销售: the seller undoes its newest sale of each unit within the window of the law.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReverseSale {
    /// Why; no personal data.
    pub reason: String,
    /// The units.
    pub codes: Vec<UnitKey>,
}

/// 消费者退货 (116): goods come back to the seller of record, and never go on sale again.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerReturn {
    /// Why: the quality complaint; no personal data.
    pub reason: String,
    /// Salted SM3 commitment to the complaint (D20).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Digest>,
    /// The units.
    pub codes: Vec<UnitKey>,
}
