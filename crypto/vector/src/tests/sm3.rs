//! SM3 against RustCrypto's, on all lanes that this processor has.

use super::*;
use crate::{Messages, Sm3Lanes};
use ::sm3::Digest as _;

fn all_lanes() -> Vec<(&'static str, Sm3Lanes)> {
    let found = [("avx512", Sm3Lanes::avx512()), ("avx2", Sm3Lanes::avx2()), ("arrays", Some(Sm3Lanes::arrays()))];
    found.into_iter().filter_map(|(name, lanes)| Some((name, lanes?))).collect()
}

fn compare(list: &[Vec<u8>]) {
    let mut messages = Messages::default();
    for message in list {
        let (first, rest) = message.split_at(message.len() / 3);
        messages.push(&[first, rest]);
    }
    assert_eq!(messages.len(), list.len());
    assert!(messages.iter().eq(list), "as they were added");
    let expected: Vec<[u8; 32]> = list.iter().map(|message| ::sm3::Sm3::digest(message).into()).collect();
    for (name, lanes) in all_lanes() {
        assert_eq!(lanes.digests(&messages), expected, "{name}");
    }
}

#[test]
fn every_length() {
    let mut rng = Rng(2);
    for length in 0..=300 {
        compare(&(0..16).map(|_| rng.bytes(length)).collect::<Vec<_>>());
    }
}

#[test]
fn every_count_of_messages() {
    let mut rng = Rng(3);
    for count in 0..=50 {
        compare(&(0..count).map(|_| rng.bytes(65)).collect::<Vec<_>>());
    }
}

#[test]
fn different_lengths_together() {
    let mut rng = Rng(4);
    for _ in 0..200 {
        let count = rng.below(70);
        let longest = 1 + rng.below(1000);
        let list: Vec<Vec<u8>> = (0..count)
            .map(|_| {
                let length = rng.below(longest);
                rng.bytes(length)
            })
            .collect();
        compare(&list);
    }
    compare(&[rng.bytes(100_000), vec![], rng.bytes(55), rng.bytes(56), rng.bytes(64)]);
}

#[test]
fn the_standards_examples() {
    let mut messages = Messages::with_capacity(5, 64);
    assert!(messages.is_empty());
    for _ in 0..4 {
        messages.push(&[b"a", b"bc"]);
    }
    messages.push(&[&b"abcd".repeat(16)]);
    let hex = |digest: &[u8; 32]| digest.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    for (name, lanes) in all_lanes() {
        let digests = lanes.digests(&messages);
        assert_eq!(hex(&digests[3]), "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0", "{name}");
        assert_eq!(hex(&digests[4]), "DEBE9FF92275B8A138604889C18E5A4D6FDB70E5387E5765293DCBA39C0C5732", "{name}");
    }
}
