//! Verdicts on many claims at once.
//!
//! Each claim's summands are added pairwise, in a tree, in affine coordinates, where an addition costs three multiplications
//! and a division. The divisions of one level of all trees share one inversion, at three multiplications each
//! (Montgomery's trick): six multiplications an addition instead of ten.
//!
//! Nothing is combined across claims, so that there is no randomness, and each verdict is that of [`claim::verify`] whatever
//! the company of the claim.

use super::claim::{self, Claim, Item, summands_count};
use super::field::FieldElement;
use super::point::Affine;
use super::table::Table;

/// The summands of one claim: `points[first..first + count]` of a [`Forest`].
struct Tree {
    first: usize,
    count: usize,
    /// Some pair had equal x: equal or opposite points, whose sum is not on a line of finite slope. Only the owner of a key
    /// can bring this about. What the tree holds is meaningless from then on.
    exceptional: bool,
}

impl Tree {
    /// Positions of the pairs of this level. The sums replace the lower halves; a middle one left over stays where it is.
    fn pairs(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> + use<> {
        let (first, kept) = (self.first, self.kept());
        (0..self.count - kept).map(move |k| (first + k, first + kept + k))
    }

    /// How many points the next level has.
    fn kept(&self) -> usize {
        self.count.div_ceil(2)
    }
}

#[derive(Default)]
struct Forest {
    points: Vec<Affine>,
    trees: Vec<Tree>,
    /// Of each pair of the level, in order: the product of the differences before it.
    products: Vec<FieldElement>,
}

/// One verdict for each item, in order.
pub(super) fn verify(generator: &Table, items: &[Item<'_>]) -> Vec<bool> {
    let claims: Vec<Option<Claim>> = items.iter().map(|item| Claim::new(&item.e, item.signature)).collect();
    let mut forest = Forest::default();
    forest.points.reserve(items.iter().map(|item| summands_count(generator, item.key)).sum());
    for (claim, item) in claims.iter().zip(items) {
        forest.plant(generator, claim.as_ref(), item.key);
    }
    while forest.trees.iter().any(|tree| tree.count > 1) {
        forest.add_pairs();
    }
    let judged = claims.iter().zip(&forest.trees).zip(items);
    judged.map(|((claim, tree), item)| judge(generator, &forest, claim.as_ref(), tree, item)).collect()
}

fn judge(generator: &Table, forest: &Forest, claim: Option<&Claim>, tree: &Tree, item: &Item<'_>) -> bool {
    let Some(claim) = claim else { return false };
    if tree.exceptional {
        return claim::verify(generator, item);
    }
    claim.accepts_affine(&forest.points[tree.first])
}

/// x₂ − x₁, or 1 instead of 0 to keep the product of all differences invertible.
#[inline(always)]
fn difference(a: &Affine, b: &Affine) -> (FieldElement, bool) {
    let difference = b.x - a.x;
    if difference.is_zero() { (FieldElement::ONE, true) } else { (difference, false) }
}

impl Forest {
    /// A tree with the summands of the claim; empty for a claim that is refused already.
    fn plant(&mut self, generator: &Table, claim: Option<&Claim>, key: &Table) {
        let first = self.points.len();
        if let Some(claim) = claim {
            self.points.extend(claim.summands(generator, key).map(|summand| summand.point()));
        }
        self.trees.push(Tree { first, count: self.points.len() - first, exceptional: false });
    }

    /// One level of every tree. The second pass runs backwards: with the inverse of the product of the differences up to
    /// some pair at hand, that pair's own inverse is this times the product before it.
    fn add_pairs(&mut self) {
        let mut inverse = self.multiply_differences().invert();
        for tree in self.trees.iter_mut().rev() {
            for (low, high) in tree.pairs().rev() {
                let (a, b) = (self.points[low], self.points[high]);
                let before = self.products.pop().expect("one product for each pair");
                let slope = (b.y - a.y) * (inverse * before);
                inverse = inverse * difference(&a, &b).0;
                self.points[low] = a.sum_on_line(&b, slope);
            }
            tree.count = tree.kept();
        }
    }

    /// The product of the differences of all pairs of this level. Marks the trees with exceptional pairs.
    fn multiply_differences(&mut self) -> FieldElement {
        let mut product = FieldElement::ONE;
        for tree in &mut self.trees {
            for (low, high) in tree.pairs() {
                let (difference, exceptional) = difference(&self.points[low], &self.points[high]);
                tree.exceptional |= exceptional;
                self.products.push(product);
                product = product * difference;
            }
        }
        product
    }
}
