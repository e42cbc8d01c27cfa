//! Field, scalars, points and tables against big integers and the library's points.

use super::super::comb::COMB_BYTES;
use super::super::curve;
use super::super::field::FieldElement;
use super::super::limbs::{self, Limbs};
use super::super::point::{Affine, Xyzz};
use super::super::scalar::{Scalar as Scalar256, windows};
use super::super::table::{Table, table_bytes};
use super::*;
use sm2::elliptic_curve::Group as _;

fn big(limbs: &Limbs) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |sum, limb| (sum << 64u32) + *limb)
}

fn to_limbs(integer: &BigUint) -> Limbs {
    limbs::from_be_bytes(&be_bytes(integer))
}

pub(super) fn prime() -> BigUint {
    let power = |exponent: u32| BigUint::from(1u8) << exponent;
    power(256) + power(64) - power(224) - power(96) - 1u8
}

pub(super) fn order() -> BigUint {
    big(&curve::N)
}

/// Integers below `modulus`: all of a few limbs at and beside the ends of their range, then random ones.
fn samples(modulus: &BigUint) -> Vec<Limbs> {
    let mut values: Vec<Limbs> = vec![];
    let ends = [0, 1, u64::MAX, 1 << 63, 0xffff_ffff, 0xffff_ffff_0000_0000, 0xffff_fffe_ffff_ffff];
    for low in ends {
        for high in ends {
            values.extend([
                [low, high, low, high],
                [low, low, high, high],
                [high, 0, u64::MAX, low],
                [0, low, 0, high],
            ]);
        }
    }
    for distance in 1..5u8 {
        values.push(to_limbs(&(modulus - distance)));
        values.push(to_limbs(&(modulus / 2u8 + distance - 2u8)));
        values.push(to_limbs(&((BigUint::from(1u8) << 256u32) - modulus + distance)));
    }
    let mut rng = Rng(1);
    values.extend((0..100).map(|_| limbs::from_be_bytes(&rng.array())));
    values.retain(|value| big(value) < *modulus);
    values
}

#[test]
fn constants_are_the_curves() {
    let (p, n) = (prime(), order());
    assert_eq!(big(&curve::P), p);
    assert!(n < p && p < &n * 2u8);
    assert_eq!(be_bytes(&(&n - 1u8)), scalar_bytes(&-Scalar::ONE));
    assert_eq!(curve::G, *public(&ProjectivePoint::GENERATOR).as_bytes());
    let r = (BigUint::from(1u8) << 256u32) % &p;
    assert_eq!(big(&FieldElement::ONE.montgomery()), r);
    assert_eq!(FieldElement::from_limbs([1, 0, 0, 0]), FieldElement::ONE);
    let two = BigUint::from(2u8);
    assert_eq!(two.modpow(&(&p - 1u8), &p), BigUint::from(1u8));
    assert_eq!(two.modpow(&(&n - 1u8), &n), BigUint::from(1u8));
}

#[test]
fn field_is_integers_mod_p() {
    let p = prime();
    let r_inverse = (BigUint::from(1u8) << 256u32).modpow(&(&p - 2u8), &p);
    let values = samples(&p);
    let held = |element: FieldElement| big(&element.montgomery());
    for a in &values {
        let (x, i) = (FieldElement::from_montgomery(*a), big(a));
        for b in &values {
            let (y, j) = (FieldElement::from_montgomery(*b), big(b));
            assert_eq!(held(x * y), &i * &j * &r_inverse % &p);
            assert_eq!(held(x + y), (&i + &j) % &p);
            assert_eq!(held(x - y), (&i + &p - &j) % &p);
        }
        assert_eq!(held(x.square()), &i * &i * &r_inverse % &p);
        assert_eq!(held(-x), (&p - &i) % &p);
        assert_eq!((x.negate_if(false), x.negate_if(true)), (x, -x));
        assert_eq!((held(x.double()), held(x.triple())), (&i * 2u8 % &p, &i * 3u8 % &p));
        assert_eq!(x.is_zero(), i == BigUint::ZERO);
        assert_eq!(held(FieldElement::from_limbs(*a)) * &r_inverse % &p, i);
        let inverse = if x.is_zero() { FieldElement::ZERO } else { FieldElement::ONE };
        assert_eq!(x.invert() * x, inverse);
    }
    assert!(values.len() > 150, "{} values", values.len());
}

