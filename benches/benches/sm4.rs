//! SM4-GCM by the library and on every path of this processor: CPU time of one thread, MB/s (10⁶ bytes of text) by record size.
//! Ratios are to the library, which is measured in the same run. Associated data are five bytes, as in a TLS record.
//!
//! `cargo bench -p bencao-benches --bench sm4`

use aes_gcm::aead::consts::U12;
use aes_gcm::{AeadInOut as _, AesGcm, KeyInit as _};
use bencao_crypto::sm4::{Path, Sm4Gcm};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;

type Library = AesGcm<sm4::Sm4, U12>;

/// Record sizes, bytes: the smallest, a transaction, and up to the largest of TLS.
const SIZES: [usize; 4] = [64, 400, 1024, 16384];
/// Rounds; the median counts.
const ROUNDS: usize = 15;
/// CPU time of a round, µs.
const ROUND_US: f64 = 10_000.0;

const KEY: [u8; 16] = [9; 16];
const AAD: [u8; 5] = [0x17, 3, 3, 1, 0xa1];

fn main() {
    let library = Library::new(&KEY.into());
    let baseline = SIZES.map(|size| {
        let mut record = vec![7; size];
        median_us(|i| {
            let sealed = library.encrypt_inout_detached(&nonce(i).into(), &AAD, black_box(&mut record[..]).into());
            black_box(sealed.expect("short enough"));
        })
    });
    report("library", "seal", baseline, baseline);
    let opening = SIZES.map(|size| {
        let (mut sealed, mut record) = (vec![7; size], vec![0; size]);
        let tag = library.encrypt_inout_detached(&nonce(0).into(), &AAD, (&mut sealed[..]).into());
        let tag = tag.expect("short enough");
        median_us(|_| {
            record.copy_from_slice(&sealed);
            let opened =
                library.decrypt_inout_detached(&nonce(0).into(), &AAD, black_box(&mut record[..]).into(), &tag);
            opened.expect("what was sealed");
        })
    });
    report("library", "open", opening, opening);
    for path in Path::available() {
        let cipher = Sm4Gcm::with_path(path, &KEY).expect("available");
        let sealing = SIZES.map(|size| {
            let mut record = vec![7; size];
            median_us(|i| {
                black_box(cipher.seal_in_place(&nonce(i), &AAD, black_box(&mut record)));
            })
        });
        report(path.name(), "seal", sealing, baseline);
        let ours = SIZES.map(|size| {
            let (mut sealed, mut record) = (vec![7; size], vec![0; size]);
            let tag = cipher.seal_in_place(&nonce(0), &AAD, &mut sealed);
            median_us(|_| {
                record.copy_from_slice(&sealed);
                cipher.open_in_place(&nonce(0), &AAD, black_box(&mut record), &tag).expect("what was sealed");
            })
        });
        report(path.name(), "open", ours, opening);
        let key = median_us(|_| drop(black_box(Sm4Gcm::with_path(path, black_box(&KEY)))));
        println!("sm4::{:<12} key  {:8.0} ns", path.name(), key * 1e3);
    }
    let key = median_us(|_| drop(black_box(Library::new(black_box(&KEY.into())))));
    println!("sm4::{:<12} key  {:8.0} ns", "library", key * 1e3);
}

fn nonce(i: u64) -> [u8; 12] {
    let mut nonce = [1; 12];
    nonce[4..].copy_from_slice(&i.to_be_bytes());
    nonce
}

/// Median CPU time of this thread for one call, µs. Calls are numbered.
fn median_us(mut call: impl FnMut(u64)) -> f64 {
    let mut calls = 1;
    while round_us(calls, &mut call) < ROUND_US {
        calls *= 2;
    }
    let mut times: Vec<f64> = (0..ROUNDS).map(|_| round_us(calls, &mut call) / calls as f64).collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn round_us(calls: u64, call: &mut impl FnMut(u64)) -> f64 {
    let start = cpu_us();
    (0..calls).for_each(&mut *call);
    cpu_us() - start
}

/// CPU time of this thread so far, µs: other jobs on the machine do not count.
fn cpu_us() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

fn report(path: &str, what: &str, us: [f64; 4], library: [f64; 4]) {
    print!("sm4::{path:<12} {what}");
    for i in 0..SIZES.len() {
        let rate = SIZES[i] as f64 / us[i];
        print!("  {:>5} B {:8.2} µs {rate:7.0} MB/s {:5.1}×", SIZES[i], us[i], library[i] / us[i]);
    }
    println!();
}
