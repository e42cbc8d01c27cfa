//! SM2 verification by the library and with tables of known keys: CPU time of one thread for each verification, message
//! digest included. Ratios are to the library with its keys read and Z computed beforehand.
//!
//! `cargo bench -p bencao-benches --bench verify`

use bencao_crypto::sm2::DEFAULT_ID;
use bencao_crypto::{KnownKeys, LibraryKeys, SigningKey, TableKeys, VerifyItem};
use rustix::time::{ClockId, clock_gettime};
use sm2::dsa::VerifyingKey;
use sm2::dsa::signature::Verifier as _;
use std::hint::black_box;

/// Distinct keys, used in rotation.
const KEYS: u8 = 32;
/// Claims verified in one round.
const CLAIMS: usize = 256;
/// Rounds; the median counts.
const ROUNDS: usize = 21;
/// Passes over all claims that make every key hot: each is used 8 times in a pass.
const WARM_UP_PASSES: usize = 20;

fn main() {
    let items = claims();
    let tables = TableKeys::default();
    for _ in 0..WARM_UP_PASSES {
        assert_eq!(tables.verify_batch(&items), vec![true; CLAIMS]);
    }
    let prepared: Vec<VerifyingKey> = items.iter().map(prepare).collect();
    let library = median_us(|| by_library(&prepared, &items));
    report("library/prepared", library, library);
    report("library", median_us(|| one_by_one(&LibraryKeys, &items)), library);
    report("first-sight", median_us(|| one_by_one(&TableKeys::new(0), &items)), library);
    report("single", median_us(|| one_by_one(&tables, &items)), library);
    for size in [16, 64, 256] {
        report(&format!("batch/size={size}"), median_us(|| in_batches(&tables, &items, size)), library);
    }
}

/// Valid claims on short messages, as the ledger signs them: a tag and a digest.
fn claims() -> Vec<VerifyItem> {
    let keys: Vec<SigningKey> = (1..=KEYS).map(|seed| SigningKey::from_bytes(&[seed; 32]).expect("in range")).collect();
    let claim = |(i, key): (usize, &SigningKey)| {
        let message = [&b"bencao/bench/1\0"[..], &[i as u8; 32]].concat();
        VerifyItem { key: key.public(), signature: key.sign(&message), message }
    };
    keys.iter().cycle().take(CLAIMS).enumerate().map(claim).collect()
}

fn prepare(item: &VerifyItem) -> VerifyingKey {
    VerifyingKey::from_sec1_bytes(DEFAULT_ID, &item.key.to_sec1()).expect("on the curve")
}

fn by_library(keys: &[VerifyingKey], items: &[VerifyItem]) {
    for (key, item) in keys.iter().zip(items) {
        let signature = sm2::dsa::Signature::from_slice(&item.signature.0).expect("in range");
        key.verify(black_box(&item.message), &signature).expect("valid");
    }
}

fn one_by_one(keys: &impl KnownKeys, items: &[VerifyItem]) {
    assert!(items.iter().all(|item| keys.verify(black_box(item))));
}

fn in_batches(keys: &impl KnownKeys, items: &[VerifyItem], size: usize) {
    assert!(items.chunks(size).all(|chunk| keys.verify_batch(black_box(chunk)).into_iter().all(|verdict| verdict)));
}

/// Median CPU time of this thread for one claim, µs.
fn median_us(mut round: impl FnMut()) -> f64 {
    round();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = cpu_us();
            round();
            (cpu_us() - start) / CLAIMS as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

/// CPU time of this thread so far, µs: other jobs on the machine do not count.
fn cpu_us() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

fn report(name: &str, us: f64, library: f64) {
    println!("verify::{name:<18} {us:8.2} µs  {:6.1}×", library / us);
}
