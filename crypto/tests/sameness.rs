//! Every path of SM2 verification gives RustCrypto's verdict, for every claim, order and batch.
//!
//! A hundred thousand cases run with the other tests. The long run, with progress on standard error:
//!
//! ```text
//! BENCAO_CASES=10000000 BENCAO_SEED=1 cargo test --release -p bencao-crypto --test sameness -- --ignored --nocapture
//! ```
//!
//! Which paths are compared depends on the processor. AVX-512 IFMA is among them where there is some; its algorithm on plain
//! integers is everywhere.

#[path = "sameness/claims.rs"]
mod claims;

use bencao_chance::Rng;
use bencao_crypto::path::{DigestPath, Paths, VerifyPath};
use bencao_crypto::{DigestClaim, TableKeys};
use claims::{Keys, from_bytes, reference};

/// Tables for all keys of a run, or for two of them.
const AMPLE: usize = 64 << 20;
const SCARCE: usize = 1_000_000;

/// Every path but the reference, with tables for all keys; then the same with room for hardly any.
fn all_tables(keys: &Keys) -> (Vec<TableKeys>, Vec<TableKeys>) {
    let available = VerifyPath::ALL.into_iter().filter(|path| *path != VerifyPath::Reference && path.is_available());
    let tables = |path| {
        let paths = Paths::new(path, DigestPath::Reference).expect("available");
        let ample = TableKeys::on(paths, AMPLE);
        keys.publics().for_each(|key| ample.expect_often(key));
        (ample, TableKeys::on(paths, SCARCE))
    };
    available.map(tables).unzip()
}

/// The same permutation of claims and their verdicts.
fn shuffle(rng: &mut Rng, claims: &mut [DigestClaim], verdicts: &mut [bool]) {
    for i in (1..claims.len()).rev() {
        let j = rng.below(i + 1);
        claims.swap(i, j);
        verdicts.swap(i, j);
    }
}

/// Compares `count` cases: all in one call, split at random places in another order, and some one by one. Where hardly any
/// key has a table, most of the time goes into tables that are thrown away at once: there, every fifth group. Returns how
/// many were valid.
fn compare(count: usize, seed: u64) -> usize {
    let mut rng = Rng(seed);
    let keys = Keys::new(&mut rng);
    let (ample, scarce) = all_tables(&keys);
    let (mut done, mut valid) = (0, 0);
    while done < count {
        let crafted = done % 600 == 0;
        let tables: Vec<&TableKeys> = ample.iter().chain(scarce.iter().filter(|_| done % 1_500 == 0)).collect();
        let mut claims: Vec<DigestClaim> = (0..300.min(count - done)).map(|_| keys.claim(&mut rng, crafted)).collect();
        let mut expected = reference(&claims);
        valid += expected.iter().filter(|verdict| **verdict).count();
        for tables in &tables {
            assert_eq!(tables.verify_digests(&claims), expected, "{} after {done}, seed {seed}", tables.paths());
        }
        shuffle(&mut rng, &mut claims, &mut expected);
        for tables in &tables {
            let (mut left, mut verdicts) = (&claims[..], vec![]);
            while !left.is_empty() {
                let (now, later) = left.split_at(left.len().min(1 + rng.below(60)));
                verdicts.extend(tables.verify_digests(now));
                left = later;
            }
            assert_eq!(verdicts, expected, "{} split, after {done}, seed {seed}", tables.paths());
        }
        done += claims.len();
        if count > 1_000_000 && done.is_multiple_of(30_000) {
            eprintln!("{done} cases alike, {valid} of them valid");
        }
    }
    valid
}

#[test]
fn a_hundred_thousand_cases() {
    let count = 100_000;
    let valid = compare(count, 1);
    assert!((count / 4..count * 3 / 4).contains(&valid), "{valid} valid");
}

#[test]
#[ignore = "the long run; see above"]
fn as_many_cases_as_asked_for() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let count = number("BENCAO_CASES").unwrap_or(10_000_000) as usize;
    let seed = number("BENCAO_SEED").unwrap_or(1);
    let valid = compare(count, seed);
    eprintln!("{count} cases alike, {valid} of them valid, seed {seed}");
}

#[test]
fn every_batch_size_up_to_three_hundred_in_any_order() {
    let mut rng = Rng(2);
    let keys = Keys::new(&mut rng);
    let mut claims: Vec<DigestClaim> = (0..300).map(|i| keys.claim(&mut rng, i % 3 == 0)).collect();
    let mut expected = reference(&claims);
    let (ample, scarce) = all_tables(&keys);
    let tables: Vec<&TableKeys> = ample.iter().chain(&scarce).collect();
    for size in 1..=300 {
        shuffle(&mut rng, &mut claims, &mut expected);
        for tables in &tables {
            assert_eq!(tables.verify_digests(&claims[..size]), expected[..size], "{} of {size}", tables.paths());
        }
    }
}

/// What the fuzz target `verdicts` does without end (`tests/fuzz`).
#[test]
fn claims_from_arbitrary_bytes() {
    let mut rng = Rng(3);
    let keys = Keys::new(&mut rng);
    let (ample, scarce) = all_tables(&keys);
    let tables: Vec<&TableKeys> = ample.iter().chain(&scarce).collect();
    let (mut total, mut valid) = (0, 0);
    for _ in 0..300 {
        let length = rng.below(1_200);
        let input = rng.bytes(length);
        let claims = from_bytes(&keys, &input);
        let expected = reference(&claims);
        for tables in &tables {
            assert_eq!(tables.verify_digests(&claims), expected, "{}: {input:x?}", tables.paths());
        }
        total += claims.len();
        valid += expected.iter().filter(|verdict| **verdict).count();
    }
    assert!(valid > 200 && total - valid > 200, "{valid} of {total} valid");
}
