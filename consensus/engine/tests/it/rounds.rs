//! One engine, its peers played by the test: locking, proposing again, skipping rounds.

use crate::keys::{HashKeys, HashSigner, chain, id, set};
use bencao_consensus::{
    BlockId, CommitCertificate, CommitSignature, Proposal, SignedProposal, SignedVote, Turns, Vote, VoteKind,
};
use bencao_crypto::tagged;
use bencao_engine::{Action, Config, Engine, Input, Message, Step, TimeoutId, TimeoutKind, Timeouts};
use bencao_genesis::Height;
use std::sync::Arc;

pub(crate) const H: Height = Height(1);
pub(crate) const TIMEOUTS: Timeouts = Timeouts { propose_ms: 1_000, vote_ms: 300, step_ms: 200 };

pub(crate) fn block(name: &str) -> BlockId {
    BlockId(tagged("test/block", &[name.as_bytes()]))
}

/// Node that proposes in `round` of height 1 among four.
pub(crate) fn proposer(round: u32) -> usize {
    let of = Turns::default().proposer(&set(0..4), H, round).id;
    (0..4).find(|i| id(*i) == of).expect("one of the four")
}

pub(crate) fn engine(me: usize) -> Engine {
    engine_with(me, HashSigner::new(me))
}

pub(crate) fn engine_with(me: usize, signer: Arc<HashSigner>) -> Engine {
    let config = Config { chain: chain(), me: id(me), timeouts: TIMEOUTS };
    Engine::new(config, signer, Arc::new(HashKeys), H, set(0..4), Turns::default())
}

pub(crate) fn start(engine: &mut Engine, wal: &[Vec<u8>]) -> Vec<Action> {
    engine.start(H, set(0..4), Turns::default(), wal).expect("a sound log")
}

pub(crate) fn vote(voter: usize, kind: VoteKind, round: u32, block: Option<BlockId>) -> SignedVote {
    let vote = Vote { kind, height: H, round, block, voter: id(voter) };
    SignedVote { signature: HashSigner::new(voter).signature(&vote.sign_bytes(chain())), vote }
}

pub(crate) fn vote_input(voter: usize, kind: VoteKind, round: u32, block: Option<BlockId>) -> Input {
    Input::Message(Message::Vote(vote(voter, kind, round, block)))
}

pub(crate) fn proposal(round: u32, pol_round: Option<u32>, block: BlockId) -> SignedProposal {
    let by = proposer(round);
    let proposal = Proposal { height: H, round, pol_round, block, proposer: id(by) };
    SignedProposal { signature: HashSigner::new(by).signature(&proposal.sign_bytes(chain())), proposal }
}

pub(crate) fn proposal_input(round: u32, pol_round: Option<u32>, block: BlockId) -> Input {
    Input::Message(Message::Proposal(proposal(round, pol_round, block)))
}

pub(crate) fn verdict(round: u32, block: BlockId, valid: bool) -> Input {
    Input::Verdict { height: H, round, valid_round: None, proposer: id(proposer(round)), block, valid }
}

pub(crate) fn timeout(kind: TimeoutKind, round: u32) -> Input {
    Input::Timeout(TimeoutId { kind, height: H, round })
}

pub(crate) fn play(engine: &mut Engine, inputs: impl IntoIterator<Item = Input>) -> Vec<Action> {
    inputs.into_iter().flat_map(|i| engine.step(i).expect("no input is fatal")).collect()
}

pub(crate) fn sent(actions: &[Action]) -> Vec<Message> {
    let message = |a: &Action| if let Action::Broadcast(m) = a { Some(m.clone()) } else { None };
    actions.iter().filter_map(message).collect()
}

fn own_votes(actions: &[Action], me: usize) -> Vec<(VoteKind, u32, Option<BlockId>)> {
    let own = |m: Message| match m {
        Message::Vote(v) if v.vote.voter == id(me) => Some((v.vote.kind, v.vote.round, v.vote.block)),
        _ => None,
    };
    sent(actions).into_iter().filter_map(own).collect()
}

/// Brings `me` to hold a lock on `b` from round 0 and into round 1.
fn lock_and_move_on(engine: &mut Engine, me: usize, b: BlockId) -> Vec<Action> {
    use VoteKind::{Precommit, Prevote};
    let others: Vec<usize> = (0..4).filter(|i| *i != me).collect();
    let mut inputs = vec![proposal_input(0, None, b), verdict(0, b, true)];
    inputs.extend(others.iter().take(2).map(|i| vote_input(*i, Prevote, 0, Some(b))));
    inputs.extend(others.iter().take(2).map(|i| vote_input(*i, Precommit, 0, None)));
    inputs.push(timeout(TimeoutKind::Precommit, 0));
    play(engine, inputs)
}

