//! Whole claims, message and all, against the library: random and altered ones, alone and in every batch.

use super::*;
use crate::{KnownKeys, SigningKey, TableKeys};

/// Keys with their private scalars: ±2G, G and random ones; then −G, which cannot sign.
struct Keys {
    signing: Vec<SigningKey>,
    minus_g: PublicKey,
}

impl Keys {
    fn new(rng: &mut Rng, count: usize) -> Keys {
        let ends = [Scalar::ONE, Scalar::from(2u64), -Scalar::from(2u64)].map(|d| scalar_bytes(&d));
        let random = (0..count).map(|_| scalar_bytes(&scalar(rng)));
        let signing = ends.into_iter().chain(random).map(|d| SigningKey::from_bytes(&d).unwrap()).collect();
        Keys { signing, minus_g: public(&-ProjectivePoint::GENERATOR) }
    }

    fn any(&self, rng: &mut Rng) -> &SigningKey {
        &self.signing[rng.below(self.signing.len())]
    }

    /// A claim of a random message; half of the claims are altered.
    fn claim(&self, rng: &mut Rng) -> VerifyItem {
        let key = self.any(rng);
        let mut message = vec![0; rng.below(120)];
        message.iter_mut().for_each(|byte| *byte = rng.draw() as u8);
        let signature = key.sign(&message);
        let mut item = VerifyItem { key: key.public(), message, signature };
        self.alter(&mut item, key, rng);
        item
    }

    fn alter(&self, item: &mut VerifyItem, key: &SigningKey, rng: &mut Rng) {
        let edges = edges();
        let (mut r, mut s) = ([0; 32], [0; 32]);
        r.copy_from_slice(&item.signature.0[..32]);
        s.copy_from_slice(&item.signature.0[32..]);
        match rng.below(24) {
            0 | 1 => r[rng.below(32)] ^= 1 << rng.below(8),
            2 | 3 => s[rng.below(32)] ^= 1 << rng.below(8),
            4 => item.message.push(0),
            5 => item.key = self.any(rng).public(),
            6 => item.key = opposite(&item.key),
            7 => item.key = self.minus_g,
            8 => r = edges[rng.below(6)],
            9 => s = edges[rng.below(6)],
            10 => (r, s) = (edges[rng.below(6)], edges[rng.below(6)]),
            11 => (r, s) = (s, r),
            // t = 0
            12 => s = scalar_bytes(&-reduced(r)),
            // sG + tP = infinity
            13 => {
                let t = scalar(rng);
                let minus_s = t * reduced(*key.to_bytes());
                (r, s) = (scalar_bytes(&(t + minus_s)), scalar_bytes(&-minus_s));
            }
            _ => {}
        }
        item.signature = joined(r, s);
    }
}

/// (x, p − y).
fn opposite(key: &PublicKey) -> PublicKey {
    let (x, y) = key.as_bytes().split_at(32);
    let y = be_bytes(&(arithmetic::prime() - BigUint::from_bytes_be(y)));
    PublicKey::from_bytes(joined(x.try_into().unwrap(), y).0).unwrap()
}

/// Compares `count` claims, in chunks, with the library's verdicts: one by one, in batches, in other orders and with
/// little memory. Returns how many were valid. `tests/sameness.rs` does the same for every path and for structured scalars.
fn compare(count: usize, seed: u64) -> usize {
    let mut rng = Rng(seed);
    let keys = Keys::new(&mut rng, 12);
    let (ample, scarce) = (TableKeys::default(), TableKeys::new(700_000));
    let mut valid = 0;
    for start in (0..count).step_by(500) {
        let mut items: Vec<VerifyItem> = (start..count.min(start + 500)).map(|_| keys.claim(&mut rng)).collect();
        let mut expected: Vec<bool> = items.iter().map(library).collect();
        valid += expected.iter().filter(|verdict| **verdict).count();
        assert_eq!(items.iter().map(|item| ample.verify(item)).collect::<Vec<_>>(), expected, "single, from {start}");
        assert_eq!(ample.verify_batch(&items), expected, "batch, from {start}");
        items.reverse();
        expected.reverse();
        let size = 1 + rng.below(100);
        let split: Vec<bool> = items.chunks(size).flat_map(|chunk| ample.verify_batch(chunk)).collect();
        assert_eq!(split, expected, "batches of {size}, from {start}");
        let few = items.len().min(50);
        assert_eq!(scarce.verify_batch(&items[..few]), expected[..few], "little memory, from {start}");
    }
    valid
}

