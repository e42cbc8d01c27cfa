use super::*;
use std::cell::Cell;
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Encode, Decode)]
struct Sample {
    version: u8,
    amount: u64,
    name: String,
    list: Vec<u32>,
    map: BTreeMap<u8, u16>,
    choice: Choice,
    flag: Option<bool>,
}

#[derive(Debug, PartialEq, Encode, Decode)]
enum Choice {
    None,
    Pair(i8, u16),
}

fn sample() -> Sample {
    Sample {
        version: 1,
        amount: 0x0102_0304_0506_0708,
        name: "本草".into(),
        list: vec![1, 2],
        map: BTreeMap::from([(1, 10), (2, 20)]),
        choice: Choice::Pair(-1, 0xabcd),
        flag: Some(true),
    }
}

const GOLDEN: &str = "01\
    0807060504030201\
    0600000000000000e69cace88d89\
    02000000000000000100000002000000\
    0200000000000000010a00021400\
    01000000ffcdab\
    0101";

#[test]
fn golden_bytes() {
    assert_eq!(hex::encode(encode(&sample())), GOLDEN);
    assert_eq!(decode::<Sample>(&encode(&sample()), 1000), Ok(sample()));
}

#[test]
fn exactly_one_byte_string_is_accepted() {
    let good = encode(&sample());
    for cut in 0..good.len() {
        assert_eq!(decode::<Sample>(&good[..cut], 1000), Err(CodecError::Malformed));
    }
    assert_eq!(decode::<Sample>(&[&good[..], &[0]].concat(), 1000), Err(CodecError::Trailing(1)));
    assert_eq!(decode::<Sample>(&[&good[..], &[0; 9]].concat(), 1000), Err(CodecError::Trailing(9)));
    let limit = good.len();
    assert!(decode::<Sample>(&good, limit).is_ok());
    assert_eq!(decode::<Sample>(&good, limit - 1), Err(CodecError::TooLarge { limit: limit - 1, actual: limit }));
    let with = |from: &str, to: &str| {
        assert_eq!(GOLDEN.matches(from).count(), 1);
        decode::<Sample>(&hex::decode(GOLDEN.replace(from, to)).unwrap(), 1000)
    };
    assert_eq!(with("010a00021400", "021400010a00"), Err(CodecError::NotCanonical), "keys out of order");
    assert_eq!(with("010a00021400", "010a00011400"), Err(CodecError::NotCanonical), "the same key twice");
    assert_eq!(with("01000000ffcdab", "02000000ffcdab"), Err(CodecError::Malformed), "unknown variant");
    assert_eq!(with("cdab0101", "cdab0102"), Err(CodecError::Malformed), "a bool of 2");
    assert_eq!(with("cdab0101", "cdab0201"), Err(CodecError::Malformed), "an option of 2");
    assert_eq!(with("e69cace88d89", "e69cace88dff"), Err(CodecError::Malformed), "not UTF-8");
}

#[test]
fn forged_lengths_fail_at_once() {
    for length in [u64::MAX, 1 << 62, 1 << 40, 1 << 31, 1 << 20, 9] {
        let bytes = length.to_le_bytes();
        assert_eq!(decode::<Vec<u8>>(&bytes, 100), Err(CodecError::Malformed));
        assert_eq!(decode::<Vec<u64>>(&bytes, 100), Err(CodecError::Malformed));
        assert_eq!(decode::<String>(&bytes, 100), Err(CodecError::Malformed));
        assert_eq!(decode::<BTreeMap<u64, u64>>(&bytes, 100), Err(CodecError::Malformed));
        assert_eq!(decode::<Vec<Vec<[u8; 1000]>>>(&bytes, 100), Err(CodecError::Malformed));
    }
}

thread_local! {
    static PROBED: Cell<bool> = const { Cell::new(false) };
}

/// 1 KiB in memory, one byte on the wire; notes that decoding reached an element.
struct Probe([u8; 1024]);

impl Encode for Probe {
    fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), bincode::error::EncodeError> {
        self.0[0].encode(e)
    }
}

impl<C> Decode<C> for Probe {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        PROBED.set(true);
        Ok(Probe([u8::decode(d)?; 1024]))
    }
}

#[test]
fn a_forged_length_reserves_memory_in_proportion_to_the_input() {
    let reached = |length: u64, more: usize| {
        PROBED.set(false);
        let bytes = [&length.to_le_bytes()[..], &vec![0; more]].concat();
        let result = decode::<Vec<Probe>>(&bytes, 1 << 20).map(|list| list.len());
        (PROBED.get(), result)
    };
    assert_eq!(reached(1 << 20, 0), (false, Err(CodecError::Malformed)), "a gigabyte is not reserved");
    assert_eq!(reached(1 << 11, 0), (false, Err(CodecError::Malformed)), "nor two megabytes");
    assert_eq!(reached(40, 0), (true, Err(CodecError::Malformed)));
    assert_eq!(reached(40, 40), (true, Ok(40)));
    // The module's rule: elements expand at most 64 times. Such lists decode at every length.
    for count in [1, 1000, 100_000] {
        let list: Vec<Option<[u8; 60]>> = vec![None; count];
        assert_eq!(decode::<Vec<Option<[u8; 60]>>>(&encode(&list), 1 << 20), Ok(list));
    }
}
