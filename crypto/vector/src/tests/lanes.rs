//! Every operation of the vector registers that this processor has against that of arrays.

use super::*;
use crate::lanes::{Arrays, Block, Limbs, LimbsKernel, WORD_LANES_MAX, Words, WordsKernel};
use crate::point::Point;

struct WordOperations {
    vectors: [[u32; 4]; 3],
    blocks: Vec<Block>,
}

impl WordsKernel for WordOperations {
    type Output = Vec<Vec<u32>>;

    #[inline(always)]
    fn run<L: Words>(self, lanes: L) -> Vec<Vec<u32>> {
        // Four words a vector would be too plain: the words of a block, transposed, are all different.
        let mut blocks: [&Block; WORD_LANES_MAX] = [&[0; 64]; WORD_LANES_MAX];
        blocks.iter_mut().zip(&self.blocks).for_each(|(slot, block)| *slot = block);
        let words = lanes.load(&blocks);
        let [a, b, c] = [words[0], words[7], words[15]];
        let mut results = words.to_vec();
        results.extend([lanes.add(a, b), lanes.xor(a, b), lanes.xor3(a, b, c), lanes.majority(a, b, c)]);
        results.extend([lanes.choose(a, b, c), lanes.rotate::<7, 25>(a), lanes.rotate::<12, 20>(b)]);
        results.extend([lanes.rotate::<9, 23>(a), lanes.rotate::<19, 13>(b), lanes.rotate::<15, 17>(c)]);
        results.extend([lanes.spread::<9, 23, 17>(a), lanes.spread::<15, 17, 23>(b)]);
        results.extend(self.vectors.as_flattened().iter().map(|word| lanes.splat(*word)));
        let store = |vector| {
            let mut words = [0; WORD_LANES_MAX];
            lanes.store(vector, &mut words);
            words[..L::LANES].to_vec()
        };
        results.into_iter().map(store).collect()
    }
}

fn word_operations(rng: &mut Rng) -> WordOperations {
    let vectors = std::array::from_fn(|_| std::array::from_fn(|_| rng.draw() as u32));
    let edge = |rng: &mut Rng| [0, 0xff, 0x80, 0x01, rng.draw() as u8][rng.below(5)];
    let blocks = (0..WORD_LANES_MAX).map(|_| std::array::from_fn(|_| edge(rng))).collect();
    WordOperations { vectors, blocks }
}

fn compare_words<L: Words, const N: usize>(lanes: L)
where
    Arrays<N>: Words,
{
    let mut rng = Rng(7);
    assert_eq!(L::LANES, N);
    for _ in 0..500 {
        let WordOperations { vectors, blocks } = word_operations(&mut rng);
        let expected = Words::compile(Arrays::<N>, WordOperations { vectors, blocks: blocks.clone() });
        assert_eq!(lanes.compile(WordOperations { vectors, blocks }), expected);
    }
}

struct LimbOperations {
    points: Vec<Point>,
    lanes: u8,
}

impl LimbsKernel for LimbOperations {
    type Output = Vec<[u64; 8]>;

    #[inline(always)]
    fn run<L: Limbs>(self, lanes: L) -> Vec<[u64; 8]> {
        let points: Vec<&Point> = self.points.iter().collect();
        let [x, y] = lanes.load(&points.try_into().unwrap());
        let [a, b, c] = [x[0], x[3], y[2]];
        let mut results = [x, y].as_flattened().to_vec();
        results.extend([lanes.add(a, b), lanes.sub(a, b), lanes.and(a, b), lanes.or(a, b)]);
        results.extend([lanes.shift_left::<12>(a), lanes.shift_right::<28>(b), lanes.shift_right_signed::<52>(a)]);
        results.extend([lanes.shift_right_signed::<48>(c), lanes.select(self.lanes, a, b), lanes.splat(77)]);
        results.extend([lanes.add_low(a, b, c), lanes.add_high(a, b, c), lanes.add_high(c, a, a)]);
        results.into_iter().map(|vector| lanes.store(vector)).collect()
    }
}

fn compare_limbs<L: Limbs>(lanes: L) {
    let mut rng = Rng(8);
    let edge = |rng: &mut Rng| [0, u64::MAX, (1 << 52) - 1, 1 << 52, 1 << 63, rng.draw(), rng.draw()][rng.below(7)];
    for _ in 0..2_000 {
        let point =
            |rng: &mut Rng| Point { x: std::array::from_fn(|_| edge(rng)), y: std::array::from_fn(|_| edge(rng)) };
        let points: Vec<Point> = (0..8).map(|_| point(&mut rng)).collect();
        let mask = rng.draw() as u8;
        let expected = Limbs::compile(Arrays::<8>, LimbOperations { points: points.clone(), lanes: mask });
        assert_eq!(lanes.compile(LimbOperations { points, lanes: mask }), expected);
    }
}

#[test]
fn arrays_do_what_the_names_say() {
    let one = |word: u32| [word];
    assert_eq!(Arrays::<1>.rotate::<7, 25>(one(0x8000_0001)), [0x0000_00c0]);
    assert_eq!(Arrays::<1>.spread::<9, 23, 17>(one(1)), [0x0002_0201]);
    assert_eq!(Arrays::<1>.majority(one(0b1100), one(0b1010), one(0b0110)), [0b1110]);
    assert_eq!(Arrays::<1>.choose(one(0b1100), one(0b1010), one(0b0110)), [0b1010]);
    assert_eq!(Arrays::<1>.add(one(u32::MAX), one(2)), [1]);
    let (large, low) = (1u64 << 52, (1u64 << 52) - 1);
    assert_eq!(Arrays::<8>.add_low([1; 8], [low; 8], [low; 8]), [2; 8]);
    assert_eq!(Arrays::<8>.add_high([1; 8], [low; 8], [low; 8]), [low; 8]);
    assert_eq!(Arrays::<8>.add_low([u64::MAX; 8], [large + 1; 8], [1; 8]), [0; 8]);
    assert_eq!(Arrays::<8>.shift_right_signed::<52>([u64::MAX; 8]), [u64::MAX; 8]);
    assert_eq!(Arrays::<8>.select(1, [1; 8], [2; 8]), [1, 2, 2, 2, 2, 2, 2, 2]);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn vector_registers_agree_with_arrays() {
    use crate::lanes::{Avx2, Avx512, Ifma};
    let mut compared = vec![];
    if let Some(lanes) = Avx2::detect() {
        compare_words::<_, 8>(lanes);
        compared.push("AVX2");
    }
    if let Some(lanes) = Avx512::detect() {
        compare_words::<_, 16>(lanes);
        compared.push("AVX-512");
    }
    if let Some(lanes) = Ifma::detect() {
        compare_limbs(lanes);
        compared.push("IFMA");
    }
    eprintln!("compared with arrays: {compared:?}");
}

/// The comparison itself, so that it does not rust on processors without vectors.
#[test]
fn arrays_agree_with_arrays() {
    compare_words::<_, 8>(Arrays::<8>);
    compare_limbs(Arrays::<8>);
}
