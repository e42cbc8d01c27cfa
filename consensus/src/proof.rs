//! Proofs that outlive the network: from genesis to records of the state, with nothing but a file and a genesis (D23).
//!
//! A proof leads, link by link, from an *anchor* that the reader trusts to values in the authenticated map:
//!
//! 1. **anchor** – the genesis that the reader holds (its hash is the chain id) names the first validators;
//! 2. **validator sets** – for each change of the set since then, a header that announces the next set, with its certificate;
//! 3. **header** – the header of height h+1, which carries the results of executing h;
//! 4. **certificate** – valid precommits of that header by members of the set, a quorum of the power;
//! 5. **state paths** – for each map key, a path to the state root of that header.
//!
//! What the values mean is for chaincode, which also judges the opaque payload (events of a unit, and so on).
//!
//! A proof shows what *was*, at its height; a reader who wants to know what *is* asks again. It cannot show by itself that no
//! later validator set exists: validators that left long ago and kept their keys could sign another continuation, which is
//! why height and time are part of what is reported.
//!
//! File: the line `bencao-proof/1` with its line feed, then the canonical bytes. A file that is not exactly the encoding of what
//! it decodes to is refused.

use crate::block::Header;
use crate::certificate::{CertificateError, CommitCertificate};
use crate::validators::ValidatorSet;
use bencao_crypto::sparse::SparseProof;
use bencao_crypto::{CodecError, Digest, KeyId, KnownKeys, codec};
use bencao_genesis::{ChainId, Genesis, Height, TimestampMs};
use bincode::{Decode, Encode};
use std::collections::BTreeMap;
use std::fmt;

/// First line of a proof file.
pub const MAGIC: &[u8] = b"bencao-proof/1\n";

/// Largest proof file, bytes.
pub const PROOF_BYTES_MAX: usize = 16 << 20;

/// Format of [`AnchoredProof`].
const VERSION: u8 = 1;

/// Format of headers that this build reads.
const HEADER_VERSION: u8 = 1;

/// Where the reader's trust starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Anchor {
    /// The genesis with this hash.
    Genesis(ChainId),
}

/// The last header decided by one validator set, which announces the next.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SetChange {
    /// Its `next_validators_hash` is the hash of `next`.
    pub header: Header,
    /// Why it is decided.
    pub certificate: CommitCertificate,
    /// The validators from the next height on.
    pub next: ValidatorSet,
}

/// What the map holds under one key.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MapEntry {
    /// Key in the authenticated map.
    pub key: [u8; 32],
    /// Its value; `None` proves that there is none.
    pub value: Option<Vec<u8>>,
    /// Path to the root.
    pub path: SparseProof,
}

/// A proof from an anchor to entries of the state at one height.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AnchoredProof {
    /// Format: 1.
    pub version: u8,
    /// Where trust starts.
    pub anchor: Anchor,
    /// Changes of the validator set from the anchor on, ascending by height.
    pub changes: Vec<SetChange>,
    /// Header of height h+1.
    pub header: Header,
    /// Why that header is decided.
    pub certificate: CommitCertificate,
    /// Ascending by key, without repeats.
    pub entries: Vec<MapEntry>,
    /// For chaincode; not judged here.
    pub payload: Vec<u8>,
}

/// One thing that was verified, for people and programs to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Check {
    /// The proof starts from the reader's genesis.
    Anchor {
        /// Its hash.
        chain: ChainId,
    },
    /// Every change of the validator set is certified by the set before it.
    ValidatorSet {
        /// Number of changes.
        changes: usize,
        /// Size of the last set.
        validators: usize,
    },
    /// The header belongs to this chain and names that set.
    Header {
        /// Its height.
        height: Height,
        /// Its block time.
        time: TimestampMs,
    },
    /// Every signature of the header's certificate verifies.
    Certificate {
        /// Number of signatures.
        signatures: usize,
    },
    /// They hold a quorum.
    Quorum {
        /// Power that signed.
        power: u128,
        /// Power of the set.
        total: u128,
    },
    /// Every entry leads to the header's state root.
    StatePath {
        /// Entries with a value.
        present: usize,
        /// Keys proven to have none.
        absent: usize,
    },
}

