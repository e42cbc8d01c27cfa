//! Choices: by a seed, or by the bytes of somebody who looks for the odd case.

/// xorshift64, after the bytes of whoever steers, if somebody does.
pub(crate) struct Random {
    state: u64,
    steer: std::vec::IntoIter<u8>,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        // Any seed gives another start, and none the fixed point 0.
        Random { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, steer: Vec::new().into_iter() }
    }

    /// A byte a choice, two where one does not reach; where they end, chance goes on.
    pub(crate) fn steered(bytes: Vec<u8>) -> Random {
        Random { steer: bytes.into_iter(), ..Random::new(1) }
    }

    /// Whether there are bytes left to choose by.
    pub(crate) fn is_steered(&self) -> bool {
        self.steer.len() > 0
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        if let Some(low) = self.steer.next() {
            let high = if n > 256 { self.steer.next().unwrap_or(0) } else { 0 };
            return (usize::from(high) << 8 | usize::from(low)) % n;
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % n
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// One of the items, or `otherwise` if there is none.
    pub(crate) fn pick_or<T: Clone>(&mut self, items: &[T], otherwise: T) -> T {
        if items.is_empty() { otherwise } else { self.pick(items) }
    }
}
