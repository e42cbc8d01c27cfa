//! `genesis.json`: parse, check, canonical hash.

use crate::ceremony::{self, CeremonyError, Sealed};
use crate::ids::{ChainId, Height, OrgId};
use crate::organisation::{KeyPurpose, Organisation};
use crate::params::{Limits, Params};
use crate::product::Product;
use crate::time::TimestampMs;
use bencao_crypto::{KeyId, PublicKey, codec::WIRE_BYTES_MAX, encode, tagged};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Largest `genesis.json`, bytes.
pub const GENESIS_BYTES_MAX: usize = 16 << 20;
/// Most validators; consensus cost grows with the square (design §1).
pub const VALIDATORS_MAX: usize = 200;
/// The rule version this build executes.
pub const RULE_VERSION: u32 = 1;

/// A founding validator.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorEntry {
    /// Short name for people, unique.
    pub name: String,
    /// Member that runs it.
    pub organisation: OrgId,
    /// Key that votes; listed under the organisation with purpose `validator`.
    pub validator_key: PublicKey,
    /// Key of its TLS identity and batches; listed with purpose `node`.
    pub node_key: PublicKey,
    /// Voting power.
    pub power: u64,
}

/// Everything agreed on before block 1.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Format of this file: 1.
    pub version: u8,
    /// Name for people.
    pub chain_name: String,
    /// Time of genesis; block 1 is later.
    pub time_ms: TimestampMs,
    /// Which rules execute from height 1.
    pub rule_version: u32,
    /// Pace and timeouts.
    #[serde(default)]
    pub params: Params,
    /// Sizes and counts.
    #[serde(default)]
    pub limits: Limits,
    /// Members.
    pub organisations: Vec<Organisation>,
    /// Founding validators.
    pub validators: Vec<ValidatorEntry>,
    /// Products registered from the start.
    #[serde(default)]
    pub products: Vec<Product>,
    /// Certificates (PEM) of the consortium's certificate authorities: how keys travel, not who is a member.
    #[serde(default)]
    pub authorities: Vec<String>,
}

/// What is wrong with a genesis file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// Longer than [`GENESIS_BYTES_MAX`].
    #[error("genesis file is larger than {GENESIS_BYTES_MAX} bytes")]
    TooLarge,
    /// Not JSON of the documented shape.
    #[error("line {line}, column {column}: {reason}")]
    Json {
        /// Line from 1.
        line: usize,
        /// Column from 1.
        column: usize,
        /// What the parser expected.
        reason: String,
    },
    /// A format version this build does not read.
    #[error("genesis version {0} is not supported")]
    Version(u8),
    /// A rule version this build does not execute.
    #[error("rule version {0} is not supported; this build executes {RULE_VERSION}")]
    RuleVersion(u32),
    /// A field outside its allowed values.
    #[error("{field}: {expected}")]
    Field {
        /// Path of the field.
        field: String,
        /// What would be right.
        expected: &'static str,
    },
    /// The same thing twice.
    #[error("{field} is listed twice: {value}")]
    Repeated {
        /// Path of the field.
        field: &'static str,
        /// The value found twice.
        value: String,
    },
    /// A file of a ceremony that is no genesis: a draft, a request to join, a signature.
    #[error("this is a {kind} file, not a genesis")]
    OtherFile {
        /// What it says it is.
        kind: String,
    },
    /// A sealed genesis that does not hold what it promises.
    #[error("sealed genesis: {0}")]
    Ceremony(Box<CeremonyError>),
    /// A reference to something that is not in the file.
    #[error("{field} names {value}, which is not in the file")]
    Unknown {
        /// Path of the field.
        field: String,
        /// The missing thing.
        value: String,
    },
}

fn field(field: impl Into<String>, expected: &'static str) -> GenesisError {
    GenesisError::Field { field: field.into(), expected }
}

