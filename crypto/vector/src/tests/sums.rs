//! Sums against big integers, on all lanes that this processor has.

use super::*;
use crate::{LANES, Point, Row, SumLanes, x_coordinates};

/// x, y.
type Plain = (BigUint, BigUint);

fn all_lanes() -> Vec<(&'static str, SumLanes)> {
    let found = [("ifma", SumLanes::ifma()), ("arrays", Some(SumLanes::arrays()))];
    found.into_iter().filter_map(|(name, lanes)| Some((name, lanes?))).collect()
}

fn b() -> BigUint {
    let bytes: [u32; 8] =
        [0x28e9_fa9e, 0x9d9f_5e34, 0x4d5a_9e4b, 0xcf65_09a7, 0xf397_89f5, 0x15ab_8f92, 0xddbc_bd41, 0x4d94_0e93];
    bytes.iter().fold(BigUint::ZERO, |sum, word| (sum << 32) + *word)
}

/// The point whose x is the first one from `x` on that has one; p ≡ 3 mod 4.
fn point_from(x: BigUint) -> Plain {
    let p = prime();
    let mut x = x % &p;
    loop {
        let right = (&x * &x * &x + b() + &p * 3u8 - &x * 3u8) % &p;
        let y = right.modpow(&((&p + 1u8) >> 2), &p);
        if &y * &y % &p == right {
            return (x, y);
        }
        x = (x + 1u8) % &p;
    }
}

fn opposite((x, y): &Plain) -> Plain {
    (x.clone(), prime() - y)
}

/// The sum of points of different x.
fn sum((x1, y1): &Plain, (x2, y2): &Plain) -> Plain {
    let p = prime();
    assert_ne!(x1, x2);
    let slope = (y2 + &p - y1) * (x2 + &p - x1).modpow(&(&p - 2u8), &p) % &p;
    let x = (&slope * &slope + &p * 2u8 - x1 - x2) % &p;
    let y = (slope * (x1 + &p - &x) + &p - y1) % &p;
    (x, y)
}

fn held((x, y): &Plain) -> Point {
    let times_power = |a: &BigUint| limbs(&((a << 256) % prime()), 64);
    Point { x: times_power(x), y: times_power(y) }
}

/// Points of random x, and of the least and greatest that there are.
fn pool(rng: &mut Rng) -> Vec<Plain> {
    let mut x = || integer(&std::array::from_fn::<u64, 4, _>(|_| rng.draw()), 64);
    let mut pool: Vec<Plain> = (0..86).map(|_| point_from(x())).collect();
    pool.push(point_from(BigUint::ZERO));
    pool.push(point_from(prime() - 50u8));
    pool
}

/// So many rows of points of the pool, all different within a lane, and the sum of each lane.
fn random_rows<'a>(
    rng: &mut Rng,
    plain: &[Plain],
    points: &'a [Point],
    count: usize,
) -> (Vec<Row<'a>>, [Plain; LANES]) {
    let mut rows = vec![Row { points: [&points[0]; LANES], negate: 0 }; count];
    rows.iter_mut().for_each(|row| row.negate = rng.draw() as u8);
    let sums = std::array::from_fn(|lane| {
        let start = rng.below(plain.len());
        let signed = rows.iter_mut().enumerate().map(|(i, row)| {
            let chosen = (start + i) % plain.len();
            row.points[lane] = &points[chosen];
            if row.negate >> lane & 1 == 1 { opposite(&plain[chosen]) } else { plain[chosen].clone() }
        });
        signed.reduce(|a, b| sum(&a, &b)).unwrap()
    });
    (rows, sums)
}

#[test]
fn groups_of_every_height() {
    let mut rng = Rng(5);
    let plain = pool(&mut rng);
    let points: Vec<Point> = plain.iter().map(held).collect();
    for counts in [vec![1], vec![2], vec![3, 1, 5], vec![7, 8], vec![13, 2, 4], vec![22 + 32, 22 + 64]] {
        let (groups, sums): (Vec<_>, Vec<_>) =
            counts.into_iter().map(|count| random_rows(&mut rng, &plain, &points, count)).unzip();
        let expected: Vec<[[u64; 4]; LANES]> =
            sums.iter().map(|sums| sums.each_ref().map(|s| limbs(&s.0, 64))).collect();
        for (name, lanes) in all_lanes() {
            assert_eq!(x_coordinates(lanes, &groups).as_ref(), Some(&expected), "{name}");
        }
    }
}

#[test]
fn an_exceptional_pair_anywhere_is_noticed() {
    let mut rng = Rng(6);
    let plain = pool(&mut rng);
    let points: Vec<Point> = plain.iter().map(held).collect();
    let row = |first: usize| Row { points: std::array::from_fn(|lane| &points[first + lane]), negate: 0 };
    let groups = vec![vec![row(0), row(8), row(16), row(24)], vec![row(1), row(9), row(17)]];
    for (name, lanes) in all_lanes() {
        assert!(x_coordinates(lanes, &groups).is_some());
        for lane in 0..LANES {
            for negate in [0, 1 << lane] {
                // In the first level rows 0 and 2 meet, and in the second group rows 0 and 2.
                for group in 0..2 {
                    let mut with_pair = groups.clone();
                    with_pair[group][2].points[lane] = with_pair[group][0].points[lane];
                    with_pair[group][2].negate = negate;
                    assert!(x_coordinates(lanes, &with_pair).is_none(), "{name}: lane {lane} of group {group}");
                }
            }
        }
        // Equal sums on the second level: (a + b) and (a + b).
        let mut twice = vec![vec![row(0), row(0), row(8), row(8)]];
        assert!(x_coordinates(lanes, &twice).is_none(), "{name}");
        twice[0][3] = row(9);
        assert!(x_coordinates(lanes, &twice).is_some(), "{name}");
        assert_eq!(x_coordinates(lanes, &[]), Some(vec![]));
    }
}

#[test]
#[should_panic = "empty sum"]
fn an_empty_group_is_refused() {
    x_coordinates(SumLanes::arrays(), &[vec![]]);
}