#[test]
fn ten_thousand_claims() {
    let valid = compare(10_000, 10);
    assert!((4_000..6_000).contains(&valid), "{valid} valid");
}

#[test]
fn every_batch_size_and_order_and_duplicates() {
    let mut rng = Rng(12);
    let keys = Keys::new(&mut rng, 5);
    let pool: Vec<VerifyItem> = (0..300).map(|_| keys.claim(&mut rng)).collect();
    let expected: Vec<bool> = pool.iter().map(library).collect();
    let tables = TableKeys::default();
    for size in 1..=64 {
        for _ in 0..4 {
            // With repetition: in most larger batches some claim stands twice.
            let mut chosen: Vec<usize> = (0..size).map(|_| rng.below(pool.len())).collect();
            for _ in 0..2 {
                let items: Vec<VerifyItem> = chosen.iter().map(|i| pool[*i].clone()).collect();
                let verdicts: Vec<bool> = chosen.iter().map(|i| expected[*i]).collect();
                assert_eq!(tables.verify_batch(&items), verdicts, "{chosen:?}");
                rng.shuffle(&mut chosen);
            }
        }
    }
    for same in [2, 9, 64] {
        for i in [0, 1, 2, 3] {
            assert_eq!(tables.verify_batch(&vec![pool[i].clone(); same]), vec![expected[i]; same]);
        }
    }
    assert!(tables.verify_batch(&[]).is_empty());
}

/// The affine path itself, without the threshold below which [`TableKeys`] verifies one by one; claims that meet the
/// exceptional case among others.
#[test]
fn every_size_of_the_affine_path_with_exceptional_claims() {
    let mut rng = Rng(13);
    let mut pool = crafted::cases();
    rng.shuffle(&mut pool);
    pool.truncate(120);
    let tables: Vec<Table> = pool.iter().map(|case| Table::build(&affine(&case.0.key), 4 + rng.below(5))).collect();
    for size in 1..=64 {
        let mut chosen: Vec<usize> = (0..size).map(|_| rng.below(pool.len())).collect();
        for _ in 0..3 {
            rng.shuffle(&mut chosen);
            let items: Vec<Item<'_>> = chosen.iter().map(|i| pool[*i].0.item(&tables[*i])).collect();
            let verdicts: Vec<bool> = chosen.iter().map(|i| pool[*i].1).collect();
            assert_eq!(batch::verify(Table::generator(), &items), verdicts, "{chosen:?}");
        }
    }
    assert!(batch::verify(Table::generator(), &[]).is_empty());
}

/// Lanes themselves, with keys of different widths in one call and claims out of range among them.
#[test]
fn every_size_of_the_lanes() {
    let mut rng = Rng(14);
    let keys = Keys::new(&mut rng, 20);
    let pool: Vec<VerifyItem> = (0..120).map(|_| keys.claim(&mut rng)).collect();
    let infinite = |item: &VerifyItem| in_lanes_alone(item).is_none();
    let pool: Vec<VerifyItem> = pool.into_iter().filter(|item| !infinite(item)).collect();
    let tables: Vec<Table> = pool.iter().map(|item| Table::build(&affine(&item.key), 4 + rng.below(3))).collect();
    for size in 0..=64 {
        let chosen: Vec<usize> = (0..size).map(|_| rng.below(pool.len())).collect();
        let item = |i: &usize| {
            let e = pool[*i].key.message_digest(&pool[*i].message);
            Item { key: &tables[*i], e, signature: &pool[*i].signature }
        };
        let items: Vec<Item<'_>> = chosen.iter().map(item).collect();
        let verdicts: Vec<bool> = chosen.iter().map(|i| library(&pool[*i])).collect();
        for given in in_lanes(Table::generator(), &items) {
            assert_eq!(given.as_ref(), Some(&verdicts), "{chosen:?}");
        }
    }
}

/// `None` if lanes give up on this claim.
fn in_lanes_alone(item: &VerifyItem) -> Option<()> {
    let table = Table::build(&affine(&item.key), 4);
    let e = item.key.message_digest(&item.message);
    let item = Item { key: &table, e, signature: &item.signature };
    in_lanes(Table::generator(), &[item]).into_iter().all(|given| given.is_some()).then_some(())
}

#[test]
fn the_standards_example() {
    let key = crate::vectors::key().public();
    let signature = Signature(crate::vectors::bytes(crate::vectors::SM2_SIGNATURE).try_into().unwrap());
    let mut item = VerifyItem { key, message: b"message digest".to_vec(), signature };
    assert!(TableKeys::default().verify(&item));
    item.message[0] ^= 1;
    assert!(!TableKeys::default().verify(&item));
}
