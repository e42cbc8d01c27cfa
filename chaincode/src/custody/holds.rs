//! Holds forbid movements; they never change custody (domain §3.10).

use bincode::{Decode, Encode};
use std::fmt;

/// A set of holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Holds(pub u16);

impl Holds {
    /// No hold.
    pub const NONE: Holds = Holds(0);
    /// 一级召回
    pub const RECALL_1: Holds = Holds(1);
    /// 二级召回
    pub const RECALL_2: Holds = Holds(1 << 1);
    /// 三级召回
    pub const RECALL_3: Holds = Holds(1 << 2);
    /// 监管冻结
    pub const REGULATOR_FREEZE: Holds = Holds(1 << 3);
    /// 质量可疑
    pub const QUALITY_SUSPECT: Holds = Holds(1 << 4);
    /// 收发争议
    pub const SHIPMENT_DISPUTE: Holds = Holds(1 << 5);
    /// 许可锁定
    pub const LICENCE_LOCK: Holds = Holds(1 << 6);
    /// 进口不合格: goes back or is destroyed, nothing else.
    pub const IMPORT_REJECTED: Holds = Holds(1 << 7);
    /// 药品注册证书注销: goes back or is destroyed (《药品管理法》 Art. 83).
    pub const REGISTRATION_CANCELLED: Holds = Holds(1 << 8);
    /// 不予批签发: goes back across the border or is destroyed before a witness (《疫苗管理法》 Art. 26).
    pub const LOT_RELEASE_REFUSED: Holds = Holds(1 << 9);
    /// A recall of any class.
    pub const RECALLS: Holds = Holds(0b111);
    /// What only goes back to whom it came from, or to its destruction (domain §9 rule 8).
    pub const GOING_BACK: Holds = Holds(0b111 | 1 << 7 | 1 << 8 | 1 << 9);
    /// What an authority or a recall keeps in sight: it is destroyed before a witness, and never lost quietly.
    pub const WATCHED: Holds = Holds(0b111 | 1 << 3 | 1 << 6 | 1 << 9);
    /// What suspends an organisation: it neither sends nor receives.
    pub const SUSPENSIONS: Holds = Holds(1 << 3 | 1 << 6);

    /// Each hold with its names.
    pub const NAMES: [(Holds, &'static str, &'static str); 10] = [
        (Holds::RECALL_1, "recall_1", "一级召回"),
        (Holds::RECALL_2, "recall_2", "二级召回"),
        (Holds::RECALL_3, "recall_3", "三级召回"),
        (Holds::REGULATOR_FREEZE, "regulator_freeze", "监管冻结"),
        (Holds::QUALITY_SUSPECT, "quality_suspect", "质量可疑"),
        (Holds::SHIPMENT_DISPUTE, "shipment_dispute", "收发争议"),
        (Holds::LICENCE_LOCK, "licence_lock", "许可锁定"),
        (Holds::IMPORT_REJECTED, "import_rejected", "进口不合格"),
        (Holds::REGISTRATION_CANCELLED, "registration_cancelled", "注册证书注销"),
        (Holds::LOT_RELEASE_REFUSED, "lot_release_refused", "不予批签发"),
    ];

    /// Both sets together.
    pub fn and(self, other: Holds) -> Holds {
        Holds(self.0 | other.0)
    }

    /// This set without the holds of `other`.
    pub fn without(self, other: Holds) -> Holds {
        Holds(self.0 & !other.0)
    }

    /// Whether any hold of `other` is in this set.
    pub fn intersects(self, other: Holds) -> bool {
        self.0 & other.0 != 0
    }

    /// English names of the holds in the set.
    pub fn names(self) -> Vec<&'static str> {
        Holds::NAMES.iter().filter(|(hold, _, _)| self.intersects(*hold)).map(|(_, name, _)| *name).collect()
    }

    /// Whether a recall is among them.
    pub fn is_recalled(self) -> bool {
        self.intersects(Holds::RECALLS)
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(", "))
    }
}
