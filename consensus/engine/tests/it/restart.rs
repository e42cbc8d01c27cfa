//! A node that stops at any point says the same again, and nothing else.

use crate::keys::{HashSigner, set};
use crate::rounds::*;
use bencao_consensus::{Turns, VoteKind};
use bencao_engine::{Action, EngineError, LogEntry, LogError, Message, SignedKind, TimeoutKind};
use bencao_genesis::Height;
use std::sync::atomic::Ordering;

fn records(actions: &[Action]) -> Vec<Vec<u8>> {
    let record = |a: &Action| if let Action::Append(r) = a { Some(r.clone()) } else { None };
    actions.iter().filter_map(record).collect()
}

/// Messages of `me` in what was sent.
fn own(actions: &[Action], me: usize) -> Vec<Message> {
    sent(actions).into_iter().filter(|m| m.sender() == Some(crate::keys::id(me))).collect()
}

/// A height up to a precommit, as node `me` sees it.
fn story(me: usize) -> Vec<bencao_engine::Input> {
    let b = block("b");
    let others: Vec<usize> = (0..4).filter(|i| *i != me).collect();
    let mut inputs = vec![proposal_input(0, None, b), verdict(0, b, true)];
    inputs.extend(others.iter().take(2).map(|i| vote_input(*i, VoteKind::Prevote, 0, Some(b))));
    inputs
}

#[test]
fn a_restart_repeats_every_signature_and_signs_nothing() {
    let me = proposer(1);
    let mut e = engine(me);
    start(&mut e, &[]);
    let before = play(&mut e, story(me));
    let said = own(&before, me);
    assert_eq!(said.len(), 2, "a prevote and a precommit");

    let signer = HashSigner::new(me);
    let mut again = engine_with(me, signer.clone());
    let actions = start(&mut again, &records(&before));
    assert_eq!(own(&actions, me), said);
    assert!(records(&actions).is_empty(), "a replay appends nothing");
    assert_eq!(signer.signed.load(Ordering::Relaxed), 0);
    assert_eq!(again.status(), e.status());
}

#[test]
fn every_prefix_of_the_log_leads_back_to_the_same_words() {
    let me = proposer(1);
    let mut e = engine(me);
    start(&mut e, &[]);
    let before = play(&mut e, story(me));
    let (said, log) = (own(&before, me), records(&before));
    for kept in 0..=log.len() {
        let mut again = engine(me);
        let mut actions = start(&mut again, &log[..kept]);
        actions.extend(play(&mut again, story(me)));
        let mut words = own(&actions, me);
        words.dedup();
        for word in &words {
            assert!(said.contains(word), "{kept} records kept: {word:?} was never said");
        }
        assert_eq!(words.len(), said.len());
    }
}

#[test]
fn what_a_replay_signs_anew_is_durable_before_it_is_sent() {
    let me = proposer(1);
    let mut e = engine(me);
    start(&mut e, &[]);
    let before = play(&mut e, story(me));
    let is_own_vote =
        |r: &Vec<u8>| matches!(LogEntry::from_bytes(r), Ok(LogEntry::Vote(v)) if v.vote.voter == crate::keys::id(me));
    let log = records(&before);
    let cut = log.iter().position(is_own_vote).expect("the prevote is in the log");
    let mut again = engine(me);
    let actions = start(&mut again, &log[..cut]);
    let place = |wanted: fn(&Action) -> bool| actions.iter().position(wanted).expect("is there");
    let append = place(|a| matches!(a, Action::Append(_)));
    let flush = place(|a| *a == Action::Flush);
    let publish = place(|a| matches!(a, Action::Broadcast(_)));
    assert!(append < flush && flush < publish);
    assert_eq!(own(&actions, me), own(&before, me)[..1]);
}

#[test]
fn a_proposer_takes_up_its_turn_where_it_was_cut_off() {
    let me = proposer(0);
    let b = block("b");
    let build = Action::Build { height: H, round: 0 };
    let resend = Action::Resend { block: b, round: 0, valid_round: None, proposer: crate::keys::id(me) };
    let mut e = engine(me);
    assert!(start(&mut e, &[]).contains(&build));
    let stray = play(&mut e, [vote_input((me + 1) % 4, VoteKind::Prevote, 0, None)]);
    let before = play(&mut e, [bencao_engine::Input::Built { height: H, round: 0, block: b }]);
    let log: Vec<Vec<u8>> = [records(&stray), records(&before)].concat();
    let kinds: Vec<bool> =
        log.iter().map(|r| matches!(LogEntry::from_bytes(r), Ok(LogEntry::Verdict { .. }))).collect();
    assert_eq!(kinds, [false, true, false, false], "vote, block built, proposal, own prevote");

    // Asked, not answered: asked again, after the replay.
    let actions = start(&mut engine(me), &log[..1]);
    assert_eq!(actions.last(), Some(&build));
    // Built, not proposed: the same block, without asking.
    let actions = start(&mut engine(me), &log[..2]);
    assert!(!actions.contains(&build) && actions.contains(&resend));
    assert_eq!(own(&actions, me)[..], own(&before, me)[..]);
    // Proposed: the same proposal again.
    let actions = start(&mut engine(me), &log[..3]);
    assert!(!actions.contains(&build) && actions.contains(&resend));
    assert!(own(&actions, me).contains(&Message::Proposal(proposal(0, None, b))));
}

