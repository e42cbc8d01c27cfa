//! Operations of `governance`, and what a proposal may decide.

use super::{AmendLaw, ChangeFiling, ChangeLicence, GrantLicence, SubmitFiling};
use crate::governance::Parameter;
use crate::transaction::DocumentNumber;
use bencao_crypto::{Digest, KeyId, PublicKey, Signature, encode, tagged};
use bencao_genesis::{
    Approval, ChainId, Height, KeyPurpose, Licence, OrgId, ProposalKind, RegionCode, Role, TimestampMs,
};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// 提案: something for the consortium to decide, by an organisation with a vote, whose vote in favour it is.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitMotion {
    /// What is to be done.
    pub content: Content,
    /// Why.
    pub reason: String,
    /// Last block time of the vote.
    pub voting_ends: TimestampMs,
    /// The block that is to execute it. Without it the next block after approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Height>,
}

/// 表决: the vote of an organisation. It is final.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CastVote {
    /// Number of the proposal.
    pub motion: u32,
    /// [`Content::digest`] of what is decided: a vote cannot be turned to something else.
    pub content: Digest,
    /// In favour or against.
    pub in_favour: bool,
    /// Why, may be empty.
    #[serde(default)]
    pub reason: String,
}

/// 撤回提案 by who made it, while it is voted on.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawMotion {
    /// Number of the proposal.
    pub motion: u32,
    /// Why.
    pub reason: String,
}

/// 密钥变更 of the own organisation by one of its administrators. What touches keys of administrators, or their quorum,
/// waits for the others ([`ApproveKeys`]).
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeKeys {
    /// In this order, all or none.
    pub changes: Vec<KeyChange>,
    /// Why.
    pub reason: String,
}

/// 密钥变更会签 by another administrator of the organisation.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApproveKeys {
    /// Number of the document that asked for the change.
    pub order: DocumentNumber,
    /// [`ChangeKeys::digest`] of the change.
    pub content: Digest,
}

json_tagged_enum! {
    /// One change of keys.
    #[derive(Clone, PartialEq, Eq, Debug)]
    pub enum KeyChange: u8 {
        /// 登记密钥
        Add(KeyGrant) = 1 as "add",
        /// 停用密钥
        Revoke(KeyRevocation) = 2 as "revoke",
        /// 轮换密钥: a new key in the place of an old one, both in force for a while.
        Rotate(KeyRotation) = 3 as "rotate",
        /// 管理员会签人数
        SetQuorum(AdminQuorum) = 4 as "set_quorum",
    }
}

/// A new key.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyGrant {
    /// What it may do.
    pub purpose: KeyPurpose,
    /// The key.
    pub public_key: PublicKey,
    /// Over [`KeyGrant::proof_message`] by the new key: who names it has it. Only keys of encryption do without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Signature>,
    /// Names of operations or modules that it may sign, ascending; all of its purpose if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<String>,
    /// First height at which it counts; without it the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Height>,
    /// First height at which it no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Height>,
}

/// The end of a key.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRevocation {
    /// Which.
    pub key: KeyId,
    /// First height at which it no longer counts; without it the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Height>,
}

/// A key in the place of another of the same purpose.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRotation {
    /// The old one.
    pub old: KeyId,
    /// The new one.
    pub new: KeyGrant,
    /// Heights for which the old one still counts after the new one has begun to. A validator's votes change at once.
    #[serde(default)]
    pub overlap: u64,
}

/// How many administrators approve a change of administrators' keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminQuorum {
    /// 0 = more than half of those in force.
    pub administrators: u8,
}

json_tagged_enum! {
    /// What a proposal decides: u16 tag, then its fields.
    #[derive(Clone, PartialEq, Eq, Debug)]
    #[allow(clippy::large_enum_variant, reason = "one a transaction; its lists are on the heap anyway")]
    pub enum Content: u16 {
        /// 加入组织
        AddOrganisation(NewOrganisation) = 1 as "add_organisation",
        /// 暂停组织
        SuspendOrganisation(OrganisationNamed) = 2 as "suspend_organisation",
        /// 恢复组织
        RestoreOrganisation(OrganisationNamed) = 3 as "restore_organisation",
        /// 移除组织, with its validators and nodes
        RemoveOrganisation(OrganisationNamed) = 4 as "remove_organisation",
        /// 变更角色、管辖、表决权
        ChangeRoles(ChangeRoles) = 5 as "change_roles",
        /// 许可证核发
        GrantLicence(GrantLicence) = 6 as "grant_licence",
        /// 许可证变更
        ChangeLicence(ChangeLicence) = 7 as "change_licence",
        /// 增加共识节点
        AddValidator(NewValidator) = 8 as "add_validator",
        /// 变更共识权重
        ChangePower(ChangePower) = 9 as "change_power",
        /// 移除共识节点
        RemoveValidator(ValidatorNamed) = 10 as "remove_validator",
        /// 更换、找回任一组织的密钥
        RecoverKeys(RecoverKeys) = 11 as "recover_keys",
        /// 变更链参数
        ChangeParameters(ChangeParameters) = 12 as "change_parameters",
        /// 变更表决规则
        ChangeApprovals(ChangeApprovals) = 13 as "change_approvals",
        /// 规则参数（规则集、目录、试点）
        AmendLaw(AmendLaw) = 14 as "amend_law",
        /// 规则版本升级
        ActivateRules(ActivateRules) = 15 as "activate_rules",
        /// 第三方追溯系统准入
        AdmitSystem(SubmitFiling) = 16 as "admit_system",
        /// 第三方追溯系统暂停、恢复、撤销
        ChangeSystem(ChangeFiling) = 17 as "change_system",
        /// 紧急冻结组织
        FreezeOrganisation(FreezeOrganisation) = 18 as "freeze_organisation",
        /// 紧急停办业务
        FreezeOperations(FreezeOperations) = 19 as "freeze_operations",
        /// 解除紧急冻结
        LiftFreeze(LiftFreeze) = 20 as "lift_freeze",
    }
}

