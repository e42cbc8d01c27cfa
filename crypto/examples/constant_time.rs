//! Whether signing with tables takes the same time whatever the secrets are, measured in the manner of dudect (O. Reparaz,
//! J. Balasch and I. Verbauwhede, *Dude, is my code constant time?*, DATE 2017): signatures by one key and by ever other keys, in
//! random order, compared by Welch's t-test.
//!
//! ```text
//! cargo run --release -p bencao-crypto --example constant_time -- [MEASUREMENTS]
//! ```
//!
//! |t| below 4.5 is what constant time gives; above 10 it is certain that time depends on the key. A function that leaks on
//! purpose comes first, to show that the method sees a leak on this machine. Ends with 1 if it does not, or if signing leaks.

#![allow(clippy::disallowed_types, reason = "a stopwatch is what this program is")]

use bencao_chance::Rng;
use bencao_crypto::{SigningKey, TableSigner};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

/// Certainly not constant.
const LEAKS: f64 = 10.0;

/// Keys of the class of other keys.
const KEYS: usize = 1 << 12;

fn main() -> ExitCode {
    let measurements = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(400_000);
    let mut rng = Rng(1);
    let secrets: Vec<[u8; 32]> = (0..KEYS).map(|_| secret(&mut rng)).collect();
    let fixed = [0x5a; 32];
    let control = t_value(measurements, &fixed, &secrets, |secret| _ = black_box(leading_ones(black_box(secret))));
    println!("control, leaks on purpose   |t| = {control:.1}");
    let prepare = |secret: &[u8; 32]| TableSigner::new(SigningKey::from_bytes(secret).expect("in range"));
    let signers: Vec<TableSigner> = secrets.iter().map(prepare).collect();
    let signing = t_value(measurements, &prepare(&fixed), &signers, |signer| _ = black_box(signer.sign(b"bencao")));
    println!("TableSigner::sign           |t| = {signing:.1}");
    let keys: Vec<SigningKey> = signers.iter().map(|signer| signer.key().clone()).collect();
    let library = t_value(measurements / 4, prepare(&fixed).key(), &keys, |key| _ = black_box(key.sign(b"bencao")));
    println!("SigningKey::sign, library   |t| = {library:.1}");
    ExitCode::from(u8::from(control < LEAKS || signing > LEAKS))
}

/// Bits set from the left, counted one by one.
fn leading_ones(secret: &[u8; 32]) -> usize {
    let mut count = 0;
    for _ in 0..100 {
        count += (0..256).take_while(|i| black_box(secret)[i / 8] >> (7 - i % 8) & 1 == u8::from(i % 2 == 1)).count();
    }
    count
}

/// Largest |t| over the whole measurement and over what remains when the slowest are left out, which other work on the machine
/// has disturbed.
fn t_value<T: Clone>(measurements: usize, fixed: &T, others: &[T], work: impl Fn(&T)) -> f64 {
    let mut rng = Rng(2);
    let mut samples = Vec::with_capacity(measurements);
    for _ in 0..measurements {
        let is_fixed = rng.draw() & 1 == 1;
        // Both classes are copied to the same place first, so that memory does not tell them apart.
        let other = &others[rng.draw() as usize % others.len()];
        let subject = black_box(if is_fixed { fixed } else { other }.clone());
        let start = Instant::now();
        work(&subject);
        samples.push((start.elapsed().as_nanos() as f64, is_fixed));
    }
    let mut times: Vec<f64> = samples.iter().map(|(time, _)| *time).collect();
    times.sort_by(f64::total_cmp);
    let limits = (0..20).map(|i| times[(times.len() - 1) * (i + 1) / 20]);
    limits.map(|limit| welch(samples.iter().filter(|(time, _)| *time <= limit))).fold(0.0, f64::max)
}

/// |t| of the two classes (B. L. Welch, Biometrika 34, 1947).
fn welch<'a>(samples: impl Iterator<Item = &'a (f64, bool)>) -> f64 {
    let mut classes = [Moments::default(), Moments::default()];
    samples.for_each(|(time, is_fixed)| classes[usize::from(*is_fixed)].push(*time));
    let [a, b] = classes;
    if a.count < 1_000.0 || b.count < 1_000.0 {
        return 0.0;
    }
    let spread = a.variance() / a.count + b.variance() / b.count;
    if spread == 0.0 { 0.0 } else { (a.mean - b.mean).abs() / spread.sqrt() }
}

/// Mean and variance of a stream (B. P. Welford, Technometrics 4, 1962).
#[derive(Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn push(&mut self, value: f64) {
        self.count += 1.0;
        let before = value - self.mean;
        self.mean += before / self.count;
        self.squares += before * (value - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0)
    }
}

/// In range: the topmost bit is clear.
fn secret(rng: &mut Rng) -> [u8; 32] {
    let mut secret: [u8; 32] = rng.array();
    secret[0] &= 0x7f;
    secret
}