#[test]
fn coordinates_from_p_on_are_refused() {
    for above in 0..3u8 {
        assert_eq!(FieldElement::from_be_bytes(&be_bytes(&(prime() + above))), None);
    }
    assert!(FieldElement::from_be_bytes(&be_bytes(&(prime() - 1u8))).is_some());
    assert_eq!(FieldElement::from_be_bytes(&[0xff; 32]), None);
}

#[test]
fn scalars_are_integers_mod_n() {
    let n = order();
    let values = samples(&n);
    let scalar = |limbs: &Limbs| Scalar256::reduced(&be_bytes(&big(limbs)));
    for a in &values {
        for b in &values {
            let (sum, difference) = (scalar(a).plus(&scalar(b)), scalar(a).minus(&scalar(b)));
            assert_eq!(big(sum.limbs()), (big(a) + big(b)) % &n);
            assert_eq!(big(difference.limbs()), (big(a) + &n - big(b)) % &n);
        }
    }
    for value in samples(&(BigUint::from(1u8) << 256u32)) {
        let bytes = be_bytes(&big(&value));
        assert_eq!(big(Scalar256::reduced(&bytes).limbs()), big(&value) % &n);
        let in_range = big(&value) != BigUint::ZERO && big(&value) < n;
        assert_eq!(Scalar256::in_range(&bytes).map(|s| big(s.limbs())), in_range.then(|| big(&value)));
    }
    assert_eq!(edges().map(|edge| Scalar256::in_range(&edge).is_some()), [false, true, true, false, false, false]);
}

#[test]
fn digits_add_up_to_the_scalar() {
    let n = order();
    for width in 4..=15 {
        for value in samples(&n) {
            let digits = Scalar256::reduced(&be_bytes(&big(&value))).digits(width);
            assert_eq!(digits.as_slice().len(), windows(width));
            let mut sum = BigUint::ZERO;
            for (i, digit) in digits.as_slice().iter().enumerate() {
                assert!(digit & 1 == 1 && digit.unsigned_abs() < 1 << width, "{digit} of {width} bits");
                let magnitude = (BigUint::from(digit.unsigned_abs()) << (width * i)) % &n;
                sum += if *digit < 0 { &n - magnitude } else { magnitude };
            }
            assert_eq!(sum % &n, big(&value));
        }
    }
}

fn to_public(sum: &Xyzz) -> Option<[Limbs; 2]> {
    let point = (!sum.is_infinity()).then(|| sum.to_affine(sum.zzz.invert()))?;
    Some([point.x.montgomery(), point.y.montgomery()])
}

fn from_library(point: &ProjectivePoint) -> Option<[Limbs; 2]> {
    if bool::from(point.is_identity()) {
        return None;
    }
    let point = affine(&public(point));
    Some([point.x.montgomery(), point.y.montgomery()])
}

