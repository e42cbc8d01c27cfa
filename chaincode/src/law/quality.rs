//! Parameters of `quality`.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Terms of holds and countersigned bills.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QualityLaw {
    /// Days within which a regulator decides after 查封、扣押 (《药品管理法》 Art. 100).
    pub freeze_decision_days: u32,
    /// Days within which it decides after the 检验报告书 (Art. 100).
    pub freeze_decision_after_test_days: u32,
    /// Days within which the 鉴定 of emergency control is organised (Art. 81).
    pub control_opinion_days: u32,
    /// Days within which a regulator decides after its conclusion (Art. 81).
    pub control_decision_days: u32,
    /// Whether expired goods are destroyed only before a witness, or with a record of 无害化处理 (Art. 83).
    pub expired_supervised: bool,
    /// Longest time for which a proposed bill waits for its countersignature, hours.
    pub proposal_hours_max: u32,
}

impl Default for QualityLaw {
    fn default() -> QualityLaw {
        QualityLaw {
            freeze_decision_days: 7,
            freeze_decision_after_test_days: 15,
            control_opinion_days: 5,
            control_decision_days: 15,
            expired_supervised: true,
            proposal_hours_max: 30 * 24,
        }
    }
}

/// Terms of a recall, by class 1, 2, 3 (《药品召回管理办法》, domain §5.3).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecallLaw {
    /// Hours until the first notice is out: 1, 3, 7 days since 2022 (24, 48, 72 hours in the rules of 2007).
    pub notice_hours: [u32; 3],
    /// Hours until 调查评估报告 and 召回计划 are filed: 1, 3, 7 days.
    pub filing_hours: [u32; 3],
    /// Hours from one progress report to the next: daily, every 3, every 7 days.
    pub progress_hours: [u32; 3],
    /// Whether the recall is published for everybody: classes 1 and 2.
    pub published: [bool; 3],
    /// Working days (Monday to Friday) from completion to the 总结报告.
    pub completion_report_working_days: u32,
}

impl Default for RecallLaw {
    fn default() -> RecallLaw {
        RecallLaw {
            notice_hours: [24, 72, 168],
            filing_hours: [24, 72, 168],
            progress_hours: [24, 72, 168],
            published: [true, true, false],
            completion_report_working_days: 10,
        }
    }
}
