//! What the fuzz target `sm4` does at length, bounded and with a fixed seed, on a stable toolchain.

#[path = "sameness/case.rs"]
mod case;

use bencao_chance::Rng;
use case::{HEADER_BYTES, every_path_agrees};

const INPUTS: usize = 3_000;
/// Longest associated data and message together, bytes.
const REST_BYTES_MAX: u64 = 5_000;

#[test]
fn three_thousand_inputs() {
    let mut rng = Rng(4);
    for i in 0..INPUTS {
        // Half of them short; some all zeros or all ones, where carries and masks would show.
        let length = HEADER_BYTES + (rng.draw() % if i % 2 == 0 { 200 } else { REST_BYTES_MAX }) as usize;
        let mut input: Vec<u8> = rng.bytes(length);
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
