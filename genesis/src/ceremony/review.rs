//! A draft as a list of facts that people read and compare.
//!
//! One fact is a path and a value. Paths do not depend on the order in which requests came, so that two drafts are compared fact by
//! fact. Keys are shown by their ids, requests and authorities by what identifies them.

use super::draft::Draft;
use super::fingerprint::Fingerprint;
use super::join::Join;
use crate::organisation::{KeyPurpose, Role};
use bencao_crypto::x509::Certificate;
use serde_json::Value;
use std::collections::BTreeMap;

/// One line of a review.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// `organisations[91…].keys.admin[0]`
    pub path: String,
    /// As text.
    pub value: String,
}

/// A difference between two reviews.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Where.
    pub path: String,
    /// Absent if the fact is new.
    pub before: Option<String>,
    /// Absent if the fact is gone.
    pub after: Option<String>,
}

/// What a founder should notice before signing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remark {
    /// Fewer than four validators: the loss of one stops the chain.
    FewValidators {
        /// How many there are.
        validators: usize,
    },
    /// One organisation can stop the chain alone.
    Concentration {
        /// Which.
        organisation: String,
        /// Its power.
        power: u64,
        /// All power.
        total: u64,
    },
    /// No regulator is among the founders.
    NoRegulator,
    /// No authority: nobody can issue certificates that all nodes accept.
    NoAuthority,
    /// An organisation without a node of its own.
    NoNode {
        /// Which.
        organisation: String,
    },
    /// A parameter or limit is not the default.
    Unusual {
        /// Which.
        path: String,
        /// Its value.
        value: String,
        /// What it would be.
        default: String,
    },
}

impl Remark {
    /// Stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Remark::FewValidators { .. } => "few_validators",
            Remark::Concentration { .. } => "concentration",
            Remark::NoRegulator => "no_regulator",
            Remark::NoAuthority => "no_authority",
            Remark::NoNode { .. } => "no_node",
            Remark::Unusual { .. } => "unusual",
        }
    }

    /// For people, in English.
    pub fn text_en(&self) -> String {
        match self {
            Remark::FewValidators { validators } => {
                format!("only {validators} validators: the loss of one stops the chain; four bear the loss of one")
            }
            Remark::Concentration { organisation, power, total } => {
                format!(
                    "{organisation} holds {power} of {total} voting power: a third or more can stop the chain alone"
                )
            }
            Remark::NoRegulator => "no regulator is among the founders".into(),
            Remark::NoAuthority => "no certificate authority is listed".into(),
            Remark::NoNode { organisation } => format!("{organisation} has no node of its own"),
            Remark::Unusual { path, value, default } => format!("{path} is {value}, not the default {default}"),
        }
    }

    /// For people, in Chinese.
    pub fn text_zh(&self) -> String {
        match self {
            Remark::FewValidators { validators } => {
                format!("仅有 {validators} 个验证节点：失去一个即停链；四个可承受失去一个")
            }
            Remark::Concentration { organisation, power, total } => {
                format!("{organisation} 持有投票权 {power}/{total}：达到三分之一即可单独使链停止")
            }
            Remark::NoRegulator => "创始成员中没有监管部门".into(),
            Remark::NoAuthority => "没有列出证书机构".into(),
            Remark::NoNode { organisation } => format!("{organisation} 没有自己的节点"),
            Remark::Unusual { path, value, default } => format!("{path} 为 {value}，不是默认值 {default}"),
        }
    }
}

/// All facts of a draft, in the order in which people want to read them.
pub fn review(draft: &Draft) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut say = |path: String, value: String| facts.push(Fact { path, value });
    say("chain_name".into(), draft.chain_name.clone());
    say("time".into(), draft.time_ms.to_string());
    say("rule_version".into(), draft.rule_version.to_string());
    for founder in draft.founders() {
        founder_facts(founder, &mut say);
    }
    for (index, pem) in draft.authorities.iter().enumerate() {
        authority_facts(index, pem, &mut say);
    }
    flatten("params", &value_of(&draft.params), &mut say);
    flatten("limits", &value_of(&draft.limits), &mut say);
    for product in &draft.products {
        flatten(&format!("products[{}]", product.id.0), &value_of(product), &mut say);
    }
    facts
}

