//! Validator sets, quorums and commit certificates.

use crate::chain::*;
use bencao_consensus::validators::POWER_MAX;
use bencao_consensus::{
    CertificateError, CommitSignature, Seat, Terms, TermsError, Validator, ValidatorSet, ValidatorSetError,
};
use bencao_crypto::{CodecError, LibraryKeys, Signature, codec};
use bencao_genesis::ChainId;

/// n, most faults, least quorum, least number with an honest one among them: written out, not computed.
const TABLE: [(usize, usize, u128, u128); 40] = [
    (1, 0, 1, 1),
    (2, 0, 2, 1),
    (3, 0, 3, 2),
    (4, 1, 3, 2),
    (5, 1, 4, 2),
    (6, 1, 5, 3),
    (7, 2, 5, 3),
    (8, 2, 6, 3),
    (9, 2, 7, 4),
    (10, 3, 7, 4),
    (11, 3, 8, 4),
    (12, 3, 9, 5),
    (13, 4, 9, 5),
    (14, 4, 10, 5),
    (15, 4, 11, 6),
    (16, 5, 11, 6),
    (17, 5, 12, 6),
    (18, 5, 13, 7),
    (19, 6, 13, 7),
    (20, 6, 14, 7),
    (21, 6, 15, 8),
    (22, 7, 15, 8),
    (23, 7, 16, 8),
    (24, 7, 17, 9),
    (25, 8, 17, 9),
    (26, 8, 18, 9),
    (27, 8, 19, 10),
    (28, 9, 19, 10),
    (29, 9, 20, 10),
    (30, 9, 21, 11),
    (31, 10, 21, 11),
    (32, 10, 22, 11),
    (33, 10, 23, 12),
    (34, 11, 23, 12),
    (35, 11, 24, 12),
    (36, 11, 25, 13),
    (37, 12, 25, 13),
    (38, 12, 26, 13),
    (39, 12, 27, 14),
    (40, 13, 27, 14),
];

#[test]
fn quorums_of_1_to_40_equal_validators() {
    for (n, faults, quorum, honest) in TABLE {
        let set = set(0..n);
        assert_eq!(set.faults_max(), faults, "n = {n}");
        assert_eq!((1..=n as u128).find(|p| set.is_quorum(*p)), Some(quorum), "n = {n}");
        assert_eq!((1..=n as u128).find(|p| set.has_honest(*p)), Some(honest), "n = {n}");
        // What the numbers are for.
        assert!(2 * quorum > n as u128 + faults as u128, "two quorums share an honest validator");
        assert!(quorum <= (n - faults) as u128, "the honest ones alone are a quorum");
    }
}

#[test]
fn seats_follow_the_set_and_one_node_speaks_for_one_validator() {
    let terms = Terms::from_genesis(&genesis());
    assert_eq!((terms.set(), terms.validators_hash()), (&set(0..4), set(0..4).hash()));
    for (seat, member) in terms.seats().iter().zip(terms.set().members()) {
        assert_eq!((seat.validator_key, seat.power), (member.key, member.power));
        assert_eq!(terms.seat(&member.id), Some(seat));
        assert_eq!(terms.validator_of(&seat.node_key.id()), Some(member));
        assert_eq!(terms.node_key(&seat.node_key.id()), Some(seat.node_key));
    }
    assert_eq!((terms.seat(&id(4)), terms.validator_of(&id(0)), terms.nodes().count()), (None, None, 4));
    let build = |seats: Vec<Seat>| Terms::new(seats, 1, terms.params.clone(), terms.limits.clone());
    let mut reversed = terms.seats().to_vec();
    reversed.reverse();
    assert_eq!(build(reversed.clone()), Ok(terms.clone()), "built from any order");
    let unsorted = codec::encode(&(&reversed, 1u32, &terms.params, &terms.limits));
    assert_eq!(codec::decode::<Terms>(&unsorted, 1 << 20), Err(CodecError::Malformed));
    let mut twice = terms.seats().to_vec();
    twice[1].node_key = twice[0].node_key;
    assert_eq!(build(twice.clone()), Err(TermsError::Node(twice[0].node_key.id())));
    twice[1].validator_key = twice[0].validator_key;
    twice[1].node_key = key(24).public();
    let repeated = TermsError::Set(ValidatorSetError::Repeated(twice[0].validator_key.id()));
    assert_eq!(build(twice), Err(repeated));
    assert_eq!(build(vec![]), Err(TermsError::Set(ValidatorSetError::Count(0))));
}

