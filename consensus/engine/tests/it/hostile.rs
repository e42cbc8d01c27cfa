//! Whatever a peer sends: no panic, no record of it, no word in answer.

use crate::keys::{HashSigner, chain, id};
use crate::rounds::*;
use bencao_chance::Rng;
use bencao_consensus::{BlockId, Proposal, SignedProposal, SignedVote, Vote, VoteKind};
use bencao_crypto::{KeyId, Signature, codec};
use bencao_engine::{
    Action, CertificateKind, Input, MESSAGE_BYTES_MAX, Message, PolkaCertificate, PolkaSignature, RoundCertificate,
    RoundSignature,
};
use bencao_genesis::Height;

fn forged() -> Signature {
    Signature([7; 64])
}

fn any_height(rng: &mut Rng) -> Height {
    [H, H, H, Height(0), Height(2), Height(3), Height(u64::MAX)][rng.range(0, 7) as usize]
}

fn any_round(rng: &mut Rng) -> u32 {
    [0, 1, 2, 9, 11, 1 << 20, u32::MAX - 1, u32::MAX][rng.range(0, 8) as usize]
}

fn any_block(rng: &mut Rng) -> Option<BlockId> {
    [None, Some(block("a")), Some(block("b"))][rng.range(0, 3) as usize]
}

/// A member, or a stranger.
fn any_voter(rng: &mut Rng) -> KeyId {
    id(rng.range(0, 6) as usize)
}

fn any_kind(rng: &mut Rng) -> VoteKind {
    if rng.percent(50) { VoteKind::Prevote } else { VoteKind::Precommit }
}

/// A message with a signature that its signer never gave.
fn any_forgery(rng: &mut Rng) -> Message {
    let (height, round) = (any_height(rng), any_round(rng));
    let count = rng.range(0, 7);
    match rng.range(0, 4) {
        0 => {
            let vote = Vote { kind: any_kind(rng), height, round, block: any_block(rng), voter: any_voter(rng) };
            Message::Vote(SignedVote { vote, signature: forged() })
        }
        1 => {
            let pol_round = rng.percent(50).then(|| any_round(rng));
            let proposal = Proposal { height, round, pol_round, block: block("a"), proposer: any_voter(rng) };
            Message::Proposal(SignedProposal { proposal, signature: forged() })
        }
        2 => {
            let signatures =
                (0..count).map(|_| PolkaSignature { voter: any_voter(rng), signature: forged() }).collect();
            Message::Polka(PolkaCertificate { height, round, block: block("a"), signatures })
        }
        _ => {
            let kind = if rng.percent(50) { CertificateKind::Skip } else { CertificateKind::Precommit };
            let signature = |rng: &mut Rng| RoundSignature {
                kind: any_kind(rng),
                block: any_block(rng),
                voter: any_voter(rng),
                signature: forged(),
            };
            let signatures = (0..count).map(|_| signature(rng)).collect();
            Message::Round(RoundCertificate { height, round, kind, signatures })
        }
    }
}

#[test]
fn forgeries_change_nothing() {
    for me in 0..4 {
        let mut rng = Rng(me as u64);
        let mut e = engine(me);
        start(&mut e, &[]);
        let before = e.status();
        for _ in 0..5_000 {
            let message = any_forgery(&mut rng);
            assert_eq!(play(&mut e, [Input::Message(message.clone())]), [], "{message:?}");
        }
        assert_eq!(e.status(), before);
    }
}

fn appends(actions: &[Action]) -> usize {
    actions.iter().filter(|a| matches!(a, Action::Append(_))).count()
}

#[test]
fn a_member_cannot_grow_the_log_without_bound() {
    let (me, liar) = (proposer(0), (proposer(0) + 1) % 4);
    let mut e = engine(me);
    start(&mut e, &[]);
    let mut logged = 0;
    for round in (0..2_000).chain([u32::MAX - 1, u32::MAX]) {
        for kind in [VoteKind::Prevote, VoteKind::Precommit] {
            for b in [None, Some(block("a")), Some(block("b")), Some(block("c")), Some(block("d"))] {
                logged += appends(&play(&mut e, [vote_input(liar, kind, round, b)]));
            }
        }
    }
    assert!(logged <= 2 * 11 + 2 * 3, "{logged} records: rounds near the current one, and three proofs");
    assert_eq!(e.round(), 0, "one of four moves nobody");
}

#[test]
fn proposals_of_the_wrong_validator_or_order_are_dropped() {
    let me = proposer(1);
    let thief = (0..4).find(|i| *i != proposer(0) && *i != me).expect("four validators");
    let mut e = engine(me);
    start(&mut e, &[]);
    let stolen = Proposal { height: H, round: 0, pol_round: None, block: block("a"), proposer: id(thief) };
    let signature = HashSigner::new(thief).signature(&stolen.sign_bytes(chain()));
    let stolen = Input::Message(Message::Proposal(SignedProposal { proposal: stolen, signature }));
    let twisted = proposal_input(0, Some(0), block("a"));
    assert_eq!(play(&mut e, [stolen, twisted]), []);
}

#[test]
fn many_proposals_of_one_round_are_bounded() {
    let me = proposer(1);
    let mut e = engine(me);
    start(&mut e, &[]);
    let flood = (0..1_000).map(|i| proposal_input(0, None, block(&i.to_string())));
    let logged = appends(&play(&mut e, flood));
    assert!(logged < 10, "{logged} records");
}

