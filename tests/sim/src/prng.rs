//! SplitMix64: small, seedable, the same on every machine.

/// A stream of pseudo-random numbers. Not for cryptography.
#[derive(Clone, Debug)]
pub(crate) struct Prng(u64);

impl Prng {
    /// The stream of `seed`.
    pub(crate) fn new(seed: u64) -> Prng {
        Prng(seed ^ 0x9E37_79B9_7F4A_7C15)
    }

    /// An independent stream for a part of the simulation, so that adding a draw in one does not shift the others.
    pub(crate) fn fork(&mut self, label: u64) -> Prng {
        Prng::new(self.next() ^ label.wrapping_mul(0xD6E8_FEB8_6659_FD93))
    }

    /// Uniform over all 64-bit numbers.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform below `n` (0 for 0).
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.next() % n }
    }

    /// Uniform in `low..=high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `per_mille` of a thousand draws.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of the items.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}