#[test]
fn a_locked_block_is_proposed_again_with_its_polka() {
    let (me, b) = (proposer(1), block("b"));
    let mut e = engine(me);
    start(&mut e, &[]);
    let actions = lock_and_move_on(&mut e, me, b);
    assert_eq!(e.round(), 1);
    let votes = own_votes(&actions, me);
    assert_eq!(votes[..2], [(VoteKind::Prevote, 0, Some(b)), (VoteKind::Precommit, 0, Some(b))]);
    let again = actions
        .iter()
        .position(|a| *a == Action::Resend { block: b, round: 1, valid_round: Some(0), proposer: id(me) });
    let again = again.expect("the body goes out again");
    let messages = sent(&actions[..again]);
    let polka = messages.iter().find_map(|m| if let Message::Polka(c) = m { Some(c) } else { None });
    let polka = polka.expect("the polka goes ahead of the body");
    assert_eq!((polka.block, polka.round, polka.signatures.len()), (b, 0, 3));
    assert!(sent(&actions[again..]).contains(&Message::Proposal(proposal(1, Some(0), b))));
    assert!(!actions.contains(&Action::Build { height: H, round: 1 }), "nothing new is built");
}

#[test]
fn a_lock_holds_against_another_block() {
    let me = (0..4).find(|i| *i != proposer(1) && *i != proposer(0)).expect("four validators");
    let (b, other) = (block("b"), block("other"));
    let mut e = engine(me);
    start(&mut e, &[]);
    lock_and_move_on(&mut e, me, b);
    let actions = play(&mut e, [proposal_input(1, None, other), verdict(1, other, true)]);
    assert_eq!(own_votes(&actions, me), [(VoteKind::Prevote, 1, None)]);
}

#[test]
fn a_bad_or_missing_block_gets_no_vote() {
    let me = proposer(1);
    for bad in [true, false] {
        let mut e = engine(me);
        start(&mut e, &[]);
        let b = block("b");
        let mut actions = play(&mut e, [proposal_input(0, None, b)]);
        assert!(own_votes(&actions, me).is_empty(), "no verdict yet is not `false`");
        let last = if bad { verdict(0, b, false) } else { timeout(TimeoutKind::Propose, 0) };
        actions = play(&mut e, [last]);
        assert_eq!(own_votes(&actions, me), [(VoteKind::Prevote, 0, None)]);
    }
}

#[test]
fn a_third_of_the_votes_of_a_later_round_pull_the_node_there() {
    let me = proposer(0);
    let mut e = engine(me);
    start(&mut e, &[]);
    let others: Vec<usize> = (0..4).filter(|i| *i != me).collect();
    play(&mut e, others[..2].iter().map(|i| vote_input(*i, VoteKind::Prevote, 5, None)));
    assert_eq!(e.round(), 5);
}

#[test]
fn status_names_who_is_missing() {
    let me = proposer(0);
    let mut e = engine(me);
    let actions = start(&mut e, &[]);
    assert!(actions.contains(&Action::Build { height: H, round: 0 }));
    let b = block("b");
    play(&mut e, [Input::Built { height: H, round: 0, block: b }]);
    let other = (me + 1) % 4;
    play(&mut e, [vote_input(other, VoteKind::Prevote, 0, None)]);
    let status = e.status();
    assert_eq!((status.step, status.proposal, status.proposer), (Step::Prevote, Some(b), id(me)));
    assert_eq!(status.prevotes.get(&id(me)), Some(&Some(b)));
    assert_eq!(status.prevotes.get(&id(other)), Some(&None));
    assert_eq!((status.prevotes_missing.len(), status.precommits_missing.len()), (2, 4));
}

#[test]
fn a_proposer_repeats_its_proposal_with_its_votes() {
    let me = proposer(0);
    let mut e = engine(me);
    start(&mut e, &[]);
    play(&mut e, [Input::Built { height: H, round: 0, block: block("b") }]);
    let actions = play(&mut e, [timeout(TimeoutKind::Rebroadcast, 0)]);
    let messages = sent(&actions);
    assert!(messages.contains(&Message::Proposal(proposal(0, None, block("b")))));
    assert!(messages.contains(&Message::Vote(vote(me, VoteKind::Prevote, 0, Some(block("b"))))));
    assert!(!actions.iter().any(|a| matches!(a, Action::Append(_))), "nothing new is said");
}