/// A new member.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisation {
    /// 统一社会信用代码 or the foreign form.
    pub id: OrgId,
    /// Registered name.
    pub name: String,
    /// What it does, ascending without repeats.
    pub roles: Vec<Role>,
    /// Where it is registered (GB/T 2260); for a regulator, the region it answers for.
    pub jurisdiction: RegionCode,
    /// Its licences.
    #[serde(default)]
    pub licences: Vec<Licence>,
    /// Its keys, with proofs.
    pub keys: Vec<KeyGrant>,
    /// Whether it has a vote: then it needs the key of an administrator.
    #[serde(default)]
    pub votes: bool,
}

/// An organisation.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganisationNamed {
    /// Which.
    pub organisation: OrgId,
}

/// What an organisation is.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRoles {
    /// Which.
    pub organisation: OrgId,
    /// All its roles from now on, ascending without repeats.
    pub roles: Vec<Role>,
    /// Its jurisdiction, if that changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<RegionCode>,
    /// Whether it has a vote, if that changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<bool>,
}

/// A new validator. Its organisation has registered both keys.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewValidator {
    /// Short name for people, unique; 1 to 32 letters, digits, `-` or `_`.
    pub name: String,
    /// Member that runs it.
    pub organisation: OrgId,
    /// Key that votes; on record with purpose `validator`.
    pub validator_key: PublicKey,
    /// Key of its TLS identity and batches; on record with purpose `node`.
    pub node_key: PublicKey,
    /// Voting power.
    pub power: u64,
}

/// Another weight of a validator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangePower {
    /// Which.
    pub name: String,
    /// Voting power from now on.
    pub power: u64,
}

/// A validator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorNamed {
    /// Which.
    pub name: String,
}

/// Changes of the keys of any organisation, such as one whose administrators have lost theirs.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoverKeys {
    /// Whose.
    pub organisation: OrgId,
    /// In this order, all or none.
    pub changes: Vec<KeyChange>,
}

/// New values of parameters.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeParameters {
    /// Ascending by parameter, each once.
    pub set: Vec<ParameterValue>,
}

/// One parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterValue {
    /// Which.
    pub name: Parameter,
    /// Its value, in its unit; 0 or 1 for what is allowed or not.
    pub value: u64,
}

/// New rules of approval.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeApprovals {
    /// Ascending by kind, each once.
    pub set: Vec<ApprovalOfKind>,
}

/// What one kind of proposal needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalOfKind {
    /// Which kind.
    pub kind: ProposalKind,
    /// What it needs.
    pub approval: Approval,
}

/// Another version of the rules. Nodes that do not have it stop at its first height, and go on once they are upgraded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivateRules {
    /// The version after the one in force.
    pub rule_version: u32,
}

/// An organisation stops at once, until a decision.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeOrganisation {
    /// Which.
    pub organisation: OrgId,
    /// When the freeze ends by itself.
    pub until: TimestampMs,
}

/// Operations stop at once in a region, until a decision.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeOperations {
    /// For organisations of this region.
    pub region: RegionCode,
    /// Names of operations or modules, ascending. Never governance, oversight, or what recalls and locks goods.
    pub operations: Vec<String>,
    /// When the freeze ends by itself.
    pub until: TimestampMs,
}

/// The end of an emergency freeze.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiftFreeze {
    /// Number of the proposal that froze.
    pub motion: u32,
}

impl Content {
    /// `SM3("bencao/motion/1" ‖ 0x00 ‖ canonical content)`: what a vote names.
    pub fn digest(&self) -> Digest {
        tagged("bencao/motion/1", &[&encode(self)])
    }
}

impl ChangeKeys {
    /// `SM3("bencao/key-order/1" ‖ 0x00 ‖ canonical changes)`: what an approval names.
    pub fn digest(changes: &[KeyChange]) -> Digest {
        tagged("bencao/key-order/1", &[&encode(&changes.to_vec())])
    }
}

impl KeyGrant {
    /// What the new key signs to show that who names it has it: `"bencao/key-proof/1" ‖ 0x00 ‖ SM3(chain ‖ organisation
    /// ‖ purpose ‖ key)`, 51 bytes.
    pub fn proof_message(chain: ChainId, organisation: &OrgId, purpose: KeyPurpose, key: &PublicKey) -> Vec<u8> {
        let claim = encode(&(chain, organisation.clone(), purpose, *key));
        let mut message = b"bencao/key-proof/1\0".to_vec();
        message.extend_from_slice(&tagged("bencao/key-proof/1", &[&claim]).0);
        message
    }
}
