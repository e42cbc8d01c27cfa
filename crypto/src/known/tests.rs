//! The library is the oracle for verdicts and points, `num-bigint` for integers.

mod arithmetic;
mod crafted;
mod memory;
mod verdicts;

use super::claim::{self, Item};
use super::comb::Comb;
use super::point::Affine;
use super::table::Table;
use super::{base, batch, lanes};
use crate::path::VerifyPath;
use crate::sm2::{DEFAULT_ID, PublicKey, Signature};
use crate::{Digest, VerifyItem};
use bencao_chance::Rng;
use num_bigint::BigUint;
use sm2::dsa::signature::hazmat::PrehashVerifier as _;
use sm2::elliptic_curve::PrimeField as _;
use sm2::elliptic_curve::ops::Reduce as _;
use sm2::{FieldBytes, ProjectivePoint, Scalar};

fn scalar(rng: &mut Rng) -> Scalar {
    reduced(rng.array())
}

fn reduced(bytes: [u8; 32]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(bytes))
}

fn be_bytes(integer: &BigUint) -> [u8; 32] {
    let bytes = integer.to_bytes_be();
    let mut padded = [0; 32];
    padded[32 - bytes.len()..].copy_from_slice(&bytes);
    padded
}

fn scalar_bytes(scalar: &Scalar) -> [u8; 32] {
    scalar.to_repr().into()
}

/// r ‖ s.
fn joined(r: [u8; 32], s: [u8; 32]) -> Signature {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&r);
    bytes[32..].copy_from_slice(&s);
    Signature(bytes)
}

/// The key of a finite point.
fn public(point: &ProjectivePoint) -> PublicKey {
    PublicKey::from_library(&sm2::PublicKey::from_affine(point.to_affine()).unwrap())
}

fn affine(key: &PublicKey) -> Affine {
    Affine::from_bytes(key.as_bytes()).unwrap()
}

/// 0, 1, n − 1, n, n + 1 and 2²⁵⁶ − 1, as r and s may come.
fn edges() -> [[u8; 32]; 6] {
    let n = arithmetic::order();
    let (zero, one) = (BigUint::ZERO, BigUint::from(1u8));
    [&zero, &one, &(&n - 1u8), &n, &(&n + 1u8), &((&one << 256u32) - 1u8)].map(be_bytes)
}

/// A claim whose digest is chosen.
#[derive(Clone)]
struct Case {
    key: PublicKey,
    e: [u8; 32],
    signature: Signature,
}

impl Case {
    /// The library's verdict.
    fn verdict(&self) -> bool {
        let key = sm2::dsa::VerifyingKey::from_sec1_bytes(DEFAULT_ID, &self.key.to_sec1()).unwrap();
        sm2::dsa::Signature::from_slice(&self.signature.0).is_ok_and(|s| key.verify_prehash(&self.e, &s).is_ok())
    }

    fn item<'a>(&'a self, table: &'a Table) -> Item<'a> {
        Item { key: table, e: Digest(self.e), signature: &self.signature }
    }
}

/// Our verdict, one by one and in a batch of one, which must agree; and in lanes, unless they give up.
fn verdict(generator: &Table, table: &Table, case: &Case) -> bool {
    let item = case.item(table);
    let alone = claim::verify(generator, &item);
    assert_eq!(batch::verify(generator, &[item]), [alone]);
    for verdicts in in_lanes(generator, &[item]).into_iter().flatten() {
        assert_eq!(verdicts, [alone]);
    }
    alone
}

/// The verdicts of each kind of lanes of this processor.
fn in_lanes(generator: &Table, items: &[Item<'_>]) -> Vec<Option<Vec<bool>>> {
    let kinds = VerifyPath::ALL.into_iter().filter_map(VerifyPath::lanes);
    kinds.map(|kind| lanes::verify(kind, generator, items)).collect()
}

/// What the library says of a whole claim.
fn library(item: &VerifyItem) -> bool {
    item.key.verify(&item.message, &item.signature)
}