fn certificate(b: BlockId, round: u32, voters: &[usize]) -> CommitCertificate {
    let signature = |i: &usize| CommitSignature {
        voter: id(*i),
        signature: vote(*i, VoteKind::Precommit, round, Some(b)).signature,
    };
    let mut signatures: Vec<CommitSignature> = voters.iter().map(signature).collect();
    signatures.sort_by_key(|s| s.voter);
    CommitCertificate { height: H, round, block: b, signatures }
}

#[test]
fn a_synced_block_decides_at_once_and_only_with_a_quorum() {
    let b = block("b");
    for round in [0, 3] {
        let mut e = engine(2);
        start(&mut e, &[]);
        let short = Input::Synced { block: b, certificate: certificate(b, round, &[0, 1]) };
        assert!(!play(&mut e, [short]).iter().any(|a| matches!(a, Action::Decide { .. })));
        let other = Input::Synced { block: block("other"), certificate: certificate(b, round, &[0, 1, 3]) };
        assert_eq!(play(&mut e, [other]), []);
        let actions = play(&mut e, [Input::Synced { block: b, certificate: certificate(b, round, &[0, 1, 3]) }]);
        assert!(actions.contains(&Action::Decide { certificate: certificate(b, round, &[0, 1, 3]) }));
        assert_eq!(actions.last(), Some(&Action::Finalized { height: H, evidence: vec![] }));
        assert_eq!(play(&mut e, [vote_input(0, VoteKind::Prevote, 0, None)]), [], "decided heights are over");
    }
}

#[test]
fn a_synced_block_overrides_an_earlier_bad_verdict() {
    let b = block("b");
    let mut e = engine(2);
    start(&mut e, &[]);
    play(&mut e, [proposal_input(0, None, b), verdict(0, b, false)]);
    let actions = play(&mut e, [Input::Synced { block: b, certificate: certificate(b, 0, &[0, 1, 3]) }]);
    assert!(actions.iter().any(|a| matches!(a, Action::Decide { .. })));
}

#[test]
fn a_follower_decides_without_signing() {
    let signer = HashSigner::new(9);
    let config = Config { chain: chain(), me: id(9), timeouts: TIMEOUTS };
    let mut e = Engine::new(config, signer.clone(), Arc::new(HashKeys), H, set(0..4), Turns::default());
    start(&mut e, &[]);
    let b = block("b");
    let mut inputs = vec![proposal_input(0, None, b), verdict(0, b, true)];
    inputs.extend((0..3).map(|i| vote_input(i, VoteKind::Prevote, 0, Some(b))));
    inputs.extend((0..3).map(|i| vote_input(i, VoteKind::Precommit, 0, Some(b))));
    let actions = play(&mut e, inputs);
    assert!(actions.iter().any(|a| matches!(a, Action::Decide { .. })));
    assert!(sent(&actions).is_empty());
    assert_eq!(signer.signed.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[test]
fn timeouts_grow_by_round_up_to_their_bound() {
    let at = |kind, round| TIMEOUTS.duration_ms(TimeoutId { kind, height: H, round });
    assert_eq!([at(TimeoutKind::Propose, 0), at(TimeoutKind::Propose, 3)], [1_000, 1_600]);
    assert_eq!([at(TimeoutKind::Prevote, 0), at(TimeoutKind::Precommit, 2)], [300, 700]);
    assert_eq!(at(TimeoutKind::Rebroadcast, u32::MAX), bencao_engine::TIMEOUT_MS_MAX);
}

#[test]
fn one_verdict_serves_every_round_that_proposes_the_block() {
    let me = (0..4).find(|i| *i != proposer(1) && *i != proposer(0)).expect("four validators");
    let b = block("b");
    let mut e = engine(me);
    start(&mut e, &[]);
    lock_and_move_on(&mut e, me, b);
    let actions = play(&mut e, [proposal_input(1, Some(0), b)]);
    assert_eq!(own_votes(&actions, me), [(VoteKind::Prevote, 1, Some(b))]);
}

#[test]
fn an_engine_may_live_on_another_thread() {
    fn moves<T: Send>() {}
    moves::<Engine>();
}