#[test]
fn power_counts_not_heads() {
    let set = ValidatorSet::new(vec![validator(0, 10), validator(1, 1), validator(2, 1), validator(3, 1)]);
    assert_eq!(set.total_power(), 13);
    assert!(set.is_quorum(10) && !set.is_quorum(3) && !set.has_honest(3));
    let largest = ValidatorSet::new((0..40).map(|i| validator(i, POWER_MAX)).collect());
    assert!(largest.is_quorum(27 * u128::from(POWER_MAX)) && !largest.is_quorum(26 * u128::from(POWER_MAX)));
}

#[test]
fn a_set_is_checked_however_it_arrives() {
    let wrong_id = Validator { id: id(1), ..validator(0, 1) };
    let cases = [
        (vec![], ValidatorSetError::Count(0)),
        (vec![validator(0, 1), validator(0, 2)], ValidatorSetError::Repeated(id(0))),
        (vec![wrong_id], ValidatorSetError::Id(id(1))),
        (vec![validator(0, 0)], ValidatorSetError::Power(id(0))),
        (vec![validator(0, POWER_MAX + 1)], ValidatorSetError::Power(id(0))),
    ];
    for (members, expected) in cases {
        let bytes = codec::encode(&members);
        assert_eq!(codec::decode::<ValidatorSet>(&bytes, 1 << 20), Err(CodecError::Malformed), "{expected}");
        assert_eq!(ValidatorSet::checked(members), Err(expected));
    }
    let good = set(0..4);
    assert_eq!(codec::decode(&codec::encode(&good), 1 << 20), Ok(good.clone()));
    let mut reversed = good.members().to_vec();
    reversed.reverse();
    assert_eq!(codec::decode::<ValidatorSet>(&codec::encode(&reversed), 1 << 20), Err(CodecError::Malformed));
    assert_eq!(ValidatorSet::new(reversed), good, "built from any order");
}

#[test]
fn certificates_fail_for_one_reason_at_a_time() {
    let (chain, b, set) = (ChainId(digest("chain")), block("b"), set(0..4));
    let verify = |c: &bencao_consensus::CommitCertificate| c.verify(chain, &set, &LibraryKeys);
    let good = certificate(chain, 5, 2, b, &[0, 1, 2]);
    assert_eq!(verify(&good), Ok(()));
    assert_eq!(verify(&certificate(chain, 5, 2, b, &[0, 1, 2, 3])), Ok(()));

    let short = certificate(chain, 5, 2, b, &[0, 1]);
    assert_eq!(verify(&short), Err(CertificateError::Quorum { actual: 2, total: 4 }));
    let mut edited = good.clone();
    edited.signatures.swap(0, 1);
    assert_eq!(verify(&edited), Err(CertificateError::Order));
    let mut edited = good.clone();
    edited.signatures.insert(0, edited.signatures[0].clone());
    assert_eq!(verify(&edited), Err(CertificateError::Order));
    let stranger = certificate(chain, 5, 2, b, &[0, 1, 9]);
    assert_eq!(verify(&stranger), Err(CertificateError::UnknownSigner(id(9))));
    let mut edited = good.clone();
    edited.signatures[1] = CommitSignature { signature: Signature([1; 64]), ..edited.signatures[1].clone() };
    assert_eq!(verify(&edited), Err(CertificateError::Signature(edited.signatures[1].voter)));

    let first = good.signatures[0].voter;
    let edits: [fn(&mut bencao_consensus::CommitCertificate); 3] =
        [|c| c.height = c.height.next(), |c| c.round += 1, |c| c.block = block("other")];
    for edit in edits {
        let mut edited = good.clone();
        edit(&mut edited);
        assert_eq!(verify(&edited), Err(CertificateError::Signature(first)));
    }
    let elsewhere = ChainId(digest("another chain"));
    assert_eq!(good.verify(elsewhere, &set, &LibraryKeys), Err(CertificateError::Signature(first)));
}
