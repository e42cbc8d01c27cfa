//! What a key may sign.

use bencao_consensus::{BlockId, Proposal, SignedBatch, Vote, VoteKind};
use bencao_crypto::{Digest, Domain, KeyId, sm3};
use bencao_genesis::{ChainId, Height};
use bincode::{Decode, Encode};
use std::fmt;

/// Longest message that is signed, bytes.
pub const MESSAGE_BYTES_MAX: usize = 1_024;
/// Statements of one height that are remembered, so that they can be signed again as they were: 32 rounds.
pub const STATEMENTS_MAX: usize = 96;

/// What a key is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Purpose {
    /// Votes and proposals.
    Validator,
    /// Batches, TLS handshakes and the end of the access log.
    Node,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Purpose::Validator => "validator",
            Purpose::Node => "node",
        })
    }
}

/// Kinds of statements, in the order in which a round has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub enum Kind {
    /// A proposal.
    Proposal,
    /// A prevote.
    Prevote,
    /// A precommit.
    Precommit,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Proposal => "proposal",
            Kind::Prevote => "prevote",
            Kind::Precommit => "precommit",
        })
    }
}

/// Where in consensus a statement stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub struct Place {
    /// Height.
    pub height: Height,
    /// Round.
    pub round: u32,
    /// Kind.
    pub kind: Kind,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of height {} round {}", self.kind, self.height, self.round)
    }
}

/// Why nothing was signed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, thiserror::Error)]
pub enum Refusal {
    /// No such key here.
    #[error("no key {0} here")]
    UnknownKey(KeyId),
    /// A message that a key of this purpose does not sign.
    #[error("a {0} key does not sign this")]
    NotForThisKey(Purpose),
    /// A statement for another chain, or in the name of another key.
    #[error("a statement of another chain or key")]
    Other,
    /// Another statement was signed in this place: the two would prove a double vote.
    #[error("another {0} was signed before")]
    Conflict(Place),
    /// Something later was signed already.
    #[error("{asked} lies before {signed}, which was signed")]
    Behind {
        /// Asked for.
        asked: Place,
        /// Signed last.
        signed: Place,
    },
    /// The mark could not be made durable; nothing is signed until the signer is started again.
    #[error("the mark could not be written")]
    Mark,
    /// The device did not sign.
    #[error("the device did not sign")]
    Device,
}

/// A statement that has been signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Statement {
    /// Where.
    pub place: Place,
    /// SM3 of the message.
    pub message: Digest,
}

/// Everything that one validator key has signed at its newest height.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Signed {
    /// Nothing below this height is signed any more.
    pub height: Height,
    /// In order; at most [`STATEMENTS_MAX`], of which the oldest are forgotten first.
    pub statements: Vec<Statement>,
}

impl Signed {
    /// Nothing at `height` yet.
    pub fn from(height: Height) -> Signed {
        Signed { height, statements: Vec::new() }
    }

    /// Whether a statement may be signed, and what is remembered then; `None` if it was signed before, as it is.
    ///
    /// # Errors
    /// [`Refusal::Conflict`], [`Refusal::Behind`].
    pub fn with(&self, statement: Statement) -> Result<Option<Signed>, Refusal> {
        let asked = statement.place;
        if let Some(known) = self.statements.iter().find(|s| s.place == asked) {
            return if known.message == statement.message { Ok(None) } else { Err(Refusal::Conflict(asked)) };
        }
        let last = self.statements.last().map(|s| s.place);
        let floor = Place { height: self.height, round: 0, kind: Kind::Proposal };
        if asked.height < self.height || last.is_some_and(|last| asked < last) {
            return Err(Refusal::Behind { asked, signed: last.unwrap_or(floor) });
        }
        let mut next = if asked.height > self.height { Signed::from(asked.height) } else { self.clone() };
        if next.statements.len() == STATEMENTS_MAX {
            next.statements.remove(0);
        }
        next.statements.push(statement);
        Ok(Some(next))
    }
}

/// What a message says, for a key of a purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// A statement in consensus, which must not be contradicted.
    Statement(Place),
    /// Nothing that could be contradicted.
    Free,
}

/// The rules of one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guard {
    /// Whose statements.
    pub chain: ChainId,
    /// Which key.
    pub key: KeyId,
    /// What it is for.
    pub purpose: Purpose,
}

