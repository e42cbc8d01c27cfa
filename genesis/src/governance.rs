//! How the consortium decides: which share of the organisations approves which kind of proposal, and what no decision
//! may do to the validators unless it is said here.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// How many organisations of the electorate have to be in favour.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// One, which proposes it: only together with [`Approval::regulator`].
    One,
    /// More than half.
    Majority,
    /// More than two thirds.
    TwoThirds,
    /// Every one.
    All,
}

impl Share {
    /// Votes in favour that an electorate of `electors` needs; one at least.
    pub fn needed(self, electors: u32) -> u32 {
        let electors = u64::from(electors);
        let needed = match self {
            Share::One => 1,
            Share::Majority => electors / 2 + 1,
            Share::TwoThirds => electors * 2 / 3 + 1,
            Share::All => electors.max(1),
        };
        u32::try_from(needed).unwrap_or(u32::MAX)
    }

    /// Name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Share::One => "one",
            Share::Majority => "majority",
            Share::TwoThirds => "two_thirds",
            Share::All => "all",
        }
    }

    /// Name in Chinese texts.
    pub fn name_zh(self) -> &'static str {
        match self {
            Share::One => "一家",
            Share::Majority => "过半数",
            Share::TwoThirds => "超过三分之二",
            Share::All => "全体",
        }
    }
}

/// What a kind of proposal needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// How many are in favour.
    pub share: Share,
    /// Whether a drug regulator has to be among them.
    #[serde(default)]
    pub regulator: bool,
}

impl Approval {
    /// Whether it is a rule at all: one organisation alone decides only if it is a regulator.
    pub fn is_well_formed(&self) -> bool {
        self.share != Share::One || self.regulator
    }
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $variant:ident $field:ident = $share:ident $regulator:literal $zh:literal,)+) => {
        /// Kind of a proposal. The number is its wire value.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ProposalKind {
            $($(#[$meta])* $variant,)+
        }

        impl ProposalKind {
            /// Every kind, in order of wire values.
            pub const ALL: &'static [ProposalKind] = &[$(ProposalKind::$variant,)+];

            /// Name in JSON.
            pub fn name(self) -> &'static str {
                match self { $(ProposalKind::$variant => stringify!($field),)+ }
            }

            /// Name in Chinese texts.
            pub fn name_zh(self) -> &'static str {
                match self { $(ProposalKind::$variant => $zh,)+ }
            }
        }

        /// What each kind of proposal needs.
        #[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Approvals {
            $($(#[$meta])* pub $field: Approval,)+
        }

        impl Default for Approvals {
            fn default() -> Approvals {
                Approvals { $($field: Approval { share: Share::$share, regulator: $regulator },)+ }
            }
        }

        impl Approvals {
            /// What `kind` needs.
            pub fn of(&self, kind: ProposalKind) -> Approval {
                match kind { $(ProposalKind::$variant => self.$field,)+ }
            }

            /// Changes what `kind` needs.
            pub fn set(&mut self, kind: ProposalKind, approval: Approval) {
                match kind { $(ProposalKind::$variant => self.$field = approval,)+ }
            }
        }
    };
}

kinds! {
    /// 加入组织
    AddOrganisation add_organisation = TwoThirds true "加入组织",
    /// 暂停组织
    SuspendOrganisation suspend_organisation = TwoThirds false "暂停组织",
    /// 恢复组织
    RestoreOrganisation restore_organisation = Majority false "恢复组织",
    /// 移除组织
    RemoveOrganisation remove_organisation = TwoThirds true "移除组织",
    /// 变更角色、管辖、表决权
    ChangeRoles change_roles = Majority true "变更角色",
    /// 许可证核发与变更
    ChangeLicences change_licences = Majority true "变更许可证",
    /// 增加共识节点
    AddValidator add_validator = TwoThirds false "增加共识节点",
    /// 变更共识权重
    ChangePower change_power = TwoThirds false "变更共识权重",
    /// 移除共识节点
    RemoveValidator remove_validator = TwoThirds false "移除共识节点",
    /// 更换、找回密钥
    RecoverKeys recover_keys = TwoThirds false "更换密钥",
    /// 变更链参数
    ChangeParameters change_parameters = TwoThirds false "变更链参数",
    /// 变更表决规则
    ChangeApprovals change_approvals = TwoThirds true "变更表决规则",
    /// 规则参数（规则集、目录、试点）
    AmendLaw amend_law = Majority true "规则发布",
    /// 规则版本升级
    ActivateRules activate_rules = TwoThirds false "规则版本升级",
    /// 第三方追溯系统准入、变更
    AdmitSystem admit_system = Majority true "第三方系统准入",
    /// 紧急冻结
    EmergencyFreeze emergency_freeze = One true "紧急冻结",
    /// 解除紧急冻结
    LiftFreeze lift_freeze = One true "解除紧急冻结",
}