fn polka(voters: &[usize], round: u32, b: BlockId) -> PolkaCertificate {
    let signature =
        |i: &usize| PolkaSignature { voter: id(*i), signature: vote(*i, VoteKind::Prevote, round, Some(b)).signature };
    PolkaCertificate { height: H, round, block: b, signatures: voters.iter().map(signature).collect() }
}

#[test]
fn certificates_need_distinct_members_and_enough_of_them() {
    let me = 0;
    let b = block("a");
    let good = polka(&[1, 2, 3], 4, b);
    let mut prevotes = RoundCertificate { height: H, round: 4, kind: CertificateKind::Precommit, signatures: vec![] };
    prevotes.signatures = good
        .signatures
        .iter()
        .map(|s| RoundSignature { kind: VoteKind::Prevote, block: Some(b), voter: s.voter, signature: s.signature })
        .collect();
    let few = RoundCertificate {
        kind: CertificateKind::Skip,
        signatures: prevotes.signatures[..1].to_vec(),
        ..prevotes.clone()
    };
    let refused = [
        Message::Polka(polka(&[1, 2], 4, b)),
        Message::Polka(polka(&[1, 2, 2], 4, b)),
        Message::Polka(polka(&[1, 2, 9], 4, b)),
        Message::Polka(PolkaCertificate { block: block("b"), ..good.clone() }),
        Message::Polka(PolkaCertificate { round: 5, ..good.clone() }),
        Message::Polka(PolkaCertificate { signatures: vec![], ..good.clone() }),
        // A quorum of prevotes is not one of precommits.
        Message::Round(prevotes.clone()),
        Message::Round(few),
    ];
    let mut e = engine(me);
    start(&mut e, &[]);
    for message in refused {
        assert_eq!(play(&mut e, [Input::Message(message.clone())]), [], "{message:?}");
    }
    assert_eq!(e.round(), 0);
    play(&mut e, [Input::Message(Message::Polka(good))]);
    assert_eq!(e.round(), 4, "the same with a quorum is taken");
    let mut e = engine(me);
    start(&mut e, &[]);
    play(&mut e, [Input::Message(Message::Round(RoundCertificate { kind: CertificateKind::Skip, ..prevotes }))]);
    assert_eq!(e.round(), 4);
}

#[test]
fn a_double_vote_is_convicted_at_the_end_of_the_height() {
    let me = proposer(1);
    let b = block("b");
    let others: Vec<usize> = (0..4).filter(|i| *i != me).collect();
    let liar = others[2];
    let mut e = engine(me);
    start(&mut e, &[]);
    let mut inputs = vec![proposal_input(0, None, b), verdict(0, b, true)];
    inputs.push(vote_input(liar, VoteKind::Prevote, 0, None));
    inputs.push(vote_input(liar, VoteKind::Prevote, 0, Some(b)));
    inputs.extend(others[..2].iter().map(|i| vote_input(*i, VoteKind::Prevote, 0, Some(b))));
    inputs.extend(others[..2].iter().map(|i| vote_input(*i, VoteKind::Precommit, 0, Some(b))));
    let actions = play(&mut e, inputs);
    let Some(Action::Finalized { evidence, .. }) = actions.iter().find(|a| matches!(a, Action::Finalized { .. }))
    else {
        panic!("decided")
    };
    let [one] = &evidence[..] else { panic!("one double vote: {evidence:?}") };
    assert_eq!(one.first, vote(liar, VoteKind::Prevote, 0, None));
    assert_eq!(one.second, vote(liar, VoteKind::Prevote, 0, Some(b)));
}

#[test]
fn claims_beside_a_block_are_not_trusted() {
    for me in 0..4 {
        let mut rng = Rng(100 + me as u64);
        let mut e = engine(me);
        start(&mut e, &[]);
        for _ in 0..3_000 {
            let b = any_block(&mut rng).unwrap_or_default();
            let input = match rng.range(0, 4) {
                0 => proposal_input(rng.range(0, 8) as u32, rng.percent(30).then(|| any_round(&mut rng)), b),
                1 => Input::Message(any_forgery(&mut rng)),
                2 => Input::Built { height: any_height(&mut rng), round: any_round(&mut rng), block: b },
                _ => Input::Verdict {
                    height: any_height(&mut rng),
                    round: any_round(&mut rng),
                    valid_round: rng.percent(50).then(|| any_round(&mut rng)),
                    proposer: any_voter(&mut rng),
                    block: b,
                    valid: rng.percent(50),
                },
            };
            play(&mut e, [input]);
        }
        assert_eq!(e.round(), 0);
    }
}

#[test]
fn mutated_bytes_never_decode_to_something_else_silently() {
    let mut rng = Rng(3);
    for round in 0..2_000 {
        let message = any_forgery(&mut rng);
        let mut bytes = codec::encode(&message);
        assert!(bytes.len() <= MESSAGE_BYTES_MAX);
        assert_eq!(codec::decode::<Message>(&bytes, MESSAGE_BYTES_MAX).as_ref(), Ok(&message));
        let place = rng.range(0, bytes.len() as u64) as usize;
        match round % 3 {
            0 => bytes.truncate(place),
            1 => bytes[place] ^= 1 << rng.range(0, 8),
            _ => bytes.insert(place, rng.draw() as u8),
        }
        if let Ok(other) = codec::decode::<Message>(&bytes, MESSAGE_BYTES_MAX) {
            assert_eq!(codec::encode(&other), bytes);
            assert_ne!(other, message);
        }
    }
}
