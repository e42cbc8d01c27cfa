//! Claims to compare paths on: random ones, and ones whose scalars, keys and digests are made to be awkward. Shared with the
//! fuzz target `verdicts`.

use bencao_chance::Rng;
use bencao_crypto::{Digest, DigestClaim, PublicKey, Signature};
use sm2::elliptic_curve::ops::Reduce as _;
use sm2::elliptic_curve::sec1::ToSec1Point as _;
use sm2::elliptic_curve::{Group as _, PrimeField as _};
use sm2::{FieldBytes, ProjectivePoint, Scalar};

/// Bytes of one claim in [`from_bytes`]: how, key, then three numbers of 32 bytes.
const CLAIM_BYTES: usize = 98;

/// 32 bytes with structure: random, few bits, long runs of equal bits, or at and beside 0, n and 2²⁵⁶.
fn number(rng: &mut Rng) -> [u8; 32] {
    let near = |base: Scalar, distance: u64| bytes_of(&(base + Scalar::from(distance)));
    match rng.below(12) {
        0 => near(Scalar::ZERO, rng.draw() % 20),
        1 => near(-Scalar::from(9u64), rng.draw() % 9),
        2 => {
            let mut bytes = [0; 32];
            bytes[rng.below(32)] = 1 << rng.below(8);
            bytes
        }
        3 => {
            let mut bytes = [[0; 32], [0xff; 32]][rng.below(2)];
            let from = rng.below(32);
            bytes[from..].fill([0, 0xff, 0x80, 0x01, 0x7f][rng.below(5)]);
            bytes
        }
        // One digit, again and again, in windows of eight or twelve bits.
        4 => [rng.draw() as u8; 32],
        5 => {
            let three: [u8; 32] = rng.array();
            std::array::from_fn(|i| three[i % 3])
        }
        6 => {
            // n, n + 1 … and 2²⁵⁶ − 1, 2²⁵⁶ − 2 …: out of range.
            let small = rng.below(4) as u8;
            let mut bytes = [[0xff; 32], order()][rng.below(2)];
            bytes[31] = if bytes[0] == bytes[31] { bytes[31] - small } else { bytes[31] + small };
            bytes
        }
        _ => rng.array(),
    }
}

/// n, big endian.
fn order() -> [u8; 32] {
    let mut bytes = bytes_of(&-Scalar::ONE);
    bytes[31] += 1;
    bytes
}

fn bytes_of(scalar: &Scalar) -> [u8; 32] {
    scalar.to_repr().into()
}

fn reduced(bytes: [u8; 32]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(bytes))
}

/// A key with its secret, so that claims about it can be made valid.
struct Key {
    secret: Scalar,
    public: PublicKey,
}

/// The keys of a run.
pub(crate) struct Keys {
    structured: Vec<Key>,
    random: Vec<Key>,
}

impl Keys {
    /// Small multiples of G and their opposites, whose tables share points with that of G; powers of two; random ones.
    pub(crate) fn new(rng: &mut Rng) -> Keys {
        let small = [1u64, 2, 3, 4, 5, 7, 8, 15, 16, 17, 255, 256, 257, 4095, 4096, 4097, 65536].map(Scalar::from);
        let double = |power: Scalar| power + power;
        let powers = [52, 64, 104, 128, 192, 208, 252].map(|n| (0..n).fold(Scalar::ONE, |power, _| double(power)));
        let structured = small.into_iter().chain(powers).flat_map(|secret| [secret, -secret]);
        let random: Vec<Scalar> = (0..40).map(|_| reduced(rng.array())).collect();
        let key = |secret: Scalar| {
            let point = ProjectivePoint::GENERATOR * secret;
            let sec1 = point.to_affine().to_sec1_point(false);
            let public = PublicKey::from_bytes(sec1.as_bytes()[1..].try_into().expect("64 bytes")).expect("a point");
            Key { secret, public }
        };
        Keys { structured: structured.map(key).collect(), random: random.into_iter().map(key).collect() }
    }

    /// All of them.
    pub(crate) fn publics(&self) -> impl Iterator<Item = &PublicKey> {
        self.all().map(|key| &key.public)
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        self.structured.iter().chain(&self.random)
    }

    fn any(&self, choice: u8) -> &Key {
        let count = self.structured.len() + self.random.len();
        self.all().nth(usize::from(choice) % count).expect("an index below their number")
    }

    /// A claim, about half of the time valid. Crafted ones may bring about exceptional cases of the addition of points, on
    /// which vector lanes give up for a whole batch; others do not.
    #[allow(dead_code, reason = "the fuzz target takes claims from its input")]
    pub(crate) fn claim(&self, rng: &mut Rng, crafted: bool) -> DigestClaim {
        let (how, choice) = (rng.draw() as u8, rng.draw() as u8);
        let numbers = [number(rng), number(rng), number(rng)];
        match crafted {
            true => self.claim_from(how, self.any(choice), numbers),
            false => self.claim_from(how | 0x10, &self.random[usize::from(choice) % self.random.len()], numbers),
        }
    }

