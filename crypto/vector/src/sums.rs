//! Sums of many points of the curve, eight sums side by side.
//!
//! The points of each sum are added pairwise, in a tree, in affine coordinates, where an addition costs three multiplications
//! and a division. The divisions of one level of all trees share one inversion (Montgomery's trick): five multiplications and
//! a square for each addition. Nothing is combined across lanes, so that a sum does not depend on what is summed beside it.
//!
//! Affine addition has exceptional cases: two points of equal x, which are equal or opposite. They are noticed, since the
//! product of all differences of x then is 0, and reported; whoever asked adds the points up in another way.

use crate::field::Element;
#[cfg(target_arch = "x86_64")]
use crate::lanes::Ifma;
use crate::lanes::{Arrays, Limbs, LimbsKernel};
use crate::point::Point;

/// Sums side by side.
pub const LANES: usize = 8;

/// Independent chains of products, so that the processor has something to do while it waits for a product.
const CHAINS: usize = 4;

/// One summand of each of eight sums.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The points.
    pub points: [&'a Point; LANES],
    /// Bit i says that the opposite of point i is meant.
    pub negate: u8,
}

/// Lanes for sums of points.
#[derive(Clone, Copy, Debug)]
pub struct SumLanes(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Ifma(Ifma),
    Arrays(Arrays<LANES>),
}

impl SumLanes {
    /// Lanes of AVX-512 F and IFMA, if the processor has them.
    pub fn ifma() -> Option<SumLanes> {
        #[cfg(target_arch = "x86_64")]
        return Some(SumLanes(Kind::Ifma(Ifma::detect()?)));
        #[cfg(not(target_arch = "x86_64"))]
        None
    }

    /// Lanes of plain integers, on any processor. For comparison: much slower than one sum after the other.
    pub fn arrays() -> SumLanes {
        SumLanes(Kind::Arrays(Arrays))
    }
}

/// The x-coordinates of sums, fully reduced integers in limbs of 64 bits: for each group eight, of the sums of the points of
/// its rows in each lane. `None` if an exceptional case occurred anywhere.
///
/// # Panics
/// If a group has no rows.
pub fn x_coordinates(lanes: SumLanes, groups: &[Vec<Row<'_>>]) -> Option<Vec<[[u64; 4]; LANES]>> {
    assert!(groups.iter().all(|rows| !rows.is_empty()), "an empty sum has no x");
    let kernel = XCoordinates { groups };
    match lanes.0 {
        #[cfg(target_arch = "x86_64")]
        Kind::Ifma(lanes) => lanes.compile(kernel),
        Kind::Arrays(lanes) => Limbs::compile(lanes, kernel),
    }
}

struct XCoordinates<'a> {
    groups: &'a [Vec<Row<'a>>],
}

/// Eight points, *small* in both coordinates.
#[derive(Clone, Copy)]
struct Points<V> {
    x: Element<V>,
    y: Element<V>,
}

/// The summands of one group: `points[first..first + count]` of a [`Forest`].
struct Tree {
    first: usize,
    count: usize,
}

impl Tree {
    /// How many points the next level has.
    #[inline(always)]
    fn kept(&self) -> usize {
        self.count.div_ceil(2)
    }
}

struct Forest<V> {
    points: Vec<Points<V>>,
    trees: Vec<Tree>,
    /// Of each pair of the level, in order: the product of the differences before it in its chain.
    products: Vec<Element<V>>,
}

impl LimbsKernel for XCoordinates<'_> {
    type Output = Option<Vec<[[u64; 4]; LANES]>>;

    #[inline(always)]
    fn run<L: Limbs>(self, lanes: L) -> Self::Output {
        let mut forest = Forest::plant(lanes, self.groups);
        while forest.trees.iter().any(|tree| tree.count > 1) {
            let inverses = forest.inverses(lanes)?;
            forest.add_pairs(lanes, inverses);
        }
        let mut sums = Vec::with_capacity(forest.trees.len());
        for tree in &forest.trees {
            sums.push(forest.points[tree.first].x.integers(lanes));
        }
        Some(sums)
    }
}

impl<V: Copy> Forest<V> {
    #[inline(always)]
    fn plant<L: Limbs<Vector = V>>(lanes: L, groups: &[Vec<Row<'_>>]) -> Forest<V> {
        let total = groups.iter().map(Vec::len).sum();
        let mut forest = Forest {
            points: Vec::with_capacity(total),
            trees: Vec::with_capacity(groups.len()),
            products: Vec::with_capacity(total / 2),
        };
        for rows in groups {
            forest.trees.push(Tree { first: forest.points.len(), count: rows.len() });
            for row in rows {
                let [x, y] = lanes.load(&row.points);
                let point = Points { x: Element::load(lanes, x, 0), y: Element::load(lanes, y, row.negate) };
                forest.points.push(point);
            }
        }
        forest
    }

    /// The inverses of the products of the differences of all pairs of this level, one for each chain; pair i of the level
    /// belongs to chain i mod [`CHAINS`]. `None` if some difference is zero in some lane.
    #[inline(always)]
    fn inverses<L: Limbs<Vector = V>>(&mut self, lanes: L) -> Option<[Element<V>; CHAINS]> {
        let mut chains = [Element::one(lanes); CHAINS];
        self.products.clear();
        for tree in &self.trees {
            let kept = tree.kept();
            for low in tree.first..tree.first + tree.count - kept {
                let difference = self.points[low + kept].x.minus(lanes, &self.points[low].x);
                let chain = &mut chains[self.products.len() % CHAINS];
                self.products.push(*chain);
                *chain = chain.times(lanes, &difference);
            }
        }
        // The same trick over the chains.
        let [c0, c1, c2, c3] = chains;
        let (c01, c23) = (c0.times(lanes, &c1), c2.times(lanes, &c3));
        let all = c01.times(lanes, &c23);
        if all.has_zero(lanes) {
            return None;
        }
        let inverse = all.inverted(lanes);
        let (inverse_01, inverse_23) = (inverse.times(lanes, &c23), inverse.times(lanes, &c01));
        Some([
            inverse_01.times(lanes, &c1),
            inverse_01.times(lanes, &c0),
            inverse_23.times(lanes, &c3),
            inverse_23.times(lanes, &c2),
        ])
    }

    /// One level of every tree, backwards: with the inverse of the product of the differences up to some pair at hand, the
    /// pair's own inverse is this times the product before it. The sums replace the lower halves; a middle point left over
    /// stays where it is.
    #[inline(always)]
    fn add_pairs<L: Limbs<Vector = V>>(&mut self, lanes: L, mut inverses: [Element<V>; CHAINS]) {
        let mut pair = self.products.len();
        for tree in self.trees.iter_mut().rev() {
            let kept = tree.kept();
            for low in (tree.first..tree.first + tree.count - kept).rev() {
                pair -= 1;
                let (a, b) = (self.points[low], self.points[low + kept]);
                let inverse = &mut inverses[pair % CHAINS];
                let own = inverse.times(lanes, &self.products[pair]);
                *inverse = inverse.times(lanes, &b.x.minus(lanes, &a.x));
                let slope = b.y.minus(lanes, &a.y).times(lanes, &own);
                let x = slope.squared(lanes).minus_both_small(lanes, &a.x, &b.x);
                let y = slope.times(lanes, &a.x.minus(lanes, &x)).minus_small(lanes, &a.y);
                self.points[low] = Points { x, y };
            }
            tree.count = kept;
        }
    }
}
