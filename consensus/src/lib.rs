//! What a decided block is and how anybody checks one: header, body, votes, certificates, validator-set arithmetic.
//!
//! No engine lives here, so an offline proof verifier links this package and nothing that can vote. It does not know
//! what a transaction is: a batch is a list of opaque byte strings.

pub mod batch;
pub mod block;
pub mod certificate;
pub mod evidence;
pub mod proof;
pub mod proposal;
pub mod terms;
pub mod turns;
pub mod validators;
pub mod vote;

pub use batch::{Batch, SignedBatch};
pub use block::{BatchId, Block, BlockId, Body, Header, Results};
pub use certificate::{CertificateError, CommitCertificate, CommitSignature};
pub use evidence::{Evidence, EvidenceError};
pub use proof::{Anchor, AnchoredProof, MapEntry, ProofError, SetChange, Verified};
pub use proposal::{Proposal, SignedProposal};
pub use terms::{Seat, Terms, TermsError};
pub use turns::Turns;
pub use validators::{Validator, ValidatorSet, ValidatorSetError};
pub use vote::{SignedVote, Vote, VoteKind};
