//! What [`TableKeys`] keeps, and that it never shows in a verdict.

use super::super::cache::HOT_USES;
use super::*;
use crate::{KnownKeys, SigningKey, TableKeys};

const COMB_BYTES: usize = (4 << 10) + 512;
const TABLE_BYTES: usize = (256 << 10) + 512;

fn claim(seed: u8) -> VerifyItem {
    let key = SigningKey::from_bytes(&[seed; 32]).unwrap();
    VerifyItem { key: key.public(), message: vec![seed], signature: key.sign(&[seed]) }
}

/// A budget with room for so many combs, and for the tables that three times the bytes hold.
fn budget(combs: usize) -> usize {
    4 * combs * COMB_BYTES
}

/// Combs whose part of the budget leaves room for one table.
const WITH_ONE_TABLE: usize = 20;

fn use_until_hot(keys: &TableKeys, item: &VerifyItem) {
    for _ in 0..HOT_USES {
        assert!(keys.verify(item));
    }
}

#[test]
fn a_key_gets_a_comb_at_first_and_a_table_when_hot() {
    let keys = TableKeys::new(budget(WITH_ONE_TABLE));
    let item = claim(1);
    for uses in 1..HOT_USES {
        assert!(keys.verify(&item));
        assert_eq!(keys.held_count(), (1, 0), "after {uses} uses");
    }
    assert!(keys.verify(&item));
    assert_eq!(keys.held_count(), (1, 1));
    assert!(keys.verify(&item));
    assert_eq!(keys.held_count(), (1, 1));
}

#[test]
fn a_batch_warms_a_key_too() {
    let keys = TableKeys::new(budget(WITH_ONE_TABLE));
    // The first of them builds the comb and then uses it.
    let batch = vec![claim(1); HOT_USES as usize - 1];
    assert_eq!(keys.verify_batch(&batch), vec![true; HOT_USES as usize - 1]);
    assert_eq!(keys.held_count(), (1, 0));
    assert_eq!(keys.verify_batch(&batch), vec![true; HOT_USES as usize - 1]);
    assert_eq!(keys.held_count(), (1, 1));
}

#[test]
fn the_budget_holds_and_the_oldest_goes() {
    let keys = TableKeys::new(budget(4));
    for seed in 1..=6 {
        assert!(keys.verify(&claim(seed)));
        assert_eq!(keys.held_count(), (4.min(usize::from(seed)), 0));
    }
    let kept: Vec<bool> = (1..=6).map(|seed| keys.holds(&claim(seed).key)).collect();
    assert_eq!(kept, [false, false, true, true, true, true]);
    assert!(keys.verify(&claim(3)) && keys.verify(&claim(7)));
    assert!(keys.holds(&claim(3).key) && !keys.holds(&claim(4).key));
}

#[test]
fn a_flood_of_new_keys_leaves_hot_ones_alone() {
    let keys = TableKeys::new(budget(WITH_ONE_TABLE));
    use_until_hot(&keys, &claim(1));
    for seed in 2..60 {
        assert!(keys.verify(&claim(seed)));
    }
    assert!(keys.holds(&claim(1).key));
    assert_eq!(keys.held_count(), (WITH_ONE_TABLE, 1));
}

#[test]
fn hot_keys_share_their_part_of_the_budget() {
    assert_eq!(3 * budget(WITH_ONE_TABLE) / 4 / TABLE_BYTES, 1);
    let keys = TableKeys::new(budget(WITH_ONE_TABLE));
    use_until_hot(&keys, &claim(1));
    use_until_hot(&keys, &claim(2));
    assert_eq!(keys.held_count(), (2, 1));
    // The one that lost its table has its comb, and earns another table.
    assert_eq!(keys.counts().tables_built, 2);
    use_until_hot(&keys, &claim(1));
    assert_eq!((keys.held_count(), keys.counts().tables_built), ((2, 1), 3));
}

#[test]
fn without_memory_the_verdicts_are_the_same() {
    let mut items: Vec<VerifyItem> = (1..=20).map(claim).collect();
    items.iter_mut().step_by(3).for_each(|item| item.signature.0[40] ^= 1);
    let expected: Vec<bool> = items.iter().map(library).collect();
    for budget_bytes in [0, 1, 4 * COMB_BYTES - 4, 4 * COMB_BYTES, budget(3)] {
        let keys = TableKeys::new(budget_bytes);
        for _ in 0..2 {
            assert_eq!(keys.verify_batch(&items), expected, "{budget_bytes} bytes");
            let alone: Vec<bool> = items.iter().map(|item| keys.verify(item)).collect();
            assert_eq!(alone, expected, "{budget_bytes} bytes");
        }
        assert_eq!(keys.held_count(), (budget_bytes / 4 / COMB_BYTES, 0));
    }
}