impl Guard {
    /// Reads a message and says whether this key signs such.
    ///
    /// # Errors
    /// [`Refusal::NotForThisKey`], [`Refusal::Other`].
    pub fn read(&self, domain: Domain, message: &[u8]) -> Result<Meaning, Refusal> {
        let refused = Refusal::NotForThisKey(self.purpose);
        match (self.purpose, domain) {
            (Purpose::Validator, Domain::Ledger) => self.statement(message).ok_or(refused)?.map(Meaning::Statement),
            (Purpose::Validator, Domain::Handshake) => Err(refused),
            (Purpose::Node, Domain::Ledger) => {
                self.batch(message).or_else(|| self.access_head(message)).ok_or(refused)?.map(|()| Meaning::Free)
            }
            (Purpose::Node, Domain::Handshake) if is_certificate_verify(message) => Ok(Meaning::Free),
            (Purpose::Node, Domain::Handshake) => Err(refused),
        }
    }

    /// A statement of a message; the outer `None` if it is none.
    fn statement(&self, message: &[u8]) -> Option<Result<Place, Refusal>> {
        let (place, chain, key, written) = if message.starts_with(b"bencao/vote/1\0") {
            let (vote, chain) = read_vote(message)?;
            let kind = match vote.kind {
                VoteKind::Prevote => Kind::Prevote,
                VoteKind::Precommit => Kind::Precommit,
            };
            let place = Place { height: vote.height, round: vote.round, kind };
            (place, chain, vote.voter, vote.sign_bytes(chain))
        } else {
            let (proposal, chain) = read_proposal(message)?;
            let place = Place { height: proposal.height, round: proposal.round, kind: Kind::Proposal };
            (place, chain, proposal.proposer, proposal.sign_bytes(chain))
        };
        // What was read is written again as it was: there is no second reading of these bytes.
        if written != message {
            return None;
        }
        Some(if chain == self.chain && key == self.key { Ok(place) } else { Err(Refusal::Other) })
    }

    /// The end of the node's access log.
    fn access_head(&self, message: &[u8]) -> Option<Result<(), Refusal>> {
        let chain = bencao_access::journal::chain_of_message(message)?;
        Some(if chain == self.chain { Ok(()) } else { Err(Refusal::Other) })
    }

    fn batch(&self, message: &[u8]) -> Option<Result<(), Refusal>> {
        const TAG: &[u8] = b"bencao/batch-sign/1\0";
        let rest = message.strip_prefix(TAG)?;
        let (chain, id) = rest.split_first_chunk::<32>()?;
        let (chain, id) = (ChainId(Digest(*chain)), bencao_consensus::BatchId(Digest(<[u8; 32]>::try_from(id).ok()?)));
        if SignedBatch::sign_bytes(chain, &id) != message {
            return None;
        }
        Some(if chain == self.chain { Ok(()) } else { Err(Refusal::Other) })
    }
}

/// The content that TLS 1.3 signs (RFC 8446 §4.4.3) with a transcript hash of SM3.
fn is_certificate_verify(message: &[u8]) -> bool {
    let Some(rest) = message.strip_prefix(&[0x20; 64]) else { return false };
    let context = [&b"TLS 1.3, server CertificateVerify\0"[..], b"TLS 1.3, client CertificateVerify\0"];
    context.iter().any(|c| rest.strip_prefix(*c).is_some_and(|hash| hash.len() == 32))
}

/// Takes fixed parts off the front.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.take::<1>()? {
            [0] => Some(None),
            [1] => Some(Some(read(self)?)),
            _ => None,
        }
    }

    fn end<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

fn read_vote(message: &[u8]) -> Option<(Vote, ChainId)> {
    let mut r = Reader(message.strip_prefix(b"bencao/vote/1\0")?);
    let chain = ChainId(Digest(r.take()?));
    let kind = match r.take::<1>()? {
        [0] => VoteKind::Prevote,
        [1] => VoteKind::Precommit,
        _ => return None,
    };
    let (height, round) = (Height(u64::from_le_bytes(r.take()?)), u32::from_le_bytes(r.take()?));
    let block = r.option(|r| Some(BlockId(Digest(r.take()?))))?;
    let voter = KeyId(r.take()?);
    r.end((Vote { kind, height, round, block, voter }, chain))
}

