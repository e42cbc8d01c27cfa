//! What tests leave to chance, from a seed: numbers, choices, and changes of bytes that break decoders.

#[cfg(test)]
mod tests;

/// Bytes at which decoders turn: ends of ranges, small lengths and tags, digits, lengths in DER.
const EDGES: [u8; 12] = [0, 1, 2, 9, b'0', b'9', 0x7f, 0x80, 0x81, 0x84, 0x88, 0xff];
/// Longest piece that a change writes twice, bytes.
const PIECE_BYTES_MAX: usize = 16;

/// The stream of a seed: SplitMix64 (Steele, Lea, Flood 2014), the same on every run and machine. Not for cryptography.
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    /// Any number of 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`; 0 if that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.draw() % bound.max(1) as u64) as usize
    }

    /// In `low..high`; `low` if that is empty.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        if high <= low { low } else { low + self.draw() % (high - low) }
    }

    /// True in so many of a hundred draws.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.range(0, 100) < chance
    }

    /// One of the items, of which there is at least one.
    pub fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// Any bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.draw() as u8)
    }

    /// So many of any bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.draw() as u8).collect()
    }

    /// Puts the items in any order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// `original` with one to `edits_max` edits: a bit, a byte, a number somewhere else; a byte more or less; an end too soon; a
    /// piece written twice, so that lists of one become lists that name something twice. Most keep the length, so that more
    /// than the first length field is tried.
    pub fn changed(&mut self, original: &[u8], edits_max: usize) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..1 + self.below(edits_max) {
            let at = self.below(bytes.len());
            match self.below(10) {
                0..=2 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                3 if !bytes.is_empty() => bytes[at] = self.draw() as u8,
                4 if !bytes.is_empty() => bytes[at] = self.pick(&EDGES),
                5 => bytes.truncate(at),
                6 => bytes.insert(at, self.draw() as u8),
                7 if !bytes.is_empty() => drop(bytes.remove(at)),
                8 => {
                    let end = (at + 1 + self.below(PIECE_BYTES_MAX)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let end = (at + 8).min(bytes.len());
                    let number = self.draw() >> self.below(64);
                    bytes[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
                }
            }
        }
        bytes
    }
}
