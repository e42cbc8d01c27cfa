//! Claims that only the owner of a key can make: he knows d with P = dG, and so can bring about any relation between the
//! summands of sG + tP.

use super::*;
use sm2::elliptic_curve::Group as _;
use sm2::elliptic_curve::sec1::ToSec1Point as _;

/// Small multiples of G and their opposites: tables that share points with that of G.
fn secrets() -> Vec<Scalar> {
    let small = [1u64, 2, 3, 4, 8, 15, 16, 17, 255, 256, 257, 4096, 65536].map(Scalar::from);
    small.into_iter().chain(small.map(|d| -d)).collect()
}

/// The claim with these s and t and the digest that makes it valid, if sG + tP is finite. `None` if r or s would be 0.
fn valid(d: &Scalar, s: Scalar, t: Scalar) -> Option<(Case, bool)> {
    let g = ProjectivePoint::GENERATOR;
    let r = t - s;
    if bool::from(r.is_zero()) || bool::from(s.is_zero()) {
        return None;
    }
    let sum = g * s + g * *d * t;
    let finite = !bool::from(sum.is_identity());
    let x = if finite {
        Scalar::reduce(&FieldBytes::try_from(&sum.to_affine().to_sec1_point(false).as_bytes()[1..33]).unwrap())
    } else {
        Scalar::ZERO
    };
    let case = Case {
        key: public(&(g * *d)),
        e: scalar_bytes(&(r - x)),
        signature: joined(scalar_bytes(&r), scalar_bytes(&s)),
    };
    Some((case, finite && !bool::from(t.is_zero())))
}

/// Pairs (s, t) that make summands coincide, cancel or add up to infinity.
fn relations(d: &Scalar, rng: &mut Rng) -> Vec<(Scalar, Scalar)> {
    let mut pairs: Vec<_> = (0..12u64).map(|i| (Scalar::from(i + 1), Scalar::from(i + 2))).collect();
    pairs.extend((0..6).map(|i| (Scalar::from(1u64 << (4 * i)), Scalar::from(3u64 << (4 * i)))));
    for _ in 0..2 {
        let a = scalar(rng);
        let inverse = d.invert().unwrap();
        pairs.extend([(a, -a), (a, a * Scalar::from(256u64)), (a * Scalar::from(256u64), a)]);
        pairs.extend([(-(a * d), a), (a * d, a), (a, a * inverse), (a, -(a * inverse)), (a, scalar(rng))]);
    }
    pairs.push((scalar(rng), Scalar::ZERO));
    pairs
}

/// All crafted cases, and each valid one again with another digest.
pub(super) fn cases() -> Vec<(Case, bool)> {
    let mut rng = Rng(5);
    let mut cases = vec![];
    for d in secrets() {
        for (s, t) in relations(&d, &mut rng) {
            let Some((case, verdict)) = valid(&d, s, t) else { continue };
            let mut other = case.clone();
            other.e[rng.below(32)] ^= 1 << rng.below(8);
            cases.extend([(case, verdict), (other, false)]);
        }
    }
    cases
}

#[test]
fn coinciding_and_cancelling_points() {
    let cases = cases();
    let generators = [4, 8].map(|width| Table::build(&affine(&public(&ProjectivePoint::GENERATOR)), width));
    for (index, (case, expected)) in cases.iter().enumerate() {
        assert_eq!(case.verdict(), *expected, "case {index}: the library");
        let comb = Comb::build(&affine(&case.key));
        for generator in generators.iter().chain([Table::generator()]) {
            let verdict = claim::verify_by_comb(generator, &comb, &Digest(case.e), &case.signature);
            assert_eq!(verdict, *expected, "case {index}, by comb");
        }
        if index % 40 > 3 && index % 5 != 0 {
            continue;
        }
        for width in [4, 6, 8] {
            let table = Table::build(&affine(&case.key), width);
            for generator in generators.iter().chain([Table::generator()]) {
                assert_eq!(verdict(generator, &table, case), *expected, "case {index}, width {width}");
            }
        }
    }
    let valid = cases.iter().filter(|case| case.1).count();
    assert!(valid > 500 && cases.len() - valid > 500, "{valid} of {}", cases.len());
}

