//! Founders' signatures, and the genesis that holds all of them.

use super::draft::Draft;
use super::error::CeremonyError;
use super::join::Join;
use super::{VERSION, read, write};
use crate::genesis::Genesis;
use crate::ids::{ChainId, Height, OrgId};
use crate::organisation::{KeyPurpose, Organisation};
use bencao_crypto::{KeyId, Signature};
use serde::{Deserialize, Serialize};

/// `kind` of a signature's file.
pub const SIGNATURE_KIND: &str = "bencao-genesis-signature";
/// `kind` of a sealed genesis.
pub const SEALED_KIND: &str = "bencao-genesis";

/// One founder's word: its admin key's signature over the chain id.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FounderSignature {
    kind: String,
    version: u8,
    /// What was signed.
    pub chain_id: ChainId,
    /// Who signed.
    pub organisation: OrgId,
    /// With which admin key.
    pub key_id: KeyId,
    /// Over [`FounderSignature::message`].
    pub signature: Signature,
}

/// How a founder stands to a genesis.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "standing")]
pub enum Standing {
    /// It has signed this genesis.
    Signed,
    /// No signature of it is here.
    Missing,
    /// It has signed another genesis: an earlier draft, or one that it was shown in place of this one.
    OtherGenesis {
        /// That genesis.
        chain_id: ChainId,
    },
    /// Signed with a key that is not an admin key of it.
    NotAdminKey {
        /// The key named.
        key_id: KeyId,
    },
    /// The signature does not verify.
    WrongSignature {
        /// The key named.
        key_id: KeyId,
    },
}

/// A founder and how it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FounderStanding {
    /// Who.
    pub organisation: OrgId,
    /// Its name.
    pub name: String,
    /// How it stands.
    #[serde(flatten)]
    pub standing: Standing,
}

impl FounderStanding {
    /// For people, in English.
    pub fn text_en(&self) -> String {
        let who = format!("{} {}", self.organisation, self.name);
        match self.standing {
            Standing::Signed => format!("{who} has signed"),
            Standing::Missing => format!("{who} has not signed"),
            Standing::OtherGenesis { chain_id } => format!("{who} has signed another genesis, {chain_id}"),
            Standing::NotAdminKey { key_id } => format!("{who} has signed with {key_id}, which is not its admin key"),
            Standing::WrongSignature { key_id } => format!("{who}: the signature of key {key_id} is wrong"),
        }
    }

    /// For people, in Chinese.
    pub fn text_zh(&self) -> String {
        let who = format!("{} {}", self.organisation, self.name);
        match self.standing {
            Standing::Signed => format!("{who} 已签名"),
            Standing::Missing => format!("{who} 未签名"),
            Standing::OtherGenesis { chain_id } => format!("{who} 签名的是另一份创世文件 {chain_id}"),
            Standing::NotAdminKey { key_id } => format!("{who} 使用的密钥 {key_id} 不是其 admin 密钥"),
            Standing::WrongSignature { key_id } => format!("{who}：密钥 {key_id} 的签名有误"),
        }
    }
}

impl FounderSignature {
    /// The bytes M that an admin key signs: `"bencao/genesis-sign/1" ‖ 0x00 ‖ chain id (32) ‖ key id (20)`.
    pub fn message(chain_id: ChainId, key: KeyId) -> Vec<u8> {
        [&b"bencao/genesis-sign/1\0"[..], &chain_id.0.0, &key.0].concat()
    }

    /// A signature over [`FounderSignature::message`] with its circumstances.
    pub fn new(chain_id: ChainId, organisation: OrgId, key_id: KeyId, signature: Signature) -> FounderSignature {
        FounderSignature { kind: SIGNATURE_KIND.into(), version: VERSION, chain_id, organisation, key_id, signature }
    }

    /// Reads a file. Whether the signature is right is said by `standings`.
    ///
    /// # Errors
    /// [`CeremonyError`].
    pub fn parse(text: &str) -> Result<FounderSignature, CeremonyError> {
        let signature: FounderSignature = read(text, SIGNATURE_KIND)?;
        if signature.version == VERSION { Ok(signature) } else { Err(CeremonyError::Version(signature.version)) }
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        write(self)
    }

