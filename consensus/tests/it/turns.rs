//! The fold that skips turns, played over many heights.

use crate::chain::*;
use bencao_consensus::turns::{BACKOFF_EXPONENT_MAX, BACKOFF_EXPONENT_MIN};
use bencao_consensus::{Turns, ValidatorSet};
use bencao_crypto::KeyId;
use bencao_genesis::Height;

/// A chain whose heights are decided by the first proposer that is alive.
struct Chain {
    set: ValidatorSet,
    /// In force at height index + 1.
    turns: Vec<Turns>,
    rounds: Vec<u32>,
}

impl Chain {
    fn new(set: ValidatorSet) -> Chain {
        Chain { set, turns: vec![Turns::default(), Turns::default()], rounds: Vec::new() }
    }

    fn height(&self) -> u64 {
        self.rounds.len() as u64 + 1
    }

    fn now(&self) -> &Turns {
        &self.turns[self.rounds.len()]
    }

    /// Decides one height; gives its round.
    fn decide(&mut self, alive: impl Fn(&KeyId) -> bool) -> u32 {
        let height = self.height();
        let proposer = |r: &u32| self.now().proposer(&self.set, Height(height), *r).id;
        let round = (0..1_000).find(|r| alive(&proposer(r))).expect("somebody is alive");
        self.decide_in(round)
    }

    fn decide_in(&mut self, round: u32) -> u32 {
        self.rounds.push(round);
        let decided = self.rounds.len();
        if decided >= 2 {
            // Block `decided` carries the certificate of the height before.
            let (height, round) = (Height(decided as u64 - 1), self.rounds[decided - 2]);
            let next = self.turns[decided - 2].after(&self.set, height, round, &self.turns[decided - 1]);
            self.turns.push(next);
        }
        round
    }

    fn skipped(&self) -> Vec<KeyId> {
        let skipped = |id: &KeyId| self.now().is_skipped(id, Height(self.height()));
        self.set.members().iter().map(|v| v.id).filter(skipped).collect()
    }
}

#[test]
fn without_failures_turns_go_round() {
    let mut chain = Chain::new(set(0..4));
    let members: Vec<KeyId> = chain.set.members().iter().map(|v| v.id).collect();
    for height in 1..=20u64 {
        let proposers: Vec<KeyId> = (0..4).map(|r| chain.now().proposer(&chain.set, Height(height), r).id).collect();
        let expected: Vec<KeyId> = (0..4).map(|r| members[(height as usize + r) % 4]).collect();
        assert_eq!(proposers, expected);
        assert_eq!(chain.decide(|_| true), 0);
    }
    assert_eq!(chain.now(), &Turns::default());
}

#[test]
fn after_one_failure_a_dead_validator_costs_nothing_for_128_heights() {
    for dead in 0..4 {
        let mut chain = Chain::new(set(0..4));
        let rounds: Vec<u32> = (0..135).map(|_| chain.decide(|k| *k != id(dead))).collect();
        let failed = rounds.iter().position(|r| *r > 0).expect("it misses its first turn");
        assert_eq!(rounds[failed], 1);
        assert_eq!(rounds[failed + 1..failed + 130], [0; 129]);
    }
}

#[test]
fn a_dead_validator_is_tried_again_at_growing_distances() {
    let dead = id(2);
    let mut chain = Chain::new(set(0..4));
    let mut failures = Vec::new();
    while chain.height() < 6_000 {
        let height = chain.height();
        if chain.decide(|k| *k != dead) > 0 {
            failures.push(height);
        }
    }
    let gaps: Vec<u64> = failures.windows(2).map(|w| w[1] - w[0]).collect();
    // 2ᵏ heights without a turn, two of lag, up to three until its turn comes round.
    for (gap, k) in gaps.iter().zip((BACKOFF_EXPONENT_MIN..=BACKOFF_EXPONENT_MAX).chain([BACKOFF_EXPONENT_MAX; 10])) {
        assert!((1 << k..(1 << k) + 6).contains(gap), "gaps {gaps:?}");
    }
    assert!(gaps.len() >= 6);
}

