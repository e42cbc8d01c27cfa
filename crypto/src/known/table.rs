//! Tables of multiples of a fixed point, so that a multiple of it is a sum of table entries without a single doubling.

use super::curve;
use super::field::FieldElement;
use super::point::{Affine, Xyzz};
use super::scalar::{MAX_WIDTH, MIN_WIDTH, Scalar, windows};
use std::sync::OnceLock;

/// Window of the table of G, bits: 22 windows of 2048 points, 2.75 MiB for the process.
const GENERATOR_WIDTH: usize = 12;

/// Fixed windows of `width` bits over a point P: d · 2^(width·i) · P for every window i and 1 ≤ d ≤ 2^(width−1). Opposite
/// digits take the opposite point.
pub(super) struct Table {
    width: usize,
    /// Window after window, d ascending.
    entries: Vec<Affine>,
}

/// Memory of a table of windows of `width` bits, bytes.
pub(super) const fn table_bytes(width: usize) -> usize {
    (windows(width) << (width - 1)) * size_of::<Affine>()
}

impl Table {
    /// Table of `point` with windows of `width` bits, [`MIN_WIDTH`]..=[`MAX_WIDTH`].
    ///
    /// Built in affine coordinates with shared inversions. No addition below meets an exceptional case: within a window the
    /// summands are multiples jB and hB, 1 ≤ j < h ≤ 2^(width−2), of a B of prime order n > 2²⁵⁵, so neither equal nor
    /// opposite; and no point has order 2, so that every y to divide by differs from 0.
    pub(super) fn build(point: &Affine, width: usize) -> Table {
        assert!((MIN_WIDTH..=MAX_WIDTH).contains(&width), "window of {width} bits");
        let half = 1 << (width - 1);
        let mut entries = vec![*point; windows(width) * half];
        for (row, base) in entries.chunks_exact_mut(half).zip(window_bases(point, width)) {
            row[0] = base;
        }
        let mut filled = 1;
        while filled < half {
            double_rows(&mut entries, half, filled);
            filled *= 2;
        }
        Table { width, entries }
    }

    /// The table of the base point G, built when first asked for.
    pub(super) fn generator() -> &'static Table {
        static GENERATOR: OnceLock<Table> = OnceLock::new();
        GENERATOR.get_or_init(|| {
            let g = Affine::from_bytes(&curve::G).expect("G is on the curve");
            Table::build(&g, GENERATOR_WIDTH)
        })
    }

    /// Appends to `summands` the points whose sum is kP: at most one a window, none for k = 0.
    #[inline]
    pub(super) fn push_multiple(&self, k: &Scalar, summands: &mut Vec<Affine>) {
        let half = 1 << (self.width - 1);
        for (row, &digit) in self.entries.chunks_exact(half).zip(k.digits(self.width).as_slice()) {
            if digit != 0 {
                summands.push(row[digit.unsigned_abs() as usize - 1].negate_if(digit < 0));
            }
        }
    }
}

/// 2^(width·i) · P for each window i.
fn window_bases(point: &Affine, width: usize) -> Vec<Affine> {
    let first = Xyzz::from_affine(point);
    let next = |base: &Xyzz| Some((0..width).fold(*base, |power, _| power.double()));
    let bases: Vec<Xyzz> = std::iter::successors(Some(first), next).take(windows(width)).collect();
    let mut inverses: Vec<FieldElement> = bases.iter().map(|base| base.zzz).collect();
    invert_all(&mut inverses);
    bases.into_iter().zip(inverses).map(|(base, inverse)| base.to_affine(inverse)).collect()
}

/// In each row of `half` points: from B … hB, h = `filled`, to B … 2hB, as hB + jB for 1 ≤ j < h and the double of hB.
fn double_rows(entries: &mut [Affine], half: usize, filled: usize) {
    let mut slopes = Vec::with_capacity(entries.len() / half * filled);
    for row in entries.chunks_exact(half) {
        let last = row[filled - 1];
        slopes.extend(row[..filled - 1].iter().map(|point| point.x - last.x));
        slopes.push(last.y.double());
    }
    invert_all(&mut slopes);
    for (row, inverses) in entries.chunks_exact_mut(half).zip(slopes.chunks_exact(filled)) {
        let last = row[filled - 1];
        for j in 0..filled - 1 {
            row[filled + j] = last.sum_on_line(&row[j], (row[j].y - last.y) * inverses[j]);
        }
        let tangent = (last.x.square() - FieldElement::ONE).triple() * inverses[filled - 1];
        row[2 * filled - 1] = last.sum_on_line(&last, tangent);
    }
}

/// Replaces every element by its inverse, at the cost of one inversion and three multiplications an element (Montgomery's
/// trick). None may be zero.
fn invert_all(elements: &mut [FieldElement]) {
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

#[cfg(test)]
impl Table {
    pub(super) fn entries(&self) -> &[Affine] {
        &self.entries
    }
}