#[test]
fn a_decision_in_the_log_is_decided_again() {
    let me = proposer(1);
    let b = block("b");
    let mut e = engine(me);
    start(&mut e, &[]);
    let others: Vec<usize> = (0..4).filter(|i| *i != me).collect();
    let mut before = play(&mut e, story(me));
    before.extend(play(&mut e, others[..2].iter().map(|i| vote_input(*i, VoteKind::Precommit, 0, Some(b)))));
    let decide = before.iter().find(|a| matches!(a, Action::Decide { .. })).expect("a quorum precommitted");
    let mut again = engine(me);
    let actions = start(&mut again, &records(&before));
    assert!(actions.contains(decide));
    assert!(actions.iter().any(|a| matches!(a, Action::Finalized { .. })));
}

#[test]
fn later_rounds_are_replayed_too() {
    let me = proposer(1);
    let mut e = engine(me);
    start(&mut e, &[]);
    let others: Vec<usize> = (0..4).filter(|i| *i != me).collect();
    let mut before = play(&mut e, [timeout(TimeoutKind::Propose, 0)]);
    before.extend(play(&mut e, others[..2].iter().map(|i| vote_input(*i, VoteKind::Prevote, 0, None))));
    before.extend(play(&mut e, others[..2].iter().map(|i| vote_input(*i, VoteKind::Precommit, 0, None))));
    before.extend(play(&mut e, [timeout(TimeoutKind::Precommit, 0)]));
    assert_eq!(e.round(), 1);
    assert!(before.contains(&Action::Build { height: H, round: 1 }));
    let mut again = engine(me);
    let actions = start(&mut again, &records(&before));
    assert_eq!(again.round(), 1);
    let builds: Vec<&Action> = actions.iter().filter(|a| matches!(a, Action::Build { .. })).collect();
    assert_eq!(builds, [&Action::Build { height: H, round: 1 }]);
}

#[test]
fn a_damaged_log_stops_the_node() {
    let record = LogEntry::Vote(vote(1, VoteKind::Prevote, 0, None)).to_bytes();
    let start = |log: &[Vec<u8>]| engine(0).start(H, set(0..4), Turns::default(), log);
    let mut wrong = record.clone();
    wrong[0] = 9;
    assert_eq!(start(&[record.clone(), wrong]), Err(EngineError::Log { index: 1, source: LogError::Version(9) }));
    for damaged in [vec![], record[..record.len() - 1].to_vec(), [&record[..], &[0]].concat()] {
        assert!(matches!(start(&[damaged]), Err(EngineError::Log { index: 0, source: LogError::Malformed(_) })));
    }
    let mut other = vote(1, VoteKind::Prevote, 0, None);
    other.vote.height = Height(2);
    let other = LogEntry::Vote(other).to_bytes();
    let expected = EngineError::LogHeight { index: 0, expected: H, actual: Height(2) };
    assert_eq!(start(&[other]), Err(expected));
}

#[test]
fn a_log_that_contradicts_itself_stops_the_node() {
    let me = proposer(1);
    let b = block("b");
    let judged = LogEntry::Verdict {
        height: H,
        round: 0,
        valid_round: None,
        proposer: crate::keys::id(proposer(0)),
        block: b,
        valid: true,
    };
    let log = [
        LogEntry::Proposal(proposal(0, None, b)),
        judged,
        // This node prevoted nil, says the log; what comes before says it prevoted the block.
        LogEntry::Vote(vote(me, VoteKind::Prevote, 0, None)),
    ];
    let log: Vec<Vec<u8>> = log.iter().map(LogEntry::to_bytes).collect();
    let expected = EngineError::Divergence { kind: SignedKind::Prevote, height: H, round: 0 };
    assert_eq!(engine(me).start(H, set(0..4), Turns::default(), &log), Err(expected));
}

#[test]
fn heights_start_once_and_in_order() {
    let mut e = engine(0);
    start(&mut e, &[]);
    let turns = Turns::default;
    assert_eq!(e.start(H, set(0..4), turns(), &[]), Err(EngineError::StartOrder { current: H, asked: H }));
    assert!(e.start(Height(5), set(0..4), turns(), &[]).is_ok(), "the chain moved on without the engine");
    assert_eq!(
        e.start(Height(4), set(0..4), turns(), &[]),
        Err(EngineError::StartOrder { current: Height(5), asked: Height(4) })
    );
}
