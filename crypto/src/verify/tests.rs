use super::*;
use crate::sm2::SigningKey;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what reaches the library.
#[derive(Default)]
struct Counting(AtomicUsize);

impl KnownKeys for &Counting {
    fn verify(&self, item: &VerifyItem) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        LibraryKeys.verify(item)
    }
}

fn items() -> Vec<VerifyItem> {
    let keys: Vec<SigningKey> = (1..4).map(|seed| SigningKey::from_bytes(&[seed; 32]).unwrap()).collect();
    let item = |i: usize| {
        let key = &keys[i % 3];
        let message = vec![i as u8; i];
        let mut signature = key.sign(&message);
        signature.0[0] ^= u8::from(i.is_multiple_of(4));
        VerifyItem { key: key.public(), message, signature }
    };
    (0..20).map(item).collect()
}

fn cached(inner: &Counting, capacity: usize) -> CachedKeys<&Counting> {
    CachedKeys::new(inner, NonZeroUsize::new(capacity).unwrap())
}

#[test]
fn every_way_gives_the_same_verdicts() {
    let items = items();
    let expected: Vec<bool> = (0..20).map(|i| i % 4 != 0).collect();
    assert_eq!(LibraryKeys.verify_batch(&items), expected);
    for capacity in [1, 3, 100] {
        let counting = Counting::default();
        let keys = cached(&counting, capacity);
        for split in [1, 7, 20] {
            let verdicts: Vec<bool> = items.chunks(split).flat_map(|chunk| keys.verify_batch(chunk)).collect();
            assert_eq!(verdicts, expected);
        }
        let single: Vec<bool> = items.iter().rev().map(|item| keys.verify(item)).collect();
        assert_eq!(single, expected.iter().rev().copied().collect::<Vec<_>>());
        assert!(keys.verify_batch(&[]).is_empty());
    }
}

#[test]
fn a_verdict_is_computed_once_and_forgotten_within_bounds() {
    let items = items();
    let counting = Counting::default();
    let keys = cached(&counting, 20);
    keys.verify_batch(&items);
    keys.verify_batch(&items);
    keys.verify(&items[4]);
    assert_eq!(counting.0.load(Ordering::Relaxed), 20);
    let counting = Counting::default();
    let keys = cached(&counting, 1);
    keys.verify(&items[0]);
    keys.verify(&items[1]);
    keys.verify(&items[0]);
    assert_eq!(counting.0.load(Ordering::Relaxed), 3);
}

#[test]
fn a_verdict_is_for_its_key_message_and_signature_only() {
    let counting = Counting::default();
    let keys = cached(&counting, 100);
    let good = items().remove(1);
    assert!(keys.verify(&good));
    let mut message = good.clone();
    message.message.push(0);
    let mut signature = good.clone();
    signature.signature.0[63] ^= 1;
    let mut key = good.clone();
    key.key = SigningKey::from_bytes(&[9; 32]).unwrap().public();
    assert_eq!(keys.verify_batch(&[message, good, signature, key]), [false, true, false, false]);
}

#[test]
fn one_batch_may_hold_a_claim_twice() {
    let counting = Counting::default();
    let keys = cached(&counting, 100);
    let good = items().remove(1);
    assert_eq!(keys.verify_batch(&[good.clone(), good.clone(), good]), [true; 3]);
}