fn founder_facts(founder: &Join, say: &mut impl FnMut(String, String)) {
    let organisation = &founder.body.organisation;
    let at = |name: &str| format!("organisations[{}].{name}", organisation.id);
    say(at("name"), organisation.name.clone());
    say(at("roles"), organisation.roles.iter().map(|r| plain(&value_of(r))).collect::<Vec<_>>().join(", "));
    say(at("jurisdiction"), organisation.jurisdiction.to_string());
    for (index, licence) in organisation.licences.iter().enumerate() {
        flatten(&at(&format!("licences[{index}]")), &value_of(licence), say);
    }
    let mut counts: BTreeMap<KeyPurpose, usize> = BTreeMap::new();
    for key in &organisation.keys {
        let index = counts.entry(key.purpose).or_default();
        say(at(&format!("keys.{}[{index}]", plain(&value_of(&key.purpose)))), key.id().to_string());
        *index += 1;
    }
    for node in &founder.body.nodes {
        let of_node = |name: &str| at(&format!("nodes[{}].{name}", node.name));
        if let Some(validator) = node.validator_key {
            say(of_node("validator_key"), validator.id().to_string());
            say(of_node("power"), node.power.to_string());
        }
        say(of_node("node_key"), node.node_key.id().to_string());
        if !node.address.is_empty() {
            say(of_node("address"), node.address.clone());
        }
    }
    say(at("request"), Fingerprint::of(&founder.body.id()).to_string());
}

fn authority_facts(index: usize, pem: &str, say: &mut impl FnMut(String, String)) {
    let at = |name: &str| format!("authorities[{index}].{name}");
    match Certificate::from_pem(pem) {
        Ok(certificate) => {
            let seconds = |s: u64| crate::TimestampMs(s.saturating_mul(1000)).to_string();
            say(at("name"), format!("{} ({})", certificate.common_name(), certificate.organisation()));
            say(at("key"), certificate.key().id().to_string());
            say(at("valid_from"), seconds(certificate.validity().not_before_s));
            say(at("valid_to"), seconds(certificate.validity().not_after_s));
        }
        Err(error) => say(at("error"), error.to_string()),
    }
}

fn value_of<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("plain data serialises")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Every leaf of a JSON value under its path; lists of plain values are one leaf.
fn flatten(path: &str, value: &Value, say: &mut impl FnMut(String, String)) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, v)| flatten(&format!("{path}.{name}"), v, say)),
        Value::Array(items) if items.iter().any(|v| v.is_object() || v.is_array()) => {
            items.iter().enumerate().for_each(|(i, v)| flatten(&format!("{path}[{i}]"), v, say));
        }
        Value::Array(items) => say(path.into(), items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        leaf => say(path.into(), plain(leaf)),
    }
}

/// What changed from one review to another, by path, in the order of the newer one; what is gone comes last.
pub fn compare(before: &[Fact], after: &[Fact]) -> Vec<Change> {
    let map = |facts: &[Fact]| facts.iter().map(|f| (f.path.clone(), f.value.clone())).collect::<BTreeMap<_, _>>();
    let (old, new) = (map(before), map(after));
    let mut changes = Vec::new();
    for fact in after {
        let known = old.get(&fact.path);
        if known != Some(&fact.value) {
            let (path, after) = (fact.path.clone(), Some(fact.value.clone()));
            changes.push(Change { path, before: known.cloned(), after });
        }
    }
    for fact in before.iter().filter(|f| !new.contains_key(&f.path)) {
        changes.push(Change { path: fact.path.clone(), before: Some(fact.value.clone()), after: None });
    }
    changes
}

/// What a founder should notice. None of it is an error.
pub fn remarks(draft: &Draft) -> Vec<Remark> {
    let genesis = draft.genesis();
    let mut remarks = Vec::new();
    if genesis.validators.len() < 4 {
        remarks.push(Remark::FewValidators { validators: genesis.validators.len() });
    }
    let mut power: BTreeMap<String, u64> = BTreeMap::new();
    for v in &genesis.validators {
        let sum = power.entry(v.organisation.to_string()).or_default();
        *sum = sum.saturating_add(v.power);
    }
    let total = power.values().fold(0u64, |sum, p| sum.saturating_add(*p));
    for (organisation, power) in power {
        if u128::from(power) * 3 >= u128::from(total) {
            remarks.push(Remark::Concentration { organisation, power, total });
        }
    }
    let is_regulator =
        |role: &Role| matches!(role, Role::DrugRegulator | Role::HealthAuthority | Role::MarketRegulator);
    if !genesis.organisations.iter().any(|o| o.roles.iter().any(is_regulator)) {
        remarks.push(Remark::NoRegulator);
    }
    if draft.authorities.is_empty() {
        remarks.push(Remark::NoAuthority);
    }
    for founder in draft.founders().iter().filter(|f| f.body.nodes.is_empty()) {
        remarks.push(Remark::NoNode { organisation: founder.organisation().to_string() });
    }
    let default = Draft::new(draft.chain_name.clone(), draft.time_ms, draft.rule_version);
    let agreed = |facts: Vec<Fact>| -> Vec<Fact> {
        facts.into_iter().filter(|f| f.path.starts_with("params") || f.path.starts_with("limits")).collect()
    };
    for change in compare(&agreed(review(&default)), &agreed(review(&draft.without_founders()))) {
        remarks.push(Remark::Unusual {
            path: change.path,
            value: change.after.unwrap_or_default(),
            default: change.before.unwrap_or_default(),
        });
    }
    remarks
}