/// Parameters of governance.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Governance {
    /// What each kind of proposal needs.
    pub approvals: Approvals,
    /// Longest time that a proposal may be voted on, hours.
    pub voting_hours_max: u32,
    /// Longest emergency freeze, hours: afterwards it ends by itself, or a decision has taken its place.
    pub freeze_hours_max: u32,
    /// How long other administrators of an organisation may approve a change of its administrators' keys, hours.
    pub key_order_hours: u32,
    /// No decision leaves fewer validators than this: four are the fewest of which one may fail.
    pub validators_min: u32,
    /// Whether one organisation may reach a third of the power, with which it could halt the chain by itself.
    pub third_allowed: bool,
    /// Heights within which the validators that stay must be a quorum of the set before and of the set after: new ones
    /// show that they work before others follow.
    pub settle_heights: u64,
}

impl Default for Governance {
    fn default() -> Governance {
        Governance {
            approvals: Approvals::default(),
            voting_hours_max: 30 * 24,
            freeze_hours_max: 7 * 24,
            key_order_hours: 7 * 24,
            validators_min: 4,
            third_allowed: false,
            settle_heights: 10,
        }
    }
}

impl Governance {
    /// The first field outside its allowed values, with what would be right.
    ///
    /// # Errors
    /// Path of the field below `params.governance`, and what it should be.
    pub fn check(&self) -> Result<(), (String, &'static str)> {
        if let Some(kind) = ProposalKind::ALL.iter().find(|k| !self.approvals.of(**k).is_well_formed()) {
            return Err((format!("approvals.{}", kind.name()), "share one only with regulator true"));
        }
        let checks = [
            (self.voting_hours_max, 1..=8_760, "voting_hours_max", "1 to 8760 hours"),
            (self.freeze_hours_max, 1..=8_760, "freeze_hours_max", "1 to 8760 hours"),
            (self.key_order_hours, 1..=8_760, "key_order_hours", "1 to 8760 hours"),
            (self.validators_min, 1..=200, "validators_min", "1 to 200"),
        ];
        if let Some((_, _, name, expected)) = checks.into_iter().find(|(value, range, _, _)| !range.contains(value)) {
            return Err((name.to_owned(), expected));
        }
        match self.settle_heights {
            0..=100_000 => Ok(()),
            _ => Err(("settle_heights".to_owned(), "at most 100000")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_count_from_above() {
        let needed = |share: Share| [1, 2, 3, 4, 5, 6, 7, 9, 200].map(|n| share.needed(n));
        assert_eq!(needed(Share::One), [1; 9]);
        assert_eq!(needed(Share::Majority), [1, 2, 2, 3, 3, 4, 4, 5, 101]);
        assert_eq!(needed(Share::TwoThirds), [1, 2, 3, 3, 4, 5, 5, 7, 134]);
        assert_eq!(needed(Share::All), [1, 2, 3, 4, 5, 6, 7, 9, 200]);
        assert_eq!(Share::All.needed(0), 1);
    }

    #[test]
    fn one_alone_decides_only_as_a_regulator() {
        let mut governance = Governance::default();
        assert_eq!(governance.check(), Ok(()));
        for kind in ProposalKind::ALL {
            let before = governance.approvals.of(*kind);
            governance.approvals.set(*kind, Approval { share: Share::One, regulator: false });
            assert_eq!(governance.check().unwrap_err().0, format!("approvals.{}", kind.name()));
            governance.approvals.set(*kind, before);
        }
        governance.validators_min = 0;
        assert_eq!(governance.check().unwrap_err().0, "validators_min");
    }
}