#[test]
fn sums_are_the_librarys_also_of_equal_opposite_and_infinite_points() {
    let g = ProjectivePoint::GENERATOR;
    let mut rng = Rng(2);
    let mut points: Vec<ProjectivePoint> = (1..5u64).map(|k| g * Scalar::from(k)).collect();
    points.extend(points.clone().iter().map(|point| -point));
    points.extend((0..8).map(|_| g * scalar(&mut rng)));
    for a in &points {
        for b in &points {
            let (ours, other) = (Xyzz::from_affine(&affine(&public(a))), affine(&public(b)));
            assert_eq!(to_public(&ours.plus(&other)), from_library(&(a + b)));
            // Not from affine: ZZ differs from 1; and back to where it came from, equal and opposite.
            let (moved, theirs) = (ours.double().plus(&other), a.double() + b);
            assert_eq!(to_public(&moved), from_library(&theirs));
            assert_eq!(to_public(&moved.double()), from_library(&theirs.double()));
            let Some(_) = from_library(&theirs) else { continue };
            let back = affine(&public(&theirs));
            assert_eq!(to_public(&moved.plus(&back)), from_library(&theirs.double()));
            assert_eq!(to_public(&moved.plus(&back.negate_if(true))), None);
        }
        let point = affine(&public(a));
        assert_eq!(to_public(&Xyzz::INFINITY.plus(&point)), from_library(a));
    }
    assert!(Xyzz::INFINITY.double().is_infinity());
}

#[test]
fn points_off_the_curve_are_refused_like_the_library_refuses_them() {
    let mut rng = Rng(3);
    let good = *public(&(ProjectivePoint::GENERATOR * scalar(&mut rng))).as_bytes();
    for bit in 0..512 {
        let mut bytes = good;
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Affine::from_bytes(&bytes).is_some(), PublicKey::from_bytes(bytes).is_ok());
    }
    let p = be_bytes(&prime());
    for bytes in [[0; 64], [0xff; 64], joined(p, p).0, joined([0; 32], p).0] {
        assert_eq!(Affine::from_bytes(&bytes), None);
        assert!(PublicKey::from_bytes(bytes).is_err());
    }
}

#[test]
fn x_of_secret_multiples_is_the_librarys() {
    let n = order();
    let mut scalars: Vec<BigUint> = samples(&n).iter().map(big).filter(|k| k != &BigUint::ZERO).collect();
    scalars.extend((0..256).map(|i| BigUint::from(1u8) << i).filter(|k| k < &n));
    for k in &scalars {
        let sum = ProjectivePoint::GENERATOR * reduced(be_bytes(k));
        assert_eq!(base::x_of_multiple(&be_bytes(k)).unwrap(), public(&sum).as_bytes()[..32], "{k:x}");
    }
    assert!(scalars.len() > 300);
    let exception = (BigUint::from(1u8) << 256u32) - &n;
    for k in [&n - &exception, exception] {
        assert_eq!(base::x_of_multiple(&be_bytes(&k)), None);
    }
}

#[test]
fn multiples_by_comb_are_the_librarys() {
    let mut rng = Rng(15);
    for point in [ProjectivePoint::GENERATOR, ProjectivePoint::GENERATOR * scalar(&mut rng)] {
        let comb = Comb::build(&affine(&public(&point)));
        assert_eq!(size_of_val(comb.entries()), COMB_BYTES);
        for value in samples(&order()) {
            let bytes = be_bytes(&big(&value));
            let multiple = comb.multiple(&Scalar256::reduced(&bytes));
            assert_eq!(to_public(&multiple), from_library(&(point * reduced(bytes))), "{value:x?}");
        }
    }
}

#[test]
fn table_entries_are_multiples() {
    let mut rng = Rng(4);
    let point = ProjectivePoint::GENERATOR * scalar(&mut rng);
    for width in [4, 5, 8, 9] {
        let table = Table::build(&affine(&public(&point)), width);
        assert_eq!(size_of_val(table.entries()), table_bytes(width));
        let half = 1 << (width - 1);
        let mut base = point;
        for (window, row) in table.entries().chunks_exact(half).enumerate() {
            for j in [0, 1, 2, 3, half / 2 - 1, half / 2, half - 2, half - 1] {
                let multiple = base * Scalar::from(2 * j as u64 + 1);
                let entry = affine(&public(&multiple)).to_entry();
                assert_eq!(row[j], entry, "{} in window {window} of {width} bits", 2 * j + 1);
            }
            base = (0..width).fold(base, |power, _| power.double());
        }
    }
}
