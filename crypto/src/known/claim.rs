//! What a signature claims, and the verdict on one (GM/T 0003.2-2012 §7.1 = GB/T 32918.2-2016 §7.1).

use super::curve::{N, P};
use super::field::FieldElement;
use super::limbs;
use super::point::{Affine, Xyzz};
use super::scalar::Scalar;
use super::table::Table;
use crate::{Digest, Signature};

/// One claim on a known key: that the signature is the key's of the message with digest `e`.
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
    x: FieldElement,
    x_wrapped: Option<FieldElement>,
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
        let x = r.minus(&Scalar::reduced(&e.0));
        let (wrapped, carry) = limbs::add(x.limbs(), &N);
        let wrapped_fits = !carry && limbs::less(&wrapped, &P);
        Some(Claim {
            s,
            t,
            x: FieldElement::from_limbs(*x.limbs()),
            x_wrapped: wrapped_fits.then(|| FieldElement::from_limbs(wrapped)),
        })
    }

    /// Appends the table entries whose sum is sG + tP. At least one: s is not zero.
    #[inline]
    pub(super) fn push_summands(&self, generator: &Table, key: &Table, summands: &mut Vec<Affine>) {
        generator.push_multiple(&self.s, summands);
        key.push_multiple(&self.t, summands);
    }

    /// The verdict, given sG + tP. Infinity is refused: R would have no x.
    pub(super) fn accepts(&self, sum: &Xyzz) -> bool {
        let is = |x: FieldElement| x * sum.zz == sum.x;
        !sum.is_infinity() && (is(self.x) || self.x_wrapped.is_some_and(is))
    }

    /// The verdict, given sG + tP as a finite point.
    pub(super) fn accepts_affine(&self, sum: &Affine) -> bool {
        sum.x == self.x || self.x_wrapped == Some(sum.x)
    }
}

/// Room for the summands of one claim with the usual windows: 22 for G and 32 or 64 for the key.
pub(super) const USUAL_SUMMANDS: usize = 88;

/// The verdict on one claim.
pub(super) fn verify(generator: &Table, item: &Item<'_>) -> bool {
    let Some(claim) = Claim::new(&item.e, item.signature) else { return false };
    // All entries are fetched before the first is added, so that waiting for memory overlaps.
    let mut summands = Vec::with_capacity(USUAL_SUMMANDS);
    claim.push_summands(generator, item.key, &mut summands);
    claim.accepts(&summands.iter().fold(Xyzz::INFINITY, |sum, point| sum.plus(point)))
}
