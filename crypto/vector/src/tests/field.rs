//! The field of radix 2⁵² against big integers, on arrays; with the assertions of bounds.

use super::*;
use crate::field::{Element, ONE, P, Q1, Q4, multiple_of_p, splat};
use crate::lanes::{Arrays, Limbs};

const LANES: Arrays<8> = Arrays;

type Eight = Element<[u64; 8]>;

fn m_inverse() -> BigUint {
    power(260).modpow(&(prime() - 2u8), &prime())
}

/// The same integer below 2²⁶⁰ in all lanes but the last, which has 1.
fn element(value: &BigUint) -> Eight {
    let mut element = Element(splat(LANES, limbs(value, 52)));
    for (i, limb) in element.0.iter_mut().enumerate() {
        limb[7] = u64::from(i == 0);
    }
    element
}

fn value(element: &Eight, lane: usize) -> BigUint {
    integer(&element.0.map(|limb| limb[lane]), 52)
}

/// Integers below `bound`: with limbs at and beside the ends of their range, beside multiples of p, and random.
fn samples(bound: &BigUint) -> Vec<BigUint> {
    let mut values = vec![];
    let ends = [0, 1, (1 << 52) - 1, 1 << 51, 0xffff_ffff, 0xffff_ffff_0000, (1 << 48) - 1, 1 << 48];
    for low in ends {
        for high in ends {
            for top in [0, 1, 0xffff_fffe_ffff, (1 << 48) - 1, 1 << 48, (1 << 49) - 1, (1 << 50) - 1] {
                values.push(integer(&[low, high, low, high, top], 52));
                values.push(integer(&[high, high, low, low, top], 52));
            }
        }
    }
    for multiple in 1..=4u8 {
        for distance in 0..4u8 {
            values.push(prime() * multiple - distance);
            values.push(prime() * multiple + distance);
        }
    }
    let mut rng = Rng(1);
    values.extend((0..60).map(|_| integer(&std::array::from_fn::<u64, 5, _>(|_| rng.draw() >> 12), 52) % bound));
    values.retain(|value| value < bound);
    values.sort();
    values.dedup();
    values
}

/// Every tenth or so of `values`, and both ends.
fn few(values: &[BigUint]) -> Vec<&BigUint> {
    let inner = values.iter().skip(1).step_by(values.len() / 40);
    values.first().into_iter().chain(inner).chain(values.last()).collect()
}

#[test]
fn constants_are_what_they_stand_for() {
    let p = prime();
    assert_eq!(integer(&P, 64), p);
    assert_eq!(power(208) * Q4 + power(52) * Q1, &p + 1u8 + power(104));
    for times in [1, 2, 3, 4, 8, 16] {
        assert_eq!(integer(&multiple_of_p(times), 52), &p * times);
        assert!(multiple_of_p(times).iter().all(|limb| limb >> 52 == 0));
    }
    assert_eq!(integer(&ONE, 52), power(260) % &p);
    assert!(&p * 16u8 < power(260) && &p * 2u8 > power(256) + power(228));
}

#[test]
fn products_squares_and_differences() {
    let (p, m_inverse) = (prime(), m_inverse());
    let values = samples(&(&p * 4u8));
    assert!(values.len() > 500, "{} values", values.len());
    let few = few(&values);
    for a in &values {
        let held = element(a);
        let square = held.squared(LANES);
        assert_eq!(value(&square, 0) % &p, a * a * &m_inverse % &p);
        for b in &few {
            let product = held.times(LANES, &element(b));
            assert_eq!(value(&product, 3) % &p, a * *b * &m_inverse % &p);
            assert_eq!(value(&product, 7) % &p, m_inverse, "the other lane");
        }
    }
    let values = samples(&(&p * 2u8));
    for a in &values {
        for b in few.iter().filter(|b| **b < &(prime() * 2u8)) {
            let (x, y) = (element(a), element(b));
            let expected = (a + &p * 2u8 - *b) % &p;
            assert_eq!(value(&x.minus(LANES, &y), 0) % &p, expected);
            assert_eq!(value(&x.minus_small(LANES, &y), 0) % &p, expected);
            for c in [*b, a, &p, &BigUint::ZERO] {
                let both = x.minus_both_small(LANES, &y, &element(c));
                assert_eq!(value(&both, 0) % &p, (a + &p * 4u8 - *b - c) % &p);
            }
        }
    }
}

#[test]
fn coordinates_are_loaded_and_given_back() {
    let p = prime();
    let mut values = samples(&p);
    values.retain(|value| value != &BigUint::ZERO);
    for value_ in &values {
        let limbs_64 = limbs::<4>(value_, 64);
        let vectors = limbs_64.map(|limb| LANES.splat(limb));
        let loaded = Element::load(LANES, vectors, 0b0101_0010);
        for lane in 0..8 {
            let expected = if 0b0101_0010 >> lane & 1 == 1 { &p - value_ } else { value_.clone() };
            assert_eq!(value(&loaded, lane) % &p, expected * 16u8 % &p);
        }
        let integers = loaded.integers(LANES);
        // Held as a · 2²⁵⁶, so the integer is that without the factor.
        let factor_inverse = power(256).modpow(&(&p - 2u8), &p);
        assert_eq!(integer(&integers[0], 64), value_ * &factor_inverse % &p);
        assert_eq!(integer(&integers[1], 64), (&p - value_) * factor_inverse % &p);
    }
    assert_eq!(element(&p).integers(LANES)[0], [0; 4]);
}

#[test]
fn inverses_and_zero() {
    let p = prime();
    for a in few(&samples(&(&p * 2u8))) {
        let held = element(a);
        let is_zero = a % &p == BigUint::ZERO;
        assert_eq!(held.has_zero(LANES), is_zero);
        let product = value(&held.inverted(LANES).times(LANES, &held), 0) % &p;
        assert_eq!(product, if is_zero { BigUint::ZERO } else { power(260) % &p });
    }
    for lane in 0..8 {
        let mut one_zero = Element::one(LANES);
        one_zero.0.iter_mut().for_each(|limb| limb[lane] = 0);
        assert!(one_zero.has_zero(LANES));
        let p_limbs = multiple_of_p(1);
        one_zero.0.iter_mut().zip(p_limbs).for_each(|(limb, p)| limb[lane] = p);
        assert!(one_zero.has_zero(LANES));
    }
    assert!(!Element::one(LANES).has_zero(LANES));
}

#[cfg(debug_assertions)]
mod bounds {
    use super::*;

    #[test]
    #[should_panic = "bound"]
    fn factors_are_below_4p() {
        element(&(prime() * 4u8)).times(LANES, &Element::one(LANES));
    }

    #[test]
    #[should_panic = "bound"]
    fn what_is_subtracted_is_below_2p() {
        Element::one(LANES).minus(LANES, &element(&(prime() * 2u8)));
    }

    #[test]
    #[should_panic = "limbs"]
    fn limbs_are_below_52_bits() {
        let mut element = Element::one(LANES);
        element.0[1][5] = 1 << 52;
        element.squared(LANES);
    }
}
