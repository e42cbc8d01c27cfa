use super::*;
use bencao_crypto::{LibraryKeys, SigningKey};
use std::sync::atomic::AtomicUsize;

/// The library behind a gate, counting calls of claims.
struct Gated {
    open: Mutex<bool>,
    moved: Condvar,
    inside: AtomicUsize,
    batches: Mutex<Vec<usize>>,
    panics: AtomicUsize,
}

impl Gated {
    fn new(open: bool) -> Gated {
        Gated {
            open: Mutex::new(open),
            moved: Condvar::new(),
            inside: AtomicUsize::new(0),
            batches: Mutex::default(),
            panics: AtomicUsize::new(0),
        }
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.moved.notify_all();
    }

    fn pass(&self, claims: usize) {
        self.inside.fetch_add(1, Ordering::SeqCst);
        drop(self.moved.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap());
        let left = self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        assert!(left.is_err(), "as the test asked");
        self.batches.lock().unwrap().push(claims);
    }
}

impl KnownKeys for &Gated {
    fn verify(&self, item: &VerifyItem) -> bool {
        self.pass(1);
        LibraryKeys.verify(item)
    }

    fn verify_batch(&self, items: &[VerifyItem]) -> Vec<bool> {
        self.pass(items.len());
        LibraryKeys.verify_batch(items)
    }
}

/// Twenty claims; every fourth is false.
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

fn expected() -> Vec<bool> {
    (0..20).map(|i| i % 4 != 0).collect()
}

fn verdicts(keys: &Gated, desks: usize, memory: usize) -> Verdicts<&Gated> {
    Verdicts::new(keys, NonZeroUsize::new(desks).unwrap(), NonZeroUsize::new(memory).unwrap())
}

fn judged(verdicts: &Verdicts<&Gated>) -> u64 {
    verdicts.counts.judged.load(Ordering::Relaxed)
}

/// Until `reached`, letting others run.
fn until(reached: impl Fn() -> bool) {
    while !reached() {
        std::thread::yield_now();
    }
}

#[test]
fn every_way_gives_the_same_verdicts() {
    let (items, expected) = (items(), expected());
    for memory in [1, 3, 100] {
        let keys = Gated::new(true);
        let verdicts = verdicts(&keys, 1, memory);
        for split in [1, 7, 20] {
            let given: Vec<bool> = items.chunks(split).flat_map(|chunk| verdicts.verify_batch(chunk)).collect();
            assert_eq!(given, expected);
        }
        let single: Vec<bool> = items.iter().rev().map(|item| verdicts.verify(item)).collect();
        assert_eq!(single, expected.iter().rev().copied().collect::<Vec<_>>());
        assert!(verdicts.verify_batch(&[]).is_empty());
    }
}

#[test]
fn a_verdict_is_found_once_and_forgotten_within_bounds() {
    let items = items();
    let keys = Gated::new(true);
    let roomy = verdicts(&keys, 1, 20);
    roomy.verify_batch(&items);
    roomy.verify_batch(&items);
    roomy.verify(&items[4]);
    assert_eq!(judged(&roomy), 20);
    let narrow = verdicts(&keys, 1, 1);
    for i in [0, 1, 0] {
        narrow.verify(&items[i]);
    }
    assert_eq!(judged(&narrow), 3);
}

#[test]
fn a_verdict_is_for_its_key_message_and_signature_only() {
    let keys = Gated::new(true);
    let verdicts = verdicts(&keys, 1, 100);
    let good = items().remove(1);
    assert!(verdicts.verify(&good));
    let mut message = good.clone();
    message.message.push(0);
    let mut signature = good.clone();
    signature.signature.0[63] ^= 1;
    let mut key = good.clone();
    key.key = SigningKey::from_bytes(&[9; 32]).unwrap().public();
    assert_eq!(verdicts.verify_batch(&[message, good, signature, key]), [false, true, false, false]);
}

#[test]
fn one_batch_may_hold_a_claim_twice_and_judges_it_once() {
    let keys = Gated::new(true);
    let verdicts = verdicts(&keys, 1, 100);
    let good = items().remove(1);
    assert_eq!(verdicts.verify_batch(&[good.clone(), good.clone(), good]), [true; 3]);
    assert_eq!(judged(&verdicts), 1);
}

#[test]
fn who_asks_what_another_is_judging_waits_for_that_verdict() {
    let keys = Gated::new(false);
    let verdicts = verdicts(&keys, 2, 100);
    let good = items().remove(1);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| verdicts.verify(&good));
        until(|| keys.inside.load(Ordering::SeqCst) == 1);
        let second = scope.spawn(|| verdicts.verify_batch(std::slice::from_ref(&good)));
        until(|| verdicts.counts.shared.load(Ordering::Relaxed) == 1);
        keys.open();
        assert!(first.join().unwrap());
        assert_eq!(second.join().unwrap(), [true]);
    });
    assert_eq!(judged(&verdicts), 1);
}

#[test]
fn claims_that_arrive_while_every_desk_is_taken_are_judged_together() {
    let keys = Gated::new(false);
    let verdicts = verdicts(&keys, 1, 100);
    let items = items();
    std::thread::scope(|scope| {
        let asked: Vec<_> = items[..1].iter().map(|item| scope.spawn(|| verdicts.verify(item))).collect();
        until(|| keys.inside.load(Ordering::SeqCst) == 1);
        let later: Vec<_> = items[1..].iter().map(|item| scope.spawn(|| verdicts.verify(item))).collect();
        until(|| verdicts.hall().queue.len() == 19);
        keys.open();
        let given: Vec<bool> = asked.into_iter().chain(later).map(|thread| thread.join().unwrap()).collect();
        assert_eq!(given, expected());
    });
    assert_eq!(*keys.batches.lock().unwrap(), [1, 19]);
}

#[test]
fn a_vote_does_not_wait_behind_a_long_queue() {
    let keys = Gated::new(false);
    let verdicts = verdicts(&keys, 1, 1_000);
    let good = items().remove(1);
    let many: Vec<VerifyItem> =
        (0..3 * BATCH_MAX).map(|i| VerifyItem { message: (i as u64).to_be_bytes().to_vec(), ..good.clone() }).collect();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| verdicts.verify(&items()[5]));
        until(|| keys.inside.load(Ordering::SeqCst) == 1);
        let batch = scope.spawn(|| verdicts.verify_batch(&many));
        until(|| verdicts.hall().queue.len() == many.len());
        let vote = scope.spawn(|| verdicts.verify(&good));
        until(|| verdicts.hall().queue.len() == many.len() + 1);
        assert_eq!(verdicts.hall().queue[0].name, good.name());
        keys.open();
        assert!(first.join().unwrap() && vote.join().unwrap());
        assert_eq!(batch.join().unwrap(), vec![false; many.len()]);
    });
    let sizes = keys.batches.lock().unwrap().clone();
    assert!(sizes.iter().all(|size| *size <= BATCH_MAX), "{sizes:?}");
}

#[test]
fn a_panic_leaves_nobody_waiting() {
    let keys = Gated::new(true);
    keys.panics.store(1, Ordering::SeqCst);
    let verdicts = verdicts(&keys, 1, 100);
    let items = items();
    std::thread::scope(|scope| assert!(scope.spawn(|| verdicts.verify_batch(&items)).join().is_err()));
    assert_eq!(verdicts.hall().free_desks, 1);
    assert_eq!(verdicts.verify_batch(&items), expected());
    let hall = verdicts.hall();
    assert_eq!((hall.open.len(), hall.queue.len()), (0, 0));
}