/// Why a proof proves nothing: the first check that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The first line is not that of a proof file.
    #[error("not a proof file")]
    Magic,
    /// Not the canonical bytes of a proof.
    #[error("damaged or not in canonical form")]
    Form(#[from] CodecError),
    /// Another format version.
    #[error("proof version {0} is not supported")]
    Version(u8),
    /// The proof starts from another genesis.
    #[error("proof of chain {actual}, but this genesis is chain {expected}")]
    Anchor {
        /// The reader's chain.
        expected: ChainId,
        /// The proof's.
        actual: ChainId,
    },
    /// A header names another validator set than the one proven for its height, or announces another than the one shown.
    #[error("header {0} does not fit the validator set")]
    ValidatorSet(Height),
    /// A header of another chain or format, out of order, or not the one that its certificate names.
    #[error("header {height}: {fault}")]
    Header {
        /// Height it claims.
        height: Height,
        /// What is wrong.
        fault: HeaderFault,
    },
    /// A signature that does not verify, or is not that of a member.
    #[error("certificate of header {height}")]
    Certificate {
        /// Height it claims.
        height: Height,
        /// What is wrong.
        source: CertificateError,
    },
    /// Valid signatures, but too few.
    #[error("certificate of header {height}: {actual} of {total} power is not a quorum")]
    Quorum {
        /// Height it claims.
        height: Height,
        /// Power that signed.
        actual: u128,
        /// Power of the set.
        total: u128,
    },
    /// Entries are not strictly ascending by key.
    #[error("entries are out of order or repeated")]
    EntryOrder,
    /// An entry does not lead to the state root.
    #[error("state path of entry {index} does not lead to the state root")]
    StatePath {
        /// Position of the entry, from 0.
        index: usize,
    },
}

/// What is wrong with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// A format that this build does not read.
    #[error("unknown version")]
    Version,
    /// Of another chain.
    #[error("of another chain")]
    Chain,
    /// Not later, in height or time, than the link before it.
    #[error("not later than what it follows")]
    Order,
    /// The certificate is of another block or height.
    #[error("not the block of its certificate")]
    Certificate,
}

/// What a proof proves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified<'a> {
    /// The chain.
    pub chain: ChainId,
    /// Height whose results are proven: one less than that of the header.
    pub height: Height,
    /// Block time of the header that certifies them.
    pub time: TimestampMs,
    /// Rules in force at the header.
    pub rule_version: u32,
    /// Root of the map after `height`.
    pub state_root: Digest,
    /// Map key to value, `None` where absence is proven.
    pub entries: BTreeMap<[u8; 32], Option<Vec<u8>>>,
    /// Validators that signed the header, ascending.
    pub signers: Vec<KeyId>,
    /// For chaincode; not judged here.
    pub payload: &'a [u8],
    /// What was checked, in order.
    pub checks: Vec<Check>,
}

impl AnchoredProof {
    /// A proof of this build's format.
    pub fn new(
        anchor: Anchor,
        changes: Vec<SetChange>,
        (header, certificate): (Header, CommitCertificate),
        mut entries: Vec<MapEntry>,
        payload: Vec<u8>,
    ) -> AnchoredProof {
        entries.sort_by_key(|e| e.key);
        AnchoredProof { version: VERSION, anchor, changes, header, certificate, entries, payload }
    }

    /// Contents of a proof file.
    pub fn to_file(&self) -> Vec<u8> {
        [MAGIC, &codec::encode(self)].concat()
    }

    /// Reads the contents of a proof file. Nothing is verified yet.
    ///
    /// # Errors
    /// [`ProofError::Magic`], [`ProofError::Version`] or [`ProofError::Form`].
    pub fn from_file(bytes: &[u8]) -> Result<AnchoredProof, ProofError> {
        let body = bytes.strip_prefix(MAGIC).ok_or(ProofError::Magic)?;
        match body.first() {
            Some(&VERSION) | None => Ok(codec::decode(body, PROOF_BYTES_MAX)?),
            Some(&other) => Err(ProofError::Version(other)),
        }
    }

    /// Checks every link from `genesis` to the entries.
    ///
    /// # Errors
    /// [`ProofError`]: the first check that fails.
    pub fn verify(&self, genesis: &Genesis, keys: &dyn KnownKeys) -> Result<Verified<'_>, ProofError> {
        let chain = genesis.chain_id();
        self.check_anchor(chain)?;
        let mut walk = Walk {
            chain,
            keys,
            set: ValidatorSet::from_genesis(genesis),
            height: Height::GENESIS,
            time: genesis.time_ms,
        };
        for change in &self.changes {
            walk.follow(&change.header, &change.certificate)?;
            walk.change(&change.header, &change.next)?;
        }
        let power = walk.follow(&self.header, &self.certificate)?;
        let entries = self.check_entries()?;
        let present = entries.values().flatten().count();
        let checks = vec![
            Check::Anchor { chain },
            Check::ValidatorSet { changes: self.changes.len(), validators: walk.set.members().len() },
            Check::Header { height: self.header.height, time: self.header.time },
            Check::Certificate { signatures: self.certificate.signatures.len() },
            Check::Quorum { power, total: walk.set.total_power() },
            Check::StatePath { present, absent: entries.len() - present },
        ];
        Ok(Verified {
            chain,
            height: self.header.height.previous().expect("a header comes after genesis"),
            time: self.header.time,
            rule_version: self.header.rule_version,
            state_root: self.header.previous_results.state_root,
            entries,
            signers: self.certificate.signatures.iter().map(|s| s.voter).collect(),
            payload: &self.payload,
            checks,
        })
    }

    fn check_anchor(&self, expected: ChainId) -> Result<(), ProofError> {
        if self.version != VERSION {
            return Err(ProofError::Version(self.version));
        }
        let Anchor::Genesis(actual) = self.anchor;
        if actual == expected { Ok(()) } else { Err(ProofError::Anchor { expected, actual }) }
    }

    fn check_entries(&self) -> Result<BTreeMap<[u8; 32], Option<Vec<u8>>>, ProofError> {
        if !self.entries.is_sorted_by(|a, b| a.key < b.key) {
            return Err(ProofError::EntryOrder);
        }
        let root = self.header.previous_results.state_root;
        let leads_to_root = |e: &MapEntry| e.path.root_of(&e.key, e.value.as_deref()) == Some(root);
        match self.entries.iter().position(|e| !leads_to_root(e)) {
            Some(index) => Err(ProofError::StatePath { index }),
            None => Ok(self.entries.iter().map(|e| (e.key, e.value.clone())).collect()),
        }
    }
}

