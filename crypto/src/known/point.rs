//! Points of the curve, affine and in XYZZ coordinates.
//!
//! Formulas are those of the Explicit-Formulas Database, short Weierstrass curves, XYZZ coordinates
//! (hyperelliptic.org/EFD/g1p/auto-shortw-xyzz.html: madd-2008-s, dbl-2008-s-1), with a = −3. Every exceptional case is
//! decided exactly: a sum is right for all points, equal, opposite or infinite.

use super::curve::B;
use super::field::FieldElement;
use bencao_vector::Point;

/// A point other than infinity. One cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Affine {
    pub(super) x: FieldElement,
    pub(super) y: FieldElement,
}

/// x = `x`/`zz`, y = `y`/`zzz` with `zz`³ = `zzz`²; infinity has `zz` = `zzz` = 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Xyzz {
    pub(super) x: FieldElement,
    pub(super) y: FieldElement,
    pub(super) zz: FieldElement,
    pub(super) zzz: FieldElement,
}

impl Affine {
    /// Reads `x ‖ y`, big endian. `None` unless both are below p and satisfy the equation of the curve.
    pub(super) fn from_bytes(bytes: &[u8; 64]) -> Option<Affine> {
        let (x, y) = bytes.split_at(32);
        let coordinate = |half: &[u8]| FieldElement::from_be_bytes(half.try_into().expect("half of 64 bytes"));
        let point = Affine { x: coordinate(x)?, y: coordinate(y)? };
        point.is_on_curve().then_some(point)
    }

    /// As a table holds it.
    #[inline(always)]
    pub(super) fn to_entry(self) -> Point {
        Point { x: self.x.montgomery(), y: self.y.montgomery() }
    }

    /// From a table.
    #[inline(always)]
    pub(super) fn from_entry(entry: &Point) -> Affine {
        Affine { x: FieldElement::from_montgomery(entry.x), y: FieldElement::from_montgomery(entry.y) }
    }

    /// y² = x³ − 3x + b.
    fn is_on_curve(&self) -> bool {
        let b = FieldElement::from_be_bytes(&B).expect("b is below p");
        self.y.square() == self.x.square() * self.x - self.x.triple() + b
    }

    /// (x, −y) if `condition`, else the point.
    #[inline(always)]
    pub(super) fn negate_if(&self, condition: bool) -> Affine {
        Affine { x: self.x, y: self.y.negate_if(condition) }
    }

    /// The third point on the line through `self` and `other` with slope `slope`, mirrored: their sum, if `slope` is
    /// (y₂ − y₁)/(x₂ − x₁) for points of different x, or the double, if they are equal and `slope` is (3x² − 3)/(2y).
    #[inline(always)]
    pub(super) fn sum_on_line(&self, other: &Affine, slope: FieldElement) -> Affine {
        let x = slope.square() - self.x - other.x;
        Affine { x, y: slope * (self.x - x) - self.y }
    }
}

impl Xyzz {
    pub(super) const INFINITY: Xyzz =
        Xyzz { x: FieldElement::ZERO, y: FieldElement::ONE, zz: FieldElement::ZERO, zzz: FieldElement::ZERO };

    pub(super) fn from_affine(point: &Affine) -> Xyzz {
        Xyzz { x: point.x, y: point.y, zz: FieldElement::ONE, zzz: FieldElement::ONE }
    }

    #[inline(always)]
    pub(super) fn is_infinity(&self) -> bool {
        self.zz.is_zero()
    }

    /// The double: dbl-2008-s-1, with 3X² + aZZ² = 3(X − ZZ)(X + ZZ). No point has order 2, so a double is infinite only
    /// if the point is, and then the formula itself gives ZZ = ZZZ = 0.
    pub(super) fn double(&self) -> Xyzz {
        let u = self.y.double();
        let v = u.square();
        let w = u * v;
        let s = self.x * v;
        let m = ((self.x - self.zz) * (self.x + self.zz)).triple();
        let x = m.square() - s.double();
        Xyzz { x, y: m * (s - x) - w * self.y, zz: v * self.zz, zzz: w * self.zzz }
    }

    /// The sum with an affine point: madd-2008-s, eight multiplications and two squares.
    ///
    /// The formula fails if the two x are equal, that is X₂·ZZ₁ = X₁, or if this point is infinity: both are looked for.
    #[inline(always)]
    pub(super) fn plus(&self, other: &Affine) -> Xyzz {
        let p = other.x * self.zz - self.x;
        let r = other.y * self.zzz - self.y;
        if p.is_zero() || self.is_infinity() {
            return self.plus_special(other, r.is_zero());
        }
        self.plus_on_chord(p, r)
    }

    /// The rest of madd-2008-s, given P = X₂·ZZ₁ − X₁ and R = Y₂·ZZZ₁ − Y₁.
    #[inline(always)]
    fn plus_on_chord(&self, p: FieldElement, r: FieldElement) -> Xyzz {
        let pp = p.square();
        let ppp = p * pp;
        let q = self.x * pp;
        let x = r.square() - ppp - q.double();
        Xyzz { x, y: r * (q - x) - self.y * ppp, zz: self.zz * pp, zzz: self.zzz * ppp }
    }

    /// The sum with a point that is neither equal nor opposite, this one not being infinity; in constant time. If they are equal
    /// or opposite the result is infinity, which is wrong.
    #[inline(always)]
    pub(super) fn plus_different(&self, other: &Affine) -> Xyzz {
        let p = other.x * self.zz - self.x;
        let r = other.y * self.zzz - self.y;
        self.plus_on_chord(p, r)
    }

    /// The sum if this point is infinity, equal to `other` (`same_y`) or its opposite.
    #[cold]
    fn plus_special(&self, other: &Affine, same_y: bool) -> Xyzz {
        if self.is_infinity() {
            Xyzz::from_affine(other)
        } else if same_y {
            Xyzz::from_affine(other).double()
        } else {
            Xyzz::INFINITY
        }
    }

    /// The affine point, given 1/`zzz`: 1/`zz` = (`zz`/`zzz`)². Not for infinity.
    pub(super) fn to_affine(self, inverse_zzz: FieldElement) -> Affine {
        debug_assert!(self.zzz * inverse_zzz == FieldElement::ONE);
        let inverse_zz = (inverse_zzz * self.zz).square();
        Affine { x: self.x * inverse_zz, y: self.y * inverse_zzz }
    }
}
