//! SM2 verification on every path of this processor: CPU time of one thread for each verification, message digest included.
//! Ratios are to the library with its keys read and Z computed beforehand.
//!
//! `cargo bench -p bencao-benches --bench verify`

use bencao_benches::median_us;
use bencao_crypto::path::{DigestPath, Paths, VerifyPath};
use bencao_crypto::sm2::DEFAULT_ID;
use bencao_crypto::{CryptoPath, KnownKeys, LibraryKeys, SigningKey, TableKeys, VerifyItem};
use sm2::dsa::VerifyingKey;
use sm2::dsa::signature::Verifier as _;
use std::hint::black_box;

/// Distinct keys, used in rotation.
const KEYS: u8 = 32;
/// Claims verified in one round.
const CLAIMS: usize = 256;
/// Memory for tables of all keys, bytes.
const BUDGET: usize = 64 << 20;

fn main() {
    let items = claims();
    let prepared: Vec<VerifyingKey> = items.iter().map(prepare).collect();
    let library = median_us(CLAIMS, || by_library(&prepared, &items));
    report("library/prepared", Some(library), library);
    report("reference", Some(median_us(CLAIMS, || one_by_one(&LibraryKeys, &items))), library);
    let portable = CryptoPath::Portable.resolve().expect("everywhere");
    let first_sight = median_us(CLAIMS, || one_by_one(&TableKeys::on(portable, 0), &items));
    report("first-sight", Some(first_sight), library);
    let combs = with_combs(portable, &items);
    report("comb", Some(median_us(CLAIMS, || one_by_one(&combs, &items))), library);
    let tables = with_tables(portable, &items);
    report("single", Some(median_us(CLAIMS, || one_by_one(&tables, &items))), library);
    let widest = CryptoPath::Auto.resolve().expect("everywhere").digest();
    for (name, path, digest) in [
        ("batch", VerifyPath::Portable, DigestPath::Reference),
        ("batch+sm3", VerifyPath::Portable, widest),
        ("vector", VerifyPath::Ifma, widest),
    ] {
        let tables = Paths::new(path, digest).ok().map(|paths| with_tables(paths, &items));
        for size in [8, 16, 64, 256] {
            let us = tables.as_ref().map(|tables| median_us(CLAIMS, || in_batches(tables, &items, size)));
            report(&format!("{name}/size={size}"), us, library);
        }
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

/// No memory for tables, enough for combs.
fn with_combs(paths: Paths, items: &[VerifyItem]) -> TableKeys {
    let keys = TableKeys::on(paths, 800_000);
    items.iter().for_each(|item| keys.expect(&item.key));
    keys
}

fn with_tables(paths: Paths, items: &[VerifyItem]) -> TableKeys {
    let keys = TableKeys::on(paths, BUDGET);
    items.iter().for_each(|item| keys.expect_often(&item.key));
    keys
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

fn report(name: &str, us: Option<f64>, library: f64) {
    match us {
        Some(us) => println!("verify::{name:<18} {us:8.2} µs  {:6.1}×", library / us),
        None => println!("verify::{name:<18}     null    this processor lacks it"),
    }
}
