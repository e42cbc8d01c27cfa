//! Evidence of double voting.

use crate::chain::*;
use bencao_consensus::{Evidence, EvidenceError, VoteKind};
use bencao_crypto::{LibraryKeys, Signature};
use bencao_genesis::ChainId;

fn chain() -> ChainId {
    ChainId(digest("chain"))
}

fn vote(by: usize, kind: VoteKind, height: u64, round: u32, name: &str) -> bencao_consensus::SignedVote {
    signed(chain(), by, kind, height, round, (!name.is_empty()).then(|| block(name)))
}

#[test]
fn two_votes_that_exclude_each_other_convict() {
    use VoteKind::{Precommit, Prevote};
    for kind in [Prevote, Precommit] {
        for (one, other) in [("a", "b"), ("", "a")] {
            let (one, other) = (vote(1, kind, 3, 0, one), vote(1, kind, 3, 0, other));
            let evidence = Evidence::new(one.clone(), other.clone()).expect("a double vote");
            assert_eq!(Evidence::new(other, one), Some(evidence.clone()), "one double vote has one form");
            assert_eq!(evidence.verify(chain(), &set(0..4), &LibraryKeys), Ok(()));
        }
    }
}

#[test]
fn honest_votes_convict_nobody() {
    use VoteKind::{Precommit, Prevote};
    let base = vote(1, Prevote, 3, 0, "a");
    let others = [
        vote(2, Prevote, 3, 0, "b"),
        vote(1, Precommit, 3, 0, "b"),
        vote(1, Prevote, 4, 0, "b"),
        vote(1, Prevote, 3, 1, "b"),
    ];
    for other in others {
        assert_eq!(Evidence::new(base.clone(), other.clone()), None);
        let forced = Evidence { first: base.clone(), second: other };
        assert_eq!(forced.verify(chain(), &set(0..4), &LibraryKeys), Err(EvidenceError::Compatible));
    }
    assert_eq!(Evidence::new(base.clone(), base.clone()), None);
    let same = Evidence { first: base.clone(), second: base };
    assert_eq!(same.verify(chain(), &set(0..4), &LibraryKeys), Err(EvidenceError::Order));
}

#[test]
fn evidence_fails_for_one_reason_at_a_time() {
    let one = |by| vote(by, VoteKind::Prevote, 3, 0, "a");
    let other = |by| vote(by, VoteKind::Prevote, 3, 0, "b");
    let good = Evidence::new(one(1), other(1)).expect("a double vote");
    let swapped = Evidence { first: good.second.clone(), second: good.first.clone() };
    assert_eq!(swapped.verify(chain(), &set(0..4), &LibraryKeys), Err(EvidenceError::Order));
    let stranger = Evidence::new(one(9), other(9)).expect("a double vote");
    assert_eq!(stranger.verify(chain(), &set(0..4), &LibraryKeys), Err(EvidenceError::UnknownVoter(id(9))));
    let mut forged = [good.clone(), good.clone()];
    forged[0].first.signature = Signature([1; 64]);
    forged[1].second.signature = forged[1].first.signature;
    for evidence in forged {
        assert_eq!(evidence.verify(chain(), &set(0..4), &LibraryKeys), Err(EvidenceError::Signature(id(1))));
    }
    let elsewhere = ChainId(digest("another chain"));
    assert_eq!(good.verify(elsewhere, &set(0..4), &LibraryKeys), Err(EvidenceError::Signature(id(1))));
}
