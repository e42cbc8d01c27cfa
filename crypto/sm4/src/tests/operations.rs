//! Each wrapper of an instruction against its emulation: what the tests of the kernels under emulation leave open.

use crate::field;
use crate::vector::emulated::Emulated;
use crate::vector::{Aes, Carryless, Galois, Vector};
use crate::x86::{AesNi, Avx2, Avx512Gfni, Gfni, Halves, Vaes};
use bencao_chance::Rng;

const CASES: usize = 2_000;

/// A register of the processor and its emulation with the same bytes.
fn pair<V: Vector, E: Vector>(v: V, e: E, rng: &mut Rng) -> (V::Register, E::Register) {
    // Longer than a register, and loaded at any alignment.
    let (bytes, at) = (rng.bytes(128), rng.below(64));
    (v.load(&bytes[at..]), e.load(&bytes[at..]))
}

#[track_caller]
fn same<V: Vector, E: Vector>(v: V, ours: V::Register, e: E, expected: E::Register) {
    assert_eq!(v.words(ours), e.words(expected));
}

fn vector<V: Vector, E: Vector>(v: V, e: E) {
    assert_eq!((V::LANES, V::BYTES), (E::LANES, 16 * E::LANES));
    let mut rng = Rng(1);
    for _ in 0..CASES {
        let ((a, x), (b, y), (c, z)) = (pair(v, e, &mut rng), pair(v, e, &mut rng), pair(v, e, &mut rng));
        same(v, a, e, x);
        same(v, v.xor(a, b), e, e.xor(x, y));
        same(v, v.xor3(a, b, c), e, e.xor3(x, y, z));
        same(v, v.add32(a, b), e, e.add32(x, y));
        same(v, v.unpack_low32(a, b), e, e.unpack_low32(x, y));
        same(v, v.unpack_high32(a, b), e, e.unpack_high32(x, y));
        same(v, v.unpack_low64(a, b), e, e.unpack_low64(x, y));
        same(v, v.unpack_high64(a, b), e, e.unpack_high64(x, y));
        same(v, v.swap_halves(a), e, e.swap_halves(x));
        same(v, v.low_to_high(a), e, e.low_to_high(x));
        same(v, v.high_to_low(a), e, e.high_to_low(x));
        same(v, v.fold(a), e, e.fold(x));
        let (lane, word, indices) = (rng.array(), rng.draw() as u32, rng.array().map(|index| index % 16));
        same(v, v.broadcast(&lane), e, e.broadcast(&lane));
        same(v, v.splat(word), e, e.splat(word));
        same(v, v.shuffle(a, v.broadcast(&indices)), e, e.shuffle(x, e.broadcast(&indices)));
        let (mut stored, mut expected) = ([0; 128], [0; 128]);
        let at = rng.below(64);
        v.store(a, &mut stored[at..]);
        e.store(x, &mut expected[at..]);
        assert_eq!(stored, expected);
    }
}

fn carryless<V: Carryless, E: Carryless>(v: V, e: E) {
    let mut rng = Rng(2);
    for _ in 0..CASES {
        let ((a, x), (b, y)) = (pair(v, e, &mut rng), pair(v, e, &mut rng));
        same(v, v.multiply::<0x00>(a, b), e, e.multiply::<0x00>(x, y));
        same(v, v.multiply::<0x01>(a, b), e, e.multiply::<0x01>(x, y));
        same(v, v.multiply::<0x10>(a, b), e, e.multiply::<0x10>(x, y));
        same(v, v.multiply::<0x11>(a, b), e, e.multiply::<0x11>(x, y));
    }
}

fn galois<V: Galois, E: Galois>(v: V, e: E) {
    const CONSTANT: i32 = field::ROUND_CONSTANT as i32;
    let mut rng = Rng(3);
    for _ in 0..CASES {
        let ((a, x), (m, n)) = (pair(v, e, &mut rng), pair(v, e, &mut rng));
        same(v, v.affine(a, m), e, e.affine(x, n));
        same(v, v.affine_of_inverse::<0>(a, m), e, e.affine_of_inverse::<0>(x, n));
        same(v, v.affine_of_inverse::<CONSTANT>(a, m), e, e.affine_of_inverse::<CONSTANT>(x, n));
        same(v, v.rotate_words::<1>(a), e, e.rotate_words::<1>(x));
        same(v, v.rotate_words::<2>(a), e, e.rotate_words::<2>(x));
        same(v, v.rotate_words::<3>(a), e, e.rotate_words::<3>(x));
    }
}

fn aes<V: Aes, E: Aes>(v: V, e: E) {
    let mut rng = Rng(4);
    for _ in 0..CASES {
        let (a, x) = pair(v, e, &mut rng);
        same(v, v.shift_rows_sub_bytes(a), e, e.shift_rows_sub_bytes(x));
        let ((low, high), (expected_low, expected_high)) = (v.nibbles(a), e.nibbles(x));
        same(v, low, e, expected_low);
        same(v, high, e, expected_high);
    }
}

/// Runs `test` if the processor has the instructions, and says so if not.
fn on<V>(name: &str, proof: Option<V>, test: impl FnOnce(V)) {
    match proof {
        Some(v) => test(v),
        None => eprintln!("NOT RUN on this processor: the instructions of {name}"),
    }
}

#[test]
fn of_avx512_gfni() {
    on("avx512-gfni", Avx512Gfni::detect(), |v| {
        let e = Emulated::<4, false>;
        vector(v, e);
        carryless(v, e);
        galois(v, e);
    });
}

#[test]
fn of_avx2_gfni() {
    on("avx2-gfni", Avx2::<Gfni>::detect(), |v| {
        let e = Emulated::<2, false>;
        vector(v, e);
        carryless(v, e);
        galois(v, e);
    });
}

#[test]
fn of_avx2_vaes() {
    on("avx2-vaes", Avx2::<Vaes>::detect(), |v| {
        let e = Emulated::<2, true>;
        vector(v, e);
        carryless(v, e);
        aes(v, e);
    });
}

#[test]
fn of_avx2_aes() {
    on("avx2-aes", Avx2::<Halves>::detect(), |v| {
        let e = Emulated::<2, true>;
        vector(v, e);
        carryless(v, e);
        aes(v, e);
    });
}

#[test]
fn of_aes_ni() {
    on("aes-ni", AesNi::detect(), |v| {
        let e = Emulated::<1, true>;
        vector(v, e);
        carryless(v, e);
        aes(v, e);
    });
}
