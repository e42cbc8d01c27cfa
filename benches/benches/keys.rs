//! Verification for many signers who come with the frequencies of a country's pharmacies, beside a hundred: Zipf's law, the
//! k-th most frequent key 1/k as often as the first. What is asked of memory, how often something was there for a key, and
//! CPU time of one thread for each verification, all tables and combs that it caused to be built included.
//!
//! `cargo bench -p bencao-benches --bench keys`

use bencao_benches::cpu_us;
use bencao_crypto::path::Paths;
use bencao_crypto::{CryptoPath, KnownKeys, SigningKey, TableKeys, VerifyItem};

/// Verifications before measuring starts.
const WARM_UP: usize = 400_000;
/// Verifications measured.
const MEASURED: usize = 200_000;
/// Claims in one call.
const BATCH: usize = 256;

fn main() {
    let paths = CryptoPath::Auto.resolve().expect("everywhere");
    println!("path {paths}, batches of {BATCH}");
    let claims: Vec<VerifyItem> = (0..20_000).map(claim).collect();
    for keys in [100, 20_000] {
        for mebibytes in [32, 64, 128, 256, 512] {
            measure(paths, &claims[..keys], mebibytes);
        }
    }
}

fn claim(i: u32) -> VerifyItem {
    let mut secret = [1; 32];
    secret[..4].copy_from_slice(&i.to_be_bytes());
    let key = SigningKey::from_bytes(&secret).expect("in range");
    let message = [&b"bencao/bench/1\0"[..], &secret].concat();
    VerifyItem { key: key.public(), signature: key.sign(&message), message }
}

fn measure(paths: Paths, claims: &[VerifyItem], mebibytes: usize) {
    let keys = TableKeys::on(paths, mebibytes << 20);
    let mut draw = Zipf::new(claims.len());
    let mut run = |count: usize| {
        for _ in 0..count / BATCH {
            let batch: Vec<VerifyItem> = (0..BATCH).map(|_| claims[draw.next()].clone()).collect();
            assert!(keys.verify_batch(&batch).into_iter().all(|verdict| verdict));
        }
    };
    run(WARM_UP);
    let (before, start) = (keys.counts(), cpu_us());
    run(MEASURED);
    let (after, us) = (keys.counts(), cpu_us() - start);
    let count = (MEASURED / BATCH * BATCH) as f64;
    let percent = |after: u64, before: u64| 100.0 * (after - before) as f64 / count;
    println!(
        "keys::zipf/keys={} budget={mebibytes} MiB: {:.2} µs; tables {:.1} %, combs {:.1} %, new {:.2} %; {} tables built; {:.1} MiB",
        claims.len(),
        us / count,
        percent(after.table_hits, before.table_hits),
        percent(after.comb_hits, before.comb_hits),
        percent(after.misses, before.misses),
        after.tables_built - before.tables_built,
        after.bytes as f64 / f64::from(1 << 20),
    );
}

/// Draws from 0..n, k with probability proportional to 1/(k + 1); the same on every run.
struct Zipf {
    /// Sums of the weights up to and with each.
    cumulated: Vec<f64>,
    state: u64,
}

impl Zipf {
    fn new(n: usize) -> Zipf {
        let weights = (1..=n).map(|k| 1.0 / k as f64);
        let cumulated = weights.scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Zipf { cumulated: cumulated.collect(), state: 1 }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn next(&mut self) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let unit = ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
        let at = unit * self.cumulated.last().expect("not empty");
        self.cumulated.partition_point(|sum| *sum <= at).min(self.cumulated.len() - 1)
    }
}