impl Genesis {
    /// Parses and checks JSON text: a plain genesis, or one that a ceremony sealed, whose founders' signatures are then
    /// checked, too.
    ///
    /// # Errors
    /// [`GenesisError`], naming the place.
    pub fn parse(text: &str) -> Result<Genesis, GenesisError> {
        if text.len() > GENESIS_BYTES_MAX {
            return Err(GenesisError::TooLarge);
        }
        let at =
            |e: serde_json::Error| GenesisError::Json { line: e.line(), column: e.column(), reason: e.to_string() };
        match ceremony::kind_of(text).as_deref() {
            None => {
                let genesis: Genesis = serde_json::from_str(text).map_err(at)?;
                genesis.check()?;
                Ok(genesis)
            }
            Some(ceremony::SEALED_KIND) => {
                let sealed = Sealed::parse(text).map_err(|error| match error {
                    CeremonyError::Genesis(error) => error,
                    other => GenesisError::Ceremony(Box::new(other)),
                })?;
                Ok(sealed.genesis)
            }
            Some(other) => Err(GenesisError::OtherFile { kind: other.chars().take(64).collect() }),
        }
    }

    /// Human-readable JSON, ending in a newline. Layout does not matter to the chain id.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("plain data serialises");
        text.push('\n');
        text
    }

    /// `SM3("bencao/genesis/1" ‖ 0x00 ‖ canonical bytes)`.
    pub fn chain_id(&self) -> ChainId {
        ChainId(tagged("bencao/genesis/1", &[&encode(self)]))
    }

    /// The organisation with this identifier.
    pub fn organisation(&self, id: &OrgId) -> Option<&Organisation> {
        self.organisations.iter().find(|o| o.id == *id)
    }

    /// Checks everything that can be checked without executing rules.
    ///
    /// # Errors
    /// [`GenesisError`].
    pub fn check(&self) -> Result<(), GenesisError> {
        if self.version != 1 {
            return Err(GenesisError::Version(self.version));
        }
        if self.rule_version != RULE_VERSION {
            return Err(GenesisError::RuleVersion(self.rule_version));
        }
        if !(1..=64).contains(&self.chain_name.chars().count()) || self.chain_name.chars().any(char::is_control) {
            return Err(field("chain_name", "1 to 64 printable characters"));
        }
        self.check_params()?;
        self.check_limits()?;
        check_organisations(&self.organisations)?;
        self.check_validators()?;
        self.check_products()
    }

    fn check_params(&self) -> Result<(), GenesisError> {
        let p = &self.params;
        let ranges: [(&str, u64, std::ops::RangeInclusive<u64>); 7] = [
            ("params.block_interval_ms", p.block_interval_ms, 10..=60_000),
            ("params.heartbeat_ms", p.heartbeat_ms, 1_000..=3_600_000),
            ("params.propose_timeout_ms", p.propose_timeout_ms, 50..=60_000),
            ("params.vote_timeout_ms", p.vote_timeout_ms, 10..=60_000),
            ("params.timeout_step_ms", p.timeout_step_ms, 1..=60_000),
            ("params.clock_ahead_ms", p.clock_ahead_ms, 100..=3_600_000),
            ("params.valid_until_ahead_ms", p.valid_until_ahead_ms, 60_000..=72 * 3_600_000),
        ];
        ranges
            .into_iter()
            .find(|(_, value, range)| !range.contains(value))
            .map_or(Ok(()), |(name, _, _)| Err(field(name, "a number of milliseconds within the documented range")))
    }

    fn check_limits(&self) -> Result<(), GenesisError> {
        let l = &self.limits;
        let checks = [
            (l.transaction_bytes_max >= 1024, "limits.transaction_bytes_max", "at least 1024"),
            (l.codes_per_bill_max >= 1, "limits.codes_per_bill_max", "at least 1"),
            (l.codes_per_bill_max <= 10_000, "limits.codes_per_bill_max", "at most 10000 (domain §3.1)"),
            (l.writes_per_transaction_max >= 16, "limits.writes_per_transaction_max", "at least 16"),
            (l.batch_bytes_max > l.transaction_bytes_max, "limits.batch_bytes_max", "more than one transaction"),
            (l.batch_transactions_max >= 1, "limits.batch_transactions_max", "at least 1"),
            (l.block_batches_max >= 1, "limits.block_batches_max", "at least 1"),
            (l.block_bytes_max >= l.batch_bytes_max, "limits.block_bytes_max", "at least one batch"),
            (l.block_bytes_max as usize <= WIRE_BYTES_MAX / 4, "limits.block_bytes_max", "at most 16 MiB"),
            (
                l.block_writes_max >= l.writes_per_transaction_max,
                "limits.block_writes_max",
                "at least one transaction's writes",
            ),
            (
                l.unordered_bytes_per_author_max >= l.batch_bytes_max,
                "limits.unordered_bytes_per_author_max",
                "at least one batch",
            ),
        ];
        checks.into_iter().find(|(ok, _, _)| !ok).map_or(Ok(()), |(_, name, expected)| Err(field(name, expected)))
    }

    fn check_validators(&self) -> Result<(), GenesisError> {
        if !(1..=VALIDATORS_MAX).contains(&self.validators.len()) {
            return Err(field("validators", "1 to 200 validators"));
        }
        let mut names = BTreeSet::new();
        let mut ids: BTreeSet<KeyId> = BTreeSet::new();
        for v in &self.validators {
            let at = |name: &str| format!("validators[{}].{name}", v.name);
            if !names.insert(&v.name) || !ids.insert(v.validator_key.id()) || !ids.insert(v.node_key.id()) {
                return Err(GenesisError::Repeated { field: "validators", value: v.name.clone() });
            }
            if !(1..=1_000_000_000).contains(&v.power) {
                return Err(field(at("power"), "1 to 1000000000"));
            }
            let org = self.organisation(&v.organisation).ok_or_else(|| GenesisError::Unknown {
                field: at("organisation"),
                value: v.organisation.to_string(),
            })?;
            for (key, purpose) in [(v.validator_key, KeyPurpose::Validator), (v.node_key, KeyPurpose::Node)] {
                if org.key_at(key.id(), purpose, Height(1)).is_none() {
                    return Err(GenesisError::Unknown { field: at("key"), value: key.to_string() });
                }
            }
        }
        Ok(())
    }

    fn check_products(&self) -> Result<(), GenesisError> {
        let mut ids = BTreeSet::new();
        let mut prefixes = BTreeSet::new();
        for p in &self.products {
            let at = |name: &str| format!("products[{}].{name}", p.id.0);
            if !ids.insert(&p.id) {
                return Err(GenesisError::Repeated { field: "products.id", value: p.id.0.clone() });
            }
            for (name, id) in [("holder", &p.holder), ("producer", &p.producer)] {
                if self.organisation(id).is_none() {
                    return Err(GenesisError::Unknown { field: at(name), value: id.to_string() });
                }
            }
            for package in &p.packages {
                if !prefixes.insert(&package.prefix) {
                    return Err(GenesisError::Repeated {
                        field: "products.packages.prefix",
                        value: package.prefix.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// Checks organisations by themselves: names, roles, licences, keys.
pub(crate) fn check_organisations(organisations: &[Organisation]) -> Result<(), GenesisError> {
    let mut ids = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for org in organisations {
        let at = |name: &str| format!("organisations[{}].{name}", org.id);
        if !ids.insert(&org.id) {
            return Err(GenesisError::Repeated { field: "organisations.id", value: org.id.to_string() });
        }
        if !(1..=128).contains(&org.name.chars().count()) {
            return Err(field(at("name"), "1 to 128 characters"));
        }
        if org.roles.is_empty() || !org.roles.is_sorted_by(|a, b| a < b) {
            return Err(field(at("roles"), "at least one role, in the documented order, without repeats"));
        }
        for licence in &org.licences {
            if !licence.is_well_formed() {
                let expected = "a number, scope and class letters in order without repeats, valid_from ≤ valid_to";
                return Err(field(at("licences"), expected));
            }
        }
        for key in &org.keys {
            if key.valid_from != Height::GENESIS && key.valid_to.is_some_and(|end| end <= key.valid_from) {
                return Err(field(at("keys"), "valid_from < valid_to"));
            }
            // One key, one purpose, one owner: a signature must never mean two things.
            if !keys.insert(key.public_key) {
                return Err(GenesisError::Repeated { field: "keys.public_key", value: key.public_key.to_string() });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "genesis_tests.rs"]
mod tests;
