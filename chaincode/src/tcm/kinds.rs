//! Small vocabularies of the TCM chain (domain §3.2, §4.3, SB/T 11038-2013).

byte_enum! {
    /// What a lot is.
    pub enum LotKind {
        /// 种子批
        Seed = 1 as "seed", "种子",
        /// 种苗批
        Seedling = 2 as "seedling", "种苗",
        /// 种植批 (cpcplant): plants on a field, without weight.
        Plant = 3 as "plant", "种植批",
        /// 药材批 (cpcmed), as harvested.
        Harvest = 4 as "harvest", "采收药材",
        /// 药材批 after 产地初加工.
        Initial = 5 as "initial", "初加工药材",
        /// 饮片批 (cpctablet).
        Piece = 6 as "piece", "饮片",
    }
}

impl LotKind {
    /// 中药材, as distinct from seeds, plants and 饮片.
    pub fn is_crude_herb(self) -> bool {
        matches!(self, LotKind::Harvest | LotKind::Initial)
    }
}

byte_enum! {
    /// 种子来源 (domain §4.3).
    pub enum SeedSource {
        /// 自购
        Purchased = 1 as "purchased", "自购",
        /// 栽培
        Cultivated = 2 as "cultivated", "栽培",
        /// 野生
        Wild = 3 as "wild", "野生",
    }
}

byte_enum! {
    /// 田间管理类型
    pub enum FieldWorkKind {
        /// 施肥
        Fertiliser = 1 as "fertiliser", "施肥",
        /// 农药
        Pesticide = 2 as "pesticide", "农药",
        /// 其他
        Other = 3 as "other", "其他",
    }
}

byte_enum! {
    /// 报告类型
    pub enum ReportKind {
        /// 检验报告
        Inspection = 1 as "inspection", "检验报告",
        /// 产地报告
        Origin = 2 as "origin", "产地报告",
    }
}

byte_enum! {
    /// 溯源码类型 codetype; the byte is the platform's number.
    pub enum PackKind {
        /// 包码
        Pack = 5 as "pack", "包码",
        /// 箱码
        Box = 6 as "box", "箱码",
        /// 袋码
        Bag = 7 as "bag", "袋码",
    }
}

byte_enum! {
    /// What a movement of lots is.
    pub enum LotMovement {
        /// 销售出库: towards a buyer.
        Sale = 1 as "sale", "销售出库",
        /// 退货出库: back to the one it came from.
        Return = 2 as "return", "退货出库",
    }
}

byte_enum! {
    /// How a weight was taken (M5).
    pub enum Weighing {
        /// 检定合格的溯源秤
        CertifiedScale = 1 as "certified_scale", "检定合格溯源秤",
        /// 手工录入: shown as such for ever.
        Manual = 2 as "manual", "手工录入",
    }
}

byte_enum! {
    /// Why stock was written off (domain §3.2).
    pub enum LossReason {
        /// 破损
        Damage = 1 as "damage", "破损",
        /// 霉变
        Mould = 2 as "mould", "霉变",
        /// 过期失效
        Expired = 3 as "expired", "过期失效",
        /// 其他
        Other = 4 as "other", "其他",
        /// 干燥失重
        Drying = 5 as "drying", "干燥失重",
        /// 虫蛀
        Insects = 6 as "insects", "虫蛀",
    }
}

byte_enum! {
    /// 政策支持 for a garden (seed 六: 优质优价、税收优惠、研发补助).
    pub enum BenefitKind {
        /// 优质优价
        PremiumPrice = 1 as "premium_price", "优质优价",
        /// 税收优惠
        TaxRelief = 2 as "tax_relief", "税收优惠",
        /// 研发补助
        ResearchGrant = 3 as "research_grant", "研发补助",
        /// 其他扶持
        Other = 4 as "other", "其他扶持",
    }
}

byte_enum! {
    /// Why a lot is held; the hold that it sets follows from it.
    pub enum LotHoldReason {
        /// 质量可疑, by its owner.
        QualitySuspect = 1 as "quality_suspect", "质量可疑",
        /// 监管冻结
        RegulatorFreeze = 2 as "regulator_freeze", "监管冻结",
        /// 境外通报 (domain §8 row 25).
        ForeignNotification = 3 as "foreign_notification", "境外通报",
        /// 问题产品应急处置
        Emergency = 4 as "emergency", "应急处置",
    }
}

byte_enum! {
    /// Freeze levels of the emergency interface (domain §4.4), as a refusal names them.
    pub enum FreezeLevel {
        /// 企业码
        Enterprise = 1 as "enterprise", "企业码",
        /// 产品码
        Product = 2 as "product", "产品码",
        /// 批次码
        Lot = 3 as "lot", "批次码",
        /// 溯源码
        Package = 4 as "package", "溯源码",
    }
}
