//! 炮制 methods in the seven step groups that the reference system records, and the licence scope each belongs to
//! (domain §4.3).

byte_enum! {
    /// Step groups, one operator each (`username1..7`).
    pub enum StepGroup {
        /// 净制
        Cleaning = 1 as "cleaning", "净制",
        /// 软化
        Softening = 2 as "softening", "软化",
        /// 切制
        Cutting = 3 as "cutting", "切制",
        /// 干燥
        Drying = 4 as "drying", "干燥",
        /// 过筛
        Sieving = 5 as "sieving", "过筛",
        /// 炮炙
        Processing = 6 as "processing", "炮炙",
        /// 特殊工序
        Special = 7 as "special", "特殊工序",
    }
}

byte_enum! {
    /// Words of a licence's 炮制 scope. A real licence reads: 净制、切制、醋制、酒制、盐制、炒、煅、蒸、煮、炖、燀、制炭、炙制、制霜、水飞.
    pub enum Craft {
        /// 净制
        Cleaning = 1 as "cleaning", "净制",
        /// 切制
        Cutting = 2 as "cutting", "切制",
        /// 醋制
        Vinegar = 3 as "vinegar", "醋制",
        /// 酒制
        Wine = 4 as "wine", "酒制",
        /// 盐制
        Salt = 5 as "salt", "盐制",
        /// 炒
        Frying = 6 as "frying", "炒",
        /// 煅
        Calcining = 7 as "calcining", "煅",
        /// 蒸
        Steaming = 8 as "steaming", "蒸",
        /// 煮
        Boiling = 9 as "boiling", "煮",
        /// 炖
        Stewing = 10 as "stewing", "炖",
        /// 燀
        Blanching = 11 as "blanching", "燀",
        /// 制炭
        Charring = 12 as "charring", "制炭",
        /// 炙制
        StirBaking = 13 as "stir_baking", "炙制",
        /// 制霜
        Frosting = 14 as "frosting", "制霜",
        /// 水飞
        Levigating = 15 as "levigating", "水飞",
        /// 烫
        Scalding = 16 as "scalding", "烫",
        /// 煨
        Roasting = 17 as "roasting", "煨",
        /// 发酵
        Fermenting = 18 as "fermenting", "发酵",
        /// 复制 and 药、矾、甘草 制
        Compounding = 19 as "compounding", "复制",
    }
}

