//! One organisation's request to be a founder, signed by every key in it.

use super::error::{CeremonyError, JoinFault};
use super::{VERSION, read, write};
use crate::genesis::check_organisations;
use crate::ids::{Height, OrgId};
use crate::organisation::{KeyPurpose, Organisation};
use bencao_crypto::x509::{CertificateRequest, X509Error};
use bencao_crypto::{Digest, KeyId, PublicKey, Signature, encode, tagged};
use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// `kind` of the file.
pub const JOIN_KIND: &str = "bencao-genesis-join";
/// Longest address, bytes.
const ADDRESS_BYTES_MAX: usize = 256;
/// Most voting power of one validator.
const POWER_MAX: u64 = 1_000_000_000;

/// A node that a founder will run.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeRequest {
    /// Short name for people, unique on the chain.
    pub name: String,
    /// Key that votes; absent for observers and followers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator_key: Option<PublicKey>,
    /// Key of its TLS identity and batches.
    pub node_key: PublicKey,
    /// Voting power asked for; 0 without a vote.
    pub power: u64,
    /// Where the others reach it, `host:port`; empty if that is told in another way. Not part of the chain id.
    #[serde(default)]
    pub address: String,
    /// PKCS#10 request (PEM) for the node key's certificate; empty if an outside authority issues it.
    #[serde(default)]
    pub certificate_request: String,
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinBody {
    /// Format: 1.
    pub version: u8,
    /// The chain to found: a request for one is none for another.
    pub chain_name: String,
    /// The organisation with all its founding keys.
    pub organisation: Organisation,
    /// The nodes that it will run.
    pub nodes: Vec<NodeRequest>,
}

/// A key's signature over the request it is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyProof {
    /// Which key.
    pub key_id: KeyId,
    /// Over [`JoinBody::proof_message`].
    pub signature: Signature,
}

/// A request with the proof of every key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    kind: String,
    /// What is asked for.
    pub body: JoinBody,
    /// One proof a key, in the order of the organisation's keys.
    pub proofs: Vec<KeyProof>,
}

impl JoinBody {
    /// `tagged("bencao/genesis-join/1", canonical bytes)`: names the request.
    pub fn id(&self) -> Digest {
        tagged("bencao/genesis-join/1", &[&encode(self)])
    }

    /// The bytes M that key `key` signs: `"bencao/genesis-join-sign/1" ‖ 0x00 ‖ request id (32) ‖ key id (20)`.
    pub fn proof_message(&self, key: KeyId) -> Vec<u8> {
        [&b"bencao/genesis-join-sign/1\0"[..], &self.id().0, &key.0].concat()
    }

    /// The request with proofs that `sign` makes, called once for each key. `None` if it has none for a key.
    pub fn prove(self, mut sign: impl FnMut(&PublicKey, &[u8]) -> Option<Signature>) -> Option<Join> {
        let prove = |key: &crate::organisation::KeyEntry| {
            let signature = sign(&key.public_key, &self.proof_message(key.id()))?;
            Some(KeyProof { key_id: key.id(), signature })
        };
        let proofs = self.organisation.keys.iter().map(prove).collect::<Option<_>>()?;
        Some(Join { kind: JOIN_KIND.into(), body: self, proofs })
    }
}