#[test]
fn all_crafted_cases_in_batches_with_each_other() {
    let cases = cases();
    let widths = [4, 5, 6, 7, 8];
    let table = |(index, case): (usize, &(Case, bool))| Table::build(&affine(&case.0.key), widths[index % 5]);
    for chunk in cases.chunks(61) {
        let tables: Vec<Table> = chunk.iter().enumerate().map(table).collect();
        let items: Vec<Item<'_>> = chunk.iter().zip(&tables).map(|(case, table)| case.0.item(table)).collect();
        let expected: Vec<bool> = chunk.iter().map(|case| case.1).collect();
        assert_eq!(batch::verify(Table::generator(), &items), expected);
        let alone: Vec<bool> = items.iter().map(|item| claim::verify(Table::generator(), item)).collect();
        assert_eq!(alone, expected);
    }
}

/// Eight by eight, so that one claim that lanes give up on spoils few others.
#[test]
fn crafted_cases_in_lanes() {
    let cases = cases();
    let (mut decided, mut given_up) = (0, 0);
    for (index, chunk) in cases.chunks(8).enumerate() {
        let table = |case: &(Case, bool)| Table::build(&affine(&case.0.key), 4 + index % 5);
        let tables: Vec<Table> = chunk.iter().map(table).collect();
        let items: Vec<Item<'_>> = chunk.iter().zip(&tables).map(|(case, table)| case.0.item(table)).collect();
        let expected: Vec<bool> = chunk.iter().map(|case| case.1).collect();
        for verdicts in in_lanes(Table::generator(), &items) {
            match verdicts {
                Some(verdicts) => assert_eq!(verdicts, expected),
                None => given_up += 1,
            }
            decided += 1;
        }
    }
    assert!(given_up > 50 && decided - given_up > 50, "{given_up} of {decided} given up");
}

/// R = (n + i, y): the x-coordinate is above n and r is compared with what it leaves mod n.
#[test]
fn x_coordinates_from_n_on_wrap() {
    let p = arithmetic::prime();
    let mut rng = Rng(6);
    let mut found = 0;
    for i in 0..60u64 {
        let x = arithmetic::order() + i;
        let Some(point) = on_curve(&x, &p) else { continue };
        let (s, t) = (scalar(&mut rng), scalar(&mut rng));
        let key = public(&((point - ProjectivePoint::GENERATOR * s) * t.invert().unwrap()));
        let r = t - s;
        let table = Table::build(&affine(&key), 4 + found % 5);
        for (off, expected) in [(0u64, true), (1, false)] {
            let e = scalar_bytes(&(r - Scalar::from(i) + Scalar::from(off)));
            let case = Case { key, e, signature: joined(scalar_bytes(&r), scalar_bytes(&s)) };
            assert_eq!(case.verdict(), expected, "x = n + {i}: the library");
            assert_eq!(verdict(Table::generator(), &table, &case), expected, "x = n + {i}");
        }
        found += 1;
    }
    assert!(found > 15, "{found} points with x from n on");
}

/// A point with this x, if there is one: y = (x³ − 3x + b)^((p+1)/4), as p ≡ 3 mod 4.
fn on_curve(x: &BigUint, p: &BigUint) -> Option<ProjectivePoint> {
    let b = BigUint::from_bytes_be(&super::super::curve::B);
    let square = (x * x * x + b + p * 3u8 - x * 3u8) % p;
    let y = square.modpow(&((p + 1u8) / 4u8), p);
    let key = PublicKey::from_bytes(joined(be_bytes(x), be_bytes(&y)).0).ok()?;
    let library = sm2::PublicKey::from_sec1_bytes(&key.to_sec1()).unwrap();
    Some(ProjectivePoint::from(*library.as_affine()))
}

/// e is any 256-bit integer and counts mod n.
#[test]
fn digests_from_n_on_count_mod_n() {
    let mut rng = Rng(7);
    let key = crate::SigningKey::from_bytes(&[7; 32]).unwrap();
    let d = reduced([7; 32]);
    let table = Table::build(&affine(&key.public()), 8);
    for e in edges() {
        // The owner's own signature: R = kG, r = e + x, s = (k − rd)/(1 + d).
        let k = scalar(&mut rng);
        let sec1 = (ProjectivePoint::GENERATOR * k).to_affine().to_sec1_point(false);
        let x = Scalar::reduce(&FieldBytes::try_from(&sec1.as_bytes()[1..33]).unwrap());
        let r = reduced(e) + x;
        let s = (k - r * d) * (Scalar::ONE + d).invert().unwrap();
        let case = Case { key: key.public(), e, signature: joined(scalar_bytes(&r), scalar_bytes(&s)) };
        assert!(case.verdict());
        assert!(verdict(Table::generator(), &table, &case));
    }
}