#[test]
fn threads_get_the_same_verdicts_while_tables_come_and_go() {
    let mut items: Vec<VerifyItem> = (1..=12).map(claim).collect();
    items.iter_mut().step_by(2).for_each(|item| item.message.push(1));
    let expected: Vec<bool> = items.iter().map(library).collect();
    let keys = TableKeys::new(budget(WITH_ONE_TABLE));
    let work = |offset: usize| {
        for round in 0..40 {
            let i = (round * 7 + offset) % items.len();
            assert_eq!(keys.verify(&items[i]), expected[i]);
            assert_eq!(keys.verify_batch(&items[..i]), expected[..i]);
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|offset| _ = scope.spawn(move || work(offset))));
    let (combs, tables) = keys.held_count();
    assert!(combs <= WITH_ONE_TABLE && tables <= 1, "{combs} combs, {tables} tables");
}

#[test]
fn with_a_builder_tables_come_from_elsewhere() {
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = calls.clone();
    let keys = TableKeys::new(budget(WITH_ONE_TABLE)).call_builder(move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    let item = claim(1);
    use_until_hot(&keys, &item);
    let calls = || calls.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!((keys.held_count(), calls()), ((1, 0), 1), "called, and the comb goes on serving");
    assert!(keys.verify(&item));
    assert_eq!(keys.held_count(), (1, 0));
    // Not built yet, it is asked for again, and built once.
    use_until_hot(&keys, &item);
    assert_eq!(calls(), 2);
    assert!(keys.build_wanted() && !keys.build_wanted());
    assert_eq!(keys.held_count(), (1, 1));
    assert!(keys.verify(&item));
    assert!(!keys.build_wanted());
}

#[test]
fn expected_keys_take_free_memory_only() {
    let keys = TableKeys::new(budget(2));
    let names: Vec<PublicKey> = (1..=4).map(|seed| claim(seed).key).collect();
    names[..3].iter().for_each(|key| keys.expect(key));
    assert_eq!(keys.held_count(), (2, 0));
    assert!(keys.holds(&names[0]) && keys.holds(&names[1]) && !keys.holds(&names[2]));
    keys.expect(&names[0]);
    assert_eq!(keys.held_count(), (2, 0));
    // No room for a table at all.
    keys.expect_often(&names[3]);
    assert_eq!(keys.held_count(), (2, 0));

    let keys = TableKeys::new(budget(WITH_ONE_TABLE));
    keys.expect_often(&names[0]);
    keys.expect_often(&names[1]);
    keys.expect(&names[0]);
    assert_eq!(keys.held_count(), (0, 1), "a key with a table needs no comb");
    assert!(keys.holds(&names[0]) && !keys.holds(&names[1]));
    assert!(keys.verify(&claim(1)) && keys.verify(&claim(2)));
}

#[test]
fn counts_say_what_was_there() {
    let keys = TableKeys::new(budget(WITH_ONE_TABLE));
    use_until_hot(&keys, &claim(1));
    assert!(keys.verify(&claim(1)) && keys.verify(&claim(2)) && keys.verify(&claim(2)));
    let counts = keys.counts();
    assert_eq!((counts.misses, counts.comb_hits, counts.table_hits), (2, u64::from(HOT_USES), 1));
    assert_eq!((counts.tables_built, counts.bytes), (1, 2 * COMB_BYTES + TABLE_BYTES));
}

#[test]
fn the_reference_path_keeps_nothing() {
    let keys = TableKeys::on(crate::CryptoPath::Reference.resolve().unwrap(), budget(4));
    let mut items = vec![claim(1), claim(2), claim(3)];
    items[1].message.push(7);
    keys.expect(&items[0].key);
    keys.expect_often(&items[0].key);
    assert_eq!(keys.verify_batch(&items), [true, false, true]);
    assert!(keys.verify(&items[0]) && !keys.verify(&items[1]));
    assert_eq!((keys.held_count(), keys.counts()), ((0, 0), Default::default()));
}
