//! Parameters of `tcm`.

use bencao_genesis::CalendarDate;
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Parameters of `tcm`. Shares are parts per million by weight.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TcmLaw {
    /// 剧毒、高毒 and otherwise prohibited pesticides; what contains one of these names is refused, however it is spaced and
    /// written, and of a number such as 1605 what has it as a whole number (《中医药法》 Art. 22; the ministry's lists of
    /// pesticides prohibited altogether, and on medicinal herbs).
    pub banned_pesticides: Vec<String>,
    /// 农产品质量合格证 before a lot leaves its origin (domain §8 rows 4, 53).
    pub exit_certificate_required: bool,
    /// Least output of 产地初加工: what dries to less than this was not all there (design).
    pub origin_yield_ppm_min: u32,
    /// Least output of blending (design).
    pub blend_yield_ppm_min: u32,
    /// Least yield that a 饮片's profile may state (design).
    pub piece_yield_ppm_min: u32,
    /// Largest yield that a 饮片's profile may state; 辅料 weigh too (design).
    pub piece_yield_ppm_max: u32,
    /// Most that may be lost between shipment and receipt (design).
    pub transit_loss_ppm_max: u32,
    /// How far the weight of a package may be from that of the packages in it (M4; design).
    pub pack_tolerance_ppm: u32,
    /// From this production date on 饮片 state their 保质期 (《中药饮片标签管理规定》, 2023年第90号).
    pub best_before_mandatory_from: CalendarDate,
}

/// Names of active ingredients, then of elements whose compounds are prohibited, then common names.
const BANNED_PESTICIDES: &[&str] = &[
    "六六六",
    "滴滴涕",
    "毒杀芬",
    "二溴氯丙烷",
    "杀虫脒",
    "二溴乙烷",
    "除草醚",
    "艾氏剂",
    "狄氏剂",
    "汞制剂",
    "砷类",
    "铅类",
    "敌枯双",
    "氟乙酰胺",
    "甘氟",
    "毒鼠强",
    "氟乙酸钠",
    "毒鼠硅",
    "甲胺磷",
    "对硫磷",
    "久效磷",
    "磷胺",
    "苯线磷",
    "地虫硫磷",
    "甲基硫环磷",
    "磷化钙",
    "磷化镁",
    "磷化锌",
    "硫线磷",
    "蝇毒磷",
    "治螟磷",
    "特丁硫磷",
    "氯磺隆",
    "胺苯磺隆",
    "甲磺隆",
    "福美胂",
    "福美甲胂",
    "三氯杀螨醇",
    "林丹",
    "硫丹",
    "溴甲烷",
    "氟虫胺",
    "百草枯",
    "甲拌磷",
    "甲基异柳磷",
    "克百威",
    "涕灭威",
    "灭线磷",
    "氧乐果",
    "水胺硫磷",
    "内吸磷",
    "硫环磷",
    "氯唑磷",
    "灭多威",
    "杀扑磷",
    // Not on 中药材 (农业部公告第2552号), and on nothing but seed of dry-land crops (农业部公告第1157号).
    "乐果",
    "乙酰甲胺磷",
    "丁硫克百威",
    "氟虫腈",
    // 汞制剂, 砷类 and 铅类 by the names that they have.
    "汞",
    "砷",
    "铅",
    // 克百威, 氧乐果, 对硫磷, 内吸磷, 甲拌磷 and 滴滴涕.
    "呋喃丹",
    "氧化乐果",
    "1605",
    "1059",
    "3911",
    "ddt",
];

/// 2025-08-01 in days since 1970-01-01.
const LABEL_RULE_DAYS: u32 = 20_301;

impl Default for TcmLaw {
    fn default() -> TcmLaw {
        TcmLaw {
            banned_pesticides: BANNED_PESTICIDES.iter().map(|name| (*name).to_owned()).collect(),
            exit_certificate_required: true,
            origin_yield_ppm_min: 50_000,
            blend_yield_ppm_min: 950_000,
            piece_yield_ppm_min: 100_000,
            piece_yield_ppm_max: 1_500_000,
            transit_loss_ppm_max: 20_000,
            pack_tolerance_ppm: 10_000,
            best_before_mandatory_from: CalendarDate::from_days(LABEL_RULE_DAYS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_rule_begins_on_its_day() {
        assert_eq!(TcmLaw::default().best_before_mandatory_from.to_string(), "2025-08-01");
    }

    #[test]
    fn a_rule_set_has_room_for_what_is_prohibited() {
        let law = TcmLaw::default();
        let names: std::collections::BTreeSet<&String> = law.banned_pesticides.iter().collect();
        assert_eq!(names.len(), law.banned_pesticides.len(), "each once");
        assert!(bencao_crypto::encode(&law).len() < crate::limits::LAW_CHAPTER_BYTES_MAX / 4);
    }
}