macro_rules! methods {
    ($($(#[$meta:meta])* $variant:ident = $byte:literal as $text:literal, $zh:literal, $group:ident, $craft:expr;)+) => {
        byte_enum! {
            /// One step of 炮制. The tens and hundreds of the byte keep a group together.
            pub enum Method {
                $($(#[$meta])* $variant = $byte as $text, $zh,)+
            }
        }

        impl Method {
            /// The group it is recorded in.
            pub fn group(self) -> StepGroup {
                match self { $(Method::$variant => StepGroup::$group,)+ }
            }

            /// The word of the licence that covers it; `None` for steps that every licence includes.
            pub fn craft(self) -> Option<Craft> {
                match self { $(Method::$variant => $craft,)+ }
            }
        }
    };
}

const CLEAN: Option<Craft> = Some(Craft::Cleaning);
const CUT: Option<Craft> = Some(Craft::Cutting);
const FRY: Option<Craft> = Some(Craft::Frying);

methods! {
    /// 挑选
    Picking = 10 as "picking", "挑选", Cleaning, CLEAN;
    /// 风选
    Winnowing = 11 as "winnowing", "风选", Cleaning, CLEAN;
    /// 筛选
    Screening = 12 as "screening", "筛选", Cleaning, CLEAN;
    /// 去杂质、瘤、茎、枝、皮、毛、心、核、肉、芦头
    RemovingParts = 13 as "removing_parts", "去除非药用部位", Cleaning, CLEAN;
    /// 洗
    Washing = 14 as "washing", "洗", Cleaning, CLEAN;
    /// 淋
    Sprinkling = 20 as "sprinkling", "淋", Softening, CUT;
    /// 淘洗
    Rinsing = 21 as "rinsing", "淘洗", Softening, CUT;
    /// 浸泡
    Soaking = 22 as "soaking", "浸泡", Softening, CUT;
    /// 腌
    Curing = 23 as "curing", "腌", Softening, CUT;
    /// 蒸软
    SteamSoftening = 24 as "steam_softening", "蒸(软化)", Softening, CUT;
    /// 薄片
    ThinSlice = 30 as "thin_slice", "薄片", Cutting, CUT;
    /// 厚片
    ThickSlice = 31 as "thick_slice", "厚片", Cutting, CUT;
    /// 斜片
    ObliqueSlice = 32 as "oblique_slice", "斜片", Cutting, CUT;
    /// 段
    Segment = 33 as "segment", "段", Cutting, CUT;
    /// 丝
    Shred = 34 as "shred", "丝", Cutting, CUT;
    /// 块
    Dice = 35 as "dice", "块", Cutting, CUT;
    /// 粉碎
    Crushing = 36 as "crushing", "粉碎", Cutting, CUT;
    /// 低温干燥
    DryingLow = 40 as "drying_low", "低温干燥", Drying, None;
    /// 中温干燥
    DryingMedium = 41 as "drying_medium", "中温干燥", Drying, None;
    /// 高温干燥
    DryingHigh = 42 as "drying_high", "高温干燥", Drying, None;
    /// 过筛
    Sieving = 50 as "sieving", "过筛", Sieving, None;
    /// 炒黄
    FryYellow = 60 as "fry_yellow", "炒黄", Processing, FRY;
    /// 炒焦
    FryBrown = 61 as "fry_brown", "炒焦", Processing, FRY;
    /// 炒炭
    FryChar = 62 as "fry_char", "炒炭", Processing, Some(Craft::Charring);
    /// 麸炒
    FryBran = 63 as "fry_bran", "麸炒", Processing, FRY;
    /// 米炒
    FryRice = 64 as "fry_rice", "米炒", Processing, FRY;
    /// 土炒
    FryEarth = 65 as "fry_earth", "土炒", Processing, FRY;
    /// 蜜炙
    BakeHoney = 70 as "bake_honey", "蜜炙", Processing, Some(Craft::StirBaking);
    /// 酒炙
    BakeWine = 71 as "bake_wine", "酒炙", Processing, Some(Craft::Wine);
    /// 醋炙
    BakeVinegar = 72 as "bake_vinegar", "醋炙", Processing, Some(Craft::Vinegar);
    /// 盐炙
    BakeSalt = 73 as "bake_salt", "盐炙", Processing, Some(Craft::Salt);
    /// 姜汁炙
    BakeGinger = 74 as "bake_ginger", "姜汁炙", Processing, Some(Craft::StirBaking);
    /// 甘草炙
    BakeLiquorice = 75 as "bake_liquorice", "甘草炙", Processing, Some(Craft::StirBaking);
    /// 豆炙
    BakeBean = 76 as "bake_bean", "豆炙", Processing, Some(Craft::StirBaking);
    /// 皂角炙
    BakeSoapPod = 77 as "bake_soap_pod", "皂炙", Processing, Some(Craft::StirBaking);
    /// 胆汁炙
    BakeBile = 78 as "bake_bile", "胆汁炙", Processing, Some(Craft::StirBaking);
    /// 羊脂炙
    BakeSuet = 79 as "bake_suet", "羊脂炙", Processing, Some(Craft::StirBaking);
    /// 蒸
    Steam = 80 as "steam", "蒸", Processing, Some(Craft::Steaming);
    /// 煮
    Boil = 81 as "boil", "煮", Processing, Some(Craft::Boiling);
    /// 炖
    Stew = 82 as "stew", "炖", Processing, Some(Craft::Stewing);
    /// 燀
    Blanch = 83 as "blanch", "燀", Processing, Some(Craft::Blanching);
    /// 砂烫
    ScaldSand = 90 as "scald_sand", "砂烫", Processing, Some(Craft::Scalding);
    /// 醋烫
    ScaldVinegar = 91 as "scald_vinegar", "醋烫", Processing, Some(Craft::Scalding);
    /// 蛤粉烫
    ScaldClam = 92 as "scald_clam", "蛤粉烫", Processing, Some(Craft::Scalding);
    /// 滑石粉烫
    ScaldTalc = 93 as "scald_talc", "滑石粉烫", Processing, Some(Craft::Scalding);
    /// 明煅
    CalcineOpen = 100 as "calcine_open", "明煅", Processing, Some(Craft::Calcining);
    /// 焖煅
    CalcineClosed = 101 as "calcine_closed", "焖煅", Processing, Some(Craft::Calcining);
    /// 煅淬
    CalcineQuench = 102 as "calcine_quench", "煅淬", Processing, Some(Craft::Calcining);
    /// 面煨
    RoastFlour = 110 as "roast_flour", "面煨", Processing, Some(Craft::Roasting);
    /// 纸煨
    RoastPaper = 111 as "roast_paper", "纸煨", Processing, Some(Craft::Roasting);
    /// 麦麸煨
    RoastBran = 112 as "roast_bran", "麦麸煨", Processing, Some(Craft::Roasting);
    /// 药制
    TreatHerb = 120 as "treat_herb", "药制", Processing, Some(Craft::Compounding);
    /// 矾制
    TreatAlum = 121 as "treat_alum", "矾制", Processing, Some(Craft::Compounding);
    /// 甘草制
    TreatLiquorice = 122 as "treat_liquorice", "甘草制", Processing, Some(Craft::Compounding);
    /// 复制
    Compound = 123 as "compound", "复制", Processing, Some(Craft::Compounding);
    /// 水飞
    Levigate = 124 as "levigate", "水飞", Processing, Some(Craft::Levigating);
    /// 发酵
    Ferment = 125 as "ferment", "发酵", Processing, Some(Craft::Fermenting);
    /// 拌
    Mix = 126 as "mix", "拌", Processing, Some(Craft::Compounding);
    /// 制霜
    Frost = 127 as "frost", "制霜", Processing, Some(Craft::Frosting);
    /// 去油
    Deoil = 128 as "deoil", "去油", Processing, Some(Craft::Frosting);
    /// 特殊、组合工序
    SpecialStep = 200 as "special_step", "特殊工序", Special, Some(Craft::Compounding);
}