    fn standing(&self, chain_id: ChainId, founder: &Organisation) -> Standing {
        let key_id = self.key_id;
        if self.chain_id != chain_id {
            return Standing::OtherGenesis { chain_id: self.chain_id };
        }
        match founder.key_at(key_id, KeyPurpose::Admin, Height(1)) {
            None => Standing::NotAdminKey { key_id },
            Some(key) if key.public_key.verify(&FounderSignature::message(chain_id, key_id), &self.signature) => {
                Standing::Signed
            }
            Some(_) => Standing::WrongSignature { key_id },
        }
    }
}

/// How every founder stands. Of several signatures of one founder a good one counts, else the last.
fn standings(genesis: &Genesis, signatures: &[FounderSignature]) -> Vec<FounderStanding> {
    let chain_id = genesis.chain_id();
    let standing = |founder: &Organisation| {
        let mut found = Standing::Missing;
        for signature in signatures.iter().filter(|s| s.organisation == founder.id) {
            if found != Standing::Signed {
                found = signature.standing(chain_id, founder);
            }
        }
        FounderStanding { organisation: founder.id.clone(), name: founder.name.clone(), standing: found }
    };
    genesis.organisations.iter().map(standing).collect()
}

/// A genesis that every founder has signed, with the requests that it was made from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    kind: String,
    version: u8,
    /// Of the genesis, for people who look at the file.
    pub chain_id: ChainId,
    /// What all agree on.
    pub genesis: Genesis,
    /// The requests.
    pub founders: Vec<Join>,
    /// One signature a founder.
    pub signatures: Vec<FounderSignature>,
}

impl Sealed {
    /// How every founder stands to a draft.
    ///
    /// # Errors
    /// [`CeremonyError`]: the draft is not complete, or a stranger signed.
    pub fn standings(draft: &Draft, signatures: &[FounderSignature]) -> Result<Vec<FounderStanding>, CeremonyError> {
        let genesis = draft.check()?;
        if let Some(stranger) = signatures.iter().find(|s| genesis.organisation(&s.organisation).is_none()) {
            return Err(CeremonyError::Stranger { organisation: stranger.organisation.clone() });
        }
        Ok(standings(&genesis, signatures))
    }

    /// Seals a draft, if every founder has signed it.
    ///
    /// # Errors
    /// [`CeremonyError::Unsigned`] says how those stand who have not; others as [`Sealed::standings`].
    pub fn seal(draft: &Draft, signatures: &[FounderSignature]) -> Result<Sealed, CeremonyError> {
        refuse_unsigned(Sealed::standings(draft, signatures)?)?;
        let genesis = draft.genesis();
        let chain_id = genesis.chain_id();
        let good = |founder: &Organisation| {
            let of_founder = signatures.iter().filter(|s| s.organisation == founder.id);
            of_founder.into_iter().find(|s| s.standing(chain_id, founder) == Standing::Signed).cloned()
        };
        let signatures = genesis.organisations.iter().filter_map(good).collect();
        let founders = draft.founders().to_vec();
        Ok(Sealed { kind: SEALED_KIND.into(), version: VERSION, chain_id, genesis, founders, signatures })
    }

    /// Reads a file and checks all of it again.
    ///
    /// # Errors
    /// [`CeremonyError`].
    pub fn parse(text: &str) -> Result<Sealed, CeremonyError> {
        let sealed: Sealed = read(text, SEALED_KIND)?;
        sealed.check()?;
        Ok(sealed)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        write(self)
    }

    /// The draft that it was made from.
    pub fn draft(&self) -> Draft {
        Draft::of(&self.genesis, self.founders.clone())
    }

    /// Checks requests, proofs, the genesis that follows from them, and every founder's signature.
    ///
    /// # Errors
    /// [`CeremonyError`].
    pub fn check(&self) -> Result<(), CeremonyError> {
        if self.version != VERSION {
            return Err(CeremonyError::Version(self.version));
        }
        let draft = self.draft();
        draft.check_founders()?;
        self.genesis.check()?;
        if draft.genesis() != self.genesis {
            return Err(CeremonyError::Altered);
        }
        draft.check()?;
        let expected = self.genesis.chain_id();
        if self.chain_id != expected {
            let (expected, actual) = (expected.to_string(), self.chain_id.to_string());
            return Err(CeremonyError::WrongChainId { expected, actual });
        }
        refuse_unsigned(Sealed::standings(&draft, &self.signatures)?)
    }
}

fn refuse_unsigned(standings: Vec<FounderStanding>) -> Result<(), CeremonyError> {
    let open: Vec<FounderStanding> = standings.into_iter().filter(|f| f.standing != Standing::Signed).collect();
    if open.is_empty() { Ok(()) } else { Err(CeremonyError::Unsigned(open)) }
}