    /// A claim with these numbers as r, s and e, or as s, t and a change, as `how` says.
    fn claim_from(&self, how: u8, key: &Key, [a, b, c]: [[u8; 32]; 3]) -> DigestClaim {
        let (s, t) = (reduced(a), reduced(b));
        match how % 32 {
            // As they come: hardly ever valid.
            0 | 16 => DigestClaim { key: key.public, e: Digest(c), signature: signature(a, b) },
            // t = 0.
            1 | 17 => DigestClaim { key: key.public, e: Digest(c), signature: signature(bytes_of(&-s), bytes_of(&s)) },
            // sG + tP = infinity.
            2 => self.valid(key, -(t * key.secret), t),
            // sG and tP are equal, so that the last addition may be a doubling.
            3 => self.valid(key, t * key.secret, t),
            // One number wrong by the third, which may be nothing.
            4 | 20 => changed(self.valid(key, s, t), 0, c),
            5 | 21 => changed(self.valid(key, s, t), 1, c),
            6 | 22 => changed(self.valid(key, s, t), 2, c),
            // One bit wrong.
            7 | 23 => flipped(self.valid(key, s, t), c),
            // Another key.
            8 | 24 => DigestClaim { key: self.any(c[31]).public, ..self.valid(key, s, t) },
            // A number out of range or at an end, in place of r or s.
            9 | 25 => replaced(self.valid(key, s, t), 0, c),
            10 | 26 => replaced(self.valid(key, s, t), 1, c),
            _ => self.valid(key, s, t),
        }
    }

    /// The claim with these s and t and the digest that makes it valid, if r, s, t and sG + tP allow that.
    fn valid(&self, key: &Key, s: Scalar, t: Scalar) -> DigestClaim {
        // sG + tP: the secret being known, one multiplication.
        let sum = ProjectivePoint::mul_by_generator(&(s + t * key.secret));
        let x = if bool::from(sum.is_identity()) {
            Scalar::ZERO
        } else {
            let sec1 = sum.to_affine().to_sec1_point(false);
            Scalar::reduce(&FieldBytes::try_from(&sec1.as_bytes()[1..33]).expect("32 bytes"))
        };
        let r = t - s;
        DigestClaim { key: key.public, e: Digest(bytes_of(&(r - x))), signature: signature(bytes_of(&r), bytes_of(&s)) }
    }
}

fn signature(r: [u8; 32], s: [u8; 32]) -> Signature {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&r);
    bytes[32..].copy_from_slice(&s);
    Signature(bytes)
}

fn parts(claim: &DigestClaim) -> [[u8; 32]; 3] {
    let half = |range: std::ops::Range<usize>| claim.signature.0[range].try_into().expect("32 bytes");
    [half(0..32), half(32..64), claim.e.0]
}

fn with_parts(claim: DigestClaim, [r, s, e]: [[u8; 32]; 3]) -> DigestClaim {
    DigestClaim { signature: signature(r, s), e: Digest(e), ..claim }
}

/// Adds to part `which` of (r, s, e), mod n.
fn changed(claim: DigestClaim, which: usize, change: [u8; 32]) -> DigestClaim {
    let mut parts = parts(&claim);
    parts[which] = bytes_of(&(reduced(parts[which]) + reduced(change)));
    with_parts(claim, parts)
}

fn replaced(claim: DigestClaim, which: usize, by: [u8; 32]) -> DigestClaim {
    let mut parts = parts(&claim);
    parts[which] = by;
    with_parts(claim, parts)
}

/// Turns one bit of r, s or e.
fn flipped(claim: DigestClaim, choice: [u8; 32]) -> DigestClaim {
    let mut parts = parts(&claim);
    parts[usize::from(choice[0]) % 3][usize::from(choice[1]) % 32] ^= 1 << (choice[2] % 8);
    with_parts(claim, parts)
}

/// Claims read from arbitrary bytes, at most twelve.
pub(crate) fn from_bytes(keys: &Keys, input: &[u8]) -> Vec<DigestClaim> {
    let claim = |bytes: &[u8]| {
        let number = |i: usize| bytes[2 + 32 * i..34 + 32 * i].try_into().expect("32 bytes");
        keys.claim_from(bytes[0], keys.any(bytes[1]), [number(0), number(1), number(2)])
    };
    input.chunks_exact(CLAIM_BYTES).take(12).map(claim).collect()
}

/// RustCrypto's verdicts.
pub(crate) fn reference(claims: &[DigestClaim]) -> Vec<bool> {
    claims.iter().map(|claim| claim.key.verify_digest(&claim.e, &claim.signature)).collect()
}
