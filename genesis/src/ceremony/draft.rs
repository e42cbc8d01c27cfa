//! The draft that the coordinator carries around: proposed parameters, and the founders' requests.

use super::error::CeremonyError;
use super::join::Join;
use super::{VERSION, read, write};
use crate::genesis::{Genesis, ValidatorEntry};
use crate::organisation::Organisation;
use crate::params::{Limits, Params};
use crate::product::Product;
use crate::time::TimestampMs;
use bencao_crypto::x509::{Certificate, X509Error};
use serde::{Deserialize, Serialize};

/// `kind` of the file.
pub const DRAFT_KIND: &str = "bencao-genesis-draft";

/// A genesis in the making. The same parameters and requests give the same genesis, whatever the order in which they came.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    kind: String,
    version: u8,
    /// Name for people.
    pub chain_name: String,
    /// Time of genesis.
    pub time_ms: TimestampMs,
    /// Which rules execute from height 1.
    pub rule_version: u32,
    /// Pace and timeouts.
    pub params: Params,
    /// Sizes and counts.
    pub limits: Limits,
    /// Products registered from the start.
    pub products: Vec<Product>,
    /// Certificates (PEM) of the consortium's authorities.
    pub authorities: Vec<String>,
    /// Requests, ascending by organisation.
    founders: Vec<Join>,
}

/// What [`Draft::add`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// A new founder.
    New,
    /// The same request was there.
    Unchanged,
    /// An earlier request of the organisation gave way; signatures of the earlier draft no longer count.
    Replaced,
}

impl Draft {
    /// A draft without founders.
    pub fn new(chain_name: String, time_ms: TimestampMs, rule_version: u32) -> Draft {
        Draft {
            kind: DRAFT_KIND.into(),
            version: VERSION,
            chain_name,
            time_ms,
            rule_version,
            params: Params::default(),
            limits: Limits::default(),
            products: Vec::new(),
            authorities: Vec::new(),
            founders: Vec::new(),
        }
    }

    /// The draft that a sealed genesis was made from.
    pub(super) fn of(genesis: &Genesis, founders: Vec<Join>) -> Draft {
        Draft {
            params: genesis.params.clone(),
            limits: genesis.limits.clone(),
            products: genesis.products.clone(),
            authorities: genesis.authorities.clone(),
            founders,
            ..Draft::new(genesis.chain_name.clone(), genesis.time_ms, genesis.rule_version)
        }
    }

    /// The coordinator's part alone.
    pub(super) fn without_founders(&self) -> Draft {
        Draft { founders: Vec::new(), ..self.clone() }
    }

    /// Reads a file and checks every request in it. What still lacks founders passes: see [`Draft::check`].
    ///
    /// # Errors
    /// [`CeremonyError`].
    pub fn parse(text: &str) -> Result<Draft, CeremonyError> {
        let draft: Draft = read(text, super::DRAFT_KIND)?;
        draft.check_founders()?;
        Ok(draft)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        write(self)
    }

    /// The requests, ascending by organisation.
    pub fn founders(&self) -> &[Join] {
        &self.founders
    }

    /// Takes up a request.
    ///
    /// # Errors
    /// [`CeremonyError`]: the request itself, a request for another chain, or, without `replace`, another request of the same
    /// organisation. The draft is then as before.
    pub fn add(&mut self, join: Join, replace: bool) -> Result<Added, CeremonyError> {
        join.check()?;
        self.check_chain(&join)?;
        match self.founders.binary_search_by(|f| f.organisation().cmp(join.organisation())) {
            Ok(at) if self.founders[at] == join => Ok(Added::Unchanged),
            Ok(at) if replace => {
                self.founders[at] = join;
                Ok(Added::Replaced)
            }
            Ok(_) => Err(CeremonyError::AlreadyIn { organisation: join.organisation().clone() }),
            Err(at) => {
                self.founders.insert(at, join);
                Ok(Added::New)
            }
        }
    }

    /// The genesis that follows. Organisations ascend by identifier, their keys stand as in the request; validators follow
    /// their organisations.
    pub fn genesis(&self) -> Genesis {
        let validators = self.founders.iter().flat_map(|founder| {
            let organisation = founder.organisation();
            founder.body.nodes.iter().filter_map(move |node| {
                Some(ValidatorEntry {
                    name: node.name.clone(),
                    organisation: organisation.clone(),
                    validator_key: node.validator_key?,
                    node_key: node.node_key,
                    power: node.power,
                })
            })
        });
        Genesis {
            version: 1,
            chain_name: self.chain_name.clone(),
            time_ms: self.time_ms,
            rule_version: self.rule_version,
            params: self.params.clone(),
            limits: self.limits.clone(),
            organisations: self.founders.iter().map(|f| f.body.organisation.clone()).collect::<Vec<Organisation>>(),
            validators: validators.collect(),
            products: self.products.clone(),
            authorities: self.authorities.clone(),
        }
    }

    /// Checks everything, and gives the genesis.
    ///
    /// # Errors
    /// [`CeremonyError`].
    pub fn check(&self) -> Result<Genesis, CeremonyError> {
        self.check_founders()?;
        for (index, pem) in self.authorities.iter().enumerate() {
            let wrong = |source| CeremonyError::Authority { index, source };
            let certificate = Certificate::from_pem(pem).map_err(wrong)?;
            if !certificate.is_authority() {
                return Err(wrong(X509Error::NotAuthority));
            }
        }
        let genesis = self.genesis();
        genesis.check()?;
        Ok(genesis)
    }

    pub(super) fn check_founders(&self) -> Result<(), CeremonyError> {
        if self.version != VERSION {
            return Err(CeremonyError::Version(self.version));
        }
        if !self.founders.is_sorted_by(|a, b| a.organisation() < b.organisation()) {
            return Err(CeremonyError::Order);
        }
        for founder in &self.founders {
            founder.check()?;
            self.check_chain(founder)?;
        }
        Ok(())
    }

    fn check_chain(&self, join: &Join) -> Result<(), CeremonyError> {
        if join.body.chain_name == self.chain_name {
            return Ok(());
        }
        Err(CeremonyError::OtherChain {
            organisation: join.organisation().clone(),
            expected: self.chain_name.clone(),
            actual: join.body.chain_name.clone(),
        })
    }
}
