//! Whether the time of SM4-GCM depends on secrets: fixed against random inputs, in random order, compared by Welch's t (Reparaz,
//! Balasch, Verbauwhede, *Dude, is my code constant time?*, DATE 2017). |t| above 4.5 speaks of a difference; below, of none that
//! this many samples show. The library, which looks up its S-box in a table, is measured in the same run.
//!
//! `cargo bench -p bencao-benches --bench sm4_timing [-- SAMPLES]`

use aes_gcm::aead::consts::U12;
use aes_gcm::{AeadInOut as _, AesGcm, KeyInit as _};
use bencao_crypto::sm4::{Path, Sm4Gcm};
use std::hint::black_box;
use std::time::Instant;

/// Samples of one comparison, unless the command line says otherwise.
const SAMPLES: usize = 400_000;
/// Length of a message, bytes.
const MESSAGE_BYTES: usize = 256;
/// More than the first-level cache has, so that tables, if any, come line by line.
const WALK_BYTES: usize = 96 << 10;
/// Slow samples are noise: only those up to these quantiles are compared, and the largest |t| counts.
const QUANTILES: [f64; 3] = [0.5, 0.8, 0.95];

const NONCE: [u8; 12] = [1; 12];
const AAD: [u8; 5] = [0x17, 3, 3, 1, 0x10];

fn main() {
    let samples = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(SAMPLES);
    println!("{samples} samples; |t| > 4.5 speaks of a difference");
    secrets("library", samples, |key, message| {
        let cipher = AesGcm::<sm4::Sm4, U12>::new(key.into());
        let tag = cipher.encrypt_inout_detached(&NONCE.into(), &AAD, message.as_mut_slice().into());
        black_box(tag.expect("short enough"));
    });
    for path in Path::available() {
        secrets(path.name(), samples, |key, message| {
            let cipher = Sm4Gcm::with_path(path, key).expect("available");
            black_box(cipher.seal_in_place(&NONCE, &AAD, message));
        });
        forgeries(path, samples);
    }
}

/// A new key and a message sealed under it: both fixed, or both random.
fn secrets(name: &str, samples: usize, mut seal: impl FnMut(&[u8; 16], &mut [u8; MESSAGE_BYTES])) {
    let fixed: [u8; 16 + MESSAGE_BYTES] = std::array::from_fn(|i| (i as u8).wrapping_mul(0xb5) ^ 0x3c);
    compare(name, "key and message", samples, |class, rng| {
        // Both classes draw as much and select without a branch, which the compiler must not put back: what is prepared differs in
        // nothing but content.
        let random = black_box(0_u8.wrapping_sub(class));
        let input: [u8; 16 + MESSAGE_BYTES] = fixed.map(|byte| (rng.next() as u8 & random) | (byte & !random));
        let (key, message) = input.split_first_chunk().expect("16 bytes are there");
        let mut message: [u8; MESSAGE_BYTES] = message.try_into().expect("the rest");
        let start = Instant::now();
        seal(black_box(key), black_box(&mut message));
        start.elapsed()
    });
}

/// A tag that is wrong in its first byte, or in its last.
fn forgeries(path: Path, samples: usize) {
    let cipher = Sm4Gcm::with_path(path, &[7; 16]).expect("available");
    let mut text = [5; MESSAGE_BYTES];
    let tag = cipher.seal_in_place(&NONCE, &AAD, &mut text);
    compare(path.name(), "place of a forgery", samples, |class, _| {
        let mut forged = tag;
        forged[0] ^= 1 - class;
        forged[15] ^= class;
        let start = Instant::now();
        let refused = cipher.open_in_place(black_box(&NONCE), &AAD, black_box(&mut text), black_box(&forged));
        let time = start.elapsed();
        assert!(refused.is_err());
        time
    });
}

/// Times of class 0 and class 1 in random order, compared.
fn compare(name: &str, what: &str, samples: usize, mut time: impl FnMut(u8, &mut Rng) -> std::time::Duration) {
    let mut rng = Rng(0x9e37_79b9_7f4a_7c15);
    let mut walk = vec![1_u8; WALK_BYTES];
    let mut times: Vec<(usize, f64)> = Vec::with_capacity(samples);
    for _ in 0..samples {
        let class = rng.next() as u8 & 1;
        walk.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_add(1));
        let taken = time(class, &mut rng);
        times.push((class.into(), taken.as_nanos() as f64));
    }
    black_box(&walk);
    let mut sorted: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    let quantile = |q: f64| sorted[((samples - 1) as f64 * q) as usize];
    let t = QUANTILES.map(|q| welch(&times, quantile(q))).into_iter().fold(0.0, f64::max);
    println!("sm4_timing::{name:<12} {what:<19} median {:6.0} ns  |t| = {t:5.2}", quantile(0.5));
}

/// |t| of Welch's test on the samples that took no longer than `limit`.
fn welch(times: &[(usize, f64)], limit: f64) -> f64 {
    let (mut count, mut mean, mut squares) = ([0.0; 2], [0.0; 2], [0.0; 2]);
    for &(class, time) in times.iter().filter(|(_, time)| *time <= limit) {
        count[class] += 1.0;
        let off: f64 = time - mean[class];
        mean[class] += off / count[class];
        squares[class] += off * (time - mean[class]);
    }
    let variance = |class: usize| squares[class] / (count[class] - 1.0) / count[class];
    ((mean[0] - mean[1]) / (variance(0) + variance(1)).sqrt()).abs()
}

/// xorshift64 (Marsaglia 2003): cheap, so that preparing takes little beside what is measured.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
