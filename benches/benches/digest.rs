//! SM3 of many messages on every path of this processor: CPU time of one thread for each digest, and the ratio to one by one.
//!
//! `cargo bench -p bencao-benches --bench digest`

use bencao_benches::median_us;
use bencao_crypto::path::{DigestPath, Paths, VerifyPath};
use bencao_crypto::{Digest, Messages, merkle};
use std::hint::black_box;

/// Messages digested in one round.
const MESSAGES: usize = 1024;

fn main() {
    // 64 bytes: two digests side by side. 65 and 80: inner nodes of the two kinds of trees, two blocks as well.
    for bytes in [32, 64, 65, 80, 256, 1024] {
        let list: Vec<Vec<u8>> = (0..MESSAGES).map(|i| vec![i as u8; bytes]).collect();
        let measure = |path| {
            let paths = Paths::new(VerifyPath::Portable, path).ok()?;
            Some(median_us(MESSAGES, || _ = black_box(digest_all(paths, black_box(&list)))))
        };
        let one_by_one = measure(DigestPath::Reference).expect("everywhere");
        for path in [DigestPath::Reference, DigestPath::Avx2, DigestPath::Avx512] {
            report(&format!("sm3/path={} bytes={bytes}", path.name()), measure(path), one_by_one);
        }
    }
    let leaves: Vec<Digest> = (0..MESSAGES).map(|i| merkle::leaf(&[i as u8])).collect();
    let us = median_us(MESSAGES, || _ = black_box(merkle::root(black_box(&leaves))));
    println!("merkle::root/leaves={MESSAGES} {:.1} ns a leaf, on the path that auto takes", us * 1e3);
}

/// Padding included.
fn digest_all(paths: Paths, list: &[Vec<u8>]) -> Vec<Digest> {
    let mut messages = Messages::with_capacity(list.len(), list[0].len());
    list.iter().for_each(|message| messages.push(&[message]));
    paths.sm3_all(&messages)
}

fn report(name: &str, us: Option<f64>, one_by_one: f64) {
    match us {
        Some(us) => println!("digest::{name:<32} {:8.1} ns  {:5.2}×", us * 1e3, one_by_one / us),
        None => println!("digest::{name:<32}     null    this processor lacks it"),
    }
}
