//! Small tables for keys that are seen now and then: four kibibytes, built in half the time of one verification without a table.
//!
//! A comb (C. H. Lim and P. J. Lee, *More flexible exponentiation with precomputation*, CRYPTO '94) with signs instead of
//! zeros (M. Hamburg, *Fast and compact elliptic-curve cryptography*, IACR ePrint 2012/309, §3.3): an odd k < 2²⁵⁶ is written
//! with 260 signs as Σ ± 2ⁱ. The signs stand in [`COLUMNS`] columns; each column in [`SUBTABLES`] parts of [`TEETH`] signs,
//! and the table of a part holds what each combination of its signs stands for. A multiple is 52 additions and 12 doublings.
//!
//! For comparison, fixed windows of four bits need 64 additions and 32 KiB.

use super::field::FieldElement;
use super::limbs::{self, Limbs};
use super::point::{Affine, Xyzz};
use super::scalar::Scalar;
use super::table::invert_all;
use bencao_vector::Point;

/// Signs that are looked up together.
const TEETH: usize = 5;

/// Tables over powers of two that lie [`COLUMNS`] apart.
const SUBTABLES: usize = 4;

/// Signs from one part of a column to the next: one doubling each.
const COLUMNS: usize = 13;

/// Signs in all; at least 256.
const SIGNS: usize = TEETH * SUBTABLES * COLUMNS;

/// Signs from one tooth to the next.
const TOOTH: usize = SUBTABLES * COLUMNS;

/// Entries of a subtable: the last tooth counts as positive, the opposite is the opposite entry.
const ENTRIES: usize = 1 << (TEETH - 1);

/// Memory of a comb, bytes.
pub(super) const COMB_BYTES: usize = SUBTABLES * ENTRIES * size_of::<Point>();

/// A comb over a point P: entry j of subtable s is (2^(4·TOOTH) ± 2^(3·TOOTH) ± … ± 1) · 2^(s·COLUMNS) · P, where bit t of j
/// says that tooth t is positive.
pub(super) struct Comb {
    entries: [[Point; ENTRIES]; SUBTABLES],
}

impl Comb {
    /// The comb of `point`.
    pub(super) fn build(point: &Affine) -> Comb {
        // 2ⁱ · P for all i that a subtable starts from, and their doubles.
        let mut power = Xyzz::from_affine(point);
        let mut powers = Vec::with_capacity(2 * SUBTABLES * TEETH);
        for _ in 0..SUBTABLES * TEETH {
            let double = power.double();
            powers.extend([power, double]);
            power = (1..COLUMNS).fold(double, |power, _| power.double());
        }
        let powers = to_affine(&powers);
        // Teeth of a subtable are SUBTABLES powers apart.
        let tooth = |subtable: usize, tooth: usize| &powers[2 * (tooth * SUBTABLES + subtable)..][..2];
        let mut sums = Vec::with_capacity(SUBTABLES * ENTRIES);
        for subtable in 0..SUBTABLES {
            let last = Xyzz::from_affine(&tooth(subtable, TEETH - 1)[0]);
            let negative = |sum: Xyzz, t| sum.plus(&tooth(subtable, t)[0].negate_if(true));
            let first = sums.len();
            sums.push((0..TEETH - 1).fold(last, negative));
            for t in 0..TEETH - 1 {
                for j in first..first + (1 << t) {
                    sums.push(sums[j].plus(&tooth(subtable, t)[1]));
                }
            }
        }
        let sums = to_affine(&sums);
        let entry = |subtable: usize, j: usize| sums[subtable * ENTRIES + j].to_entry();
        Comb { entries: std::array::from_fn(|subtable| std::array::from_fn(|j| entry(subtable, j))) }
    }

    /// kP. For k = 0 the signs are those of n, and the sum is infinity.
    pub(super) fn multiple(&self, k: &Scalar) -> Xyzz {
        // Most of them will be read.
        self.entries.as_flattened().iter().for_each(Point::prefetch);
        let signs = Signs::of(k);
        let mut sum = Xyzz::INFINITY;
        for column in (0..COLUMNS).rev() {
            if column < COLUMNS - 1 {
                sum = sum.double();
            }
            for (subtable, entries) in self.entries.iter().enumerate() {
                let (j, negate) = signs.part(subtable * COLUMNS + column);
                sum = sum.plus(&Affine::from_entry(&entries[j]).negate_if(negate));
            }
        }
        sum
    }
}

/// The affine points; none may be infinity.
fn to_affine(points: &[Xyzz]) -> Vec<Affine> {
    let mut inverses: Vec<FieldElement> = points.iter().map(|point| point.zzz).collect();
    invert_all(&mut inverses);
    points.iter().zip(inverses).map(|(point, inverse)| point.to_affine(inverse)).collect()
}

/// A scalar as Σ ± 2ⁱ, i < [`SIGNS`]; all signs turned if the scalar is even, for then it is n − k that is written.
struct Signs {
    /// Bit i says that sign i is positive.
    positive: Limbs,
    turned: bool,
}

impl Signs {
    /// An odd k is Σ ± 2ⁱ with the signs positive where (k + 2^SIGNS − 1)/2 has ones: those are the bits of ⌊k/2⌋ and the
    /// last one.
    fn of(k: &Scalar) -> Signs {
        let (odd, turned) = k.odd();
        Signs { positive: limbs::half(&odd), turned }
    }

    fn is_positive(&self, i: usize) -> bool {
        i == SIGNS - 1 || (i < 256 && self.positive[i / 64] >> (i % 64) & 1 == 1)
    }

    /// The entry for the signs at `first`, `first` + TOOTH …, and whether its opposite is meant.
    fn part(&self, first: usize) -> (usize, bool) {
        let bits = (0..TEETH).fold(0, |bits, t| bits | usize::from(self.is_positive(first + t * TOOTH)) << t);
        let last_is_positive = bits >> (TEETH - 1) == 1;
        let j = if last_is_positive { bits } else { !bits } % ENTRIES;
        (j, last_is_positive == self.turned)
    }
}

#[cfg(test)]
impl Comb {
    pub(super) fn entries(&self) -> &[[Point; ENTRIES]; SUBTABLES] {
        &self.entries
    }
}