#[test]
fn a_validator_that_returns_is_forgiven_with_its_first_success() {
    let dead = id(1);
    let mut chain = Chain::new(set(0..4));
    while chain.decide(|k| *k != dead) == 0 {}
    let failed = chain.height() - 1;
    for _ in 0..300 {
        chain.decide(|_| true);
    }
    assert_eq!(chain.rounds[failed as usize..].iter().max(), Some(&0));
    assert_eq!(chain.now().missed(), []);
    let first_turn = (failed + 1..chain.height())
        .find(|h| *h > failed + 1 && chain.turns[*h as usize - 1].proposer(&chain.set, Height(*h), 0).id == dead)
        .expect("it has turns again");
    assert!((failed + 2 + 128..failed + 2 + 128 + 4).contains(&first_turn), "{failed} {first_turn}");
}

#[test]
fn never_more_than_f_are_skipped() {
    for n in [1, 2, 3, 4, 5, 6, 7, 10, 13] {
        let mut chain = Chain::new(set(0..n));
        let mut seed = 7u64;
        for _ in 0..3_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Mostly calm, now and then many rounds.
            let round = if seed >> 60 == 0 { (seed >> 32) as u32 % 40 } else { 0 };
            chain.decide_in(round);
            assert!(chain.skipped().len() <= chain.set.faults_max(), "n = {n}");
        }
    }
}

#[test]
fn a_height_that_fails_many_rounds_counts_one_failure_each() {
    let mut chain = Chain::new(set(0..7));
    chain.decide_in(25);
    chain.decide_in(0);
    chain.decide_in(0);
    assert!(chain.now().missed().iter().all(|m| m.exponent == BACKOFF_EXPONENT_MIN && m.failed == Height(1)));
    assert_eq!(chain.skipped().len(), 2);
}

#[test]
fn a_new_death_takes_the_place_of_one_that_came_back() {
    let (first, second) = (id(0), id(3));
    let mut chain = Chain::new(set(0..4));
    while chain.decide(|k| *k != first) == 0 {}
    for _ in 0..10 {
        chain.decide(|k| *k != first);
    }
    assert_eq!(chain.skipped(), [first]);
    // The first is back, the second goes.
    while chain.decide(|k| *k != second) == 0 {}
    let costs: u32 = (0..100).map(|_| chain.decide(|k| *k != second)).sum();
    assert_eq!(chain.skipped(), [second]);
    assert_eq!(costs, 0);
}

#[test]
fn the_fold_does_not_depend_on_the_order_of_the_set() {
    let orders: [[usize; 7]; 3] = [[0, 1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1, 0], [3, 0, 6, 2, 5, 1, 4]];
    let runs = orders.map(|order| {
        let mut chain = Chain::new(set(order));
        for height in 0..400 {
            chain.decide(|k| *k != id(2) && (height < 50 || *k != id(5)));
        }
        chain.turns
    });
    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0], runs[2]);
}

#[test]
fn rounds_and_heights_at_the_end_of_their_range_do_not_overflow() {
    let set = set(0..4);
    let turns = Turns::default().after(&set, Height(u64::MAX), u32::MAX, &Turns::default());
    turns.proposer(&set, Height(u64::MAX), u32::MAX);
    assert!(turns.missed().len() <= 4);
}

#[test]
fn those_who_left_the_set_are_forgotten() {
    let mut chain = Chain::new(set(0..4));
    while chain.decide(|k| *k != id(0)) == 0 {}
    chain.decide(|k| *k != id(0));
    chain.decide(|k| *k != id(0));
    assert_eq!(chain.now().missed().len(), 1);
    chain.set = set(1..5);
    chain.decide(|_| true);
    chain.decide(|_| true);
    assert_eq!(chain.now().missed(), []);
}
