//! Verdicts on eight claims side by side, in vector registers.
//!
//! Claims whose keys have tables of the same width have equally many summands, so that eight of them share every step. The
//! verdict is that of [`claim::verify`](super::claim::verify) or none at all.

use super::claim::{Claim, Item, summands_count};
use super::table::Table;
use bencao_vector::{LANES, Row, SumLanes, x_coordinates};

/// One verdict for each item, in order. `None` if the sum of some claim met an exceptional case on the way, which only the
/// owner of a key can bring about: then every claim has to be judged in another way.
pub(super) fn verify(lanes: SumLanes, generator: &Table, items: &[Item<'_>]) -> Option<Vec<bool>> {
    let claims: Vec<Option<Claim>> = items.iter().map(|item| Claim::new(&item.e, item.signature)).collect();
    let mut in_range: Vec<usize> = (0..items.len()).filter(|index| claims[*index].is_some()).collect();
    let summands = |index: &usize| summands_count(generator, items[*index].key);
    in_range.sort_by_key(summands);
    let alike = in_range.chunk_by(|a, b| summands(a) == summands(b));
    let members: Vec<&[usize]> = alike.flat_map(|alike| alike.chunks(LANES)).collect();
    let groups: Vec<Vec<Row<'_>>> = members.iter().map(|members| rows(generator, &claims, items, members)).collect();
    let mut verdicts = vec![false; items.len()];
    for (members, sums) in members.iter().zip(x_coordinates(lanes, &groups)?) {
        for (index, x) in members.iter().zip(sums) {
            verdicts[*index] = claims[*index].as_ref().is_some_and(|claim| claim.accepts_x(&x));
        }
    }
    Some(verdicts)
}

/// The summands of up to eight claims, row by row. Lanes left over repeat the first claim.
fn rows<'a>(generator: &'a Table, claims: &[Option<Claim>], items: &[Item<'a>], members: &[usize]) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for (lane, index) in members.iter().enumerate() {
        let claim = claims[*index].as_ref().expect("claims out of range are no members");
        for (i, summand) in claim.summands(generator, items[*index].key).enumerate() {
            summand.entry.prefetch();
            if lane == 0 {
                rows.push(Row { points: [summand.entry; LANES], negate: if summand.negate { 0xff } else { 0 } });
            } else {
                let row = &mut rows[i];
                row.points[lane] = summand.entry;
                row.negate = row.negate & !(1 << lane) | u8::from(summand.negate) << lane;
            }
        }
    }
    rows
}
