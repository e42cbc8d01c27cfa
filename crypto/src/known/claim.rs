//! What a signature claims, and the verdict on one (GM/T 0003.2-2012 §7.1 = GB/T 32918.2-2016 §7.1).

use super::comb::Comb;
use super::curve::{N, P};
use super::field::FieldElement;
use super::limbs::{self, Limbs};
use super::point::{Affine, Xyzz};
use super::scalar::Scalar;
use super::table::{Summand, Table};
use crate::{Digest, Signature};

/// One claim on a known key: that the signature is the key's of the message with digest `e`.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    /// Table of the public key.
    pub(super) key: &'a Table,
    /// e = SM3(Z ‖ M).
    pub(super) e: Digest,
    /// r ‖ s.
    pub(super) signature: &'a Signature,
}

/// A signature in range. It is valid if and only if sG + tP, P being the public key, is a finite point with one of the
/// x-coordinates held here.
///
/// The standard's B7 asks for (e + x) mod n = r, that is x ≡ r − e mod n for an x below p. As n < p < 2n, that leaves
/// (r − e) mod n and, if it is still below p, the same plus n.
pub(super) struct Claim {
    s: Scalar,
    t: Scalar,
    x: Limbs,
    x_wrapped: Option<Limbs>,
}

impl Claim {
    /// Steps B1, B2 and B5: `None` unless r and s are in [1, n − 1] and t = (r + s) mod n is not zero.
    pub(super) fn new(e: &Digest, signature: &Signature) -> Option<Claim> {
        let (r, s) = signature.0.split_at(32);
        let scalar = |half: &[u8]| Scalar::in_range(half.try_into().expect("half of 64 bytes"));
        let (r, s) = (scalar(r)?, scalar(s)?);
        let t = r.plus(&s);
        if t.is_zero() {
            return None;
        }
        let x = *r.minus(&Scalar::reduced(&e.0)).limbs();
        let (wrapped, carry) = limbs::add(&x, &N);
        let wrapped_fits = !carry && limbs::less(&wrapped, &P);
        Some(Claim { s, t, x, x_wrapped: wrapped_fits.then_some(wrapped) })
    }

    /// The table entries whose sum is sG + tP: as many for every claim on keys with tables of the same width.
    #[inline]
    pub(super) fn summands<'a>(&self, generator: &'a Table, key: &'a Table) -> impl Iterator<Item = Summand<'a>> {
        generator.summands(&self.s).chain(key.summands(&self.t))
    }

    /// The verdict, given sG + tP. Infinity is refused: R would have no x.
    pub(super) fn accepts(&self, sum: &Xyzz) -> bool {
        let is = |x: Limbs| FieldElement::from_limbs(x) * sum.zz == sum.x;
        !sum.is_infinity() && (is(self.x) || self.x_wrapped.is_some_and(is))
    }

    /// The verdict, given sG + tP as a finite point.
    pub(super) fn accepts_affine(&self, sum: &Affine) -> bool {
        let is = |x: Limbs| FieldElement::from_limbs(x) == sum.x;
        is(self.x) || self.x_wrapped.is_some_and(is)
    }

    /// The verdict, given the x of sG + tP as an integer below p.
    pub(super) fn accepts_x(&self, x: &Limbs) -> bool {
        self.x == *x || self.x_wrapped == Some(*x)
    }
}

/// The verdict on one claim about a key with a comb.
pub(super) fn verify_by_comb(generator: &Table, key: &Comb, e: &Digest, signature: &Signature) -> bool {
    let Some(claim) = Claim::new(e, signature) else { return false };
    let summands = generator.summands(&claim.s);
    claim.accepts(&summands.fold(key.multiple(&claim.t), |sum, summand| sum.plus(&summand.point())))
}

/// How many summands the claim on a key has.
pub(super) fn summands_count(generator: &Table, key: &Table) -> usize {
    generator.summands_count() + key.summands_count()
}

/// The verdict on one claim.
pub(super) fn verify(generator: &Table, item: &Item<'_>) -> bool {
    let Some(claim) = Claim::new(&item.e, item.signature) else { return false };
    // All entries are fetched before the first is added, so that waiting for memory overlaps.
    let mut summands = Vec::with_capacity(summands_count(generator, item.key));
    for summand in claim.summands(generator, item.key) {
        summand.entry.prefetch();
        summands.push(summand);
    }
    claim.accepts(&summands.iter().fold(Xyzz::INFINITY, |sum, summand| sum.plus(&summand.point())))
}
