//! What the fuzz target `sm4` does at length, bounded and with a fixed seed, on a stable toolchain.

#[path = "sameness/case.rs"]
mod case;

use case::{HEADER_BYTES, every_path_agrees};

const INPUTS: usize = 3_000;
/// Longest associated data and message together, bytes.
const REST_BYTES_MAX: u64 = 5_000;

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[test]
fn three_thousand_inputs() {
    let mut rng = Rng(4);
    for i in 0..INPUTS {
        // Half of them short; some all zeros or all ones, where carries and masks would show.
        let length = HEADER_BYTES + (rng.next() % if i % 2 == 0 { 200 } else { REST_BYTES_MAX }) as usize;
        let mut input: Vec<u8> = (0..length).map(|_| rng.next() as u8).collect();
        match i % 10 {
            7 => input[HEADER_BYTES..].fill(0),
            8 => input[HEADER_BYTES..].fill(0xff),
            9 => input[..16].fill(if i % 20 == 9 { 0 } else { 0xff }),
            _ => {}
        }
        every_path_agrees(&input);
    }
    every_path_agrees(&[]);
    every_path_agrees(&[0; HEADER_BYTES]);
}