fn read_proposal(message: &[u8]) -> Option<(Proposal, ChainId)> {
    let mut r = Reader(message.strip_prefix(b"bencao/proposal/1\0")?);
    let chain = ChainId(Digest(r.take()?));
    let (height, round) = (Height(u64::from_le_bytes(r.take()?)), u32::from_le_bytes(r.take()?));
    let pol_round = r.option(|r| Some(u32::from_le_bytes(r.take()?)))?;
    let block = BlockId(Digest(r.take()?));
    let proposer = KeyId(r.take()?);
    r.end((Proposal { height, round, pol_round, block, proposer }, chain))
}

/// The statement that a message makes in a place.
pub fn statement(place: Place, message: &[u8]) -> Statement {
    Statement { place, message: sm3(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: ChainId = ChainId(Digest([1; 32]));
    const KEY: KeyId = KeyId([2; 20]);

    fn guard(purpose: Purpose) -> Guard {
        Guard { chain: CHAIN, key: KEY, purpose }
    }

    fn vote(kind: VoteKind, height: u64, round: u32, block: Option<u8>) -> Vec<u8> {
        let block = block.map(|b| BlockId(Digest([b; 32])));
        Vote { kind, height: Height(height), round, block, voter: KEY }.sign_bytes(CHAIN)
    }

    fn proposal(height: u64, round: u32, pol_round: Option<u32>) -> Vec<u8> {
        let block = BlockId(Digest([9; 32]));
        Proposal { height: Height(height), round, pol_round, block, proposer: KEY }.sign_bytes(CHAIN)
    }

    fn place(height: u64, round: u32, kind: Kind) -> Place {
        Place { height: Height(height), round, kind }
    }

    #[test]
    fn a_validator_key_signs_statements_of_its_own_only() {
        let read = |message: &[u8]| guard(Purpose::Validator).read(Domain::Ledger, message);
        for block in [None, Some(3)] {
            let expected = Ok(Meaning::Statement(place(7, 2, Kind::Precommit)));
            assert_eq!(read(&vote(VoteKind::Precommit, 7, 2, block)), expected);
        }
        for pol_round in [None, Some(1)] {
            let expected = Ok(Meaning::Statement(place(7, 2, Kind::Proposal)));
            assert_eq!(read(&proposal(7, 2, pol_round)), expected);
        }
        let vote_of = |chain, voter| {
            Vote { kind: VoteKind::Prevote, height: Height(1), round: 0, block: None, voter }.sign_bytes(chain)
        };
        assert_eq!(read(&vote_of(ChainId(Digest([8; 32])), KEY)), Err(Refusal::Other));
        assert_eq!(read(&vote_of(CHAIN, KeyId([8; 20]))), Err(Refusal::Other));
        let refused = Err(Refusal::NotForThisKey(Purpose::Validator));
        let batch = SignedBatch::sign_bytes(CHAIN, &bencao_consensus::BatchId(Digest([5; 32])));
        for other in [&b"bencao/tx-sign/1\0"[..], b"", b"bencao/vote/1\0", &batch] {
            assert_eq!(read(other), refused);
        }
        assert_eq!(guard(Purpose::Validator).read(Domain::Handshake, &vote(VoteKind::Prevote, 1, 0, None)), refused);
    }

    #[test]
    fn every_cut_and_every_longer_message_is_refused() {
        let refused = Err(Refusal::NotForThisKey(Purpose::Validator));
        for message in
            [vote(VoteKind::Prevote, 7, 2, Some(3)), vote(VoteKind::Prevote, 7, 2, None), proposal(7, 2, Some(1))]
        {
            for cut in 0..message.len() {
                assert_eq!(guard(Purpose::Validator).read(Domain::Ledger, &message[..cut]), refused, "{cut}");
            }
            let longer = [&message[..], &[0]].concat();
            assert_eq!(guard(Purpose::Validator).read(Domain::Ledger, &longer), refused);
        }
    }

    #[test]
    fn a_node_key_signs_batches_handshakes_and_the_end_of_its_access_log_only() {
        let node = guard(Purpose::Node);
        let batch = |chain| SignedBatch::sign_bytes(chain, &bencao_consensus::BatchId(Digest([5; 32])));
        assert_eq!(node.read(Domain::Ledger, &batch(CHAIN)), Ok(Meaning::Free));
        assert_eq!(node.read(Domain::Ledger, &batch(ChainId(Digest([8; 32])))), Err(Refusal::Other));
        let head = |chain| bencao_access::Head { entries: 7, link: Digest([5; 32]) }.message(chain);
        assert_eq!(node.read(Domain::Ledger, &head(CHAIN)), Ok(Meaning::Free));
        assert_eq!(node.read(Domain::Ledger, &head(ChainId(Digest([8; 32])))), Err(Refusal::Other));
        assert_eq!(
            guard(Purpose::Validator).read(Domain::Ledger, &head(CHAIN)),
            Err(Refusal::NotForThisKey(Purpose::Validator))
        );
        let refused = Err(Refusal::NotForThisKey(Purpose::Node));
        assert_eq!(node.read(Domain::Ledger, &head(CHAIN)[..60]), refused);
        assert_eq!(node.read(Domain::Ledger, &vote(VoteKind::Prevote, 1, 0, None)), refused);
        assert_eq!(node.read(Domain::Ledger, &batch(CHAIN)[1..]), refused);
        let content = |who: &str, hash: usize| [&[0x20; 64][..], who.as_bytes(), &vec![7; hash]].concat();
        for who in ["TLS 1.3, server CertificateVerify\0", "TLS 1.3, client CertificateVerify\0"] {
            assert_eq!(node.read(Domain::Handshake, &content(who, 32)), Ok(Meaning::Free));
            assert_eq!(node.read(Domain::Handshake, &content(who, 33)), refused);
            assert_eq!(node.read(Domain::Ledger, &content(who, 32)), refused, "in the other domain");
        }
        assert_eq!(node.read(Domain::Handshake, &batch(CHAIN)), refused);
    }

    fn sign(signed: &mut Signed, height: u64, round: u32, kind: Kind, message: u8) -> Result<bool, Refusal> {
        let next = signed.with(statement(place(height, round, kind), &[message]))?;
        let is_new = next.is_some();
        if let Some(next) = next {
            *signed = next;
        }
        Ok(is_new)
    }

    #[test]
    fn one_statement_a_place_and_nothing_behind() {
        let mut s = Signed::from(Height(5));
        assert!(matches!(sign(&mut s, 4, 9, Kind::Precommit, 1), Err(Refusal::Behind { .. })), "below the mark");
        assert_eq!(sign(&mut s, 5, 0, Kind::Proposal, 1), Ok(true));
        assert_eq!(sign(&mut s, 5, 0, Kind::Prevote, 1), Ok(true));
        assert_eq!(sign(&mut s, 5, 0, Kind::Prevote, 1), Ok(false), "the same again");
        let conflict = Err(Refusal::Conflict(place(5, 0, Kind::Prevote)));
        assert_eq!(sign(&mut s, 5, 0, Kind::Prevote, 2), conflict);
        assert_eq!(sign(&mut s, 5, 1, Kind::Precommit, 1), Ok(true), "a prevote was never asked for");
        let behind = Refusal::Behind { asked: place(5, 1, Kind::Prevote), signed: place(5, 1, Kind::Precommit) };
        assert_eq!(sign(&mut s, 5, 1, Kind::Prevote, 1), Err(behind));
        assert_eq!(sign(&mut s, 5, 0, Kind::Prevote, 1), Ok(false), "an older one as it was, as a replay asks for it");
        assert_eq!(sign(&mut s, 5, 0, Kind::Prevote, 2), conflict);
        assert_eq!(sign(&mut s, 6, 0, Kind::Prevote, 1), Ok(true));
        assert!(matches!(sign(&mut s, 5, 0, Kind::Prevote, 1), Err(Refusal::Behind { .. })), "a height that is over");
        assert_eq!(s.statements.len(), 1);
    }

    #[test]
    fn what_is_forgotten_is_refused_not_allowed() {
        let mut s = Signed::from(Height(1));
        for round in 0..200 {
            assert_eq!(sign(&mut s, 1, round, Kind::Prevote, 1), Ok(true));
        }
        assert_eq!(s.statements.len(), STATEMENTS_MAX);
        assert_eq!(sign(&mut s, 1, 199, Kind::Prevote, 1), Ok(false));
        assert!(matches!(sign(&mut s, 1, 3, Kind::Prevote, 1), Err(Refusal::Behind { .. })));
        assert!(matches!(sign(&mut s, 1, 3, Kind::Prevote, 2), Err(Refusal::Behind { .. })));
    }
}
