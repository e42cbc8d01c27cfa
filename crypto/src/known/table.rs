//! Tables of multiples of a fixed point, so that a multiple of it is a sum of table entries without a single doubling.

use super::curve;
use super::field::FieldElement;
use super::point::{Affine, Xyzz};
use super::scalar::{MAX_WIDTH, MIN_WIDTH, Scalar, windows};
use bencao_vector::Point;
use std::sync::OnceLock;

/// Window of the table of G, bits: 22 windows of 2048 points, 2.75 MiB for the process.
const GENERATOR_WIDTH: usize = 12;

/// Fixed windows of `width` bits over a point P: (2j + 1) · 2^(width·i) · P for every window i and 0 ≤ j < 2^(width−1), one
/// for each odd digit. Opposite digits take the opposite point.
pub(super) struct Table {
    width: usize,
    /// Window after window, j ascending.
    entries: Vec<Point>,
}

/// A table entry, or its opposite.
#[derive(Clone, Copy)]
pub(super) struct Summand<'a> {
    pub(super) entry: &'a Point,
    pub(super) negate: bool,
}

impl Summand<'_> {
    #[inline(always)]
    pub(super) fn point(&self) -> Affine {
        Affine::from_entry(self.entry).negate_if(self.negate)
    }
}

/// Memory of a table of windows of `width` bits, bytes.
pub(super) const fn table_bytes(width: usize) -> usize {
    (windows(width) << (width - 1)) * size_of::<Point>()
}

impl Table {
    /// Table of `point` with windows of `width` bits, [`MIN_WIDTH`]..=[`MAX_WIDTH`].
    ///
    /// Built in affine coordinates with shared inversions. No addition below meets an exceptional case: within a window the
    /// summands are multiples jB and 2ᵐB, j odd and j < 2ᵐ < 2^width, of a B of prime order n > 2²⁵⁵, so neither equal nor
    /// opposite.
    pub(super) fn build(point: &Affine, width: usize) -> Table {
        assert!((MIN_WIDTH..=MAX_WIDTH).contains(&width), "window of {width} bits");
        let half = 1 << (width - 1);
        let doublings = doublings(point, windows(width) * width);
        let mut rows: Vec<Affine> = vec![*point; windows(width) * half];
        for (row, doublings) in rows.chunks_exact_mut(half).zip(doublings.chunks_exact(width)) {
            row[0] = doublings[0];
        }
        for m in 1..width {
            extend_rows(&mut rows, half, m, &doublings, width);
        }
        Table { width, entries: rows.into_iter().map(Affine::to_entry).collect() }
    }

    /// The table of the base point G, built when first asked for.
    pub(super) fn generator() -> &'static Table {
        static GENERATOR: OnceLock<Table> = OnceLock::new();
        GENERATOR.get_or_init(|| {
            let g = Affine::from_bytes(&curve::G).expect("G is on the curve");
            Table::build(&g, GENERATOR_WIDTH)
        })
    }

    /// Window after window.
    pub(super) fn entries(&self) -> &[Point] {
        &self.entries
    }

    /// How many summands make a multiple.
    pub(super) fn summands_count(&self) -> usize {
        windows(self.width)
    }

    /// The summands whose sum is kP, one for each window; for k = 0 they add up to infinity.
    #[inline]
    pub(super) fn summands(&self, k: &Scalar) -> impl Iterator<Item = Summand<'_>> {
        let half = 1 << (self.width - 1);
        let digits = k.digits(self.width);
        self.entries.chunks_exact(half).enumerate().map(move |(i, row)| {
            let digit = digits.as_slice()[i];
            Summand { entry: &row[digit.unsigned_abs() as usize / 2], negate: digit < 0 }
        })
    }
}

/// 2ⁱ · P for 0 ≤ i < `count`.
fn doublings(point: &Affine, count: usize) -> Vec<Affine> {
    let first = Xyzz::from_affine(point);
    let powers: Vec<Xyzz> = std::iter::successors(Some(first), |power| Some(power.double())).take(count).collect();
    let mut inverses: Vec<FieldElement> = powers.iter().map(|power| power.zzz).collect();
    invert_all(&mut inverses);
    powers.into_iter().zip(inverses).map(|(power, inverse)| power.to_affine(inverse)).collect()
}

/// In each row of `half` points over B: from B, 3B, … (2ᵐ − 1)B to B, 3B, … (2ᵐ⁺¹ − 1)B, by adding 2ᵐB to each.
fn extend_rows(rows: &mut [Affine], half: usize, m: usize, doublings: &[Affine], width: usize) {
    let filled = 1 << (m - 1);
    let mut slopes = Vec::with_capacity(rows.len() / half * filled);
    for (row, doublings) in rows.chunks_exact(half).zip(doublings.chunks_exact(width)) {
        slopes.extend(row[..filled].iter().map(|point| point.x - doublings[m].x));
    }
    invert_all(&mut slopes);
    let rows = rows.chunks_exact_mut(half).zip(doublings.chunks_exact(width)).zip(slopes.chunks_exact(filled));
    for ((row, doublings), inverses) in rows {
        let step = doublings[m];
        for j in 0..filled {
            row[filled + j] = step.sum_on_line(&row[j], (row[j].y - step.y) * inverses[j]);
        }
    }
}

/// Replaces every element by its inverse, at the cost of one inversion and three multiplications an element (Montgomery's
/// trick). None may be zero.
pub(super) fn invert_all(elements: &mut [FieldElement]) {
    let mut product = FieldElement::ONE;
    let mut before = Vec::with_capacity(elements.len());
    for element in elements.iter() {
        before.push(product);
        product = product * *element;
    }
    debug_assert!(!product.is_zero());
    let mut inverse = product.invert();
    for (element, before) in elements.iter_mut().zip(before).rev() {
        let own = inverse * before;
        inverse = inverse * *element;
        *element = own;
    }
}