/// From header to header.
struct Walk<'a> {
    chain: ChainId,
    keys: &'a dyn KnownKeys,
    /// Decides the heights after `height`.
    set: ValidatorSet,
    height: Height,
    time: TimestampMs,
}

impl Walk<'_> {
    /// Checks that `header` follows and is decided by the current set; gives the power that signed.
    fn follow(&mut self, header: &Header, certificate: &CommitCertificate) -> Result<u128, ProofError> {
        let height = header.height;
        self.check_header(header, certificate).map_err(|fault| ProofError::Header { height, fault })?;
        if header.validators_hash != self.set.hash() {
            return Err(ProofError::ValidatorSet(height));
        }
        certificate.verify(self.chain, &self.set, self.keys).map_err(|error| match error {
            CertificateError::Quorum { actual, total } => ProofError::Quorum { height, actual, total },
            source => ProofError::Certificate { height, source },
        })?;
        (self.height, self.time) = (height, header.time);
        let power = |id: &KeyId| self.set.get(id).map_or(0, |v| u128::from(v.power));
        Ok(certificate.signatures.iter().map(|s| power(&s.voter)).sum())
    }

    fn check_header(&self, header: &Header, certificate: &CommitCertificate) -> Result<(), HeaderFault> {
        if header.version != HEADER_VERSION {
            return Err(HeaderFault::Version);
        }
        if header.chain_id != self.chain {
            return Err(HeaderFault::Chain);
        }
        if header.height <= self.height || header.time <= self.time {
            return Err(HeaderFault::Order);
        }
        if certificate.height != header.height || certificate.block != header.id() {
            return Err(HeaderFault::Certificate);
        }
        Ok(())
    }

    /// Takes over the set that a followed header announces. One that changes nothing has no place in a proof.
    fn change(&mut self, header: &Header, next: &ValidatorSet) -> Result<(), ProofError> {
        let hash = next.hash();
        if hash != header.next_validators_hash || hash == header.validators_hash {
            return Err(ProofError::ValidatorSet(header.height));
        }
        self.set = next.clone();
        Ok(())
    }
}

impl ProofError {
    /// Stable name of the check that failed.
    pub fn check_name(&self) -> &'static str {
        match self {
            ProofError::Magic | ProofError::Form(_) | ProofError::Version(_) | ProofError::EntryOrder => "form",
            ProofError::Anchor { .. } => "anchor",
            ProofError::ValidatorSet(_) => "validator_set",
            ProofError::Header { .. } => "header",
            ProofError::Certificate { .. } => "certificate",
            ProofError::Quorum { .. } => "quorum",
            ProofError::StatePath { .. } => "state_path",
        }
    }
}

impl Check {
    /// Stable name, as in [`ProofError::check_name`].
    pub fn name(&self) -> &'static str {
        match self {
            Check::Anchor { .. } => "anchor",
            Check::ValidatorSet { .. } => "validator_set",
            Check::Header { .. } => "header",
            Check::Certificate { .. } => "certificate",
            Check::Quorum { .. } => "quorum",
            Check::StatePath { .. } => "state_path",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Check::Anchor { chain } => write!(f, "anchor: genesis of chain {chain}"),
            Check::ValidatorSet { changes, validators } => {
                write!(f, "validator set: {validators} validators after {changes} changes since the anchor")
            }
            Check::Header { height, time } => write!(f, "header: height {height}, block time {time}"),
            Check::Certificate { signatures } => write!(f, "certificate: {signatures} signatures verify"),
            Check::Quorum { power, total } => write!(f, "quorum: {power} of {total} power signed"),
            Check::StatePath { present, absent } => {
                write!(f, "state paths: {present} records present, {absent} proven absent")
            }
        }
    }
}
