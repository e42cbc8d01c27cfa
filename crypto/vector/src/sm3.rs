//! SM3 (GM/T 0004-2012 = GB/T 32905-2016) of many messages, as many at a time as there are lanes.

use crate::lanes::{Arrays, Block, WORD_LANES_MAX, Words, WordsKernel};
#[cfg(target_arch = "x86_64")]
use crate::lanes::{Avx2, Avx512};

/// The initial value (§4.1).
const INITIAL: [u32; 8] =
    [0x7380_166f, 0x4914_b2b9, 0x1724_42d7, 0xda8a_0600, 0xa96f_30bc, 0x1631_38aa, 0xe38d_ee4d, 0xb0fb_0e4e];

/// Rounds of the compression function.
const ROUNDS: usize = 64;

/// First round of the second kind, whose boolean functions are majority and choice (§4.3).
const SECOND_KIND: usize = 16;

/// Tⱼ <<< (j mod 32) (§4.2 and §5.3.3).
const CONSTANTS: [u32; ROUNDS] = {
    let mut constants = [0; ROUNDS];
    let mut j = 0;
    while j < ROUNDS {
        let t: u32 = if j < SECOND_KIND { 0x79cc_4519 } else { 0x7a87_9d8a };
        constants[j] = t.rotate_left(j as u32 % 32);
        j += 1;
    }
    constants
};

/// Messages to digest, padded already (§5.2): a one bit, zeros, and the length in bits, up to whole blocks of 64 bytes.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    /// Message after message.
    blocks: Vec<u8>,
    /// Where each message ends, in blocks, and its length in bytes.
    ends: Vec<(usize, usize)>,
}

impl Messages {
    /// No messages, with room for `count` of `bytes` bytes each.
    pub fn with_capacity(count: usize, bytes: usize) -> Messages {
        let padded = (bytes + 9).next_multiple_of(64);
        Messages { blocks: Vec::with_capacity(count * padded), ends: Vec::with_capacity(count) }
    }

    /// Adds the message part₁ ‖ part₂ ‖ …
    #[inline]
    pub fn push(&mut self, parts: &[&[u8]]) {
        let start = self.blocks.len();
        for part in parts {
            self.blocks.extend_from_slice(part);
        }
        let length = self.blocks.len() - start;
        self.blocks.push(0x80);
        self.blocks.resize(start + (length + 9).next_multiple_of(64) - 8, 0);
        self.blocks.extend_from_slice(&(length as u64 * 8).to_be_bytes());
        self.ends.push((self.blocks.len() / 64, length));
    }

    /// How many messages.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no messages.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The messages as they were added.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| {
            let (start, _) = self.span(index);
            &self.blocks[64 * start..64 * start + self.ends[index].1]
        })
    }

    /// First block of a message and the one behind its last.
    fn span(&self, index: usize) -> (usize, usize) {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before].0);
        (start, self.ends[index].0)
    }

    fn blocks_of(&self, index: usize) -> &[Block] {
        let (start, end) = self.span(index);
        &self.blocks.as_chunks().0[start..end]
    }
}

/// Lanes for SM3.
#[derive(Clone, Copy, Debug)]
pub struct Sm3Lanes(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Arrays(Arrays<8>),
}

impl Sm3Lanes {
    /// Sixteen lanes of AVX-512 F and BW, if the processor has them.
    pub fn avx512() -> Option<Sm3Lanes> {
        #[cfg(target_arch = "x86_64")]
        return Some(Sm3Lanes(Kind::Avx512(Avx512::detect()?)));
        #[cfg(not(target_arch = "x86_64"))]
        None
    }

    /// Eight lanes of AVX2, if the processor has them.
    pub fn avx2() -> Option<Sm3Lanes> {
        #[cfg(target_arch = "x86_64")]
        return Some(Sm3Lanes(Kind::Avx2(Avx2::detect()?)));
        #[cfg(not(target_arch = "x86_64"))]
        None
    }

    /// Eight lanes of plain integers, on any processor. For comparison with the others: not faster than one by one.
    pub fn arrays() -> Sm3Lanes {
        Sm3Lanes(Kind::Arrays(Arrays))
    }

    /// The digest of each message, in order, whatever their lengths. Fastest if many have the same number of blocks.
    pub fn digests(self, messages: &Messages) -> Vec<[u8; 32]> {
        let mut digests = vec![[0; 32]; messages.len()];
        let kernel = DigestAll { messages, digests: &mut digests };
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(lanes) => lanes.compile(kernel),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(lanes) => lanes.compile(kernel),
            Kind::Arrays(lanes) => Words::compile(lanes, kernel),
        }
        digests
    }
}

struct DigestAll<'a> {
    messages: &'a Messages,
    digests: &'a mut [[u8; 32]],
}

impl WordsKernel for DigestAll<'_> {
    type Output = ();

    /// Messages with the same number of blocks go together. Of what remains, few go one by one: that costs less than lanes
    /// that are mostly idle.
    #[inline(always)]
    fn run<L: Words>(self, lanes: L) {
        let DigestAll { messages, digests } = self;
        let mut order: Vec<usize> = (0..messages.len()).collect();
        order.sort_by_key(|index| messages.blocks_of(*index).len());
        for group in order.chunks(L::LANES) {
            if 4 * group.len() > L::LANES {
                digest_group(lanes, messages, group, digests);
            } else {
                group.iter().for_each(|index| digest_group(Arrays::<1>, messages, &[*index], digests));
            }
        }
    }
}

