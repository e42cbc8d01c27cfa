use super::*;
use std::collections::BTreeSet;

/// The first numbers of SplitMix64 from 1234567, as its users publish them.
#[test]
fn the_stream_is_that_of_splitmix64() {
    let mut rng = Rng(1_234_567);
    let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
    assert_eq!(std::array::from_fn(|_| rng.draw()), expected);
}

#[test]
fn choices_keep_to_their_bounds_and_reach_them() {
    let mut rng = Rng(1);
    let drawn: BTreeSet<usize> = (0..200).map(|_| rng.below(5)).collect();
    assert_eq!(drawn, (0..5).collect());
    let drawn: BTreeSet<u64> = (0..200).map(|_| rng.range(3, 6)).collect();
    assert_eq!(drawn, [3, 4, 5].into());
    assert_eq!((rng.below(0), rng.range(7, 7), rng.percent(0), rng.percent(100)), (0, 7, false, true));
    let mut items = [0, 1, 2, 3, 4, 5, 6, 7];
    rng.shuffle(&mut items);
    assert_ne!(items, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(BTreeSet::from(items), (0..8).collect());
}

#[test]
fn a_change_may_be_of_every_kind_and_of_nothing() {
    let original = [7; 40];
    let mut rng = Rng(2);
    let changed: Vec<Vec<u8>> = (0..500).map(|_| rng.changed(&original, 1)).collect();
    let lengths: BTreeSet<usize> = changed.iter().map(Vec::len).collect();
    assert!(lengths.contains(&39) && lengths.contains(&41) && lengths.first() < Some(&20), "{lengths:?}");
    assert!(lengths.last() > Some(&50), "{lengths:?}");
    let differing = changed.iter().filter(|bytes| bytes.len() == 40 && **bytes != original).count();
    assert!(differing > 200, "{differing}");
    for _ in 0..200 {
        rng.changed(&[], 4);
    }
}