impl Join {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`CeremonyError`].
    pub fn parse(text: &str) -> Result<Join, CeremonyError> {
        let join: Join = read(text, JOIN_KIND)?;
        join.check()?;
        Ok(join)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        write(self)
    }

    /// Who asks.
    pub fn organisation(&self) -> &OrgId {
        &self.body.organisation.id
    }

    /// Checks form, nodes and proofs: everything that needs no other request.
    ///
    /// # Errors
    /// [`CeremonyError`].
    pub fn check(&self) -> Result<(), CeremonyError> {
        if self.kind != JOIN_KIND {
            return Err(CeremonyError::OtherFile { expected: JOIN_KIND, actual: self.kind.chars().take(64).collect() });
        }
        if self.body.version != VERSION {
            return Err(CeremonyError::Version(self.body.version));
        }
        let fault = |fault| CeremonyError::Join { organisation: self.organisation().clone(), fault };
        self.check_organisation().and_then(|()| self.check_nodes()).and_then(|()| self.check_proofs()).map_err(fault)
    }

    fn check_organisation(&self) -> Result<(), JoinFault> {
        let organisation = &self.body.organisation;
        check_organisations(std::slice::from_ref(organisation)).map_err(|e| JoinFault::Organisation(Box::new(e)))?;
        if let Some(key) = organisation.keys.iter().find(|k| k.valid_from != Height::GENESIS || k.valid_to.is_some()) {
            return Err(JoinFault::KeyHeights(key.id()));
        }
        let has_admin = organisation.keys.iter().any(|k| k.purpose == KeyPurpose::Admin);
        if has_admin { Ok(()) } else { Err(JoinFault::NoAdminKey) }
    }

    fn check_nodes(&self) -> Result<(), JoinFault> {
        let organisation = &self.body.organisation;
        let (mut names, mut owned) = (BTreeSet::new(), BTreeSet::new());
        for node in &self.body.nodes {
            let printable = !node.name.chars().any(char::is_control);
            if !printable || !(1..=64).contains(&node.name.chars().count()) || !names.insert(&node.name) {
                return Err(JoinFault::NodeName(node.name.chars().take(64).collect()));
            }
            if !node.address.is_empty() && !is_address(&node.address) {
                let actual = node.address.chars().take(ADDRESS_BYTES_MAX).collect();
                return Err(JoinFault::Address { node: node.name.clone(), actual });
            }
            let votes = node.validator_key.is_some();
            if votes != (node.power > 0) || node.power > POWER_MAX {
                return Err(JoinFault::Power(node.name.clone()));
            }
            let keys = [(Some(node.node_key), KeyPurpose::Node), (node.validator_key, KeyPurpose::Validator)];
            for (key, purpose) in keys.into_iter().filter_map(|(key, purpose)| Some((key?, purpose))) {
                if organisation.key_at(key.id(), purpose, Height(1)).is_none() {
                    let purpose = if purpose == KeyPurpose::Node { "node" } else { "validator" };
                    return Err(JoinFault::NodeKey { node: node.name.clone(), key: key.id(), purpose });
                }
                if !owned.insert(key.id()) {
                    return Err(JoinFault::Owner(key.id()));
                }
            }
            check_request(node)?;
        }
        let of_a_node = |purpose| matches!(purpose, KeyPurpose::Node | KeyPurpose::Validator);
        let orphan = organisation.keys.iter().find(|k| of_a_node(k.purpose) && !owned.contains(&k.id()));
        orphan.map_or(Ok(()), |key| Err(JoinFault::Owner(key.id())))
    }

    fn check_proofs(&self) -> Result<(), JoinFault> {
        let mut proofs: BTreeMap<KeyId, Signature> = BTreeMap::new();
        for proof in &self.proofs {
            if proofs.insert(proof.key_id, proof.signature).is_some() {
                return Err(JoinFault::StrayProof(proof.key_id));
            }
        }
        for key in &self.body.organisation.keys {
            let signature = proofs.remove(&key.id()).ok_or(JoinFault::NoProof(key.id()))?;
            if !key.public_key.verify(&self.body.proof_message(key.id()), &signature) {
                return Err(JoinFault::WrongProof(key.id()));
            }
        }
        proofs.keys().next().map_or(Ok(()), |stray| Err(JoinFault::StrayProof(*stray)))
    }
}

fn check_request(node: &NodeRequest) -> Result<(), JoinFault> {
    if node.certificate_request.is_empty() {
        return Ok(());
    }
    let wrong = |source| JoinFault::Request { node: node.name.clone(), source };
    let request = CertificateRequest::from_pem(&node.certificate_request).map_err(wrong)?;
    if *request.key() == node.node_key { Ok(()) } else { Err(wrong(X509Error::OtherKey)) }
}

fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let plain = text.len() <= ADDRESS_BYTES_MAX && text.bytes().all(|b| b.is_ascii_graphic());
    plain && !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
}