/// Digests of the messages with the indices `group`, at most one a lane, ascending by their number of blocks.
#[inline(always)]
fn digest_group<L: Words>(lanes: L, messages: &Messages, group: &[usize], digests: &mut [[u8; 32]]) {
    let mut state = [lanes.splat(0); 8];
    for (vector, word) in state.iter_mut().zip(INITIAL) {
        *vector = lanes.splat(word);
    }
    // Idle lanes, and those whose message has ended, go on with some block; what they give is not read.
    const IDLE: &Block = &[0; 64];
    let mut ended = 0;
    let mut position = 0;
    while ended < group.len() {
        let mut blocks = [IDLE; WORD_LANES_MAX];
        for (block, index) in blocks.iter_mut().zip(group) {
            if let Some(next) = messages.blocks_of(*index).get(position) {
                *block = next;
            }
        }
        compress(lanes, &mut state, &blocks);
        position += 1;
        let still = group[ended..].iter().filter(|index| messages.blocks_of(**index).len() > position).count();
        if group.len() - still > ended {
            extract(lanes, &state, &group[ended..group.len() - still], ended, digests);
            ended = group.len() - still;
        }
    }
}

/// Writes the digests of the messages `group`, the first of which is in lane `first`.
#[inline(always)]
fn extract<L: Words>(lanes: L, state: &[L::Vector; 8], group: &[usize], first: usize, digests: &mut [[u8; 32]]) {
    let mut words = [0; WORD_LANES_MAX];
    for (i, vector) in state.iter().enumerate() {
        lanes.store(*vector, &mut words);
        for (lane, index) in group.iter().enumerate() {
            digests[*index][4 * i..4 * i + 4].copy_from_slice(&words[first + lane].to_be_bytes());
        }
    }
}

/// The compression function CF (§5.3.3) in every lane, with the message expansion of §5.3.2.
#[inline(always)]
fn compress<L: Words>(lanes: L, state: &mut [L::Vector; 8], blocks: &[&Block; WORD_LANES_MAX]) {
    let mut words = [lanes.splat(0); ROUNDS + 4];
    words[..16].copy_from_slice(&lanes.load(blocks));
    for j in 16..ROUNDS + 4 {
        let x = lanes.xor3(words[j - 16], words[j - 9], lanes.rotate::<15, 17>(words[j - 3]));
        let p1 = lanes.spread::<15, 17, 23>(x);
        words[j] = lanes.xor3(p1, lanes.rotate::<7, 25>(words[j - 13]), words[j - 6]);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    // Four rounds bring every register back to its place, so that none has to be moved.
    macro_rules! four_rounds {
        ($kind:ident, $j:expr) => {
            (d, b, h, f) = $kind(lanes, [a, b, c, d], [e, f, g, h], &words, $j);
            (c, a, g, e) = $kind(lanes, [d, a, b, c], [h, e, f, g], &words, $j + 1);
            (b, d, f, h) = $kind(lanes, [c, d, a, b], [g, h, e, f], &words, $j + 2);
            (a, c, e, g) = $kind(lanes, [b, c, d, a], [f, g, h, e], &words, $j + 3);
        };
    }
    for j in (0..SECOND_KIND).step_by(4) {
        four_rounds!(round_of_first_kind, j);
    }
    for j in (SECOND_KIND..ROUNDS).step_by(4) {
        four_rounds!(round_of_second_kind, j);
    }
    for (vector, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *vector = lanes.xor(*vector, new);
    }
}

/// What a round replaces: D by TT1, B by B <<< 9, H by P₀(TT2) and F by F <<< 19. The letters then move on by one.
type Replaced<V> = (V, V, V, V);

#[inline(always)]
fn round_of_first_kind<L: Words>(
    lanes: L,
    [a, b, c, d]: [L::Vector; 4],
    [e, f, g, h]: [L::Vector; 4],
    words: &[L::Vector; ROUNDS + 4],
    j: usize,
) -> Replaced<L::Vector> {
    let (ff, gg) = (lanes.xor3(a, b, c), lanes.xor3(e, f, g));
    round(lanes, [a, b, d, ff], [e, f, h, gg], words, j)
}

#[inline(always)]
fn round_of_second_kind<L: Words>(
    lanes: L,
    [a, b, c, d]: [L::Vector; 4],
    [e, f, g, h]: [L::Vector; 4],
    words: &[L::Vector; ROUNDS + 4],
    j: usize,
) -> Replaced<L::Vector> {
    let (ff, gg) = (lanes.majority(a, b, c), lanes.choose(e, f, g));
    round(lanes, [a, b, d, ff], [e, f, h, gg], words, j)
}

#[inline(always)]
fn round<L: Words>(
    lanes: L,
    [a, b, d, ff]: [L::Vector; 4],
    [e, f, h, gg]: [L::Vector; 4],
    words: &[L::Vector; ROUNDS + 4],
    j: usize,
) -> Replaced<L::Vector> {
    let a_12 = lanes.rotate::<12, 20>(a);
    let ss1 = lanes.rotate::<7, 25>(lanes.add(lanes.add(a_12, e), lanes.splat(CONSTANTS[j])));
    let ss2 = lanes.xor(ss1, a_12);
    let expanded = lanes.xor(words[j], words[j + 4]);
    let tt1 = lanes.add(lanes.add(ff, d), lanes.add(ss2, expanded));
    let tt2 = lanes.add(lanes.add(gg, h), lanes.add(ss1, words[j]));
    (tt1, lanes.rotate::<9, 23>(b), lanes.spread::<9, 23, 17>(tt2), lanes.rotate::<19, 13>(f))
}
